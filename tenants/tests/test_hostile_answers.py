"""Every field of every step by itself: what is refused is named at its field, and stands there as it was typed."""

from datetime import date
from email import message_from_bytes
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils.html import escape

from contacts.models import Company, Contact, User
from notifications import message
from notifications.models import OutgoingEmail
from tenants import drafts, workflow
from tenants.models import TenantRequest
from tenants.persons import Cast
from tenants.questions import ContactsStep, ExistingStep, MessageStep, MicrosoftStep, StepForm, TenantStep
from tenants.questions.form import DayField
from tenants.tests.conftest import ALL_TICKED, answers_for
from tenants.tests.hostile import HOSTILE, MORE

EXISTING = {
    "domain": "bakkerijdesmet.be",
    "tenant_id": "",
    "admin_first_name": "Theo",
    "admin_last_name": "Lambert",
    "admin_email": "theo@bakkerijdesmet.example",
    "admin_language": "nl",
    "supplier": "none",
    "move_subscriptions": "no",
}
STEPS: dict[str, type[StepForm]] = {
    "contacts": ContactsStep,
    "microsoft": MicrosoftStep,
    "tenant": TenantStep,
    "existing": ExistingStep,
    "message": MessageStep,
}
# A field whose answer decides whether another one is asked for.
ASKS_FOR = {
    "authority": {"authority_reference", "authority_date"},
    "authority_reference": {"authority_reference"},
    "domain": {"domain", "tenant_id"},
    "tenant_id": {"domain", "tenant_id"},
}


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("29 2 2028", date(2028, 2, 29)),
        ("28/2/2027", date(2027, 2, 28)),
        ("2026-03-29", date(2026, 3, 29)),
        *((typed, None) for typed in ("29 2 2027", "29-2-2100", "31 12 9999", "1 1 1", "31 12 1999", "0 0 2026")),
        *((typed, None) for typed in ("NaN", "-1", "1e400", "10" * 18, "2026-03-29 02:30", "٢٩ ٢ ٢٠٢٧", "2026-02-30")),
    ],
)
def test_t38_a_day_is_one_of_the_calendar_and_of_our_time(typed: str, day: date | None) -> None:
    if day:
        assert DayField().clean(typed) == day
    else:
        with pytest.raises(ValidationError, match=r"Write |There is no "):
            DayField().clean(typed)


@pytest.fixture
def answers(customer: Company, theo: Contact, an: Contact) -> dict[str, Any]:
    return {**answers_for(customer, theo, an), "existing": EXISTING}


@pytest.mark.parametrize("slug", list(STEPS))
def test_t38_t39_t74_each_field_names_itself_and_keeps_what_was_typed(
    draft: TenantRequest, alice: User, answers: dict[str, Any], slug: str
) -> None:
    cast, step = Cast(draft.company, alice), STEPS[slug]
    assert step(answers[slug], cast=cast).errors == {}

    for name in step.base_fields:
        for value in [*HOSTILE, *MORE]:
            form = step(answers[slug] | {name: value}, cast=cast)

            assert form.errors.keys() <= {name} | ASKS_FOR.get(name, set()), (name, value, form.errors)
            assert form[name].value() == value, (name, value)
            assert all(str(sentence).strip() for sentences in form.errors.values() for sentence in sentences)
            choices = getattr(step.base_fields[name], "choices", None)
            if choices is None and value == value.strip() and "\x00" not in value:
                assert escape(value) in str(form[name]), (name, value)


HEADERS = ["x\r\nBcc: x@evil.example", "x\nBcc: x@evil.example", "x\rBcc: x@evil.example"]
ENCODED = "%0d%0aBcc: x@evil.example"
# Where a percent sign is one: own words of the partner, which a mail says in its text alone.
WORDS = ["authority_reference", "reference", "message"]
LINES = ["message"]


@pytest.mark.parametrize("slug", list(STEPS))
def test_t74_a_field_of_one_line_takes_no_line_of_a_header(
    draft: TenantRequest, alice: User, answers: dict[str, Any], slug: str
) -> None:
    cast, step = Cast(draft.company, alice), STEPS[slug]

    for name in step.base_fields:
        for value in HEADERS:
            refused = step(answers[slug] | {name: value}, cast=cast).errors
            assert (name, value, name in refused) == (name, value, name not in LINES)
        refused = step(answers[slug] | {name: ENCODED}, cast=cast).errors
        assert (name, name in refused) == (name, name not in WORDS)


def test_t74_what_is_written_as_a_line_of_a_header_reaches_none(
    draft: TenantRequest, alice: User, answers: dict[str, Any]
) -> None:
    drafts.keep_step(draft, "contacts", answers["contacts"] | {"authority_reference": ENCODED})
    drafts.keep_step(draft, "message", {"reference": ENCODED, "wanted_by": "", "message": HEADERS[0]})

    workflow.submit(draft, by=alice, sent=ALL_TICKED)

    mails = list(OutgoingEmail.objects.all())
    assert {mail.template for mail in mails} == {"confirmation", "confirmation_owner"}
    for mail in mails:
        built = message.build(mail, dict.fromkeys(message.placeholders(mail), ""))
        headers = message_from_bytes(built.content)
        assert [name for name, value in headers.items() if name == "Bcc" or "evil" in value] == []
        assert ENCODED in mail.text.replace("\u200b", "")
