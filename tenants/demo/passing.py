"""Days that pass in the demo: what was done so far grows older, and what was promised by mail has been delivered.

No clock is turned, so the verbs need to know nothing of it: they act now, and afterwards their rows are moved back.
"""

from datetime import date, timedelta

from django.conf import settings
from django.db.models import F, QuerySet
from django.utils import timezone

from contacts.models import AccessLink, Invitation
from notifications.models import OutgoingEmail
from tenants import announcements, clock, working_days
from tenants.models import Status, Tenant, TenantRequest

_MOMENTS = ("created_at", "changed_at", "sent_at", "held_since", "free_from", "started_at", "stop_asked_at")


def let_pass(found: TenantRequest, days: float) -> TenantRequest:
    """Make everything that happened to a request so many days older; returns it as it is then."""
    ago = timedelta(days=days)
    rows = TenantRequest.objects.filter(pk=found.pk)
    due_on = _due_on(rows.get(), ago)
    rows.update(due_on=due_on, **_back(ago, *_MOMENTS))
    found.history.update(**_back(ago, "at"))
    found.submissions.update(**_back(ago, "sent_at", "corrected_at"))
    found.statements.update(**_back(ago, "at"))
    found.remarks.update(**_back(ago, "at"))
    found.checks.update(**_back(ago, "ran_at", "overridden_at"))
    found.objections.update(**_back(ago, "raised_at", "settled_at"))
    found.invitations.update(**_back(ago, "at"))
    Tenant.objects.filter(tenant_request=found).update(**_back(ago, "registered_at"))
    _deliver(announcements.about(found), ago)
    return rows.get()


def let_pass_for_invitation(invitation: Invitation, days: float) -> None:
    """The same for somebody who was asked to work for a company."""
    ago = timedelta(days=days)
    Invitation.objects.filter(pk=invitation.pk).update(**_back(ago, "sent_at", "expires_at"))
    _move_mails(OutgoingEmail.objects.filter(facts__invitation=invitation.pk), ago)


def _back(ago: timedelta, *names: str) -> dict[str, object]:
    return {name: F(name) - ago for name in names}


def _due_on(row: TenantRequest, ago: timedelta) -> date | None:
    """The day that would have been set then: as many working days, or calendar days, ahead."""
    if row.due_on is None or row.held_since is None:
        return None
    if row.status == Status.CHANGES_REQUESTED:
        since = working_days.today(row.held_since - ago)
        return working_days.on_or_after(since + timedelta(days=settings.ANSWER_DAYS))
    left, then = clock.left(row.due_on, working_days.today()), working_days.today(timezone.now() - ago)
    then = working_days.on_or_after(then)
    return working_days.add(then, left) if left >= 0 else working_days.before(then, -left)


def _deliver(about: str, ago: timedelta) -> None:
    mails = OutgoingEmail.objects.filter(about=about)
    links = [link for link in mails.values_list("facts__access_link", flat=True) if link]
    AccessLink.objects.filter(pk__in=links).update(**_back(ago, "created_at", "used_at", "replaced_at"))
    _move_mails(mails, ago)


def _move_mails(mails: QuerySet[OutgoingEmail], ago: timedelta) -> None:
    """Also those that were held back for a while, if that is over by then."""
    mails.update(**_back(ago, "created_at", "due_at", "sent_at"))
    gone = mails.filter(state=OutgoingEmail.State.WAITING, due_at__lte=timezone.now())
    gone.update(state=OutgoingEmail.State.ACCEPTED, sent_at=F("due_at"), attempts=1, outcome="250 Ok (demo)")
