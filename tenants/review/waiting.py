"""What staff are told of their own accord: what waits each morning, what is late, and what is late twice over."""

from django.conf import settings
from django.db import transaction

from contacts.models import User
from notifications.outbox import enqueue
from tenants import absence, deadlines, staff, staff_mails, workflow, working_days
from tenants.directory import importing
from tenants.models import Notice, TenantRequest
from tenants.review import acts


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
    late = list(acts.waiting().filter(due_on__lt=working_days.today()))
    keys = [_key(row, stage) for row in late for stage in ("late", "twice late")]
    told = set(Notice.objects.filter(key__in=keys).values_list("key", flat=True))
    deadlines.each((row for row in late if any(_key(row, stage) not in told for stage in _stages(row))), _tell)


def _tell(row: TenantRequest) -> None:
    with transaction.atomic():
        fresh = workflow.lock(row)
        stages = _stages(fresh) if fresh.with_arxus else []
        first = [stage for stage in stages if Notice.is_first(_key(fresh, stage))]
        readers: dict[User, bool] = {}
        if "late" in first:
            readers |= dict.fromkeys(_who_should(fresh), False)
        if "twice late" in first:
            readers |= {lead: True for lead in staff.leads() if not absence.is_away(lead)}
        enqueue(staff_mails.overdue(fresh, user, twice=twice) for user, twice in readers.items())


def _stages(tenant_request: TenantRequest) -> list[str]:
    today, due_on = working_days.today(), tenant_request.due_on
    if due_on is None or due_on >= today:
        return []
    twice = working_days.add(due_on, settings.TARGET_WORKING_DAYS)
    return ["late", "twice late"] if twice < today else ["late"]


def _who_should(tenant_request: TenantRequest) -> list[User]:
    keeper = tenant_request.assignee
    if keeper and keeper.is_active and not acts.is_free(tenant_request):
        return [keeper]
    return [user for user in staff.validators() if not absence.is_away(user)]


def _key(tenant_request: TenantRequest, stage: str) -> str:
    return f"{stage}:{tenant_request.pk}:{tenant_request.held_since}"
