"""Another address for one's own account: asked for, mailed to the new address, confirmed there."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone
from structlog.testing import capture_logs

from conftest import PASSWORD, make_company, make_user
from contacts import addresses
from contacts.access_links import Purpose, address, find, issue
from contacts.login import change_address
from contacts.models import AccessLink, Company, Group, Membership, User
from contacts.tests.conftest import reached
from contacts.tests.test_access_links import accepted, everything, opened, path_of, token_of, without_token
from notifications.models import OutgoingEmail
from notifications.outbox import deliver
from notifications.tests.smtp_sink import Sink

Login = Callable[[User], Client]
NEW = "alice@private.example"
ASK = "/account/address/"
PAGE = "/new-address/"


def logged_in(user: User) -> Client:
    client = Client()
    client.post("/account/login/", {"login": user.email, "password": PASSWORD})
    return client


def asked_by(user: User, email: str = NEW) -> AccessLink:
    logged_in(user).post(ASK, {"email": email})
    return user.access_links.get(purpose=Purpose.ADDRESS, used_at=None, replaced_at=None)


def mails() -> set[tuple[str, str]]:
    return set(OutgoingEmail.objects.exclude(template="account_new_device").values_list("to_email", "template"))


# Asking


def test_the_profile_leads_to_the_page(alice: User, login: Login) -> None:
    assert f'href="{ASK}"' in login(alice).get("/profile/").text


def test_asking_needs_that_one_logged_in_a_moment_ago(alice: User) -> None:
    client = logged_in(alice)

    with time_machine.travel(timezone.now() + timedelta(minutes=30)):
        answer = client.post(ASK, {"email": NEW})
        nothing = mails()
        client.post(answer["Location"], {"password": PASSWORD, "next": ASK})

    assert (answer.status_code, answer["Location"]) == (302, "/account/confirm/?next=%2Faccount%2Faddress%2F")
    assert nothing == set()
    assert mails() == {(NEW, "account_address_confirm")}


def test_asking_mails_a_link_to_the_new_address_and_changes_nothing(alice: User) -> None:
    client = logged_in(alice)

    answer = client.post(ASK, {"email": " Alice@Private.example "})

    assert (answer.status_code, answer["Location"]) == (302, ASK)
    assert "A mail for alice@private.example is on its way." in client.get(ASK).text
    assert mails() == {(NEW, "account_address_confirm")}
    alice.refresh_from_db()
    assert alice.email == "alice@nordwave.example"


def test_t55_the_answer_is_the_same_whoever_has_the_address(alice: User, mallory: User) -> None:
    client, answers = logged_in(alice), []

    with time_machine.travel(timezone.now(), tick=False):
        for email in ("nobody@cloudhoek.example", mallory.email):
            answer = client.post(ASK, {"email": email})
            page = without_token(client.get(ASK).content).replace(email, "")
            answers.append((answer.status_code, answer["Location"], page))

    assert answers[0] == answers[1]
    assert mails() == {(email, "account_address_confirm") for email in ("nobody@cloudhoek.example", mallory.email)}


@pytest.mark.parametrize("email", ["", "alice", "a@b.example, c@d.example", "alice@nordwave.example"])
def test_r16_what_is_no_other_address_is_refused(alice: User, email: str) -> None:
    answer: Any = logged_in(alice).post(ASK, {"email": email})

    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == ["email"]
    assert not AccessLink.objects.exists()


def test_t37_so_many_mails_an_hour(alice: User) -> None:
    client = logged_in(alice)

    with capture_logs() as logs:
        statuses = [client.post(ASK, {"email": f"alice{number}@private.example"}).status_code for number in range(6)]

    assert statuses == [302] * 5 + [429]
    assert reached(logs) == [("address", alice.pk)]
    assert AccessLink.objects.count() == 5


def test_t52_asking_for_another_address_uses_up_no_lost_link(alice: User) -> None:
    for number in range(3):
        asked_by(alice, f"alice{number}@private.example")

    Client().post("/account/lost/", {"email": alice.email})

    assert (alice.email, "account_reset") in mails()


# An address at a customer that does not know Arxus


@pytest.fixture
def studio(valora: Company) -> Company:
    return make_company(
        "Studio Elan bv", "BE0451406524", partner=valora, relation="vap", email_domains=["elan.example"]
    )


def test_r14_an_address_at_a_customer_that_does_not_know_arxus_is_refused(vera: User, studio: Company) -> None:
    answer: Any = logged_in(vera).post(ASK, {"email": "vera@mail.elan.example"})

    sentence = "Studio Elan bv does not know Arxus, so nobody logs in with an address there."
    assert answer.context["form"].errors == {"email": [sentence]}
    assert mails() == set()


@pytest.mark.parametrize("rights", ["a customer's own user", "without a group"])
def test_r14_whoever_may_see_no_customer_is_told_of_none_and_nothing_is_sent(
    valora: Company, studio: Company, rights: str
) -> None:
    customer = make_company("Bakkerij Dorpel bv", "BE0417497106", partner=valora)
    tom = make_user("tom@dorpel.example", "Tom", "Thys")
    home = customer if rights == "a customer's own user" else valora
    Membership.objects.create(user=tom, company=home, groups=[Group.READ_ONLY] if home == customer else [])
    client = logged_in(tom)

    client.post(ASK, {"email": "tom@elan.example"})

    assert "A mail for tom@elan.example is on its way." in client.get(ASK).text
    mail = OutgoingEmail.objects.get(template="account_address_confirm")
    assert (mail.state, mail.outcome) == (
        "withheld",
        "Studio Elan bv does not know Arxus, so nobody there is written to.",
    )


def test_r14_domains_that_became_a_customers_since_are_refused_when_confirming(vera: User, studio: Company) -> None:
    link = asked_by(vera, "vera@late.example")
    client = opened(link, logged_in(vera))
    Company.objects.filter(pk=studio.pk).update(email_domains=["late.example"])

    answer = client.post(PAGE)

    assert answer.status_code == 409
    assert "Studio Elan bv does not know Arxus, so nobody logs in with an address there." in answer.text
    vera.refresh_from_db()
    assert vera.email == "vera@valora.example"


def test_t16_no_partners_word_keeps_arxus_staff_from_their_address(sam: User, studio: Company) -> None:
    Company.objects.filter(pk=studio.pk).update(email_domains=["arxus.example"])

    addresses.ask(sam, "sam.dewolf@arxus.example")

    assert OutgoingEmail.objects.get().state == "waiting"


# The link


def test_r42_opening_the_link_writes_nothing_and_keeps_it_out_of_the_address(alice: User) -> None:
    link = asked_by(alice)
    client = Client()
    before = everything()

    answer = client.get(path_of(link))
    pages = [client.get(PAGE), client.head(PAGE), client.get(path_of(link))]

    assert (answer.status_code, answer["Location"], answer["Referrer-Policy"]) == (302, PAGE, "no-referrer")
    assert answer.cookies["access"]["path"] == PAGE
    assert pages[0]["X-Robots-Tag"] == "noindex"
    assert everything() == before


def test_t42_a_scanner_that_submits_the_forms_changes_nothing(alice: User) -> None:
    link = asked_by(alice)
    scanner = opened(link)
    before = everything()

    answer = scanner.post(PAGE)

    assert answer.status_code == 403
    assert "log in with the address you have used so far" in answer.text
    assert NEW not in answer.text
    assert everything() == before
    assert find(Purpose.ADDRESS, token_of(link)) == link


def test_the_link_is_kept_while_one_logs_in(alice: User) -> None:
    client = opened(asked_by(alice))
    assert 'href="/account/login/?next=/new-address/"' in client.get(PAGE).text

    answer = client.post(f"/account/login/?next={PAGE}", {"login": alice.email, "password": PASSWORD, "next": PAGE})

    assert answer["Location"] == PAGE
    assert "Change the address and log out" in client.get(PAGE).text


def test_t12_somebody_else_cannot_confirm(alice: User, mallory: User) -> None:
    client = opened(asked_by(alice), logged_in(mallory))

    page, answer = client.get(PAGE), client.post(PAGE)

    assert (page.status_code, answer.status_code) == (200, 403)
    assert "You are logged in as Mallory Maes." in page.text
    assert [text in page.text for text in (NEW, alice.email, "Alice")] == [False, False, False]
    alice.refresh_from_db()
    assert alice.email == "alice@nordwave.example"


def test_t48_confirming_changes_the_address_tells_both_and_ends_every_session(alice: User, nordwave: Company) -> None:
    link, elsewhere = asked_by(alice), logged_in(alice)
    client = opened(link, logged_in(alice))

    answer = client.post(PAGE)

    assert (answer.status_code, answer["Location"]) == (302, "/account/login/")
    page = client.get("/account/login/").text
    assert "<strong>Your address is changed.</strong> Log in with the new one, and the password you have." in page
    assert f'value="{NEW}"' in page
    alice.refresh_from_db()
    assert alice.email == NEW
    assert [browser.get("/profile/").status_code for browser in (client, elsewhere)] == [302, 302]
    told = ("alice@nordwave.example", "account_address_changed"), (NEW, "account_address_changed")
    assert mails() == {(NEW, "account_address_confirm"), *told}
    assert logged_in(alice).get("/profile/").status_code == 200
    assert LogEntry.objects.latest("pk").change_message == "For Nordwave IT bv. Changed the address of the login."


def test_t48_staff_change_theirs_in_the_same_way(sam: User, settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = False
    client = opened(asked_by(sam, "sam.dewolf@arxus.example"), logged_in(sam))

    client.post(PAGE)

    sam.refresh_from_db()
    assert sam.email == "sam.dewolf@arxus.example"
    assert client.get("/admin/").status_code == 302


def test_t43_the_link_works_once(alice: User) -> None:
    link = asked_by(alice)
    token = token_of(link)

    first, second = (addresses.confirm(token, by=alice) for _ in range(2))

    assert (first, second) == (alice, None)
    link.refresh_from_db()
    assert link.used_at is not None


def test_an_address_that_somebody_has_by_then_is_refused(alice: User, mallory: User) -> None:
    link = asked_by(alice, mallory.email)
    client = opened(link, logged_in(alice))

    answer = client.post(PAGE)

    sentence = "Another account has the address mallory@cloudhoek.example, so yours stays as it is."
    assert (answer.status_code, sentence in answer.text) == (409, True)
    alice.refresh_from_db()
    assert alice.email == "alice@nordwave.example"
    assert find(Purpose.ADDRESS, token_of(link)) == link
    assert "account_address_changed" not in {template for _email, template in mails()}


def _set_password(user: User) -> None:
    user.set_password("another four unrelated words")
    user.save()


CHANGES: dict[str, Callable[[User], Any]] = {
    "address": lambda user: change_address(user, "alice@elsewhere.example"),
    "address, by hand": lambda user: User.objects.filter(pk=user.pk).update(email="alice@elsewhere.example"),
    "password": _set_password,
    "deactivated": lambda user: User.objects.filter(pk=user.pk).update(is_active=False),
    "membership": lambda user: user.memberships.all().delete(),
    "newer link": lambda user: addresses.ask(user, "alice@third.example"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_t47_what_changes_after_asking_ends_the_link(alice: User, change: str) -> None:
    token = token_of(asked_by(alice))

    CHANGES[change](alice)

    assert find(Purpose.ADDRESS, token) is None
    assert addresses.confirm(token, by=User.objects.get(pk=alice.pk)) is None


def test_t47_a_new_password_ends_links_whose_mail_still_waits(alice: User) -> None:
    client, new = logged_in(alice), "one bakery behind the canal"
    client.post(ASK, {"email": NEW})

    client.post("/account/password/", {"oldpassword": PASSWORD, "password1": new, "password2": new})

    assert not alice.access_links.filter(replaced_at=None).exists()


def test_t45_every_link_that_does_not_work_gets_the_same_answer(alice: User) -> None:
    old, reset = asked_by(alice), issue(alice, Purpose.RESET)
    accepted(old)
    token = token_of(old)
    pages = []
    for wrong in (token[:-2], f"{token[:-5]}AAAA/", "made-up", token_of(reset)):
        client = logged_in(alice)
        client.get(f"{PAGE}{wrong}")
        pages.append((client.get(PAGE).status_code, without_token(client.get(PAGE).content)))
    with time_machine.travel(timezone.now() + timedelta(hours=73)):
        late = opened(old, logged_in(alice))
        pages.append((late.get(PAGE).status_code, without_token(late.get(PAGE).content)))

    assert {status for status, _page in pages} == {410}
    assert len({page for _status, page in pages}) == 1


def test_a_link_for_another_address_sets_no_password(alice: User) -> None:
    token = token_of(asked_by(alice))

    assert [find(purpose, token) for purpose in (Purpose.RESET, Purpose.ACTIVATION)] == [None, None]


@pytest.mark.django_db(transaction=True)
def test_r42_the_mail_carries_the_link_to_the_new_address_alone(alice: User, smtp: Sink) -> None:
    link = addresses.ask(alice, NEW)

    deliver()

    [mail] = smtp.inbox
    assert (mail.to, address(link) in mail.text) == (NEW, True)
    assert "alice@nordwave.example" not in mail.text + mail.html


def test_pages_cost_few_queries(alice: User, django_assert_max_num_queries: Any) -> None:
    link, client = asked_by(alice), logged_in(alice)
    opened(link, client)

    for page in (ASK, PAGE):
        with django_assert_max_num_queries(8):
            client.get(page)
