"""Asking Arxus to stop: what is left to a partner once Arxus has started at Microsoft. A flag; Arxus decides."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import User
from contacts.permissions import Right
from notifications.outbox import enqueue
from tenants import history, staff_mails
from tenants.models import Status, TenantRequest
from tenants.transitions import TransitionRefused, lacks_the_right_of_partners
from tenants.workflow import lock


def refusal_to_ask(
    tenant_request: TenantRequest, by: User, rights: frozenset[Right] | None = None
) -> TransitionRefused | None:
    """Why `by` may not ask now, or None; `rights` where the caller has just asked for them."""
    if why := lacks_the_right_of_partners(tenant_request, by, rights):
        return why
    if tenant_request.stop_asked_at:
        return TransitionRefused(
            _("Arxus has been asked to stop already. It decides, and you get a mail."), "repetition"
        )
    if tenant_request.status != Status.REGISTERING or not tenant_request.started_at:
        return TransitionRefused(_("Nothing is being set up at Microsoft, so there is nothing to stop."), "status")
    return None


def ask(tenant_request: TenantRequest, *, by: User, text: str = "") -> TenantRequest:
    """Ask once; whoever has the request at Arxus gets a mail. The wish stands until the request ends, or the
    partner sends it again."""
    with transaction.atomic():
        fresh = lock(tenant_request)
        if why := refusal_to_ask(fresh, by):
            raise why
        fresh.stop_asked_at = timezone.now()
        fresh.save(update_fields=["stop_asked_at"])
        history.write(fresh, "ask_to_stop", by, comment=text, at=fresh.stop_asked_at)
        enqueue(staff_mails.stop_asked(fresh, by, text))
        return fresh
