"""Whom a partner asks at Arxus: their success manager by name, else the service desk; on every page, in every mail."""

from typing import Any

import pytest

from conftest import make_user
from contacts.models import Company, Group, Membership, User
from notifications.models import OutgoingEmail
from tenants import workflow
from tenants.models import TenantRequest
from tenants.tests.conftest import ALL_TICKED

pytestmark = pytest.mark.django_db


@pytest.fixture
def sofie(nordwave: Company) -> User:
    """The success manager of Nordwave."""
    sofie = make_user("sofie@arxus.example", "Sofie", "De Backer", is_staff=True, phone="+3253000077")
    Company.objects.filter(pk=nordwave.pk).update(success_manager=sofie)
    return sofie


def foot(page: Any) -> str:
    return " ".join(page.content.decode().partition('<footer class="foot">')[2].split())


def test_the_foot_of_every_page_names_the_success_manager(
    sofie: User, alice: User, customer: Company, login: Any, django_assert_max_num_queries: Any
) -> None:
    browser = login(alice)

    for company in (customer.partner, customer):
        browser.post("/switch/", {"company": str(company.public_id)})
        for path in ("/profile/", "/tenants/", "/contacts/"):
            with django_assert_max_num_queries(8):
                said = foot(browser.get(path))
            assert "Your contact at Arxus: Sofie De Backer" in said
            assert "+32 53 00 00 77" in said
            assert "mailto:sofie@arxus.example" in said
            assert "Arxus service desk" in said


@pytest.mark.parametrize("without", [{"success_manager": None}, {}])
def test_without_one_in_office_there_is_the_service_desk(
    sofie: User, alice: User, nordwave: Company, login: Any, without: dict[str, None]
) -> None:
    Company.objects.filter(pk=nordwave.pk).update(**without)
    User.objects.filter(pk=sofie.pk).update(is_active=False)

    said = foot(login(alice).get("/profile/"))

    assert "Sofie" not in said
    assert "Arxus service desk" in said


def test_r06_the_customers_own_people_are_not_sent_to_the_partners_contact(
    sofie: User, customer: Company, login: Any
) -> None:
    els = make_user("els@bakkerijdesmet.example", "Els", "De Smet")
    Membership.objects.create(user=els, company=customer, groups=[Group.READ_ONLY])

    assert "Sofie" not in login(els).get("/tenants/").content.decode()


def test_r41_the_owners_mails_name_the_success_manager(draft: TenantRequest, sofie: User, alice: User) -> None:
    workflow.submit(draft, by=alice, sent=ALL_TICKED)

    mails = {mail.to_email: " ".join(mail.text.replace("\u200b", "").split()) for mail in OutgoingEmail.objects.all()}
    asked = "Questions: Sofie De Backer (Arxus), +32\u00a053\u00a000\u00a000\u00a077, sofie@arxus.example"
    assert " ".join(asked.split()) in mails[alice.email]
    assert not any("Sofie" in text for email, text in mails.items() if email != alice.email)


def test_the_partners_record_has_its_microsoft_ids(sofie: User, nordwave: Company, admin_client: Any) -> None:
    path = f"/admin/contacts/company/{nordwave.pk}/change/"
    page = admin_client.get(path)
    form = {name: page.context["adminform"].form[name].value() or "" for name in page.context["adminform"].form.fields}
    for formset in page.context["inline_admin_formsets"]:
        form |= {f"{formset.formset.prefix}-{name}": 0 for name in ("TOTAL_FORMS", "INITIAL_FORMS")}
    ids = {
        "microsoft_partner_id": "4837201",
        "microsoft_tenant_id": "3f9a1c52-0000-4000-8000-0000b7d04e00",
        "microsoft_associated_id": "5000001",
    }

    wrong = admin_client.post(path, form | ids | {"microsoft_tenant_id": "no guid"})
    admin_client.post(path, form | ids | {"email_domains": "nordwave.example"})

    assert "microsoft_tenant_id" in wrong.context["adminform"].form.errors
    kept = Company.objects.get(pk=nordwave.pk)
    assert kept.microsoft_ids == ["5000001", "3f9a1c52-0000-4000-8000-0000b7d04e00"]
    assert (kept.success_manager, kept.microsoft_partner_id) == (sofie, "4837201")


def test_who_registers_sees_the_partners_ids(sent: TenantRequest, nordwave: Company, sam: User, login: Any) -> None:
    Company.objects.filter(pk=nordwave.pk).update(microsoft_partner_id="4837201")

    page = login(sam).get(f"/admin/tenants/tenantrequest/{sent.pk}/change/").content.decode()

    assert '<span class="meta number">4837201</span>' in page
