"""People who were named wrongly: corrected while registering, objected to, and a lost mail asked for again."""

import re
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from portal.tests.story import Story

ALICE, SAM = "alice@nordwave.example", "sam@arxus.example"
OLD, NEW = "jan.wouters@maesvrancken.example", "j.wouters@maesvrancken.example"
PASSWORD = "vier losse woorden zonder zin"


@pytest.mark.browser
def test_the_wrong_address_is_corrected_during_registering_and_its_lost_mail_asked_for_again(story: Story) -> None:
    alice, sam = story.person(ALICE), story.person(SAM)
    number = work_for(story, alice, "Maes & Vrancken bv", "beingsetup")
    correct_address(alice)
    told = " ".join(story.mail(SAM, f"corrected a person.*{number}").body("plain").split())
    assert "Now: j.wouters" in told.replace("\u200b", "")
    assert "This is not right".lower() not in told.lower()
    assert number in story.mail(NEW, number).body("plain")

    decide(story, sam, number)
    expect(sam.locator("#changed")).to_contain_text(NEW)
    register(sam)
    first = activation(story.mail(NEW, f"wachtwoord.*{number}").body("plain"))

    jan = story.person()
    jan.goto(f"{story.url}/account/login/")
    jan.get_by_role("link", name=re.compile("Lost the mail")).click()
    jan.locator("input[name=email]").fill(NEW)
    jan.get_by_role("button", name="Mail me a link").click()
    again = activation(story.mail(NEW, "^Stel uw wachtwoord in voor het Arxus-portaal$").body("plain"))
    jan.goto(first)
    expect(jan.get_by_role("heading", level=1)).to_contain_text("This link does not work any more")
    jan.goto(again)
    for field in jan.locator("input[type=password]").all():
        field.fill(PASSWORD)
    jan.get_by_role("button", name=re.compile("Set the password")).click()
    story.log_in(jan, NEW, PASSWORD)
    expect(jan.get_by_role("main")).to_contain_text("beingsetup.onmicrosoft.com")


@pytest.mark.browser
def test_an_objection_is_raised_and_settled(story: Story) -> None:
    theo_mail = "theo.lambert@bakkerijdesmet.example"
    mail = story.mail(theo_mail, "TR-")
    number = re.search(r"TR-\d\d-\w{5}", mail.subject)
    link = re.search(r"http\S+/not-right/\S+", mail.body("plain"))
    assert number
    assert link
    sam = story.person(SAM)
    decide(story, sam, number[0])
    sam.get_by_role("button", name="Take", exact=True).click()

    theo = story.person()
    theo.goto(link[0].strip("<>."))
    assert Axe().run(theo).response["violations"] == []
    theo.get_by_role("button", name="Tell Arxus").click()
    expect(theo.get_by_role("alert")).to_contain_text("Write what is not right.")
    theo.get_by_label("What is not right?").fill("An no longer works here.")
    theo.get_by_role("button", name="Tell Arxus").dblclick()
    expect(theo.get_by_role("heading", level=1)).to_contain_text("Arxus has what you wrote")
    assert "An no longer works here." in story.mail(ALICE, f"not right.*{number[0]}").body("plain")
    story.mail(theo_mail, f"heeft wat u schreef.*{number[0]}")

    sam.reload()
    expect(sam.locator(".submit-row")).to_contain_text("Theo Lambert says that something is not right.")
    sam.get_by_role("link", name="Settle what Theo Lambert says").click()
    sam.get_by_label("How is it settled?").fill("Called both: An leaves in spring.")
    sam.get_by_role("button", name="Show what is mailed").click()
    expect(sam.locator("pre.mail-text")).to_contain_text("Called both: An leaves in spring.")
    sam.get_by_role("button", name="Settle and mail Theo Lambert").click()
    expect(sam.get_by_role("main")).to_contain_text("Settled by Sam")
    sam.get_by_role("link", name=re.compile("^Approve")).click()
    sam.locator("button[name=decide]").click()
    expect(sam.locator(".strip")).to_contain_text("Registering")
    assert "Called both" in story.mail(theo_mail, f"geregeld.*{number[0]}").body("plain")


def work_for(story: Story, page: Page, company: str, name: str) -> str:
    page.goto(f"{story.url}/switch/?q={company.split()[0]}")
    page.get_by_role("button", name=re.compile(company)).first.click()
    expect(page.get_by_role("complementary", name="For whom you work")).to_contain_text(company)
    page.goto(f"{story.url}/tenants/?status=all")
    page.get_by_role("link", name=name).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    found = re.search(r"TR-\d\d-\w{5}", page.get_by_role("main").inner_text())
    assert found
    return found[0]


def correct_address(page: Page) -> None:
    """First as another person, which is refused; then the address alone."""
    page.get_by_role("link", name=re.compile("Correct this person.*Technical contact")).click()
    page.locator("[name=first_name]").fill("Piet")
    page.locator("input[name=email]").fill(NEW)
    page.get_by_role("button", name="Save for Maes & Vrancken bv").click()
    expect(page.get_by_role("main")).to_contain_text("reads as another person")
    assert Axe().run(page).response["violations"] == []
    page.locator("[name=first_name]").fill("Jan")
    page.get_by_role("button", name="Save for Maes & Vrancken bv").click()
    expect(page.get_by_role("main")).to_contain_text("Corrected. Arxus works with the new data from now on.")
    expect(page.get_by_role("main")).to_contain_text(NEW)


def decide(story: Story, page: Page, number: str) -> None:
    page.goto(f"{story.url}/admin/tenants/tenantrequest/?q={number}")
    page.locator("#result_list").get_by_role("link").first.click()
    expect(page.get_by_role("main")).to_contain_text(number)


def register(page: Page) -> None:
    page.get_by_role("link", name=re.compile("^Register")).click()
    page.locator("[name=tenant_id]").fill(str(uuid4()))
    page.locator("[name=agreement][value=done]").check()
    page.locator("[name=first_login]").fill("told by telephone")
    page.locator("button[name=preview]").click()
    page.locator("button[name=decide]").click()
    expect(page.locator(".strip")).to_contain_text("Registered")


def activation(text: str) -> str:
    found = re.search(r"http\S+/activate/\S+", text)
    assert found
    return found[0].strip("<>.")
