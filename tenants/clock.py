"""The clock of Arxus's target: it stands still while a request waits for Microsoft or the customer (R35).

It counts working days. What is left when it stops is left when it goes on, also where it was late already.
"""

from datetime import date, datetime

from django.conf import settings

from tenants import working_days
from tenants.models import TenantRequest


def left(due_on: date, day: date) -> int:
    """How many working days remain from `day` to a target; negative when it has passed."""
    day = working_days.on_or_after(day)
    return working_days.between(day, due_on) if day <= due_on else -working_days.between(due_on, day)


def days_used(tenant_request: TenantRequest, day: date) -> int:
    """Working days of the target that are gone; what came in on a Sunday counts from Monday."""
    if tenant_request.days_left is not None:
        return int(settings.TARGET_WORKING_DAYS - tenant_request.days_left)
    if tenant_request.due_on is None:
        return 0
    return int(max(settings.TARGET_WORKING_DAYS - left(tenant_request.due_on, day), 0))


def stop(tenant_request: TenantRequest, at: datetime) -> None:
    """Keep the days that are left; does nothing where it stands already. Saves nothing."""
    if tenant_request.days_left is None:
        due_on, today = tenant_request.due_on, working_days.today(at)
        tenant_request.days_left = left(due_on, today) if due_on else settings.TARGET_WORKING_DAYS
        tenant_request.due_on = None


def go_on(tenant_request: TenantRequest, at: datetime) -> None:
    """Set the target anew, with the days that were left; does nothing where it runs. Saves nothing."""
    tenant_request.due_on = due_on(tenant_request, at)
    tenant_request.days_left = None


def due_on(tenant_request: TenantRequest, at: datetime) -> date | None:
    """The target, where Arxus has the request from `at` on."""
    if (days := tenant_request.days_left) is None:
        return tenant_request.due_on
    today = working_days.on_or_after(working_days.today(at))
    return working_days.add(today, days) if days >= 0 else working_days.before(today, -days)
