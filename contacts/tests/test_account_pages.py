"""The pages of login and account in a real browser: axe, the policy for contents, narrow screens."""

import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from conftest import PASSWORD
from contacts.access_links import Purpose, address, issue
from contacts.login import open_account
from contacts.models import Company, Group, Membership, User
from contacts.tests.test_second_factor import SET_UP, code_for

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Look = Callable[[], None]


@pytest.fixture
def look(page: Page) -> Iterator[Look]:
    """Look at the present page, light and dark, wide and narrow."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)

    def _look() -> None:
        # A click returns once the next page has begun; it is looked at when it is whole.
        page.wait_for_load_state()
        for scheme, width in (("light", 1280), ("dark", 320)):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.set_viewport_size({"width": width, "height": 800})
            found = Axe().run(page)
            assert found.violations_count == 0, f"{page.url} {scheme}: {found.generate_report()}"
            assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
        page.set_viewport_size({"width": 1280, "height": 900})

    yield _look
    assert [line for line in complaints if "status of 4" not in line] == []


def log_in(page: Page, site: str, user: User, password: str = PASSWORD) -> None:
    page.goto(f"{site}/account/login/")
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def test_pages_before_login(live_server: LiveServer, page: Page, look: Look, customer: Company, alice: User) -> None:
    theo = open_account("theo.lambert@bakkerijdesmet.example", "Theo", "Lambert", "nl")
    Membership.objects.create(user=theo, company=customer, groups=[Group.TECHNICAL])
    for user, purpose in ((theo, Purpose.ACTIVATION), (alice, Purpose.RESET)):
        page.goto(live_server.url + address(issue(user, purpose)).removeprefix("http://localhost:8000"))
        look()
        page.get_by_label("New password").fill("too short")
        page.get_by_label("The same password again").fill("not the same")
        page.get_by_role("button", name="Set the password").click()
        expect(page).to_have_title(re.compile("^Error:"))
        look()
    page.context.clear_cookies()
    page.goto(f"{live_server.url}/activate/")
    look()
    page.get_by_label("E-mail address").fill(alice.email)
    page.get_by_role("button", name="Mail me a new link").click()
    look()
    page.goto(f"{live_server.url}/account/lost/")
    look()
    log_in(page, live_server.url, alice, "wrong")
    look()


def test_pages_of_ones_own_account(live_server: LiveServer, page: Page, look: Look, alice: User, bob: User) -> None:
    Membership.objects.filter(user=bob).update(groups=[])
    log_in(page, live_server.url, bob)
    for path in ("/profile/", "/account/logout/"):
        page.goto(live_server.url + path)
        look()
    page.context.clear_cookies()
    log_in(page, live_server.url, alice)
    page.goto(f"{live_server.url}/account/password/")
    look()
    page.goto(f"{live_server.url}/account/address/")
    look()
    page.get_by_label("New e-mail address").fill("alice@private.example")
    page.get_by_role("button", name="Mail a link").click()
    look()
    page.goto(f"{live_server.url}/account/second-factor/")
    look()
    page.goto(live_server.url + SET_UP)
    look()
    page.get_by_role("textbox", name="Code").fill(code_for(page.inner_text("code.key")))
    page.get_by_role("button", name="Set up the second factor").click()
    look()
    for path in ("", "remove/", "set-up/", "../recovery-codes/new/"):
        page.goto(f"{live_server.url}/account/second-factor/{path}")
        look()
    page.context.clear_cookies()
    log_in(page, live_server.url, alice)
    expect(page).to_have_url(re.compile("/account/second-factor/code/$"))
    look()
