import pytest
from playwright.sync_api import Page, expect


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_browser_opens_a_page_of_ours(page: Page, live_server) -> None:
    page.goto(f"{live_server.url}/healthz")

    expect(page.locator("body")).to_have_text("ok")
