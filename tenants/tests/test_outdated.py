"""R26 on lists: what waits for the partner because a contact is no longer as sent."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from contacts.models import Company, Contact, Group, Membership, User
from notifications.models import OutgoingEmail
from tenants import checks, workflow, working_days
from tenants.models import Status, Submission, TenantRequest
from tenants.named import outdated
from tenants.standing import badge, standing, task
from tenants.tests.conftest import ALL_TICKED
from tenants.tests.test_standing import acting
from tenants.tests.test_wizard import text

CHANGES = [
    {"archived_at": timezone.now()},
    {"email": "theo.new@bakkerijdesmet.example"},
    {"last_name": "Lambèrt"},
    {"first_name": "Théo"},
]


def listed(found: TenantRequest) -> TenantRequest:
    return TenantRequest.objects.with_standing().select_related("partner", "owner").get(pk=found.pk)


@pytest.mark.parametrize("change", CHANGES)
def test_r26_a_list_knows_what_the_page_of_a_request_says(
    taken: TenantRequest, theo: Contact, change: dict[str, Any]
) -> None:
    before = listed(taken).outdated, outdated(taken, taken.submissions.get().data)

    Contact.objects.filter(pk=theo.pk).update(**change)

    assert before == (False, [])
    assert listed(taken).outdated
    assert [one.place.slug for one in outdated(taken, taken.submissions.get().data)] == ["technical"]


def test_r26_a_job_title_or_telephone_changes_nothing(taken: TenantRequest, theo: Contact) -> None:
    Contact.objects.filter(pk=theo.pk).update(job_title="owner", phone="+3293000099")

    assert not listed(taken).outdated


def test_r27_a_list_knows_of_a_colleague_who_left(taken: TenantRequest, bob: User) -> None:
    sent = taken.submissions.get()
    sent.data["contacts"]["technical"] |= {"ref": f"user:{bob.public_id}", "first_name": "Bob", "last_name": "Claes"}
    sent.data["contacts"]["technical"]["email"] = bob.email
    Submission.objects.filter(pk=sent.pk).update(data=sent.data)
    before = listed(taken).outdated

    bob.memberships.all().delete()

    assert (before, listed(taken).outdated) == (False, True)


def test_r26_what_the_partner_has_anyway_or_has_ended_is_not_to_correct(
    taken: TenantRequest, theo: Contact, alice: User, draft: TenantRequest
) -> None:
    Contact.objects.filter(pk=theo.pk).update(last_name="Lambèrt")

    for status in (Status.CHANGES_REQUESTED, Status.WITHDRAWN, Status.REJECTED):
        TenantRequest.objects.filter(pk=taken.pk).update(status=status)
        assert not listed(taken).outdated


def test_r26_a_tenant_whose_contact_left_waits_for_the_partner(
    registered: TenantRequest, theo: Contact, alice: User, bob: User, login: Callable[[User], Client]
) -> None:
    Contact.objects.filter(pk=theo.pk).update(archived_at=timezone.now())

    hers, his, rows = (
        text(login(alice).get("/")),
        text(login(bob).get("/")),
        text(login(alice).get("/tenants/?status=all")),
    )

    assert ("One thing waits for you" in hers, "Name another contact" in hers) == (True, True)
    assert "Alice Peeters names another contact" in his
    assert "You name another contact the tenant is ready; a contact has left or changed" in rows
    assert "Finished in the last 30 days" not in hers


@pytest.mark.parametrize("status", [Status.TO_VALIDATE, Status.REGISTERING, Status.REGISTERED])
def test_r44_a_mail_that_did_not_arrive_waits_for_the_partner(
    in_status: Callable[[Status], TenantRequest], status: Status, alice: User, login: Callable[[User], Client]
) -> None:
    found = in_status(status)
    mail = OutgoingEmail.objects.filter(to_email__contains="theo.lambert").latest("created_at")
    OutgoingEmail.objects.filter(pk=mail.pk).update(state="refused")

    page, rows = text(login(alice).get("/")), text(login(alice).get("/tenants/?status=all"))

    assert listed(found).lost_a_mail
    assert ("One thing waits for you" in page, "See to a mail that did not arrive" in page) == (True, True)
    assert "You see to a mail that did not arrive" in rows


def test_r37_the_list_says_that_a_contact_objects_and_who_settles_it(
    taken: TenantRequest, alice: User, login: Callable[[User], Client]
) -> None:
    taken.objections.create(email="an@x.example", name="An De Smet", text="Not me.", raised_at=timezone.now())

    assert "Arxus settles what a contact says is not right" in text(login(alice).get("/tenants/"))


def test_r26_the_overview_asks_the_owner_and_tells_others(
    taken: TenantRequest, theo: Contact, alice: User, bob: User, login: Callable[[User], Client]
) -> None:
    Contact.objects.filter(pk=theo.pk).update(archived_at=timezone.now())

    hers, his = (text(login(user).get("/")) for user in (alice, bob))

    assert "One thing waits for you" in hers
    assert "Correct a contact who is not as sent any more" in hers
    assert "until then Arxus can neither approve nor register it" in hers
    assert "One thing waits for Nordwave IT bv" in his
    assert "Alice Peeters corrects a contact who is not as sent any more" in his
    # It stands in one of the two lists.
    assert "Waits for others" not in hers


def test_r26_the_list_and_the_page_say_it_too(
    taken: TenantRequest, theo: Contact, alice: User, login: Callable[[User], Client]
) -> None:
    Contact.objects.filter(pk=theo.pk).update(archived_at=timezone.now())
    client = login(alice)

    page = text(client.get("/tenants/"))
    client.post(f"/r/{taken.public_id}/")
    own = text(client.get(f"/tenants/{taken.public_id}/"))

    for words in (page, own):
        assert "With you: contact to correct" in words
        assert "You correct a contact who is not as sent any more" in words
    assert "Arxus’s target goes on meanwhile" in own


def test_r25_what_the_contact_lacks_today_was_there_when_it_was_sent(taken: TenantRequest, theo: Contact) -> None:
    Contact.objects.filter(pk=theo.pk).update(phone="", job_title="")

    found = {check.kind: check.result for check in checks.run(taken)}

    assert (found["complete"], found["people"]) == ("passed", "passed")


@pytest.mark.parametrize("roles", [["technical", "security"], ["security"], []])
def test_r10_a_role_that_nobody_has_needs_no_user(
    draft: TenantRequest, alice: User, settings: Any, roles: list[str]
) -> None:
    settings.SERVICENOW_ROLES = roles

    sent = workflow.submit(draft, by=alice, sent=ALL_TICKED)

    assert sent.checks.get(kind="directory").result == ("unknown" if "technical" in roles else "passed")


def test_a_registered_tenant_leads_to_its_subscriptions(
    registered: TenantRequest, alice: User, login: Callable[[User], Client], settings: Any
) -> None:
    client = login(alice)
    client.post(f"/r/{registered.public_id}/")
    settings.SUBSCRIPTIONS_URL = "https://subscriptions.arxus.example/"

    page = client.get(f"/tenants/{registered.public_id}/").text

    assert '<a href="https://subscriptions.arxus.example/">Ask for them here</a>' in page


def test_r06_the_customers_own_people_are_not_asked(taken: TenantRequest, theo: Contact, customer: Company) -> None:
    theirs = User.objects.create_user("it@bakkerijdesmet.example", None, first_name="Ivo", last_name="Tack")
    Membership.objects.create(user=theirs, company=customer, groups=[Group.FULL])
    Contact.objects.filter(pk=theo.pk).update(archived_at=timezone.now())

    found, reader = listed(taken), acting(theirs, customer)

    assert badge(found, reader).words == "With Arxus: being checked"
    assert standing(found, reader).next == "Arxus checks the request"


def test_r26_corrected_it_is_with_arxus_again(taken: TenantRequest, theo: Contact, alice: User) -> None:
    from tenants.tests.test_corrections import correct

    Contact.objects.filter(pk=theo.pk).update(last_name="Lambèrt")
    assert task(listed(taken), acting(alice, taken.partner)) == "Correct a contact who is not as sent any more"

    correct(taken, alice)

    assert standing(listed(taken), acting(alice, taken.partner)).next == "Arxus checks the request"


def test_r26_an_approved_request_waits_for_it_as_well(
    registering: TenantRequest, theo: Contact, alice: User, sam: User
) -> None:
    Contact.objects.filter(pk=theo.pk).update(archived_at=timezone.now())

    stands = standing(listed(registering), acting(alice, registering.partner))

    assert (stands.who, stands.station, stands.label) == ("You", 2, "With you: contact to correct")


def test_r28_the_nearest_deadline_stands_above_the_list_on_whichever_page_it_is(
    taken: TenantRequest, customer: Company, alice: User, login: Callable[[User], Client]
) -> None:
    today = working_days.today()
    for days in (9, 3, 1):
        row = TenantRequest.objects.get(pk=taken.pk)
        row.pk, row.public_id, row.number, row.name_key = None, uuid4(), f"TR-26-AAAA{days}", f"name{days}"
        row.status, row.due_on = Status.CHANGES_REQUESTED, today + timedelta(days=days)
        row.save(force_insert=True)

    page = text(login(alice).get("/tenants/?status=closed"))

    assert "Three requests wait for changes. Without an answer the first, TR-26-AAAA1, is withdrawn" in page
