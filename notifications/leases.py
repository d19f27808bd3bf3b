"""Claims on mails: a sender takes a row for a while, and writes down what became of it only while it is its own."""

import time
import uuid
from datetime import timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from notifications.models import UNFINISHED, OutgoingEmail

log = structlog.get_logger(__name__)
State = OutgoingEmail.State

LEASE = timedelta(seconds=45)
RENEW_AFTER = 10  # seconds


def claim() -> OutgoingEmail | None:
    """The oldest mail that is due, with a lease of ours and the attempt counted: a mail that kills us has been counted.

    Mails about one thing to one address leave in order. One that is held back for later does not hold up the others.
    """
    before = OutgoingEmail.objects.filter(
        Q(due_at__lte=Now()) | Q(attempts__gt=0),
        about=OuterRef("about"),
        to_email=OuterRef("to_email"),
        state__in=UNFINISHED,
        created_at__lt=OuterRef("created_at"),
    ).exclude(about="")
    due = OutgoingEmail.objects.filter(~Exists(before), state=State.WAITING, due_at__lte=Now())
    with transaction.atomic():
        mail = due.select_for_update(skip_locked=True).order_by("due_at", "created_at").first()
        if mail:
            mail.state, mail.lease, mail.attempts = State.SENDING, uuid.uuid4(), mail.attempts + 1
            OutgoingEmail.objects.filter(pk=mail.pk).update(
                state=mail.state, lease=mail.lease, attempts=mail.attempts, leased_until=Now() + LEASE
            )
    return mail


def settle(mail: OutgoingEmail, state: State, outcome: str, **more: Any) -> None:
    """Write down what became of a mail, if it is still ours."""
    ours = OutgoingEmail.objects.filter(pk=mail.pk, lease=mail.lease)
    kept = ours.update(state=state, outcome=outcome, lease=None, leased_until=None, **more)
    level = log.error if state is State.FAILED else log.info
    level("mail", mail=str(mail.pk), template=mail.template, attempt=mail.attempts, became=str(state), kept=bool(kept))


class LeaseLost(Exception):
    """Somebody else has this mail now."""


class Lease:
    """Our claim on one mail, renewed while the mail server takes its time."""

    def __init__(self, mail: OutgoingEmail) -> None:
        self._ours = OutgoingEmail.objects.filter(pk=mail.pk, lease=mail.lease)
        self._renewed = time.monotonic()

    def keep(self) -> None:
        """Raises LeaseLost, before the mail has been sent a second time."""
        if time.monotonic() - self._renewed >= RENEW_AFTER:
            if not self._ours.update(leased_until=Now() + LEASE):
                raise LeaseLost
            self._renewed = time.monotonic()
