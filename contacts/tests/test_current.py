from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from structlog.testing import capture_logs

from conftest import make_company, make_user
from contacts.acting import may_act_for, reachable
from contacts.current import SESSION_KEY
from contacts.models import Company, Group, Membership, User
from contacts.permissions import Right
from contacts.seal import FIELD

pytestmark = pytest.mark.urls("contacts.tests.sealed_urls")
Login = Callable[[User], Client]


def company_of(client: Client) -> str | None:
    return client.get("/whoami/").json().get("company")


def switch(client: Client, company: Company, **data: str) -> object:
    return client.post("/switch/", {"company": str(company.public_id)} | data)


def test_acting_begins_with_the_membership_last_used(alice: User, cloudhoek: Company, login: Login) -> None:
    Membership.objects.create(user=alice, company=cloudhoek, last_used_at=timezone.now())

    assert company_of(login(alice)) == "Cloudhoek bv"


def test_acting_begins_with_the_oldest_membership_if_none_was_used(
    alice: User, cloudhoek: Company, login: Login
) -> None:
    younger = Membership.objects.create(user=alice, company=cloudhoek)
    Membership.objects.filter(pk=younger.pk).update(created_at=timezone.now() + timedelta(days=1))

    assert company_of(login(alice)) == "Nordwave IT bv"


def test_switch_in_one_browser_leaves_another_alone(alice: User, cloudhoek: Company, login: Login) -> None:
    Membership.objects.create(user=alice, company=cloudhoek, groups=[Group.FULL])
    office, home = login(alice), login(alice)

    switch(office, cloudhoek)

    assert company_of(office) == "Cloudhoek bv"
    assert company_of(home) == "Nordwave IT bv"


def test_nobody_acts_as_stranger_staff_or_unattached(client: Client, sam: User, login: Login) -> None:
    unattached = make_user("nobody@nordwave.example", "Nele", "Nieuw")

    assert client.get("/whoami/").status_code == 302
    assert company_of(login(sam)) is None
    assert company_of(login(unattached)) is None


def test_r04_switch_to_a_customer_of_ones_partner(alice: User, customer: Company, login: Login) -> None:
    browser = login(alice)

    answer = switch(browser, customer)

    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert company_of(browser) == "Bakkerij De Smet bv"
    assert alice.memberships.get().last_used_at is not None


def test_t04_switch_to_a_foreign_company_is_a_404(
    alice: User, cloudhoek: Company, rival_customer: Company, login: Login
) -> None:
    browser = login(alice)

    for company in (cloudhoek, rival_customer):
        with capture_logs() as lines:
            answer = switch(browser, company)
        assert answer.status_code == 404
        assert [line["event"] for line in lines if line["event"] == "authz_fail"] == ["authz_fail"]
    assert company_of(browser) == "Nordwave IT bv"


@pytest.mark.parametrize("company", ["", "nonsense", "\0", "00000000-0000-0000-0000-000000000000", "9" * 5000])
def test_t04_switch_to_nothing_is_a_404(alice: User, login: Login, company: str) -> None:
    browser = login(alice)

    answer = browser.post("/switch/", {"company": company})

    assert answer.status_code == 404


def test_t05_switch_by_get_is_refused(alice: User, customer: Company, login: Login) -> None:
    browser = login(alice)

    answer = browser.get("/switch/", {"company": str(customer.public_id)})

    assert answer.status_code == 405
    assert company_of(browser) == "Nordwave IT bv"


def test_t05_switch_without_csrf_token_is_refused(alice: User, customer: Company) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)

    answer = switch(browser, customer)

    assert answer.status_code == 403
    assert company_of(browser) == "Nordwave IT bv"


def test_t07_a_removed_member_has_no_access_on_the_next_request(
    alice: User, customer: Company, cloudhoek: Company, login: Login
) -> None:
    Membership.objects.create(user=alice, company=cloudhoek, groups=[Group.READ_ONLY])
    browser = login(alice)
    switch(browser, customer)

    alice.memberships.filter(company=customer.partner).delete()

    assert company_of(browser) == "Cloudhoek bv"
    assert switch(browser, customer).status_code == 404


def test_t07_a_member_of_nothing_reads_whom_to_ask(alice: User, login: Login) -> None:
    browser = login(alice)
    alice.memberships.all().delete()

    answer = browser.get("/write/")

    assert answer.status_code == 403
    assert "You work for no company here" in answer.text


def test_t08_a_lowered_role_counts_on_the_next_request(alice: User, login: Login) -> None:
    browser = login(alice)
    assert browser.get("/manage/").text == "managed"

    alice.memberships.update(groups=[Group.READ_ONLY])

    assert browser.get("/manage/").status_code == 403


def test_t09_a_deactivated_user_is_logged_out(alice: User, login: Login) -> None:
    browser = login(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)

    assert browser.get("/whoami/").status_code == 302


def test_t63_the_session_key_changes_at_a_switch(alice: User, customer: Company, login: Login) -> None:
    browser = login(alice)
    old = browser.session.session_key

    switch(browser, customer)

    assert browser.session.session_key != old
    assert not browser.session.exists(old)


def test_a_missing_right_names_whom_to_ask(alice: User, bob: User, customer: Company, login: Login) -> None:
    browser = login(bob)
    switch(browser, customer)

    answer = browser.get("/write/")

    assert answer.status_code == 403
    assert "You can look here, but not change anything" in answer.text
    assert "alice@nordwave.example" in answer.text


def test_a_colleague_without_a_group_reads_whom_to_ask(alice: User, customer: Company, login: Login) -> None:
    user = make_user("new@nordwave.example", "Nele", "Nieuw")
    Membership.objects.create(user=user, company=alice.memberships.get().company)
    browser = login(user)

    answer = browser.get("/manage/")

    assert answer.status_code == 403
    assert "You have no permissions at Nordwave IT bv yet" in answer.text
    assert "alice@nordwave.example" in answer.text
    assert switch(browser, customer).status_code == 404


def test_staff_are_led_to_the_admin(sam: User, login: Login) -> None:
    answer = login(sam).get("/write/")

    assert (answer.status_code, answer["Location"]) == (302, reverse("admin:index"))


def test_r01_for_customer_asks_to_switch_first(alice: User, customer: Company, login: Login) -> None:
    answer = login(alice).get("/write/?kind=create")

    assert answer.status_code == 200
    assert "For which customer?" in answer.text
    assert f'value="{customer.public_id}"' in answer.text
    assert 'value="/write/?kind=create"' in answer.text


def test_t12_switcher_and_switch_first_show_nothing_of_a_rival(
    alice: User, customer: Company, rival_customer: Company, login: Login
) -> None:
    browser = login(alice)

    for path in ("/switch/", "/switch/?q=BE0404616494", "/switch/?q=marker", "/write/"):
        page = browser.get(path).text
        assert "MARKER" not in page
        assert str(rival_customer.public_id) not in page


@pytest.mark.parametrize("count", [1, 50])
def test_switcher_asks_the_database_as_often_for_1_and_50(
    alice: User, nordwave: Company, login: Login, count: int, django_assert_max_num_queries: Callable
) -> None:
    for number in range(count):
        make_company(f"Customer {number}", f"NL{number:09}B01", partner=nordwave)
    browser = login(alice)

    with django_assert_max_num_queries(6) as queries:
        browser.get("/switch/")

    assert len(queries) == 6


def test_acting_costs_one_query_beside_session_and_user(
    alice: User, customer: Company, login: Login, django_assert_num_queries: Callable
) -> None:
    browser = login(alice)
    switch(browser, customer)

    with django_assert_num_queries(3):
        browser.get("/whoami/")


def test_a_member_of_partner_and_customer_has_the_partners_rights(alice: User, customer: Company, login: Login) -> None:
    Membership.objects.create(user=alice, company=customer, groups=[Group.READ_ONLY])
    browser = login(alice)

    switch(browser, customer)

    assert Right.REQUEST_TENANTS in browser.get("/whoami/").json()["rights"]


def test_r04_may_act_for_own_and_customers_only(
    alice: User, sam: User, nordwave: Company, customer: Company, cloudhoek: Company, rival_customer: Company
) -> None:
    companies = [nordwave, customer, cloudhoek, rival_customer]

    assert [may_act_for(alice, company) for company in companies] == [True, True, False, False]
    assert [may_act_for(sam, company) for company in companies] == [False] * 4
    assert set(reachable(alice)) == {nordwave, customer}
    assert set(reachable(sam)) == set()


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example",
        "https:evil.example",
        "https://evil.example/customers/",
        "/\\evil.example",
        "/%0d%0aSet-Cookie:x=1",
        "/customers/\r\nSet-Cookie: x=1",
        "javascript:alert(1)",
        "/%252f%252fevil.example",
        "http://localhost:9000/switch/",
        "/nowhere/",
        "\0/switch/",
        "/[switch/",
    ],
)
def test_t67_switch_comes_back_to_pages_of_ours_only(alice: User, customer: Company, login: Login, wanted: str) -> None:
    answer = switch(login(alice), customer, next=wanted)

    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_switch_comes_back_to_where_it_was_asked_for(alice: User, customer: Company, login: Login) -> None:
    answer = switch(login(alice), customer, next="/switch/?q=a")

    assert answer["Location"] == "/switch/?q=a"


def test_r02_a_page_carries_company_and_seal(alice: User, customer: Company, login: Login) -> None:
    browser = login(alice)
    switch(browser, customer)

    page = browser.get("/switch/")

    assert page.context["acting"].company == customer
    assert f'name="{FIELD}"' in page.context["seal"]
    assert page.context["seal"].value in page.context["seal"]
    assert "is-acting" in page.text


def test_a_session_for_a_vanished_company_falls_back(alice: User, nordwave: Company, login: Login) -> None:
    browser = login(alice)
    session = browser.session
    session[SESSION_KEY] = 999_999_999
    session.save()

    assert company_of(browser) == "Nordwave IT bv"
    assert browser.session[SESSION_KEY] == nordwave.pk


def test_the_switcher_of_who_works_for_nobody_says_why_there_is_nothing(db: None, login: Login) -> None:
    client = login(make_user("lone@example.org", "Lone", "Reader"))

    page = client.get("/switch/")

    assert (page.status_code, "You work for no company here" in page.text) == (200, True)


def test_the_switcher_leads_staff_to_the_admin(sam: User, login: Login) -> None:
    assert login(sam).get("/switch/").headers["Location"] == "/admin/"
