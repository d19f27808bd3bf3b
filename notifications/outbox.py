"""The outbox: enqueue() promises mails, deliver() keeps the promises, sweep() picks up what a crash left behind.

The row is the promise, Celery is the alarm clock. A row leaves its states `waiting` and `sending` once and for good:

    waiting → sending → accepted | refused (no such mailbox) | failed | withheld
                        accepted → bounced, when staff write down that it came back
                      → waiting again, later: the server asked for patience, or could not be reached

What is sent at least once may, after a crash between "sent" and "written down", be sent twice: with the same
Message-ID, and counted in `maybe_duplicates` (R40). All times are the database's.
"""

import hashlib
import json
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import DatabaseError, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from notifications import leases, message, smtp, trouble
from notifications.models import LOST, UNFINISHED, OutgoingEmail
from notifications.smtp import Verdict

log = structlog.get_logger(__name__)
State = OutgoingEmail.State

# Each app appends its own in AppConfig.ready(). A sentence that a guard returns withholds the mail (R45).
GUARDS: list[Callable[[OutgoingEmail], str | None]] = []
# The same, asked already when mails are promised: their readers must not be written to at all. Asked of all mails of an
# event at once; the answer names those to withhold by their place among them.
REFUSALS: list[Callable[[Sequence["Mail | OutgoingEmail"]], Mapping[int, str]]] = []
# What stands for [[name]] in text and HTML, filled in memory while delivering and written down nowhere (R42).
PLACEHOLDERS: dict[str, Callable[[OutgoingEmail], str]] = {}
# How staff send a mail again that is about a thing of theirs, with the line of its history (R05); None for all else.
AGAIN: list[Callable[[OutgoingEmail, AbstractBaseUser], OutgoingEmail | None]] = []
# Where staff write down that a mail came back, as an address, for what has a page of its own; "" for all else.
CAME_BACK_AT: list[Callable[[OutgoingEmail], str]] = []

BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60))  # then hourly
LAST_ATTEMPT = 76  # comes 72 hours after the first
CRASHES = 5
RESENDS_PER_HOUR, HOUR = 3, timedelta(hours=1)  # of one mail to one address (T52)


@dataclass(frozen=True)
class Mail:
    """A finished mail that is stored nowhere yet: what a preview shows is what enqueue() stores (R32)."""

    to_email: str
    to_name: str
    language: str
    template: str
    subject: str
    text: str
    html: str
    about: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    due_at: datetime | None = None


class ResendRefused(Exception):
    """Why a mail cannot be sent again now, in a sentence for the person who asked."""


def enqueue(mails: Iterable[Mail]) -> list[OutgoingEmail]:
    """Promise these mails, all of one event, in the caller's transaction.

    Raises ValueError for two mails to one address (R17: one mail per address and event, with a paragraph per role).
    What cannot be an address of one person is kept as failed, and what must not be written as withheld, for staff to
    see: neither may undo the act that it tells of.
    """
    mails = list(mails)
    if len({mail.to_email.casefold() for mail in mails}) < len(mails):
        raise ValueError("One event writes to an address once.")
    event = uuid.uuid4()
    rows = zip(mails, refusals(mails), strict=True)
    return OutgoingEmail.objects.bulk_create([_row(mail, event, why) for mail, why in rows])


def _row(mail: Mail, event: uuid.UUID, why: str | None) -> OutgoingEmail:
    row = OutgoingEmail(
        event=event,
        about=mail.about,
        template=mail.template,
        facts=mail.facts,
        to_email=mail.to_email[:254],
        to_name=mail.to_name,
        language=mail.language,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
    )
    if mail.due_at:
        row.due_at = mail.due_at
    try:
        validate_email(mail.to_email)
    except ValidationError:
        row.state, row.outcome = State.FAILED, _("This is not the mail address of one person.")
        return row
    if why:
        row.state, row.outcome = State.WITHHELD, why
    return row


def refusals(mails: Sequence[Mail | OutgoingEmail]) -> list[str | None]:
    """Why each of these mails is withheld at once when it is promised, or None."""
    found = [refuses(mails) for refuses in REFUSALS] if mails else []
    return [next((reasons[n] for reasons in found if reasons.get(n)), None) for n in range(len(mails))]


def refusal(mail: Mail | OutgoingEmail) -> str | None:
    return refusals([mail])[0]


def untrue(mail: OutgoingEmail) -> str | None:
    """Why this mail must not leave now (R14, R45), or None."""
    return next((said for guard in [*GUARDS, refusal] if (said := guard(mail))), None)


def digest(mails: Iterable[Mail]) -> str:
    """SHA-256 of what the readers would see: equal as long as a preview still tells the truth."""
    seen = sorted((mail.to_email, mail.to_name, mail.subject, mail.text, mail.html) for mail in mails)
    return hashlib.sha256(json.dumps(seen).encode()).hexdigest()


def send_again(mail: OutgoingEmail, by: AbstractBaseUser) -> OutgoingEmail:
    """Promise the same mail once more, as whatever it is about wants it done. Raises ResendRefused."""
    done = (again for act in AGAIN if (again := act(mail, by)))
    return next(done, None) or resend(mail, by)


def resend(mail: OutgoingEmail, by: AbstractBaseUser) -> OutgoingEmail:
    """Promise the same mail once more, as a new row: the old Message-ID would be dropped as a duplicate."""
    with transaction.atomic():
        mail = OutgoingEmail.objects.select_for_update().get(pk=mail.pk)
        same = OutgoingEmail.objects.filter(about=mail.about, to_email=mail.to_email, template=mail.template)
        if same.filter(state__in=UNFINISHED).exists():
            raise ResendRefused(_("This mail is on its way already."))
        if same.filter(facts__has_key="sent_again", created_at__gt=Now() - HOUR).count() >= RESENDS_PER_HOUR:
            log.warning("limit_reached", limit="resends_per_hour", user=by.pk, mail=str(mail.pk))
            said = _("This mail was sent again {times} times within the hour. Wait a little, or telephone.")
            raise ResendRefused(said.format(times=RESENDS_PER_HOUR))
        # What must never be written is said before what is no longer true.
        if why := refusal(mail) or untrue(mail):
            raise ResendRefused(why)
        return OutgoingEmail.objects.create(
            event=uuid.uuid4(),
            about=mail.about,
            template=mail.template,
            facts={**mail.facts, "sent_again": {"of": str(mail.pk), "by": str(by.pk)}},
            to_email=mail.to_email,
            to_name=mail.to_name,
            language=mail.language,
            subject=mail.subject,
            text=mail.text,
            html=mail.html,
        )


def withhold(mails: QuerySet[OutgoingEmail], reason: str) -> int:
    """Take back, in the caller's transaction, those of these mails that have not left; what is being sent leaves."""
    return mails.filter(state=State.WAITING).update(state=State.WITHHELD, outcome=reason)


def lost() -> QuerySet[OutgoingEmail]:
    """The mails that their readers do not have, and of which nobody was told yet."""
    return OutgoingEmail.objects.filter(state__in=LOST, told_at=None)


def came_back(mail: OutgoingEmail, words: str) -> bool:
    """Write down that a mail which a server had accepted came back, in the caller's transaction; False if none was."""
    accepted = OutgoingEmail.objects.filter(pk=mail.pk, state=State.ACCEPTED)
    return bool(accepted.update(state=State.BOUNCED, outcome=words))


def came_back_at(mail: OutgoingEmail) -> str:
    """The page on which it is written down that this mail came back; "" for the page of the mail itself."""
    return next((address for where in CAME_BACK_AT if (address := where(mail))), "")


def not_back(mail: OutgoingEmail, words: str) -> bool:
    """Take back, in the caller's transaction, that a mail came back; False if it is not said of it."""
    bounced = OutgoingEmail.objects.filter(pk=mail.pk, state=State.BOUNCED)
    return bool(bounced.update(state=State.ACCEPTED, outcome=words, told_at=None))


def deliver(*, at_most: int = 500, seconds: float = 20) -> int:
    """Send what is due, oldest first, until nothing is or the time is up; say how many rows were tried.

    Any number of these may run at once. Not to be called in a transaction: a row is claimed in one of its own, sent
    outside any, and its verdict written down only if the claim still holds.
    """
    leave = trouble.leave_to_send()
    if leave is trouble.Leave.PROBE:
        at_most = 1
    tried, until = 0, time.monotonic() + seconds
    if leave is trouble.Leave.NO:
        return tried
    with smtp.Connection() as server:
        while tried < at_most and time.monotonic() < until and (mail := leases.claim()):
            tried += 1
            if not _deliver(mail, server):
                break
    return tried


def sweep() -> int:
    """Take back what a crash left in `sending`; a mail that took five senders with it is not tried again."""
    crashed = OutgoingEmail.objects.filter(state=State.SENDING, leased_until__lt=Now())
    counted = {"lease": None, "leased_until": None, "maybe_duplicates": F("maybe_duplicates") + 1}
    failed = crashed.filter(maybe_duplicates__gte=CRASHES - 1).update(
        state=State.FAILED, outcome=_("Sending this mail broke off {times} times.").format(times=CRASHES), **counted
    )
    back = crashed.update(state=State.WAITING, due_at=Now(), **counted)
    if failed or back:
        log.error("mails_taken_back", failed=failed, waiting=back)
    return failed + back


def _deliver(mail: OutgoingEmail, server: smtp.Connection) -> bool:
    """Try one mail and write down what became of it; whether the server can take another one."""
    try:
        if reason := untrue(mail):
            leases.settle(mail, State.WITHHELD, reason)
            return True
        values = {name: PLACEHOLDERS[name](mail) for name in message.placeholders(mail)}
        ready = message.build(mail, values)
    except DatabaseError:
        raise
    except Exception as error:
        # Whatever is wrong with one row must not stop the others. Only the kind of error is written down: its words may
        # quote what a placeholder stands for (R42).
        kind = type(error).__name__
        leases.settle(mail, State.FAILED, _("This mail could not be put together ({error}).").format(error=kind))
        return True
    try:
        answer = server.send(ready, keep=leases.Lease(mail).keep)
    except leases.LeaseLost:
        return True
    return _conclude(mail, answer.verdict, message.without(values, answer.words))


def _conclude(mail: OutgoingEmail, verdict: Verdict, words: str) -> bool:
    match verdict:
        case Verdict.ACCEPTED:
            leases.settle(mail, State.ACCEPTED, words, sent_at=Now())
        case Verdict.REFUSED:
            leases.settle(mail, State.REFUSED, words)
        case Verdict.FAILED:
            leases.settle(mail, State.FAILED, words)
        case Verdict.MISCONFIGURED:
            leases.settle(mail, State.WAITING, words, attempts=F("attempts") - 1)
        case Verdict.UNKNOWN:
            _try_later(mail, words, maybe_duplicates=F("maybe_duplicates") + 1)
        case _:
            _try_later(mail, words)
    usable = verdict not in (Verdict.MISCONFIGURED, Verdict.UNREACHABLE)
    if not usable:
        trouble.failed(words, configuration=verdict is Verdict.MISCONFIGURED)
    elif verdict not in (Verdict.LATER, Verdict.UNKNOWN):
        trouble.over()
    return usable


def _try_later(mail: OutgoingEmail, words: str, **more: Any) -> None:
    if mail.attempts >= LAST_ATTEMPT:
        leases.settle(mail, State.FAILED, words, **more)
    else:
        pause = BACK_OFF[min(mail.attempts, len(BACK_OFF)) - 1]
        leases.settle(mail, State.WAITING, words, due_at=Now() + pause, **more)
