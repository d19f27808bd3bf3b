"""Trouble with the mail server itself, as opposed to trouble with one mail.

Five failed connections within a minute, or one fault of configuration, pause the whole queue: no mail spends its
attempts on a server that takes none. Once a minute one mail is sent to see whether it works again.
"""

from datetime import timedelta
from enum import Enum

import structlog
from django.db import transaction
from django.db.models.functions import Now

from notifications.models import MailServer

log = structlog.get_logger(__name__)

FAILURES = 5
PAUSE = timedelta(seconds=60)
ALARM_AFTER = timedelta(minutes=15)


class Leave(Enum):
    YES = "yes"
    PROBE = "one mail, to see whether it works again"
    NO = "no"


def leave_to_send() -> Leave:
    server = MailServer.objects.first()
    if server is None or server.paused_until is None:
        return Leave.YES
    # Whoever moves the end of the pause is the one that probes.
    probing = MailServer.objects.filter(paused_until__lte=Now()).update(paused_until=Now() + PAUSE)
    return Leave.PROBE if probing else Leave.NO


def failed(words: str, *, configuration: bool) -> None:
    """Remember that the server could not be used, and pause the queue if that is no accident."""
    with transaction.atomic():
        MailServer.objects.get_or_create(pk=1)
        server = MailServer.objects.select_for_update().annotate(now=Now()).get(pk=1)
        recently = server.failed_at and server.now - server.failed_at < PAUSE
        server.failures = server.failures + 1 if recently else 1
        server.failing_since = server.failing_since or server.now
        server.failed_at, server.words = server.now, words
        if configuration or server.paused_until or server.failures >= FAILURES:
            server.paused_until = server.now + PAUSE
        server.save()
    late = server.now - server.failing_since >= ALARM_AFTER
    level = log.error if configuration or late else log.warning
    level("mail_server_failed", words=words, configuration=configuration, since=server.failing_since.isoformat())


def over() -> None:
    MailServer.objects.filter(failing_since__isnull=False).update(
        failures=0, failing_since=None, failed_at=None, paused_until=None, words=""
    )
