from datetime import date, timedelta

import pytest

from contacts.models import User
from tenants import directory, working_days
from tenants.models import DirectoryEntry, DirectoryImport


def load(by: User, *rows: tuple[str, bool, bool], dated: date | None = None) -> DirectoryImport:
    """Put a directory file in force: each row is address, active, locked."""
    file = DirectoryImport.objects.create(file_name="users.csv", dated=dated or working_days.today(), by=by)
    for email, active, locked in rows:
        DirectoryEntry.objects.create(file=file, email=email, user_name=email, active=active, locked=locked)
    file.applied_at = file.uploaded_at
    file.save(update_fields=["applied_at"])
    return file


@pytest.mark.parametrize(
    ("email", "state"),
    [
        ("known@x.example", "user"),
        ("KNOWN@x.example", "user"),
        ("gone@x.example", "inactive"),
        ("locked@x.example", "locked"),
        ("double@x.example", "ambiguous"),
        ("nobody@x.example", "not_a_user"),
    ],
)
def test_r10_each_state_of_a_person_is_told_apart(sam: User, email: str, state: str) -> None:
    load(
        sam,
        ("known@x.example", True, False),
        ("gone@x.example", False, False),
        ("locked@x.example", True, True),
        ("double@x.example", True, False),
        ("double@x.example", True, False),
    )

    assert directory.look_up(email).state == state


@pytest.mark.django_db
def test_r10_without_a_file_nothing_is_known() -> None:
    assert directory.look_up("known@x.example").state == "unreachable"


def test_r10_a_file_older_than_seven_days_says_nothing(sam: User) -> None:
    load(sam, ("known@x.example", True, False), dated=working_days.today() - timedelta(days=8))

    assert directory.look_up("known@x.example").state == "unreachable"


def test_r10_only_the_file_applied_last_counts(sam: User) -> None:
    load(sam, ("known@x.example", True, False))
    load(sam, ("other@x.example", True, False))

    assert directory.look_up("known@x.example").state == "not_a_user"


def test_a_lookup_is_one_query(sam: User, django_assert_num_queries: object) -> None:
    load(sam, ("known@x.example", True, False))

    with django_assert_num_queries(1):
        directory.look_up("known@x.example")
