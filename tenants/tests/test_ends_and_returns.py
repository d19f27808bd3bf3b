"""What was rejected comes back, what was started fails or is cancelled, what was registered is corrected."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from contacts.models import Company, Contact, User
from notifications.models import OutgoingEmail
from notifications.outbox import deliver, digest
from notifications.tests.smtp_sink import Sink
from tenants import assignment, drafts, transitions, workflow
from tenants.models import Remark, Tenant, TenantRequest
from tenants.tests.conftest import ALL_TICKED, answers_for, made_at_microsoft
from tenants.tests.test_admin import address, at_once, decide, show
from tenants.tests.test_announcements import ALICE, AN, THEO, heard, readable, told
from tenants.tests.test_queue import another
from tenants.transitions import TransitionRefused, Verb

OTHER_ID = "3f9a1c52-0000-4000-8000-0000b7d04e11"


@pytest.fixture
def rejected(taken: TenantRequest, sam: User) -> TenantRequest:
    return workflow.reject(taken, by=sam, version=1, comment="Not a customer of yours.")


def reopen(rejected: TenantRequest, by: User, **said: Any) -> TenantRequest:
    return workflow.reopen(rejected, by=by, version=1, comment="We read the wrong file.", **said)


def send_all() -> None:
    """Whatever waits is due now, and leaves."""
    OutgoingEmail.objects.filter(state="waiting").update(due_at=datetime(2026, 1, 1, tzinfo=UTC))
    deliver()


# Reopening


@pytest.mark.django_db(transaction=True)
def test_r45_reopened_within_a_working_day_nobody_hears_that_it_ended(
    rejected: TenantRequest, sam: User, smtp: Sink
) -> None:
    deliver()

    mails = heard(lambda: reopen(rejected, sam))
    send_all()

    assert told(mails) == {(ALICE, "reopened")}
    assert {mail.state for mail in OutgoingEmail.objects.filter(template="ended")} == {"withheld"}
    assert {mail.to for mail in smtp.inbox} == {ALICE}


@pytest.mark.django_db(transaction=True)
def test_r43_reopened_later_those_who_were_told_that_it_ended_hear_that_it_is_open_again(
    rejected: TenantRequest, sam: User, smtp: Sink
) -> None:
    send_all()

    mails = heard(lambda: reopen(rejected, sam))

    assert told(mails) == {(ALICE, "reopened"), (THEO, "reopened"), (AN, "reopened")}
    assert "We read the wrong file." in readable(mails[ALICE])
    assert "We read the wrong file." not in readable(mails[THEO]) + readable(mails[AN])


@pytest.mark.django_db(transaction=True)
def test_r43_who_was_told_open_again_is_not_told_twice(rejected: TenantRequest, sam: User, smtp: Sink) -> None:
    send_all()
    again = reopen(rejected, sam)
    send_all()
    workflow.reject(again, by=sam, version=1, comment="It was right after all.")

    mails = heard(lambda: reopen(rejected, sam))
    send_all()

    assert told(mails) == {(ALICE, "reopened")}
    assert sorted(OutgoingEmail.objects.filter(to_email=THEO, template="ended").values_list("state", flat=True)) == [
        "accepted",
        "withheld",
    ]


def test_r35_a_reopened_request_has_a_target_of_its_own(rejected: TenantRequest, sam: User) -> None:
    with time_machine.travel("2026-11-20T10:00:00+01:00"):
        again = reopen(rejected, sam)

    assert (again.due_on, again.held_since is not None) == (date(2026, 11, 24), True)


def test_r31_whoever_reopens_has_the_request_and_the_former_reviewer_is_told(
    rejected: TenantRequest, sam: User, kim: User
) -> None:
    mails = heard(lambda: reopen(rejected, kim))

    assert TenantRequest.objects.get(pk=rejected.pk).assignee == kim
    assert told(mails) == {(ALICE, "reopened"), (sam.email, "taken_over")}
    assert [line.verb for line in rejected.history.all()[:2]] == ["reopen", "reject"]


def test_r31_who_is_named_in_a_request_does_not_reopen_it(rejected: TenantRequest, kim: User) -> None:
    rejected.submissions.update(emails=[kim.email])

    assert transitions.refusal(Verb.REOPEN, rejected, kim).reason == "own"


def test_r32_reopening_needs_a_reason(rejected: TenantRequest, sam: User) -> None:
    with pytest.raises(TransitionRefused):
        workflow.reopen(rejected, by=sam, version=1, comment=" \n")


def _same_name(rejected: TenantRequest, alice: User, theo: Contact, an: Contact) -> TenantRequest:
    other = drafts.start(rejected.company, by=alice)
    for slug, typed in answers_for(rejected.company, theo, an).items():
        drafts.keep_step(other, slug, typed)
    return workflow.submit(other, by=alice, sent=ALL_TICKED)


def test_r23_a_request_whose_name_was_asked_for_again_is_not_reopened_and_says_why(
    rejected: TenantRequest, login: Callable[[User], Client], alice: User, sam: User, theo: Contact, an: Contact
) -> None:
    seen = show(login(sam), rejected, Verb.REOPEN).context["draft"].digest
    other = _same_name(rejected, alice, theo, an)
    sentence = f"{other.number} of the same partner has this name by now, so this request cannot be reopened."

    page = login(sam).get(address("decide", rejected, "reopen"))
    answer = decide(login(sam), rejected, Verb.REOPEN, seen=seen)

    assert (page.context_data["why"], answer.status_code, answer.context_data["why"]) == (sentence, 409, sentence)
    assert TenantRequest.objects.get(pk=rejected.pk).status == "rejected"


@pytest.mark.django_db(transaction=True)
def test_r23_reopening_while_the_name_is_asked_for_again_is_no_error(
    rejected: TenantRequest, login: Callable[[User], Client], alice: User, sam: User, theo: Contact, an: Contact
) -> None:
    other = drafts.start(rejected.company, by=alice)
    for slug, typed in answers_for(rejected.company, theo, an).items():
        drafts.keep_step(other, slug, typed)
    client = login(sam)
    seen = show(client, rejected, Verb.REOPEN).context["draft"].digest

    def submit() -> int:
        try:
            workflow.submit(other, by=alice, sent=ALL_TICKED)
        except workflow.sending.Incomplete:
            return 409
        return 302

    answers = at_once(submit, lambda: decide(client, rejected, Verb.REOPEN, seen=seen).status_code)

    assert sorted(answers) == [302, 409]


@pytest.mark.django_db(transaction=True)
def test_r33_t25_of_two_who_reopen_at_once_one_does(
    rejected: TenantRequest, login: Callable[[User], Client], sam: User, kim: User
) -> None:
    OutgoingEmail.objects.all().delete()
    browsers = [login(sam), login(kim)]
    seen = [show(browser, rejected, Verb.REOPEN).context["draft"].digest for browser in browsers]

    answers = at_once(
        *(lambda b=b, s=s: decide(b, rejected, Verb.REOPEN, seen=s) for b, s in zip(browsers, seen, strict=True))
    )

    assert sorted(answer.status_code for answer in answers) == [302, 409]
    assert OutgoingEmail.objects.filter(template="reopened").count() == 1
    assert "reopened this request" in next(a for a in answers if a.status_code == 409).text


# Failing, cancelling


def test_r32_a_hitch_tells_the_owner_alone_with_the_reviewers_sentence(registering: TenantRequest, sam: User) -> None:
    due_on = registering.due_on

    mails = heard(lambda: workflow.fail(registering, by=sam, version=1, comment="Microsoft was down all morning."))

    after = TenantRequest.objects.get(pk=registering.pk)
    assert told(mails) == {(ALICE, "hitch")}
    assert "Microsoft was down all morning." in readable(mails[ALICE])
    assert "You have nothing to do now." in readable(mails[ALICE])
    assert (after.due_on, after.assignee, after.held_since) == (due_on, sam, registering.held_since)


def test_r43_cancelling_tells_the_owner_why_and_the_contacts_that_it_ended(
    registering: TenantRequest, sam: User
) -> None:
    mails = heard(lambda: workflow.cancel(registering, by=sam, version=1, comment="The customer stops."))

    assert told(mails) == {(ALICE, "cancelled"), (THEO, "ended"), (AN, "ended")}
    assert {mail.due_at > timezone.now() for mail in mails.values()} == {False}
    assert "The customer stops." in readable(mails[ALICE])
    assert "The customer stops." not in readable(mails[THEO]) + readable(mails[AN])


@pytest.mark.parametrize("verb", [Verb.FAIL, Verb.CANCEL, Verb.REJECT, Verb.REQUEST_CHANGES])
def test_what_was_started_at_microsoft_is_over_once_a_request_leaves_registering(
    registering: TenantRequest, sam: User, verb: Verb
) -> None:
    now = timezone.now()
    TenantRequest.objects.filter(pk=registering.pk).update(started_at=now, stop_asked_at=now)
    said: dict[str, Any] = {"comment": "Why."}
    if verb == Verb.REQUEST_CHANGES:
        said["remarks"] = [Remark(field="tenant.tenant_name", text="Taken at Microsoft.")]

    after = getattr(workflow, verb)(registering, by=sam, version=1, **said)

    assert (after.started_at, after.is_open) == (None, after.stop_asked_at is not None)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(2))
def test_r33_t26_of_registering_and_cancelling_at_once_one_wins(
    registering: TenantRequest, login: Callable[[User], Client], sam: User, _round: int
) -> None:
    OutgoingEmail.objects.all().delete()
    one, other = login(sam), login(sam)
    registers = show(one, registering, Verb.REGISTER).context["draft"].digest
    cancels = show(other, registering, Verb.CANCEL).context["draft"].digest

    answers = at_once(
        lambda: decide(one, registering, Verb.REGISTER, seen=registers),
        lambda: decide(other, registering, Verb.CANCEL, seen=cancels),
    )

    status = TenantRequest.objects.get(pk=registering.pk).status
    expected = {"registered": ["credentials", "registered", "registered_owner"], "withdrawn": ["cancelled", "ended"]}
    assert sorted(answer.status_code for answer in answers) == [302, 409]
    assert sorted(set(OutgoingEmail.objects.values_list("template", flat=True))) == expected[status]


# Correcting what was registered


def correct(registered: TenantRequest, by: User, **fields: Any) -> TenantRequest:
    right = made_at_microsoft(**fields)
    return workflow.correct_registration(registered, by=by, version=1, tenant=right, comment="A typing mistake.")


def test_a_lead_corrects_a_registration_and_everybody_who_was_told_is_told(
    registered: TenantRequest, kim: User
) -> None:
    mails = heard(lambda: correct(registered, kim, tenant_id=OTHER_ID, domain="desmetaalst.onmicrosoft.com"))

    tenant = Tenant.objects.get(tenant_request=registered)
    assert (tenant.tenant_id, tenant.domain) == (UUID(OTHER_ID), "desmetaalst.onmicrosoft.com")
    assert told(mails) == {(email, "registration_corrected") for email in (ALICE, THEO, AN)}
    change = "Before: bakkerijdesmet.onmicrosoft.com Now: desmetaalst.onmicrosoft.com"
    assert change in readable(mails[ALICE])
    assert "A typing mistake." in readable(mails[ALICE])
    assert "A typing mistake." not in readable(mails[THEO])
    assert "bakkerijdesmet.onmicrosoft.com → desmetaalst.onmicrosoft.com" in registered.history.first().comment


def test_r23_the_key_follows_a_corrected_domain(
    registered: TenantRequest, kim: User, alice: User, theo: Contact, an: Contact
) -> None:
    correct(registered, kim, domain="desmetaalst.onmicrosoft.com")

    assert _same_name(registered, alice, theo, an).status == "to_validate"
    assert TenantRequest.objects.get(pk=registered.pk).name_key == "desmetaalst.onmicrosoft.com"


def test_r23_a_correction_takes_no_domain_that_another_request_has(
    registered: TenantRequest, kim: User, alice: User, theo: Contact, an: Contact
) -> None:
    other = drafts.start(registered.company, by=alice)
    for slug, typed in answers_for(registered.company, theo, an, "desmetaalst").items():
        drafts.keep_step(other, slug, typed)
    workflow.submit(other, by=alice, sent=ALL_TICKED)

    with pytest.raises(TransitionRefused) as refused:
        correct(registered, kim, domain="desmetaalst.onmicrosoft.com")

    assert refused.value.sentence == f"{other.number} of the same partner already has this domain or tenant id."


@pytest.mark.parametrize("status", ["to_validate", "registered"])
@pytest.mark.parametrize("name", ["domain", "tenant_id"])
def test_r23_a_correction_to_what_another_partner_asks_for_or_has_is_confirmed(
    registered: TenantRequest,
    login: Callable[[User], Client],
    kim: User,
    rival_customer: Company,
    name: str,
    status: str,
) -> None:
    known = {"domain": "desmetaalst.onmicrosoft.com", "tenant_id": OTHER_ID}
    theirs = {"name_key": known["domain"]} if name == "domain" else {"wanted_id": known["tenant_id"], "name_key": "x"}
    rival = {"company": rival_customer, "partner": rival_customer.partner, "status": status}
    another(registered, "TR-26-RIVAL", **({"wanted_id": None} | theirs | rival))
    client, typed = login(kim), {name: known[name]}

    asked = show(client, registered, Verb.CORRECT_REGISTRATION, **typed)
    ticked = show(client, registered, Verb.CORRECT_REGISTRATION, **typed, **{f"{name}_confirmed": known[name]})

    assert "TR-26-RIVAL of Cloudhoek bv is about it too. Neither partner reads this." in asked.text
    assert f"The tenant really has {known[name]}" in asked.text
    assert "Tick this if the tenant really has it." in asked.text
    assert asked.context["draft"].mails == []
    assert ticked.context["draft"].ready


def test_a_correction_to_what_nobody_else_asks_for_is_not_asked_about(
    registered: TenantRequest, login: Callable[[User], Client], kim: User
) -> None:
    page = show(login(kim), registered, Verb.CORRECT_REGISTRATION, domain="desmetaalst.onmicrosoft.com")

    assert "The tenant really has" not in page.text
    assert page.context["draft"].ready


def test_a_correction_that_changes_nothing_is_refused(
    registered: TenantRequest, login: Callable[[User], Client], kim: User
) -> None:
    with pytest.raises(TransitionRefused):
        correct(registered, kim)

    same = str(Tenant.objects.get(tenant_request=registered).tenant_id)
    page = show(login(kim), registered, Verb.CORRECT_REGISTRATION, tenant_id=same)
    assert "Tenant id and domain are these already." in page.text


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"tenant_id": "3f9a"}, "This is no GUID"),
        ({"tenant_id": "\x00"}, ""),
        ({"domain": "contoso.com"}, "The initial domain ends in .onmicrosoft.com."),
        ({"domain": "\u202eevil"}, ""),
        ({"comment": ""}, "Write the reason"),
    ],
)
def test_t38_t39_a_correction_refuses_what_makes_no_sense(
    registered: TenantRequest, login: Callable[[User], Client], kim: User, typed: dict[str, str], sentence: str
) -> None:
    page = show(login(kim), registered, Verb.CORRECT_REGISTRATION, **typed)

    assert (page.status_code, page.context["draft"].mails) == (200, [])
    assert sentence in page.text


def test_t31_a_validator_sees_that_only_a_lead_corrects(
    registered: TenantRequest, login: Callable[[User], Client], sam: User, kim: User
) -> None:
    sentence = "Only a validation lead corrects a registration. Ask one."

    assert sentence in login(sam).get(address("change", registered)).text
    assert sentence not in login(kim).get(address("change", registered)).text


def test_r34_t33_a_correction_of_an_older_version_is_refused(registered: TenantRequest, kim: User) -> None:
    with pytest.raises(TransitionRefused) as refused:
        workflow.correct_registration(
            registered, by=kim, version=7, tenant=made_at_microsoft(tenant_id=OTHER_ID), comment="A typing mistake."
        )

    assert refused.value.reason == "version"


@pytest.mark.parametrize("verb", [Verb.FAIL, Verb.CANCEL])
def test_r32_the_mails_of_a_hitch_are_shown_as_they_go_out(
    registering: TenantRequest, login: Callable[[User], Client], sam: User, verb: Verb
) -> None:
    client = login(sam)
    OutgoingEmail.objects.all().delete()
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        shown = show(client, registering, verb).context["draft"]

    answer = decide(client, registering, verb, seen=shown.digest)

    assert (answer.status_code, digest(OutgoingEmail.objects.all())) == (302, shown.digest)


def test_r31_taking_what_has_ended_is_refused(rejected: TenantRequest, kim: User) -> None:
    with pytest.raises(TransitionRefused):
        assignment.take(rejected, by=kim)
