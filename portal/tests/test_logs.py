import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest
import structlog

from portal.logs import config, mask


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        ('{"request": "GET /activate/3f0e/abc123/"}', '{"request": "GET /activate/…"}'),
        (
            "POST https://portal.example/reset/3f0e/abc?next=/x was slow",
            "POST https://portal.example/reset/…?next=/x was slow",
        ),
        ("GET /new-address/3f0e/abc123/", "GET /new-address/…"),
        ("/activate/a/b and /activate/c/d", "/activate/… and /activate/…"),
        ("GET /customers/", "GET /customers/"),
    ],
)
def test_t44_links_that_are_secrets_are_masked(line: str, masked: str) -> None:
    assert mask(None, "info", line) == masked


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict]]]:
    """What the portal writes, as it writes it."""
    settings = config()["formatters"]["json"]
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(settings.pop("()")(**settings))
    logging.getLogger().addHandler(handler)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    logging.getLogger().removeHandler(handler)


def test_an_exception_is_one_line_with_its_link_masked(lines) -> None:
    try:
        raise ValueError("at /activate/3f0e/abc123/")
    except ValueError:
        logging.getLogger("anything").exception("broke at /activate/3f0e/abc123/")

    [event] = lines()
    assert event["event"] == "broke at /activate/…"
    assert event["exception"][0]["exc_value"] == "at /activate/…"
    # The variables of a frame may hold a password.
    assert "locals" not in event["exception"][0]["frames"][0]


def test_t78_nobody_writes_a_line_of_his_own(lines) -> None:
    structlog.get_logger("ours").warning("told", user_agent='x\r\n{"event": "forged"}\x1b[31m')

    assert [(event["event"], event["user_agent"]) for event in lines()] == [
        ("told", 'x\r\n{"event": "forged"}\x1b[31m')
    ]


def test_t44_the_log_of_a_request_holds_no_link(lines, client, db) -> None:
    client.get("/activate/3f0e1d1c-0000-4000-8000-000000000000/abcdef0123456789/")

    assert [event["request"] for event in lines() if "request" in event] == ["GET /activate/…"]
