"""The pages of the review in a real browser: axe finds nothing, the policy holds, nothing scrolls sideways."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.db.models import Value
from django.db.models.functions import Concat
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from contacts.models import Company, User
from notifications.models import OutgoingEmail
from tenants import suggested, workflow, working_days
from tenants.demo.stock import make_stock_remarks
from tenants.models import DirectoryImport, Remark, StockRemark, TenantRequest
from tenants.review import acts
from tenants.tests.conftest import ALL_TICKED
from tenants.tests.test_admin import TYPED, address, show
from tenants.tests.test_directory import load
from tenants.tests.test_directory_import import HEAD, bring
from tenants.tests.test_objections import raised
from tenants.transitions import Verb

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDTHS = (1400, 390, 320)
# What stands beyond the edge of the window, unless it is in something that scrolls by itself within the window.
BEYOND = """() => {
    const scrolls = e => getComputedStyle(e).overflowX === 'auto' && e.matches('.results, .table-scroll')
    const within = e => e && (scrolls(e) ? e.getBoundingClientRect().right <= innerWidth + 1 : within(e.parentElement))
    return [...document.querySelectorAll('body *')]
        .filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !within(e.parentElement))
        .filter(e => getComputedStyle(e).position !== 'absolute').map(e => e.outerHTML.slice(0, 90))
}"""


@pytest.fixture
def opened(browser: Browser, live_server: Any, login: Callable[[User], Client]) -> Iterator[Callable[..., Page]]:
    """Open an address as somebody, in a theme and at a width; complaints of the browser are kept."""
    contexts = []

    def _open(client: Client, path: str, theme: str = "light", width: int = 1400) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
        contexts.append(context)
        name = settings.SESSION_COOKIE_NAME
        context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda message: message.type == "error" and page.complaints.append(message.text))
        page.goto(live_server.url + path)
        return page

    yield _open
    for context in contexts:
        context.close()


@pytest.fixture
def pages(taken: TenantRequest, sam: User, alice: User, login: Callable[[User], Client]) -> tuple[Client, list[str]]:
    """Every page of the review, with as much on it as there can be."""
    remarks = [Remark(field="tenant.tenant_name", text="Taken.", suggestion="desmetaalst"), Remark(text="Look again.")]
    workflow.request_changes(taken, by=sam, version=1, remarks=remarks)
    again = TenantRequest.objects.get(pk=taken.pk)
    suggested.use_suggestions(again, again.remarks.all(), by=again.owner)
    workflow.submit(again, by=alice, sent=ALL_TICKED)
    make_stock_remarks()
    load(sam, ("somebody@x.example", True, False))
    acts.run_checks(again, by=sam)
    client = login(sam)
    show(client, again, Verb.REQUEST_CHANGES, **{"remarks-0-suggestion": "Des met!"})
    show(client, again, Verb.REJECT, comment="")
    bring(client, HEAD + b"a@x.example,a,true,false\n")
    queue, directory = (reverse(f"admin:tenants_{name}_changelist") for name in ("tenantrequest", "directoryimport"))
    paths = [
        reverse("admin:index"),
        queue,
        f"{queue}?q=nothing-like-it",
        address("change", again),
        *(address("decide", again, verb) for verb in TYPED),
        address("override", again, "directory"),
        address("asked", again),
        directory,
        f"{directory}add/",
        f"{directory}{DirectoryImport.objects.get(applied_at=None).pk}/change/",
        reverse("admin:tenants_stockremark_changelist"),
        reverse("admin:notifications_outgoingemail_changelist"),
        reverse("admin:tenants_tenantrequest_gallery"),
        reverse("admin:tenants_tenantrequest_gallery_mail", args=["rejected"]),
        reverse("admin:tenants_stockremark_change", args=[StockRemark.objects.earliest("pk").pk]),
    ]
    return client, paths


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_and_the_policy_holds_t71(
    pages: tuple[Client, list[str]], opened: Callable[..., Page], theme: str
) -> None:
    client, paths = pages

    for path in paths:
        page = opened(client, path, theme)
        # Axe itself is refused a style or two.
        assert (path, page.complaints) == (path, [])
        found = Axe().run(page).response["violations"]
        assert (path, [(v["id"], [n["html"] for n in v["nodes"]]) for v in found]) == (path, [])
        page.context.close()  # dozens of open windows slow down whatever comes next


def test_nothing_scrolls_sideways(pages: tuple[Client, list[str]], opened: Callable[..., Page]) -> None:
    client, paths = pages

    for path in paths:
        page = opened(client, path)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert (path, page.evaluate("document.documentElement.scrollWidth")) == (path, width)
        page.context.close()


def test_a_late_row_with_every_flag_is_seen_whole_beside_the_filters(
    taken: TenantRequest, sam: User, login: Callable[[User], Client], opened: Callable[..., Page]
) -> None:
    raised(taken)
    OutgoingEmail.objects.update(state="refused")
    TenantRequest.objects.update(stop_asked_at=taken.sent_at, due_on=working_days.today() - timedelta(days=9))

    page = opened(login(sam), reverse("admin:tenants_tenantrequest_changelist"), width=1280)

    expect(page.locator("#result_list .late")).to_have_count(4)
    edge = page.locator("#changelist-form").evaluate("e => e.getBoundingClientRect().right")
    ends = page.locator("#result_list .late").evaluate_all("all => all.map(e => e.getBoundingClientRect().right)")
    assert [end for end in ends if end > edge] == []
    assert page.locator(".results").evaluate("e => e.scrollWidth - e.clientWidth") == 0


def test_no_list_scrolls_a_phone_sideways_however_long_its_words_are(
    taken: TenantRequest, kim: User, login: Callable[[User], Client], opened: Callable[..., Page]
) -> None:
    make_stock_remarks()
    long = "Verenigingvoormaatschappelijkdienstbetoon en Samenwerkende Ziekenhuizen van Vlaanderen vzw"
    Company.objects.update(legal_name=long, email_domains=["verenigingvoormaatschappelijkdienstbetoon.example"])
    OutgoingEmail.objects.update(to_email=Concat(Value("a" * 60), "to_email"), to_name=long, state="refused")
    TenantRequest.objects.update(stop_asked_at=taken.sent_at, due_on=working_days.today() - timedelta(days=9))
    User.objects.filter(pk=kim.pk).update(is_superuser=True)
    client = login(kim)
    lists = ("tenants_tenantrequest", "tenants_stockremark", "notifications_outgoingemail", "contacts_company")

    for name in lists:
        page = opened(client, reverse(f"admin:{name}_changelist"), width=390)
        beyond = page.evaluate(BEYOND)
        assert (name, beyond) == (name, [])
        page.context.close()


def test_t71_a_lead_writes_a_stock_remark_on_a_page_that_axe_accepts(
    login: Callable[[User], Client], kim: User, opened: Callable[..., Page]
) -> None:
    page = opened(login(kim), reverse("admin:tenants_stockremark_add"))

    page.get_by_label("Dutch").fill("Beste {klant}")
    page.get_by_role("button", name="Save", exact=True).click()

    said = "{klant} stands for nothing. These do: {customer}, {tenant}, {number}."
    # In the summary, which leads to the field, and beside it.
    expect(page.get_by_role("link", name=said)).to_be_visible()
    found = Axe().run(page).response["violations"]
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == []


def test_a_stock_remark_is_filled_in_by_hand(
    taken: TenantRequest, opened: Callable[..., Page], login: Callable[[User], Client], sam: User
) -> None:
    make_stock_remarks()
    page = opened(login(sam), address("decide", taken, "request_changes"))

    page.locator("#id_remarks-0-text").fill("Look again.")
    page.get_by_label("Stock remark (optional)").select_option(label="Name taken at Microsoft")
    page.get_by_role("button", name="Fill in the text in English").click()

    expect(page.locator("#id_remarks-0-text")).to_have_value("Look again.")
    filled = page.locator("#id_remarks-1-text")
    expect(filled).to_be_focused()
    expect(filled).to_have_value(re.compile("^Microsoft already has a tenant called bakkerijdesmet."))


def test_a_request_is_sent_back_by_hand(
    taken: TenantRequest, opened: Callable[..., Page], login: Callable[[User], Client], sam: User
) -> None:
    page = opened(login(sam), address("change", taken))

    page.get_by_role("link", name="Ask for changes…").click()
    page.get_by_label("Field").first.select_option(label="Tenant name")
    page.get_by_label("Remark").first.fill("Too close to another one.")
    page.get_by_label("Suggested value (optional)").first.fill("desmetaalst")
    page.get_by_role("button", name="Another remark").click()
    page.get_by_label("A personal line (optional)").fill("Nearly there.")
    page.get_by_role("button", name="Show what is mailed").click()
    page.frame_locator("iframe").get_by_text("Too close to another one.").wait_for()
    page.get_by_role("button", name="Send back and mail Alice Peeters").click()

    expect(page.get_by_text("Sent back. Told by mail: Alice Peeters.")).to_be_visible()
    answer_by = working_days.on_or_after(TenantRequest.objects.get(pk=taken.pk).due_on)
    expect(page.get_by_text(f"{answer_by:%A %-d %B %Y}").first).to_be_visible()
    remark = taken.remarks.get()
    assert (remark.field, remark.text, remark.suggestion) == (
        "tenant.tenant_name",
        "Too close to another one.",
        "desmetaalst",
    )
