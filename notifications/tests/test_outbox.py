"""The life of a mail, on a real database and a real mail server."""

import json
import logging
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from structlog.testing import capture_logs

from contacts.models import User
from notifications.models import MailServer, OutgoingEmail
from notifications.outbox import BACK_OFF, LAST_ATTEMPT, Mail, ResendRefused, deliver, digest, enqueue, resend, sweep
from notifications.tests.smtp_sink import Sink

pytestmark = pytest.mark.django_db
Make = Callable[..., Mail]
THEO = "theo@bakkerijdesmet.example"
AN = "an@bakkerijdesmet.example"
Registry = pytest.MonkeyPatch


@pytest.fixture(autouse=True)
def _nothing_registered(monkeypatch: Registry) -> None:
    """What other apps registered is tested there."""
    monkeypatch.setattr("notifications.outbox.GUARDS", [])
    monkeypatch.setattr("notifications.outbox.REFUSALS", [])
    monkeypatch.setattr("notifications.outbox.PLACEHOLDERS", {})


def reread(mail: OutgoingEmail) -> OutgoingEmail:
    mail.refresh_from_db()
    return mail


def make_due(mail: OutgoingEmail) -> None:
    OutgoingEmail.objects.filter(pk=mail.pk).update(due_at=Now())


def wait_of(mail: OutgoingEmail) -> timedelta:
    """How far away the next attempt is, to the minute."""
    row = OutgoingEmail.objects.annotate(now=Now()).get(pk=mail.pk)
    return timedelta(minutes=round((row.due_at - row.now).total_seconds() / 60))


# Promising


def test_enqueue_and_deliver_bring_a_mail_to_its_reader(smtp: Sink, mail: Make) -> None:
    [row] = enqueue([mail(about="tenant_request:42")])

    assert deliver() == 1

    [arrived] = smtp.inbox
    assert arrived.to == THEO
    assert arrived.subject == "Nordwave asked us for a tenant"
    assert arrived.text == "Dear Theo,\n"
    assert arrived.html == "<p>Dear Theo,</p>\n"
    assert reread(row).state == "accepted"
    assert (row.attempts, row.outcome, row.maybe_duplicates) == (1, "250 2.0.0 Taken", 0)
    assert row.sent_at is not None
    assert deliver() == 0


def test_r41_a_mail_has_a_fixed_sender_and_a_reply_address(smtp: Sink, mail: Make) -> None:
    [row] = enqueue([mail()])

    deliver()

    message = smtp.inbox[0].message
    assert message["From"] == "Arxus <portal@arxus.example>"
    assert message["Reply-To"] == "servicedesk@arxus.example"
    assert message["To"] == f"Theo Lambert <{THEO}>"
    assert message["Message-ID"] == f"<{row.pk}@arxus.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "nl"
    assert smtp.inbox[0].sender == "portal@arxus.example"


def test_r40_no_mail_of_a_transaction_that_was_rolled_back(smtp: Sink, mail: Make) -> None:
    with transaction.atomic():
        enqueue([mail()])
        transaction.set_rollback(True)

    assert deliver() == 0
    assert smtp.inbox == []


def test_r17_one_event_writes_to_an_address_once(mail: Make) -> None:
    with pytest.raises(ValueError, match="once"):
        enqueue([mail(THEO), mail(THEO.upper())])

    [row] = enqueue([mail(THEO)])
    with pytest.raises(IntegrityError), transaction.atomic():
        OutgoingEmail.objects.create(event=row.event, to_email=THEO)


@pytest.mark.parametrize(
    "address",
    [
        "a@x.example, b@x.example",
        "a@x.example\nb@x.example",
        "Team: a@x.example;",
        "A <a@x.example>",
        "é@x.example",
        f"{'a' * 64}@{'x' * 200}.example",
    ],
)
def test_t76_what_is_not_one_address_is_kept_as_failed(smtp: Sink, mail: Make, address: str) -> None:
    [row, _other] = enqueue([mail(address), mail(AN)])

    deliver()

    assert reread(row).state == "failed"
    assert row.outcome == "This is not the mail address of one person."
    assert [arrived.to for arrived in smtp.inbox] == [AN]


def test_f41_every_recipient_is_a_row(smtp: Sink, mail: Make) -> None:
    smtp.misbehave("rcpt", "550 5.1.1 No such mailbox", to=THEO)
    theo, an = enqueue([mail(THEO), mail(AN)])

    deliver()

    assert (reread(theo).state, reread(an).state) == ("refused", "accepted")
    assert smtp.inbox[0].message["Cc"] is None


def test_an_address_with_an_international_domain_is_written_in_ascii(smtp: Sink, mail: Make) -> None:
    enqueue([mail("jan@bücher.example")])

    deliver()

    assert smtp.inbox[0].to == "jan@xn--bcher-kva.example"


# What the server says


@pytest.mark.parametrize("code", ["421", "450", "451", "452", "454"])
@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
def test_f38_come_again_is_no_refusal(smtp: Sink, mail: Make, stage: str, code: str) -> None:
    smtp.misbehave(stage, f"{code} 4.2.0 Greylisted, come again")
    theo, an = enqueue([mail(THEO), mail(AN)])

    deliver()

    assert reread(theo).state == "waiting"
    assert theo.outcome == f"{code} 4.2.0 Greylisted, come again"
    assert wait_of(theo) == timedelta(minutes=1)
    assert reread(an).state == "accepted"
    make_due(theo)
    deliver()
    assert reread(theo).state == "accepted"
    assert theo.attempts == 2


@pytest.mark.parametrize("code", ["550", "551", "553"])
def test_f39_a_refused_address_is_refused_at_once(smtp: Sink, mail: Make, code: str) -> None:
    smtp.misbehave("rcpt", f"{code} 5.1.1 No such mailbox", to=THEO)
    theo, an = enqueue([mail(THEO), mail(AN)])

    deliver()

    assert reread(theo).state == "refused"
    assert theo.outcome == f"{code} 5.1.1 No such mailbox"
    assert theo.sent_at is None
    assert reread(an).state == "accepted"


@pytest.mark.parametrize("stage", ["data", "dot"])
@pytest.mark.parametrize("code", ["552", "554"])
def test_f40_a_mail_that_the_server_does_not_want_has_failed(smtp: Sink, mail: Make, stage: str, code: str) -> None:
    smtp.misbehave(stage, f"{code} 5.7.1 Not this")
    theo, an = enqueue([mail(THEO), mail(AN)])

    deliver()

    assert reread(theo).state == "failed"
    assert theo.outcome == f"{code} 5.7.1 Not this"
    assert reread(an).state == "accepted"


@pytest.mark.parametrize(
    ("stage", "reply"),
    [
        ("connect", "554 5.7.1 No service for you"),
        ("auth", "535 5.7.8 Wrong password"),
        ("mail", "530 5.7.0 Log in first"),
        ("mail", "550 5.7.1 Sender not allowed"),
        ("rcpt", "530 5.7.0 Log in first"),
    ],
)
def test_f40_a_wrong_configuration_pauses_the_queue(smtp: Sink, mail: Make, settings, stage: str, reply: str) -> None:
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "portal", "secret of the mailbox"
    smtp.misbehave(stage, reply)
    rows = enqueue([mail(THEO), mail(AN)])

    with capture_logs() as logs:
        assert deliver() == 1
        assert deliver() == 0

    assert [(reread(row).state, row.attempts) for row in rows] == [("waiting", 0)] * 2
    alarm = next(line for line in logs if line["event"] == "mail_server_failed")
    assert (alarm["log_level"], alarm["words"]) == ("error", reply)


def test_f09_back_off_grows_to_an_hour_and_ends_after_72_hours() -> None:
    waits = [BACK_OFF[min(attempt, len(BACK_OFF)) - 1] for attempt in range(1, LAST_ATTEMPT)]

    assert [wait.seconds // 60 for wait in waits[:7]] == [1, 5, 15, 30, 60, 60, 60]
    assert timedelta(hours=71) < sum(waits, timedelta()) <= timedelta(hours=72)


def test_f35_a_server_that_is_away_is_tried_again_until_72_hours(mail: Make, smtp: Sink, settings) -> None:
    settings.EMAIL_PORT = 1
    theo, an = enqueue([mail(THEO), mail(AN)])
    OutgoingEmail.objects.filter(pk=an.pk).update(attempts=LAST_ATTEMPT - 1, due_at=Now() + timedelta(minutes=1))

    assert deliver() == 1
    make_due(an)
    assert deliver() == 1

    assert (reread(theo).state, wait_of(theo)) == ("waiting", timedelta(minutes=1))
    assert theo.outcome.startswith("ConnectionRefusedError")
    assert reread(an).state == "failed"


def test_f36_five_failures_within_a_minute_pause_the_queue(mail: Make, smtp: Sink) -> None:
    smtp.misbehave("connect", "421 Too busy", times=5)
    rows = enqueue([mail(f"p{number}@x.example") for number in range(7)])

    tried = [deliver() for _ in range(7)]

    assert tried == [1, 1, 1, 1, 1, 0, 0]
    assert sum(reread(row).attempts for row in rows) == 5
    MailServer.objects.update(paused_until=Now())
    assert deliver() == 1  # one mail, to see
    assert len(smtp.inbox) == 1
    assert deliver() == 1  # the pause is over
    assert len(smtp.inbox) == 2


def test_f36_a_silent_server_is_given_up(mail: Make, smtp: Sink, monkeypatch: Registry) -> None:
    monkeypatch.setattr("notifications.smtp.CONNECT_TIMEOUT", 0.2)
    smtp.misbehave("connect", seconds=float("inf"))
    [row] = enqueue([mail()])

    deliver()

    assert reread(row).state == "waiting"
    assert row.maybe_duplicates == 0


@pytest.mark.parametrize("stage", ["ehlo", "mail", "rcpt", "data"])
def test_f36_silence_in_the_middle_is_given_up(mail: Make, smtp: Sink, monkeypatch: Registry, stage: str) -> None:
    monkeypatch.setattr("notifications.smtp.COMMAND_TIMEOUT", 0.2)
    smtp.misbehave(stage, seconds=float("inf"))
    [row] = enqueue([mail()])

    deliver()

    assert (reread(row).state, row.maybe_duplicates) == ("waiting", 0)
    assert smtp.inbox == []


def test_f37_a_slow_answer_to_the_end_is_waited_for(mail: Make, smtp: Sink, monkeypatch: Registry) -> None:
    monkeypatch.setattr("notifications.smtp.COMMAND_TIMEOUT", 0.3)
    monkeypatch.setattr("notifications.smtp.KEEP_EVERY", 0.1)
    monkeypatch.setattr("notifications.leases.RENEW_AFTER", 0)
    monkeypatch.setattr("notifications.leases.LEASE", timedelta(seconds=0.5))
    smtp.misbehave("dot", seconds=1.5)
    [row] = enqueue([mail()])

    deliver()

    assert (reread(row).state, row.attempts, row.maybe_duplicates) == ("accepted", 1, 0)
    assert len(smtp.inbox) == 1


@pytest.mark.parametrize("how", [{"seconds": float("inf")}, {"drop": True}])
def test_f37_no_answer_to_the_end_may_be_a_duplicate(mail: Make, smtp: Sink, monkeypatch: Registry, how: dict) -> None:
    monkeypatch.setattr("notifications.smtp.FINAL_TIMEOUT", 0.3)
    smtp.misbehave("dot", **how)
    [row] = enqueue([mail()])

    deliver()

    assert (reread(row).state, row.maybe_duplicates) == ("waiting", 1)
    make_due(row)
    deliver()
    assert reread(row).state == "accepted"
    assert smtp.inbox[-1].message_id == f"<{row.pk}@arxus.example>"


def test_a_connection_that_was_ended_between_two_mails_is_opened_again(mail: Make, smtp: Sink) -> None:
    smtp.misbehave("rset", drop=True)
    rows = enqueue([mail(THEO), mail(AN)])

    deliver()

    assert [(reread(row).state, row.attempts) for row in rows] == [("accepted", 1)] * 2


# Rows that are difficult


@pytest.mark.parametrize(
    "poison",
    [
        {"subject": "Tenant\r\nBcc: everybody@x.example"},
        {"to_name": "Theo\nBcc: everybody@x.example"},
        {"text": "[[nobody_fills_this]]"},
    ],
)
def test_t74_f10_poison_fails_at_once_and_stops_nobody(smtp: Sink, mail: Make, poison: dict[str, str]) -> None:
    theo, an = enqueue([mail(THEO, **poison), mail(AN)])

    deliver()

    assert (reread(theo).state, theo.attempts) == ("failed", 1)
    assert theo.outcome.startswith("This mail could not be put together (")
    assert reread(an).state == "accepted"
    assert [arrived.to for arrived in smtp.inbox] == [AN]


def test_f09_a_mail_that_kills_its_senders_is_put_aside(mail: Make, smtp: Sink) -> None:
    [row] = enqueue([mail()])
    became = []

    for _ in range(5):
        OutgoingEmail.objects.filter(pk=row.pk).update(state="sending", leased_until=Now() - timedelta(seconds=1))
        sweep()
        became.append(reread(row).state)

    assert became == ["waiting"] * 4 + ["failed"]
    assert (row.maybe_duplicates, row.outcome) == (5, "Sending this mail broke off 5 times.")


def test_sweep_leaves_a_lease_that_still_holds(mail: Make) -> None:
    [row] = enqueue([mail()])
    OutgoingEmail.objects.filter(pk=row.pk).update(state="sending", leased_until=Now() + timedelta(seconds=1))

    assert sweep() == 0
    assert reread(row).state == "sending"


def test_a_verdict_counts_only_while_the_lease_is_ours(smtp: Sink, mail: Make, monkeypatch: Registry) -> None:
    def somebody_else(row: OutgoingEmail) -> None:
        OutgoingEmail.objects.filter(pk=row.pk).update(lease="00000000-0000-4000-8000-000000000000", outcome="theirs")

    monkeypatch.setattr("notifications.outbox.GUARDS", [somebody_else])
    [row] = enqueue([mail()])

    deliver()

    assert (reread(row).state, row.outcome) == ("sending", "theirs")


# Order, holding back, withholding


def test_f47_mails_about_one_thing_leave_in_order(smtp: Sink, mail: Make) -> None:
    smtp.misbehave("rcpt", "450 Greylisted")
    [received] = enqueue([mail(subject="Received", about="tenant_request:42")])
    [approved] = enqueue([mail(subject="Approved", about="tenant_request:42")])
    [other] = enqueue([mail(subject="Another request", about="tenant_request:43")])

    deliver()
    assert [arrived.subject for arrived in smtp.inbox] == ["Another request"]

    make_due(received)
    deliver()
    assert [arrived.subject for arrived in smtp.inbox] == ["Another request", "Received", "Approved"]
    assert reread(approved).state == reread(other).state == "accepted"


def test_f47_a_refused_mail_lets_the_next_one_go(smtp: Sink, mail: Make) -> None:
    smtp.misbehave("dot", "554 Not this one")
    enqueue([mail(subject="Received", about="tenant_request:42")])
    enqueue([mail(subject="Approved", about="tenant_request:42")])

    deliver()

    assert [arrived.subject for arrived in smtp.inbox] == ["Approved"]


def test_a_mail_held_for_a_day_does_not_hold_up_the_next_one(smtp: Sink, mail: Make) -> None:
    [row] = enqueue([mail(subject="Ended", about="tenant_request:42")])
    OutgoingEmail.objects.filter(pk=row.pk).update(due_at=Now() + timedelta(days=1))
    enqueue([mail(subject="Open again", about="tenant_request:42")])

    deliver()

    assert [arrived.subject for arrived in smtp.inbox] == ["Open again"]


def test_r45_f46_a_guard_withholds_a_mail_just_before_it_leaves(smtp: Sink, mail: Make, monkeypatch: Registry) -> None:
    def still_open(row: OutgoingEmail) -> str | None:
        return "The request was withdrawn." if row.facts.get("request") == "withdrawn" else None

    monkeypatch.setattr("notifications.outbox.GUARDS", [lambda _row: None, still_open])
    theo, an = enqueue([mail(THEO, facts={"request": "withdrawn"}), mail(AN)])

    deliver()

    assert (reread(theo).state, theo.outcome) == ("withheld", "The request was withdrawn.")
    assert reread(an).state == "accepted"
    assert [arrived.to for arrived in smtp.inbox] == [AN]


# Secrets

SECRET = "http://localhost:8000/activate/5f0e6f0a/fVh3kq0Zr9sY2mT7wX1cB4nD8/"


def test_r42_t44_a_placeholder_is_filled_only_on_its_way(
    smtp: Sink, mail: Make, monkeypatch: Registry, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("notifications.outbox.PLACEHOLDERS", {"access_link": lambda _row: f"{SECRET}?a=1&b=2"})
    caplog.set_level(logging.DEBUG)
    html = '<a href="[[access_link]]">Set your password</a>'
    [row] = enqueue([mail(text="Here:\n[[access_link]]\n", html=html)])

    deliver()

    assert smtp.inbox[0].text == f"Here:\n{SECRET}?a=1&b=2\n"
    assert smtp.inbox[0].html == f'<a href="{SECRET}?a=1&amp;b=2">Set your password</a>\n'
    assert "fVh3" not in _everything_about(row)
    assert "fVh3" not in caplog.text + "".join(capfd.readouterr())


@pytest.mark.parametrize("stage", ["data", "dot", "rcpt"])
def test_r42_t44_a_server_that_quotes_the_link_is_not_written_down(
    smtp: Sink, mail: Make, monkeypatch: Registry, capfd: pytest.CaptureFixture[str], stage: str
) -> None:
    monkeypatch.setattr("notifications.outbox.PLACEHOLDERS", {"access_link": lambda _row: SECRET})
    smtp.misbehave(stage, f"554 Blocked: {SECRET} and fVh3kq0Zr9sY2mT7wX1cB4nD8")
    [row] = enqueue([mail(text="[[access_link]]")])

    deliver()

    assert reread(row).outcome == "554 Blocked: [[access_link]] and [[access_link]]"
    assert "fVh3" not in "".join(capfd.readouterr())


def test_r42_t44_an_error_while_filling_is_not_quoted(
    smtp: Sink, mail: Make, monkeypatch: Registry, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(_row: OutgoingEmail) -> str:
        raise LookupError(SECRET)

    monkeypatch.setattr("notifications.outbox.PLACEHOLDERS", {"access_link": broken})
    [row] = enqueue([mail(text="[[access_link]]")])

    deliver()

    assert reread(row).outcome == "This mail could not be put together (LookupError)."
    assert "fVh3" not in _everything_about(row) + "".join(capfd.readouterr())


def _everything_about(row: OutgoingEmail) -> str:
    return json.dumps(OutgoingEmail.objects.filter(pk=row.pk).values().get(), default=str)


# Again


def test_r44_resend_is_a_new_mail_with_the_same_words(smtp: Sink, mail: Make, sam: User) -> None:
    [row] = enqueue([mail(facts={"access_link": "7"}, about="tenant_request:42")])
    deliver()

    again = resend(row, sam)
    deliver()

    first, second = smtp.inbox
    assert (first.subject, first.text, first.html) == (second.subject, second.text, second.html)
    assert first.message_id != second.message_id
    assert again.facts == {"access_link": "7", "sent_again": {"of": str(row.pk), "by": str(sam.pk)}}
    assert (reread(again).state, again.about) == ("accepted", "tenant_request:42")


def test_resend_is_refused_while_the_mail_is_on_its_way(mail: Make, sam: User) -> None:
    [row] = enqueue([mail()])

    with pytest.raises(ResendRefused, match="on its way"):
        resend(row, sam)


def test_t52_a_mail_is_sent_again_three_times_an_hour(mail: Make, sam: User) -> None:
    row, other = enqueue([mail(about="tenant_request:42"), mail(AN, about="tenant_request:42")])
    sent = OutgoingEmail.objects.all()
    sent.update(state="accepted")
    for _time in range(3):
        resend(row, sam)
        sent.update(state="accepted")

    with capture_logs() as logs, pytest.raises(ResendRefused, match="sent again 3 times within the hour"):
        resend(row, sam)
    resend(other, sam)
    sent.update(state="accepted", created_at=Now() - timedelta(hours=1, minutes=1))
    resend(row, sam)

    assert [(line["event"], line["limit"], line["user"], line["mail"]) for line in logs] == [
        ("limit_reached", "resends_per_hour", sam.pk, str(row.pk))
    ]


def test_digest_changes_with_anything_that_a_reader_would_see(mail: Make) -> None:
    mails = [mail(THEO), mail(AN)]

    assert digest(mails) == digest(reversed(mails))
    assert len(digest(mails)) == 64
    others = [{"subject": "x"}, {"text": "x"}, {"html": "x"}, {"to_email": "x@x.example"}, {"to_name": "x"}]
    assert len({digest([mail(**fields)]) for fields in [{}, *others]}) == 6
    assert digest([mail(THEO, facts={"status": "registered"})]) == digest([mail(THEO)])
