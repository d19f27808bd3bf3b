"""A text that is too long is refused with its length; nothing is cut off, and a script says what is left."""

import pytest
from django import forms
from django.conf import settings
from playwright.sync_api import Page, expect

from contacts.fields import TextField


class Words(forms.Form):
    text = TextField(max_length=10, widget=forms.Textarea)
    line = TextField(max_length=10)


def test_no_page_cuts_off_what_is_pasted() -> None:
    html = str(Words())

    assert ("maxlength" in html, 'data-characters="10"' in html) == (False, True)


def test_the_form_says_how_long_it_is() -> None:
    form = Words({"text": "x" * 12, "line": "y" * 11})

    assert form.errors["text"] == ["10 characters at most; this has 12."]
    assert form.errors["line"] == ["10 characters at most; this has 11."]


def test_a_new_line_is_one_character() -> None:
    form = Words({"text": "1234\r\n67890", "line": "y"})

    assert (form.is_valid(), form.cleaned_data["text"]) == (True, "1234\n67890")


@pytest.mark.browser
def test_what_is_left_is_said_politely(page: Page) -> None:
    page.set_content(str(Words()))
    page.add_script_tag(path=settings.BASE_DIR / "static/js/characters.js")
    left = page.locator("[aria-live=polite]")

    page.fill("textarea", "1234567")
    expect(left).to_have_text("3 characters left")
    page.fill("textarea", "123456789012")

    expect(left).to_have_text("2 characters too many")
    assert page.input_value("textarea") == "123456789012"
