import gettext
from pathlib import Path

from django.core.management import call_command

PO = """
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\nPlural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "Send to Arxus"
msgstr "Naar Arxus sturen"
"""


def test_catalogues_are_compiled_without_system_tools(tmp_path: Path, settings) -> None:
    settings.LOCALE_PATHS = [tmp_path]
    source = tmp_path / "nl" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text(PO)

    call_command("compile_catalogues", verbosity=0)

    with source.with_suffix(".mo").open("rb") as compiled:
        assert gettext.GNUTranslations(compiled).gettext("Send to Arxus") == "Naar Arxus sturen"
