"""What every request of the demo is made of: a customer with its contacts, answers, and the way to where it ends."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5
from zlib import crc32

from django.utils import timezone

from contacts.models import Company, Contact, User, sort_key
from tenants import assignment, drafts, workflow, working_days
from tenants.models import Kind, Remark, Tenant, TenantRequest
from tenants.questions import details_fingerprint
from tenants.review import acts
from tenants.sending import Ticked
from tenants.steps import steps_of


@dataclass(frozen=True)
class Scene:
    """Who acts in the demo."""

    alice: User
    carol: User
    rik: User
    vera: User
    mallory: User
    olga: User
    sam: User
    kim: User
    lotte: User


@dataclass(frozen=True)
class Customer:
    """A customer to be: its technical and its commercial contact, and the language of both."""

    name: str
    technical: str
    commercial: str
    language: str
    domain: str
    number: str = ""
    relation: str = Company.Relation.RESELLER
    partner: str = "nordwave.example"


@dataclass(frozen=True)
class Case:
    """One predicament. `wanted` is the name or domain that lists show, `says` the reference on its page and mails."""

    wanted: str
    says: str
    customer: Customer
    make: Callable[[Scene, "Case"], object]

    @property
    def company(self) -> Company:
        return Company.objects.get(enterprise_number=number_of(self.customer), partner__email_domains=[self.partner])

    @property
    def partner(self) -> str:
        return self.customer.partner


def number_of(customer: Customer) -> str:
    """Its enterprise number, with right check digits."""
    base = f"0{4_500_000 + crc32(customer.domain.encode()) % 400_000}"
    return customer.number or f"BE{base}{97 - int(base) % 97:02d}"


def make_customer(customer: Customer, partner: Company) -> tuple[Company, bool]:
    """The customer and its contacts; False where it is there already."""
    company, made = Company.objects.get_or_create(
        partner=partner,
        enterprise_number=number_of(customer),
        defaults={
            "kind": Company.Kind.CUSTOMER,
            "relation": customer.relation,
            "legal_name": customer.name,
            "sort_name": sort_key(customer.name),
            "street": "Kerkstraat 1",
            "postal_code": "9000",
            "town": "Gent",
            "phone": "+3293000020",
            "industry": "services",
            "microsoft_language": customer.language if customer.language != "en" else "nl",
            "email_domains": [customer.domain],
        },
    )
    if made and customer.relation == Company.Relation.RESELLER:
        for name, role, job in (
            (customer.technical, "technical", "IT manager"),
            (customer.commercial, "commercial", "managing director"),
        ):
            make_contact(company, name, roles=[role], job_title=job, language=customer.language)
    return company, made


def make_contact(company: Company, name: str, **fields: Any) -> Contact:
    first, _space, last = name.partition(" ")
    address = sort_key(f"{first}.{last}").replace(" ", "").replace("'", "")
    fields = {
        "first_name": first,
        "last_name": last,
        "sort_name": sort_key(f"{last} {first}"),
        "phone": "+3293000021",
        "language": "nl",
    } | fields
    email = fields.pop("email", f"{address}@{company.email_domains[0]}")
    return Contact.objects.get_or_create(company=company, email=email, defaults=fields)[0]


# Filing


def draft(case: Case, by: User, kind: Kind = Kind.CREATE, **changed: dict[str, Any]) -> TenantRequest:
    """A complete draft; `changed` are other answers, by step."""
    company = case.company
    made = name_it(drafts.start(company, by=by, kind=kind), case)
    asked = [step.slug for step in steps_of(made)]
    answers = {slug: typed | changed.get(slug, {}) for slug, typed in _answers(company, case).items() if slug in asked}
    # All of them at once, as saving each takes its time; then the one whose name lists show.
    TenantRequest.objects.filter(pk=made.pk).update(answers=answers)
    slug = "tenant" if kind == Kind.CREATE else "existing"
    drafts.keep_step(made, slug, answers[slug], by=by)
    return made


def name_it(made: TenantRequest, case: Case, again: str = "") -> TenantRequest:
    """Give a draft the number and address that it has on every machine."""
    key = f"{case.partner}/{case.wanted}{again}"
    made.number = f"TR-{timezone.now():%y}-C{letters(crc32(key.encode()))}"
    made.public_id = uuid5(NAMESPACE_URL, key)
    made.save(update_fields=["number", "public_id"])
    return made


def letters(n: int) -> str:
    """Four characters of the alphabet of our own numbers."""
    found = []
    for _place in range(4):
        n, rest = divmod(n, len(drafts.ALPHABET))
        found.append(drafts.ALPHABET[rest])
    return "".join(reversed(found))


def sent(case: Case, by: User, kind: Kind = Kind.CREATE, ticked: Ticked | None = None, **changed: Any) -> TenantRequest:
    return submit(draft(case, by, kind, **changed), by, ticked)


TICKED = Ticked(("naming", "authority"), ip_address="192.0.2.17")


def with_agreement(reference: str = "AG-2026-07") -> Ticked:
    """What a sender ticks who names people of the partner, and states that the partner keeps the agreement."""
    kinds = (*TICKED.kinds, "own_contacts", "responsibility")
    signed = working_days.today() - timedelta(days=200)
    return replace(TICKED, kinds=kinds, agreement_reference=reference, agreement_signed_on=signed)


def submit(made: TenantRequest, by: User, ticked: Ticked | None = None) -> TenantRequest:
    return workflow.submit(made, by=by, sent=ticked or TICKED)


def _answers(company: Company, case: Case) -> dict[str, dict[str, Any]]:
    # Who knows nothing of Arxus is not named: then everybody is a person of the partner (R14).
    at = company if company.relation == Company.Relation.RESELLER else Company.objects.get(customers=company)
    technical, commercial = (_with_role(at, role) for role in ("technical", "commercial"))
    signs = {"first_name": commercial.first_name, "last_name": commercial.last_name, "email": commercial.email}
    if at != company:
        signs = {"first_name": "Lea", "last_name": "Roy", "email": f"lea.roy@{company.email_domains[0]}"}
    signs["phone"] = str(commercial.phone)
    named = {f"{role}_{key}": value for role in ("primary", "signatory") for key, value in signs.items()}
    return {
        "customer": {"confirmed": details_fingerprint(company)},
        "contacts": {
            "technical": f"contact:{technical.public_id}",
            "commercial": f"contact:{commercial.public_id}",
            "authority": "mandate",
            "authority_reference": "VM-2026-014",
            "authority_date": f"{_long_ago():%d %m %Y}",
        },
        "microsoft": {**named, "signatory_language": commercial.language},
        "tenant": {
            "tenant_name": case.wanted,
            "login_name": technical.full_name,
            "login_email": technical.email,
            "login_phone": str(technical.phone),
            "delegated": "yes",
            "special_status": "none",
        },
        "existing": _existing(case, signs if at != company else technical.__dict__),
        "message": {"reference": case.says, "wanted_by": f"{working_days.today() + timedelta(days=20):%d %m %Y}"},
    }


def _with_role(company: Company, role: str) -> Contact:
    return company.contacts.active().filter(roles__contains=[role]).order_by("pk")[0]


def _long_ago() -> date:
    return working_days.today() - timedelta(days=250)


def _existing(case: Case, administrator: dict[str, Any]) -> dict[str, Any]:
    return {
        "domain": case.wanted,
        **{f"admin_{name}": administrator[name] for name in ("first_name", "last_name", "email")},
        "admin_language": case.customer.language,
        "supplier": "another",
        "move_subscriptions": "yes",
    }


# Deciding


def taken(found: TenantRequest, by: User) -> TenantRequest:
    return assignment.take(found, by=by)


def sent_back(found: TenantRequest, by: User, *remarks: Remark, comment: str = "") -> TenantRequest:
    if found.assignee != by:
        found = taken(found, by)
    return workflow.request_changes(found, by=by, version=found.version, remarks=list(remarks), comment=comment)


def approved(found: TenantRequest, by: User) -> TenantRequest:
    """Approve it, as nothing that was checked stands against it."""
    if found.assignee != by:
        found = taken(found, by)
    return workflow.approve(found, by=by, version=found.version)


def started(found: TenantRequest, by: User) -> TenantRequest:
    return acts.start_at_microsoft(approved(found, by), by=by)


def registered(found: TenantRequest, by: User, tenant_id: UUID | None = None) -> TenantRequest:
    return workflow.register(found, by=by, version=found.version, tenant=tenant(found, tenant_id))


def tenant(found: TenantRequest, tenant_id: UUID | None = None) -> Tenant:
    """What staff write down when they register."""
    return Tenant(
        tenant_id=tenant_id or uuid5(NAMESPACE_URL, f"tenant/{found.wanted}"),
        domain=f"{found.wanted}.onmicrosoft.com",
        agreement=Tenant.MicrosoftAgreement.PENDING,
        first_login="told by telephone",
    )
