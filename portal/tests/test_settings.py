"""Settings come from the environment; a wrong one stops the start with one clear line."""

import os
import re
import subprocess
import sys

import pytest

from portal.stack.install import ROOT

PRODUCTION = {
    "PATH": os.defpath,
    "SITE_URL": "https://portal.arxus.example",
    "SECRET_KEY": "0123456789" * 5,
    "LINK_KEY": "9876543210" * 5,
    "DATABASE_URL": "postgres://web:password@localhost/portal",
    "REDIS_URL": "redis://localhost/0",
    "EMAIL_URL": "smtp+tls://user:password@smtp.example:587",
}


def start(*command: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in (PRODUCTION | changes).items() if value is not None}
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"SITE_URL": None}, "SITE_URL is not set: see .env.example."),
        ({"SECRET_KEY": None}, "SECRET_KEY is not set: see .env.example."),
        ({"SITE_URL": "portal"}, "SITE_URL is 'portal': write the address people open, such as https://portal"),
        ({"SITE_URL": "http://portal.arxus.example"}, "outside the demo it must begin with https://"),
        (
            {"DEMO": "true"},
            "DEMO is on, but SITE_URL is https://portal.arxus.example: the demo runs on localhost only.",
        ),
        ({"DEMO": "perhaps"}, "DEMO is 'perhaps': write true or false."),
        ({"STAFF_SECOND_FACTOR": "false"}, "STAFF_SECOND_FACTOR is off: only the demo"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY has 5 characters: give it 50 random ones or more."),
        ({"TRUSTED_PROXY_COUNT": "many"}, "TRUSTED_PROXY_COUNT is 'many': write a whole number."),
        ({"DATABASE_URL": "sqlite:///portal.db"}, "DATABASE_URL must begin with postgres://"),
        ({"REDIS_URL": "localhost"}, "REDIS_URL must begin with redis://, rediss:// or unix://"),
        (
            {"SERVICENOW_ROLES": "technical,securty"},
            "SERVICENOW_ROLES names 'securty': write some of technical, commercial, dpo, watchlist, security.",
        ),
        ({"SUBSCRIPTIONS_URL": "javascript:alert(1)"}, "write an address that begins with https://, or nothing."),
        ({"EMAIL_URL": "console"}, "EMAIL_URL must begin with smtp://"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line(changes: dict[str, str | None], sentence: str) -> None:
    done = start("manage.py", "check", **changes)

    assert done.returncode != 0
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "command",
    [
        ["-m", "gunicorn", "-c", "python:portal.gunicorn", "portal.wsgi"],
        ["-m", "celery", "-A", "portal.celery", "worker"],
        ["-m", "celery", "-A", "portal.celery", "beat"],
    ],
    ids=["web", "worker", "beat"],
)
def test_no_part_starts_half_configured(command: list[str]) -> None:
    done = start(*command, SECRET_KEY=None)

    assert (done.returncode, done.stderr) == (1, "SECRET_KEY is not set: see .env.example.\n")


def test_production_passes_djangos_own_checks() -> None:
    done = start("-W", "error", "manage.py", "check", "--deploy", "--fail-level", "WARNING")

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("file", [".env.example", "README.md"])
def test_every_setting_that_is_read_is_told(file: str) -> None:
    settings = (ROOT / "portal" / "settings.py").read_text()
    read = set(re.findall(r'env\.\w+\("([A-Z_]+)"', settings))

    told = set(re.findall(r"\b([A-Z][A-Z_]+[A-Z])\b", (ROOT / file).read_text()))

    assert read - told == set()
