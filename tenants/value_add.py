"""R14 for requests: whom Arxus may write to about one, and who of those named in it is somebody at the customer."""

from collections.abc import Collection, Iterable, Mapping, Sequence
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
    emails, company = set(emails), tenant_request.company
    there = value_add.customers_of(emails, value_add.of_partner(tenant_request.partner_id))
    found = {email: value_add.sentence(customer) for email, customer in there.items()}
    if company.relation == Company.Relation.VAP and (others := emails - found.keys()):
        others -= _partners_people(others, tenant_request)
        # People of Arxus are always written to.
        staff = User.objects.filter(email__in=others, is_staff=True).values_list("email", flat=True) if others else []
        found |= {email: value_add.sentence(company) for email in others.difference(staff)}
    return found


def refusal(email: str, tenant_request: TenantRequest) -> str | None:
    """Why nobody writes to this address about a request, or None."""
    return unwritten(tenant_request, [email]).get(email)


def _partners_people(emails: set[str], tenant_request: TenantRequest) -> set[str]:
    """Those of the partner: now, or when a sending named them as such, so that who left hears the end (R43)."""
    own = people.partners_own(emails, tenant_request.partner)
    if others := emails - own:
        named = Submission.objects.filter(tenant_request=tenant_request, emails__overlap=sorted(others))
        for contacts in [sent.data["contacts"] for sent in named]:
            persons = [contacts[role] for role in contacts["roles"]]
            own |= {person["email"] for person in persons if person["own"]} & others
    return own


def withhold(mails: Sequence[Mail | OutgoingEmail]) -> dict[int, str]:
    """Which mails about requests must not leave, by their place, and why; asked when queued and when sent."""
    about: dict[str, list[int]] = {}
    for place, mail in enumerate(mails):
        kind, _colon, pk = mail.about.partition(":")
        if kind == "tenant_request":
            about.setdefault(pk, []).append(place)
    rows = TenantRequest.objects.select_related("company", "partner").filter(pk__in=about) if about else []
    requests = {str(row.pk): row for row in rows}
    reasons: dict[int, str] = {}
    for pk, places in about.items():
        reasons |= _of_one({place: mails[place] for place in places}, pk, requests.get(pk))
    return reasons


def _of_one(mails: dict[int, Mail | OutgoingEmail], pk: str, found: TenantRequest | None) -> dict[int, str]:
    """The mails filed under one request."""
    reasons: dict[int, str] = {}
    unwritable = unwritten(found, [mail.to_email for mail in mails.values()]) if found else {}
    for place, mail in mails.items():
        if str(mail.facts.get("tenant_request", pk)) != pk:
            log.error("mail_of_another_request", about=mail.about, said=mail.facts["tenant_request"])
            reasons[place] = _("This mail is filed under one request and speaks of another.")
        elif found and (why := unwritable.get(mail.to_email) or _of_the_past(mail, found)):
            reasons[place] = why
    return reasons


def _of_the_past(mail: Mail | OutgoingEmail, tenant_request: TenantRequest) -> str | None:
    """What was written while the customer did not know Arxus is not sent to its people afterwards."""
    written = mail.created_at if isinstance(mail, OutgoingEmail) else None
    since = relation.knows_since(tenant_request.company) if written else None
    if since is None or written is None or written > since:
        return None
    if _partners_people({mail.to_email}, tenant_request):
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
