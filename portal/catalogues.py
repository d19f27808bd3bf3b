"""Catalogues of translations without gettext's tools: collected and compiled with Babel.

Babel has no extractor for Django's templates, but Django turns a template into what Babel's extractor for Python reads.
"""

import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

_KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
_FIELD = re.compile(r"%\(\w+\)[sd]|\{\w*\}")
Words = str | tuple[str, ...] | list[str]


def compile_catalogues() -> list[Path]:
    """Write the .mo beside every .po that is newer; give back what was written. Safe when several do it at once."""
    written = []
    for po in _catalogues():
        mo = po.with_suffix(".mo")
        if not mo.exists() or mo.stat().st_mtime < po.stat().st_mtime:
            with tempfile.NamedTemporaryFile(dir=po.parent, delete=False) as new:
                write_mo(new, _read(po))
            os.chmod(new.name, 0o644)  # read by the account that the site runs under
            os.replace(new.name, mo)
            written.append(mo)
    return written


def words_of_mails() -> set[tuple[str | None, Words]]:
    """(context, words) of all that mails say: their templates, and the modules that compose mails."""
    found: set[tuple[str | None, Words]] = set()
    for path in _sources_of_mails():
        source = path.read_text()
        python = source if path.suffix == ".py" else templatize(source)
        for _line, words, _comments, context in extract("python", BytesIO(python.encode()), keywords=_KEYWORDS):
            found.add((context, tuple(words) if isinstance(words, (list, tuple)) else words))
    return found


def mistakes(language: str) -> Iterator[str]:
    """What is wrong with this language's catalogue, as far as mails are concerned, one line each."""
    catalogue = _read(_catalogue(language))
    for context, words in words_of_mails():
        message = catalogue.get(words, context)
        if message is None or message.fuzzy or not all(_translations(message)):
            yield f"{language}: not translated: {words}"
        elif any(_fields(translation) != _fields(message.id) for translation in _translations(message)[-1:]):
            yield f"{language}: other fields than in English: {words}"


def translated(language: str) -> Iterator[str]:
    """Every sentence of a catalogue."""
    for message in _read(_catalogue(language)):
        if message.id:
            yield from _translations(message)


def add_missing(language: str) -> int:
    """Append what mails say and the catalogue does not know yet, without a translation; say how many."""
    path = _catalogue(language)
    known, added = _read(path), Catalog(locale=language)
    for context, words in sorted(words_of_mails(), key=str):
        if known.get(words, context) is None:
            added.add(words, context=context, flags=["python-format"] if "%(" in str(words) else [])
    with path.open("ab") as file:
        write_po(file, added, width=100, omit_header=True)
    return len(added)


def _catalogues() -> Iterable[Path]:
    return [po for folder in settings.LOCALE_PATHS for po in sorted(Path(folder).glob("*/LC_MESSAGES/*.po"))]


def _catalogue(language: str) -> Path:
    return Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES" / "django.po"


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name, abort_invalid=True)


def _sources_of_mails() -> Iterator[Path]:
    for kind in ("html", "txt"):
        yield from sorted((settings.BASE_DIR / "templates" / "emails").glob(f"**/*.{kind}"))
    for path in sorted(settings.BASE_DIR.glob("*/*.py")):
        if path.name.startswith("mail_") or "from notifications.rendering import" in path.read_text():
            yield path


def _translations(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ("",))


def _fields(words: Words) -> set[str]:
    return set(_FIELD.findall(words if isinstance(words, str) else words[-1]))
