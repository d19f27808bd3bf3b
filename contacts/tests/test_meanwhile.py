"""Old pages of a customer, a contact, a colleague: nobody's change is reverted by somebody who did not read it."""

import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from conftest import make_user
from contacts import colleagues, relation
from contacts.models import Company, Contact, Membership, User
from contacts.tests.conftest import Browser

Browse = Callable[[User], Browser]
EDIT = "/customer/edit/"


def fields_of(page: Any) -> dict[str, Any]:
    """What a browser posts of a page that nobody typed in."""
    form = page.context["form"]
    found = {name: form[name].value() for name in form.fields}
    shown = re.search(r'name="_shown" value="([^"]+)"', page.text)
    return {"_shown": shown[1] if shown else ""} | {name: "" if v is None else v for name, v in found.items()}


def said(page: Any) -> list[tuple[str, str, str]]:
    return [(change.label, change.before, change.after) for change in page.context["opened"].changes]


@pytest.fixture
def eva(nordwave: Company) -> User:
    user = make_user("eva@nordwave.example", "Eva", "Smets")
    Membership.objects.create(user=user, company=nordwave, groups=["full"])
    return user


@pytest.fixture
def at_bakery(alice: User, customer: Company, browse: Browse) -> Browser:
    return browse(alice).work_for(customer)


@pytest.fixture
def evas(eva: User, customer: Company, browse: Browse) -> Browser:
    return browse(eva).work_for(customer)


def test_an_old_page_of_a_customer_reverts_nothing(at_bakery: Browser, evas: Browser, customer: Company) -> None:
    old = fields_of(at_bakery.get(EDIT))
    evas.send(EDIT, fields_of(evas.get(EDIT)) | {"street": "Kerkstraat 2", "phone": "053 00 00 99"})

    answer = at_bakery.send(EDIT, old | {"town": "Gent", "phone": "053 00 00 77"})

    customer.refresh_from_db()
    assert answer.status_code == 409
    assert (customer.street, customer.town, str(customer.phone)) == ("Kerkstraat 2", "Aalst", "+3253000099")
    assert said(answer) == [
        ("Street and number", "Molenstraat 14", "Kerkstraat 2"),
        ("Phone number", "+32\xa053\xa000\xa000\xa020", "+32\xa053\xa000\xa000\xa099"),
    ]
    assert "Eva Smets changed this since you opened the page, so nothing was saved." in answer.text
    again = fields_of(answer)
    assert (again["street"], again["town"], again["phone"]) == ("Kerkstraat 2", "Gent", "053 00 00 77")


def test_saving_again_means_it(at_bakery: Browser, evas: Browser, customer: Company) -> None:
    old = fields_of(at_bakery.get(EDIT))
    evas.send(EDIT, fields_of(evas.get(EDIT)) | {"street": "Kerkstraat 2", "phone": "053 00 00 99"})
    read = fields_of(at_bakery.send(EDIT, old | {"town": "Gent", "phone": "053 00 00 77"}))

    answer = at_bakery.send(EDIT, read)

    customer.refresh_from_db()
    assert answer.status_code == 302
    assert (customer.street, customer.town, str(customer.phone)) == ("Kerkstraat 2", "Gent", "+3253000077")


def test_r14_a_domain_that_arxus_added_stays_under_an_old_page(
    at_bakery: Browser, customer: Company, nordwave: Company, sam: User
) -> None:
    old = fields_of(at_bakery.get(EDIT))
    relation.no_longer_knows(customer, ["bakkerijdesmet.example", "desmet.example"], by=sam)

    answer = at_bakery.send(EDIT, old | {"town": "Gent"})

    again = fields_of(answer)
    kept = at_bakery.send(EDIT, again)
    customer.refresh_from_db()
    assert (answer.status_code, kept.status_code) == (409, 302)
    assert again["email_domains"] == "bakkerijdesmet.example, desmet.example"
    assert "This was changed since you opened the page, so nothing was saved." in answer.text
    assert (customer.town, customer.email_domains) == ("Gent", ["bakkerijdesmet.example", "desmet.example"])


def test_t28_the_same_sent_twice_is_one(at_bakery: Browser, customer: Company) -> None:
    typed = fields_of(at_bakery.get(EDIT)) | {"phone": "053 00 00 99", "legal_name": "  Bakkerij De Smet  nv "}

    answers = [at_bakery.send(EDIT, typed) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]


def test_an_old_page_that_nobody_typed_in_writes_nothing(at_bakery: Browser, evas: Browser, customer: Company) -> None:
    old = fields_of(at_bakery.get(EDIT))
    evas.send(EDIT, fields_of(evas.get(EDIT)) | {"street": "Kerkstraat 2"})

    answer = at_bakery.send(EDIT, old)

    customer.refresh_from_db()
    assert (answer.status_code, customer.street) == (302, "Kerkstraat 2")


def test_ones_own_other_tab_is_said(at_bakery: Browser, customer: Company) -> None:
    old = fields_of(at_bakery.get(EDIT))
    at_bakery.send(EDIT, old | {"street": "Kerkstraat 2"})

    answer = at_bakery.send(EDIT, old | {"town": "Gent"})

    assert "You changed this in another tab since, so nothing was saved here." in answer.text


def test_what_is_wrong_is_said_beside_what_changed(at_bakery: Browser, evas: Browser) -> None:
    old = fields_of(at_bakery.get(EDIT))
    evas.send(EDIT, fields_of(evas.get(EDIT)) | {"street": "Kerkstraat 2"})

    answer = at_bakery.send(EDIT, old | {"postal_code": "0123"})

    assert (answer.status_code, list(answer.context["form"].errors)) == (409, ["postal_code"])
    assert said(answer) == [("Street and number", "Molenstraat 14", "Kerkstraat 2")]


def test_what_another_customers_page_showed_says_nothing_here(
    at_bakery: Browser, other_customer: Company, customer: Company
) -> None:
    garage = at_bakery.work_for(other_customer).get(EDIT)
    here = fields_of(at_bakery.work_for(customer).get(EDIT))

    answer = at_bakery.send(EDIT, here | {"_shown": fields_of(garage)["_shown"], "town": "Gent"})

    customer.refresh_from_db()
    assert (answer.status_code, customer.town) == (302, "Gent")


def test_an_old_page_of_a_contact_reverts_nothing(at_bakery: Browser, evas: Browser, theo: Contact) -> None:
    path = f"/contacts/{theo.public_id}/"
    old = fields_of(at_bakery.get(path))
    evas.send(path, fields_of(evas.get(path)) | {"email": "t@bakkerijdesmet.example", "roles": ["technical", "dpo"]})

    answer = at_bakery.send(path, old | {"department": "IT"})

    theo.refresh_from_db()
    assert (answer.status_code, theo.department, theo.email) == (409, "", "t@bakkerijdesmet.example")
    assert [change[0] for change in said(answer)] == ["E-mail address", "Roles"]
    assert said(answer)[1][2] == "Technical contact, Data protection officer"
    assert at_bakery.send(path, fields_of(answer)).status_code == 302
    theo.refresh_from_db()
    assert (theo.department, theo.email, theo.roles) == ("IT", "t@bakkerijdesmet.example", ["technical", "dpo"])


def test_an_old_page_of_a_colleague_gives_back_no_group(alice: User, eva: User, bob: User, browse: Browse) -> None:
    browser, path = browse(alice), f"/colleagues/{bob.public_id}/"
    old = fields_of(browser.get(path))
    membership = bob.memberships.get()
    colleagues.set_groups(membership, ["customers"], by=eva)

    answer = browser.send(path, old | {"groups": ["read_only", "tenants"]})

    membership.refresh_from_db()
    assert (answer.status_code, membership.groups) == (409, ["customers"])
    assert said(answer) == [("Permission groups", "Read only", "Customer Management")]
    assert "Eva Smets changed this since you opened the page" in answer.text
    assert browser.send(path, fields_of(answer)).status_code == 302
    membership.refresh_from_db()
    assert membership.groups == ["tenants", "read_only"]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_at_once_one_reads_what_the_other_did(
    at_bakery: Browser, evas: Browser, customer: Company
) -> None:
    olds = [fields_of(browser.get(EDIT)) for browser in (at_bakery, evas)]
    barrier, answers = threading.Barrier(2), []

    def save(browser: Browser, typed: dict[str, Any]) -> None:
        barrier.wait()
        answers.append(browser.send(EDIT, typed).status_code)
        connection.close()

    threads = [
        threading.Thread(target=save, args=(at_bakery, olds[0] | {"town": "Gent"})),
        threading.Thread(target=save, args=(evas, olds[1] | {"street": "Kerkstraat 2"})),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [302, 409]


def test_the_page_with_what_changed_stays_within_its_queries(
    at_bakery: Browser, evas: Browser, django_assert_max_num_queries: Callable
) -> None:
    old = fields_of(at_bakery.get(EDIT))
    evas.send(EDIT, fields_of(evas.get(EDIT)) | {"street": "Kerkstraat 2"})

    with django_assert_max_num_queries(8):
        answer = at_bakery.send(EDIT, old | {"town": "Gent"})

    assert answer.status_code == 409
