"""What the page of a request shows, each part for whoever may see it (R06)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, FilteredRelation, OuterRef, Q, Subquery
from django.db.models.functions import JSONObject
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from contacts import access_links
from contacts.acting import Acting
from contacts.models import Language, User
from notifications.models import LOST, OutgoingEmail
from tenants import (
    access,
    announcements,
    directory,
    drafts,
    history,
    named,
    statements,
    stopping,
    suggested,
    summary,
    transitions,
    waiting,
    working_days,
)
from tenants.models import (
    OPEN,
    Agreement,
    Invitation,
    Objection,
    Remark,
    Status,
    Submission,
    TenantRequest,
    TenantRequestQuerySet,
)
from tenants.remark_fields import remark_fields
from tenants.standing import badge, standing
from tenants.transitions import Verb


def rows_of_page() -> TenantRequestQuerySet:
    """Requests with all that the page needs and one query can bring along: what was sent and stated, what contacts say
    is not right (`objected`), when Arxus asked for a ServiceNow user (`user_asked_for`), Microsoft's last
    `invitation`, and the agreement that it was `sent_with`."""
    invitations = Invitation.objects.filter(tenant_request=OuterRef("pk")).order_by("-pk")
    fields = JSONObject(id="id", link="link", administrator="administrator", forwarded="forwarded")
    sent_with = Submission.objects.filter(tenant_request=OuterRef("pk"), version=OuterRef("version"))
    parts = {name: f"agreement__{name}" for name in ("reference", "signed_on", "ends_on", "retired_at")}
    agreement = JSONObject(**parts, replaced_by_id="agreement__replaced_by")
    raised = Objection.objects.filter(tenant_request=OuterRef("pk"), settled_at=None)
    rows = TenantRequest.objects.with_last_submission().with_standing().with_statements().select_related("tenant")
    return rows.annotate(
        sent_with=Subquery(sent_with.exclude(agreement=None).values(line=agreement)[:1]),
        objected=ArraySubquery(raised.values(line=JSONObject(name="name", text="text", at="raised_at"))),
        directory=FilteredRelation("checks", condition=Q(checks__kind="directory")),
        user_asked_for=F("directory__asked_on"),
        invitation=Subquery(invitations.values(line=fields)[:1]),
    )


def request_page(found: TenantRequest, acting: Acting) -> dict[str, Any]:
    """The context of tenants/request.html for one of those rows."""
    reader = acting.user
    sent_data = found.sent_data  # type: ignore[attr-defined]  # with_last_submission() brought it along
    context: dict[str, Any] = {
        "found": found,
        "status": Status(found.status),
        "reference": sent_data["message"]["reference"],
        "sections": summary.sections(sent_data),
        "mails": _mails(found, sent_data, acting),
        "tenant": getattr(found, "tenant", None),
        "subscriptions_url": settings.SUBSCRIPTIONS_URL,
        "standing": standing(found, acting),
        "badge": badge(found, acting),
    }
    if acting.is_customers_own_user:
        return context
    remarks, ready = remarks_with_values(_remarks(found), sent_data, found), found.status == Status.REGISTERED
    unanswered = [row for row in remarks if not row["used"] and not row["typed"]]
    events = _events(found, reader)
    # While the partner has the request, its form says so.
    outdated = named.outdated(found, sent_data) if found.with_arxus or ready else []
    return context | {
        "remarks": remarks,
        "remarked": [row["remark"].field for row in remarks],
        "suggestions": sum(1 for row in unanswered if row["remark"].suggestion and row["remark"].one_click),
        "standing": standing(found, acting, len(unanswered) if remarks else None),
        "events": events,
        "contacts_changed": next((line["at"] for line in events if line["verb"] == "change_contacts"), None),
        "objections": _objections(found) if found.is_open else [],
        "findings": _findings(found, sent_data),
        "corrects": _correctable(found, sent_data) if acting.can_request_tenants else [],
        "outdated": outdated,
        "to_correct": next(iter(outdated), None) if acting.can_request_tenants else None,
        "agreement_over": _agreement_over(found),
        "stated": _stated(found),
        "may_change_contacts": ready and acting.can_request_tenants,
        "may": transitions.allowed(found, reader, acting.rights),
        "may_ask_to_stop": stopping.refusal_to_ask(found, reader, acting.rights) is None,
        "goes_on": found.is_open,
        "may_copy": drafts.may_be_copied(found) and acting.can_request_tenants,
        "forward": _forward(found, sent_data) if acting.can_request_tenants else None,
        **_waiting_for(found, sent_data),
    }


def _waiting_for(found: TenantRequest, sent_data: dict[str, Any]) -> dict[str, Any]:
    """Who has not set a password yet, by the name that was sent – what the account says is its owner's –, and the last
    link that they got."""
    user = access.waiting_for(found)
    if user is None:
        return {"waiting_for": ""}
    return {"waiting_for": named.name_of(sent_data["contacts"]["technical"]), "link": access_links.last_of(user)}


def _forward(found: TenantRequest, sent_data: dict[str, Any]) -> waiting.Forward | None:
    """Microsoft's invitation with its text, where the partner forwards it itself."""
    return waiting.to_forward(found, sent_data, found.invitation)  # type: ignore[attr-defined]  # rows_of_page()


def _stated(found: TenantRequest) -> list[dict[str, Any]]:
    """What was stated, by whom and when: what with_statements() brought along, in words."""
    return [
        line
        | {
            "title": statements.TITLES.get(line["kind"], line["kind"]),
            "language": Language(line["language"]).label,
            "at": datetime.fromisoformat(line["at"]),
        }
        for line in found.stated  # type: ignore[attr-defined]
    ]


def _remarks(found: TenantRequest) -> list[Remark]:
    """What a reviewer asks for now; what was asked before stands in the history."""
    if found.status != Status.CHANGES_REQUESTED:
        return []
    return list(found.remarks.filter(version=found.version).select_related("by"))


def remarks_with_values(remarks: Iterable[Remark], data: dict[str, Any], found: TenantRequest) -> list[dict[str, Any]]:
    """Each remark with the name of its field, the step that changes it, what was sent there, whether the present
    answers hold the suggested value, and what somebody typed there since if they do not."""
    labels = dict(remark_fields())
    rows = []
    for remark in remarks:
        step, _dot, name = remark.field.partition(".")
        value = data.get(step, {}).get(name) if name else None
        sent = value if isinstance(value, str) else ""
        used = bool(remark.suggestion) and suggested.says(found, remark.field, remark.suggestion)
        typed = "" if used or not isinstance(value, str) else suggested.typed_since(found, remark.field, sent)
        label = labels.get(remark.field, "")
        said = {"label": label, "step": step, "name": name, "sent": sent, "used": used, "typed": typed}
        rows.append({"remark": remark} | said)
    return rows


def _events(found: TenantRequest, reader: User) -> list[dict[str, Any]]:
    lines = found.history.select_related("by")
    return [
        {
            "verb": line.verb,
            "who": _("You") if line.by_id == reader.pk else line.by or _("The portal"),
            "words": f"({_('Arxus')}) {history.WORDS[line.verb]}" if line.by_arxus else history.WORDS[line.verb],
            "at": line.at,
            "quote": line.comment if line.verb in (*Verb, *history.QUOTED) else "",
            "tone": "amber" if line.to_status == Status.CHANGES_REQUESTED else "blue",
        }
        for line in lines
        if line.verb not in history.INTERNAL
    ]


def _objections(found: TenantRequest) -> list[dict[str, Any]]:
    objected = found.objected  # type: ignore[attr-defined]  # rows_of_page() brought it along
    return [line | {"at": datetime.fromisoformat(line["at"])} for line in objected]


def _findings(found: TenantRequest, sent_data: dict[str, Any]) -> list[dict[str, str]]:
    """What ServiceNow's directory knows of the contacts who need a user there, each with the key of its row (R10)."""
    if not found.is_open:
        return []
    contacts = sent_data["contacts"]
    asked_on = found.user_asked_for  # type: ignore[attr-defined]  # rows_of_page() brought it along
    return [
        directory.advice(contacts[role]["email"], sent=True, asked_on=asked_on) | {"key": f"contacts.{role}"}
        for role in settings.SERVICENOW_ROLES
        if role in contacts["roles"]
    ]


def _agreement_over(found: TenantRequest) -> str:
    """Why Arxus cannot approve it with the agreement that it was sent with, or "" (R12)."""
    given = found.sent_with  # type: ignore[attr-defined]  # rows_of_page() brought it along
    if found.status != Status.TO_VALIDATE or not given:
        return ""
    days = {name: parse_date(given[name] or "") for name in ("signed_on", "ends_on")}
    agreement = Agreement(**given | days | {"retired_at": parse_datetime(given["retired_at"] or "")})
    return agreement.why_over(working_days.today())


def _correctable(found: TenantRequest, sent_data: dict[str, Any]) -> list[named.Place]:
    """Whom the partner may correct now (R26)."""
    places = [place for place in named.PLACES.values() if place.person(sent_data)]
    if found.status == Status.REGISTERED:
        return [place for place in places if place.step == "contacts"]
    return places if found.with_arxus else []


def _mails(found: TenantRequest, sent_data: dict[str, Any], acting: Acting) -> list[dict[str, Any]]:
    """The mails about a request, newest first, as its partner reads of them (R44); a customer's own user sees their own
    (R06). Whether somebody already had an account is nobody's business: both such mails have one name."""
    rows = OutgoingEmail.objects.filter(about=announcements.about(found), template__in=announcements.MAIL_NAMES)
    if acting.is_customers_own_user:
        rows = rows.filter(to_email=acting.user.email)
    told = (*LOST, "withheld")
    ours = acting.can_request_tenants and found.status in (*OPEN, Status.REGISTERED)
    newest_first = list(rows.defer("text", "html"))
    lines = []
    for at, row in enumerate(newest_first):
        lost, hint = row.state in LOST, row.outcome if row.state in told else ""
        if lost and any(_is_again(later, row) for later in newest_first[:at]):
            # Sent again is an answer, as a corrected address is.
            lost, hint = False, _("%(outcome)s It was sent again since.") % {"outcome": hint}
        place = named.place_of(sent_data, row.to_email) if ours and lost else None
        lines.append({"row": row, "words": announcements.MAIL_NAMES[row.template], "hint": hint, "place": place})
    return lines


def _is_again(later: OutgoingEmail, lost: OutgoingEmail) -> bool:
    same = (later.template, later.to_email) == (lost.template, lost.to_email)
    return same and later.state != OutgoingEmail.State.WITHHELD
