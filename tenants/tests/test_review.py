"""What staff do to a request beside deciding about it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contacts.models import Contact, User
from notifications.models import OutgoingEmail
from tenants import assignment, checks, workflow, working_days
from tenants.models import Remark, TenantRequest
from tenants.review import acts
from tenants.tests.conftest import ALL_TICKED
from tenants.tests.test_admin import address, at_once
from tenants.tests.test_directory import load
from tenants.transitions import TransitionRefused


def test_r31_taking_it_is_one_click(sent: TenantRequest, login: Callable[[User], Client], sam: User) -> None:
    login(sam).post(address("take", sent), {"from": ""})

    fresh = TenantRequest.objects.get(pk=sent.pk)
    assert (fresh.assignee, fresh.history.first().verb) == (sam, "take")


def test_r31_taking_over_from_a_colleague_tells_them(
    taken: TenantRequest, login: Callable[[User], Client], sam: User, kim: User
) -> None:
    login(kim).post(address("take", taken), {"from": str(sam.pk)})

    mail = OutgoingEmail.objects.get(template="taken_over")
    assert (TenantRequest.objects.get(pk=taken.pk).assignee, mail.to_email) == (kim, sam.email)


def test_r31_who_meant_to_take_a_free_one_does_not_take_it_from_a_faster_colleague(
    sent: TenantRequest, login: Callable[[User], Client], sam: User, kim: User
) -> None:
    assignment.take(sent, by=sam)

    answer = login(kim).post(address("take", sent), {"from": ""}, follow=True)

    assert TenantRequest.objects.get(pk=sent.pk).assignee == sam
    assert "Sam De Wolf has taken this request since you opened it." in answer.text


def test_r31_releasing_gives_it_back_to_the_queue(
    taken: TenantRequest, login: Callable[[User], Client], sam: User
) -> None:
    login(sam).post(address("release", taken))

    fresh = TenantRequest.objects.get(pk=taken.pk)
    assert (fresh.assignee, fresh.history.first().verb) == (None, "release")


def test_r31_a_request_that_came_back_is_free_for_all_after_a_working_day(
    taken: TenantRequest, alice: User, sam: User, kim: User
) -> None:
    remark = Remark(field="tenant.tenant_name", text="Taken.", suggestion="desmetaalst")
    back = workflow.request_changes(taken, by=sam, version=1, remarks=[remark])
    answered = workflow.submit(back, by=alice, sent=ALL_TICKED)
    # Whatever time of the day it is now.
    later = working_days.start_of(working_days.add(working_days.today(), 2))

    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        assert list(acts.free_for(kim)) == []
    with time_machine.travel(later):
        assert list(acts.free_for(kim)) == [answered]


@pytest.mark.django_db(transaction=True)
def test_two_who_take_the_oldest_at_once_get_two_requests(
    sent: TenantRequest, login: Callable[[User], Client], sam: User, kim: User
) -> None:
    other = TenantRequest.objects.get(pk=sent.pk)
    other.pk, other.public_id, other.number, other.name_key = None, "0" * 32, "TR-26-OTHER", "other.onmicrosoft.com"
    other.save()
    browsers = [login(sam), login(kim)]
    oldest = reverse("admin:tenants_tenantrequest_take_oldest")

    at_once(*(lambda b=b: b.post(oldest) for b in browsers))

    assert set(TenantRequest.objects.values_list("assignee__email", flat=True)) == {sam.email, kim.email}


def test_taking_the_oldest_passes_over_what_colleagues_have(
    taken: TenantRequest, login: Callable[[User], Client], kim: User
) -> None:
    answer = login(kim).post(reverse("admin:tenants_tenantrequest_take_oldest"), follow=True)

    assert "Nothing waits that nobody has." in answer.text
    assert TenantRequest.objects.get(pk=taken.pk).assignee != kim


def test_the_checks_are_run_again_on_demand(taken: TenantRequest, login: Callable[[User], Client], sam: User) -> None:
    load(sam, ("theo.lambert@bakkerijdesmet.example", True, False))

    answer = login(sam).post(address("checks", taken), {"kind": "directory"}, follow=True)

    assert taken.checks.get(kind="directory").result == "passed"
    assert "Nothing blocks approving." in answer.text


@pytest.mark.parametrize("kind", ["nonsense", "'--", "complete\x00"])
def test_a_check_that_does_not_exist_is_a_404(
    taken: TenantRequest, login: Callable[[User], Client], sam: User, kind: str
) -> None:
    assert login(sam).post(address("checks", taken), {"kind": kind}).status_code == 404


def override(client: Client, tenant_request: TenantRequest, reason: str = "Seen in person.") -> Any:
    seen = tenant_request.checks.get(kind="directory").fingerprint
    data = {"reason": reason, "seen": seen}
    return client.post(address("override", tenant_request, "directory"), data)


def test_r10_not_a_user_is_overridden_by_a_lead_alone(
    taken: TenantRequest, login: Callable[[User], Client], sam: User, kim: User
) -> None:
    load(sam, ("somebody@x.example", True, False))
    acts.run_checks(taken, by=sam, kind="directory")

    answers = [override(login(sam), taken).status_code, override(login(kim), taken).status_code]

    check = taken.checks.get(kind="directory")
    assert (answers, check.overridden_by, check.override_reason) == ([403, 302], kim, "Seen in person.")
    assert taken.history.first().verb == "override"


def test_r10_not_reachable_may_be_overridden_by_any_validator(
    taken: TenantRequest, login: Callable[[User], Client], sam: User
) -> None:
    assert override(login(sam), taken).status_code == 302
    assert taken.checks.get(kind="directory").lets_through


def test_r32_an_override_needs_a_reason(taken: TenantRequest, login: Callable[[User], Client], sam: User) -> None:
    answer = override(login(sam), taken, reason=" ")

    assert (answer.status_code, taken.checks.get(kind="directory").overridden_at) == (200, None)
    assert "Write the reason." in answer.text


def test_an_override_of_a_check_that_says_something_else_now_is_refused(
    taken: TenantRequest, login: Callable[[User], Client], kim: User
) -> None:
    data = {"reason": "Fine.", "seen": "0" * 64}

    answer = login(kim).post(address("override", taken, "directory"), data)

    assert (answer.status_code, taken.checks.get(kind="directory").overridden_at) == (409, None)


def take_override_back(client: Client, tenant_request: TenantRequest) -> Any:
    at = tenant_request.checks.get(kind="directory").overridden_at
    seen = at.isoformat() if at else ""
    return client.post(address("override_back", tenant_request, "directory"), {"seen": seen}, follow=True)


def test_an_override_is_taken_back_by_whoever_may_make_it(
    taken: TenantRequest, login: Callable[[User], Client], sam: User, kim: User
) -> None:
    load(sam)
    acts.run_checks(taken, by=sam, kind="directory")
    override(login(kim), taken)
    assert address("override_back", taken, "directory") not in login(sam).get(address("change", taken)).text
    assert address("override_back", taken, "directory") in login(kim).get(address("change", taken)).text

    refused, done = take_override_back(login(sam), taken), take_override_back(login(kim), taken)

    check, line = taken.checks.get(kind="directory"), taken.history.first()
    assert "Only a lead may override this check." in refused.text
    assert "Taken back: “Technical contact in ServiceNow” counts again." in done.text
    assert (check.overridden_by, check.overridden_at, check.override_reason) == (None, None, "")
    assert (line.verb, line.by) == ("override_taken_back", kim)
    assert taken.history.filter(verb="override").get().comment.endswith("Seen in person.")
    assert "Nobody overrides this check now." in take_override_back(login(kim), taken).text


def test_an_override_made_anew_since_is_not_taken_back_unread(
    taken: TenantRequest, login: Callable[[User], Client], kim: User
) -> None:
    override(login(kim), taken)

    answer = login(kim).post(address("override_back", taken, "directory"), {"seen": "2026-01-01"}, follow=True)

    assert "It was overridden anew since." in answer.text
    assert taken.checks.get(kind="directory").overridden_by == kim


def test_r31_who_is_named_overrides_nothing(taken: TenantRequest, login: Callable[[User], Client], kim: User) -> None:
    taken.submissions.update(emails=[kim.email])

    assert override(login(kim), taken).status_code == 403
    assert taken.checks.get(kind="directory").overridden_at is None


def test_r10_the_date_and_case_of_an_asked_for_user_are_shown(
    taken: TenantRequest, login: Callable[[User], Client], sam: User
) -> None:
    client, today = login(sam), working_days.today()
    load(sam, ("somebody@x.example", True, False))
    acts.run_checks(taken, by=sam)

    client.post(address("asked", taken), {"asked_on": f"{today:%d %m %Y}", "case_number": "CS0041873"})

    check = taken.checks.get(kind="directory")
    assert (check.asked_on, check.case_number) == (today, "CS0041873")
    assert f"Asked for on {today:%-d %B}, case CS0041873." in client.get(address("change", taken)).text


@pytest.mark.parametrize("asked_on", ["", "32 1 2026", "1 1 2099", "1 1 0001", "abc\x00"])
def test_r10_a_day_that_cannot_be_is_refused(
    taken: TenantRequest, login: Callable[[User], Client], sam: User, asked_on: str
) -> None:
    answer = login(sam).post(address("asked", taken), {"asked_on": asked_on, "case_number": "CS1"})

    assert (answer.status_code, taken.checks.get(kind="directory").asked_on) == (200, None)


def test_started_at_microsoft_closes_withdrawing_and_can_be_taken_back(
    registering: TenantRequest, login: Callable[[User], Client], sam: User, alice: User
) -> None:
    client = login(sam)

    client.post(address("started", registering), {"started": "yes"})
    with pytest.raises(TransitionRefused):
        workflow.withdraw(registering, by=alice)
    client.post(address("started", registering), {"started": "no"})

    assert workflow.withdraw(registering, by=alice).status == "withdrawn"


def test_started_is_for_the_assignee_of_an_approved_request(
    taken: TenantRequest, login: Callable[[User], Client], sam: User
) -> None:
    answer = login(sam).post(address("started", taken), {"started": "yes"}, follow=True)

    assert "Only an approved request is started at Microsoft." in answer.text
    assert TenantRequest.objects.get(pk=taken.pk).started_at is None


def test_r44_a_mail_is_sent_again_and_the_history_says_so(
    taken: TenantRequest, login: Callable[[User], Client], sam: User
) -> None:
    mail = OutgoingEmail.objects.get(to_email="theo.lambert@bakkerijdesmet.example")
    OutgoingEmail.objects.filter(pk=mail.pk).update(state="refused", outcome="no such mailbox")
    client = login(sam)
    assert "no such mailbox" in client.get(address("change", taken)).text

    client.post(address("send_again", taken, mail.pk))

    again = OutgoingEmail.objects.filter(to_email=mail.to_email).exclude(pk=mail.pk).get()
    assert (again.html, again.state, taken.history.first().verb) == (mail.html, "waiting", "resend")


def test_r05_r44_a_mail_sent_again_from_the_list_of_mails_is_in_the_history_too(
    taken: TenantRequest, login: Callable[[User], Client], sam: User
) -> None:
    mail = OutgoingEmail.objects.get(to_email="theo.lambert@bakkerijdesmet.example")
    OutgoingEmail.objects.filter(pk=mail.pk).update(state="refused")
    client, lines = login(sam), taken.history.count()

    for _click in range(2):
        client.post(reverse("admin:notifications_outgoingemail_again", args=[mail.pk]))

    line = taken.history.first()
    said = "Confirmation, Theo Lambert <theo.lambert@bakkerijdesmet.example>"
    assert (line.verb, line.by, line.comment, taken.history.count()) == ("resend", sam, said, lines + 1)


def test_r44_a_mail_that_is_on_its_way_is_not_sent_again(
    taken: TenantRequest, login: Callable[[User], Client], sam: User
) -> None:
    mail = OutgoingEmail.objects.get(to_email="theo.lambert@bakkerijdesmet.example")

    answer = login(sam).post(address("send_again", taken, mail.pk), follow=True)

    assert "This mail is on its way already." in answer.text
    assert OutgoingEmail.objects.filter(to_email=mail.to_email).count() == 1


def test_t22_a_mail_about_something_else_has_no_address_here(
    taken: TenantRequest, login: Callable[[User], Client], sam: User
) -> None:
    mail = OutgoingEmail.objects.create(event="0" * 32, about="account:1", to_email="x@x.example", language="en")

    client = login(sam)

    assert client.get(address("mail", taken, mail.pk)).status_code == 404
    assert client.post(address("send_again", taken, mail.pk)).status_code == 404


def test_r26_nobody_overrides_that_a_contact_is_gone(
    taken: TenantRequest, login: Callable[[User], Client], kim: User, theo: Contact
) -> None:
    Contact.objects.filter(pk=theo.pk).update(archived_at=timezone.now())
    checks.run(taken)
    data = {"reason": "In a hurry.", "seen": taken.checks.get(kind="people").fingerprint}
    taken = assignment.take(taken, by=kim)

    answer = login(kim).post(address("override", taken, "people"), data)

    check = taken.checks.get(kind="people")
    assert (answer.status_code, check.result, check.overridden_at) == (409, "problem", None)
    assert "The partner corrects this person, or names another one." in answer.text


def test_r45_a_mail_that_is_no_longer_true_is_not_promised_again(
    taken: TenantRequest, login: Callable[[User], Client], sam: User
) -> None:
    rejected = workflow.reject(taken, by=sam, version=1, comment="Not a customer of yours.")
    mail = OutgoingEmail.objects.get(template="rejected")
    OutgoingEmail.objects.update(state="accepted")
    workflow.reopen(rejected, by=sam, version=1, comment="A mistake.")
    before = OutgoingEmail.objects.count()

    with pytest.raises(TransitionRefused, match="The request has moved on"):
        acts.send_again(taken, mail, by=sam)

    assert OutgoingEmail.objects.count() == before


def test_an_override_that_became_void_is_said_in_the_history(
    taken: TenantRequest, login: Callable[[User], Client], sam: User, kim: User
) -> None:
    load(sam)
    acts.run_checks(taken, by=sam, kind="directory")
    override(login(kim), taken)
    load(sam, ("theo.lambert@bakkerijdesmet.example", False, False))

    acts.run_checks(taken, by=sam, kind="directory")
    acts.run_checks(taken, by=sam, kind="directory")

    line = taken.history.filter(verb="override_void").get()
    assert line.comment == f"Technical contact in ServiceNow: overridden by {kim}, “Seen in person.”"
    assert "let a check count again, as what it looked at changed" in login(sam).get(address("change", taken)).text


# What cannot be done is not shown as if it could


def test_who_may_not_override_reads_why_and_finds_no_form(
    taken: TenantRequest, login: Callable[[User], Client], sam: User
) -> None:
    load(sam)
    acts.run_checks(taken, by=sam, kind="directory")

    page = login(sam).get(address("override", taken, "directory"))

    assert "Only a lead may override this check." in page.text
    assert "<textarea" not in page.text


def test_a_case_number_that_came_too_late_is_shown_to_be_copied(
    taken: TenantRequest, login: Callable[[User], Client], sam: User
) -> None:
    workflow.reject(taken, by=sam, version=1, comment="No.")
    typed = {"asked_on": f"{working_days.today():%d %m %Y}", "case_number": "CS0041873"}

    page = login(sam).post(address("asked", taken), typed)

    assert page.status_code == 409
    assert "This request is not with Arxus now." in page.text
    assert "<dt>Case number</dt><dd>CS0041873</dd>" in page.text


@pytest.mark.parametrize(("name", "more"), [("asked", []), ("override", ["directory"])])
def test_the_small_pages_say_what_is_to_be_corrected(
    taken: TenantRequest, login: Callable[[User], Client], sam: User, name: str, more: list[str]
) -> None:
    page = login(sam).post(address(name, taken, *more), {"reason": " ", "asked_on": "", "case_number": "CS1"})

    assert "<title>Error:" in page.text
    assert "One thing to correct" in page.text


def test_r10_a_missing_user_is_solved_after_registering_too(
    registered: TenantRequest, login: Callable[[User], Client], sam: User
) -> None:
    client = login(sam)
    load(sam)
    checks.run(registered, ["directory"])
    typed = {"asked_on": f"{working_days.today():%d %m %Y}", "case_number": "CS0041873"}

    page = client.get(address("change", registered)).text
    client.post(address("asked", registered), typed)
    asked = registered.checks.get(kind="directory").case_number
    load(sam, ("theo.lambert@bakkerijdesmet.example", True, False))
    again = client.post(address("checks", registered), {"kind": "directory"}, follow=True)

    assert ("1 to solve" in page, "blocks" in page, "A user was asked for" in page) == (True, False, True)
    assert address("override", registered, "directory") not in page
    assert asked == "CS0041873"
    assert "Nothing is left to solve." in again.text


def test_nothing_else_of_a_registered_tenant_is_checked_anew(
    registered: TenantRequest, login: Callable[[User], Client], sam: User
) -> None:
    before = registered.checks.get(kind="vat").ran_at

    answer = login(sam).post(address("checks", registered), {"kind": ""}, follow=True)

    assert "This request is not with Arxus now." in answer.text
    assert registered.checks.get(kind="vat").ran_at == before


def test_r10_a_missing_user_is_said_to_be_no_ground_for_a_send_back(
    taken: TenantRequest, login: Callable[[User], Client], sam: User
) -> None:
    said = "The missing ServiceNow user is no ground for sending it back"
    client, path = login(sam), address("decide", taken, "request_changes")
    before = client.get(path).text
    load(sam)

    acts.run_checks(taken, by=sam, kind="directory")

    assert (said in before, said in client.get(path).text) == (False, True)


def test_r10_a_finding_of_an_older_file_says_so(
    taken: TenantRequest, login: Callable[[User], Client], sam: User
) -> None:
    said, client = "Another directory file is in force since this was looked up: run it again.", login(sam)
    load(sam, ("theo.lambert@bakkerijdesmet.example", True, False))
    acts.run_checks(taken, by=sam, kind="directory")
    before = client.get(address("change", taken)).text
    load(sam)

    older = client.get(address("change", taken)).text
    again = client.post(address("checks", taken), {"kind": "directory"}, follow=True).text

    assert (said in before, said in older, said in again) == (False, True, False)
    assert 'Run again<span class="visually-hidden"> Technical contact in ServiceNow' in older
