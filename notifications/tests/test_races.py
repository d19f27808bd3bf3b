"""Several senders at once, and senders that are killed, on a real database."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from notifications.models import MailServer, OutgoingEmail
from notifications.outbox import Mail, deliver, enqueue, sweep
from notifications.tests.smtp_sink import Sink

pytestmark = pytest.mark.django_db(transaction=True)
Make = Callable[..., Mail]
SENDER = "import django; django.setup(); from notifications.outbox import deliver; deliver()"


@pytest.fixture(autouse=True)
def _nothing_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifications.outbox.GUARDS", [])
    monkeypatch.setattr("notifications.outbox.REFUSALS", [])


def at_once(act: Callable[[], object], times: int) -> None:
    """Do it in so many threads, all starting together; what goes wrong in one of them is raised."""
    barrier, errors = threading.Barrier(times), []

    def run() -> None:
        try:
            barrier.wait()
            act()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []


def lapse(row: OutgoingEmail) -> None:
    """As if 45 seconds had passed."""
    OutgoingEmail.objects.filter(pk=row.pk).update(leased_until=Now() - timedelta(seconds=1))


def make_due() -> None:
    OutgoingEmail.objects.update(due_at=Now())


@pytest.fixture
def sender(smtp: Sink) -> Callable[[], subprocess.Popen[bytes]]:
    """Another process that delivers what is due, as a worker would."""

    def start() -> subprocess.Popen[bytes]:
        address, _, options = os.environ["DATABASE_URL"].partition("?")
        address = address.rpartition("/")[0] + "/" + str(connection.settings_dict["NAME"])
        environment = os.environ | {
            "DATABASE_URL": f"{address}?{options}" if options else address,
            "EMAIL_URL": f"smtp://127.0.0.1:{smtp.port}",
            "DJANGO_SETTINGS_MODULE": "portal.settings_test",
        }
        command = [sys.executable, "-c", SENDER]
        return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603 - our own words

    return start


def kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL


def test_r40_f08_many_senders_send_each_mail_once(smtp: Sink, mail: Make) -> None:
    enqueue([mail(f"p{number}@x.example") for number in range(40)])

    at_once(deliver, 5)

    assert sorted(arrived.to for arrived in smtp.inbox) == sorted(f"p{number}@x.example" for number in range(40))
    assert set(OutgoingEmail.objects.values_list("state", "attempts")) == {("accepted", 1)}


def test_f47_order_holds_with_many_senders(smtp: Sink, mail: Make) -> None:
    for number in range(12):
        enqueue([mail(subject=str(number), about="tenant_request:42")])

    for _ in range(12):  # a sender that finds the next one blocked goes home; beat sends another in two seconds
        at_once(deliver, 3)

    assert [arrived.subject for arrived in smtp.inbox] == [str(number) for number in range(12)]


def test_f08_two_sweepers_count_a_crash_once(mail: Make) -> None:
    rows = enqueue([mail(f"p{number}@x.example") for number in range(20)])
    OutgoingEmail.objects.update(state="sending", leased_until=Now() - timedelta(seconds=1))

    at_once(sweep, 4)

    assert set(OutgoingEmail.objects.values_list("state", "maybe_duplicates")) == {("waiting", 1)}
    assert len(rows) == 20


def test_a_sender_that_lost_its_lease_does_not_send(smtp: Sink, mail: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifications.leases.RENEW_AFTER", 0)
    smtp.misbehave("rcpt", seconds=float("inf"))
    [row] = enqueue([mail()])

    def slow() -> None:
        deliver()
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    smtp.wait_for("rcpt")
    lapse(row)
    sweep()
    deliver()
    smtp.let_go.set()
    thread.join(20)

    row.refresh_from_db()
    assert (row.state, row.attempts, row.maybe_duplicates) == ("accepted", 2, 1)
    assert len(smtp.inbox) == 1


@pytest.mark.parametrize("stage", ["connect", "ehlo", "rcpt", "data"])
def test_f04_a_sender_killed_before_the_end_of_a_mail_loses_nothing(
    smtp: Sink, mail: Make, sender: Callable[[], subprocess.Popen[bytes]], stage: str
) -> None:
    smtp.misbehave(stage, seconds=float("inf"))
    [row] = enqueue([mail()])
    process = sender()
    smtp.wait_for(stage)

    kill(process)
    assert deliver() == 0  # the lease still holds
    lapse(row)
    sweep()
    deliver()

    row.refresh_from_db()
    assert (row.state, row.attempts, row.maybe_duplicates) == ("accepted", 2, 1)
    assert len(smtp.inbox) == 1


def test_r40_f05_a_sender_killed_after_the_final_dot_sends_at_most_once_more(
    smtp: Sink, mail: Make, sender: Callable[[], subprocess.Popen[bytes]]
) -> None:
    smtp.misbehave("dot", seconds=float("inf"), taken=True)
    [row] = enqueue([mail()])
    process = sender()
    smtp.wait_for("dot")

    kill(process)
    lapse(row)
    sweep()
    deliver()

    row.refresh_from_db()
    assert (row.state, row.attempts, row.maybe_duplicates) == ("accepted", 2, 1)
    assert [arrived.message_id for arrived in smtp.inbox] == [f"<{row.pk}@arxus.example>"] * 2


def test_r40_f05_a_sender_killed_before_it_could_write_down_the_verdict(
    smtp: Sink, mail: Make, sender: Callable[[], subprocess.Popen[bytes]]
) -> None:
    smtp.misbehave("dot", "250 Taken", seconds=float("inf"), taken=True)
    [row] = enqueue([mail()])
    process = sender()
    smtp.wait_for("dot")
    with transaction.atomic():
        OutgoingEmail.objects.select_for_update().get(pk=row.pk)
        smtp.let_go.set()
        _end_who_waits_for_the_row()
        kill(process)

    lapse(row)
    sweep()
    deliver()

    row.refresh_from_db()
    assert (row.state, row.attempts, row.maybe_duplicates) == ("accepted", 2, 1)
    assert [arrived.message_id for arrived in smtp.inbox] == [f"<{row.pk}@arxus.example>"] * 2


def _end_who_waits_for_the_row() -> None:
    """The server would else finish the killed client's update as soon as it gets the row."""
    ended = "select pg_terminate_backend(pid) from pg_stat_activity where %s = any(pg_blocking_pids(pid))"
    for _ in range(1000):
        with connection.cursor() as cursor:
            cursor.execute("select pg_backend_pid()")
            cursor.execute(ended, cursor.fetchone())
            if cursor.fetchone():
                return
        time.sleep(0.01)
    raise AssertionError("Nobody waited for the row.")


def test_f40_f36_one_sender_probes_a_paused_queue(smtp: Sink, mail: Make) -> None:
    smtp.misbehave("mail", "550 Sender not allowed")
    enqueue([mail(f"p{number}@x.example") for number in range(8)])
    deliver()
    MailServer.objects.update(paused_until=Now())
    smtp.misbehave("mail", "550 Sender not allowed", times=99)

    at_once(deliver, 4)

    assert 99 - smtp.faults[0].times == 1
    assert set(OutgoingEmail.objects.values_list("state", "attempts")) == {("waiting", 0)}
