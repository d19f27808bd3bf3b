"""Who of Arxus does the work: handing over, being away, what staff are told each morning and of what is late."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.urls import reverse

from contacts.models import User
from notifications.models import OutgoingEmail
from notifications.outbox import deliver
from tenants import absence, assignment, staff, waiting, workflow, working_days
from tenants.models import DirectoryImport, Remark, TenantRequest
from tenants.review import acts, digests
from tenants.staff_mails import yesterdays
from tenants.tasks import tell_staff
from tenants.tests.conftest import ALL_TICKED
from tenants.tests.test_admin import address
from tenants.tests.test_deadlines import morning, readable
from tenants.transitions import TransitionRefused

Login = Callable[[User], Client]
SENT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)  # a Friday: the target is Tuesday 24 November
SAM, KIM = "sam@arxus.example", "kim@arxus.example"


@pytest.fixture
def friday(draft: TenantRequest, alice: User) -> TenantRequest:
    """Sent on Friday 20 November 2026; nobody has it."""
    with time_machine.travel(SENT, tick=False):
        return workflow.submit(draft, by=alice, sent=ALL_TICKED)


def told(template: str) -> list[str]:
    return sorted(OutgoingEmail.objects.filter(template=template).values_list("to_email", flat=True))


def tell_at(at: datetime) -> None:
    """What the schedulers do, twice over."""
    with time_machine.travel(at, tick=False):
        tell_staff()
        tell_staff()


def away(user: User, day: date) -> None:
    User.objects.filter(pk=user.pk).update(away_until=day)


# Handing over


def test_r31_a_lead_hands_a_request_to_a_colleague_and_both_are_told(
    taken: TenantRequest, kim: User, sam: User, login: Login
) -> None:
    lou = User.objects.create_user("lou@arxus.example", first_name="Lou", last_name="Maes", is_staff=True)
    lou.groups.set(sam.groups.all())

    answer = login(kim).post(address("hand_over", taken), {"to": str(lou.public_id), "from": str(sam.pk)}, follow=True)

    fresh = TenantRequest.objects.get(pk=taken.pk)
    line = fresh.history.first()
    assert (fresh.assignee, line.verb, line.by, line.comment) == (lou, "hand_over", kim, "Lou Maes")
    assert (told("assigned"), told("taken_over")) == ([lou.email], [SAM])
    assert "Lou Maes has this request now." in answer.text
    text = readable(OutgoingEmail.objects.get(template="taken_over"))
    assert "Kim Janssens handed the request of Nordwave IT bv for Bakkerij De Smet bv, which was yours, to Lou" in text


def test_r31_only_a_lead_hands_over(taken: TenantRequest, kim: User, sam: User, login: Login) -> None:
    answer = login(sam).post(address("hand_over", taken), {"to": str(kim.public_id), "from": str(sam.pk)})

    assert answer.status_code == 403
    assert TenantRequest.objects.get(pk=taken.pk).assignee == sam
    assert "Hand over…" not in login(sam).get(address("change", taken)).text
    assert "Hand over…" in login(kim).get(address("change", taken)).text


def test_r31_nothing_is_handed_to_who_is_away_involved_or_no_validator(
    sent: TenantRequest, kim: User, sam: User, alice: User, login: Login
) -> None:
    away(sam, working_days.today() + timedelta(days=30))
    sam.refresh_from_db()

    page = login(kim).get(address("hand_over", sent)).text

    assert "Sam De Wolf is away until" in page
    assert str(sam.public_id) not in page
    for person, why in ((sam, "is away until"), (alice, "does not decide requests")):
        with pytest.raises(TransitionRefused, match=why):
            assignment.hand_over(sent, to=person, by=kim, seen=None)
    TenantRequest.objects.update(owner=kim)
    with pytest.raises(TransitionRefused, match="sent, owns or is named in this request"):
        assignment.hand_over(sent, to=kim, by=kim, seen=None)


def test_r33_who_handed_over_what_a_colleague_took_meanwhile_is_told(
    sent: TenantRequest, kim: User, sam: User, login: Login
) -> None:
    assignment.take(sent, by=sam)

    answer = login(kim).post(address("hand_over", sent), {"to": str(kim.public_id), "from": ""})

    assert answer.status_code == 409
    assert "Sam De Wolf has taken this request since you opened it." in answer.text
    assert TenantRequest.objects.get(pk=sent.pk).assignee == sam


def test_t31_partners_and_readers_see_no_page_about_who_works(
    taken: TenantRequest, mallory: User, sam: User, login: Login
) -> None:
    reader = User.objects.create_user("ria@arxus.example", first_name="Ria", last_name="Maes", is_staff=True)
    for name, args in (("away", []), ("away_until", [sam.public_id]), ("hand_over", [taken.pk])):
        url = reverse(f"admin:tenants_tenantrequest_{name}", args=args)
        assert login(mallory).get(url).status_code in (302, 404)
        assert login(reader).post(url, {"until": "30 11 2030"}).status_code in (403, 405)


# Away


def test_r31_away_staff_set_their_own_day_and_leads_anybodys(sam: User, kim: User, login: Login) -> None:
    day = working_days.today() + timedelta(days=10)
    url = reverse("admin:tenants_tenantrequest_away_until", args=[sam.public_id])

    answer = login(sam).post(url, {"until": f"{day:%d %m %Y}"}, follow=True)
    sam.refresh_from_db()
    assert sam.away_until == day
    assert "Sam De Wolf is away until" in answer.text
    assert LogEntry.objects.get().user == sam

    login(kim).post(url, {"until": ""})
    sam.refresh_from_db()
    assert sam.away_until is None
    kims = reverse("admin:tenants_tenantrequest_away_until", args=[kim.public_id])
    assert login(sam).post(kims, {"until": f"{day:%d %m %Y}"}).status_code == 403


@pytest.mark.parametrize(
    "typed", ["1 1 2020", "31 2 2027", "10000000000000000000", "\x00", "soon", "1 1 9999", "1 1 2099"]
)
def test_t38_a_day_that_cannot_be_is_refused_at_the_field(sam: User, login: Login, typed: str) -> None:
    url = reverse("admin:tenants_tenantrequest_away_until", args=[sam.public_id])

    answer = login(sam).post(url, {"until": typed})

    assert answer.status_code == 200
    assert "is-invalid" in answer.text
    assert User.objects.get(pk=sam.pk).away_until is None


def test_r31_what_somebody_away_has_is_free_for_all(taken: TenantRequest, sam: User, kim: User, login: Login) -> None:
    assert acts.take_oldest(by=kim) is None
    away(sam, working_days.today() + timedelta(days=1))

    page = login(kim).get(address("change", taken)).text
    queue = login(kim).get(reverse("admin:tenants_tenantrequest_changelist")).text
    assert "away until" in page
    assert "free for all" in page
    assert "free for all" in queue

    assert acts.take_oldest(by=kim) == taken
    away(sam, working_days.today())
    sam.refresh_from_db()
    assert not absence.is_away(sam)


def test_r31_what_somebody_has_who_left_arxus_is_free_for_all(taken: TenantRequest, sam: User, kim: User) -> None:
    User.objects.filter(pk=sam.pk).update(is_active=False)

    assert list(acts.free_for(kim)) == [taken]


def test_the_page_of_who_is_away_asks_few_questions(
    taken: TenantRequest, sam: User, kim: User, login: Login, django_assert_max_num_queries: Any
) -> None:
    browser = login(kim)
    with django_assert_max_num_queries(15):
        page = browser.get(reverse("admin:tenants_tenantrequest_away"))

    assert "1 request" in page.text


# An answer came


def answered(taken: TenantRequest, sam: User, alice: User) -> None:
    back = workflow.request_changes(taken, by=sam, version=1, remarks=[Remark(field="", text="More.")])
    workflow.submit(back, by=alice, sent=ALL_TICKED)


def test_r31_whoever_sent_it_back_is_told_that_the_answer_came(taken: TenantRequest, sam: User, alice: User) -> None:
    answered(taken, sam, alice)

    assert told("answer_came") == [SAM]
    assert "Alice Peeters of Nordwave IT bv sent the request" in readable(
        OutgoingEmail.objects.get(template="answer_came")
    )


def test_nobody_who_is_away_is_told_that_an_answer_came(taken: TenantRequest, sam: User, alice: User) -> None:
    away(sam, date(2100, 1, 1))

    answered(taken, sam, alice)

    assert told("answer_came") == []


# Late


def test_late_at_the_target_whoever_has_it_is_told_and_leads_at_twice(
    friday: TenantRequest, sam: User, kim: User
) -> None:
    assignment.take(friday, by=sam)

    tell_at(morning("2026-11-24", hour=23))
    assert told("overdue") == []
    tell_at(morning("2026-11-25"))
    tell_at(morning("2026-11-26"))
    assert told("overdue") == [SAM]
    tell_at(morning("2026-11-27"))
    assert told("overdue") == [KIM, SAM]
    subjects = OutgoingEmail.objects.filter(template="overdue").order_by("to_email").values_list("subject", flat=True)
    assert list(subjects) == [f"Twice the target: {friday.number}", f"Late: {friday.number}"]


@pytest.mark.parametrize("why", ["nobody", "away"])
def test_late_with_nobody_all_validators_who_are_there_are_told(
    friday: TenantRequest, sam: User, kim: User, why: str
) -> None:
    if why == "away":
        assignment.take(friday, by=sam)
        away(sam, date(2027, 1, 1))

    tell_at(morning("2026-11-25"))

    assert told("overdue") == ([KIM] if why == "away" else [KIM, SAM])


def test_late_after_a_pause_a_lead_hears_the_weightier_thing_once(friday: TenantRequest, sam: User, kim: User) -> None:
    tell_at(morning("2026-12-07"))

    assert told("overdue") == [KIM, SAM]
    assert OutgoingEmail.objects.get(template="overdue", to_email=KIM).subject.startswith("Twice the target")


def test_r35_late_is_told_once_of_a_target_that_stood_still_meanwhile(
    friday: TenantRequest, sam: User, pass_checks: Callable[[TenantRequest], None]
) -> None:
    assignment.take(friday, by=sam)
    with time_machine.travel(morning("2026-11-25"), tick=False):
        pass_checks(friday)
        workflow.approve(friday, by=sam, version=1)
    tell_at(morning("2026-11-25", hour=10))
    with time_machine.travel(morning("2026-11-25", hour=11), tick=False):
        waiting.wait_for(friday, by=sam, version=1, whom="microsoft")
    tell_at(morning("2026-12-01"))
    with time_machine.travel(morning("2026-12-01", hour=10), tick=False):
        waiting.wait_for(friday, by=sam, version=1, whom="arxus")

    tell_at(morning("2026-12-01", hour=11))

    assert told("overdue") == [SAM]


def test_late_is_not_told_of_what_is_with_the_partner(friday: TenantRequest, sam: User) -> None:
    assignment.take(friday, by=sam)
    with time_machine.travel(morning("2026-11-23"), tick=False):
        workflow.request_changes(friday, by=sam, version=1, remarks=[Remark(field="", text="More.")])

    tell_at(morning("2026-11-27"))

    assert told("overdue") == []


# Each working morning


def test_digest_each_working_morning_says_what_waits(friday: TenantRequest, sam: User, kim: User) -> None:
    User.objects.filter(pk=kim.pk).update(language="nl")

    tell_at(morning("2026-11-21"))  # a Saturday
    tell_at(morning("2026-11-23", hour=6))
    assert told("queue_digest") == []
    tell_at(morning("2026-11-23", hour=7))
    assert told("queue_digest") == [KIM, SAM]
    tell_at(morning("2026-11-25"))
    assert told("queue_digest") == [KIM, KIM, SAM, SAM]

    last = OutgoingEmail.objects.filter(template="queue_digest", to_email=SAM).latest("created_at")
    text = readable(last)
    assert last.subject == "One request waits for Arxus, 1 late"
    assert f"{friday.number} Bakkerij De Smet bv (Nordwave IT bv) Late: the target was Tuesday 24 November 2026" in text
    assert "Nobody has it" in text
    assert f"/r/{friday.public_id}/" in last.html
    assert OutgoingEmail.objects.filter(to_email=KIM, subject="Eén aanvraag wacht op Arxus").exists()


def test_digest_is_never_empty_and_goes_to_nobody_away(
    friday: TenantRequest, sam: User, kim: User, alice: User
) -> None:
    away(sam, date(2026, 11, 24))
    tell_at(morning("2026-11-23"))
    assert told("queue_digest") == [KIM]

    workflow.withdraw(friday, by=alice)
    tell_at(morning("2026-11-24"))

    assert told("queue_digest") == [KIM]


def test_digest_names_the_oldest_first_and_counts_the_rest(friday: TenantRequest, sam: User) -> None:
    for n in range(20):
        row = TenantRequest.objects.get(pk=friday.pk)
        row.pk, row.public_id, row.number, row.name_key = None, f"{n:032}", f"TR-26-{n:05}", f"{n}.example"
        row.held_since = SENT - timedelta(days=n)
        row.save()

    tell_at(morning("2026-11-23"))

    text = readable(OutgoingEmail.objects.get(template="queue_digest"))
    assert text.index("TR-26-00019") < text.index("TR-26-00018") < text.index("TR-26-00005")
    assert "TR-26-00004" not in text
    assert "6 more are in the queue." in text


@pytest.mark.parametrize(
    ("dated", "says"),
    [
        ("2026-11-10", "The file of Tuesday 10 November 2026 is too old"),
        ("2026-11-13", "The file of Friday 13 November 2026 counts until Friday 20 November 2026"),
        ("2026-11-16", ""),
    ],
)
def test_r10_a_directory_that_goes_stale_is_said_to_leads_and_in_the_queue(
    kim: User, sam: User, login: Login, dated: str, says: str
) -> None:
    DirectoryImport.objects.create(
        file_name="users.csv", dated=date.fromisoformat(dated), by=sam, applied_at=morning(dated)
    )

    tell_at(morning("2026-11-20"))
    with time_machine.travel(morning("2026-11-20"), tick=False):
        queue = login(sam).get(reverse("admin:tenants_tenantrequest_changelist")).text

    assert told("queue_digest") == ([KIM] if says else [])
    if says:
        assert says in readable(OutgoingEmail.objects.get())
    assert ("The ServiceNow directory is older than seven days." in queue) is ("too old" in says)
    assert ("The ServiceNow directory counts until" in queue) is ("counts until" in says)


def test_r45_yesterdays_digest_is_withheld(friday: TenantRequest, sam: User) -> None:
    tell_at(morning("2026-11-23"))
    mail = OutgoingEmail.objects.get(template="queue_digest")

    with time_machine.travel(morning("2026-11-23"), tick=False):
        assert yesterdays(mail) is None
    with time_machine.travel(morning("2026-11-24"), tick=False):
        assert yesterdays(mail) == "The day that this mail speaks of is over."


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_at_once_tell_staff_once(friday: TenantRequest, sam: User, kim: User) -> None:
    barrier = threading.Barrier(4)

    def scheduler(_n: int) -> None:
        try:
            barrier.wait()
            tell_staff()
        finally:
            connection.close()

    with time_machine.travel(morning("2026-11-30"), tick=False), ThreadPoolExecutor(4) as pool:
        list(pool.map(scheduler, range(4)))

    assert (told("queue_digest"), told("overdue")) == ([KIM, SAM], [KIM, SAM])


@pytest.mark.django_db(transaction=True)
def test_every_mail_to_staff_leaves_through_smtp(
    friday: TenantRequest, sam: User, kim: User, alice: User, smtp: Any
) -> None:
    today = working_days.on_or_after(working_days.today())
    with time_machine.travel(morning(today, hour=9), tick=False):
        assignment.take(friday, by=kim)
        assignment.hand_over(friday, to=sam, by=kim, seen=kim.pk)
        digests.send_digests()
        digests.tell_of_late_ones()
        TenantRequest.objects.filter(pk=friday.pk).update(due_on=today - timedelta(days=30))
        digests.tell_of_late_ones()
        OutgoingEmail.objects.exclude(to_email__endswith="@arxus.example").delete()
        deliver()
        answered(friday, sam, alice)
        OutgoingEmail.objects.exclude(to_email__endswith="@arxus.example").delete()
        deliver()

    subjects = {arrived.subject.partition(":")[0] for arrived in smtp.inbox}
    assert subjects >= {"Assigned to you", "Late", "Twice the target", "Answer came"}
    assert any(subject.startswith("One request waits for Arxus") for subject in subjects)


def test_validators_and_leads_are_those_of_the_groups(sam: User, kim: User, alice: User) -> None:
    User.objects.create_superuser("root@arxus.example", first_name="Root", last_name="Root")

    assert (staff.validators(), staff.leads()) == ([sam, kim], [kim])
