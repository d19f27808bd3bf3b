"""Who decides about a request: taking it, taking it over, handing it over, giving it back (R31)."""

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from contacts.models import User
from notifications.outbox import enqueue
from tenants import absence, history, staff, staff_mails
from tenants.models import TenantRequest
from tenants.transitions import TransitionRefused, decides_about_oneself, is_involved, lacks_the_right
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
            enqueue(staff_mails.taken_over(fresh, before, by))
        return fresh


def refusal_to_take(tenant_request: TenantRequest, by: User) -> TransitionRefused | None:
    if why := lacks_the_right(by):
        return why
    if not tenant_request.with_arxus:
        return TransitionRefused(_("This request is not with Arxus now."), "status")
    if why := decides_about_oneself(tenant_request, by):
        return why
    if tenant_request.assignee_id == by.pk:
        return TransitionRefused(_("You have this request already."), "repetition")
    return None


def hand_over(tenant_request: TenantRequest, *, to: User, by: User, seen: int | None) -> TenantRequest:
    """Give a request to a colleague; both are told. `seen` is whoever had it when `by` looked."""
    with transaction.atomic():
        fresh = lock(tenant_request)
        if why := refusal_to_hand_over(fresh, by) or refusal_to_get(fresh, to):
            raise why
        before = fresh.assignee
        if before and before.pk != seen:
            raise TransitionRefused(_("%(name)s has taken this request since you opened it.") % {"name": before})
        fresh.assignee, fresh.free_from = to, None
        fresh.save(update_fields=["assignee", "free_from"])
        history.write(fresh, "hand_over", by, comment=str(to))
        mails = [] if to == by else staff_mails.assigned(fresh, to, by)
        if before and before not in (by, to):
            mails += staff_mails.taken_over(fresh, before, by, to)
        enqueue(mails)
        return fresh


def refusal_to_hand_over(tenant_request: TenantRequest, by: User) -> TransitionRefused | None:
    if not by.has_perm("tenants.hand_over_tenantrequest"):
        return TransitionRefused(_("Only a validation lead hands requests over."), "permission")
    if not tenant_request.with_arxus:
        return TransitionRefused(_("This request is not with Arxus now."), "status")
    return None


def refusal_to_get(tenant_request: TenantRequest, to: User) -> TransitionRefused | None:
    """Why a request cannot be handed over to somebody."""
    if to not in staff.validators():
        return TransitionRefused(_("%(name)s does not decide requests.") % {"name": to}, "permission")
    if is_involved(tenant_request, to):
        return TransitionRefused(_("%(name)s sent, owns or is named in this request.") % {"name": to}, "own")
    if to.away_until and absence.is_away(to):
        day = date_format(to.away_until, "l j F")
        return TransitionRefused(_("%(name)s is away until %(day)s.") % {"name": to, "day": day})
    if tenant_request.assignee_id == to.pk:
        return TransitionRefused(_("%(name)s has this request already.") % {"name": to}, "repetition")
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
