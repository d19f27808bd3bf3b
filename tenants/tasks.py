"""What happens to requests when time passes; thin, safe to run twice."""

from celery import shared_task

from tenants import transitions, workflow, working_days
from tenants.models import Status, TenantRequest


@shared_task(name="tenants.lapse_overdue")
def lapse_overdue() -> None:
    """Withdraw the requests whose partner did not answer in time (R28)."""
    overdue = TenantRequest.objects.filter(status=Status.CHANGES_REQUESTED, due_on__lt=working_days.today())
    for tenant_request in overdue:
        try:
            workflow.withdraw(tenant_request, by=None)
        except transitions.TransitionRefused:
            continue  # answered in the meantime
