"""The pages of customers and contacts in a real browser, and the company switch in two tabs of one."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.sessions.models import Session
from playwright.sync_api import Browser, BrowserContext, Page, expect

from conftest import PASSWORD, make_contact
from contacts.models import Company, Contact, User
from contacts.tests.conftest import Browser as Client

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OWN = [
    "/customers/",
    "/customers/?q=nobody",
    "/customers/new/",
    "/customers/new/?country=BE&enterprise_number=0404616495",
    "/customers/new/?country=BE&enterprise_number=0404616494",
    "/customers/new/?country=BE&enterprise_number=0400378485",
    "/switch/",
    "/contacts/",
    "/contacts/new/",
    "/customer/",
]
CUSTOMERS = [
    "/customer/",
    "/customer/edit/",
    "/contacts/",
    "/contacts/?archived=1",
    "/contacts/?q=nobody",
    "/contacts/new/",
    "/switch/?q=nobody",
    "/customers/",
]


@pytest.fixture
def open_as(browser: Browser, live_server: Any, browse: Callable[[User], Client]) -> Iterator[Callable[..., Page]]:
    """A browser in which somebody has logged in and works for a company."""
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


def violations(page: Page) -> list[Any]:
    page.wait_for_load_state()
    found = Axe().run(page).response["violations"]
    return [(page.url, rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found]


def in_both_themes(page: Page) -> list[Any]:
    found = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        found += violations(page)
    return found


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    open_as: Callable[..., Page], alice: User, customer: Company, theo: Contact, an: Contact, theme: str
) -> None:
    make_contact(customer, "Old", "Contact", "old@bakkerijdesmet.example")
    found = []

    for company, paths in ((None, OWN), (customer, [*CUSTOMERS, f"/contacts/{theo.public_id}/archive/"])):
        page = open_as(alice, company, color_scheme=theme, viewport={"width": 320, "height": 800})
        for path in paths:
            page.goto(path)
            found += violations(page)
            if page.evaluate("document.documentElement.scrollWidth") != 320:
                found.append((path, "scrolls sideways"))
        found += page.complaints

    assert found == []


def test_r03_t03_a_form_in_a_second_tab_goes_on_in_one_step(
    open_as: Callable[..., Page], alice: User, customer: Company, other_customer: Company
) -> None:
    first = open_as(alice, customer)
    first.goto("/contacts/new/")
    first.get_by_label("First name").fill("An")
    first.get_by_label("Last name").fill("De Smet")
    first.get_by_label("E-mail address").fill("an@bakkerijdesmet.example")
    first.get_by_label("French").check()
    first.get_by_label("Data protection officer").check()
    first.get_by_label("Kept informed").check()
    second = first.context.new_page()
    second.goto("/switch/")
    second.get_by_role("button", name="Switch to this company Garage Lambrecht nv").click()

    first.get_by_role("button", name="Save for Bakkerij De Smet bv").click()
    expect(first).to_have_title("You switched company in another tab – Garage Lambrecht nv – Arxus")
    complaints = in_both_themes(first)
    typed = first.locator("dl.sum").inner_text().split("\n")
    nothing = Contact.objects.count()
    first.get_by_role("button", name="Work for Bakkerij De Smet bv and go on").click()
    first.wait_for_url("**/contacts/")

    assert complaints == []
    assert [line for line in typed if line.strip()] == [
        *("First name", "An", "Last name", "De Smet", "E-mail address", "an@bakkerijdesmet.example"),
        *("Language of the mails", "French", "Roles", "Data protection officer, Kept informed"),
    ]
    assert nothing == 0
    assert (Contact.objects.get().company, Contact.objects.get().roles) == (customer, ["dpo", "watchlist"])
    expect(first.locator(".acting__name")).to_have_text("Bakkerij De Smet bv")


def test_r03_a_session_that_ended_while_typing_goes_on_in_one_step(
    open_as: Callable[..., Page], alice: User, customer: Company
) -> None:
    page = open_as(alice, customer)
    page.goto("/contacts/new/")
    page.get_by_label("First name").fill("An")
    page.get_by_label("Last name").fill("De Smet")
    page.get_by_label("E-mail address").fill("an@bakkerijdesmet.example")
    page.get_by_label("French").check()
    Session.objects.all().delete()

    page.get_by_role("button", name="Save for Bakkerij De Smet bv").click()
    page.get_by_label("E-mail address").fill(alice.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("dl.sum")).to_contain_text("an@bakkerijdesmet.example")
    complaints = in_both_themes(page)
    page.get_by_role("button", name="Go on for Bakkerij De Smet bv").click()
    page.wait_for_url("**/contacts/")

    assert complaints == []
    assert Contact.objects.get().full_name == "An De Smet"


def test_a_customer_is_added_and_continued_as(open_as: Callable[..., Page], alice: User, nordwave: Company) -> None:
    page = open_as(alice)
    page.goto("/customers/")
    page.get_by_role("link", name="Add a customer").first.click()
    page.get_by_label("VAT or enterprise number").fill("0417.497.106")
    page.get_by_role("button", name="Go on to the details").click()
    page.get_by_label("Legal name").fill("Garage Lambrecht nv")
    page.get_by_label("Street and number").fill("Dorpsstraat 1")
    page.get_by_label("Postal code").fill("9300")
    page.get_by_label("Town").fill("Aalst")
    page.get_by_label("Phone number").fill("053 00 00 20")
    page.get_by_label("Industry").select_option(label="Retail and wholesale")
    page.get_by_label("Language at Microsoft").select_option(label="Dutch")
    page.get_by_label("The customer knows Arxus").check()
    page.get_by_role("button", name="Add as customer of Nordwave IT bv").click()
    page.get_by_role("button", name="Continue as Garage Lambrecht nv").click()

    expect(page.locator(".acting__name")).to_have_text("Garage Lambrecht nv")
    assert Company.objects.get(kind="customer").enterprise_number == "BE0417497106"
