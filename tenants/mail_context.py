"""What the templates of a request's mails may say to one reader; comes out in the language that is active.

Nothing in it depends on the clock's minutes or on chance, so that a preview and what is sent are equal (R32).
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from contacts.models import Company, Language, User
from contacts.people import phone_in_words
from notifications import links
from notifications.rendering import one_line
from tenants import mail_tables, named, objection_links, summary, working_days
from tenants.models import Status, Tenant, TenantRequest
from tenants.models.invitation import REMINDERS
from tenants.questions import SUFFIX
from tenants.remark_fields import remark_fields

if TYPE_CHECKING:
    from tenants.events import Event, Reader


def context(event: "Event", reader: "Reader") -> dict[str, Any]:
    tenant_request, data = event.tenant_request, event.data
    url = address(tenant_request)
    contacts = data["contacts"]
    technical = contacts["technical"]
    to_be_accepted = event.tenant is not None and event.tenant.agreement == Tenant.MicrosoftAgreement.PENDING
    return {
        "number": tenant_request.number,
        "reference": data["message"]["reference"],
        # What the partner calls it is no news of Arxus's to its contacts: they read it at the end.
        "reference_below": "owner" not in reader.roles,
        "partner": tenant_request.partner.legal_name,
        # For the subject, which nothing else goes over: "Booking.com B.V." is a name, and no link (R18).
        "short": links.finish_text(one_line(tenant_request.partner.legal_name, 25)),
        "customer": data["customer"]["legal_name"],
        "name": event.tenant.domain if event.tenant else summary.name(data),
        "wanted": summary.name(data).removesuffix(SUFFIX),
        "asked_for": _asked_for(data),
        "onboard": "existing" in data,
        "url": url,
        "email": reader.email,
        "whom": _whom(event, reader),
        # Which templates and roles meet in this mail (R17), and as what one was named.
        "told": [template for template, _role in reader.told],
        "roles": reader.roles,
        "as_what": _as_what(reader.roles),
        "former_roles": reader.former_roles,
        "no_longer_as": _as_what(reader.former_roles),
        "still_named": _as_what([role for role in contacts["roles"] if contacts[role]["email"] == reader.email]),
        "is_owner": "owner" in reader.roles,
        "owns": reader.email == event.tenant_request.owner.email,
        "owner": tenant_request.owner,
        "stands_in": "owner" in reader.roles and reader.email != tenant_request.owner.email,
        # What happened, by whom, and until when the next thing happens.
        "by": event.by,
        "reviewer": f"{event.by}, Arxus",
        "by_reader": event.by is not None and event.by.email == reader.email,
        "comment": event.comment,
        "set_right": mail_tables.set_right(event),
        "due": in_full(event.due_on),
        "late": event.due_on is not None and event.due_on < working_days.today(event.at),
        "held_until": in_full(working_days.today(event.held_until)),
        "back_to": tenant_request.assignee,
        "sent_back_on": in_full(tenant_request.held_since and working_days.today(tenant_request.held_since)),
        "not_right": _not_right(tenant_request, reader),
        "objection": event.objection,
        "objecting": reader.email in event.objecting,
        "lost": event.lost,
        "correct_url": _correct_url(event, url),
        "corrected": event.verb == "correct_person",
        "checked": tenant_request.status == Status.REGISTERING,
        "stop_asked": tenant_request.stop_asked_at is not None,
        "others": _names(contacts[role] for role in ("technical", "commercial") if role not in reader.roles),
        "remarks": _remarks(event, url),
        "suggested": any(remark.suggestion and remark.one_click for remark in event.remarks),
        # What was sent.
        # As it is now: what was sent may be older than the relation.
        "vap": tenant_request.company.relation == "vap",
        "authority": summary.authority(contacts),
        "sent": mail_tables.sent(event, reader),
        "changes": mail_tables.changes(event),
        "stated": mail_tables.stated(event, reader.language),
        # The access of the technical contact (R50).
        "granted": event.granted,
        "activates": event.granted is not None and event.granted.kind == "new" and "technical" in reader.roles,
        # A link that nobody used for a week: no other follows by itself (R51).
        "last": event.verb == "not_activated",
        "access_ended": event.access_ended == reader.email,
        "ready": event.tenant is not None,
        "assigned": getattr(event.tenant_request.assignee, "email", "") == reader.email,
        "technical": _name(technical),
        "technical_email": technical["email"],
        "technical_is_reader": technical["email"] == reader.email,
        # Who connects a tenant has its login already.
        "first_login": data["tenant"]["login_name"] if "tenant" in data else "",
        "first_login_is_readers": "tenant" in data and data["tenant"]["login_email"] == reader.email,
        "to_be_accepted": to_be_accepted,
        "asked_to_accept": to_be_accepted and data["microsoft"]["signatory_email"] == reader.email,
        "signatory": f"{data['microsoft']['signatory_first_name']} {data['microsoft']['signatory_last_name']}",
        "signatory_email": data["microsoft"]["signatory_email"],
        # Microsoft's invitation to the administrator of an existing tenant (R35).
        "administrator": summary.administrator(data["existing"]) if "existing" in data else "",
        **_invitation(event),
    }


def of_draft(draft: TenantRequest, reader: User, goes_on: date) -> dict[str, Any]:
    """What the warning about a draft may say; a draft has sent nothing yet."""
    return {
        "number": draft.number,
        "reference": str(draft.answers.get("message", {}).get("reference", ""))[:100],
        "partner": draft.partner.legal_name,
        "customer": draft.company.legal_name,
        "untouched_since": in_full(working_days.today(draft.changed_at)),
        "goes_on": in_full(goes_on),
        "url": address(draft),
        "whom": service_desk(),
        "owner": draft.owner,
        "is_owner": True,
        "roles": ["owner"],
        "stands_in": reader != draft.owner,
    }


def _not_right(tenant_request: TenantRequest, reader: "Reader") -> str:
    """The link of R37, for those who are told of a request as its contacts."""
    return objection_links.address(tenant_request, reader.email) if _as_what(reader.roles) else ""


def _correct_url(event: "Event", url: str) -> str:
    """Where the address of a lost mail is corrected, if the request still names it."""
    place = named.place_of(event.data, event.lost.to_email) if event.lost else None
    return f"{url}?person={place.slug}" if place else ""


def address(tenant_request: TenantRequest) -> str:
    """The one address of a request that works for whichever company the reader works now (R04)."""
    return settings.SITE_URL + reverse("tenants:open", args=[tenant_request.public_id])


def queue_address() -> str:
    """The queue of Arxus in the admin."""
    return settings.SITE_URL + reverse("admin:tenants_tenantrequest_changelist")


def in_full(day: Any) -> str:
    """Monday 21 December 2026."""
    return summary.day(day, "l j F Y")


def _name(person: dict[str, Any]) -> str:
    return f"{person['first_name']} {person['last_name']}"


def _asked_for(data: dict[str, Any]) -> str:
    """What a request asks for, as it follows the word "request"."""
    words = _("to connect an existing Microsoft tenant, %(name)s,")
    if "tenant" in data:
        words = _("for a new Microsoft tenant, %(name)s,")
    return words % {"name": summary.name(data)}


def _invitation(event: "Event") -> dict[str, Any]:
    invitation = event.invitation
    if invitation is None:
        return {}
    sent_on = working_days.today(invitation.at)
    # Those that are still to come, this mail being the first or a reminder.
    to_come = REMINDERS[invitation.reminders :]
    said = {
        "invitation_link": invitation.link,
        "again": invitation.reminders > 0,
        "invited_on": in_full(sent_on),
        "remind_on": in_full(working_days.today(invitation.at + to_come[0])) if to_come else "",
        "forward_language": Language(invitation.administrator["language"]).label,
    }
    with translation.override(invitation.administrator["language"]):
        return said | _to_forward(event)


def text_to_forward(event: "Event") -> str:
    """The same text as the mail to the partner quotes, in the administrator's language, for the page of the request."""
    assert event.invitation is not None  # noqa: S101 – the caller has one
    with translation.override(event.invitation.administrator["language"]):
        lines = _to_forward(event)
    closing = "\n".join(lines["forward_after"])
    return "\n\n".join([*lines["forward_before"], event.invitation.link, closing])


def _to_forward(event: "Event") -> dict[str, Any]:
    """What a partner forwards to an administrator to whom Arxus does not write (R14): the lines around the link."""
    tenant_request, data = event.tenant_request, event.data
    words = {
        "administrator": summary.administrator(data["existing"]),
        "partner": tenant_request.partner.legal_name,
        "customer": data["customer"]["legal_name"],
        "name": summary.name(data),
    }
    before = [
        _("Dear %(administrator)s,"),
        _(
            "%(partner)s looks after the Microsoft subscriptions of %(customer)s, and connects its supplier to your"
            " tenant, %(name)s. As Global Administrator you allow that in three steps:"
        ),
        _("1. Open the address below, and log in with an account that is Global Administrator of this tenant."),
        _("2. Microsoft shows who invites you and what for. Read it, and accept."),
        _("3. That is all. You need not tell anybody."),
    ]
    after = [_("Kind regards,"), f"{tenant_request.owner}, %(partner)s"]
    return {"forward_before": [line % words for line in before], "forward_after": [line % words for line in after]}


def _names(people: Iterable[dict[str, Any]]) -> str:
    return _and(list(dict.fromkeys(_name(person) for person in people)))


def _and(words: list[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return _("%(several)s and %(last)s") % {"several": ", ".join(words[:-1]), "last": words[-1]}


def _as_what(roles: list[str]) -> str:
    words = {
        "technical": _("technical contact"),
        "commercial": _("commercial contact"),
        "dpo": _("data protection officer"),
        "watchlist": _("person to keep informed"),
        "security": _("contact for security incidents"),
        "administrator": _("administrator of the tenant"),
    }
    return _and([words[role] for role in roles if role in words])


def _whom(event: "Event", reader: "Reader") -> str:
    """The owner at the partner, for everybody else; the owner asks the success manager, or the service desk."""
    tenant_request = event.tenant_request
    if "owner" in reader.roles or tenant_request.owner.email == reader.email:
        return _success_manager(tenant_request) or service_desk()
    return at_partner(tenant_request, [tenant_request.owner] if event.owners is None else event.owners)


def at_partner(tenant_request: TenantRequest, hearing: Sequence[User]) -> str:
    """Whom to ask at the partner, and where they are called: the first of those who hear what the owner hears (R28)."""
    partner, person = tenant_request.partner, next(iter(hearing), None)
    said = [str(person or ""), partner.legal_name, phone_of(person, partner)]
    return ", ".join(filter(None, said))


def phone_of(person: User | None, partner: Company) -> str:
    """Where somebody at the partner is called, or the partner itself, in one piece."""
    return phone_in_words(str(person.phone if person else "") or str(partner.phone))


def service_desk() -> str:
    """Whom to ask at Arxus, and where they are called."""
    phone = settings.SERVICE_DESK_PHONE.replace(" ", "\u00a0")
    return _("the Arxus service desk, %(phone)s") % {"phone": phone}


def _success_manager(tenant_request: TenantRequest) -> str:
    """The partner's own contact at Arxus, with how to reach them; "" where there is none."""
    manager = tenant_request.partner.success_manager
    if manager is None or not manager.is_active:
        return ""
    phone = phone_in_words(str(manager.phone))
    return ", ".join(filter(None, [f"{manager} (Arxus)", phone, manager.email]))


def _remarks(event: "Event", url: str) -> list[dict[str, Any]]:
    labels = dict(remark_fields())
    rows = []
    for remark in event.remarks:
        step, _dot, name = remark.field.partition(".")
        # The customer's details have no fields in the request: the step leads to their own page.
        target = f"{url}?step={step}" + (f"#id_{name}" if step != "customer" else "") if step else ""
        label = labels.get(remark.field, remark.field)
        said = {"suggestion": remark.suggestion, "one_click": remark.one_click}
        rows.append({"label": label, "text": remark.text, "url": target} | said)
    return rows
