"""A colleague comes and goes: invited, active, owner of a request, gone; and what then becomes of the request."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from portal.tests.story import Story

ALICE, LENA = "alice@nordwave.example", "lena@nordwave.example"
LENAS = "vijf losse woorden zonder verband"


@pytest.mark.browser
def test_a_colleague_leaves(story: Story) -> None:
    alice = story.person(ALICE)
    invite(alice)

    lena = accept(story)
    number = draft_a_request(lena)

    end(alice, number)

    gone(story, lena)
    expect(alice.get_by_role("main")).not_to_contain_text(LENA)
    taken_over(alice, number)
    # Who does it gets no mail about it.
    assert not [mail for mail in story.mailbox.newest() if f"<{ALICE}>" in mail.to and "You own" in mail.subject]


def invite(page: Page) -> None:
    page.get_by_role("link", name="Colleagues").click()
    page.get_by_role("link", name="Invite a colleague").click()
    page.get_by_label("E-mail address").fill(LENA)
    page.get_by_label("First name").fill("Lena")
    page.get_by_label("Last name").fill("Wouters")
    page.get_by_label("Dutch").check()
    page.locator("[name=groups][value=tenants]").check()
    page.get_by_role("button", name="Invite to Nordwave IT bv").click()
    expect(page.get_by_role("main")).to_contain_text(f"{LENA} is invited.")
    expect(page.get_by_role("main")).to_contain_text("invited by Alice Peeters")


def accept(story: Story) -> Page:
    """The link of the mail, a password, and she works for Nordwave."""
    mail = story.mail(LENA, "nodigt u uit in het Arxus-portaal")
    assert "Alice Peeters nodigt u uit om voor Nordwave IT bv te werken" in " ".join(mail.body("plain").split())
    found = re.search(r"http\S+/activate/\S+", mail.body("plain"))
    assert found
    lena = story.person()
    lena.goto(found[0].strip("<>."))
    expect(lena.get_by_role("main")).to_contain_text("the invitation of Alice Peeters to Nordwave IT bv")
    for field in lena.locator("input[type=password]").all():
        field.fill(LENAS)
    lena.get_by_role("button", name=re.compile("Set the password")).click()
    expect(lena.get_by_role("main")).to_contain_text("Your password is set.")
    story.log_in(lena, LENA, LENAS)
    expect(lena.get_by_role("link", name="Colleagues")).to_be_visible()
    return lena


def draft_a_request(page: Page) -> str:
    page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/")[2] + "/switch/")
    page.get_by_role("button", name="Switch to this company Garage Lambrecht nv").dblclick()
    expect(page.locator(".acting__name")).to_have_text("Garage Lambrecht nv")
    page.get_by_role("link", name="Tenant Configuration").first.click()
    page.get_by_role("link", name="Request a tenant").first.click()
    page.get_by_role("button", name="Create a new tenant").click()
    expect(page.get_by_role("main")).to_contain_text("TR-")
    number = re.search(r"TR-\d\d-\w{5}", page.get_by_role("main").inner_text())
    assert number
    return number[0]


def end(page: Page, number: str) -> None:
    """The page says what happens; Alice, who does it, takes the request."""
    page.get_by_role("link", name="Colleagues").click()
    page.get_by_role("link", name="Lena Wouters").click()
    page.get_by_role("link", name="End this access").click()
    expect(page.get_by_role("main")).to_contain_text(f"{number} for Garage Lambrecht nv: Draft")
    assert Axe().run(page).response["violations"] == []
    page.get_by_role("button", name="End the access of Lena Wouters").click()
    expect(page.get_by_role("main")).to_contain_text("Lena Wouters no longer has access to Nordwave IT bv.")


def gone(story: Story, page: Page) -> None:
    """On the very next click; and she is told who goes on."""
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("You work for no company here")
    mail = story.mail(LENA, "beëindigd")
    words = " ".join(mail.body("plain").split())
    assert "Alice Peeters heeft uw toegang tot Nordwave IT bv in het Arxus-portaal beëindigd." in words
    assert "Alice Peeters gaat verder met de aanvragen waarvan u eigenaar was." in words


def taken_over(page: Page, number: str) -> None:
    page.get_by_role("link", name="Tenant Configuration").first.click()
    row = page.get_by_role("row").filter(has_text=number)
    expect(row).to_contain_text("You")
