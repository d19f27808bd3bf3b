"""Who decides about a request: taking it, taking it over, giving it back (R31)."""

from django.db import transaction
from django.utils.translation import gettext as _

from contacts.models import User
from notifications.outbox import enqueue
from tenants import announcements, history
from tenants.models import TenantRequest
from tenants.transitions import TransitionRefused, is_involved
from tenants.workflow import lock


def take(tenant_request: TenantRequest, *, by: User) -> TenantRequest:
    """Make `by` the one who decides; from a colleague too, who is told."""
    with transaction.atomic():
        fresh = lock(tenant_request)
        if why := refusal_to_take(fresh, by):
            raise why
        before, fresh.assignee, fresh.free_from = fresh.assignee, by, None
        fresh.save(update_fields=["assignee", "free_from"])
        history.write(fresh, "take_over" if before else "take", by)
        if before:
            enqueue(announcements.taken_over(fresh, before, by))
        return fresh


def refusal_to_take(tenant_request: TenantRequest, by: User) -> TransitionRefused | None:
    if not by.has_perm("tenants.decide_tenantrequest"):
        return TransitionRefused(_("You have no right to decide requests. Ask a validation lead."), "permission")
    if not tenant_request.with_arxus:
        return TransitionRefused(_("This request is not with Arxus now."), "status")
    if is_involved(tenant_request, by):
        return TransitionRefused(_("You sent, own or are named in this request, so a colleague decides."), "own")
    if tenant_request.assignee_id == by.pk:
        return TransitionRefused(_("You have this request already."), "repetition")
    return None


def release(tenant_request: TenantRequest, *, by: User) -> TenantRequest:
    """Give a request back to the queue."""
    with transaction.atomic():
        fresh = lock(tenant_request)
        if fresh.assignee_id != by.pk:
            raise TransitionRefused(_("You do not have this request."), "assignment")
        fresh.assignee = fresh.free_from = None
        fresh.save(update_fields=["assignee", "free_from"])
        history.write(fresh, "release", by)
        return fresh
