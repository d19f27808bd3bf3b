"""Whole requests that no browser of ours sends: refused without an error of ours, and one line each in the log."""

import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from contacts.current import seal_value
from contacts.models import Company, Contact, User
from portal.tests.test_logs import lines  # noqa: F401 – the fixture is used by its name

EVIL = 'x\r\n{"event": "forged"}\x1b[31m\t\x85\x9b[31m\u2028\u202e'
Browser = Callable[..., Any]


@pytest.fixture
def browser_of(login: Callable[[User], Client], alice: User, nordwave: Company) -> Client:
    """Alice's browser; an error of ours is an answer, not an exception."""
    client = login(alice)
    client.raise_request_exception = False
    client.seal = seal_value(alice, nordwave)
    return client


def typed(client: Client, **more: str) -> dict[str, str]:
    person = {"first_name": "Tess", "last_name": "Maes", "email": "tess@nordwave.example", "language": "nl"}
    return {"_seal": client.seal, "phone": "+32 53 00 00 20", "roles": "technical"} | person | more


def test_t39_a_thousand_and_one_fields_are_400_and_change_nothing(browser_of: Client) -> None:
    many = typed(browser_of) | {f"field{number}": "x" for number in range(1001)}

    answer = browser_of.post("/contacts/new/", many)

    assert (answer.status_code, Contact.objects.count()) == (400, 0)
    assert "<h1>This could not be read</h1>" in answer.text


def test_t39_t84_more_than_a_megabyte_of_words_is_400_and_changes_nothing(browser_of: Client) -> None:
    answer = browser_of.post("/contacts/new/", typed(browser_of, department="x" * 1_100_000))

    assert (answer.status_code, Contact.objects.count()) == (400, 0)
    assert "<h1>This could not be read</h1>" in answer.text


@pytest.mark.parametrize("deep", ['["', '{"a":'], ids=["list", "object"])
@pytest.mark.parametrize("path", ["/customers/?before={}", "/customers/?after={}", "/tenants/?after={}"])
def test_t39_json_that_is_a_thousand_deep_leads_to_the_first_page(browser_of: Client, path: str, deep: str) -> None:
    # The one place where we read JSON that somebody sent: the cursor of a list.
    cursor = base64.urlsafe_b64encode(deep.encode() * 1500).decode()

    assert browser_of.get(path.format(cursor)).status_code == 200


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/x-www-form-urlencoded"])
def test_t39_t82_a_deep_body_of_another_kind_writes_nothing(browser_of: Client, content_type: str) -> None:
    answer = browser_of.generic("POST", "/contacts/new/", "[" * 100_000, content_type=content_type)

    assert (answer.status_code, Contact.objects.count()) == (409, 0)


def test_t78_one_line_of_json_for_each_event_whatever_a_request_says(
    browser_of: Client,
    alice: User,
    lines: Callable[[], list[dict[str, Any]]],  # noqa: F811
) -> None:
    User.objects.filter(pk=alice.pk).update(first_name=EVIL[:50])

    browser_of.get(f"/tenants/{EVIL}/", headers={"user-agent": EVIL, "x-request-id": EVIL, "referer": EVIL})
    form = urlencode(typed(browser_of, **{EVIL: EVIL}))
    kind = "application/x-www-form-urlencoded"
    browser_of.post("/contacts/new/", form, content_type=kind, headers={"user-agent": EVIL})
    browser_of.post("/account/login/", {"login": EVIL, "password": EVIL})

    # Each line was parsed by itself: none of them is one that somebody wrote.
    said = lines()
    assert len(said) >= 3
    assert "forged" not in [event["event"] for event in said]
    assert EVIL in [name for event in said for name in event.get("fields", [])]
