"""Onboarding for a Value Add Partner in a real browser; nothing leaves for the customer (R14, R35)."""

import re

import pytest
from playwright.sync_api import Page, expect

from portal.tests.story import Story
from portal.tests.test_walk import give_job_title, kim_overrides

VERA, LEA = "vera@valora.example", "lea.roy@studioelan.example"
DOMAIN = "studioelan.example"
LINK = "https://admin.microsoft.com/Adminportal/Home?invType=ResellerRelationship&DAP=false#/partner-invitation"


@pytest.mark.browser
def test_r14_onboarding_for_a_vap_leaves_the_customer_alone(story: Story) -> None:
    vera = story.person(VERA)
    give_job_title(vera)
    work_for_the_studio(vera)
    number = connect(vera)

    sam = story.person("sam@arxus.example")
    approve(sam, number)
    story.mail(VERA, f"pproved.*{number}")
    invite(sam)
    to_forward = story.mail(VERA, f"Forward Microsoft’s invitation: {number}")
    assert LINK in to_forward.body("plain")
    assert "Bonjour Lea Roy," in to_forward.body("plain")
    vera.reload()
    expect(vera.get_by_role("main")).to_contain_text("With you: invitation to forward")
    register(sam)
    story.mail(VERA, f"ready.*{number}")
    expect(sam.get_by_role("main")).to_contain_text("Registered")

    about_it = [mail for mail in story.mailbox.newest() if number in mail.subject]
    assert len(about_it) >= 4
    assert [mail.to for mail in story.mailbox.newest() if DOMAIN in mail.to] == []
    assert {mail.to for mail in about_it if f"<{VERA}>" not in mail.to} == set()


def work_for_the_studio(page: Page) -> None:
    page.goto(page.url.rstrip("/") + "/switch/")
    page.get_by_role("button", name=re.compile("Studio Élan bv")).first.click()
    expect(page.get_by_role("complementary", name="For whom you work")).to_contain_text("Studio Élan bv")


def connect(page: Page) -> str:
    """Every step, a domain as somebody copies it, and the statements; returns the number."""
    page.get_by_role("link", name="Tenant Configuration").first.click()
    page.get_by_role("link", name="Request a tenant").first.click()
    page.get_by_role("button", name="Connect an existing tenant").click()
    page.get_by_role("button", name="These details are right, go on").click()
    for role in ("technical", "commercial"):
        page.locator(f"[name={role}]").select_option(label=f"Vera Wouters, account manager, {VERA}")
    page.locator("[name=authority][value=mandate]").check()
    page.locator("[name=authority_reference]").fill("VM-2026-020")
    page.locator("[name=authority_date]").fill("2 9 2026")
    page.get_by_role("button", name="Save and go on").click()
    signs = {"first_name": "Lea", "last_name": "Roy", "email": LEA, "phone": "053 00 00 30"}
    for name, value in signs.items():
        page.locator(f"[name=signatory_{name}]").fill(value)
    page.locator("[name=signatory_language]").select_option("fr")
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("main")).to_contain_text("Arxus does not write to them")
    page.locator("[name=domain]").fill(f"info@{DOMAIN}")
    for name in ("first_name", "last_name", "email"):
        page.locator(f"[name=admin_{name}]").fill(signs[name])
    page.locator("[name=admin_language]").select_option("fr")
    page.locator("[name=supplier][value=another]").check()
    page.locator("[name=move_subscriptions][value=yes]").check()
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("alert")).to_contain_text("Write only the domain")
    page.locator("[name=domain]").fill(f"https://www.{DOMAIN}/")
    page.get_by_role("button", name="Save and go on").click()
    page.get_by_role("button", name="Save and go on").click()
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.locator("[name=agreement_reference]").fill("AG-9")
    page.locator("[name=agreement_signed_on]").fill("1 3 2026")
    page.get_by_role("button", name="Send to Arxus for Studio Élan bv").click()
    expect(page.get_by_role("main")).to_contain_text("With Arxus: being checked")
    found = re.search(r"TR-\d\d-\w{5}", page.get_by_role("main").inner_text())
    assert found
    return found[0]


def approve(page: Page, number: str) -> None:
    page.goto(page.url.split("/admin")[0] + f"/admin/tenants/tenantrequest/?q={number}")
    page.get_by_role("link", name=DOMAIN).first.click()
    page.get_by_role("button", name=re.compile("^Take")).first.click()
    kim_overrides(page)
    page.reload()
    page.get_by_role("link", name=re.compile("^Approve")).click()
    page.locator("button[name=decide]").click()
    expect(page.get_by_role("main")).to_contain_text("Registering")


def invite(page: Page) -> None:
    """The mail is read before it goes out."""
    page.get_by_role("link", name="Somebody else has it now…").click()
    page.get_by_label("The customer’s administrator").check()
    page.locator("[name=link]").fill(LINK)
    page.locator("button[name=preview]").click()
    expect(page.frame_locator("iframe").first.get_by_role("heading", level=1)).to_contain_text("Forward Microsoft")
    page.get_by_role("button", name="Write it down and mail Vera Wouters").click()
    expect(page.get_by_role("main")).to_contain_text("Arxus’s target stands still")


def register(page: Page) -> None:
    page.get_by_role("link", name=re.compile("^Register")).click()
    page.locator("[name=tenant_id]").fill("5f9a1c52-0000-4000-8000-0000b7d04e22")
    page.locator("[name=agreement][value=done]").check()
    page.locator("button[name=preview]").click()
    page.locator("button[name=decide]").click()
    expect(page.get_by_role("main")).to_contain_text("Registered")
