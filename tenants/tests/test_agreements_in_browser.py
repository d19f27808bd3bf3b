"""Giving, sending and reading an agreement in a real browser; axe and the width of a phone on each page."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from contacts.current import SESSION_KEY
from contacts.models import Company, User
from portal import settings as production
from tenants import assignment, drafts
from tenants.models import TenantRequest
from tenants.tests import pdfs
from tenants.tests.test_wizard import Login

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def violations(page: Page) -> list[Any]:
    """In both themes, on a desktop's screen and a phone's."""
    found = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            rules = Axe().run(page).response["violations"]
            found += [(page.url, theme, rule["id"], [node["html"] for node in rule["nodes"]]) for rule in rules]
            if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                found.append((page.url, theme, width, ["scrolls sideways"]))
    return found


@pytest.fixture
def open_as(browser: Browser, live_server: Any, login: Login) -> Callable[..., Page]:
    def _open_as(user: User, company: Company | None = None) -> Page:
        client = login(user)
        if company:
            session = client.session
            session[SESSION_KEY] = company.pk
            session.save()
        context = browser.new_context(base_url=live_server.url)
        context.add_cookies([{"name": "session", "value": client.cookies["session"].value, "url": live_server.url}])
        return context.new_page()

    return _open_as


def test_an_agreement_is_uploaded_sent_and_read(
    open_as: Callable[..., Page],
    draft: TenantRequest,
    customer: Company,
    alice: User,
    bob: User,
    sam: User,
    settings: Any,
    tmp_path: Path,
) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "files")
    settings.STORAGES = settings.STORAGES | {"default": production.STORAGES["default"]}
    drafts.keep_step(draft, "contacts", draft.answers["contacts"] | {"technical": f"user:{bob.public_id}"})
    good, hostile = tmp_path / "Agreement De Smet.pdf", tmp_path / "script.pdf"
    good.write_bytes(pdfs.plain())
    hostile.write_bytes(pdfs.script())
    page = open_as(alice, customer)
    page.goto(f"/tenants/{draft.public_id}/check/")
    found = violations(page)

    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_label("Upload the signed document as a PDF").check()
    page.locator("[name=agreement_reference]").fill("AG-7")
    page.locator("[name=agreement_signed_on]").fill("1 3 2026")
    page.locator("[name=agreement_file]").set_input_files(hostile)
    page.get_by_role("button", name="Send to Arxus").click()
    expect(page.get_by_role("alert").first).to_contain_text("Print it to PDF once more")
    expect(page.locator("[name=agreement_reference]")).to_have_value("AG-7")
    found += violations(page)
    page.locator("[name=agreement_file]").set_input_files(good)
    page.get_by_role("button", name="Send to Arxus").click()
    expect(page.get_by_role("main")).to_contain_text("With Arxus: being checked")
    page.goto("/agreements/")
    found += violations(page)
    with page.expect_download() as saved:
        page.get_by_role("link", name="Download AG-7").click()
    page.get_by_role("link", name="End AG-7").click()
    found += violations(page)
    page.goto("/agreements/new/")
    found += violations(page)
    draft.refresh_from_db()
    assignment.take(draft, by=sam)
    review = open_as(sam)
    review.goto(f"/admin/tenants/tenantrequest/{draft.pk}/change/")
    expect(review.get_by_role("link", name="Download the PDF")).to_be_visible()
    found += violations(review)

    assert found == []
    assert saved.value.suggested_filename == "Agreement De Smet.pdf"
    assert saved.value.path().read_bytes() == good.read_bytes()
