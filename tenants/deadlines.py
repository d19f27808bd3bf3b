"""What time does to a request that waits for its partner, and to a draft that nobody touches (R28).

Each function looks for what is due and may be run at any time, by any number of schedulers: what was told is written
down in the transaction that tells it. After a pause only the weightiest of what was missed is told. Days are Belgian.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from notifications.outbox import enqueue
from tenants import announcements, workflow, working_days
from tenants.events import Event
from tenants.models import Notice, Status, TenantRequest
from tenants.transitions import TransitionRefused

log = structlog.get_logger(__name__)


# A request that waits for its partner; its clock began when it was sent back.


def lapse() -> None:
    """Withdraw what was not answered by its deadline."""
    overdue = TenantRequest.objects.filter(status=Status.CHANGES_REQUESTED, due_on__lt=working_days.today())
    each(overdue, lambda row: workflow.withdraw(row, by=None))


def remind() -> None:
    """Remind, or warn, those whose answer is not there yet."""
    if not working_days.has_opened():
        return
    waiting = TenantRequest.objects.filter(status=Status.CHANGES_REQUESTED, due_on__gte=working_days.today())
    due = {row: stage for row in waiting if (stage := _stage(row))}
    told = set(Notice.objects.filter(key__in=[_key(*item) for item in due.items()]).values_list("key", flat=True))
    each((row for row, stage in due.items() if _key(row, stage) not in told), _remind)


def _remind(row: TenantRequest) -> None:
    with transaction.atomic():
        fresh = workflow.lock(row)
        stage = _stage(fresh) if fresh.status == Status.CHANGES_REQUESTED else ""
        if not stage or not Notice.is_first(_key(fresh, stage)):
            return
        event = Event(
            "warn" if stage == "warning" else "remind",
            fresh,
            None,
            timezone.now(),
            fresh.submissions.latest("version").data,
            due_on=fresh.due_on,
            remarks=list(fresh.remarks.filter(version=fresh.version)),
        )
        enqueue(announcements.mails(event))


def _stage(tenant_request: TenantRequest) -> str:
    """The weightiest thing that should have been said by today, or "" ."""
    if tenant_request.held_since is None:
        return ""
    today, since = working_days.today(), working_days.today(tenant_request.held_since)
    if today >= working_days.on_or_after(since + timedelta(days=settings.WARNING_DAY)):
        return "warning"
    passed = [days for days in settings.REMINDER_WORKING_DAYS if today >= working_days.add(since, days)]
    return f"reminder {passed[-1]}" if passed else ""


def _key(tenant_request: TenantRequest, stage: str) -> str:
    return f"{stage}:{tenant_request.pk}:{tenant_request.held_since}"


# A draft that nobody touches


def warn_of_drafts() -> None:
    """Say of each draft that nobody touched for long on which day it is deleted."""
    if not working_days.has_opened():
        return
    untouched = list(_untouched_for(settings.DRAFT_WARNING_DAY))
    told = _warned(untouched)
    each((row for row in untouched if row.pk not in told), _warn_of_draft)


def delete_drafts() -> None:
    """Delete the drafts whose day has come; never one that was not warned of in time."""
    untouched = list(_untouched_for(settings.DRAFT_DAYS))
    warned, today = _warned(untouched), working_days.today()
    each((row for row in untouched if row.pk in warned and goes_on(row, warned[row.pk]) <= today), _delete_draft)


def goes_on(draft: TenantRequest, warned_at: datetime) -> date:
    """The day on which a draft goes: after a late warning it is left the time that a timely one leaves."""
    after_warning = timedelta(days=settings.DRAFT_DAYS - settings.DRAFT_WARNING_DAY)
    untouched = working_days.today(draft.changed_at) + timedelta(days=settings.DRAFT_DAYS)
    return max(untouched, working_days.today(warned_at) + after_warning)


def _untouched_for(days: int) -> Iterable[TenantRequest]:
    latest = working_days.start_of(working_days.today() - timedelta(days=days - 1))
    return TenantRequest.objects.filter(status=Status.DRAFT, version=0, changed_at__lt=latest)


def _warned(drafts: Iterable[TenantRequest]) -> dict[int, datetime]:
    """When each of these drafts was warned of, since it was touched last."""
    keys = {_draft_key(draft): draft.pk for draft in drafts}
    return {keys[key]: at for key, at in Notice.objects.filter(key__in=keys).values_list("key", "at")}


def _warn_of_draft(row: TenantRequest) -> None:
    with transaction.atomic():
        fresh = _locked_if_untouched(row)
        if fresh and Notice.is_first(_draft_key(fresh)):
            enqueue(announcements.draft_warning(fresh, goes_on(fresh, timezone.now())))


def _delete_draft(row: TenantRequest) -> None:
    with transaction.atomic():
        if fresh := _locked_if_untouched(row):
            log.info("draft_deleted", number=fresh.number, changed_at=fresh.changed_at.isoformat())
            fresh.delete()


def _locked_if_untouched(row: TenantRequest) -> TenantRequest | None:
    fresh = workflow.lock(row)
    return fresh if fresh.status == Status.DRAFT and fresh.changed_at == row.changed_at else None


def _draft_key(draft: TenantRequest) -> str:
    return f"draft:{draft.pk}:{draft.changed_at}"


def each(rows: Iterable[TenantRequest], do: Callable[[TenantRequest], object]) -> None:
    """Do something with each; what is wrong with one must not hold up the others."""
    for row in rows:
        try:
            do(row)
        except (TransitionRefused, TenantRequest.DoesNotExist):
            continue  # answered, or thrown away, in the meantime
        except Exception:
            log.exception("deadline_failed", tenant_request=row.pk)
