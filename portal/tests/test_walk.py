"""The whole story in a real browser on real servers: from a partner's form to the technical contact's first login."""

import re
from datetime import date
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from portal.tests.story import Story
from tenants.demo import PASSWORD

NAME = "telenetdemo"
NUMBER = "0473.416.418"
TECHNICAL, SIGNATORY = "tom.peeters@telenetdemo.example", "claire.dubois@telenetdemo.example"
ALICE = "alice@nordwave.example"


@pytest.mark.browser
def test_the_whole_story(story: Story) -> None:
    alice = story.person("alice@nordwave.example")
    give_job_title(alice)
    add_customer(alice)
    add_contacts(alice)
    number = fill_in_and_send(alice)
    confirmations(story, number)

    sam = story.person("sam@arxus.example")
    take(sam, number)
    send_back(sam)
    correct(story, alice, number)
    solve_checks_and_approve(sam, number)
    register(sam)

    told = story.mail(ALICE, f"ready.*{number}")
    assert "Tom Peeters" in " ".join(told.body("plain").split())
    assert number in story.mail(SIGNATORY, number).body("plain")
    first_login(story, number)


def give_job_title(page: Page) -> None:
    """A commercial contact has one; Alice will be it herself."""
    start = page.url
    page.goto(start.rstrip("/") + "/profile/")
    page.locator("[name=job_title]").fill("account manager")
    page.get_by_role("main").get_by_role("button", name="Save").first.click()
    page.goto(start)


def add_customer(page: Page) -> None:
    """By a real Belgian VAT number; then work for the new customer."""
    page.get_by_role("link", name="Add a customer").click()
    page.get_by_label(re.compile("VAT or enterprise number")).fill(NUMBER)
    page.get_by_role("main").get_by_role("button").first.click()
    page.get_by_label("Legal name").fill("Telenet Demo bv")
    page.get_by_label("Street and number").fill("Liersesteenweg 4")
    page.get_by_label("Postal code").fill("2800")
    page.get_by_label("Town").fill("Mechelen")
    page.get_by_label("Phone").fill("015 33 30 00")
    page.get_by_label("Industry").select_option("ict")
    page.get_by_label(re.compile("Language at Microsoft|Microsoft language")).select_option("nl")
    page.get_by_label("The customer knows Arxus").check()
    page.get_by_role("button", name="Add as customer of Nordwave IT bv").click()
    page.get_by_role("button", name=re.compile("Telenet Demo bv")).first.click()
    expect(page.get_by_role("complementary", name="For whom you work")).to_contain_text("Telenet Demo bv")


def add_contacts(page: Page) -> None:
    people = (("Tom", "Peeters", TECHNICAL, "nl", "IT manager"), ("Claire", "Dubois", SIGNATORY, "fr", "director"))
    for first, last, email, language, job in people:
        page.get_by_role("link", name="Contacts", exact=True).click()
        page.get_by_role("link", name=re.compile("contact")).filter(has_text=re.compile("Add|New")).first.click()
        page.locator("[name=first_name]").fill(first)
        page.locator("[name=last_name]").fill(last)
        page.locator("input[name=email]").fill(email)
        page.locator("[name=phone]").fill("015 33 30 01")
        page.locator("[name=job_title]").fill(job)
        page.locator(f"[name=language][value={language}]").check()
        page.get_by_role("button", name="Save for Telenet Demo bv").click()
        expect(page.get_by_role("main")).to_contain_text(email)


def fill_in_and_send(page: Page) -> str:
    """Every step, a second tab in between, and a name that has to be corrected first; returns the number."""
    page.get_by_role("link", name="Tenant Configuration").first.click()
    page.get_by_role("link", name="Request a tenant").first.click()
    page.get_by_role("button", name="Create a new tenant").click()
    page.get_by_role("button", name="These details are right, go on").click()
    page.get_by_label("Technical contact").select_option(label=f"Tom Peeters, IT manager, {TECHNICAL}")
    page.get_by_label("Commercial contact").select_option(label=f"Alice Peeters, account manager, {ALICE}")
    page.locator("[name=watchlist]").select_option(label=f"Claire Dubois, director, {SIGNATORY}")
    page.locator("[name=authority][value=mandate]").check()
    page.locator("[name=authority_reference]").fill("VM-2026-014")
    page.locator("[name=authority_date]").fill("2 9 2026")
    page.get_by_role("button", name="Save and go on").click()
    for role in ("primary", "signatory"):
        typed = {"first_name": "Claire", "last_name": "Dubois", "email": SIGNATORY, "phone": "015 33 30 02"}
        for name, value in typed.items():
            page.locator(f"[name={role}_{name}]").fill(value)
    page.locator("[name=signatory_language]").select_option("fr")
    page.get_by_role("button", name="Save and go on").click()
    page.locator("[name=tenant_name]").fill("Telenet-Demo")
    page.locator("[name=delegated][value=yes]").check()
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("alert")).to_contain_text("Leave out the hyphen")
    page.locator("[name=tenant_name]").fill(NAME)
    switched_in_another_tab(page)
    page.locator("[name=reference]").fill("PO-77")
    page.get_by_role("button", name="Save and go on").click()
    for box in page.get_by_role("checkbox").all():
        expect(box).not_to_be_checked()
        box.check()
    expect(page.get_by_role("main")).to_contain_text("I, Alice Peeters, sign as commercial contact")
    page.locator("[name=agreement_reference]").fill("AG-7")
    page.locator("[name=agreement_signed_on]").fill("1 3 2026")
    page.get_by_role("button", name="Send to Arxus for Telenet Demo bv").dblclick()
    expect(page.get_by_role("main")).to_contain_text("With Arxus: being checked")
    found = re.search(r"TR-\d\d-\w{5}", page.get_by_role("main").inner_text())
    assert found
    return found[0]


def switched_in_another_tab(page: Page) -> None:
    """R03: the first tab writes nothing for the other company, keeps what was typed, and goes on in one step."""
    other = page.context.new_page()
    other.goto(page.url.split("/tenants/")[0] + "/switch/")
    other.get_by_role("button", name=re.compile("Garage Lambrecht nv|Nordwave IT bv")).first.click()
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("You switched company in another tab")
    assert Axe().run(page).response["violations"] == []
    expect(page.get_by_role("main")).to_contain_text(NAME)
    page.get_by_role("button", name="Work for Telenet Demo bv and go on").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Anything else?")
    other.close()


def confirmations(story: Story, number: str) -> None:
    """In the language of each reader."""
    assert 'lang="nl"' in story.mail(TECHNICAL, number).body("html")
    own = story.mail(ALICE, number)
    assert 'lang="en"' in own.body("html")
    assert "full legal responsibility" in " ".join(own.body("plain").split())
    assert sum(number in mail.subject for mail in story.mailbox.newest()) == 2


def take(page: Page, number: str) -> None:
    page.goto(page.url.split("/admin")[0] + "/admin/tenants/tenantrequest/")
    page.get_by_role("link", name=NAME).first.click()
    page.get_by_role("button", name=re.compile("^Take")).first.click()
    expect(page.get_by_role("main")).to_contain_text(number)


def send_back(page: Page) -> None:
    """Two remarks, one with a suggestion."""
    page.get_by_role("link", name=re.compile("^Ask for changes")).click()
    page.locator("[name=remarks-0-field]").select_option("tenant.tenant_name")
    page.locator("[name=remarks-0-text]").fill("Microsoft refused this name.")
    page.locator("[name=remarks-0-suggestion]").fill(f"{NAME}be")
    page.locator("[name=remarks-1-field]").select_option("message.message")
    page.locator("[name=remarks-1-text]").fill("Tell us when the customer can be reached.")
    page.locator("[name=comment]").fill("Nearly there.")
    page.locator("button[name=preview]").click()
    page.get_by_role("button", name="Send back and mail Alice Peeters").click()
    expect(page.get_by_role("main")).to_contain_text("Changes requested")


def correct(story: Story, page: Page, number: str) -> None:
    """The link of the mail, a suggestion with one click, the rest by hand, sent again."""
    mail = story.mail("alice@nordwave.example", f"{number}|aanpassing|change")
    assert number in mail.body("plain")
    page.get_by_role("link", name="Tenant Configuration").first.click()
    page.get_by_role("link", name=NAME).first.click()
    page.get_by_role("button", name=f"Use “{NAME}be”").click()
    page.get_by_role("link", name="Change it yourself").last.click()
    page.locator("[name=message]").fill("From nine to noon.")
    page.get_by_role("button", name="Save and go on").click()
    page.get_by_role("button", name="Send to Arxus for Telenet Demo bv").click()
    expect(page.get_by_role("main")).to_contain_text("With Arxus: being checked")


def solve_checks_and_approve(page: Page, number: str) -> None:
    """The technical contact is no ServiceNow user yet: a lead overrides that one check."""
    page.reload()
    expect(page.get_by_role("main")).to_contain_text(f"{NAME}be")
    kim_overrides(page)
    page.reload()
    page.get_by_role("link", name=re.compile("^Approve")).click()
    page.locator("button[name=decide]").click()
    expect(page.get_by_role("main")).to_contain_text("Registering")


def kim_overrides(page: Page) -> None:
    browser = page.context.browser
    assert browser
    context = browser.new_context()
    kim = context.new_page()
    kim.goto(page.url.split("/admin")[0] + "/account/login/")
    kim.locator("input[name=login]").fill("kim@arxus.example")
    kim.locator("input[name=password]").fill(PASSWORD)
    kim.get_by_role("main").get_by_role("button").first.click()
    kim.goto(page.url)
    kim.get_by_role("link", name=re.compile("^Override")).first.click()
    kim.locator("textarea, input[name=reason]").first.fill("The user is asked for, case CS0041873.")
    kim.get_by_role("button", name=re.compile("^Override")).click()
    expect(kim.get_by_role("main")).to_contain_text("case CS0041873")
    context.close()


def register(page: Page) -> None:
    page.get_by_role("link", name=re.compile("^Register")).click()
    page.locator("[name=tenant_id]").fill(str(uuid4()))
    page.locator("[name=domain]").fill(f"{NAME}be.onmicrosoft.com")
    page.locator("[name=agreement][value=done], select[name=agreement]").first.check()
    page.locator("[name=first_login]").fill("told by telephone")
    page.locator("button[name=preview]").click()
    page.locator("button[name=decide]").click()
    expect(page.get_by_role("main")).to_contain_text("Registered")


def first_login(story: Story, number: str) -> None:
    """T41, T42: 100 GETs and a script that submits every form use nothing up; a person then sets the password."""
    mail = story.mail(TECHNICAL, "klaar|wachtwoord|password|toegang")
    found = re.search(r"http\S+/activate/\S+", mail.body("plain"))
    assert found
    link = found[0].strip("<>.")
    scanner = story.person()
    for _ in range(100):
        assert scanner.request.get(link).ok
    scanner.goto(link)
    for number in range(scanner.locator("form").count()):
        # One at a time: of several submissions from one page a browser makes only the last.
        scanner.goto(link)
        scanner.evaluate(f"(form => {{ form.noValidate = true; form.submit(); }})(document.forms[{number}])")
        scanner.wait_for_load_state()

    tom = story.person()
    tom.goto(link)
    assert found[0] not in tom.url
    for field in tom.locator("input[type=password]").all():
        field.fill("vier losse woorden zonder zin")
    tom.get_by_role("button", name=re.compile("Set the password")).click()
    story.log_in(tom, TECHNICAL, "vier losse woorden zonder zin")
    expect(tom.get_by_role("main")).to_contain_text(f"{NAME}be.onmicrosoft.com")
    expect(tom.get_by_role("main")).to_contain_text(f"{date.today():%-d} {date.today():%b}")
