"""What sending keeps: the answers as they are, the statements that the sender ticked, the agreement (R12, R15, R25)."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import relation
from contacts.models import User
from tenants import limits, named, statements, summary, value_add, working_days
from tenants.agreements import keeping
from tenants.models import OPEN, Agreement, Statement, Status, Submission, TenantRequest, TenantRequestQuerySet
from tenants.steps import Answers, Missing


@dataclass(frozen=True)
class Ticked:
    """What the sender accepted on the last page, and from where."""

    kinds: Sequence[str] = ()
    agreement_reference: str = ""
    agreement_signed_on: date | None = None
    ip_address: str | None = None
    language: str = "en"
    # What the page showed, as `reading()` gave it; a form always says it.
    seen: str = ""
    # One that is kept already; else reference and date of one that the partner keeps.
    agreement: UUID | None = None
    agreement_ends_on: date | None = None


class Incomplete(Exception):
    """The request cannot be sent yet: `missing` names step, field and what to do."""

    code = "incomplete"

    def __init__(self, missing: list[Missing], sentence: str = "") -> None:
        super().__init__(sentence or _("Something is still missing."))
        self.missing = missing


class TooMany(Incomplete):
    """A limit is reached (T37): it is kept and can be sent later, so the page answers 429."""

    code = "limit"


class Changed(Incomplete):
    """What is sent would not be what the sender read: somebody changed an answer or a person in between."""


def reading(data: dict[str, Any], asked: Sequence[statements.Asked]) -> str:
    """A digest of everything that the last page shows, so that nobody states what they did not read (R15)."""
    shown = json.dumps([data, [statement.text for statement in asked]], sort_keys=True)
    return hashlib.sha256(shown.encode()).hexdigest()


def reading_of(sent: Submission) -> str:
    """The digest of the page from which this was sent."""
    about = sent.tenant_request
    names = {"partner": str(about.partner), "customer": str(about.company)}
    return reading(sent.data, statements.applying(sent.data, by=sent.sent_by, **names))


def asked_for(data: dict[str, Any]) -> dict[str, Any]:
    """What a request asks for, in the fields of its row: `wanted` is what lists show, the others are unique (R23)."""
    if "tenant" in data:
        return {"wanted": data["tenant"]["tenant_name"], "name_key": summary.name(data), "wanted_id": None}
    tenant_id = data["existing"]["tenant_id"]
    key = summary.name(data)
    return {"wanted": key, "name_key": key, "wanted_id": UUID(tenant_id) if tenant_id else None}


def clash(tenant_request: TenantRequest, key: str = "", tenant_id: UUID | None = None) -> TenantRequest | None:
    """The partner's other request, open or registered, for the same name, domain or tenant."""
    return clashes(tenant_request, key, tenant_id).first()


def clashes(tenant_request: TenantRequest, key: str = "", tenant_id: UUID | None = None) -> TenantRequestQuerySet:
    rows = same_tenant(key, tenant_id).filter(partner=tenant_request.partner_id)
    return rows.exclude(pk=tenant_request.pk).select_related("company")


def taken_by(other: TenantRequest) -> str:
    """Says of a clash what stands in the way, and what can be done."""
    names = {"number": other.number, "wanted": other.wanted, "customer": other.company}
    if other.status == Status.REGISTERED:
        return _("%(wanted)s is a tenant of %(customer)s already (%(number)s). Ask for another one.") % names
    said = _("%(number)s asks for %(wanted)s already, for %(customer)s. Ask for another one, or go on with %(number)s.")
    return said % names


def same_tenant(key: str, tenant_id: UUID | None) -> TenantRequestQuerySet:
    """Every request, open or registered, for a name, a domain or a tenant, whoever's it is."""
    same = Q(name_key=key) if key else Q(pk=None)
    if tenant_id:
        same |= Q(wanted_id=tenant_id)
    return TenantRequest.objects.filter(same, status__in=[*OPEN, Status.REGISTERED])


def keep(fresh: TenantRequest, by: User, ticked: Ticked) -> Submission:
    """Write the next version of a locked request, in the caller's transaction. Raises Incomplete."""
    if limits.is_a_flood(by):
        message = _("You have sent many requests within the last hour. This one is kept: send it a little later.")
        raise TooMany([], message)
    # Whether the customer knows Arxus must not change between looking and sending (R14).
    fresh.company = relation.locked(fresh.company)
    # What was sent before is answered and not counted anew.
    if not fresh.version and limits.has_enough_open(fresh, by):
        said = _("%(customer)s has many open requests already. This one is kept: send it when one of them has ended.")
        raise TooMany([], said % {"customer": fresh.company})
    answers = Answers(fresh, by)
    if answers.missing:
        raise Incomplete(answers.missing)
    data = answers.data()
    refuse_customers_people(fresh, data["contacts"])
    wish = asked_for(data)
    if other := clash(fresh, wish["name_key"], wish["wanted_id"]):
        raise Incomplete([], taken_by(other))
    asked = statements.applying(data, partner=str(fresh.partner), customer=str(fresh.company), by=by)
    to_accept = statements.still_to_accept(fresh, asked, by)
    if ticked.seen and ticked.seen != reading(data, asked):
        raise Changed([], _("Something changed since you opened this page, so nothing was sent. Read it once more."))
    if any(statement.kind not in ticked.kinds for statement in to_accept):
        raise Incomplete([], _("Read what you state and tick every box: Arxus needs each of them."))
    agreement = agreement_of(fresh, by, ticked) if any(a.needs_agreement for a in asked) else None
    if agreement:
        data["agreement"] = as_sent(agreement)
    now = timezone.now()
    fresh.version += 1
    for name, value in wish.items():
        setattr(fresh, name, value)
    Statement.objects.bulk_create(accepted(fresh, statement, by, ticked) for statement in to_accept)
    return Submission.objects.create(
        tenant_request=fresh,
        version=fresh.version,
        data=data,
        emails=answers.named_addresses(),
        names=named.names_in(data),
        agreement=agreement,
        sent_by=by,
        sent_at=now,
    )


def refuse_customers_people(fresh: TenantRequest, contacts: dict[str, Any]) -> None:
    """Nobody at a customer that does not know Arxus is named, whichever customer of this partner that is (R14)."""
    for role in contacts["roles"]:
        if why := value_add.refusal(contacts[role]["email"], fresh):
            person = contacts[role]
            said = {"name": f"{person['first_name']} {person['last_name']}", "why": why}
            raise Incomplete([], _("%(name)s cannot be named here. %(why)s") % said)


def accepted(fresh: TenantRequest, asked: statements.Asked, by: User, ticked: Ticked) -> Statement:
    """What `by` ticked, as it is kept with the version of a locked request; unsaved."""
    return Statement(
        tenant_request=fresh,
        version=fresh.version,
        kind=asked.kind,
        text_version=asked.text_version,
        language=ticked.language,
        text=asked.text,
        subject=asked.subject,
        by=by,
        at=timezone.now(),
        ip_address=ticked.ip_address,
    )


def agreement_of(fresh: TenantRequest, by: User, ticked: Ticked) -> Agreement:
    """The signed agreement: one of the customer's that can be used, or stated now as kept by the partner (R12)."""
    if ticked.agreement:
        if known := keeping.to_send_with(fresh.company, ticked.agreement):
            return known
        raise Incomplete([], _("This agreement can no longer be used. Choose another one, or give a new one."))
    if not ticked.agreement_reference or not ticked.agreement_signed_on:
        raise Incomplete([], _("Write reference and date of the signed agreement with the customer."))
    if ticked.agreement_ends_on and ticked.agreement_ends_on < working_days.today():
        raise Incomplete([], _("This agreement is over. Give one that is still valid."))
    given = keeping.Given(ticked.agreement_reference, ticked.agreement_signed_on, ticked.agreement_ends_on)
    rows = Agreement.objects.filter(company=fresh.company).in_use(working_days.today()).select_for_update()
    known = rows.filter(reference=given.reference, signed_on=given.signed_on).first()
    try:
        return known or keeping.keep(fresh.company, given, by=by)
    except keeping.NotKept as refused:
        raise Incomplete([], str(refused)) from None


def as_sent(agreement: Agreement) -> dict[str, Any]:
    """What stays of an agreement in what was sent, whatever becomes of it: its digest too (T36)."""
    return {
        "reference": agreement.reference,
        "signed_on": agreement.signed_on.isoformat(),
        "ends_on": agreement.ends_on.isoformat() if agreement.ends_on else None,
        "uploaded_at": agreement.stated_at.isoformat() if agreement.uploaded else None,
        "sha256": agreement.sha256,
    }
