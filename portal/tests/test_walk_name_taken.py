"""A name taken at registration: copied from a rejected request, sent back, second choice, registered; in a browser."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from portal.tests.story import Story

FIRST, SECOND = "notaccepted", "notacceptedpont"
ALICE, TECHNICAL = "alice@nordwave.example", "denis.pont@tavernedupont.example"


@pytest.mark.browser
def test_a_name_taken_at_registration_is_sent_back_and_the_second_choice_registered(story: Story) -> None:
    alice, sam = story.person(ALICE), story.person("sam@arxus.example")
    number = start_again(story, alice)
    decide_first(story, sam, number)
    approve(sam)
    send_back_from_microsoft(sam)

    told = story.mail(ALICE, f"change.*{number}").body("plain")
    assert SECOND in told
    use_second_choice(story, alice, number)

    sam.reload()
    expect(sam.get_by_role("main")).to_contain_text(f"{SECOND}.onmicrosoft.com")
    approve(sam)
    register(sam)
    assert SECOND in story.mail(ALICE, f"ready.*{number}").body("plain")
    assert SECOND in story.mail(TECHNICAL, number).body("plain")


def start_again(story: Story, page: Page) -> str:
    """Copy what Arxus had not accepted, look at each step, name a second choice, send."""
    page.goto(f"{story.url}/switch/?q=Taverne")
    page.get_by_role("button", name=re.compile("Taverne du Pont srl")).first.click()
    page.goto(f"{story.url}/tenants/?status=closed")
    page.get_by_role("link", name=FIRST).first.click()
    page.get_by_role("button", name="Copy and start again").click()
    page.get_by_role("button", name="These details are right, go on").click()
    for _step in ("contacts", "people named to Microsoft"):
        page.get_by_role("button", name="Save and go on").click()
    expect(page.locator("[name=tenant_name]")).to_have_value(FIRST)
    page.locator("[name=second_choice]").fill(SECOND)
    for _step in ("tenant", "message"):
        page.get_by_role("button", name="Save and go on").click()
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="Send to Arxus for Taverne du Pont srl").click()
    expect(page.get_by_role("main")).to_contain_text("With Arxus: being checked")
    found = re.search(r"TR-\d\d-\w{5}", page.get_by_role("main").inner_text())
    assert found
    return found[0]


def decide_first(story: Story, page: Page, number: str) -> None:
    page.goto(f"{story.url}/admin/tenants/tenantrequest/?q={number}")
    page.locator("#result_list").get_by_role("link").first.click()
    page.get_by_role("button", name="Take", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text(number)


def approve(page: Page) -> None:
    page.get_by_role("link", name=re.compile("^Approve")).click()
    page.locator("button[name=decide]").click()
    expect(page.locator(".strip")).to_contain_text("Registering")


def send_back_from_microsoft(page: Page) -> None:
    """Started, and the name turns out to be taken: a remark at its field, with the second choice."""
    page.get_by_role("button", name="Started at Microsoft").click()
    page.get_by_role("link", name=re.compile("^Ask for changes")).click()
    page.locator("[name=remarks-0-field]").select_option("tenant.tenant_name")
    page.locator("[name=remarks-0-text]").fill("Somebody at Microsoft has this name already.")
    page.locator("[name=remarks-0-suggestion]").fill(SECOND)
    page.locator("button[name=preview]").click()
    page.get_by_role("button", name="Send back and mail Alice Peeters").click()
    expect(page.locator(".strip")).to_contain_text("Changes requested")


def use_second_choice(story: Story, page: Page, number: str) -> None:
    page.reload()
    page.get_by_role("button", name=f"Use “{SECOND}”").click()
    page.get_by_role("link", name="Correct and send again").click()
    page.get_by_role("button", name="Send to Arxus for Taverne du Pont srl").click()
    expect(page.get_by_role("main")).to_contain_text("With Arxus: being checked")
    expect(page.get_by_role("main")).to_contain_text(number)


def register(page: Page) -> None:
    page.get_by_role("link", name=re.compile("^Register")).click()
    expect(page.locator("[name=domain]")).to_have_value(f"{SECOND}.onmicrosoft.com")
    page.locator("[name=tenant_id]").fill(str(uuid4()))
    page.locator("[name=agreement][value=done]").check()
    page.locator("[name=first_login]").fill("told by telephone")
    page.locator("button[name=preview]").click()
    page.locator("button[name=decide]").click()
    expect(page.locator(".strip")).to_contain_text("Registered")
