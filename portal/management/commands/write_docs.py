"""Write what the documents say of the code: docs/rules.md (rule → tests), and the state diagram in README.md."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants.models import Status
from tenants.transitions import TRANSITIONS

_NUMBER = re.compile(r"_([rt]\d{2,3})(?=_)")
# The rules of the domain and the threats that are answered: one that loses its last test fails the check.
_RULES = (*range(1, 7), *range(10, 19), *range(20, 29), *range(30, 38), *range(40, 46), *range(50, 54))
_THREATS = (
    *(1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 19, *range(22, 40), *range(41, 49)),
    *(67, 70, 73, 74, 76, 77, 78, *range(87, 93)),
)
REQUIRED = {*(f"R{number:02}" for number in _RULES), *(f"T{number:02}" for number in _THREATS)}
_DIAGRAM = re.compile(r"(<!-- states -->\n).*?(<!-- /states -->)", re.DOTALL)


class Command(BaseCommand):
    help = "Write docs/rules.md and the state diagram of README.md; with --check, fail if they are not up to date."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        if missing := sorted(REQUIRED - tests_by_number().keys()):
            raise CommandError(f"No test names {', '.join(missing)}.")
        readme = settings.BASE_DIR / "README.md"
        wanted = {
            settings.BASE_DIR / "docs" / "rules.md": rules_page(),
            readme: _DIAGRAM.sub(rf"\g<1>{state_diagram()}\g<2>", readme.read_text()),
        }
        for path, text in wanted.items():
            if check and (not path.exists() or path.read_text() != text):
                name = path.relative_to(settings.BASE_DIR)
                raise CommandError(f"{name} is out of date. Run `python manage.py write_docs` and commit it.")
            if not check:
                path.parent.mkdir(exist_ok=True)
                path.write_text(text)


def tests_by_number() -> dict[str, list[str]]:
    """The tests that name each rule and threat, as links."""
    found: dict[str, list[str]] = defaultdict(list)
    for path, name in _tests():
        for number in _NUMBER.findall(f"_{name}_"):
            found[number.upper()].append(f"[{name}](../{path})")
    return found


def rules_page() -> str:
    """A table of every rule and threat that a test names, with those tests."""
    found = tests_by_number()
    lines = [
        "# Which test proves which rule",
        "",
        "Made by `python manage.py write_docs` from the names of the tests. R: rules of the domain, T: threats.",
        "",
        "| rule | tests |",
        "| --- | --- |",
    ]
    rows = sorted(found.items(), key=lambda item: (item[0][0], int(item[0][1:])))
    lines += [f"| {number} | {'<br>'.join(sorted(set(tests)))} |" for number, tests in rows]
    return "\n".join(lines) + "\n"


def _tests() -> Iterator[tuple[Path, str]]:
    for path in sorted(settings.BASE_DIR.glob("*/tests/test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield path.relative_to(settings.BASE_DIR), node.name.removeprefix("test_")


def state_diagram() -> str:
    """TRANSITIONS as a Mermaid diagram."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {Status.DRAFT}"]
    for verb, move in TRANSITIONS.items():
        lines += [f"    {source} --> {move.target}: {verb} ({move.by})" for source in move.sources]
    ends = [status for status in Status if not any(status in move.sources for move in TRANSITIONS.values())]
    return "\n".join([*lines, *(f"    {end} --> [*]" for end in ends), "```", ""])
