"""Requests of the demo, one in each status; filed, decided and registered by the verbs, so their mails go out too."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from contacts.models import Company, Contact, User, sort_key
from tenants import assignment, checks, drafts, waiting, workflow, working_days
from tenants.models import DirectoryEntry, DirectoryImport, Kind, Remark, Tenant, TenantRequest, WaitsFor
from tenants.questions import details_fingerprint
from tenants.sending import Ticked
from tenants.steps import steps_of

# Customers of Nordwave with their own contact: name, number, domain, technical and commercial contact, language.
CUSTOMERS: tuple[tuple[str, str, str, tuple[str, str], tuple[str, str], str], ...] = (
    (
        "Clinique Vétérinaire du Condroz srl",
        "BE0477472701",
        "cliniquecondroz.example",
        ("Luc", "Simon"),
        ("Marie", "Dupont"),
        "fr",
    ),
    ("Imprimerie Delvaux srl", "BE0462920226", "impdelvaux.example", ("Paul", "Delvaux"), ("Anne", "Delvaux"), "fr"),
    ("Maes & Vrancken bv", "BE0428759497", "maesvrancken.example", ("Jan", "Wouters"), ("Els", "Maes"), "nl"),
    ("Hof ten Bergh nv", "BE0439291125", "hoftenbergh.example", ("Tom", "Bergh"), ("Kate", "Miller"), "en"),
    ("Kwekerij De Linde bv", "BE0456790717", "kwekerijdelinde.example", ("Bart", "Linde"), ("Ria", "Claes"), "nl"),
)
INVITATION = (
    "https://admin.microsoft.com/Adminportal/Home?invType=ResellerRelationship&partnerId=1d2c9a3e-0000-4000-8000-"
    "0000a4c00e00&msppId=0&DAP=false#/BillingAccounts/partner-invitation"
)


def make_requests(alice: User, sam: User) -> None:
    """File them for Alice, decide as Sam; does nothing where Alice has filed some."""
    if TenantRequest.objects.filter(owner=alice).exists():
        return
    nordwave = alice.memberships.get().company
    bakery = nordwave.customers.get(legal_name__startswith="Bakkerij")
    companies = [bakery, *(_customer(nordwave, *row) for row in CUSTOMERS)]
    _directory(sam, companies)
    names = ("desmetwebshop", "condrozvet", "impdelvaux", "maesvrancken", "hoftenbergh")
    waits, sent_back, rejected, registering, registered = (
        _sent(company, alice, name) for company, name in zip(companies, names, strict=False)
    )
    _invite(_sent(companies[-1], alice, "kwekerijdelinde.example", Kind.ONBOARD), sam)
    _send_back(sent_back, sam)
    workflow.reject(_taken(rejected, sam), by=sam, version=1, comment="Another partner looks after this customer.")
    _register(_approve(registered, sam), sam)
    _approve(registering, sam)
    draft = drafts.start(bakery, by=alice)
    drafts.keep_step(draft, "tenant", {"tenant_name": "Desmet-Academie"})
    assert waits.version == 1  # noqa: S101 – the one that waits for Arxus


def _customer(
    partner: Company, name: str, number: str, domain: str, tech: tuple[str, str], boss: tuple[str, str], lang: str
) -> Company:
    company = Company.objects.create(
        kind=Company.Kind.CUSTOMER,
        partner=partner,
        relation=Company.Relation.RESELLER,
        legal_name=name,
        sort_name=sort_key(name),
        enterprise_number=number,
        street="Kerkstraat 1",
        postal_code="9000",
        town="Gent",
        phone="+3293000020",
        industry="services",
        microsoft_language=lang if lang != "en" else "nl",
        email_domains=[domain],
    )
    for (first, last), role, job in ((tech, "technical", "IT manager"), (boss, "commercial", "managing director")):
        Contact.objects.create(
            company=company,
            first_name=first,
            last_name=last,
            sort_name=sort_key(f"{last} {first}"),
            email=f"{first}.{last}@{domain}".lower(),
            phone="+3293000021",
            job_title=job,
            language=lang,
            roles=[role],
        )
    return company


def _directory(by: User, companies: list[Company]) -> None:
    """A fresh file in which every technical contact but one is an active user."""
    file = DirectoryImport.objects.create(file_name="servicenow-users.csv", dated=working_days.today(), by=by)
    people = Contact.objects.filter(company__in=companies, roles__contains=["technical"]).exclude(last_name="Simon")
    DirectoryEntry.objects.bulk_create(
        DirectoryEntry(file=file, email=person.email, user_name=person.email, active=True, locked=False)
        for person in people
    )
    file.applied_at = timezone.now()
    file.save(update_fields=["applied_at"])


def _sent(company: Company, by: User, name: str, kind: Kind = Kind.CREATE) -> TenantRequest:
    draft = drafts.start(company, by=by, kind=kind)
    answers = _answers(company, name)
    if kind == Kind.ONBOARD:
        answers["existing"] = _existing(company, name)
    asked = [step.slug for step in steps_of(draft)]
    for slug, typed in answers.items():
        if slug not in asked:
            continue
        drafts.keep_step(draft, slug, typed)
    return workflow.submit(draft, by=by, sent=Ticked(("naming", "authority"), ip_address="192.0.2.17"))


def _answers(company: Company, name: str) -> dict[str, dict[str, Any]]:
    technical = company.contacts.get(roles__contains=["technical"])
    commercial = company.contacts.get(roles__contains=["commercial"])
    signs = {"first_name": commercial.first_name, "last_name": commercial.last_name, "email": commercial.email}
    signs["phone"] = str(commercial.phone)
    named = {f"{role}_{key}": value for role in ("primary", "signatory") for key, value in signs.items()}
    return {
        "customer": {"confirmed": details_fingerprint(company)},
        "contacts": {
            "technical": f"contact:{technical.public_id}",
            "commercial": f"contact:{commercial.public_id}",
            "authority": "mandate",
            "authority_reference": "VM-2026-014",
            "authority_date": "2 9 2026",
        },
        "microsoft": {**named, "signatory_language": commercial.language},
        "tenant": {
            "tenant_name": name,
            "login_name": technical.full_name,
            "login_email": technical.email,
            "login_phone": str(technical.phone),
            "delegated": "yes",
            "special_status": "none",
        },
        "message": {"reference": "PO-11873", "wanted_by": f"{date.today() + timedelta(days=20):%d %m %Y}"},
    }


def _existing(company: Company, domain: str) -> dict[str, Any]:
    technical = company.contacts.get(roles__contains=["technical"])
    return {
        "domain": domain,
        "admin_first_name": technical.first_name,
        "admin_last_name": technical.last_name,
        "admin_email": technical.email,
        "admin_language": technical.language,
        "supplier": "another",
        "move_subscriptions": "yes",
    }


def _invite(tenant_request: TenantRequest, sam: User) -> None:
    approved = _approve(tenant_request, sam)
    waiting.wait_for(approved, by=sam, version=1, whom=WaitsFor.CUSTOMER, link=INVITATION)


def _taken(tenant_request: TenantRequest, sam: User) -> TenantRequest:
    return assignment.take(tenant_request, by=sam)


def _send_back(tenant_request: TenantRequest, sam: User) -> None:
    remarks = [
        Remark(
            field="tenant.tenant_name",
            text="Microsoft refused this name: it is too close to one that exists.",
            suggestion="condrozveterinaire",
        ),
        Remark(
            field="contacts.authority_reference",
            text="Two digits are swapped: the document says 041.",
            suggestion="VM-2026-041",
        ),
    ]
    workflow.request_changes(
        _taken(tenant_request, sam), by=sam, version=1, remarks=remarks, comment="Nearly there: two small things."
    )


def _approve(tenant_request: TenantRequest, sam: User) -> TenantRequest:
    taken = _taken(tenant_request, sam)
    blocking = [check for check in checks.run(taken) if not check.lets_through]
    assert not blocking, blocking  # noqa: S101 – the demo files what passes every check
    return workflow.approve(taken, by=sam, version=1)


def _register(tenant_request: TenantRequest, sam: User) -> None:
    tenant = Tenant(
        tenant_id=UUID("3f9a1c52-6f0e-4c1d-9a55-0000b7d04e00"),
        domain=f"{tenant_request.wanted}.onmicrosoft.com",
        agreement=Tenant.MicrosoftAgreement.PENDING,
        first_login="told by telephone",
    )
    workflow.register(tenant_request, by=sam, version=1, tenant=tenant)
