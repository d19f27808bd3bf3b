"""Many more requests for the demo, the same on every machine: customers, people, names, statuses and days follow from
their count alone. Each is filed and decided by the verbs, then moved back in time; their mails are not sent."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count, islice
from random import Random
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db.models import F
from django.utils import timezone

from contacts.models import Company, Contact, User, sort_key
from notifications.models import OutgoingEmail
from tenants import announcements, assignment, drafts, workflow, working_days
from tenants.demo.filing import letters
from tenants.models import Remark, Status, Tenant, TenantRequest
from tenants.questions import details_fingerprint
from tenants.sending import Ticked

SEED = 20261125
LONGEST_AGO = 170  # days
REQUESTS_PER_CUSTOMER = 3
# How many of a hundred end in each status.
_SHARES = {
    Status.REGISTERED: 46,
    Status.TO_VALIDATE: 14,
    Status.DRAFT: 10,
    Status.REGISTERING: 10,
    Status.CHANGES_REQUESTED: 8,
    Status.WITHDRAWN: 7,
    Status.REJECTED: 5,
}
_TRADES = (
    ("Bakkerij", "bv", "retail", "nl"),
    ("Garage", "bv", "transport", "nl"),
    ("Boulangerie", "srl", "retail", "fr"),
    ("Advocatenkantoor", "bv", "services", "nl"),
    ("Pharmacie", "srl", "health", "fr"),
    ("Brouwerij", "nv", "manufacturing", "nl"),
    ("Menuiserie", "srl", "construction", "fr"),
    ("Studio", "bv", "media", "nl"),
)
_FAMILIES = (
    *("Claes", "Dubois", "Lambert", "Janssens", "Leclercq", "Wouters", "Mertens", "Simon", "Goossens", "Renard"),
    *("Peeters", "Dupont", "Willems", "Fontaine", "De Backer", "Lemaire", "Hermans", "Noël", "Aerts", "Gérard"),
)
_GIVEN = ("Anna", "Bart", "Chloé", "Dirk", "Elise", "Fons", "Greet", "Hugo", "Inès", "Jan", "Karel", "Lore")
_TOWNS = (("9300", "Aalst"), ("9000", "Gent"), ("5000", "Namur"), ("2800", "Mechelen"), ("4000", "Liège"))


@dataclass(frozen=True)
class Wanted:
    """One request to be: the number of it, where it ends, how long ago it was filed."""

    n: int
    status: Status
    days_ago: int


def make_many(number: int, partner: Company, owner: User, validator: User) -> int:
    """Bring the requests of this kind up to `number`, and say how many were made; running it again adds nothing."""
    there = TenantRequest.objects.filter(partner=partner, answers__demo__isnull=False).count()
    for wanted in islice(_plan(), there, number):
        customer = _customer(partner, wanted.n // REQUESTS_PER_CUSTOMER)
        found = _file(wanted, customer, owner)
        _lead(found, wanted, owner, validator)
        _move_back(found, wanted.days_ago)
    return max(number - there, 0)


def _plan() -> Iterator[Wanted]:
    chance = Random(SEED)  # noqa: S311 – the same for everybody is what is wanted here
    statuses, weights = list(_SHARES), list(_SHARES.values())
    for n in count():
        status = chance.choices(statuses, weights)[0]
        recent = status in (Status.TO_VALIDATE, Status.REGISTERING, Status.CHANGES_REQUESTED)
        yield Wanted(n, status, chance.randint(1, 3 if recent else LONGEST_AGO))


def _customer(partner: Company, n: int) -> Company:
    trade, form, industry, language = _TRADES[n % len(_TRADES)]
    family = _FAMILIES[n // len(_TRADES) % len(_FAMILIES)]
    generation = n // (len(_TRADES) * len(_FAMILIES))
    name = " ".join(filter(None, [trade, family, f"{generation + 1}" if generation else "", form]))
    postal_code, town = _TOWNS[n % len(_TOWNS)]
    base = 4_100_000 + n
    company, made = Company.objects.get_or_create(
        partner=partner,
        enterprise_number=f"BE0{base:07d}{97 - int(f'0{base:07d}') % 97:02d}",
        defaults={
            "kind": Company.Kind.CUSTOMER,
            "relation": Company.Relation.RESELLER,
            "legal_name": name,
            "sort_name": sort_key(name),
            "street": f"Stationsstraat {n % 180 + 1}",
            "postal_code": postal_code,
            "town": town,
            "phone": "+3293000020",
            "industry": industry,
            "microsoft_language": language,
            "email_domains": [f"klant{n}.example"],
        },
    )
    if made:
        for at, (role, job) in enumerate((("technical", "IT manager"), ("commercial", "managing director"))):
            _contact(company, n * 2 + at, role, job, language)
    return company


def _contact(company: Company, n: int, role: str, job: str, language: str) -> None:
    first, last = _GIVEN[n % len(_GIVEN)], _FAMILIES[n * 7 % len(_FAMILIES)]
    Contact.objects.create(
        company=company,
        first_name=first,
        last_name=last,
        sort_name=sort_key(f"{last} {first}"),
        email=f"{role}@{company.email_domains[0]}",
        phone="+3293000021",
        job_title=job,
        language=language,
        roles=[role],
    )


def _file(wanted: Wanted, customer: Company, owner: User) -> TenantRequest:
    draft = drafts.start(customer, by=owner)
    # So that running it again, and a test on another machine, finds the same ones.
    draft.answers = {"demo": {"n": wanted.n}}
    draft.number = f"TR-{timezone.now():%y}-D{letters(wanted.n)}"
    draft.public_id = uuid5(NAMESPACE_URL, f"many/{wanted.n}")
    draft.save(update_fields=["answers", "number", "public_id"])
    for slug, typed in _answers(wanted, customer).items():
        drafts.keep_step(draft, slug, typed)
    return draft


def _answers(wanted: Wanted, customer: Company) -> dict[str, dict[str, Any]]:
    technical, commercial = (customer.contacts.get(roles__contains=[role]) for role in ("technical", "commercial"))
    signs = {name: getattr(commercial, name) for name in ("first_name", "last_name", "email")}
    signs["phone"] = str(commercial.phone)
    named = {f"{role}_{key}": value for role in ("primary", "signatory") for key, value in signs.items()}
    return {
        "customer": {"confirmed": details_fingerprint(customer)},
        "contacts": {
            "technical": f"contact:{technical.public_id}",
            "commercial": f"contact:{commercial.public_id}",
            "authority": "director",
        },
        "microsoft": {**named, "signatory_language": commercial.language},
        "tenant": {
            "tenant_name": f"demo{wanted.n}klant",
            "login_name": technical.full_name,
            "login_email": technical.email,
            "login_phone": str(technical.phone),
            "delegated": "yes",
            "special_status": "none",
        },
        "message": {"reference": f"PO-{10_000 + wanted.n}"},
    }


def _lead(found: TenantRequest, wanted: Wanted, owner: User, validator: User) -> None:
    """Move the request, by verbs alone, to where it ends."""
    if wanted.status == Status.DRAFT:
        return
    found = workflow.submit(found, by=owner, sent=Ticked(("naming", "authority"), ip_address="192.0.2.17"))
    if wanted.status == Status.WITHDRAWN:
        workflow.withdraw(found, by=owner)
        return
    if wanted.status == Status.TO_VALIDATE and wanted.n % 2:
        return
    found = assignment.take(found, by=validator)
    match wanted.status:
        case Status.CHANGES_REQUESTED:
            remark = Remark(field="tenant.tenant_name", text="Microsoft refused it.", suggestion=f"demo{wanted.n}be")
            workflow.request_changes(found, by=validator, version=1, remarks=[remark])
        case Status.REJECTED:
            workflow.reject(found, by=validator, version=1, comment="Another partner looks after this customer.")
        case Status.REGISTERING | Status.REGISTERED:
            found.checks.exclude(result="passed").update(
                overridden_at=timezone.now(), overridden_by=validator, override_reason="Demo."
            )
            found = workflow.approve(found, by=validator, version=1)
            if wanted.status == Status.REGISTERED:
                workflow.register(found, by=validator, version=1, tenant=_tenant(wanted))


def _tenant(wanted: Wanted) -> Tenant:
    return Tenant(
        tenant_id=UUID(int=(0xD0 << 120) + wanted.n),
        domain=f"demo{wanted.n}klant.onmicrosoft.com",
        agreement=Tenant.MicrosoftAgreement.DONE,
        first_login="told by telephone",
    )


def _move_back(found: TenantRequest, days: int) -> None:
    """As if it had been filed some days ago; a mailbox of a thousand mails helps nobody, so theirs are left out."""
    ago = timedelta(days=days)
    OutgoingEmail.objects.filter(about=announcements.about(found)).delete()
    rows = TenantRequest.objects.filter(pk=found.pk)
    moments = ("created_at", "changed_at", "sent_at", "held_since")
    rows.update(**{name: F(name) - ago for name in moments})
    if due_on := rows.get().due_on:
        rows.update(due_on=working_days.on_or_after(due_on - ago))
    found.history.update(at=F("at") - ago)
    found.submissions.update(sent_at=F("sent_at") - ago)
    found.statements.update(at=F("at") - ago)
    found.remarks.update(at=F("at") - ago)
    Tenant.objects.filter(tenant_request=found).update(registered_at=F("registered_at") - ago)
