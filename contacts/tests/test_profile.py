from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from contacts.login import open_account
from contacts.models import Company, Group, Membership, User
from contacts.tests.test_meanwhile import fields_of, said

Login = Callable[[User], Client]
FIELDS = {"first_name": "Alice", "last_name": "Peeters", "phone": "+32 470 00 00 44", "language": "fr"}


def test_everybody_keeps_their_own_details(alice: User, login: Login) -> None:
    answer = login(alice).post("/profile/", FIELDS | {"first_name": "Alicia"})

    assert (answer.status_code, answer["Location"]) == (302, "/profile/")
    alice.refresh_from_db()
    assert (alice.first_name, str(alice.phone), alice.language) == ("Alicia", "+32470000044", "fr")


def test_an_old_page_of_ones_own_profile_takes_nothing_back(alice: User, login: Login) -> None:
    browser = login(alice)
    old = fields_of(browser.get("/profile/"))
    browser.post("/profile/", fields_of(browser.get("/profile/")) | {"language": "fr"})

    answer: Any = browser.post("/profile/", old | {"job_title": "Buyer"})

    alice.refresh_from_db()
    assert (answer.status_code, alice.language, alice.job_title) == (409, "fr", "")
    assert said(answer) == [("Language", "English", "French")]
    again = fields_of(answer)
    assert (again["language"], again["job_title"]) == ("fr", "Buyer")


def test_nothing_else_is_taken_from_the_form(alice: User, login: Login) -> None:
    extra = {"email": "x@x.example", "is_staff": "on", "is_superuser": "on", "is_active": "", "password": "x"}

    login(alice).post("/profile/", FIELDS | extra)

    before = (alice.email, alice.is_staff, alice.is_superuser, alice.is_active, alice.password)
    alice.refresh_from_db()
    assert (alice.email, alice.is_staff, alice.is_superuser, alice.is_active, alice.password) == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("first_name", ""),
        ("first_name", "   "),
        ("first_name", "x" * 51),
        ("first_name", "www.evil.test"),
        ("last_name", "Pee\x00ters"),
        ("last_name", "Pee\u202eters"),
        ("last_name", "see https://evil.test"),
        ("phone", "call me"),
        ("phone", "0" * 400),
        ("language", "de"),
        ("language", ""),
    ],
)
def test_a_bad_field_is_named_and_nothing_typed_is_lost(alice: User, login: Login, field: str, value: str) -> None:
    answer: Any = login(alice).post("/profile/", FIELDS | {"first_name": "Alicia"} | {field: value})

    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [field]
    alice.refresh_from_db()
    assert (alice.first_name, alice.language) == ("Alice", "en")


def test_the_profile_shows_where_one_works(alice: User, customer: Company, login: Login) -> None:
    Membership.objects.create(user=alice, company=customer, groups=[Group.READ_ONLY, Group.TECHNICAL])

    places = login(alice).get("/profile/").context["places"]

    assert [(str(place["company"]), place["groups"]) for place in places] == [
        ("Nordwave IT bv", "Full Role"),
        ("Bakkerij De Smet bv", "Read only, Technical contact"),
    ]


def test_who_has_no_permissions_reads_whom_to_ask(alice: User, bob: User, nordwave: Company, login: Login) -> None:
    eva = open_account("eva@nordwave.example", "Eva", "Smets", "nl")
    Membership.objects.create(user=eva, company=nordwave, groups=[Group.FULL])
    Membership.objects.filter(user=bob).update(groups=[])

    html = login(bob).get("/profile/").content.decode()

    assert "You have no permissions at Nordwave IT bv yet." in html
    assert "Ask Alice Peeters or Eva Smets." in html


def test_a_company_without_administrator_sends_people_to_the_service_desk(bob: User, login: Login) -> None:
    Membership.objects.filter(user=bob).update(groups=[])

    assert "Ask the Arxus service desk." in login(bob).get("/profile/").content.decode()


def test_who_belongs_to_no_company_has_a_profile_too(alice: User, login: Login) -> None:
    alice.memberships.all().delete()

    assert login(alice).post("/profile/", FIELDS).status_code == 302


def test_the_profile_costs_the_same_with_many_companies(
    alice: User, customer: Company, other_customer: Company, login: Login, django_assert_max_num_queries: Any
) -> None:
    client = login(alice)
    for company in (customer, other_customer):
        Membership.objects.create(user=alice, company=company, groups=[])

    with django_assert_max_num_queries(8):
        client.get("/profile/")
