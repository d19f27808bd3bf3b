"""A mail scanner that runs scripts and submits whatever it finds, in a real browser (T42)."""

import pytest
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from contacts.access_links import Purpose, address, has_activated, issue
from contacts.login import open_account
from contacts.models import Company, Group, Membership, User

NEW = "one bakery behind the canal"
# Past the browser's own checks, as a script does.
SUBMIT = "number => document.forms[number].submit()"


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_t42_a_scanner_that_submits_every_form_uses_nothing_up(
    live_server: LiveServer, page: Page, customer: Company
) -> None:
    theo = open_account("theo.lambert@bakkerijdesmet.example", "Theo", "Lambert", "nl")
    Membership.objects.create(user=theo, company=customer, groups=[Group.TECHNICAL])
    link = live_server.url + address(issue(theo, Purpose.ACTIVATION)).removeprefix("http://localhost:8000")
    page.goto(link)
    forms = page.evaluate("document.forms.length")

    for number in range(forms):
        for _ in range(3):
            page.goto(link)
            with page.expect_navigation():
                page.evaluate(SUBMIT, number)
            with page.expect_navigation():
                page.evaluate(SUBMIT, 0)
            assert page.locator(".errorsum").count() == 1
    assert forms >= 1
    theo.refresh_from_db()
    assert not has_activated(theo)

    page.goto(link)
    assert page.url == live_server.url + "/activate/"
    page.get_by_label("New password").fill(NEW)
    page.get_by_label("The same password again").fill(NEW)
    page.get_by_role("button", name="Set the password").click()
    assert page.get_by_label("E-mail address").input_value() == theo.email
    page.get_by_label("Password").fill(NEW)
    page.get_by_role("button", name="Log in").click()

    page.get_by_text("Theo Lambert").wait_for()
    assert has_activated(User.objects.get(pk=theo.pk))
