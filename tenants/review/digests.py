"""What staff are told of their own accord: what waits each morning, what is late, and what is late twice over."""

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q

from contacts.models import User
from notifications.outbox import enqueue
from tenants import absence, deadlines, keepers, staff, staff_mails, workflow, working_days
from tenants.directory import importing
from tenants.models import Notice, TenantRequest
from tenants.review import acts
from tenants.transitions import Verb

# With these a target of Arxus begins anew.
TARGET_BEGINS = (Verb.SUBMIT, Verb.REOPEN)


def send_digests() -> None:
    """Tell each validator who is there what waits, once each working morning; nothing when nothing does."""
    if not working_days.has_opened():
        return
    with transaction.atomic():
        if not Notice.is_first(f"digest:{working_days.today()}"):
            return
        rows = list(acts.waiting().select_related("company", "partner", "assignee"))
        state = importing.in_force()
        readers = staff.validators() if rows else staff.leads() if state and state.ends_soon else []
        enqueue(staff_mails.queue_digest(user, rows) for user in readers if not absence.is_away(user))


def tell_of_late_ones() -> None:
    """Tell of each request whose target is over: whoever has it, else all validators; at twice the target the leads."""
    if not working_days.has_opened():
        return
    begun = Count("history", filter=Q(history__verb__in=TARGET_BEGINS))
    late = list(acts.waiting().filter(due_on__lt=working_days.today()).annotate(targets=begun))
    keys = [_key(row, stage) for row in late for stage in ("late", "twice late")]
    told = set(Notice.objects.filter(key__in=keys).values_list("key", flat=True))
    deadlines.each((row for row in late if any(_key(row, stage) not in told for stage in _stages(row))), _tell)


def _tell(row: TenantRequest) -> None:
    with transaction.atomic():
        fresh = workflow.lock(row)
        stages = _stages(fresh) if fresh.waits_for_arxus else []
        first = [stage for stage in stages if Notice.is_first(_key(row, stage))]
        readers: dict[User, bool] = {}
        if "late" in first:
            readers |= dict.fromkeys(keepers.hearing(fresh), False)
        if "twice late" in first:
            readers |= {lead: True for lead in staff.leads() if not absence.is_away(lead)}
        enqueue(staff_mails.overdue(fresh, user, twice=twice) for user, twice in readers.items())


def _stages(tenant_request: TenantRequest) -> list[str]:
    today, due_on = working_days.today(), tenant_request.due_on
    if due_on is None or due_on >= today:
        return []
    twice = working_days.add(due_on, settings.TARGET_WORKING_DAYS)
    return ["late", "twice late"] if twice < today else ["late"]


def _key(row: TenantRequest, stage: str) -> str:
    """Once for each target: one that stood still meanwhile (R35) is the same one."""
    return f"{stage}:{row.pk}:{row.targets}"  # type: ignore[attr-defined]  # tell_of_late_ones() counted them
