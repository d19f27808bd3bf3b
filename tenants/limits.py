"""How much may be sent (R18, T37). Whoever comes to a limit reads so where they typed, and the log says who it was."""

from datetime import timedelta

import structlog
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from contacts.models import User
from tenants.models import OPEN, Submission, TenantRequest

log = structlog.get_logger(__name__)


def is_a_flood(by: User) -> bool:
    """Sending mails people who did not ask for it, so it is limited per user and hour (R18); later versions count."""
    lately = timezone.now() - timedelta(hours=1)
    mine = Q(sent_by=by, sent_at__gt=lately, corrected_at=None) | Q(corrected_by=by, corrected_at__gt=lately)
    return _reached("sendings_per_hour", by, Submission.objects.filter(mine).count() >= settings.SENDINGS_PER_HOUR)


def has_enough_open(tenant_request: TenantRequest, by: User) -> bool:
    """Whether a customer has as many open requests as one may have; asked with the customer's row locked."""
    others = TenantRequest.objects.filter(company=tenant_request.company_id, status__in=OPEN)
    count = others.exclude(pk=tenant_request.pk).count()
    return _reached("open_requests_per_company", by, count >= settings.OPEN_REQUESTS_PER_COMPANY)


def _reached(limit: str, by: User, reached: bool) -> bool:
    if reached:
        log.warning("limit_reached", limit=limit, user=by.pk)
    return reached
