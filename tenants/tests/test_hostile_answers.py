"""Every field of every step by itself: what is refused is named at its field, and stands there as it was typed."""

from typing import Any

import pytest
from django.utils.html import escape

from contacts.models import Company, Contact, User
from tenants.models import TenantRequest
from tenants.persons import Cast
from tenants.questions import ContactsStep, ExistingStep, MessageStep, MicrosoftStep, StepForm, TenantStep
from tenants.tests.conftest import answers_for
from tenants.tests.hostile import HOSTILE

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


@pytest.fixture
def answers(customer: Company, theo: Contact, an: Contact) -> dict[str, Any]:
    return {**answers_for(customer, theo, an), "existing": EXISTING}


@pytest.mark.parametrize("slug", list(STEPS))
def test_t38_t39_each_field_names_itself_and_keeps_what_was_typed(
    draft: TenantRequest, alice: User, answers: dict[str, Any], slug: str
) -> None:
    cast, step = Cast(draft.company, alice), STEPS[slug]
    assert step(answers[slug], cast=cast).errors == {}

    for name in step.base_fields:
        for value in HOSTILE:
            form = step(answers[slug] | {name: value}, cast=cast)

            assert form.errors.keys() <= {name} | ASKS_FOR.get(name, set()), (name, value, form.errors)
            assert form[name].value() == value, (name, value)
            assert all(str(sentence).strip() for sentences in form.errors.values() for sentence in sentences)
            choices = getattr(step.base_fields[name], "choices", None)
            if choices is None and value == value.strip() and "\x00" not in value:
                assert escape(value) in str(form[name]), (name, value)
