"""What holds for every mail of the portal, whoever wrote it."""

import re
from pathlib import Path

import pytest
from django.conf import settings

FOLDER = Path(settings.BASE_DIR) / "templates" / "emails"
MAILS = sorted(path.stem for path in FOLDER.glob("[!_]*.html"))


def source_of(name: str) -> str:
    return (FOLDER / f"{name}.html").read_text()


@pytest.mark.parametrize("name", MAILS)
def test_r41_every_mail_has_a_subject_and_says_why_one_gets_it(name: str) -> None:
    source = source_of(name)

    assert (FOLDER / f"{name}.subject.txt").read_text().strip().count("\n") <= 1  # a line of {% load %}, the subject
    assert re.search(r"{% extends (layout|\"emails/_layout.html\") %}", source)
    assert {"title", "preheader", "why"} <= set(re.findall(r"{% block (\w+) %}", source))


@pytest.mark.parametrize("name", MAILS)
def test_r18_no_mail_makes_a_link_or_markup_of_typed_words(name: str) -> None:
    source = source_of(name)

    assert re.findall(r"<a\b|href|\|safe|safeseq|autoescape|urlize|linebreaks|style=|<img|http", source) == []


@pytest.mark.parametrize("name", [name for name in MAILS if not (FOLDER / f"{name}.txt").exists()])
def test_r41_a_mail_without_a_text_of_its_own_is_made_of_components(name: str) -> None:
    assert re.findall(r"<\w+", source_of(name)) == []
