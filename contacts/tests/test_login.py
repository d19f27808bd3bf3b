import re
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import Resolver404, resolve

from conftest import PASSWORD
from contacts.login import open_account
from contacts.models import User
from notifications.models import OutgoingEmail


def post_login(email: str, password: str, client: Client | None = None, **extra: str) -> Any:
    return (client or Client()).post("/account/login/", {"login": email, "password": password}, **extra)


def said(answer: Any) -> list[str]:
    return list(answer.context["form"].non_field_errors())


def test_login_is_by_address_in_any_case(alice: User) -> None:
    client = Client()

    answer = post_login(" Alice@NORDWAVE.example ", PASSWORD, client)

    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(alice.pk)


def test_login_lasts_as_long_as_the_browser_is_open(alice: User) -> None:
    answer = post_login(alice.email, PASSWORD)

    assert answer.cookies["session"]["max-age"] == ""


def test_t54_login_answers_the_same_whatever_is_wrong(alice: User, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)
    waiting = open_account("new@nordwave.example", "Nora", "New", "nl")
    cases = {
        "wrong password": (alice.email, "another password"),
        "inactive": (bob.email, PASSWORD),
        "nobody": ("nobody@nordwave.example", PASSWORD),
        "not activated": (waiting.email, PASSWORD),
    }

    answers = {
        (answer.status_code, re.sub(r'value="[^"]*"', "", answer.content.decode()))
        for answer in (post_login(*case) for case in cases.values())
    }

    assert len(answers) == 1
    assert not Session.objects.exists()


def test_t57_the_sixth_attempt_is_refused_but_nobody_locks_somebody_else_out(alice: User) -> None:
    refused = [said(post_login(alice.email, f"wrong password {number}")) for number in range(6)]

    assert refused[:5] == [["This address and this password do not belong together. Check both."]] * 5
    assert refused[5] == ["Too many attempts. Wait five minutes, or ask for a link to set a new password."]
    assert said(post_login(alice.email, PASSWORD)) == refused[5]
    assert post_login(alice.email, PASSWORD, REMOTE_ADDR="192.0.2.7").status_code == 302


def test_t58_one_place_that_tries_many_accounts_is_refused(db: None) -> None:
    refused = [said(post_login(f"user{number}@nordwave.example", "wrong")) for number in range(11)]

    assert (
        refused[9] != refused[10] == ["Too many attempts. Wait five minutes, or ask for a link to set a new password."]
    )


def test_t58_a_forged_header_is_no_other_place(db: None) -> None:
    refused = [
        said(post_login("alice@nordwave.example", "wrong", HTTP_X_FORWARDED_FOR=f"192.0.2.{number}"))
        for number in range(6)
    ]

    assert refused[4] != refused[5]


def test_t57_without_redis_there_are_fewer_attempts_not_more(alice: User, settings: Any) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "unix:///nowhere/redis"}}

    refused = [said(post_login(alice.email, "wrong")) for _ in range(6)]

    assert "do not belong together" in refused[0][0]
    assert "Too many attempts" in refused[3][0]


@pytest.mark.parametrize(
    "path",
    [
        *("signup", "email", "confirm-email", "password/set", "password/reset", "login/code", "phone/change"),
        *("3rdparty", "3rdparty/login/cancelled", "2fa/webauthn", "sessions", "social/signup"),
    ],
)
def test_what_is_not_offered_has_no_address(path: str) -> None:
    for prefix in ("", "account/", "accounts/"):
        with pytest.raises(Resolver404):
            resolve(f"/{prefix}{path}/")


def test_t60_the_admin_has_no_door_of_its_own(sam: User, alice: User, login: Callable[[User], Client]) -> None:
    client = Client()
    fields = {"username": sam.email, "password": PASSWORD, "next": "/admin/"}

    answer = client.post("/admin/login/?next=/admin/contacts/", fields)

    assert (answer.status_code, answer["Location"]) == (302, "/account/login/?next=/admin/contacts/")
    assert not Session.objects.exists()
    assert client.get("/admin/", follow=True).redirect_chain[-1] == ("/account/login/?next=/admin/", 302)
    assert login(alice).get("/admin/", follow=True).status_code == 403


def test_t60_staff_do_not_guess_each_others_passwords_in_the_admin(
    sam: User, kim: User, login: Callable[[User], Client]
) -> None:
    client = login(sam)

    client.post("/admin/login/", {"username": kim.email, "password": PASSWORD})

    assert client.session["_auth_user_id"] == str(sam.pk)
    assert client.get("/admin/password_change/")["Location"] == "/account/password/"


@pytest.mark.parametrize(
    "target",
    [
        *("//evil.test", "///evil.test", "https:evil.test", "https://evil.test", "/\\evil.test", "\\\\evil.test"),
        *("javascript:alert(1)", "data:text/html,x", " //evil.test", "\t//evil.test", "/%0d%0aX: y\r\nX: y"),
        *("%2f%2fevil.test", "%252f%252fevil.test", "http://testserver:8080/", "ftp://localhost/", "http://localhost/"),
        *("//localhost:9999/", "https://localhost.evil.test", "http://localhost@evil.test", "/\u2028/evil.test"),
    ],
)
def test_t67_after_login_nobody_is_sent_elsewhere(alice: User, target: str) -> None:
    answer = Client().post("/account/login/", {"login": alice.email, "password": PASSWORD, "next": target})

    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_t67_after_login_one_is_where_one_wanted_to_be(alice: User) -> None:
    answer = Client().post("/account/login/", {"login": alice.email, "password": PASSWORD, "next": "/profile/?x=1"})

    assert answer["Location"] == "/profile/?x=1"


def test_t63_the_session_has_a_new_id_after_login(alice: User) -> None:
    client = Client()
    session = client.session
    session["anything"] = 1
    session.save()
    client.cookies["session"] = session.session_key
    before = session.session_key

    post_login(alice.email, PASSWORD, client)

    assert client.cookies["session"].value != before
    assert not Session.objects.filter(session_key=before).exists()


def test_t64_logging_out_is_a_post_and_ends_the_session_on_the_server(
    alice: User, login: Callable[[User], Client]
) -> None:
    client = login(alice)
    cookie = client.cookies["session"].value

    assert client.get("/account/logout/").status_code == 200
    assert client.get("/profile/").status_code == 200
    answer = client.post("/account/logout/")

    assert (answer["Location"], answer["Clear-Site-Data"]) == ("/account/login/", '"cache"')
    client.cookies["session"] = cookie
    assert client.get("/profile/")["Location"] == "/account/login/?next=/profile/"


def test_t64_no_page_is_kept_by_the_browser(alice: User, login: Callable[[User], Client]) -> None:
    client = login(alice)

    for path in ("/profile/", "/account/password/", "/switch/", "/no/such/page/"):
        assert client.get(path)["Cache-Control"] == "no-store, private"


# One's own password

NEW = "the lock keeper feeds herons"


def change(client: Client, **fields: str) -> Any:
    usual = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    return client.post("/account/password/", usual | fields)


def test_t62_changing_the_password_needs_the_present_one(alice: User, login: Callable[[User], Client]) -> None:
    answer = change(login(alice), oldpassword="not this one")

    assert answer.context["form"].errors == {"oldpassword": ["This is not your current password."]}
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_a_changed_password_ends_all_other_sessions_and_is_told(alice: User, login: Callable[[User], Client]) -> None:
    here, there = login(alice), login(alice)

    answer = change(here)

    assert (answer.status_code, answer["Location"]) == (302, "/profile/")
    assert here.get("/profile/").status_code == 200
    assert there.get("/profile/").status_code == 302
    (mail,) = OutgoingEmail.objects.all()
    assert (mail.to_email, mail.template) == (alice.email, "account_password_changed")


def test_a_login_from_a_new_device_is_told_once_for_each(alice: User) -> None:
    known, other = Client(), Client()
    post_login(alice.email, PASSWORD, known)
    assert not OutgoingEmail.objects.exists(), "the first login of all"

    known.post("/account/logout/")
    post_login(alice.email, PASSWORD, known)
    post_login(alice.email, PASSWORD, other, REMOTE_ADDR="192.0.2.7")

    (mail,) = OutgoingEmail.objects.all()
    assert mail.template == "account_new_device"
    assert "192.0.2.7" in mail.text
    assert other.cookies["device"]["httponly"]


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Gecko/20100101 Firefox/145.0", "Firefox on Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/143.0 Safari/537.36 Edg/143.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/143.0 Mobile Safari/537.36", "Chrome on Android"),
        ("evil.test http://evil.test", "not recognised"),
        ("", "not recognised"),
    ],
)
def test_the_mail_about_a_new_device_says_when_and_which_browser(alice: User, agent: str, words: str) -> None:
    post_login(alice.email, PASSWORD)

    with time_machine.travel("2026-11-25T14:20:00Z", tick=False):
        post_login(alice.email, PASSWORD, HTTP_USER_AGENT=agent, REMOTE_ADDR="192.0.2.7")

    text = " ".join(OutgoingEmail.objects.get().text.replace(":\n", " ").split())
    assert f"When Wednesday 25 November 2026, 15:20 Browser {words} Internet address 192.0.2.7" in text
    assert "with your password, in a browser" in text
    assert "evil" not in text


def test_the_mail_about_a_new_device_says_what_to_do_and_whom_to_call(alice: User, settings: Any) -> None:
    post_login(alice.email, PASSWORD)
    post_login(alice.email, PASSWORD)

    text = " ".join(OutgoingEmail.objects.get().text.split())
    assert "Set a new password at once: that logs out whoever is logged in." in text
    assert "/account/lost/" in text
    assert f"Then call the Arxus service desk, {settings.SERVICE_DESK_PHONE}, or reply to this mail" in text
