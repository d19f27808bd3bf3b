import unicodedata
from typing import Any

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from contacts import inviting
from contacts.access_links import Purpose, address, issue
from contacts.models import Company, User
from contacts.passwords import PasswordField

GOOD = "het paard eet geen sneeuw"


def refusal(password: str, user: User | None = None) -> str:
    try:
        validate_password(password, user)
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "abcdefg hijklmn"[::-1] + "!",
        "zwölf Boxkämpfer jagen",
        "👩‍🚀 rides the whale at dawn",
        "     a b c d e f g h    ",
        "kxqzvwpt" * 2 + "jm",
        ("correct horse battery staple " * 9)[:255] + "x",
    ],
)
def test_t61_length_is_all_that_is_asked_for(alice: User, password: str) -> None:
    assert refusal(password, alice) == ""


def test_t61_fifteen_characters_are_enough(alice: User) -> None:
    assert refusal("heron lock duck", alice) == ""
    assert refusal("heron lock duc", alice) == ("This password is too short. It must contain at least 15 characters.")


@pytest.mark.parametrize(
    ("password", "word"),
    [
        ("Nordwave-Nordwave-2026", "nordwave"),
        ("nordwave2026nordwave", "nordwave"),
        ("Arxus Arxus Arxus", "arxus"),
        ("ARXUS-portal-2026", "arxus"),
        ("passwordpassword1", "password"),
        ("Wachtwoord123456789", "wachtwoord"),
        ("azertyuiopqsdfghj", "azerty"),
    ],
)
def test_t61_names_and_common_words_count_for_nothing(alice: User, password: str, word: str) -> None:
    assert refusal(password, alice).startswith(f"Without “{word}” this password is too short")


def test_t61_the_company_that_invites_counts_for_nothing_either(
    alice: User, nordwave: Company, customer: Company
) -> None:
    who = {"email": "eva@bakkerijdesmet.example", "first_name": "Eva", "last_name": "Smets", "language": "en"}
    inviting.invite(customer, by=alice, groups=[], **who)
    invited = User.objects.get(email=who["email"])

    found = [refusal(password, invited) for password in ("Nordwave-Nordwave-2026", "bakkerij2026bakkerij")]

    assert [sentence.split(" this ")[0] for sentence in found] == ["Without “nordwave”", "Without “bakkerij”"]


def test_t61_a_name_in_a_long_password_is_fine(alice: User) -> None:
    assert refusal("nordwave people eat many waffles", alice) == ""


@pytest.mark.parametrize(
    "password", ["a" * 20, "abc" * 7, "abcdefghijklmnopqrst", "zyxwvutsrqponmlkji", "1212121212121212"]
)
def test_t61_what_repeats_or_counts_is_refused(alice: User, password: str) -> None:
    assert "This password repeats or counts." in refusal(password, alice)


def test_t61_ones_own_address_is_no_password(alice: User) -> None:
    assert "too similar to the email address" in refusal("alice@nordwave.exampl", alice).replace("e-mail", "email")


def test_the_same_characters_from_another_keyboard_are_the_same_password() -> None:
    field = PasswordField()

    composed, apart = (unicodedata.normalize(form, "crème brûlée à la carte") for form in ("NFC", "NFD"))

    assert composed != apart
    assert field.clean(composed) == field.clean(apart)


@pytest.mark.parametrize(
    ("length", "accepted"), [(14, False), (15, True), (64, True), (65, True), (256, True), (257, False)]
)
def test_t61_nothing_is_cut_off(alice: User, length: int, accepted: bool) -> None:
    password = (GOOD + " 0123 weil der Bäcker 4567 om vijf uur aufsteht " * 6)[:length].rstrip().ljust(length, "§")
    client = Client()
    client.get(address(issue(alice, Purpose.RESET)).removeprefix("http://localhost:8000"))

    answer = client.post("/reset/", {"password1": password, "password2": password})

    assert (answer.status_code == 302) == accepted
    if accepted:
        assert Client().post("/account/login/", {"login": alice.email, "password": password}).status_code == 302
        assert Client().post("/account/login/", {"login": alice.email, "password": password[:-1]}).status_code == 200


def test_t61_the_field_lets_people_paste_and_fill_in(alice: User) -> None:
    html = str(PasswordField(new=True).widget.render("password1", ""))

    assert 'autocomplete="new-password"' in html
    assert "maxlength" not in html


def test_argon2_is_the_only_hasher_in_production() -> None:
    from portal import settings

    assert settings.PASSWORD_HASHERS == ["django.contrib.auth.hashers.Argon2PasswordHasher"]


@pytest.mark.parametrize("text", ["\x00" * 20, "x\x00" * 10, "\u202e" * 3])
def test_odd_characters_do_not_break_the_page(alice: User, text: str) -> None:
    client = Client()
    client.get(address(issue(alice, Purpose.RESET)).removeprefix("http://localhost:8000"))

    answer: Any = client.post("/reset/", {"password1": text, "password2": text})

    assert answer.status_code == 200
    assert "password1" in answer.context["form"].errors
