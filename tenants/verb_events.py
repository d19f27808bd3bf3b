"""The event that a verb is about to be: what its preview and its mails tell, before anything is written (R32)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import User
from tenants import access, announcements, clock, working_days
from tenants.events import Event
from tenants.models import Remark, Status, Tenant, TenantRequest
from tenants.transitions import TRANSITIONS, TransitionRefused, Verb


def verb_event(verb: Verb, tenant_request: TenantRequest, by: User | None, **said: Any) -> Event:
    """What is about to happen, as the mails tell it; `data`, what was sent last, may be given."""
    now = timezone.now()
    data = said.pop("data", None) or tenant_request.submissions.latest("version").data
    due_on = clock.due_on(tenant_request, now)
    if TRANSITIONS[verb].target == Status.CHANGES_REQUESTED:
        due_on = working_days.on_or_after(working_days.today(now) + timedelta(days=settings.ANSWER_DAYS))
    if verb == Verb.REOPEN:
        due_on = working_days.add(working_days.today(now), settings.TARGET_WORKING_DAYS)
        said["had_ended"] = announcements.had_ended(tenant_request)
    if verb == Verb.CORRECT_REGISTRATION:
        said |= _correction(tenant_request, said["tenant"])
    if verb == Verb.REGISTER and "granted" not in said:
        try:
            said["granted"] = access.plan(tenant_request, data["contacts"]["technical"])
        except access.Refused as refused:
            raise TransitionRefused(str(refused)) from None
    return Event(verb, tenant_request, by, now, data, due_on=due_on, **said)


def other_contacts_event(
    fresh: TenantRequest,
    by: User,
    remarks: Sequence[Remark],
    comment: str,
    already: Sequence[Remark] | None = None,
    **known: Any,
) -> Event:
    """Sending a request back for other people (R14), or asking for more of one that the partner has; `already` are the
    remarks that stand there."""
    if already is None:
        there = fresh.status == Status.CHANGES_REQUESTED
        already = list(fresh.remarks.filter(version=fresh.version)) if there else []
    event = verb_event(Verb.REQUEST_CHANGES, fresh, by, comment=comment, remarks=[*already, *remarks], **known)
    return event if fresh.status == Status.TO_VALIDATE else replace(event, due_on=fresh.due_on)


def _correction(tenant_request: TenantRequest, right: Tenant) -> dict[str, Any]:
    """The tenant with its right id and domain, unsaved, and what that changes."""
    tenant = Tenant.objects.filter(tenant_request=tenant_request).first()
    if tenant is None:
        raise TransitionRefused(_("No tenant is registered yet."), "status")
    corrected = []
    for name in ("domain", "tenant_id"):
        before, after = str(getattr(tenant, name)), str(getattr(right, name))
        if before != after:
            corrected.append((name, before, after))
            setattr(tenant, name, getattr(right, name))
    if not corrected:
        raise TransitionRefused(_("Tenant id and domain are these already. Write the one that is different."))
    return {"tenant": tenant, "corrected": corrected}
