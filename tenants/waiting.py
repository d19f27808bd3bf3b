"""Whom an approved request waits for, and Microsoft's invitation to the customer's administrator (R35)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import Company, Language, User
from notifications.outbox import Mail, digest, enqueue
from tenants import announcements, clock, history, mail_context
from tenants.events import Event
from tenants.models import Invitation, Kind, Status, TenantRequest, WaitsFor
from tenants.models.invitation import REMINDERS
from tenants.transitions import (
    TransitionRefused,
    changed_since,
    decides_about_oneself,
    lacks_the_right,
    lacks_the_right_of_partners,
)
from tenants.workflow import PreviewChanged, lock

ACT, REMINDER = "waits_for", "remind_administrator"


@dataclass(frozen=True)
class Forward:
    """An invitation that the partner forwards itself, and the text for its administrator, in their language."""

    invitation: Invitation
    text: str

    @property
    def language(self) -> str:
        return str(self.invitation.administrator["language"])

    @property
    def language_name(self) -> str:
        return str(Language(self.language).label)

    @property
    def email(self) -> str:
        return str(self.invitation.administrator["email"])

    @property
    def name(self) -> str:
        return f"{self.invitation.administrator['first_name']} {self.invitation.administrator['last_name']}"


def refusal(tenant_request: TenantRequest, by: User, version: int | None = None) -> TransitionRefused | None:
    """Why `by` may not say now whom it waits for."""
    if why := lacks_the_right(by):
        return why
    if tenant_request.status != Status.REGISTERING:
        sentence = _("Only an approved request, which is not registered yet, waits for somebody else than Arxus.")
        return TransitionRefused(sentence, "status")
    if version is not None and version != tenant_request.version:
        return changed_since(tenant_request, version)
    if why := decides_about_oneself(tenant_request, by):
        return why
    if tenant_request.assignee_id != by.pk:
        return TransitionRefused(_("Take this request first."), "assignment")
    return None


def choices(tenant_request: TenantRequest) -> list[WaitsFor]:
    """For whom a request can wait: a new tenant has no administrator yet who could accept anything."""
    return [whom for whom in WaitsFor if whom != WaitsFor.CUSTOMER or tenant_request.kind == Kind.ONBOARD]


def wait_for(
    tenant_request: TenantRequest,
    *,
    by: User,
    version: int,
    whom: str,
    link: str = "",
    comment: str = "",
    seen: str = "",
) -> TenantRequest:
    """Say whom the request waits for from now on; the clock of Arxus's target stops or goes on.

    Where it waits for the customer's administrator, Microsoft's invitation goes out, each time it is said.
    """
    with transaction.atomic():
        fresh = lock(tenant_request)
        if why := refusal(fresh, by, version):
            raise why
        event = _event(fresh, by, whom, link, comment)
        if event.invitation:
            event.invitation.save()
        mails = announcements.mails(event)
        if seen and digest(mails) != seen:
            raise PreviewChanged(mails)
        fresh.invitation_forwarded = event.invitation is not None and event.invitation.forwarded
        fresh.forwarded_at = None
        _hand_over(fresh, whom, event.at)
        history.write(fresh, f"{ACT}_{whom}", by, comment=comment, at=event.at)
        enqueue(mails)
        return fresh


def preview(tenant_request: TenantRequest, *, by: User, **said: Any) -> list[Mail]:
    """The mails of `wait_for` as they would go out now (R32)."""
    return announcements.mails(_event(tenant_request, by, **said))


def outstanding(tenant_request: TenantRequest) -> Invitation | None:
    """Microsoft's invitation, if the request waits for the customer's administrator to accept it."""
    if tenant_request.status != Status.REGISTERING or tenant_request.waits_for != WaitsFor.CUSTOMER:
        return None
    return tenant_request.invitations.last()


def to_forward(tenant_request: TenantRequest, data: dict[str, Any], last: dict[str, Any] | None) -> Forward | None:
    """What a partner forwards of its `last` invitation, as the fields of a row; None where none is theirs (R14)."""
    waits = tenant_request.status == Status.REGISTERING and tenant_request.waits_for == WaitsFor.CUSTOMER
    if not (waits and tenant_request.invitation_forwarded and last):
        return None
    invitation = Invitation(**last)
    event = Event(ACT, tenant_request, None, timezone.now(), data, invitation=invitation)
    return Forward(invitation, mail_context.text_to_forward(event))


def forwarded(tenant_request: TenantRequest, *, by: User, invitation: int) -> TenantRequest:
    """Write down that the partner has forwarded `invitation`; the text stays where it is, and reminders go on."""
    with transaction.atomic():
        fresh = lock(tenant_request)
        if why := _refusal_to_forward(fresh, by, invitation):
            raise why
        fresh.forwarded_at = timezone.now()
        fresh.save(update_fields=["forwarded_at"])
        history.write(fresh, "forwarded", by, at=fresh.forwarded_at)
        return fresh


def _refusal_to_forward(fresh: TenantRequest, by: User, invitation: int) -> TransitionRefused | None:
    if why := lacks_the_right_of_partners(fresh, by):
        return why
    last = outstanding(fresh)
    if last is None or not last.forwarded:
        return TransitionRefused(_("No invitation of Microsoft’s waits to be forwarded."), "status")
    if last.pk != invitation:
        sentence = _("There is another invitation since you opened this page: forward the text that stands there now.")
        return TransitionRefused(sentence, "version")
    if fresh.forwarded_at:
        return TransitionRefused(_("It was written down already that the invitation is forwarded."), "repetition")
    return None


def invite_again(fresh: TenantRequest, data: dict[str, Any], at: datetime) -> None:
    """Send the invitation that is outstanding to the administrator as a locked request names them now (R26)."""
    before = outstanding(fresh)
    if before is None or before.administrator == (now := _administrator(data)):
        return
    again = Invitation.objects.create(
        tenant_request=fresh, link=before.link, administrator=now, forwarded=before.forwarded, by=before.by, at=at
    )
    # The new text has to be forwarded anew.
    fresh.forwarded_at = None
    fresh.save(update_fields=["forwarded_at"])
    enqueue(announcements.mails(Event(ACT, fresh, None, at, data, invitation=again)))


def _administrator(data: dict[str, Any]) -> dict[str, Any]:
    return {name: data["existing"][f"admin_{name}"] for name in ("first_name", "last_name", "email", "language")}


def _event(tenant_request: TenantRequest, by: User, whom: str, link: str = "", comment: str = "") -> Event:
    if whom not in choices(tenant_request):
        raise TransitionRefused(_("This request cannot wait for a customer’s administrator: it has none."))
    if whom == tenant_request.waits_for != WaitsFor.CUSTOMER:
        raise TransitionRefused(already(whom), "repetition")
    now = timezone.now()
    data = tenant_request.submissions.latest("version").data
    event = Event(ACT, tenant_request, by, now, data, comment=comment)
    if whom != WaitsFor.CUSTOMER:
        return event
    invitation = Invitation(
        tenant_request=tenant_request,
        link=link,
        administrator=_administrator(data),
        forwarded=Company.Relation.VAP in (data["customer"]["relation"], tenant_request.company.relation),
        by=by,
        at=now,
    )
    return replace(event, invitation=invitation)


def already(whom: str) -> str:
    return _("It waits for %(whom)s already.") % {"whom": WaitsFor(whom).label}


def _hand_over(fresh: TenantRequest, whom: str, at: datetime) -> None:
    if whom == WaitsFor.ARXUS:
        clock.go_on(fresh, at)
    else:
        clock.stop(fresh, at)
    if whom != fresh.waits_for:
        fresh.waits_for, fresh.held_since = whom, at
    fresh.changed_at = at
    fields = ["waits_for", "invitation_forwarded", "forwarded_at", "held_since", "due_on", "days_left", "changed_at"]
    fresh.save(update_fields=fields)


def last_link(tenant_request: TenantRequest) -> str:
    """The link of the last invitation of the same partner: Microsoft's links are no customer's own."""
    rows = Invitation.objects.filter(tenant_request__partner=tenant_request.partner_id)
    return rows.order_by("-pk").values_list("link", flat=True).first() or ""


def remind() -> int:
    """Remind of every invitation that is due for it; says of how many. Each reminder goes once, whoever calls this."""
    now = timezone.now()
    rows = Invitation.objects.filter(
        tenant_request__status=Status.REGISTERING,
        tenant_request__waits_for=WaitsFor.CUSTOMER,
        reminders__lt=len(REMINDERS),
        at__lte=now - REMINDERS[0],
    )
    return sum(_remind(invitation, now) for invitation in rows.select_related("tenant_request"))


def _remind(invitation: Invitation, now: datetime) -> bool:
    with transaction.atomic():
        fresh = lock(invitation.tenant_request)
        due = sum(invitation.at + after <= now for after in REMINDERS)
        # After days without a scheduler one reminder goes out, not two.
        ours = fresh.invitations.filter(pk=invitation.pk, reminders__lt=due)
        if fresh.waits_for != WaitsFor.CUSTOMER or fresh.invitations.last() != invitation or not ours:
            return False
        ours.update(reminders=due)
        invitation.reminders, invitation.tenant_request = due, fresh
        data = fresh.submissions.latest("version").data
        enqueue(announcements.mails(Event(REMINDER, fresh, None, now, data, invitation=invitation)))
        return True
