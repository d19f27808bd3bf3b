import re
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape

import pytest
from django.contrib.auth.models import Group as AuthGroup
from django.test import Client
from django.urls import reverse

from conftest import make_company, make_contact, make_user
from contacts.models import Company, Contact, Membership, User
from contacts.staff import PARTNER_KEEPERS
from notifications.models import OutgoingEmail

Login = Callable[[User], Client]
NO_ROWS = {
    f"{prefix}-{name}": value
    for prefix in ("memberships", "memberships-2")
    for name, value in {"TOTAL_FORMS": "0", "INITIAL_FORMS": "0"}.items()
}
PARTNER = NO_ROWS | {"legal_name": "Wolkenpartner bv", "country": "BE", "enterprise_number": "0417.497.106"}
PERSON = NO_ROWS | {"email": "nele@wolken.example", "first_name": "Nele", "last_name": "Nieuw", "language": "nl"}


@pytest.fixture
def pia(db: None) -> User:
    """Keeps partners."""
    user = make_user("pia@arxus.example", "Pia", "Peters", is_staff=True)
    user.groups.add(AuthGroup.objects.get(name=PARTNER_KEEPERS))
    return user


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("root@arxus.example", "x", first_name="R", last_name="Oot")


def change(row: Company | User | Contact) -> str:
    return reverse(f"admin:contacts_{row._meta.model_name}_change", args=[row.pk])


def present(*memberships: Membership, **changes: str) -> dict[str, object]:
    """The rows of the first inline as the page shows them."""
    data: dict[str, object] = NO_ROWS | {"memberships-TOTAL_FORMS": len(memberships)}
    data["memberships-INITIAL_FORMS"] = len(memberships)
    for number, membership in enumerate(memberships):
        data[f"memberships-{number}-id"] = membership.pk
        data[f"memberships-{number}-groups"] = membership.groups
    return data | {f"memberships-{name.replace('_', '-', 1)}": value for name, value in changes.items()}


def details(company: Company) -> dict[str, object]:
    names = ["legal_name", "enterprise_number", "street", "postal_code", "town", "industry", "microsoft_language"]
    return {name: getattr(company, name) for name in names} | {"country": "BE", "tenant_configuration": "on"}


def test_staff_add_a_partner(pia: User, login: Login) -> None:
    answer = login(pia).post(reverse("admin:contacts_company_add"), PARTNER | {"tenant_configuration": "on"})

    company = Company.objects.get()
    assert answer.status_code == 302
    assert (company.kind, company.partner, company.relation, company.created_by) == ("partner", None, "", pia)
    assert (company.enterprise_number, company.sort_name) == ("BE0417497106", "wolkenpartner bv")


def test_staff_cannot_turn_or_move_a_company(pia: User, customer: Company, cloudhoek: Company, login: Login) -> None:
    forged = {"kind": "partner", "partner": cloudhoek.pk, "relation": "vap"}

    login(pia).post(change(customer), NO_ROWS | details(customer) | forged | {"town": "Gent"})

    fresh = Company.objects.get(pk=customer.pk)
    assert (fresh.town, fresh.kind, fresh.partner, fresh.relation) == ("Gent", "customer", customer.partner, "reseller")


def test_the_list_says_of_partners_alone_whether_the_service_is_on(
    pia: User, nordwave: Company, customer: Company, login: Login
) -> None:
    Company.objects.filter(pk=nordwave.pk).update(tenant_configuration=False)

    page = login(pia).get(reverse("admin:contacts_company_changelist")).text

    assert re.findall(r'class="field-service">([^<]*)<', page) == ["–", "Switched off"]


def test_staff_switch_the_service_off(pia: User, nordwave: Company, login: Login) -> None:
    login(pia).post(change(nordwave), NO_ROWS | details(nordwave) | {"tenant_configuration": ""})

    assert not Company.objects.get().tenant_configuration


def test_two_partners_with_one_number_are_refused(pia: User, nordwave: Company, login: Login) -> None:
    page = login(pia).post(reverse("admin:contacts_company_add"), PARTNER | {"enterprise_number": "0403019261"})

    assert page.context["errors"] == [["Nordwave IT bv has this number."]]


def test_staff_add_a_user_who_has_no_password_yet(pia: User, nordwave: Company, login: Login) -> None:
    row = {"memberships-2-TOTAL_FORMS": "1", "memberships-2-0-company": nordwave.pk, "memberships-2-0-groups": ["full"]}

    answer = login(pia).post(reverse("admin:contacts_user_add"), PERSON | row | {"is_active": "on"})

    user = User.objects.get(email="nele@wolken.example")
    assert answer.status_code == 302
    assert not user.has_usable_password()
    assert [(m.company, m.groups) for m in user.memberships.all()] == [(nordwave, ["full"])]
    mail = OutgoingEmail.objects.get()
    assert (mail.to_email, mail.template) == (user.email, "account_activation")


def test_staff_give_groups_and_end_a_membership(
    pia: User, alice: User, bob: User, nordwave: Company, login: Login
) -> None:
    browser = login(pia)
    rows = [alice.memberships.get(), bob.memberships.get()]

    browser.post(change(nordwave), details(nordwave) | present(*rows, **{"1_groups": ["tenants"]}))
    given = bob.memberships.get().groups
    browser.post(change(nordwave), details(nordwave) | present(*rows, **{"1_DELETE": "on"}))

    assert given == ["tenants"]
    assert not bob.memberships.exists()
    assert alice.memberships.get().groups == ["full"]


@pytest.mark.parametrize("leave", [{"0_DELETE": "on"}, {"0_groups": ["read_only"]}])
def test_r27_the_last_administrator_stays(pia: User, alice: User, nordwave: Company, login: Login, leave: dict) -> None:
    browser, rows = login(pia), present(alice.memberships.get(), **leave)

    for path, data in ((change(nordwave), details(nordwave)), (change(alice), PERSON)):
        page = browser.post(path, data | rows)
        assert "every company keeps one" in page.text
    assert alice.memberships.get().groups == ["full"]


def test_an_account_is_staff_or_has_memberships(
    root: User, sam: User, alice: User, nordwave: Company, login: Login
) -> None:
    browser = login(root)
    row = {"memberships-2-TOTAL_FORMS": "1", "memberships-2-0-groups": ["full"]}

    as_member = browser.post(change(nordwave), details(nordwave) | NO_ROWS | row | {"memberships-2-0-user": sam.pk})
    as_staff = browser.post(change(alice), PERSON | {"is_staff": "on", "is_active": "on"})
    both = browser.post(
        reverse("admin:contacts_user_add"), PERSON | row | {"is_staff": "on", "memberships-2-0-company": nordwave.pk}
    )

    assert "such an account belongs to no company" in as_member.text
    assert "End the memberships first" in as_staff.text
    assert "such an account belongs to no company" in both.text
    assert not Membership.objects.filter(user__is_staff=True).exists()


@pytest.mark.parametrize("who", ["sam", "kim"])
def test_t86_validators_edit_neither_users_nor_companies(
    who: str, request: pytest.FixtureRequest, alice: User, nordwave: Company, login: Login
) -> None:
    user = request.getfixturevalue(who)
    browser = login(user)

    # Leads read companies: from there they change whether a customer knows Arxus (R14).
    assert browser.get(change(nordwave)).status_code == (200 if who == "kim" else 403)
    assert browser.post(change(nordwave), PERSON).status_code == 403
    for path in (change(user), change(alice), reverse("admin:contacts_user_changelist")):
        assert browser.get(path).status_code == 403
        assert browser.post(path, PERSON | {"is_superuser": "on"}).status_code == 403
    assert not User.objects.filter(is_superuser=True).exists()


def test_t86_who_keeps_partners_gives_no_staff_rights(
    pia: User, sam: User, alice: User, root: User, login: Login
) -> None:
    browser = login(pia)
    forged = PERSON | {"is_superuser": "on", "is_staff": "on", "groups": [AuthGroup.objects.first().pk]}

    for user in (pia, sam, root):
        assert browser.post(change(user), forged).status_code == 403
    browser.post(change(alice), forged | {"is_active": "on"})
    browser.post(reverse("admin:contacts_user_add"), forged)

    assert set(User.objects.filter(is_superuser=True)) == {root}
    assert set(User.objects.filter(is_staff=True)) == {pia, sam, root}
    assert User.objects.get(pk=alice.pk).first_name == "Nele"
    assert not User.objects.get(email="nele@wolken.example").groups.exists()


def test_t86_no_hash_is_on_any_page(root: User, alice: User, login: Login) -> None:
    browser = login(root)

    for path in (change(alice), reverse("admin:contacts_user_changelist"), reverse("admin:contacts_user_add")):
        page = browser.get(path)
        assert page.status_code == 200
        assert alice.password not in page.text
        assert 'name="password' not in page.text


def test_t32_users_companies_and_contacts_are_never_deleted(
    root: User, alice: User, nordwave: Company, theo: Contact, login: Login
) -> None:
    browser = login(root)

    for row in (alice, nordwave, theo):
        name = f"admin:contacts_{row._meta.model_name}"
        assert browser.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
        listed = browser.post(
            reverse(f"{name}_changelist"), {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
        )
        assert listed.status_code in (200, 302)
        assert type(row).objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize(
    "typed", ["BE 0451.406.524", "0451 406 524", "0451.406", "studio elan", "ÉLAN", "elan studio", "studioelan.example"]
)
def test_companies_are_found_by_number_and_name_however_they_are_typed(
    root: User, nordwave: Company, login: Login, typed: str
) -> None:
    studio = make_company("Studio Élan bv", "BE0451406524", partner=nordwave, email_domains=["studioelan.example"])

    found = login(root).get(reverse("admin:contacts_company_changelist"), {"q": typed}).context["cl"].result_list

    assert list(found) == [studio]


@pytest.mark.parametrize("typed", ["zoe strasse", "Zoë Straße", "ZOE"])
def test_people_are_found_with_or_without_accents(root: User, customer: Company, login: Login, typed: str) -> None:
    zoe = make_user("z@x.example", "Zoë", "Straße")
    person = make_contact(customer, "Zoë", "Straße", "zs@x.example")
    client = login(root)

    for name, row in (("user", zoe), ("contact", person)):
        found = client.get(reverse(f"admin:contacts_{name}_changelist"), {"q": typed}).context["cl"].result_list
        assert list(found) == [row]


def test_dates_in_lists_read_as_on_the_other_pages(root: User, theo: Contact, login: Login) -> None:
    Contact.objects.update(archived_at=datetime(2026, 11, 20, 15, 12, tzinfo=UTC))

    assert "20 Nov 2026, 16:12" in login(root).get(reverse("admin:contacts_contact_changelist")).text


def test_contacts_are_looked_at_only(root: User, theo: Contact, login: Login) -> None:
    browser = login(root)

    assert browser.get(change(theo)).status_code == 200
    assert browser.post(change(theo), {"first_name": "X"}).status_code == 403
    assert browser.get(reverse("admin:contacts_contact_add")).status_code == 403


@pytest.mark.parametrize(
    "field", ["legal_name", "street", "phone", "postal_code", "email_domains", "enterprise_number"]
)
@pytest.mark.parametrize("value", ["a\0b", "a\u202eb", "x" * 60_000, "https://evil.example"])
def test_t39_the_admin_refuses_by_field(pia: User, login: Login, field: str, value: str) -> None:
    page = login(pia).post(reverse("admin:contacts_company_add"), PARTNER | {field: value})

    assert list(page.context["adminform"].form.errors) == [field]


@pytest.mark.parametrize("value", ["a\0b", "7\x05", "-1", "9" * 400])
def test_t39_a_person_who_is_no_number_is_refused_by_field(pia: User, login: Login, value: str) -> None:
    chosen = {"success_manager": value, "memberships-2-TOTAL_FORMS": "1", "memberships-2-0-user": value}

    page = login(pia).post(reverse("admin:contacts_company_add"), PARTNER | chosen)

    [row] = page.context["inline_admin_formsets"][1].formset.forms
    assert [list(form.errors) for form in (page.context["adminform"].form, row)] == [["success_manager"], ["user"]]


def test_t39_json_that_is_a_thousand_deep_in_an_old_page_of_staff_counts_as_none(
    pia: User, customer: Company, login: Login
) -> None:
    typed = NO_ROWS | details(customer) | {"phone": "+32 53 00 00 77", "shown": "[" * 5_000}

    answer = login(pia).post(change(customer), typed)

    customer.refresh_from_db()
    assert (answer.status_code, customer.phone) == (302, "+3253000077")


def test_an_old_page_of_staff_reverts_nothing_that_a_partner_changed(
    pia: User, customer: Company, login: Login
) -> None:
    client = login(pia)
    shown = re.search(r'name="shown" value="([^"]*)"', client.get(change(customer)).text)
    assert shown
    old = NO_ROWS | details(customer) | {"shown": unescape(shown[1]), "phone": str(customer.phone)}
    Company.objects.filter(pk=customer.pk).update(street="Nieuwstraat 9", email_domains=["desmet.example"])

    client.post(change(customer), old | {"town": "Aalst"})

    customer.refresh_from_db()
    kept = (customer.town, customer.street, customer.email_domains)
    assert kept == ("Aalst", "Nieuwstraat 9", ["desmet.example"])


def test_an_old_page_of_staff_asks_where_both_changed_something(pia: User, customer: Company, login: Login) -> None:
    client = login(pia)

    def shown(page: str) -> str:
        found = re.search(r'name="shown" value="([^"]*)"', page)
        assert found
        return unescape(found[1])

    old = NO_ROWS | details(customer) | {"phone": str(customer.phone), "street": "Oudstraat 1"}
    old["shown"] = shown(client.get(change(customer)).text)
    Company.objects.filter(pk=customer.pk).update(street="Nieuwstraat 9", town="Gent")

    asked = client.post(change(customer), old)
    before = Company.objects.get(pk=customer.pk).street
    meant = client.post(change(customer), old | {"town": "Gent", "shown": shown(asked.text)})

    customer.refresh_from_db()
    assert "Somebody changed this to “Nieuwstraat 9” since you opened the page." in asked.text
    assert 'value="Oudstraat 1"' in asked.text
    assert (before, meant.status_code) == ("Nieuwstraat 9", 302)
    assert (customer.street, customer.town) == ("Oudstraat 1", "Gent")


def test_a_lead_reads_the_success_manager_without_a_link_to_a_refusal(
    nordwave: Company, login: Login, kim: User, sam: User
) -> None:
    Company.objects.filter(pk=nordwave.pk).update(success_manager=sam)
    path = reverse("admin:contacts_company_change", args=[nordwave.pk])

    page = login(kim).get(path).text

    assert str(sam) in page
    assert reverse("admin:contacts_user_change", args=[sam.pk]) not in page
