import io
import logging
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from structlog.testing import capture_logs

from conftest import PASSWORD
from contacts import access_links
from contacts.access_links import Purpose, address, find, has_activated, issue, send, until, use
from contacts.account_mails import withhold as withhold_account_mail
from contacts.login import change_address, open_account
from contacts.models import AccessLink, Company, Group, Membership, User
from contacts.tests.conftest import reached
from notifications.models import OutgoingEmail
from notifications.outbox import GUARDS, PLACEHOLDERS

NEW = "one bakery behind the canal"


@pytest.fixture
def newcomer(customer: Company) -> User:
    """Theo, who got access on registration and has not set a password yet."""
    user = open_account("theo.lambert@bakkerijdesmet.example", "Theo", "Lambert", "nl")
    Membership.objects.create(user=user, company=customer, groups=[Group.TECHNICAL])
    return user


def token_of(link: AccessLink) -> str:
    return address(link).split("/", 4)[4]


def path_of(link: AccessLink) -> str:
    return "/" + address(link).split("/", 3)[3]


def accepted(link: AccessLink) -> OutgoingEmail:
    """The link's mail has reached its reader's server a moment ago."""
    mail = OutgoingEmail.objects.get(facts__access_link=str(link.pk))
    mail.state, mail.sent_at = OutgoingEmail.State.ACCEPTED, timezone.now()
    mail.save(update_fields=["state", "sent_at"])
    return mail


def mailed_link(user: User) -> AccessLink:
    assert send(user.email)
    return user.access_links.get(used_at=None, replaced_at=None)


def opened(link: AccessLink, client: Client | None = None) -> Client:
    client = client or Client()
    client.get(path_of(link))
    return client


def everything() -> dict[str, str]:
    """A fingerprint of every row of every table."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        prints = {}
        for table in tables:
            cursor.execute(f'SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{table}" t')  # noqa: S608
            prints[table] = cursor.fetchone()[0]
    return prints


def without_token(content: bytes) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", content.decode())


# The link


def test_r42_the_database_does_not_hold_the_link(newcomer: User) -> None:
    link = mailed_link(newcomer)
    mail = OutgoingEmail.objects.get()

    mac = address(link).rstrip("/").rpartition("/")[2]

    assert len(mac) == 43
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s', [f"%{mac}%"])  # noqa: S608
            assert cursor.fetchone()[0] == 0
    assert "[[access_link]]" in mail.text
    assert "[[access_link]]" in mail.html


def test_r42_a_link_is_made_with_a_key_that_the_database_does_not_hold(newcomer: User, settings: Any) -> None:
    link = issue(newcomer, Purpose.ACTIVATION)
    token = token_of(link)

    settings.LINK_KEY = "another key " * 5

    assert find(Purpose.ACTIVATION, token) is None


def test_r51_a_retry_carries_the_same_link(newcomer: User) -> None:
    mailed_link(newcomer)
    mail = OutgoingEmail.objects.get()

    first, second = PLACEHOLDERS["access_link"](mail), PLACEHOLDERS["access_link"](mail)

    assert first == second
    assert first.startswith("http://localhost:8000/activate/")


def test_r51_the_link_works_for_72_hours_from_its_first_delivery(newcomer: User) -> None:
    with time_machine.travel("2026-11-22T10:00:00Z", tick=False) as clock:
        link = mailed_link(newcomer)
        clock.shift(timedelta(days=5))
        assert find(Purpose.ACTIVATION, token_of(link)) == link, "its mail still waits"
        accepted(link)

        clock.shift(timedelta(hours=72, seconds=-1))
        assert find(Purpose.ACTIVATION, token_of(link)) == link
        clock.shift(timedelta(seconds=1))
        assert find(Purpose.ACTIVATION, token_of(link)) is None


def test_r51_a_second_delivery_does_not_lengthen_it(newcomer: User) -> None:
    with time_machine.travel("2026-11-22T10:00:00Z", tick=False) as clock:
        link = mailed_link(newcomer)
        again = accepted(link)
        clock.shift(timedelta(hours=60))
        again.pk, again.event, again.sent_at = uuid4(), uuid4(), timezone.now()
        again.save(force_insert=True)

        assert until(link) == link.created_at + timedelta(hours=72)


def test_a_reset_link_works_for_half_an_hour(alice: User) -> None:
    with time_machine.travel("2026-11-22T10:00:00Z", tick=False) as clock:
        link = mailed_link(alice)
        accepted(link)

        clock.shift(timedelta(minutes=30, seconds=-1))
        assert find(Purpose.RESET, token_of(link)) == link
        clock.shift(timedelta(seconds=1))
        assert find(Purpose.RESET, token_of(link)) is None


def test_a_link_whose_delivery_nobody_wrote_down_does_not_live_for_ever(newcomer: User) -> None:
    with time_machine.travel("2026-11-22T10:00:00Z", tick=False) as clock:
        link = mailed_link(newcomer)

        clock.shift(timedelta(days=14))

        assert find(Purpose.ACTIVATION, token_of(link)) is None


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Wednesday 25 November 2026, 11:00"),
        ("nl", "woensdag 25 november 2026, 11:00"),
        ("fr", "mercredi 25 novembre 2026, 11:00"),
    ],
)
def test_r41_the_mail_says_until_when_in_the_readers_language(newcomer: User, language: str, words: str) -> None:
    User.objects.update(language=language)
    with time_machine.travel("2026-11-22T10:00:00Z", tick=False):
        mailed_link(newcomer)
        mail = OutgoingEmail.objects.get()

        assert PLACEHOLDERS["access_link_until"](mail) == words


def test_r53_who_has_set_a_password_has_activated(newcomer: User, alice: User) -> None:
    assert not has_activated(newcomer)
    assert has_activated(alice)


# Opening it


def test_t41_opening_a_link_any_number_of_times_writes_nothing(newcomer: User) -> None:
    link = mailed_link(newcomer)
    before = everything()

    for number in range(100):
        agent = ["", "Mozilla/5.0 (SafeLinks)", "curl/8"][number % 3]
        client = Client(headers={"user-agent": agent, "sec-purpose": "prefetch"})
        for method in ("get", "head", "options"):
            answer = getattr(client, method)(path_of(link))
            assert (answer.status_code, answer["Location"]) == (302, "/activate/")
        if number % 5 == 0:
            assert client.get("/activate/").status_code == 200
            client.head("/activate/")
            client.options("/activate/")
        assert set(client.cookies) <= {"access", "csrf"}

    assert everything() == before
    client = opened(link)
    client.post("/activate/", {"password1": NEW, "password2": NEW})
    assert client.login(email=newcomer.email, password=NEW)


def test_t41_the_link_moves_into_a_cookie_for_one_page(newcomer: User) -> None:
    link = issue(newcomer, Purpose.ACTIVATION)

    answer = Client().get(path_of(link))

    cookie = answer.cookies["access"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/activate/", True, "Lax")
    assert cookie["max-age"] == ""


def test_t41_a_cookie_that_is_not_ours_opens_nothing(newcomer: User) -> None:
    client = Client()
    client.cookies["access"] = token_of(issue(newcomer, Purpose.ACTIVATION))

    assert client.get("/activate/").status_code == 410


def test_t49_the_page_is_kept_out_of_referrers_caches_and_indexes(newcomer: User) -> None:
    link = issue(newcomer, Purpose.ACTIVATION)
    client = Client()

    opening, page = client.get(path_of(link)), client.get("/activate/")

    # With "no-referrer" on the page itself browsers post "Origin: null", which is refused (see test_scanner.py).
    assert (opening["Referrer-Policy"], page["Referrer-Policy"]) == ("no-referrer", "same-origin")
    for answer in (opening, page):
        assert (answer["Cache-Control"], answer["X-Robots-Tag"]) == ("no-store, private", "noindex")
    assert re.findall(r'(?:src|href|action)="(?!/|#|mailto:)[^"]*"', client.get("/activate/").content.decode()) == []


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"password1": "", "password2": ""},
        {"password1": NEW},
        {"password1": NEW, "password2": NEW + "!"},
        {"password1": "too short", "password2": "too short"},
    ],
)
def test_t42_only_a_password_typed_twice_uses_it_up(newcomer: User, fields: dict[str, str]) -> None:
    link = issue(newcomer, Purpose.ACTIVATION)
    client = opened(link)

    answer = client.post("/activate/", fields)

    assert answer.status_code == 200
    assert find(Purpose.ACTIVATION, token_of(link)) == link


def test_t43_the_second_use_of_a_link_is_refused(newcomer: User) -> None:
    link = issue(newcomer, Purpose.ACTIVATION)
    client, other = opened(link), opened(link)

    first = client.post("/activate/", {"password1": NEW, "password2": NEW})
    second = other.post("/activate/", {"password1": NEW + " too", "password2": NEW + " too"})

    assert (first.status_code, first["Location"]) == (302, "/account/login/")
    assert second.status_code == 410
    assert client.login(email=newcomer.email, password=NEW)


def test_r51_the_page_of_another_link_in_the_same_browser_sets_nobodys_password(newcomer: User, bob: User) -> None:
    browser = opened(issue(newcomer, Purpose.ACTIVATION))
    theirs = opened(issue(bob, Purpose.ACTIVATION), browser)
    before = bob.password

    page = theirs.post("/activate/", {"password1": NEW, "password2": NEW, "username": newcomer.email})

    assert page.status_code == 409
    assert "Another link was opened in this browser" in page.text
    bob.refresh_from_db()
    newcomer.refresh_from_db()
    assert (bob.password, newcomer.has_usable_password()) == (before, False)


@pytest.mark.django_db(transaction=True)
def test_t43_of_fifty_at_once_exactly_one_succeeds(newcomer: User) -> None:
    link = issue(newcomer, Purpose.ACTIVATION)
    clients = [opened(link) for _ in range(50)]
    together = threading.Barrier(len(clients))

    def post(number: int) -> int:
        password = f"{NEW} {number}"
        together.wait()
        try:
            return clients[number].post("/activate/", {"password1": password, "password2": password}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(clients)) as pool:
        codes = list(pool.map(post, range(len(clients))))

    assert sorted(codes) == [302] + [410] * 49
    assert Client().login(email=newcomer.email, password=f"{NEW} {codes.index(302)}")
    assert [mail.template for mail in OutgoingEmail.objects.all()] == ["account_password_set"]


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the portal's own log says."""
    (handler,) = [handler for handler in logging.getLogger().handlers if type(handler) is logging.StreamHandler]
    lines = io.StringIO()
    usual = handler.setStream(lines)
    yield lines
    handler.setStream(usual)


def test_t44_no_log_holds_the_link(newcomer: User, log: io.StringIO) -> None:
    link = mailed_link(newcomer)
    mac = address(link).rstrip("/").rpartition("/")[2]

    for method in ("get", "post", "put", "delete"):
        getattr(Client(), method)(path_of(link))
        getattr(Client(enforce_csrf_checks=True), method)(path_of(link) + "more")
        getattr(Client(headers={"host": "evil.test"}), method)(path_of(link))

    assert mac not in log.getvalue()
    assert "GET /activate/…" in log.getvalue()


def _use_it(link: AccessLink) -> None:
    use(Purpose.ACTIVATION, token_of(link), NEW)


def _wait(link: AccessLink) -> None:
    OutgoingEmail.objects.filter(facts__access_link=str(link.pk)).update(
        state="accepted", sent_at=timezone.now() - timedelta(hours=73)
    )


BROKEN: dict[str, Callable[[AccessLink], str]] = {
    "expired": lambda link: (_wait(link), token_of(link))[1],
    "used": lambda link: (token_of(link), _use_it(link))[0],
    "replaced": lambda link: (token_of(link), issue(link.user, Purpose.ACTIVATION))[0],
    "unknown": lambda link: token_of(link).replace(str(link.pk), str(uuid4())),
    "truncated": lambda link: token_of(link)[:-10],
    "cut before the seal": lambda link: str(link.pk),
    "tampered": lambda link: token_of(link)[:-3] + "xy/",
    "of another purpose": lambda link: token_of(issue(link.user, Purpose.RESET)),
    "no id at all": lambda _: "x/y",
    "odd characters": lambda _: "%00%ff/%e2%80%ae",
    "very long": lambda _: "a" * 5000,
}


@pytest.mark.parametrize("kind", BROKEN)
def test_t45_every_dead_link_gets_the_same_answer(newcomer: User, kind: str) -> None:
    link = mailed_link(newcomer)
    token = BROKEN[kind](link)
    never = Client().get("/activate/")

    client = Client()
    opening = client.get(f"/activate/{token}")
    answer = client.get("/activate/")
    posted = client.post("/activate/", {"password1": NEW, "password2": NEW})

    assert (opening.status_code, opening["Location"]) == (302, "/activate/")
    assert (answer.status_code, posted.status_code) == (410, 410)
    assert without_token(answer.content) == without_token(posted.content) == without_token(never.content)


@pytest.mark.parametrize("kind", BROKEN)
def test_t45_a_dead_link_costs_the_same_work_whatever_it_died_of(
    newcomer: User, kind: str, django_assert_num_queries: Callable
) -> None:
    token = BROKEN[kind](mailed_link(newcomer))

    with django_assert_num_queries(3):
        found = find(Purpose.ACTIVATION, token)

    assert found is None


def test_t46_a_newer_link_ends_the_older_ones(newcomer: User) -> None:
    older = issue(newcomer, Purpose.ACTIVATION)
    newer = issue(newcomer, Purpose.ACTIVATION)

    assert find(Purpose.ACTIVATION, token_of(older)) is None
    assert find(Purpose.ACTIVATION, token_of(newer)) == newer


def test_t52_the_older_link_lives_until_the_newer_one_is_committed(newcomer: User) -> None:
    older = issue(newcomer, Purpose.ACTIVATION)

    with transaction.atomic():
        issue(newcomer, Purpose.ACTIVATION)
        transaction.set_rollback(True)

    assert find(Purpose.ACTIVATION, token_of(older)) == older


def _set_password(user: User) -> None:
    user.set_password(PASSWORD)
    user.save()


CHANGES: dict[str, Callable[[User], Any]] = {
    "address": lambda user: change_address(user, "theo@elsewhere.example"),
    "address, by hand": lambda user: User.objects.filter(pk=user.pk).update(email="theo@elsewhere.example"),
    "password": _set_password,
    "deactivated": lambda user: User.objects.filter(pk=user.pk).update(is_active=False),
    "membership": lambda user: user.memberships.all().delete(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_t47_what_changes_after_the_issue_ends_the_link(newcomer: User, change: str) -> None:
    link = mailed_link(newcomer)
    token = token_of(link)

    CHANGES[change](newcomer)

    assert find(Purpose.ACTIVATION, token) is None
    assert use(Purpose.ACTIVATION, token, NEW) is None


def test_t47_access_to_one_more_company_leaves_the_link_alone(newcomer: User, other_customer: Company) -> None:
    link = issue(newcomer, Purpose.ACTIVATION)

    Membership.objects.create(user=newcomer, company=other_customer, groups=[Group.TECHNICAL])

    assert find(Purpose.ACTIVATION, token_of(link)) == link


def test_t48_afterwards_all_sessions_are_over_and_a_mail_tells(alice: User, login: Callable[[User], Client]) -> None:
    elsewhere = login(alice)
    assert elsewhere.get("/profile/").status_code == 200
    link = mailed_link(alice)
    client = opened(link)

    answer = client.post("/reset/", {"password1": NEW, "password2": NEW}, follow=True)

    assert answer.redirect_chain == [("/account/login/", 302)]
    assert "Your password is set. </strong>Log in with it." in answer.content.decode().replace(
        ".</strong> ", ". </strong>"
    )
    assert "_auth_user_id" not in client.session
    assert answer.context["form"]["login"].value() == alice.email
    assert elsewhere.get("/profile/").status_code == 302
    told = OutgoingEmail.objects.get(template="account_password_set")
    assert told.to_email == alice.email


def test_t48_the_browser_is_logged_out_of_another_account_too(
    newcomer: User, alice: User, login: Callable[[User], Client]
) -> None:
    client = opened(issue(newcomer, Purpose.ACTIVATION), login(alice))
    page = client.get("/activate/").content.decode()

    client.post("/activate/", {"password1": NEW, "password2": NEW})

    assert "You are logged in as Alice Peeters." in page
    (session,) = Session.objects.all()
    assert "_auth_user_id" not in session.get_decoded()


@pytest.mark.parametrize("host", ["evil.test", "localhost@evil.test", "localhost:80@evil.test", "localhost.evil.test"])
def test_t50_the_link_does_not_follow_the_host_of_a_request(newcomer: User, host: str) -> None:
    Client().post("/account/lost/", {"email": newcomer.email}, headers={"host": host})
    Client().post("/account/lost/", {"email": newcomer.email}, headers={"x-forwarded-host": host})

    (mail,) = OutgoingEmail.objects.all()
    assert "evil.test" not in mail.text + mail.html + PLACEHOLDERS["access_link"](mail)
    assert PLACEHOLDERS["access_link"](mail).startswith("http://localhost:8000/")


def test_t09_a_deactivated_user_is_out_at_once(alice: User, newcomer: User, login: Callable[[User], Client]) -> None:
    client = login(alice)
    assert client.get("/profile/").status_code == 200
    link = mailed_link(alice)
    mail = OutgoingEmail.objects.get()

    User.objects.filter(pk=alice.pk).update(is_active=False)

    assert client.get("/profile/")["Location"] == "/account/login/?next=/profile/"
    assert opened(link).get("/reset/").status_code == 410
    assert next(said for guard in GUARDS if (said := guard(mail))) == "The account may no longer log in."


def test_r45_a_mail_whose_link_is_dead_is_withheld(newcomer: User) -> None:
    mailed_link(newcomer)
    older = OutgoingEmail.objects.get()
    assert access_links.withhold(older) is None

    mailed_link(newcomer)

    assert access_links.withhold(older) == "A newer link has taken the place of the one in this mail."
    assert withhold_account_mail(older) is None


@pytest.mark.parametrize("known", [True, False])
def test_r52_with_lost_cookies_a_fresh_link_is_offered(newcomer: User, known: bool) -> None:
    """Whoever has no password yet cannot log in."""
    link = mailed_link(newcomer)
    browser = opened(link, Client(enforce_csrf_checks=True)) if known else Client(enforce_csrf_checks=True)

    answer = browser.post("/activate/", {"password1": NEW, "password2": NEW, "username": newcomer.email})

    assert answer.status_code == 403
    assert "Your password is not set yet" in answer.text
    assert 'href="/account/lost/">Mail me a fresh link</a>' in answer.text
    assert "What you typed" not in answer.text
    assert find(Purpose.ACTIVATION, token_of(link)) == link


def test_r52_on_a_login_page_that_is_too_old_one_who_has_no_password_finds_a_link(db: None) -> None:
    answer = Client(enforce_csrf_checks=True).post("/account/login/", {"login": "a@x.example"})

    assert 'href="/account/lost/"' in answer.text


# Asking for a link


def ask(email: str, client: Client | None = None) -> tuple[int, str, str]:
    answer = (client or Client()).post("/account/lost/", {"email": email}, follow=True)
    return answer.status_code, str(answer.redirect_chain), without_token(answer.content)


def test_r52_everyone_gets_the_same_answer(newcomer: User, alice: User, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)

    answers = {ask(email) for email in (newcomer.email, alice.email, bob.email, "nobody@elsewhere.example")}

    assert len(answers) == 1
    assert {(mail.to_email, mail.template) for mail in OutgoingEmail.objects.all()} == {
        (newcomer.email, "account_activation"),
        (alice.email, "account_reset"),
    }


def test_r52_a_link_from_the_login_page_says_who_asked_and_when(newcomer: User, alice: User, time_machine: Any) -> None:
    User.objects.update(language="en")
    time_machine.move_to("2026-11-25 21:50+01:00", tick=False)

    for email in (newcomer.email, alice.email):
        ask(email)

    said = "You, or somebody with your address, asked for this link on the login page of the Arxus portal on"
    texts = {mail.to_email: " ".join(mail.text.split()) for mail in OutgoingEmail.objects.all()}
    assert f"{said} Wednesday 25 November 2026, 21:50." in texts[newcomer.email]
    assert f"{said} Wednesday 25 November 2026, 21:50. If it was you, set a new password here." in texts[alice.email]


def test_r52_a_link_that_staff_send_names_no_login_page(newcomer: User) -> None:
    access_links.send(newcomer.email)

    assert "21:50" not in OutgoingEmail.objects.get().text
    assert "login page" not in OutgoingEmail.objects.get().text


def test_r52_everyone_costs_the_same_work(alice: User, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)
    work = []

    for email in (alice.email, bob.email, "nobody@elsewhere.example"):
        with CaptureQueriesContext(connection) as queries:
            send(email)
        words = [re.findall(r"[A-Z]{2,}", query["sql"]) for query in queries]
        # What ends the transaction differs, nothing else.
        work.append([line for line in words if "SAVEPOINT" not in line])

    assert work[0] == work[1] == work[2]
    assert len(work[0]) >= 7


def test_r52_the_same_address_in_other_letters_is_the_same_account(alice: User) -> None:
    ask("  ALICE@Nordwave.EXAMPLE ")

    assert OutgoingEmail.objects.get().to_email == alice.email


def test_t52_an_address_gets_three_links_an_hour(alice: User) -> None:
    with time_machine.travel("2026-11-22T10:00:00Z", tick=False) as clock:
        first_answer = ask(alice.email)
        with capture_logs() as logs:
            answers = [ask(alice.email) for _ in range(3)]
        assert reached(logs) == [("links_per_hour", alice.pk)]
        assert OutgoingEmail.objects.count() == 3
        assert answers == [first_answer] * 3

        clock.shift(timedelta(hours=1, seconds=1))
        ask(alice.email)

        assert OutgoingEmail.objects.count() == 4


def test_t37_one_place_asks_twenty_times_an_hour(db: None) -> None:
    client = Client()

    with capture_logs() as logs:
        statuses = [client.post("/account/lost/", {"email": f"n{n}@elsewhere.example"}).status_code for n in range(21)]

    assert statuses == [302] * 20 + [429]
    assert reached(logs) == [("lost", None)]


def test_t52_the_link_of_the_third_mail_survives_the_fourth_request(alice: User) -> None:
    for _ in range(4):
        ask(alice.email)

    (link,) = alice.access_links.filter(replaced_at=None)
    assert find(Purpose.RESET, token_of(link)) == link


@pytest.mark.parametrize("email", ["", "   ", "alice", "a@b@c", "a@x.example, b@x.example", "a" * 300 + "@x.example"])
def test_asking_without_an_address_is_answered_beside_the_field(db: None, email: str) -> None:
    answer = Client().post("/account/lost/", {"email": email})

    assert answer.status_code == 200
    assert answer.context["form"].errors.keys() == {"email"}
