import json
import smtplib
import time
import urllib.request
from email.message import EmailMessage

import psycopg
import pytest

from portal.stack.mailbox import Mailbox
from portal.stack.site import Site


def test_the_whole_portal_runs(running_portal: Site) -> None:
    with urllib.request.urlopen(f"{running_portal.url}/healthz", timeout=5) as answer:
        assert answer.read() == b"ok"


def test_the_web_role_owns_nothing_and_cannot_change_tables(running_portal: Site) -> None:
    with psycopg.connect(running_portal.environment["DATABASE_URL"]) as web:
        owned = web.execute("select count(*) from pg_tables where tableowner = 'web'").fetchone()
        role = web.execute("select rolsuper, rolcreatedb, rolcreaterole from pg_roles where rolname = 'web'").fetchone()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            web.execute("alter table contacts_user add column note text")

    assert (owned, role) == ((0,), (False, False, False))


def test_connections_to_the_database_outlive_a_request(running_portal: Site) -> None:
    requests = 60
    with psycopg.connect(running_portal.environment["DATABASE_URL"], autocommit=True) as web:

        def sessions() -> int:
            """How many were ever opened by anybody, the worker and beat included."""
            row = web.execute("select sessions from pg_stat_database where datname = current_database()").fetchone()
            assert row is not None
            return row[0]

        before = sessions()
        for _ in range(requests):
            urllib.request.urlopen(f"{running_portal.url}/healthz", timeout=5).close()
        time.sleep(1)  # Sessions are counted with a delay.
        opened = sessions() - before

    assert opened <= requests / 2


def test_every_line_of_the_web_log_is_json(running_portal: Site) -> None:
    urllib.request.urlopen(f"{running_portal.url}/healthz", timeout=5).close()

    events = [json.loads(line) for line in (running_portal.logs / "web.log").read_text().splitlines()]

    assert "GET /healthz" in [event.get("request") for event in events]


def test_a_mail_of_the_portal_arrives_in_the_mailbox(running_portal: Site) -> None:
    mail = EmailMessage()
    mail["Subject"], mail["To"], mail["From"] = "Tenant ready", "theo@example.com", "portal@arxus.example"
    mail.set_content("Your tenant is ready.")

    with smtplib.SMTP("127.0.0.1", running_portal.smtp_port, timeout=5) as smtp:
        smtp.send_message(mail)

    assert _arrived(running_portal, "Tenant ready") == ["theo@example.com"]


def _arrived(site: Site, subject: str) -> list[str]:
    end = time.monotonic() + 5
    while time.monotonic() < end:
        if found := [mail.to for mail in Mailbox(site.mails).newest() if mail.subject == subject]:
            return found
        time.sleep(0.05)
    return []
