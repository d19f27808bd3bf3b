"""The pages of users and permissions in a real browser; a double click on a company."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from conftest import make_user
from contacts.models import Company, Invitation, Membership, User
from contacts.tests.conftest import Browser as Client
from tenants import drafts

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def open_as(browser: Browser, live_server: Any, browse: Callable[[User], Client]) -> Iterator[Callable[..., Page]]:
    contexts: list[BrowserContext] = []

    def _open_as(user: User, company: Company | None = None, **options: Any) -> Page:
        client = browse(user)
        if company:
            client.work_for(company)
        context = browser.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        context.add_cookies([{"name": "session", "value": client.cookies["session"].value, "url": live_server.url}])
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda message: message.type == "error" and page.complaints.append(message.text))
        return page

    yield _open_as
    for context in contexts:
        context.close()


def invite(company: Company, by: User, email: str) -> Invitation:
    now = timezone.now()
    names = {"first_name": "Nele", "last_name": "Nieuw", "language": "nl", "groups": ["tenants"]}
    return Invitation.objects.create(
        company=company, email=email, invited_by=by, sent_at=now, expires_at=now + timedelta(days=7), **names
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    open_as: Callable[..., Page],
    alice: User,
    bob: User,
    mallory: User,
    customer: Company,
    nordwave: Company,
    theme: str,
) -> None:
    eva = make_user("eva@nordwave.example", "Eva", "Smets")
    Membership.objects.create(user=eva, company=nordwave, groups=["tenants"])
    tom = make_user("tom@bakkerijdesmet.example", "Tom", "Mertens")
    Membership.objects.create(user=tom, company=customer, groups=["technical"])
    draft = drafts.start(customer, by=eva)
    drafts.keep_step(draft, "contacts", {"technical": f"user:{eva.public_id}"})
    invite(nordwave, alice, "nele@nieuw.example")
    mine = invite(nordwave, alice, mallory.email)
    pages = (
        (alice, None, ["/colleagues/", "/colleagues/invite/", *_of(bob), *_of(eva), *_of(alice), "/profile/"]),
        (alice, customer, ["/colleagues/", "/colleagues/invite/", *_of(tom), "/customer/"]),
        (alice, customer, [f"/tenants/{draft.public_id}/owner/"]),
        (mallory, None, [f"/invitations/{mine.public_id}/", "/profile/"]),
        (bob, None, ["/colleagues/", f"/invitations/{mine.public_id}/", f"/colleagues/{bob.public_id}/end/"]),
    )
    found = []

    for user, company, paths in pages:
        page = open_as(user, company, color_scheme=theme, viewport={"width": 320, "height": 800})
        for path in paths:
            page.goto(path)
            violations = Axe().run(page).response["violations"]
            found += [(path, rule["id"], [node["html"] for node in rule["nodes"]]) for rule in violations]
            if page.evaluate("document.documentElement.scrollWidth") != 320:
                found.append((path, "scrolls sideways", []))
        found += [complaint for complaint in page.complaints if "404" not in complaint]

    assert found == []


def _of(user: User) -> list[str]:
    return [f"/colleagues/{user.public_id}/{page}" for page in ("", "end/", "activity/")]


# As a hand does it: the second click comes while the first answer is under way.
TWICE = "button => { button.click(); setTimeout(() => button.click(), 10); }"


def test_t63_a_double_click_on_a_company_switches_once(
    open_as: Callable[..., Page], alice: User, customer: Company, nordwave: Company
) -> None:
    """The second would come with the session that the first one has just ended."""
    page = open_as(alice)
    sent: list[str] = []
    page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    page.goto("/switch/")

    page.get_by_role("button", name="Switch to this company Bakkerij De Smet bv").evaluate(TWICE)
    expect(page.locator(".acting__name")).to_have_text("Bakkerij De Smet bv")
    page.get_by_role("button", name="Back to Nordwave IT bv").evaluate(TWICE)
    expect(page.locator(".acting__name")).to_have_count(0)

    assert len(sent) == 2
    page.goto("/profile/")
    expect(page).to_have_title("Your profile – Nordwave IT bv – Arxus")


def test_a_form_can_be_sent_again_after_coming_back(
    open_as: Callable[..., Page], alice: User, customer: Company
) -> None:
    page = open_as(alice)
    page.goto("/switch/")
    page.get_by_role("button", name="Switch to this company Bakkerij De Smet bv").click()
    expect(page.locator(".acting__name")).to_have_text("Bakkerij De Smet bv")

    page.goto("/contacts/new/")
    for _ in range(2):
        page.get_by_role("button", name="Save for Bakkerij De Smet bv").evaluate(
            "button => button.form.noValidate = true"
        )
        page.get_by_role("button", name="Save for Bakkerij De Smet bv").click()
        expect(page.get_by_role("alert")).to_contain_text("things to correct")
