"""A mail that its reader does not have (refused, failed, come back) is told to owner and reviewer, once.

Nobody is told of a lost notice, and no address is told that it is lost: so no mail leads to a mail for ever.
"""

from django.db import transaction
from django.utils import timezone

from notifications import outbox
from notifications.models import OutgoingEmail
from tenants import announcements, named
from tenants.events import Event
from tenants.models import OPEN, Status, TenantRequest
from tenants.workflow import lock

NOTICE = "mail_lost"


def tell() -> int:
    """Tell of every lost mail that nobody was told of yet; safe to run twice, and at once."""
    keys = list(outbox.lost().order_by("created_at").values_list("pk", flat=True)[:200])
    for key in keys:
        with transaction.atomic():
            if mail := outbox.lost().select_for_update(skip_locked=True).filter(pk=key).first():
                _tell(mail)
                mail.told_at = timezone.now()
                mail.save(update_fields=["told_at"])
    return len(keys)


def _tell(mail: OutgoingEmail) -> None:
    about, _colon, pk = mail.about.partition(":")
    if about != "tenant_request" or mail.template == NOTICE or mail.template not in announcements.MAIL_NAMES:
        return
    known = TenantRequest.objects.sent().filter(pk=pk, status__in=[*OPEN, Status.REGISTERED]).first()
    if known is None:
        return  # ended: nothing is left to correct
    tenant_request = lock(known)
    data = tenant_request.submissions.latest("version").data
    place = named.place_of(data, mail.to_email)
    if place is None and mail.to_email != tenant_request.owner.email:
        return  # corrected since
    event = Event(NOTICE, tenant_request, None, timezone.now(), data, due_on=tenant_request.due_on, lost=mail)
    outbox.enqueue(notice for notice in announcements.mails(event) if notice.to_email != mail.to_email)
