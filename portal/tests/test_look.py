"""Every component in a real browser: axe finds nothing, nothing scrolls sideways, the policy for contents holds."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from axe_playwright_python.sync_playwright import Axe
from csp.utils import build_policy
from django import forms
from django.contrib.auth.models import Group
from django.contrib.messages.storage.base import Message
from django.contrib.staticfiles import finders
from django.template import engines
from django.test import Client, RequestFactory
from django.urls import resolve
from playwright.sync_api import Browser, Page, Route

from contacts.models import User
from portal.tests.look import samples
from tenants.models import Check, Status

LOOK = Path(__file__).parent / "look"
BAKERY = samples.acting(samples.BAKERY)
NORDWAVE = samples.acting(samples.NORDWAVE, own=True)

pytestmark = [pytest.mark.browser, pytest.mark.urls("portal.tests.look.urls")]


def _request_page() -> dict[str, Any]:
    states = [("Sent", "done"), ("Being checked: changes needed", "now"), ("Set up at Microsoft", "to_do")]
    return {
        "stations": [{"words": words, "state": state} for words, state in [*states, ("Tenant ready", "to_do")]],
        "due": samples.NOW.date().replace(month=12, day=21),
        "answers": [
            {"term": "Technical contact", "value": "Theo Lambert", "hint": "ServiceNow: asked for, case CS0041873"},
            {"term": "Tenant name", "value": "bakkerijdesmet", "remarked": True},
            {"term": "Special status", "value": ""},
        ],
        "mails": [
            {"to": "You", "state": "accepted", "words": "Accepted by your server"},
            {"to": "An De Smet", "role": "commercial", "state": "waiting", "words": "Waiting, next try at 16:40"},
            {"to": "Theo Lambert", "state": "refused", "words": "Refused", "hint": "no such mailbox", "href": "#main"},
            {"to": "Bob Claes", "state": "withheld", "words": "Withheld", "hint": "the request was withdrawn"},
        ],
        "events": [
            {
                "who": "Sam De Wolf",
                "words": "(Arxus) asked for changes",
                "at": samples.at(20, 16, 12),
                "quote": "Nearly there: two small things.",
                "tone": "amber",
            },
            {"who": "Sam De Wolf", "words": "(Arxus) took the request", "at": samples.at(20, 15, 48), "tone": "blue"},
            {"who": "Bob Claes", "words": "started the draft", "at": samples.at(18, 17, 31)},
        ],
    }


def _step(data: dict[str, Any]) -> dict[str, Any]:
    titles = ["What you need", "Customer details", "Contacts", "People named to Microsoft", "Tenant", "Check and send"]
    states = ["done", "look", "to_do", "to_do", "to_do", "to_do"]
    return {
        "form": samples.SampleForm(data),
        "steps": [
            {"title": title, "url": "#main", "state": state, "current": title == "Contacts"}
            for title, state in zip(titles, states, strict=True)
        ],
    }


def _requests() -> dict[str, Any]:
    rows = [
        ("bakkerijdesmet", Status.CHANGES_REQUESTED, "You correct two fields and send again", "before 21 Dec 2026"),
        ("desmet-logistiek.be", Status.REGISTERING, "An De Smet accepts the invitation", "asked 18 Nov"),
        ("desmetwebshop", Status.TO_VALIDATE, "Arxus checks the request", "target: Tue 24 Nov 2026"),
        ("desmetacademie", Status.DRAFT, "You finish step 4 of 7", "kept until 18 May 2027"),
    ]
    return {
        "page": SimpleNamespace(after="abc", before=""),
        "rows": [
            {
                "name": name,
                "status": status,
                "words": status.partner_words,
                "next": following,
                "hint": hint,
                "number": "TR-26-7K4MQ",
                "kind": "new tenant",
                "owner": "You",
                "at": samples.at(20, 16, 12),
            }
            for name, status, following, hint in rows
        ],
    }


class _PasswordForm(forms.Form):
    password = forms.CharField(
        label="New password",
        help_text="15 characters or more. Four unrelated words are fine; spaces too.",
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )


def _admin(title: str, **context: Any) -> dict[str, Any]:
    return {"title": title, "user": samples.SAM, "has_permission": True, **context}


def _queue() -> dict[str, Any]:
    cl = SimpleNamespace(search_fields=["number"], query="", params={}, search_help_text="Number, domain, partner")
    heads = ["Request", "With Arxus", "Customer, partner", "Status", "Assigned to", "Checks"]
    return _admin(
        "Four requests wait for Arxus", cl=cl, heads=heads, filters=["who has it", "age"], rows=_requests()["rows"]
    )


def _review() -> dict[str, Any]:
    checks = [
        ("problem", "Technical contact in ServiceNow", "Not a user. Asked for on 19 November, case CS0041873."),
        ("warning", "Addresses", "The signatory’s address is at a public mailbox provider."),
        ("passed", "Complete", "All required fields are there."),
        ("not_run", "VAT number", "It has not been looked up yet."),
    ]
    return _admin(
        "bakkerijdesmetaalst.onmicrosoft.com",
        checks=[(result, Check.Result(result).label, title, sentence) for result, title, sentence in checks],
        messages=[Message(25, "All checks were run again. One still blocks approving."), Message(40, "Too late.")],
    )


SAMPLES: dict[str, tuple[SimpleNamespace | None, Callable[[], dict[str, Any]]]] = {
    "components": (
        NORDWAVE,
        lambda: {
            "statuses": [(status, status.partner_words) for status in Status],
            "results": [(result, result.label) for result in Check.Result],
            "messages": [Message(25, "Sent. Arxus answers by Wednesday 25 November 2026."), Message(40, "Too late.")],
        },
    ),
    "overview": (NORDWAVE, dict),
    "requests": (BAKERY, _requests),
    "step": (BAKERY, lambda: _step(samples.GOOD)),
    "step with errors": (BAKERY, lambda: _step(samples.BAD)),
    "request": (BAKERY, _request_page),
    "admin_queue": (None, _queue),
    "admin_review": (None, _review),
    "admin_decision": (None, lambda: _admin("Ask for changes")),
    "solo": (None, lambda: {"password_form": _PasswordForm()}),
}


def render(name: str) -> str:
    """A sample as a complete page."""
    acting, context = SAMPLES[name]
    request = RequestFactory().get("/tenants/")
    request.resolver_match = resolve("/tenants/")
    if acting:
        request.acting, request.user = acting, samples.ALICE
    template = engines["django"].from_string((LOOK / f"{name.split()[0]}.html").read_text())
    common = {"customers": samples.CUSTOMERS, "partner": samples.NORDWAVE, "alice": samples.ALICE, "now": samples.NOW}
    with time_machine.travel(samples.NOW, tick=False):
        return template.render(common | context(), request)


@pytest.fixture
def show(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a page from its HTML, with our static files and our policy, in one theme and at one width."""
    contexts = []

    def _show(html: str, theme: str = "light", width: int = 1280, script: str = "") -> Page:
        def answer(route: Route) -> None:
            path = urlsplit(route.request.url).path
            file = finders.find(path.removeprefix("/static/")) if path.startswith("/static/") else None
            if file:
                route.fulfill(path=str(file))
            elif path == "/":
                headers = {"Content-Security-Policy": build_policy()}
                route.fulfill(body=html, content_type="text/html; charset=utf-8", headers=headers)
            elif path == "/admin/jsi18n/":
                route.fulfill(body=script, content_type="text/javascript")
            else:
                route.fulfill(status=404)

        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=theme, reduced_motion="reduce"
        )
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda message: message.type == "error" and page.complaints.append(message.text))
        page.route("**/*", answer)
        page.goto("http://portal.test/")
        return page

    yield _show
    for context in contexts:
        context.close()


def violations(page: Page) -> list[tuple[str, str, list[str]]]:
    """What axe finds in both themes: theme, rule, the elements."""
    found = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        results = Axe().run(page).response["violations"]
        found += [(theme, rule["id"], [node["html"] for node in rule["nodes"]]) for rule in results]
    return found


@pytest.mark.parametrize("name", SAMPLES)
def test_t71_axe_and_the_policy_find_nothing(show: Callable[..., Page], name: str) -> None:
    page = show(render(name))

    # In this order: axe looks by means that the policy forbids.
    assert page.complaints == []
    assert violations(page) == []


@pytest.mark.parametrize("name", SAMPLES)
def test_nothing_scrolls_sideways(show: Callable[..., Page], name: str) -> None:
    page = show(render(name))

    widths = {}
    for width in (320, 390, 641, 768, 961, 1025, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        widths[width] = page.evaluate("document.documentElement.scrollWidth")

    assert widths == {width: width for width in widths}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["", "auth/group/", "auth/group/add/", "auth/group/1/delete/", "auth/group/1/history/"]
)
def test_t71_axe_and_the_policy_find_nothing_in_the_stock_admin(
    show: Callable[..., Page], client: Client, address: str
) -> None:
    group = Group.objects.order_by("pk").first()
    client.force_login(User.objects.create_superuser("root@arxus.example", "x", first_name="Root", last_name="Maes"))
    html = client.get(f"/admin/{address.replace('1', str(group.pk))}").text

    page = show(html, script=client.get("/admin/jsi18n/").text)

    assert page.complaints == []
    assert violations(page) == []


def test_error_summary_takes_the_focus(show: Callable[..., Page]) -> None:
    page = show(render("step with errors"))

    assert page.evaluate("document.activeElement.className") == "errorsum"
    assert page.title() == "Error: Contacts – Bakkerij De Smet bv – Arxus"
