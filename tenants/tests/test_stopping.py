"""Once Arxus has started at Microsoft a partner cannot withdraw, but ask to stop."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contacts.models import User
from notifications.models import OutgoingEmail
from tenants import absence, assignment, stopping, transitions, workflow, working_days
from tenants.models import Remark, Status, TenantRequest
from tenants.review import acts
from tenants.tests.conftest import ALL_TICKED
from tenants.tests.test_admin import address, decide, show
from tenants.tests.test_announcements import heard, readable, told
from tenants.tests.test_wizard import Browser, at_bakery, text  # noqa: F401 – the fixture is used by its name
from tenants.tests.test_workflow import state
from tenants.transitions import TransitionRefused, Verb


@pytest.fixture
def started(registering: TenantRequest, sam: User) -> TenantRequest:
    return acts.start_at_microsoft(registering, by=sam)


def test_asking_to_stop_is_a_flag_a_line_and_a_mail_to_whoever_has_it(
    started: TenantRequest, alice: User, sam: User
) -> None:
    mails = heard(lambda: stopping.ask(started, by=alice, text="The customer went elsewhere."))

    after = TenantRequest.objects.get(pk=started.pk)
    assert (after.status, after.stop_asked_at is not None) == (Status.REGISTERING, True)
    assert (after.history.first().verb, after.history.first().by) == ("ask_to_stop", alice)
    assert told(mails) == {(sam.email, "stop_asked")}
    assert "The customer went elsewhere." in readable(mails[sam.email])


def test_every_validator_hears_where_nobody_has_it(started: TenantRequest, alice: User, sam: User, kim: User) -> None:
    assignment.release(started, by=sam)

    mails = heard(lambda: stopping.ask(started, by=alice))

    assert told(mails) == {(sam.email, "stop_asked"), (kim.email, "stop_asked")}


def test_where_whoever_has_it_is_not_there_the_others_are_mailed(
    started: TenantRequest, alice: User, sam: User, kim: User
) -> None:
    User.objects.filter(pk=sam.pk).update(away_until="2999-01-01")

    mails = heard(lambda: stopping.ask(TenantRequest.objects.get(pk=started.pk), by=alice))

    assert told(mails) == {(kim.email, "stop_asked")}


def test_it_is_asked_once(started: TenantRequest, alice: User) -> None:
    stopping.ask(started, by=alice)
    before = state(started)

    with pytest.raises(TransitionRefused) as refused:
        stopping.ask(started, by=alice)

    assert (refused.value.reason, state(started)) == ("repetition", before)


def test_before_arxus_started_one_withdraws(registering: TenantRequest, alice: User) -> None:
    assert stopping.refusal_to_ask(registering, alice).reason == "status"
    assert transitions.refusal(Verb.WITHDRAW, registering, alice) is None


@pytest.mark.parametrize("kind", ["reader", "rival", "assignee", "staff", "stranger", "superuser"])
def test_t23_only_who_may_withdraw_may_ask(
    started: TenantRequest,
    people: dict[str, User],
    kind: str,
) -> None:
    before = state(started)

    with pytest.raises(TransitionRefused) as refused:
        stopping.ask(started, by=people[kind])

    assert (refused.value.reason, state(started)) == ("permission", before)


def test_the_page_of_withdrawing_leads_to_asking_and_the_request_says_it_was_asked(
    at_bakery: Browser,  # noqa: F811
    started: TenantRequest,
) -> None:
    page = at_bakery.get("request", started.public_id)
    lead = at_bakery.get("withdraw", started.public_id)
    answer = at_bakery.post("stop", started.public_id, text="Because.")

    assert "Ask to stop" in text(page)
    assert lead.url == reverse("tenants:stop", args=[started.public_id])
    assert answer.url == reverse("tenants:request", args=[started.public_id])
    after = text(at_bakery.get("request", started.public_id))
    assert "It decides whether that is still possible, and goes on until then." in after
    assert "Because." in after
    assert "Ask to stop" not in after
    late = at_bakery.post("withdraw", started.public_id)
    assert "Arxus has started at Microsoft, and has been asked to stop. It decides, and you get a mail." in text(late)


def test_an_answer_that_is_too_long_is_kept_and_named(
    at_bakery: Browser,  # noqa: F811
    started: TenantRequest,
) -> None:
    answer = at_bakery.post("stop", started.public_id, text="x" * 1001)

    assert (answer.status_code, TenantRequest.objects.get().stop_asked_at) == (200, None)
    assert "1000 characters at most; this has 1001." in text(answer)
    assert "x" * 1001 in answer.text


@pytest.mark.parametrize("typed", ["\x00", "\u202e", "x" * 10, "😀", "http://evil.example"])
def test_t39_whatever_is_typed_is_no_error(at_bakery: Browser, started: TenantRequest, typed: str) -> None:  # noqa: F811
    assert at_bakery.post("stop", started.public_id, text=typed).status_code in (200, 302)


def test_r04_another_partners_request_is_not_there(
    started: TenantRequest, login: Callable[[User], Client], mallory: User, rival_customer: Any
) -> None:
    rival = Browser(login(mallory), mallory, rival_customer)

    assert [rival.get("stop", started.public_id).status_code, rival.post("stop", started.public_id).status_code] == [
        404,
        404,
    ]
    assert rival.post("copy", started.public_id).status_code == 404


def test_staff_see_it_on_the_review_page_and_in_the_queue(
    started: TenantRequest, login: Callable[[User], Client], alice: User, sam: User
) -> None:
    stopping.ask(started, by=alice, text="Because.")
    client = login(sam)

    page = client.get(address("change", started)).text
    queue = client.get(reverse("admin:tenants_tenantrequest_changelist")).text

    assert "Alice Peeters asked to stop" in page
    assert "“Because.”" in page
    assert re.search(r'data-label="Checks">(?:(?!</td>).)*Asked to stop', queue, re.S)


@pytest.mark.parametrize("verb", [Verb.REGISTER, Verb.FAIL, Verb.CANCEL])
def test_whoever_decides_reads_that_the_partner_asked_to_stop(
    started: TenantRequest, login: Callable[[User], Client], alice: User, sam: User, verb: Verb
) -> None:
    stopping.ask(started, by=alice, text="The customer went elsewhere.")

    page = login(sam).get(address("decide", started, verb)).text

    assert "Alice Peeters asked to stop" in page
    assert "“The customer went elsewhere.”" in page
    assert (f'href="{address("decide", started, "cancel")}"' in page) == (verb != Verb.CANCEL)


def test_a_registration_that_was_begun_before_the_partner_asked_to_stop_is_not_finished_unread(
    started: TenantRequest, login: Callable[[User], Client], alice: User, sam: User
) -> None:
    client = login(sam)
    seen = show(client, started, Verb.REGISTER).context["draft"].digest
    stopping.ask(started, by=alice)

    answer = decide(client, started, Verb.REGISTER, seen=seen, stop_asked="")

    assert (answer.status_code, TenantRequest.objects.get(pk=started.pk).status) == (409, Status.REGISTERING)
    assert "The partner asked to stop since you opened this page." in answer.text
    assert "Alice Peeters asked to stop" in answer.text
    read = answer.context["page"].stop_asked["seen"]
    assert decide(client, started, Verb.REGISTER, seen=seen, stop_asked=read).status_code == 302


def test_r45_the_mail_is_withheld_once_the_request_has_moved_on(started: TenantRequest, alice: User, sam: User) -> None:
    from tenants.still_true import contradiction

    stopping.ask(started, by=alice)

    workflow.cancel(started, by=sam, version=1, comment="As you asked.")

    assert contradiction(OutgoingEmail.objects.get(template="stop_asked")) == "The request has moved on: Withdrawn."


def test_the_list_says_that_arxus_was_asked_to_stop(
    started: TenantRequest,
    at_bakery: Browser,  # noqa: F811
    alice: User,
) -> None:
    before = text(at_bakery.get("requests"))

    stopping.ask(started, by=alice)

    assert "Arxus was asked on" not in before
    assert re.search(r"Arxus was asked on \d+ \w+ to stop", text(at_bakery.get("requests")))


# A hitch: Arxus has the request back, and the wish still stands


@pytest.fixture
def wished(started: TenantRequest, alice: User, sam: User) -> TenantRequest:
    """Alice asked to stop, then Sam reported a hitch."""
    stopping.ask(started, by=alice, text="The customer went elsewhere.")
    return workflow.fail(started, by=sam, version=1, comment="Microsoft was down.")


def test_a_wish_to_stop_survives_a_hitch(wished: TenantRequest, login: Callable[[User], Client], sam: User) -> None:
    client = login(sam)

    page = client.get(address("change", wished)).text
    approving = client.get(address("decide", wished, Verb.APPROVE)).text
    queue = client.get(reverse("admin:tenants_tenantrequest_changelist")).text

    said = "They can withdraw it now: ask them before you go on."
    assert ("Alice Peeters asked to stop" in page, said in page) == (True, True)
    assert ("“The customer went elsewhere.”" in approving, said in approving) == (True, True)
    assert "Cancel the request instead" not in approving
    assert re.search(r'data-label="Checks">(?:(?!</td>).)*Asked to stop', queue, re.S)


def test_the_mail_of_the_hitch_says_that_it_can_be_withdrawn(started: TenantRequest, alice: User, sam: User) -> None:
    stopping.ask(started, by=alice)

    mails = heard(lambda: workflow.fail(started, by=sam, version=1, comment="Microsoft was down."))

    assert "you can withdraw it now, on its page" in readable(mails[alice.email])
    assert "nothing to do" not in readable(mails[alice.email])
    assert mails[alice.email].subject == f"A hitch, and you can withdraw now: {started.number}"


def test_the_partners_page_leads_to_withdrawing(at_bakery: Browser, wished: TenantRequest) -> None:  # noqa: F811
    page = at_bakery.get("request", wished.public_id)

    assert "Arxus has the request back: you can withdraw it now." in text(page)
    assert f'href="{reverse("tenants:withdraw", args=[wished.public_id])}">Withdraw it' in page.text


@pytest.mark.parametrize("verb", [Verb.WITHDRAW, Verb.REJECT])
def test_the_wish_ends_with_the_request(wished: TenantRequest, alice: User, sam: User, verb: Verb) -> None:
    if verb == Verb.WITHDRAW:
        after = workflow.withdraw(wished, by=alice)
    else:
        after = workflow.reject(wished, by=sam, version=1, comment="As you asked.")

    assert after.stop_asked_at is None


def test_whoever_sends_it_again_goes_on_with_it(wished: TenantRequest, alice: User, sam: User) -> None:
    back = workflow.request_changes(wished, by=sam, version=1, remarks=[Remark(text="Do you want to stop?")])

    again = workflow.submit(back, by=alice, sent=ALL_TICKED)

    assert (back.stop_asked_at is not None, again.stop_asked_at) == (True, None)


def test_a_wish_to_stop_reaches_whoever_is_there(started: TenantRequest, alice: User, sam: User, kim: User) -> None:
    absence.set_until(sam, working_days.today() + timedelta(days=7), by=kim)

    mails = heard(lambda: stopping.ask(started, by=alice))

    assert told(mails) == {(kim.email, "stop_asked")}
    assert "Take the request, then decide" in readable(mails[kim.email])
