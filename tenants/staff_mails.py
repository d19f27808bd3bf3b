"""Mails to staff: who has a request now, an answer that came, what is late, and what waits in the morning."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from contacts.models import User
from notifications.models import OutgoingEmail
from notifications.outbox import Mail
from notifications.rendering import compose
from tenants import announcements, keepers, mail_context, owners, staff, working_days
from tenants.directory import importing
from tenants.models import WITH_ARXUS, Status, TenantRequest

# So many requests are named in the overview of a morning.
MOST = 15


def taken_over(tenant_request: TenantRequest, before: User, by: User, to: User | None = None) -> list[Mail]:
    """Tell a validator that a colleague took a request over, or that a lead gave it to another one (R31)."""
    return [_about("taken_over", tenant_request, before, by=str(by), to=str(to or ""), whom=str(by))]


def assigned(tenant_request: TenantRequest, to: User, by: User) -> list[Mail]:
    """Tell a validator that a lead handed a request over to them."""
    return [_about("assigned", tenant_request, to, by=str(by), whom=str(by), true_in=WITH_ARXUS)]


def stop_asked(tenant_request: TenantRequest, by: User, text: str) -> list[Mail]:
    """Tell whoever has a request at Arxus that the partner asks to stop; where nobody has it, every validator."""
    true_in = (Status.REGISTERING,)
    return [
        _about("stop_asked", tenant_request, to, by=str(by), comment=text, true_in=true_in)
        for to in keepers.hearing(tenant_request)
    ]


def sent_back(tenant_request: TenantRequest, readers: Sequence[User], by: User) -> list[Mail]:
    """Tell whoever had a request that a colleague's change of the customer's relation sent it back (R14)."""
    true_in = (Status.CHANGES_REQUESTED,)
    told = [to for to in readers if to != by]
    return [_about("sent_back_staff", tenant_request, to, by=str(by), whom=str(by), true_in=true_in) for to in told]


def answer_came(tenant_request: TenantRequest, by: User) -> list[Mail]:
    """Tell the reviewer that the partner sent a request again; nobody who is away or gone."""
    to = keepers.there(tenant_request)
    if to is None:
        return []
    with translation.override(to.language):
        free_from = mail_context.in_full(tenant_request.free_from and working_days.today(tenant_request.free_from))
    true_in = (Status.TO_VALIDATE,)
    return [_about("answer_came", tenant_request, to, by=str(by), free_from=free_from, true_in=true_in)]


def overdue(tenant_request: TenantRequest, to: User, *, twice: bool) -> Mail:
    """Tell a validator that a request is late; a lead, at twice the target."""
    asks = _names(lead for lead in staff.leads() if lead != to)
    return _about("overdue", tenant_request, to, twice=twice, whom=asks, true_in=WITH_ARXUS)


def queue_digest(to: User, rows: Sequence[TenantRequest]) -> Mail:
    """What waits for Arxus this morning, oldest first; for leads also a ServiceNow directory that goes stale."""
    return digest_of(to, rows, importing.in_force() if to.has_perm("tenants.override_check") else None)


def digest_of(to: User, rows: Sequence[TenantRequest], state: importing.InForce | None) -> Mail:
    """The same, of a directory that the caller knows."""
    today = working_days.today()
    with translation.override(to.language):
        context = {
            "count": len(rows),
            "late": sum(_is_late(row, today) for row in rows),
            "nobodys": sum(keepers.there(row) is None for row in rows),
            "yours": sum(row.assignee_id == to.pk for row in rows),
            "rows": [_line(row, to, today) for row in rows[:MOST]],
            "more": max(len(rows) - MOST, 0),
            "url": mail_context.queue_address(),
            "directory": state if state and state.ends_soon else None,
            "directory_of": mail_context.in_full(state.file.dated) if state else "",
            "directory_until": mail_context.in_full(state.last_day) if state else "",
        }
    facts = {"day": today.isoformat()}
    return compose(
        "queue_digest", to_email=to.email, to_name=str(to), language=to.language, context=context, facts=facts
    )


def yesterdays(mail: OutgoingEmail) -> str | None:
    """Why the overview of a morning is not sent on a later day; a guard of the outbox."""
    if mail.facts.get("day", working_days.today().isoformat()) == working_days.today().isoformat():
        return None
    return _("The day that this mail speaks of is over.")


def _line(row: TenantRequest, to: User, today: date) -> dict[str, Any]:
    return {
        "number": row.number,
        "customer": row.company.legal_name,
        "partner": row.partner.legal_name,
        "due": mail_context.in_full(row.due_on),
        "late": _is_late(row, today),
        "yours": row.assignee_id == to.pk,
        "keeper": keepers.there(row),
        "url": mail_context.address(row),
    }


def _is_late(row: TenantRequest, today: date) -> bool:
    return row.due_on is not None and row.due_on < today


def _about(
    template: str, tenant_request: TenantRequest, reader: User, *, true_in: Sequence[Status] = (), **more: Any
) -> Mail:
    data = tenant_request.submissions.latest("version").data
    hearing = owners.hearing(tenant_request)
    return about_request(template, tenant_request, data, reader, hearing=hearing, true_in=true_in, **more)


def about_request(
    template: str,
    tenant_request: TenantRequest,
    data: dict[str, Any],
    reader: User,
    *,
    hearing: Sequence[User],
    true_in: Sequence[Status] = (),
    **more: Any,
) -> Mail:
    """A mail about one request to one of Arxus: `hearing` answers at the partner, `true_in` are the statuses that it
    does not contradict (R45)."""
    partner = tenant_request.partner
    asks = mail_context.at_partner(tenant_request, hearing)
    with translation.override(reader.language):
        due = mail_context.in_full(tenant_request.due_on)
    context = {
        "number": tenant_request.number,
        "reference": data["message"]["reference"],
        "partner": partner.legal_name,
        "customer": tenant_request.company.legal_name,
        "name": tenant_request.wanted,
        "due": due,
        "url": mail_context.address(tenant_request),
        "email": reader.email,
        "keeper": keepers.there(tenant_request),
        "assigned": tenant_request.assignee_id == reader.pk,
    }
    return compose(
        template,
        to_email=reader.email,
        to_name=str(reader),
        language=reader.language,
        context=context | more | {"whom": more.get("whom") or asks},
        about=announcements.about(tenant_request),
        facts={"tenant_request": tenant_request.pk, "statuses": [str(s) for s in true_in]} if true_in else {},
    )


def _names(people: Any) -> str:
    return ", ".join(str(person) for person in people)
