"""How often somebody may ask for a mail, or be heard without a login (T37, T52); the log says who did too often."""

import structlog
from allauth.core.internal import ratelimit
from django.http import HttpRequest

log = structlog.get_logger(__name__)


def is_reached(request: HttpRequest, limit: str, rate: str, *, app: str = "contacts", key: str | None = None) -> bool:
    """Whether this is once too often; `rate` such as "20/h/ip". Looking at a page does not count."""
    used = ratelimit.consume(request, app=app, action=limit, config={limit: rate}, key=key)
    if used is None:
        note(limit, request.user.pk)
    return used is None


def note(limit: str, user: int | None) -> None:
    """Whoever came to a limit, or None for a stranger."""
    log.warning("limit_reached", limit=limit, user=user)
