"""Compiles every message catalogue of the project with Babel; no system tool is needed."""

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Compile the message catalogues (*.po) to what Django reads (*.mo)."
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        catalogues = sorted(path for folder in settings.LOCALE_PATHS for path in Path(folder).rglob("*.po"))
        for catalogue in catalogues:
            compile_catalogue(catalogue)
        self.stdout.write(f"{len(catalogues)} catalogues compiled.")


def compile_catalogue(source: Path) -> None:
    """Write the .mo beside its .po; a reader meets the old one or the new one, never half of it."""
    with open(source, "rb") as file:
        catalogue = read_po(file, locale=source.parent.parent.name, abort_invalid=True)
    target = source.with_suffix(".mo")
    new = target.with_suffix(".mo.new")
    with open(new, "wb") as file:
        write_mo(file, catalogue)
    new.replace(target)
