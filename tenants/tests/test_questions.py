"""What the steps refuse (DOMAIN §4)."""

from typing import Any

import pytest

from conftest import make_contact
from contacts.models import Company, Contact, User
from tenants import drafts
from tenants.models import TenantRequest
from tenants.steps import Answers


def errors(draft: TenantRequest, by: User, slug: str, **typed: Any) -> dict[str, list[str]]:
    """What the step says when these answers take the place of the complete ones."""
    drafts.keep_step(draft, slug, typed, whole=False)
    return dict(Answers(draft, by).forms[slug].errors)


@pytest.mark.parametrize("role", ["technical", "commercial"])
def test_who_is_called_needs_a_phone_number(
    role: str, draft: TenantRequest, alice: User, theo: Contact, an: Contact
) -> None:
    person = {"technical": theo, "commercial": an}[role]
    Contact.objects.filter(pk=person.pk).update(phone="")

    assert errors(draft, alice, "contacts") == {
        role: [f"{person} has no phone number yet. Add it under “Edit {person}”, below this field."]
    }


@pytest.mark.parametrize("role", ["dpo", "watchlist", "security"])
def test_nobody_else_needs_a_phone_number(role: str, draft: TenantRequest, alice: User, customer: Company) -> None:
    quiet = make_contact(customer, "Piet", "Maes", "piet@bakkerijdesmet.example", phone="")

    assert errors(draft, alice, "contacts", **{role: f"contact:{quiet.public_id}"}) == {}


@pytest.mark.parametrize("email", ["somebody@nordwave.example", "bob@nordwave.example", "freelance@elsewhere.example"])
def test_the_signatory_is_a_person_of_the_customer(
    email: str, draft: TenantRequest, alice: User, bob: User, nordwave: Company
) -> None:
    """By the partner's mail domain, by its users, or by a contact of the partner's with any address."""
    make_contact(nordwave, "Free", "Lance", "freelance@elsewhere.example")

    assert errors(draft, alice, "microsoft", signatory_email=email) == {
        "signatory_email": ["The signatory must be somebody of Bakkerij De Smet bv, not of Nordwave IT bv."]
    }


def test_r14_of_a_customer_that_does_not_know_arxus_the_signatory_is_the_customers_too(
    draft: TenantRequest, alice: User, customer: Company
) -> None:
    Company.objects.filter(pk=customer.pk).update(relation="vap")
    fresh = TenantRequest.objects.get(pk=draft.pk)

    refused = errors(fresh, alice, "microsoft", signatory_email="somebody@nordwave.example")
    taken = errors(fresh, alice, "microsoft", signatory_email="an@bakkerijdesmet.example")

    assert (list(refused), taken) == (["signatory_email"], {})


@pytest.mark.parametrize(
    ("email", "sentence"),
    [
        ("an@microsoft.com", "Microsoft refuses its own addresses here. Write one of the customer."),
        ("an@MICROSOFT.com", "Microsoft refuses its own addresses here. Write one of the customer."),
        ("bob@nordwave.example", "Microsoft refuses an address of Nordwave IT bv here. Write one of the customer."),
    ],
)
def test_the_primary_contact_is_neither_microsofts_nor_the_partners(
    email: str, sentence: str, draft: TenantRequest, alice: User
) -> None:
    assert errors(draft, alice, "microsoft", primary_email=email) == {"primary_email": [sentence]}


def test_the_complete_answers_are_refused_nowhere(draft: TenantRequest, alice: User) -> None:
    assert {slug: dict(form.errors) for slug, form in Answers(draft, alice).forms.items() if form.errors} == {}
