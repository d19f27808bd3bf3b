import re

import pytest
from django.core.management import call_command
from django.utils import translation

from portal.catalogues import mistakes, translated, words_of_mails


@pytest.mark.parametrize("language", ["nl", "fr"])
def test_r41_every_string_of_a_mail_is_translated(language: str) -> None:
    assert sorted(mistakes(language)) == []


def test_words_of_mails_are_found_in_templates() -> None:
    assert (None, "Dear %(reader)s,") in words_of_mails()


def test_compile_catalogues_needs_no_gettext(tmp_path, settings, capsys) -> None:
    folder = tmp_path / "nl" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Tenant ready"\nmsgstr "Tenant klaar"\n'
    )
    settings.LOCALE_PATHS = [tmp_path]

    call_command("compile_catalogues")
    call_command("compile_catalogues")

    assert capsys.readouterr().out == f"Compiled {folder / 'django.mo'}\n"
    assert (folder / "django.mo").read_bytes()[:4] in (b"\xde\x12\x04\x95", b"\x95\x04\x12\xde")


def test_a_missing_and_a_wrong_translation_are_mistakes(tmp_path, settings) -> None:
    folder = tmp_path / "nl" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text('msgid "Dear %(reader)s,"\nmsgstr "Beste %(lezer)s,"\n')
    settings.LOCALE_PATHS = [tmp_path]

    found = list(mistakes("nl"))

    assert "nl: other fields than in English: Dear %(reader)s," in found
    assert "nl: not translated: Questions: reply to this mail, and the Arxus service desk answers." in found


def test_catalogues_are_in_use() -> None:
    with translation.override("nl"):
        assert translation.gettext("Dear %(reader)s,") == "Beste %(reader)s,"


def test_r41_no_french_sentence_elides_before_a_name() -> None:
    """ "de Étude" ought to be "d’Étude": what a name follows must be right before every letter."""
    translations = list(translated("fr"))

    elided = [text for text in translations if re.search(r"\b(de|que|jusque|lorsque|puisque)\s%\(|’%\(", text, re.I)]

    assert elided == []
    assert len(translations) > 500
