"""What somebody is told who stops being named in a request, or owning it, while mails still wait (R43, R45)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from conftest import make_contact, make_user
from contacts.models import Company, Contact, Group, Membership, User
from notifications.models import OutgoingEmail
from notifications.outbox import deliver
from tenants import drafts, ownership, workflow
from tenants.models import Remark, TenantRequest
from tenants.tests.conftest import ALL_TICKED
from tenants.tests.test_announcements import correct

THEO = "theo.lambert@bakkerijdesmet.example"


def became(template: str, to: str = THEO) -> list[str]:
    return list(OutgoingEmail.objects.filter(template=template, to_email=to).values_list("state", flat=True))


def send_all() -> None:
    OutgoingEmail.objects.filter(state="waiting").update(due_at=datetime(2026, 1, 1, tzinfo=UTC))
    deliver()


def name_technical(found: TenantRequest, contact: Contact) -> None:
    drafts.keep_step(found, "contacts", {"technical": f"contact:{contact.public_id}"}, whole=False)


def send_back(found: TenantRequest, sam: User) -> TenantRequest:
    fresh = TenantRequest.objects.get(pk=found.pk)
    remark = Remark(field="contacts.technical", text="Somebody else?")
    return workflow.request_changes(fresh, by=sam, version=fresh.version, remarks=[remark])


@pytest.fixture
def replaced(taken: TenantRequest, customer: Company, alice: User, sam: User, smtp: Any) -> TenantRequest:
    """Theo read that the request exists; then Tom was named instead, of which Theo has not read yet."""
    deliver()
    back = send_back(taken, sam)
    name_technical(back, make_contact(customer, "Tom", "Wauters", "tom@bakkerijdesmet.example"))
    return workflow.submit(back, by=alice, sent=ALL_TICKED)


@pytest.mark.parametrize("end", ["withdraw", "reject"])
def test_r43_a_replaced_contact_hears_it_although_the_request_ends_meanwhile(
    replaced: TenantRequest, alice: User, sam: User, end: str
) -> None:
    if end == "withdraw":
        workflow.withdraw(replaced, by=alice)
    else:
        workflow.reject(replaced, by=sam, version=2, comment="Not now.")

    deliver()

    assert (became("no_longer_named"), became("ended")) == (["accepted"], [])


def test_r45_who_is_named_again_does_not_read_that_they_are_named_no_longer(
    replaced: TenantRequest, theo: Contact, alice: User, sam: User
) -> None:
    back = send_back(replaced, sam)
    name_technical(back, theo)
    workflow.submit(back, by=alice, sent=ALL_TICKED)

    deliver()

    assert became("no_longer_named") == ["withheld"]
    assert became("confirmation") == ["accepted", "accepted"]


def test_r45_an_address_that_is_corrected_back_is_not_said_to_be_named_no_longer(
    taken: TenantRequest, alice: User, smtp: Any
) -> None:
    deliver()
    again = correct(taken, alice, email="theo@bakkerijdesmet.example")
    correct(again, alice, email=THEO)

    deliver()

    assert became("no_longer_named") == ["withheld"]


def test_r45_who_owns_it_again_does_not_read_that_somebody_else_does(
    sent: TenantRequest, nordwave: Company, alice: User, smtp: Any
) -> None:
    eva = make_user("eva@nordwave.example", "Eva", "Claes")
    Membership.objects.create(user=eva, company=nordwave, groups=[Group.FULL])
    ownership.change(sent, to=eva, by=eva)
    ownership.change(sent, to=alice, by=alice)

    deliver()

    assert became("owner_former", alice.email) == ["withheld"]
