"""R42: no password is kept or mailed, whoever types it."""

from collections.abc import Callable

import pytest
from django.test import Client

from contacts.models import User
from notifications.models import OutgoingEmail
from tenants import drafts
from tenants.forms import ObjectionForm, StopForm
from tenants.models import TenantRequest
from tenants.tests.test_wizard import Browser, text
from tenants.words import without_password

SAID = "This looks like a password, and none may ever stand here, nor in a mail. Write the sentence without it."


@pytest.mark.parametrize("field", ["message", "reference"])
def test_r42_a_partner_sends_no_password_to_everybody(
    draft: TenantRequest, alice: User, login: Callable[[User], Client], field: str
) -> None:
    browser = Browser(login(alice), alice, draft.company)
    typed = draft.answers["message"] | {field: "The password: Welkom01!"}

    refused = browser.post("step", draft.public_id, "message", **typed)
    drafts.keep_step(draft, "message", typed)
    unsent = browser.send(draft.public_id, naming="on", authority="on")

    assert SAID in text(refused)
    assert "Welkom01!" in refused.text, "what was typed stays in the field"
    assert SAID in text(unsent)
    assert not OutgoingEmail.objects.exists()


@pytest.mark.parametrize("form", [StopForm, ObjectionForm])
def test_r42_nor_do_those_who_stop_or_object(form: type[StopForm] | type[ObjectionForm]) -> None:
    assert form({"text": "My pwd: Welkom01!"}).errors["text"] == [SAID]


WORDS = ("message", "reference", "text", "comment", "reason", "first_login", "form-0-text", "remarks-0-suggestion")


@pytest.mark.parametrize("name", [*WORDS, "case_number", "correlation_id", "title", "text_nl"])
def test_r42_nor_does_the_session_keep_one(name: str) -> None:
    assert without_password(name, "pwd: Welkom01!") == "pwd: •••••"


def test_a_link_of_microsofts_is_kept_as_it_is() -> None:
    link = "https://admin.microsoft.com/?pw=a1b2c3"

    assert without_password("link", link) == link
