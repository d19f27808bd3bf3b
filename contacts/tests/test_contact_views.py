from collections.abc import Callable

import pytest
import time_machine
from django.contrib.admin.models import LogEntry

from conftest import make_contact
from contacts import people
from contacts.current import seal_value
from contacts.models import Company, Contact, User
from contacts.tests.conftest import Browser

NOBODYS = "11111111-1111-4111-8111-111111111111"
Browse = Callable[[User], Browser]
PERSON = {
    "salutation": "ms",
    "first_name": "An",
    "last_name": "De Smet",
    "email": "an@bakkerijdesmet.example",
    "phone": "053 00 00 21",
    "job_title": "managing director",
    "department": "",
    "language": "fr",
    "roles": ["commercial", "dpo"],
}


@pytest.fixture
def browser(alice: User, customer: Company, browse: Browse) -> Browser:
    return browse(alice).work_for(customer)


def names(page: object) -> list[str]:
    return [str(contact) for contact in page.context["page"].rows]


def test_a_contact_is_added_for_the_acting_customer(browser: Browser, alice: User, customer: Company) -> None:
    answer = browser.send("/contacts/new/", PERSON)

    contact = Contact.objects.get()
    assert answer["Location"] == "/contacts/"
    assert (contact.company, contact.created_by, contact.full_name) == (customer, alice, "An De Smet")
    assert (contact.email, str(contact.phone), contact.language) == (PERSON["email"], "+3253000021", "fr")
    assert contact.role_labels == ["Commercial contact (may sign)", "Data protection officer"]
    assert contact.sort_name == "de smet an"


def test_r05_writes_on_contacts_say_who_for_whom_and_what(browser: Browser, alice: User, theo: Contact) -> None:
    browser.send("/contacts/new/", PERSON)
    browser.send(f"/contacts/{theo.public_id}/", PERSON | {"email": theo.email, "first_name": "Theo"})
    browser.send(f"/contacts/{theo.public_id}/archive/")

    written = [(entry.user, entry.get_change_message()) for entry in LogEntry.objects.order_by("pk")]
    assert [user for user, _message in written] == [alice] * 3
    assert [message for _user, message in written] == [
        "For Bakkerij De Smet bv. Added.",
        "For Bakkerij De Smet bv. Changed: Salutation, Last name, Job title, Language of the mails, Roles.",
        "For Bakkerij De Smet bv. Archived.",
    ]


def test_r01_a_partner_keeps_its_own_contacts_while_working_for_itself(
    alice: User, nordwave: Company, theo: Contact, browse: Browse
) -> None:
    browser = browse(alice)

    browser.send("/contacts/new/", PERSON | {"email": "an@nordwave.example"})

    assert Contact.objects.get(email="an@nordwave.example").company == nordwave
    assert names(browser.get("/contacts/")) == ["An De Smet"]
    assert browser.get(f"/contacts/{theo.public_id}/").status_code == 404


def test_r01_no_form_lets_anyone_pick_a_company(browser: Browser, customer: Company, other_customer: Company) -> None:
    page = browser.get("/contacts/new/")
    browser.send("/contacts/new/", PERSON | {"company": other_customer.pk, "company_id": other_customer.pk})

    assert "company" not in page.context["form"].fields
    assert Contact.objects.get().company == customer


def test_the_way_back_leads_to_where_a_contact_was_asked_for(browser: Browser, theo: Contact) -> None:
    there = browser.send("/contacts/new/?next=/customer/", PERSON)
    edited = browser.send(f"/contacts/{theo.public_id}/?next=/customer/", PERSON | {"email": theo.email})
    evil = browser.send("/contacts/new/?next=//evil.example", PERSON | {"email": "b@bakery.example"})

    assert [answer["Location"] for answer in (there, edited, evil)] == ["/customer/", "/customer/", "/contacts/"]


def test_the_same_contact_sent_twice_is_once(browser: Browser) -> None:
    browser.send("/contacts/new/", PERSON)

    again = browser.send("/contacts/new/", PERSON | {"first_name": "AN", "email": "AN@bakkerijdesmet.example"})

    assert again.context["form"].errors == {"email": ["AN De Smet is a contact already, with this address."]}
    assert Contact.objects.count() == 1


@pytest.mark.parametrize(
    ("roles", "missing"),
    [
        (["technical"], ["phone"]),
        (["commercial"], ["job_title", "phone"]),
        (["dpo", "watchlist", "security"], []),
        ([], []),
    ],
)
def test_roles_ask_for_what_they_need(browser: Browser, roles: list[str], missing: list[str]) -> None:
    page = browser.send("/contacts/new/", PERSON | {"roles": roles, "phone": "", "job_title": ""})

    assert sorted(page.context["form"].errors if page.status_code == 200 else []) == missing


def test_the_language_is_always_asked(browser: Browser) -> None:
    data = {name: value for name, value in PERSON.items() if name != "language"}

    page = browser.send("/contacts/new/", data)

    assert list(page.context["form"].errors) == ["language"]


def test_t11_values_that_are_no_choice_are_refused(browser: Browser) -> None:
    page = browser.send("/contacts/new/", PERSON | {"roles": ["owner"], "language": "xx", "salutation": "king"})

    assert sorted(page.context["form"].errors) == ["language", "roles", "salutation"]
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    "email", ["an@garage.example", "x@elsewhere.example", "an@nordwave.example.evil.example", "alice@gmail.com"]
)
def test_r14_an_only_through_us_customer_has_partner_people_only(
    browser: Browser, nordwave: Company, customer: Company, email: str
) -> None:
    Company.objects.filter(pk=customer.pk).update(relation="vap", email_domains=["garage.example"])

    refused = browser.send("/contacts/new/", PERSON | {"email": email})
    done = browser.send("/contacts/new/", PERSON | {"email": "an@nordwave.example"})

    assert "name somebody of Nordwave IT bv" in refused.context["form"].errors["email"][0]
    assert done.status_code == 302


# --- Archive


def test_archiving_says_what_it_does_then_does_it_once(browser: Browser, alice: User, theo: Contact) -> None:
    path = f"/contacts/{theo.public_id}/archive/"

    page = browser.get(path)
    with time_machine.travel("2026-11-22 12:00+01:00", tick=False):
        browser.send(path)
    first = Contact.objects.get().archived_at
    browser.send(path)

    assert "Archive Theo Lambert" in page.text
    assert (Contact.objects.get().archived_at, Contact.objects.get().archived_by) == (first, alice)
    assert names(browser.get("/contacts/")) == []
    assert names(browser.get("/contacts/?archived=1")) == ["Theo Lambert"]


def test_an_archived_contact_is_brought_back_not_edited(browser: Browser, theo: Contact) -> None:
    path = f"/contacts/{theo.public_id}/"
    browser.send(f"{path}archive/")

    edited = browser.get(path)
    browser.send(f"{path}archive/", {"bring_back": "1"})

    fresh = Contact.objects.get()
    assert edited["Location"] == f"{path}archive/"
    assert (fresh.full_name, fresh.archived_at, fresh.archived_by) == ("Theo Lambert", None, None)


def test_what_was_typed_about_a_contact_that_was_archived_meanwhile_is_given_back(
    browser: Browser, theo: Contact
) -> None:
    browser.send(f"/contacts/{theo.public_id}/archive/")

    answer = browser.send(f"/contacts/{theo.public_id}/", PERSON | {"job_title": "Baker in chief"})

    assert answer.status_code == 409
    assert "Alice Peeters archived this contact while you typed, so nothing was saved." in answer.text
    assert "Baker in chief" in answer.text


def test_archiving_tells_what_names_the_contact(
    browser: Browser, theo: Contact, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "NAMED_IN", [lambda contact: [f"TR-26-7K4MQ names {contact}."]])

    assert "TR-26-7K4MQ names Theo Lambert." in browser.get(f"/contacts/{theo.public_id}/archive/").text


# --- Lists


def test_contacts_are_found_by_name_address_and_role(browser: Browser, theo: Contact, an: Contact) -> None:
    assert names(browser.get("/contacts/?q=lambert")) == ["Theo Lambert"]
    assert names(browser.get("/contacts/?q=an@bakkerij")) == ["An De Smet"]
    assert names(browser.get("/contacts/?role=technical")) == ["Theo Lambert"]
    assert names(browser.get("/contacts/?role=nonsense")) == ["An De Smet", "Theo Lambert"]


@pytest.mark.parametrize("count", [1, 50])
def test_the_list_of_contacts_costs_the_same_for_1_and_50(
    browser: Browser, customer: Company, count: int, django_assert_num_queries: Callable
) -> None:
    for number in range(count):
        make_contact(customer, f"An{number}", "De Smet", f"an{number}@bakery.example")

    with django_assert_num_queries(6):
        browser.get("/contacts/")


# --- Who may


@pytest.mark.parametrize("path", ["", "archive/"])
@pytest.mark.parametrize("method", ["get", "send", "put", "delete"])
def test_t01_mallory_finds_no_contact_of_another(
    mallory: User, rival_customer: Company, theo: Contact, browse: Browse, path: str, method: str
) -> None:
    browser = browse(mallory).work_for(rival_customer)
    url = f"/contacts/{theo.public_id}/{path}"
    headers = {"X-Seal": seal_value(mallory, rival_customer)}

    answer = browser.send(url, PERSON) if method == "send" else getattr(browser, method)(url, headers=headers)

    assert answer.status_code == 404
    assert "Lambert" not in answer.text
    theo.refresh_from_db()
    assert (theo.first_name, theo.archived_at) == ("Theo", None)


def test_t02_another_customers_contact_is_a_404_until_one_switches(
    browser: Browser, other_customer: Company, theo: Contact
) -> None:
    browser.work_for(other_customer)

    assert browser.get(f"/contacts/{theo.public_id}/").status_code == 404


@pytest.mark.parametrize("path", [NOBODYS, "1", "nonsense", "%00", "%ff"])
def test_t22_ids_that_are_none_are_404(browser: Browser, path: str) -> None:
    assert browser.get(f"/contacts/{path}/").status_code == 404


def test_bob_reads_contacts_but_changes_none(bob: User, customer: Company, theo: Contact, browse: Browse) -> None:
    browser = browse(bob).work_for(customer)

    assert names(browser.get("/contacts/")) == ["Theo Lambert"]
    for path in ("new/", f"{theo.public_id}/", f"{theo.public_id}/archive/"):
        assert browser.get(f"/contacts/{path}").status_code == 403
        assert browser.send(f"/contacts/{path}", PERSON).status_code == 403
    assert Contact.objects.get().archived_at is None


def test_r03_a_contact_typed_for_one_customer_never_lands_at_another(
    browser: Browser, alice: User, customer: Company, other_customer: Company
) -> None:
    opened_for = customer
    browser.work_for(other_customer)
    browser.company = opened_for

    refused = browser.send("/contacts/new/", PERSON)
    gone_on = browser.send("/contacts/new/", PERSON | {"_switch_back": "1"})

    assert refused.status_code == 409
    assert dict(refused.context["typed"].shown())["Roles"] == ("Commercial contact (may sign), Data protection officer")
    assert gone_on.status_code == 302
    assert Contact.objects.get().company == customer
