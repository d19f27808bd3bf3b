import pytest
from django.core.management import CommandError, call_command

from contacts.models import Company, Contact, Membership, User
from tenants.demo import LOGINS, PASSWORD


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
