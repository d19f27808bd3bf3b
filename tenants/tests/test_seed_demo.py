import pytest
from django.core.management import CommandError, call_command

from contacts.models import Company, Contact, Membership, User
from notifications.models import OutgoingEmail
from tenants.demo import LOGINS, PASSWORD
from tenants.models import TenantRequest


def counts() -> list[int]:
    return [model.objects.count() for model in (Company, Contact, Membership, User)]


def test_the_demo_is_written_once(db: None) -> None:
    call_command("seed_demo")
    first = counts()

    call_command("seed_demo")

    assert counts() == first
    assert set(User.objects.values_list("email", flat=True)) >= {login.email for login in LOGINS}


def test_everybody_of_the_demo_has_its_password(db: None) -> None:
    call_command("seed_demo")

    assert [User.objects.get(email=login.email).check_password(PASSWORD) for login in LOGINS] == [True] * len(LOGINS)


def test_a_real_portal_refuses_the_demo(db: None, settings) -> None:
    settings.DEMO = False

    with pytest.raises(CommandError, match="DEMO is off"):
        call_command("seed_demo")


def many() -> list[tuple[str, str, str]]:
    rows = TenantRequest.objects.filter(answers__demo__isnull=False).order_by("number")
    return list(rows.values_list("number", "status", "company__legal_name"))


def test_many_requests_are_the_same_whenever_they_are_made(db: None) -> None:
    call_command("seed_demo", requests=4)
    call_command("seed_demo", requests=9)
    grown = many()
    call_command("seed_demo", requests=9)

    assert many() == grown
    assert [(number[-5:], status, name) for number, status, name in grown[:2]] == [
        ("D2222", "changes_requested", "Bakkerij Claes bv"),
        ("D2223", "registered", "Bakkerij Claes bv"),
    ]


def test_no_mail_of_the_many_is_waiting(db: None) -> None:
    call_command("seed_demo")
    before = OutgoingEmail.objects.count()

    call_command("seed_demo", requests=3)

    assert OutgoingEmail.objects.count() == before
