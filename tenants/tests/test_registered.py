"""What staff still write down about a registered tenant, and what they may never write (R42)."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from contacts.models import User
from notifications.models import OutgoingEmail
from tenants import working_days
from tenants.models import Tenant, TenantRequest
from tenants.tests.test_admin import TYPED, address, decide, show
from tenants.tests.test_wizard import Browser, at_bakery  # noqa: F401 – the fixture is used by its name
from tenants.transitions import Verb
from tenants.words import refuse_password

Login = Callable[[User], Client]
ZEROS = "00000000-0000-0000-0000-000000000000"
TODAY = "{:%d %m %Y}"


def test_an_agreement_that_was_pending_is_accepted_later(registered: TenantRequest, login: Login, sam: User) -> None:
    client, mails = login(sam), OutgoingEmail.objects.count()
    path, today = address("agreement_accepted", registered), working_days.today()
    assert path in client.get(address("change", registered)).text

    answer = client.post(path, {"accepted_on": TODAY.format(today)})

    tenant, line = Tenant.objects.get(), registered.history.first()
    assert (answer.status_code, tenant.agreement, tenant.agreement_accepted_on) == (302, "done", today)
    assert (line.verb, line.by, line.comment) == ("agreement_accepted", sam, f"{today:%-d %B %Y}")
    assert OutgoingEmail.objects.count() == mails
    page = client.get(address("change", registered)).text
    assert "It was accepted…" not in page
    assert "wrote down that the Microsoft Customer Agreement was accepted" in page


def test_it_is_written_down_once(registered: TenantRequest, login: Login, sam: User) -> None:
    client, path = login(sam), address("agreement_accepted", registered)
    client.post(path, {"accepted_on": TODAY.format(working_days.today())})

    answer = client.post(path, {"accepted_on": TODAY.format(working_days.today())})

    assert (answer.status_code, registered.history.filter(verb="agreement_accepted").count()) == (409, 1)
    assert "Something else is written down now: “Accepted on " in answer.text


def write_down(client: Client, registered: TenantRequest, on: date, **more: str) -> Any:
    """As the page would: with what stands there now."""
    path = address("agreement_accepted", registered)
    seen = re.search(r'name="seen" value="([^"]*)"', client.get(path).text)
    return client.post(path, {"accepted_on": TODAY.format(on), "seen": seen[1] if seen else "", **more})


def test_the_agreement_was_not_accepted_before_the_request_was_sent(
    registered: TenantRequest, login: Login, sam: User
) -> None:
    answer = write_down(login(sam), registered, working_days.today() - timedelta(days=1))

    assert (answer.status_code, Tenant.objects.get().agreement_accepted_on) == (200, None)
    assert f"The request was sent on {working_days.today():%-d %B %Y} only" in answer.text
    assert "<title>Error:" in answer.text
    assert "One thing to correct" in answer.text


def test_a_day_that_was_typed_is_not_lost_where_a_colleague_was_faster(
    registered: TenantRequest, login: Login, sam: User, kim: User
) -> None:
    client, typed = login(sam), TODAY.format(working_days.today())
    seen = re.search(r'name="seen" value="([^"]*)"', client.get(address("agreement_accepted", registered)).text)
    write_down(login(kim), registered, working_days.today())

    answer = client.post(
        address("agreement_accepted", registered), {"accepted_on": typed, "seen": seen[1] if seen else ""}
    )

    assert answer.status_code == 409
    assert f"<dt>Accepted on</dt><dd>{typed}</dd>" in answer.text


def test_the_day_of_the_agreement_is_corrected(registered: TenantRequest, login: Login, sam: User) -> None:
    client, today = login(sam), working_days.today()
    before = today - timedelta(days=3)
    TenantRequest.objects.update(sent_at=timezone.now() - timedelta(days=3))
    write_down(client, registered, today)

    answer = write_down(client, registered, before)

    line = registered.history.first()
    assert (answer.status_code, Tenant.objects.get().agreement_accepted_on) == (302, before)
    assert (line.verb, line.comment) == ("agreement_corrected", f"{today:%-d %B %Y} → {before:%-d %B %Y}")
    assert write_down(client, registered, before).status_code == 409


@pytest.mark.parametrize("on_registering", [True, False])
def test_that_the_agreement_was_accepted_is_taken_back(
    registered: TenantRequest, login: Login, sam: User, on_registering: bool
) -> None:
    client, today = login(sam), working_days.today()
    if on_registering:
        Tenant.objects.update(agreement="done")
    else:
        write_down(client, registered, today)

    answer = write_down(client, registered, today, take_back="yes")

    tenant, line = Tenant.objects.get(), registered.history.first()
    assert (answer.status_code, tenant.agreement, tenant.agreement_accepted_on) == (302, "pending", None)
    said = "on registering" if on_registering else f"{today:%-d %B %Y}"
    assert (line.verb, line.by, line.comment) == ("agreement_taken_back", sam, said)
    assert "It was accepted…" in client.get(address("change", registered)).text
    assert write_down(client, registered, today, take_back="yes").status_code == 409


def test_what_a_colleague_wrote_down_meanwhile_is_not_corrected_unread(
    registered: TenantRequest, login: Login, sam: User, kim: User
) -> None:
    today = working_days.today()
    write_down(login(kim), registered, today)
    data = {"accepted_on": TODAY.format(today - timedelta(days=1)), "seen": "done", "take_back": "yes"}

    answer = login(sam).post(address("agreement_accepted", registered), data)

    assert (answer.status_code, Tenant.objects.get().agreement_accepted_on) == (409, today)


def test_the_owner_reads_when_the_agreement_was_accepted(
    registered: TenantRequest,
    login: Login,
    sam: User,
    at_bakery: Browser,  # noqa: F811
) -> None:
    today = working_days.today()
    assert "Still to be accepted" in at_bakery.get("request", registered.public_id).text

    write_down(login(sam), registered, today)

    page = at_bakery.get("request", registered.public_id).text
    assert f">{today:%-d %B %Y}</time>" in page.split("Accepted on ")[1][:120]


@pytest.mark.parametrize("day", ["", "x", "tomorrow"])
def test_a_day_that_cannot_be_is_refused(registered: TenantRequest, login: Login, sam: User, day: str) -> None:
    typed = TODAY.format(working_days.today() + timedelta(days=1)) if day == "tomorrow" else day

    answer = login(sam).post(address("agreement_accepted", registered), {"accepted_on": typed})

    assert (answer.status_code, Tenant.objects.get().agreement) == (200, "pending")


def test_r31_who_is_named_writes_nothing_down(registered: TenantRequest, login: Login, kim: User) -> None:
    registered.submissions.update(emails=[kim.email])
    client = login(kim)

    answers = [
        client.post(address("agreement_accepted", registered), {"accepted_on": TODAY.format(working_days.today())}),
        client.post(address("first_login", registered), {"first_login": "by hand"}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert Tenant.objects.get().agreement == "pending"


def test_before_a_tenant_is_registered_nothing_is_written_down(
    registering: TenantRequest, login: Login, sam: User
) -> None:
    answer = login(sam).post(
        address("agreement_accepted", registering), {"accepted_on": TODAY.format(working_days.today())}
    )

    assert (answer.status_code, "No tenant is registered yet." in answer.text) == (409, True)


def test_r42_a_lead_corrects_how_the_login_was_handed_over_and_the_former_words_are_gone(
    registered: TenantRequest, login: Login, kim: User
) -> None:
    Tenant.objects.update(first_login="by mail: Fuh10742")
    client = login(kim)
    assert address("first_login", registered) in client.get(address("change", registered)).text

    answer = client.post(address("first_login", registered), {"first_login": "told Theo Lambert by telephone"})

    line = registered.history.first()
    assert (answer.status_code, Tenant.objects.get().first_login) == (302, "told Theo Lambert by telephone")
    assert (line.verb, line.by, line.comment) == ("hand_over_corrected", kim, "")
    assert "Fuh10742" not in client.get(address("change", registered)).text


def test_t31_correcting_that_text_is_for_leads(registered: TenantRequest, login: Login, sam: User) -> None:
    client = login(sam)

    answer = client.post(address("first_login", registered), {"first_login": "by hand"})

    assert (answer.status_code, Tenant.objects.get().first_login) == (403, "told Theo Lambert by telephone")
    assert address("first_login", registered) not in client.get(address("change", registered)).text


@pytest.mark.parametrize(
    "text",
    [
        "by telephone, Fuh10742",
        "Theo has Xa7!kq92 now",
        "password: Welkom01",
        "Wachtwoord=zomer2026",
        "mot de passe : Été-2026",
        "told him (Kox@1234abcd).",
    ],
)
def test_r42_what_looks_like_a_password_is_refused(
    registered: TenantRequest, login: Login, kim: User, text: str
) -> None:
    answer = login(kim).post(address("first_login", registered), {"first_login": text})

    assert (answer.status_code, Tenant.objects.get().first_login) == (200, "told Theo Lambert by telephone")
    assert "This looks like a password" in answer.text


@pytest.mark.parametrize(
    "text",
    [
        "told Theo Lambert by telephone",
        "password told by telephone on 23 11 2026, +32470123456",
        "Password: in a sealed envelope",
        "case CS0041873, to Theo.Lambert2@Bakkerij.example",
        "https://Bakkerij.example/Safe-1",
        "Bakkerij-De-Smet, reception",
    ],
)
def test_what_is_no_password_is_not_refused(text: str) -> None:
    refuse_password(text)
    refuse_password(text, anywhere=True)


@pytest.mark.parametrize(
    "text", ["Office-365 comes first.", "The password is handed over tomorrow.", "See TR-26-CQHPV!"]
)
def test_a_reviewers_own_words_are_no_passwords(text: str) -> None:
    refuse_password(text)


SECRETS = ["Wachtwoord: Zomer2026!", "The password is Zomer2026!", "Password=Zomer2026!", "It is Fuh10742."]


@pytest.mark.parametrize("text", SECRETS)
@pytest.mark.parametrize("verb", [Verb.REGISTER, Verb.CANCEL, Verb.FAIL, Verb.REQUEST_CHANGES, Verb.REJECT])
def test_r42_no_decision_mails_or_keeps_a_password(
    registering: TenantRequest, login: Login, sam: User, verb: Verb, text: str
) -> None:
    client = login(sam)
    typed = {"remarks-0-text": f"Look: {text}"} if verb == Verb.REQUEST_CHANGES else {"comment": f"Look: {text}"}

    page = show(client, registering, verb, **typed)

    assert "This looks like a password" in page.text
    assert page.context["draft"].mails == []
    # Nor does the session: whoever comes back reads the sentence with dots in its place.
    again = client.get(address("decide", registering, verb))
    assert "Look:" in again.text
    assert "•••••" in again.text
    assert not any(secret in page.text + again.text for secret in ("Zomer2026", "Fuh10742"))


def test_r42_registering_refuses_it_too(registering: TenantRequest, login: Login, sam: User) -> None:
    page = show(login(sam), registering, Verb.REGISTER, first_login="by mail: Fuh10742")

    assert "This looks like a password" in page.text
    assert page.context["draft"].mails == []


def test_r42_a_suggested_value_is_no_password(taken: TenantRequest, login: Login, sam: User) -> None:
    client = login(sam)

    page = show(client, taken, Verb.REQUEST_CHANGES, **{"remarks-0-suggestion": "wachtwoord: Zomer2026!"})

    assert "This looks like a password" in page.text
    assert page.context["draft"].mails == []
    assert "Zomer2026" not in str(dict(client.session.items()))


def test_r42_nor_is_a_case_number(taken: TenantRequest, login: Login, sam: User) -> None:
    page = login(sam).post(address("asked", taken), {"asked_on": "23 11 2026", "case_number": "pwd: Zomer2026!"})

    assert "This looks like a password" in page.text
    assert set(taken.checks.values_list("case_number", flat=True)) == {""}


def test_r42_a_correlation_id_is_a_guid_or_nothing(registering: TenantRequest, login: Login, sam: User) -> None:
    client = login(sam)

    page = show(client, registering, Verb.REGISTER, correlation_id="Xa7!kq92")
    decide(client, registering, Verb.REGISTER, correlation_id="{3F9A1C52-0000-4000-8000-0000B7D04E22}")

    assert "This is no GUID" in page.text
    assert "Xa7!kq92" not in str(dict(client.session.items()))
    assert Tenant.objects.get().correlation_id == "3f9a1c52-0000-4000-8000-0000b7d04e22"


@pytest.mark.parametrize("field", ["tenant_id", "correlation_id"])
@pytest.mark.parametrize("zeros", [ZEROS, "{" + ZEROS + "}", "0" * 32])
def test_an_id_of_zeros_is_refused(registering: TenantRequest, login: Login, sam: User, field: str, zeros: str) -> None:
    answer = decide(login(sam), registering, Verb.REGISTER, **{field: zeros})

    assert (answer.status_code, Tenant.objects.count()) == (200, 0)
    assert "These are only zeros. Copy the id from Microsoft." in answer.text


def test_a_registration_is_not_corrected_to_zeros(registered: TenantRequest, login: Login, kim: User) -> None:
    answer = decide(login(kim), registered, Verb.CORRECT_REGISTRATION, tenant_id=ZEROS)

    assert (answer.status_code, "These are only zeros." in answer.text) == (200, True)
    assert TYPED[Verb.CORRECT_REGISTRATION]["tenant_id"] != str(Tenant.objects.get().tenant_id) != ZEROS
