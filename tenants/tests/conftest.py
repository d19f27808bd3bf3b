"""Requests in the state that a test needs."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import Group as AuthGroup

from conftest import make_company, make_contact
from contacts.models import Company, Contact, Group, Membership, User
from tenants import assignment, drafts, waiting, workflow
from tenants.models import Kind, Remark, Status, Tenant, TenantRequest
from tenants.questions import details_fingerprint
from tenants.sending import Ticked
from tenants.staff import VALIDATORS
from tenants.transitions import TRANSITIONS, Verb


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
def with_colleague(draft: TenantRequest, alice: User) -> TenantRequest:
    """Sent with Alice herself as the one who is kept informed."""
    contacts = draft.answers["contacts"] | {"watchlist": f"user:{alice.public_id}"}
    drafts.keep_step(draft, "contacts", contacts)
    return workflow.submit(draft, by=alice, sent=ALL_TICKED)


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
def second_registered(
    customer: Company,
    alice: User,
    sam: User,
    theo: Contact,
    an: Contact,
    pass_checks: Callable[[TenantRequest], None],
) -> TenantRequest:
    """Another tenant of the same customer, with the same people."""
    other = drafts.start(customer, by=alice)
    for slug, typed in answers_for(customer, theo, an, "bakkerijtwee").items():
        drafts.keep_step(other, slug, typed)
    taken = assignment.take(workflow.submit(other, by=alice, sent=ALL_TICKED), by=sam)
    pass_checks(taken)
    tenant = made_at_microsoft(tenant_id="3f9a1c52-0000-4000-8000-0000b7d04e01", domain="twee.onmicrosoft.com")
    return workflow.register(workflow.approve(taken, by=sam, version=1), by=sam, version=1, tenant=tenant)


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


def reached(logs: list[Any]) -> list[dict[str, Any]]:
    """The limits that log lines say somebody came to (T37): who, and which one."""
    about = ("event", "log_level")
    return [{k: v for k, v in line.items() if k not in about} for line in logs if line["event"] == "limit_reached"]


def do(verb: Verb, tenant_request: TenantRequest, by: User) -> TenantRequest:
    """Call a verb with everything it needs beside the right person and status."""
    version = tenant_request.version
    if verb == Verb.SUBMIT:
        return workflow.submit(tenant_request, by=by, sent=ALL_TICKED)
    if verb == Verb.WITHDRAW:
        return workflow.withdraw(tenant_request, by=by)
    if verb == Verb.NAME_ANOTHER:
        return workflow.name_another(tenant_request, by=by, place="technical")
    if verb == Verb.REQUEST_CHANGES:
        remark = Remark(field="tenant.tenant_name", text="Too close to another one.", suggestion="desmetaalst")
        return workflow.request_changes(tenant_request, by=by, version=version, remarks=[remark])
    if verb == Verb.REJECT:
        return workflow.reject(tenant_request, by=by, version=version, comment="Not a customer of yours.")
    if verb == Verb.APPROVE:
        return workflow.approve(tenant_request, by=by, version=version)
    if verb in (Verb.FAIL, Verb.CANCEL, Verb.REOPEN):
        return getattr(workflow, verb)(tenant_request, by=by, version=version, comment="Microsoft was down.")
    if verb == Verb.CORRECT_REGISTRATION:
        right = made_at_microsoft(tenant_id="3f9a1c52-0000-4000-8000-0000b7d04e11")
        return workflow.correct_registration(tenant_request, by=by, version=version, tenant=right, comment="A typo.")
    return workflow.register(tenant_request, by=by, version=version, tenant=made_at_microsoft())


@pytest.fixture
def in_status(
    draft: TenantRequest, alice: User, sam: User, pass_checks: Callable[[TenantRequest], None]
) -> Callable[[Status], TenantRequest]:
    """Lead Alice's request to a status by verbs alone; Sam has it from the first sending on."""
    path = {
        Status.DRAFT: (),
        Status.TO_VALIDATE: (Verb.SUBMIT,),
        Status.CHANGES_REQUESTED: (Verb.SUBMIT, Verb.REQUEST_CHANGES),
        Status.REGISTERING: (Verb.SUBMIT, Verb.APPROVE),
        Status.REGISTERED: (Verb.SUBMIT, Verb.APPROVE, Verb.REGISTER),
        Status.REJECTED: (Verb.SUBMIT, Verb.REJECT),
        Status.WITHDRAWN: (Verb.SUBMIT, Verb.WITHDRAW),
    }

    def lead(status: Status) -> TenantRequest:
        here = draft
        for verb in path[status]:
            here = do(verb, here, alice if TRANSITIONS[verb].by == "partner" else sam)
            if verb == Verb.SUBMIT:
                here = assignment.take(here, by=sam)
                pass_checks(here)
        assert here.status == status
        return TenantRequest.objects.get(pk=here.pk)

    return lead


@pytest.fixture
def people(
    alice: User,
    bob: User,
    mallory: User,
    vera: User,
    sam: User,
    kim: User,
    nordwave: Company,
    cloudhoek: Company,
    customer: Company,
    django_user_model: type[User],
) -> dict[str, User]:
    """One of each kind of user."""
    make = django_user_model.objects.create_user
    val = make("val@arxus.example", "x", first_name="Val", last_name="Daems", is_staff=True)
    val.groups.add(AuthGroup.objects.get(name=VALIDATORS))
    carl = make("carl@nordwave.example", "x", first_name="Carl", last_name="Thys")
    Membership.objects.create(user=carl, company=nordwave, groups=[Group.TENANTS])
    gone = make("gone@nordwave.example", "x", first_name="Gus", last_name="Thys", is_active=False)
    Membership.objects.create(user=gone, company=nordwave, groups=[Group.FULL])
    own = make("theo@bakkerijdesmet.example", "x", first_name="Theo", last_name="Lambert")
    Membership.objects.create(user=own, company=customer, groups=[Group.TECHNICAL])
    more = {
        "customers": [(nordwave, Group.CUSTOMERS)],
        "technician": [(nordwave, Group.TECHNICAL)],
        "groupless": [(nordwave, None)],
        "customer_full": [(customer, Group.FULL)],
        # In two companies: the rights in this request's partner count.
        "both": [(nordwave, Group.TENANTS), (cloudhoek, Group.READ_ONLY)],
        "elsewhere": [(nordwave, Group.READ_ONLY), (cloudhoek, Group.FULL)],
    }
    others = {}
    for kind, places in more.items():
        others[kind] = make(f"{kind}@nordwave.example", "x", first_name=kind.title(), last_name="Thys")
        for company, group in places:
            Membership.objects.create(user=others[kind], company=company, groups=[group] if group else [])
    return {
        **others,
        "owner": alice,
        "colleague": carl,
        "reader": bob,
        "deactivated": gone,
        "rival": mallory,
        "vap": vera,
        "contact": own,
        "assignee": sam,
        "validator": val,
        "lead": kim,
        "superuser": make("root@arxus.example", "x", first_name="R", last_name="R", is_staff=True, is_superuser=True),
        "staff": make("desk@arxus.example", "x", first_name="D", last_name="D", is_staff=True),
        "stranger": make("nobody@x.example", "x", first_name="N", last_name="N"),
    }
