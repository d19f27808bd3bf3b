"""What time does to requests that wait for their partner, and to drafts (R28)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection

from conftest import make_user
from contacts.models import Company, Group, Membership, User
from notifications.models import OutgoingEmail
from notifications.outbox import deliver
from tenants import deadlines, drafts, transitions, workflow, working_days
from tenants.models import Notice, Remark, Status, TenantRequest
from tenants.tasks import lapse_overdue, remind_partners
from tenants.tests.conftest import ALL_TICKED
from tenants.transitions import TransitionRefused, Verb

SENT_BACK = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)  # a Friday afternoon
REMINDERS = ["changes_reminder", "changes_warning", "draft_warning"]


def morning(day: str | date, hour: int = 8) -> datetime:
    return working_days.start_of(date.fromisoformat(str(day))) + timedelta(hours=hour)


def pass_time(at: datetime) -> None:
    """What the schedulers do, twice over."""
    with time_machine.travel(at, tick=False):
        for _round in range(2):
            lapse_overdue()
            remind_partners()


def reminded(*templates: str) -> list[tuple[str, str]]:
    rows = OutgoingEmail.objects.filter(template__in=templates or REMINDERS).order_by("created_at", "to_email")
    return [(mail.template, mail.to_email) for mail in rows]


def readable(mail: OutgoingEmail) -> str:
    return " ".join(mail.text.replace("\u200b", "").split())


@pytest.fixture
def waiting(taken: TenantRequest, sam: User) -> TenantRequest:
    """Sent back by Sam on Friday 20 November 2026; the deadline is Monday 21 December."""
    remark = Remark(field="tenant.tenant_name", text="Reads like another one.", suggestion="bakkerijdesmetaalst")
    with time_machine.travel(SENT_BACK, tick=False):
        return workflow.request_changes(taken, by=sam, version=1, remarks=[remark])


@pytest.fixture
def carol(nordwave: Company) -> User:
    """Another administrator of Nordwave, who reads Dutch."""
    user = make_user("carol@nordwave.example", "Carol", "Baert", language="nl")
    Membership.objects.create(user=user, company=nordwave, groups=[Group.FULL])
    return user


# When


@pytest.mark.parametrize(
    ("day", "heard"),
    [
        ("2026-11-24", []),  # two working days after the Friday
        ("2026-11-25", ["changes_reminder"]),
        ("2026-12-03", ["changes_reminder"]),
        ("2026-12-04", ["changes_reminder", "changes_reminder"]),
        ("2026-12-12", ["changes_reminder", "changes_reminder"]),  # day 22, and day 23 is a Sunday
        ("2026-12-13", ["changes_reminder", "changes_reminder"]),
        ("2026-12-14", ["changes_reminder", "changes_reminder", "changes_warning"]),
        ("2026-12-21", ["changes_reminder", "changes_reminder", "changes_warning"]),
    ],
)
def test_r28_reminders_come_after_3_and_10_working_days_and_a_warning_on_day_23(
    waiting: TenantRequest, alice: User, day: str, heard: list[str]
) -> None:
    today = working_days.today(SENT_BACK)
    while today < date.fromisoformat(day):
        today += timedelta(days=1)
        pass_time(morning(today))

    assert reminded() == [(template, alice.email) for template in heard]


def test_r28_nobody_is_reminded_at_night_or_on_a_holiday(waiting: TenantRequest, settings: Any) -> None:
    settings.CLOSING_DAYS = [date(2026, 11, 26)]
    TenantRequest.objects.update(held_since=morning("2026-11-20"))

    pass_time(morning("2026-11-25", hour=6))
    assert reminded() == []
    pass_time(morning("2026-11-26"))
    assert reminded() == []
    pass_time(morning("2026-11-27"))
    assert [template for template, _to in reminded()] == ["changes_reminder"]


@pytest.mark.parametrize(
    ("sent_back", "reminder"),
    [
        ("2026-12-23T17:00:00+01:00", "2026-12-29"),  # Christmas and a weekend in between
        ("2028-02-25T09:00:00+01:00", "2028-03-01"),  # over 29 February
        ("2026-03-27T23:30:00+01:00", "2026-04-01"),  # over the night that summer time begins
        ("2026-10-23T22:30:00+00:00", "2026-10-29"),  # a Saturday in Belgium; counts from Monday
    ],
)
def test_r28_days_are_belgian_working_days(taken: TenantRequest, sam: User, sent_back: str, reminder: str) -> None:
    remark = Remark(field="", text="Something.")
    with time_machine.travel(datetime.fromisoformat(sent_back), tick=False):
        workflow.request_changes(taken, by=sam, version=1, remarks=[remark])

    day = date.fromisoformat(reminder)
    pass_time(morning(day - timedelta(days=1), hour=23))
    assert reminded() == []
    pass_time(morning(day, hour=7))
    assert len(reminded()) == 1


def test_r28_every_day_of_it_is_a_setting(waiting: TenantRequest, settings: Any) -> None:
    settings.REMINDER_WORKING_DAYS, settings.WARNING_DAY = [1], 4

    pass_time(morning("2026-11-23"))
    pass_time(morning("2026-11-24"))

    assert [template for template, _to in reminded()] == ["changes_reminder", "changes_warning"]


def test_r28_after_a_pause_of_the_scheduler_only_the_weightiest_is_sent(waiting: TenantRequest) -> None:
    pass_time(morning("2026-12-16"))

    assert [template for template, _to in reminded()] == ["changes_warning"]


def test_r28_what_lapsed_during_a_pause_is_withdrawn_and_not_reminded(waiting: TenantRequest, alice: User) -> None:
    pass_time(morning("2026-12-28"))

    assert TenantRequest.objects.get(pk=waiting.pk).status == Status.WITHDRAWN
    assert reminded() == []
    assert OutgoingEmail.objects.filter(template="ended", to_email=alice.email).count() == 1


def test_r28_sending_again_restarts_the_clock(waiting: TenantRequest, alice: User, sam: User) -> None:
    pass_time(morning("2026-11-25"))
    with time_machine.travel(morning("2026-11-26"), tick=False):
        workflow.submit(waiting, by=alice, sent=ALL_TICKED)
    pass_time(morning("2026-12-14"))
    assert len(reminded()) == 1
    with time_machine.travel(morning("2026-12-14"), tick=False):
        workflow.request_changes(waiting, by=sam, version=2, remarks=[Remark(field="", text="Once more.")])

    pass_time(morning("2026-12-16"))
    assert len(reminded()) == 1
    pass_time(morning("2026-12-17"))

    assert [template for template, _to in reminded()] == ["changes_reminder", "changes_reminder"]


# What it says, and to whom


def test_r28_a_reminder_repeats_remarks_and_deadline_with_the_link(waiting: TenantRequest) -> None:
    pass_time(morning("2026-11-25"))

    mail = OutgoingEmail.objects.get(template="changes_reminder")
    text = readable(mail)
    assert mail.subject == f"Waits for your answer: {waiting.number}"
    assert "Reads like another one. Suggestion: bakkerijdesmetaalst" in text
    assert "by Monday 21 December 2026 at the latest" in text
    assert "Without an answer the request is withdrawn after Monday 21 December 2026." in text
    assert f"/r/{waiting.public_id}/?step=tenant#id_tenant_name" in mail.html


def test_r28_an_owner_who_is_gone_is_replaced_by_the_administrators(
    waiting: TenantRequest, alice: User, bob: User, carol: User
) -> None:
    Membership.objects.filter(user=alice).delete()

    pass_time(morning("2026-11-25"))

    assert reminded() == [("changes_reminder", carol.email)]
    mail = OutgoingEmail.objects.get(template="changes_reminder")
    assert "omdat u beheerder bent van Nordwave IT bv en Alice Peeters, de eigenaar van aanvraag" in readable(mail)


def test_r28_an_owner_who_may_no_longer_request_tenants_is_not_the_only_one_who_is_asked(
    waiting: TenantRequest, alice: User, carol: User
) -> None:
    Membership.objects.filter(user=alice).update(groups=[Group.READ_ONLY])

    pass_time(morning("2026-11-25"))

    assert reminded() == [("changes_reminder", carol.email)]


def test_r28_a_deactivated_owner_is_replaced_and_a_stand_in_hears_no_news_of_their_own(
    waiting: TenantRequest, alice: User, carol: User
) -> None:
    dirk = make_user("dirk@nordwave.example", "Dirk", "Maes")
    Membership.objects.create(user=dirk, company=waiting.partner, groups=[Group.FULL])
    User.objects.filter(pk=alice.pk).update(is_active=False)

    workflow.withdraw(waiting, by=carol)

    ended = OutgoingEmail.objects.filter(template="ended", to_email__endswith="@nordwave.example")
    assert [mail.to_email for mail in ended] == [dirk.email]


def test_r45_a_reminder_is_withheld_once_the_answer_is_there(waiting: TenantRequest, alice: User) -> None:
    from tenants.still_true import contradiction

    pass_time(morning("2026-11-25"))
    mail = OutgoingEmail.objects.get(template="changes_reminder")
    assert contradiction(mail) is None
    workflow.submit(waiting, by=alice, sent=ALL_TICKED)

    assert contradiction(mail) == "The request has moved on: To validate."


# Once, however many schedulers run


@pytest.mark.django_db(transaction=True)
def test_r28_two_schedulers_at_once_remind_once(waiting: TenantRequest, draft: TenantRequest, alice: User) -> None:
    with time_machine.travel(SENT_BACK - timedelta(days=150), tick=False):
        old = drafts.start(draft.company, by=alice)
    barrier = threading.Barrier(4)

    def scheduler(_n: int) -> None:
        try:
            barrier.wait()
            remind_partners()
        finally:
            connection.close()

    with time_machine.travel(morning("2026-12-16"), tick=False), ThreadPoolExecutor(4) as pool:
        list(pool.map(scheduler, range(4)))

    about = sorted(OutgoingEmail.objects.filter(template__in=REMINDERS).values_list("template", "about"))
    assert about == [
        ("changes_warning", f"tenant_request:{waiting.pk}"),
        ("draft_warning", f"tenant_request:{old.pk}"),
    ]
    assert Notice.objects.count() == 2


def test_r28_what_is_wrong_with_one_request_does_not_hold_up_the_others(
    waiting: TenantRequest, draft: TenantRequest, alice: User
) -> None:
    with time_machine.travel(SENT_BACK, tick=False):
        broken = drafts.start(draft.company, by=alice)
    # A row without anything that was sent, which no verb makes.
    TenantRequest.objects.filter(pk=broken.pk).update(
        status=Status.CHANGES_REQUESTED, version=1, due_on=date(2026, 12, 21), held_since=SENT_BACK - timedelta(days=9)
    )

    pass_time(morning("2026-11-25"))

    assert reminded() == [("changes_reminder", alice.email)]


@pytest.mark.django_db(transaction=True)
def test_r28_the_reminders_leave_through_smtp(waiting: TenantRequest, draft: TenantRequest, smtp: Any) -> None:
    with time_machine.travel(SENT_BACK - timedelta(days=150), tick=False):
        drafts.start(draft.company, by=draft.owner)
    OutgoingEmail.objects.all().delete()
    pass_time(morning("2026-11-25"))
    pass_time(morning("2026-12-14"))

    deliver()

    assert sorted(arrived.subject.partition(":")[0] for arrived in smtp.inbox) == [
        "Waits for your answer",
        "Withdrawn soon without an answer",
        "Your draft will be deleted",
    ]


# Drafts


@pytest.fixture
def old_draft(draft: TenantRequest) -> TenantRequest:
    """Touched last on 1 September 2026: day 166 is 14 February, a Sunday; day 180 is 28 February 2027."""
    TenantRequest.objects.update(changed_at=morning("2026-09-01", hour=23))
    draft.refresh_from_db()
    return draft


def test_r28_a_draft_is_warned_of_on_day_166_and_goes_on_day_180(old_draft: TenantRequest, alice: User) -> None:
    pass_time(morning("2027-02-12"))
    assert reminded() == []
    pass_time(morning("2027-02-15"))  # the first working day after the Sunday
    assert reminded() == [("draft_warning", alice.email)]
    assert "the draft is deleted on Monday 1 March 2027" in readable(OutgoingEmail.objects.get())

    pass_time(morning("2027-02-28", hour=23))
    assert TenantRequest.objects.filter(pk=old_draft.pk).exists()
    pass_time(morning("2027-03-01", hour=1))

    assert not TenantRequest.objects.filter(pk=old_draft.pk).exists()


def test_r28_a_draft_that_was_not_warned_of_in_time_is_left_two_weeks(old_draft: TenantRequest) -> None:
    pass_time(morning("2027-06-01"))
    pass_time(morning("2027-06-14", hour=23))
    assert TenantRequest.objects.filter(pk=old_draft.pk).exists()
    assert len(reminded()) == 1

    pass_time(morning("2027-06-15"))

    assert not TenantRequest.objects.filter(pk=old_draft.pk).exists()


def test_r28_a_draft_that_somebody_touches_stays(old_draft: TenantRequest) -> None:
    from tenants.still_true import contradiction

    pass_time(morning("2027-02-15"))
    with time_machine.travel(morning("2027-02-20"), tick=False):
        drafts.keep_step(old_draft, "message", {"reference": "PO-1"})

    pass_time(morning("2027-03-02"))

    assert TenantRequest.objects.filter(pk=old_draft.pk).exists()
    assert contradiction(OutgoingEmail.objects.get()) == "Somebody has worked on the draft since."


def test_r28_what_was_sent_is_no_draft_to_clean_up(waiting: TenantRequest, settings: Any) -> None:
    settings.ANSWER_DAYS = 1000
    TenantRequest.objects.update(changed_at=morning("2025-01-01"), due_on=date(2030, 1, 1))

    pass_time(morning("2027-03-02"))

    assert TenantRequest.objects.filter(pk=waiting.pk).exists()
    assert reminded("draft_warning") == []


def test_r28_a_draft_over_29_february_goes_on_its_day(draft: TenantRequest) -> None:
    TenantRequest.objects.update(changed_at=morning("2027-09-15"))
    draft.refresh_from_db()

    assert deadlines.goes_on(draft, morning("2028-02-28")) == date(2028, 3, 13)  # 180 days, one of them the 29th


# The service is switched off


@pytest.fixture
def switched_off(nordwave: Company) -> Company:
    Company.objects.filter(pk=nordwave.pk).update(tenant_configuration=False)
    nordwave.refresh_from_db()
    return nordwave


def test_r28_switched_off_nothing_new_is_started_or_sent(
    draft: TenantRequest, switched_off: Company, alice: User, login: Any
) -> None:
    browser = login(alice)
    browser.post(f"/r/{draft.public_id}/")

    started = browser.get("/tenants/new/")
    checked = browser.get(f"/tenants/{draft.public_id}/check/")

    assert (started.status_code, checked.status_code) == (403, 403)
    assert "No new requests now" in checked.content.decode()
    draft = TenantRequest.objects.get(pk=draft.pk)
    with pytest.raises(TransitionRefused, match="Arxus has switched Tenant Configuration off for Nordwave IT bv"):
        workflow.submit(draft, by=alice, sent=ALL_TICKED)
    assert Verb.SUBMIT not in transitions.allowed(draft, alice)


@pytest.mark.parametrize("path", ["/", "/tenants/"])
def test_r28_switched_off_the_lists_say_so_and_whom_to_ask(
    draft: TenantRequest, switched_off: Company, alice: User, kim: User, login: Any, path: str
) -> None:
    Company.objects.filter(pk=switched_off.pk).update(success_manager=kim)

    page = login(alice).get(path).text

    assert "Arxus has switched Tenant Configuration off for Nordwave IT bv." in page
    assert "follow them, answer remarks and withdraw them. Ask Kim Janssens at Arxus, kim@arxus.example." in page
    assert "It can be sent once Arxus has switched Tenant Configuration on again" in page
    assert "Request a tenant" not in page


def test_r28_switched_on_nobody_reads_of_it(draft: TenantRequest, alice: User, login: Any) -> None:
    assert "switched Tenant Configuration" not in login(alice).get("/").text


def test_r28_switched_off_what_is_open_is_followed_answered_and_withdrawn(
    waiting: TenantRequest, switched_off: Company, alice: User, login: Any
) -> None:
    browser = login(alice)
    browser.post(f"/r/{waiting.public_id}/")
    waiting = TenantRequest.objects.get(pk=waiting.pk)

    page = browser.get(f"/tenants/{waiting.public_id}/")

    assert page.status_code == 200
    assert "With you: changes needed" in page.content.decode()
    assert browser.get(f"/tenants/{waiting.public_id}/withdraw/").status_code == 200
    assert transitions.allowed(waiting, alice) == [Verb.SUBMIT, Verb.WITHDRAW]
    assert workflow.withdraw(waiting, by=alice).status == Status.WITHDRAWN
