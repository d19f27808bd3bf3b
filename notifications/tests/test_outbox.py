"""The life of a mail, on a real database and a real mail server."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from notifications.models import OutgoingEmail
from notifications.outbox import (
    Mail,
    deliver,
    enqueue,
)
from notifications.tests.smtp_sink import Sink

pytestmark = pytest.mark.django_db
Make = Callable[..., Mail]
THEO = "theo@bakkerijdesmet.example"


@pytest.fixture(autouse=True)
def _no_guards(monkeypatch: pytest.MonkeyPatch) -> None:
    """What other apps registered is tested there."""
    monkeypatch.setattr("notifications.outbox.GUARDS", [])
    monkeypatch.setattr("notifications.outbox.PLACEHOLDERS", {})


def state_of(mail: OutgoingEmail) -> str:
    mail.refresh_from_db()
    return mail.state


def make_due(*mails: OutgoingEmail) -> None:
    OutgoingEmail.objects.filter(pk__in=[mail.pk for mail in mails]).update(due_at=Now())


def wait_of(mail: OutgoingEmail) -> timedelta:
    """How long the next attempt is away, to the minute."""
    row = OutgoingEmail.objects.annotate(now=Now()).get(pk=mail.pk)
    return timedelta(minutes=round((row.due_at - row.now).total_seconds() / 60))


def test_enqueue_and_deliver_bring_a_mail_to_its_reader(smtp: Sink, mail: Make) -> None:
    [row] = enqueue([mail(about="tenant_request:42")])

    assert deliver() == 1

    [arrived] = smtp.inbox
    assert arrived.to == THEO
    assert arrived.subject == "Nordwave asked us for a tenant"
    assert arrived.text == "Dear Theo,\n"
    assert arrived.html == "<p>Dear Theo,</p>\n"
    assert state_of(row) == "accepted"
    assert (row.attempts, row.outcome, row.maybe_duplicates) == (1, "250 2.0.0 Taken", 0)
    assert row.sent_at is not None
    assert deliver() == 0
