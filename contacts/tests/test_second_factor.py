import re
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from conftest import PASSWORD
from contacts import access_links
from contacts.account_mails import account_mail
from contacts.models import User
from contacts.second_factor import WITHOUT
from notifications.models import OutgoingEmail

SET_UP = "/account/second-factor/set-up/"
Login = Callable[[User], Client]


@pytest.fixture(autouse=True)
def _demanded(settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = True


def code_for(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def log_in(user: User, client: Client | None = None) -> Client:
    """Type address and password, nothing more."""
    client = client or Client()
    assert client.post("/account/login/", {"login": user.email, "password": PASSWORD}).status_code == 302
    return client


def set_up(client: Client) -> str:
    """Set up an authenticator app as a person does; give the app's secret."""
    secret = client.get(SET_UP).context["form"].secret
    answer = client.post(SET_UP, {"code": code_for(secret)})
    assert answer.status_code == 302
    return str(secret)


@pytest.fixture
def secret(alice: User) -> str:
    """Alice has an authenticator app."""
    return set_up(log_in(alice))


@pytest.fixture
def sams(sam: User) -> str:
    """Sam has one too."""
    return set_up(log_in(sam))


@pytest.fixture
def later() -> Iterator[None]:
    """The code that was shown a moment ago has gone."""
    with time_machine.travel(time.time() + 31):
        yield


@pytest.mark.django_db(transaction=True)
def test_setting_it_up_gives_recovery_codes_and_a_mail(alice: User) -> None:
    client = log_in(alice)

    set_up(client)

    answer = client.get("/account/recovery-codes/")
    assert len(answer.context["unused_codes"]) == 10
    assert [mail.template for mail in OutgoingEmail.objects.all()] == ["account_second_factor_set_up"]


def test_the_page_draws_the_code_without_data_addresses(alice: User) -> None:
    answer = log_in(alice).get(SET_UP)

    html = answer.content.decode()
    assert 'aria-label="QR code for your authenticator app"' in html
    assert "data:" not in html
    assert answer.context["form"].secret in html


def test_who_logged_in_long_ago_types_the_password_again(alice: User, login: Login) -> None:
    client = login(alice)

    answer = client.get(SET_UP)
    assert answer["Location"] == "/account/confirm/?next=%2Faccount%2Fsecond-factor%2Fset-up%2F"
    answer = client.post(answer["Location"], {"password": PASSWORD})

    assert answer["Location"] == SET_UP
    assert client.get(SET_UP).status_code == 200


def test_login_asks_for_the_code(alice: User, secret: str, later: None) -> None:
    client = log_in(alice)
    assert client.get("/profile/").status_code == 302, "the password alone opens nothing"

    wrong = client.post("/account/second-factor/code/", {"code": "000000"})
    right = client.post("/account/second-factor/code/", {"code": code_for(secret)})

    assert wrong.context["form"].errors == {"code": ["This code does not fit. Type the one that the app shows now."]}
    assert (right.status_code, right["Location"]) == (302, "/")
    assert client.get("/profile/").status_code == 200


def test_t63_the_session_has_a_new_id_when_the_code_was_given(alice: User, secret: str, later: None) -> None:
    client = log_in(alice)
    before = client.cookies["session"].value

    client.post("/account/second-factor/code/", {"code": code_for(secret)})

    assert client.cookies["session"].value != before


def test_t69_a_code_opens_only_once(alice: User, secret: str, later: None) -> None:
    code = code_for(secret)
    first, second = log_in(alice), log_in(alice)

    assert first.post("/account/second-factor/code/", {"code": code}).status_code == 302
    assert second.post("/account/second-factor/code/", {"code": code}).status_code == 200


def test_t69_five_wrong_codes_are_enough(alice: User, secret: str, later: None) -> None:
    client = log_in(alice)

    for _ in range(5):
        client.post("/account/second-factor/code/", {"code": "000000"})
    answer = client.post("/account/second-factor/code/", {"code": code_for(secret)})

    (said,) = answer.context["form"].errors["code"]
    assert said.startswith("Too many codes that did not fit. Wait five minutes, then type the one")
    assert "password" not in said


def test_who_has_neither_phone_nor_codes_reads_whom_to_call(alice: User, secret: str, settings: Any) -> None:
    shown = log_in(alice).get("/account/second-factor/code/").text

    assert "Type one of your recovery codes instead." in shown
    assert settings.SERVICE_DESK_PHONE in shown


def test_a_new_password_leaves_the_second_factor_and_says_so(alice: User, secret: str) -> None:
    access_links.send(alice.email)
    link = alice.access_links.get()
    browser = Client()
    browser.get(urlsplit(access_links.address(link)).path)

    assert "Your second factor stays" in browser.get("/reset/").text


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("account_second_factor_set_up", "without its code nobody logs in, you neither. The service desk removes it."),
        ("account_second_factor_removed", "Log in with it, and set up your app again in your profile."),
        ("account_new_recovery_codes", "Log in with it, and make new recovery codes in your profile"),
    ],
)
def test_who_did_not_do_it_reads_what_a_new_password_leaves(alice: User, template: str, words: str) -> None:
    text = " ".join(account_mail(template, alice).text.split())

    assert words in text


def test_a_recovery_code_opens_once(alice: User, secret: str, later: None) -> None:
    code = Authenticator.objects.get(user=alice, type="recovery_codes").wrap().get_unused_codes()[0]
    first, second = log_in(alice), log_in(alice)

    assert first.post("/account/second-factor/code/", {"code": code}).status_code == 302
    assert second.post("/account/second-factor/code/", {"code": code}).status_code == 200


def test_r42_the_database_does_not_show_the_secrets(alice: User, secret: str) -> None:
    codes = Authenticator.objects.get(user=alice, type="recovery_codes").wrap().get_unused_codes()

    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(t::text, '') FROM mfa_authenticator t")
        rows = cursor.fetchone()[0]

    assert secret not in rows
    assert not [code for code in codes if code in rows]


def _paths(patterns: Any, prefix: str = "", names: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        route = re.sub(r"<uuid:[^>]+>", str(uuid4()), str(pattern.pattern))
        here = prefix + re.sub(r"<[^>]+>|\(\?P<[^)]+\)", "1", route).strip("^$").replace(r"\Z", "")
        if isinstance(pattern, URLResolver):
            inside = (*names, pattern.namespace) if pattern.namespace else names
            yield from _paths(pattern.url_patterns, here, inside)
        elif isinstance(pattern, URLPattern):
            yield ":".join([*names, pattern.name or ""]), "/" + here


def test_staff_reach_nothing_without_a_second_factor(sam: User, login: Login) -> None:
    User.objects.filter(pk=sam.pk).update(is_superuser=True)
    everywhere = [(name, path) for name, path in _paths(get_resolver().url_patterns) if name not in WITHOUT]
    reached = []

    for name, path in everywhere:
        client = login(sam)
        read, written = client.get(path), client.post(path)
        # Forms of the portal itself carry a seal, which staff never have (R03).
        if (read.status_code, read.get("Location")) != (302, SET_UP) or written.status_code not in (302, 403):
            reached.append((name, path, read.status_code, written.status_code))

    assert reached == []
    assert {"admin:index", "home", "contacts:profile", "contacts:switch"} <= {name for name, _ in everywhere}


def test_staff_with_an_app_give_the_code_and_are_in(sam: User, sams: str, later: None) -> None:
    client = log_in(sam)
    assert client.get("/admin/").status_code == 302

    client.post("/account/second-factor/code/", {"code": code_for(sams)})

    assert client.get("/admin/").status_code == 200


def test_staff_are_in_once_they_have_set_it_up(sam: User) -> None:
    client = log_in(sam)
    assert client.get("/admin/")["Location"] == SET_UP

    set_up(client)

    assert client.get("/admin/").status_code == 200


def test_a_session_from_before_gives_the_code_first(sam: User, login: Login) -> None:
    before = login(sam)
    secret = set_up(log_in(sam))

    answer = before.get("/admin/?x=1")
    assert answer["Location"] == "/account/second-factor/confirm/?next=%2Fadmin%2F%3Fx%3D1"
    with time_machine.travel(time.time() + 31):
        answer = before.post(answer["Location"], {"code": code_for(secret)})

    assert answer["Location"] == "/admin/?x=1"
    assert before.get("/admin/").status_code == 200


def test_who_becomes_staff_needs_one_on_the_next_request(alice: User, login: Login) -> None:
    client = login(alice)
    assert client.get("/profile/").status_code == 200

    User.objects.filter(pk=alice.pk).update(is_staff=True)

    assert client.get("/profile/")["Location"] == SET_UP


def test_staff_cannot_switch_it_off_but_replace_it(sam: User, sams: str, later: None) -> None:
    client = log_in(sam)
    client.post("/account/second-factor/code/", {"code": code_for(sams)})

    refused = client.post("/account/second-factor/remove/")
    assert "always log in with a second factor" in refused.content.decode()
    assert Authenticator.objects.filter(user=sam, type="totp").count() == 1

    new = set_up(client)
    assert Authenticator.objects.get(user=sam, type="totp").wrap().validate_code(code_for(new))
    assert Authenticator.objects.filter(user=sam, type="totp").count() == 1


def test_everybody_else_may_switch_it_off_and_is_told(alice: User, secret: str, later: None) -> None:
    client = log_in(alice)
    client.post("/account/second-factor/code/", {"code": code_for(secret)})

    assert client.get("/account/second-factor/remove/").status_code == 200
    client.post("/account/second-factor/remove/")

    assert not Authenticator.objects.filter(user=alice).exists()
    assert OutgoingEmail.objects.get(template="account_second_factor_removed").to_email == alice.email


@pytest.mark.django_db(transaction=True)
def test_new_recovery_codes_are_told(alice: User) -> None:
    client = log_in(alice)
    set_up(client)
    before = client.get("/account/recovery-codes/").context["unused_codes"]

    client.post("/account/recovery-codes/new/")

    assert set(client.get("/account/recovery-codes/").context["unused_codes"]).isdisjoint(before)
    assert OutgoingEmail.objects.filter(template="account_new_recovery_codes").count() == 1


def test_the_demo_may_let_staff_in_with_a_password(sam: User, settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = False

    assert log_in(sam).get("/admin/").status_code == 200


def test_a_recovery_file_is_plain_text(alice: User) -> None:
    client = log_in(alice)
    set_up(client)

    answer = client.get("/account/recovery-codes/download/")

    assert answer["Content-Type"] == "text/plain"
    assert len(answer.content.split()) == 10


def test_r42_the_admin_shows_no_secret(alice: User, secret: str, kim: User, login: Login, settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = False
    User.objects.filter(pk=kim.pk).update(is_superuser=True)
    stored = Authenticator.objects.get(user=alice, type="totp")

    answer = login(kim).get(f"/admin/mfa/authenticator/{stored.pk}/change/")

    html = answer.content.decode()
    assert answer.status_code == 200
    assert secret not in html
    assert stored.data["secret"] not in html


def test_a_colleague_removes_what_somebody_lost_but_nobody_their_own(
    sam: User, kim: User, sams: str, login: Login, settings: Any
) -> None:
    settings.STAFF_SECOND_FACTOR = False
    User.objects.update(is_superuser=True)
    path = f"/admin/mfa/authenticator/{Authenticator.objects.get(user=sam, type='totp').pk}/delete/"

    assert login(sam).post(path, {"post": "yes"}).status_code == 403
    assert login(kim).post(path, {"post": "yes"}).status_code == 302

    assert not Authenticator.objects.filter(user=sam, type="totp").exists()
    assert OutgoingEmail.objects.get(template="account_second_factor_removed").to_email == sam.email


def test_what_we_do_not_use_is_not_in_the_admin(kim: User, login: Login, settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = False
    User.objects.filter(pk=kim.pk).update(is_superuser=True)

    assert login(kim).get("/admin/account/emailaddress/").status_code == 404
