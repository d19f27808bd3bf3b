"""Requests in the state that a test needs."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from conftest import make_company, make_contact
from contacts.models import Company, Contact, User
from tenants import assignment, drafts, waiting, workflow
from tenants.models import Kind, Tenant, TenantRequest
from tenants.questions import details_fingerprint
from tenants.sending import Ticked


def answers_for(
    customer: Company, technical: Contact, commercial: Contact, name: str = "bakkerijdesmet"
) -> dict[str, Any]:
    """What somebody types who fills in everything."""
    return {
        "customer": {"confirmed": details_fingerprint(customer)},
        "contacts": {
            "technical": f"contact:{technical.public_id}",
            "commercial": f"contact:{commercial.public_id}",
            "authority": "mandate",
            "authority_reference": "VM-2026-014",
            "authority_date": "2 9 2026",
        },
        "microsoft": {
            "primary_first_name": "An",
            "primary_last_name": "De Smet",
            "primary_email": "an@bakkerijdesmet.example",
            "primary_phone": "+32 53 00 00 20",
            "signatory_first_name": "An",
            "signatory_last_name": "De Smet",
            "signatory_email": "an@bakkerijdesmet.example",
            "signatory_phone": "+32 53 00 00 20",
            "signatory_language": "nl",
        },
        "tenant": {
            "tenant_name": name,
            "second_choice": "",
            "login_name": technical.full_name,
            "login_email": technical.email,
            "login_phone": "+32 470 00 00 21",
            "delegated": "yes",
            "special_status": "none",
        },
        "message": {"reference": "PO-11873", "wanted_by": "", "message": ""},
    }


ALL_TICKED = Ticked(("naming", "authority", "own_contacts", "responsibility"), "AG-7", date(2026, 3, 1), "192.0.2.17")


@pytest.fixture
def draft(customer: Company, alice: User, theo: Contact, an: Contact) -> TenantRequest:
    """Alice's request for the bakery, complete and not sent."""
    made = drafts.start(customer, by=alice)
    for slug, typed in answers_for(customer, theo, an).items():
        drafts.keep_step(made, slug, typed)
    return made


@pytest.fixture
def sent(draft: TenantRequest, alice: User) -> TenantRequest:
    """The same, sent to Arxus."""
    return workflow.submit(draft, by=alice, sent=ALL_TICKED)


@pytest.fixture
def taken(sent: TenantRequest, sam: User) -> TenantRequest:
    """The same, with Sam."""
    return assignment.take(sent, by=sam)


@pytest.fixture
def pass_checks() -> Callable[[TenantRequest], None]:
    """Let every check through, so that a test can look at approving alone."""

    def _pass(tenant_request: TenantRequest) -> None:
        from django.utils import timezone

        tenant_request.checks.update(overridden_at=timezone.now(), overridden_by=tenant_request.assignee)

    return _pass


@pytest.fixture
def registering(taken: TenantRequest, sam: User, pass_checks: Callable[[TenantRequest], None]) -> TenantRequest:
    """The same, approved."""
    pass_checks(taken)
    return workflow.approve(taken, by=sam, version=1)


def made_at_microsoft(**fields: Any) -> Tenant:
    """What staff write down when they register."""
    fields = {
        "tenant_id": "3f9a1c52-0000-4000-8000-0000b7d04e00",
        "domain": "bakkerijdesmet.onmicrosoft.com",
        "agreement": Tenant.MicrosoftAgreement.PENDING,
        "first_login": "told Theo Lambert by telephone",
    } | fields
    return Tenant(**fields)


@pytest.fixture
def registered(registering: TenantRequest, sam: User) -> TenantRequest:
    """The same, with its tenant."""
    return workflow.register(registering, by=sam, version=1, tenant=made_at_microsoft())


@pytest.fixture
def rejected(taken: TenantRequest, sam: User) -> TenantRequest:
    """Alice's request, which Sam did not accept."""
    return workflow.reject(taken, by=sam, version=1, comment="Not a customer of yours.")


LINK = (
    "https://admin.microsoft.com/Adminportal/Home?invType=ResellerRelationship&partnerId=3f9a1c52-0000-4000-8000-"
    "0000b7d04e00&msppId=0&DAP=false#/BillingAccounts/partner-invitation"
)
EXISTING = {
    "domain": "bakkerijdesmet.example",
    "tenant_id": "",
    "admin_first_name": "Greta",
    "admin_last_name": "Vos",
    "admin_email": "greta@bakkerijdesmet.example",
    "admin_language": "fr",
    "supplier": "another",
    "move_subscriptions": "unknown",
}


def onboard(customer: Company, by: User, technical: Contact, commercial: Contact, **existing: str) -> TenantRequest:
    """A complete draft to connect an existing tenant."""
    made = drafts.start(customer, by=by, kind=Kind.ONBOARD)
    answers = answers_for(customer, technical, commercial)
    answers["microsoft"] = {k: v for k, v in answers["microsoft"].items() if k.startswith("signatory")}
    answers["existing"] = EXISTING | existing
    del answers["tenant"]
    for slug, typed in answers.items():
        drafts.keep_step(made, slug, typed)
    return made


@pytest.fixture
def connecting(customer: Company, alice: User, theo: Contact, an: Contact) -> TenantRequest:
    """Alice's request to connect the bakery's tenant, complete and not sent."""
    return onboard(customer, alice, theo, an)


@pytest.fixture
def approved(
    connecting: TenantRequest, alice: User, sam: User, pass_checks: Callable[[TenantRequest], None]
) -> TenantRequest:
    """The same, sent, with Sam, approved."""
    taken = assignment.take(workflow.submit(connecting, by=alice, sent=ALL_TICKED), by=sam)
    pass_checks(taken)
    return workflow.approve(taken, by=sam, version=1)


@pytest.fixture
def invited(approved: TenantRequest, sam: User) -> TenantRequest:
    """The same, waiting for the bakery's administrator."""
    return waiting.wait_for(approved, by=sam, version=1, whom="customer", link=LINK)


@pytest.fixture
def vap_approved(valora: Company, vera: User, sam: User, pass_checks: Callable[[TenantRequest], None]) -> TenantRequest:
    """Vera's request to connect the tenant of Studio Élan, which does not know Arxus; approved."""
    studio = make_company(
        "Studio Élan bv", "BE0451406524", partner=valora, relation="vap", email_domains=["studioelan.example"]
    )
    own = make_contact(valora, "Victor", "Maas", "victor@valora.example", job_title="manager")
    draft = onboard(studio, vera, own, own, domain="studioelan.example", admin_email="lea@studioelan.example")
    named = {"signatory_email": "lea@studioelan.example", "signatory_first_name": "Lea", "signatory_last_name": "Roy"}
    drafts.keep_step(draft, "microsoft", draft.answers["microsoft"] | named)
    taken = assignment.take(workflow.submit(draft, by=vera, sent=ALL_TICKED), by=sam)
    pass_checks(taken)
    return workflow.approve(taken, by=sam, version=1)
