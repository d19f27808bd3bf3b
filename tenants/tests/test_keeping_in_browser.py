"""A step of a request keeps itself while somebody types, in a real browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from contacts.models import Company, User
from tenants.models import TenantRequest
from tenants.tests.test_agreements_in_browser import open_as, violations

__all__ = ["open_as"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page_of_contacts(
    open_as: Callable[..., Page],
    alice: User,
    bob: User,
    customer: Company,
    draft: TenantRequest,
) -> Page:
    page = open_as(alice, customer)
    page.goto(f"/tenants/{draft.public_id}/step/contacts/")
    return page


def test_what_is_chosen_is_kept_and_told_about_without_a_button(
    page_of_contacts: Page, draft: TenantRequest, bob: User
) -> None:
    page = page_of_contacts

    page.get_by_label("Kept informed").select_option(f"user:{bob.public_id}")

    expect(page.locator("#kept")).to_contain_text("Kept at")
    expect(page.get_by_text("Bob Claes works for Nordwave IT bv.")).to_be_visible()
    draft.refresh_from_db()
    assert draft.answers["contacts"]["watchlist"] == f"user:{bob.public_id}"
    assert violations(page) == []


def test_two_changes_in_a_row_are_both_kept(page_of_contacts: Page, draft: TenantRequest, bob: User) -> None:
    page = page_of_contacts

    page.get_by_label("Kept informed").select_option(f"user:{bob.public_id}")
    page.get_by_label("Data protection officer").select_option(f"user:{bob.public_id}")

    # Said once, below the first of the two: so both answers have arrived.
    expect(page.locator("#id_dpo_findings")).to_contain_text("Bob Claes works for Nordwave IT bv.")
    expect(page.locator("#kept")).to_contain_text("Kept at")
    draft.refresh_from_db()
    assert {draft.answers["contacts"][role] for role in ("dpo", "watchlist")} == {f"user:{bob.public_id}"}


def test_r03_a_switch_in_another_tab_stops_the_keeping_and_says_so(
    page_of_contacts: Page, draft: TenantRequest, bob: User
) -> None:
    page = page_of_contacts
    other = page.context.new_page()
    other.goto("/")
    other.get_by_role("button", name="Back to Nordwave IT bv").click()
    expect(other.get_by_role("heading", level=1)).to_be_visible()

    page.get_by_label("Kept informed").select_option(f"user:{bob.public_id}")

    expect(page.locator("#kept")).to_contain_text("You switched company in another tab")
    draft.refresh_from_db()
    assert not draft.answers["contacts"].get("watchlist")


def test_without_a_connection_one_reads_that_it_is_not_kept_yet(page_of_contacts: Page, bob: User) -> None:
    page = page_of_contacts
    page.context.set_offline(True)

    page.get_by_label("Kept informed").select_option(f"user:{bob.public_id}")

    expect(page.locator("#kept")).to_contain_text("Not kept yet: there is no connection.")
    page.context.set_offline(False)


def test_a_request_sent_in_another_tab_is_not_typed_into(
    page_of_contacts: Page, sent: TenantRequest, bob: User
) -> None:
    page = page_of_contacts

    page.get_by_label("Kept informed").select_option(f"user:{bob.public_id}")

    expect(page.locator("#kept")).to_contain_text("nothing was saved")
    sent.refresh_from_db()
    assert not sent.answers["contacts"].get("watchlist")


def test_what_is_being_typed_is_kept_without_leaving_the_field(page_of_contacts: Page, draft: TenantRequest) -> None:
    page = page_of_contacts
    page.goto(f"/tenants/{draft.public_id}/step/message/")

    page.get_by_label("Message to Arxus").press_sequentially("Please call first.")

    expect(page.locator("#kept")).to_contain_text("Kept at")
    draft.refresh_from_db()
    assert draft.answers["message"]["message"] == "Please call first."


def test_r03_another_step_chosen_after_a_switch_elsewhere_loses_nothing(
    page_of_contacts: Page, draft: TenantRequest
) -> None:
    page = page_of_contacts
    page.goto(f"/tenants/{draft.public_id}/step/message/")
    other = page.context.new_page()
    other.goto("/")
    other.get_by_role("button", name="Back to Nordwave IT bv").click()
    expect(other.get_by_role("heading", level=1)).to_be_visible()

    page.get_by_label("Message to Arxus").fill("Please call first.")
    page.get_by_role("button", name="Contacts").click()

    expect(page.get_by_text("Please call first.")).to_be_visible()
    page.get_by_role("button", name="Work for Bakkerij De Smet bv and go on").click()
    expect(page.get_by_role("heading", name="Who does Arxus talk to?")).to_be_visible()
    draft.refresh_from_db()
    assert draft.answers["message"]["message"] == "Please call first."


def test_enter_in_a_field_goes_on_to_the_next_step(page_of_contacts: Page, draft: TenantRequest) -> None:
    page = page_of_contacts
    page.goto(f"/tenants/{draft.public_id}/step/tenant/")

    page.get_by_label("Tenant name").press("Enter")

    expect(page.get_by_role("heading", name="Anything else?")).to_be_visible()


def test_r15_a_tick_is_kept_when_one_looks_something_up(page_of_contacts: Page, draft: TenantRequest) -> None:
    page = page_of_contacts
    page.goto(f"/tenants/{draft.public_id}/check/")

    page.get_by_role("checkbox").first.check()
    expect(page.locator("#kept")).to_contain_text("Kept at")
    page.get_by_role("link", name="Change").first.click()
    page.goto(f"/tenants/{draft.public_id}/check/")

    expect(page.get_by_role("checkbox").first).to_be_checked()
    assert violations(page) == []
