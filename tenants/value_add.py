"""R14 for requests: whom Arxus may write to about one, and who of those named in it is somebody at the customer."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import structlog
from django.utils.translation import gettext as _

from contacts import people, relation, value_add
from contacts.models import Company, User
from notifications.models import OutgoingEmail
from notifications.outbox import Mail
from tenants.models import OPEN, Submission, TenantRequest

log = structlog.get_logger(__name__)
Named = Mapping[str, Any]


def customers_people(contacts: Named, domains: Collection[str]) -> list[str]:
    """The roles of a (cleaned) step of contacts that somebody at the customer has, if these are its domains."""
    named = [(role, contacts[role]) for role in contacts["roles"]]
    return [role for role, person in named if not person["own"] or value_add.is_at(person["email"], domains)]


def unwritten(tenant_request: TenantRequest, emails: Iterable[str]) -> dict[str, str]:
    """Those of these addresses that Arxus does not write to about a request, each with the reason."""
    found = {email: refusal(email, tenant_request) for email in dict.fromkeys(emails)}
    return {email: why for email, why in found.items() if why}


def refusal(email: str, tenant_request: TenantRequest) -> str | None:
    """Why nobody writes to this address about a request, or None; staff are always written to."""
    company = tenant_request.company
    if why := value_add.refusal(email, value_add.of_partner(tenant_request.partner_id)):
        return why
    if company.relation != Company.Relation.VAP or _is_the_partners(email, tenant_request):
        return None
    return None if User.objects.filter(email=email, is_staff=True).exists() else value_add.sentence(company)


def _is_the_partners(email: str, tenant_request: TenantRequest) -> bool:
    """Somebody of the partner: now, or when a sending named them as such, so that who left hears the end (R43)."""
    if people.is_partners_own(email, tenant_request.partner):
        return True
    named = Submission.objects.filter(tenant_request=tenant_request, emails__contains=[email])
    contacts = [sent.data["contacts"] for sent in named]
    return any(sent[role]["own"] and sent[role]["email"] == email for sent in contacts for role in sent["roles"])


def withhold(mail: Mail | OutgoingEmail) -> str | None:
    """Why a mail about a request must not leave; asked when it is queued and when it is sent."""
    kind, _colon, pk = mail.about.partition(":")
    if kind != "tenant_request":
        return None
    if str(mail.facts.get("tenant_request", pk)) != pk:
        log.error("mail_of_another_request", about=mail.about, said=mail.facts["tenant_request"])
        return _("This mail is filed under one request and speaks of another.")
    found = TenantRequest.objects.select_related("company", "partner").filter(pk=pk).first()
    return (refusal(mail.to_email, found) or _of_the_past(mail, found)) if found else None


def _of_the_past(mail: Mail | OutgoingEmail, tenant_request: TenantRequest) -> str | None:
    """What was written while the customer did not know Arxus is not sent to its people afterwards."""
    written = mail.created_at if isinstance(mail, OutgoingEmail) else None
    since = relation.knows_since(tenant_request.company) if written else None
    if since is None or written is None or written > since or _is_the_partners(mail.to_email, tenant_request):
        return None
    customer = tenant_request.company
    return _("%(customer)s did not know Arxus when this was written: it is not sent now.") % {"customer": customer}


def named_at(company: Company, domains: Collection[str]) -> list[str]:
    """Sentences that say which open requests of the partner name somebody at these domains."""
    sentences = []
    rows = TenantRequest.objects.filter(partner=company.partner_id, status__in=OPEN).with_last_submission()
    for found in rows.order_by("pk"):
        contacts = found.sent_data["contacts"]  # type: ignore[attr-defined]  # with_last_submission() brought it along
        named = [contacts[role] for role in contacts["roles"] if value_add.is_at(contacts[role]["email"], domains)]
        names = dict.fromkeys(f"{person['first_name']} {person['last_name']}" for person in named)
        if names:
            said = {"number": found.number, "names": ", ".join(names)}
            sentences.append(_("%(number)s names %(names)s.") % said)
    return sentences[:10]
