import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from itertools import product

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from conftest import make_contact
from contacts.models import Company, Contact, User
from notifications.models import OutgoingEmail
from notifications.outbox import digest
from tenants import assignment, checks, drafts, suggested, transitions, workflow, working_days
from tenants.models import Status, TenantRequest
from tenants.sending import Incomplete
from tenants.still_true import contradiction
from tenants.tasks import lapse_overdue
from tenants.tests.conftest import ALL_TICKED, answers_for, do
from tenants.transitions import TRANSITIONS, TransitionRefused, Verb
from tenants.workflow import PreviewChanged


def told(tenant_request: TenantRequest, verb: str = "") -> set[tuple[str, str]]:
    """Which mail went to whom."""
    mails = OutgoingEmail.objects.filter(about=f"tenant_request:{tenant_request.pk}")
    return {(mail.to_email, mail.template) for mail in mails}


def state(tenant_request: TenantRequest) -> tuple[str, int, int, int]:
    """What a refused verb must leave alone: status, version, history, outbox."""
    fresh = TenantRequest.objects.get(pk=tenant_request.pk)
    return fresh.status, fresh.version, fresh.history.count(), OutgoingEmail.objects.count()


KINDS = (
    *("owner", "colleague", "reader", "deactivated", "rival", "vap", "contact"),
    *("customers", "technician", "groupless", "customer_full", "both", "elsewhere"),
    *("assignee", "validator", "lead", "superuser", "staff", "stranger"),
)


def may(verb: Verb, status: Status, kind: str) -> bool:
    """The rule: the table's statuses; the partner's people with the right, leads, or of Arxus's people the assignee.

    What has ended waits for nobody, so every validator may reopen it.
    """
    validators = {"assignee", "validator", "lead", "superuser"}
    those = {"partner": {"owner", "colleague", "both"}, "staff": {"assignee"}, "lead": {"lead", "superuser"}}
    allowed = validators if verb == Verb.REOPEN else those[TRANSITIONS[verb].by]
    return status in TRANSITIONS[verb].sources and kind in allowed


@pytest.mark.parametrize("status", list(Status))
def test_r30_t23_only_the_table_moves_a_request(
    in_status: Callable[[Status], TenantRequest], people: dict[str, User], status: Status
) -> None:
    tenant_request = in_status(status)
    before = state(tenant_request)

    # The sentences say how long ago something was done, so the clock stands still.
    with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=False):
        for verb, kind in product(Verb, KINDS):
            with transaction.atomic():
                if may(verb, status, kind):
                    after = do(verb, tenant_request, people[kind])
                    assert (after.status, after.history.count()) == (TRANSITIONS[verb].target, before[2] + 1), (
                        verb,
                        kind,
                    )
                else:
                    with pytest.raises(TransitionRefused) as refused:
                        do(verb, tenant_request, people[kind])
                    why = transitions.refusal(verb, tenant_request, people[kind])
                    assert (state(tenant_request), refused.value.sentence) == (before, why and why.sentence), (
                        verb,
                        kind,
                    )
                transaction.set_rollback(True)


def test_r30_the_first_reason_is_the_one_that_is_told(taken: TenantRequest, people: dict[str, User]) -> None:
    reasons = {
        kind: why and why.reason
        for kind in ("rival", "validator", "assignee")
        for why in [transitions.refusal(Verb.APPROVE, taken, people[kind], version=7)]
    }

    assert reasons == {"rival": "permission", "validator": "version", "assignee": "version"}
    assert transitions.refusal(Verb.APPROVE, taken, people["validator"], version=1).reason == "assignment"


def test_r30_a_refusal_names_who_was_faster_and_when(registering: TenantRequest, sam: User, kim: User) -> None:
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        mine = transitions.refusal(Verb.APPROVE, registering, sam)
        theirs = transitions.refusal(Verb.APPROVE, registering, kim)

    assert (mine.reason, mine.sentence) == ("repetition", "You approved this request 2\xa0minutes ago.")
    assert theirs.sentence == "Sam De Wolf approved this request 2\xa0minutes ago. Nothing was changed."


def test_r31_who_sent_owns_or_is_named_never_decides(sent: TenantRequest, sam: User, theo: Contact) -> None:
    sent.submissions.update(emails=[sam.email])

    assert transitions.refusal(Verb.APPROVE, sent, sam).reason == "own"
    with pytest.raises(TransitionRefused):
        assignment.take(sent, by=sam)


def test_r31_taking_over_is_told_to_the_colleague(taken: TenantRequest, kim: User) -> None:
    after = assignment.take(taken, by=kim)

    assert after.assignee == kim
    assert ("sam@arxus.example", "taken_over") in told(taken)
    assert taken.history.first().verb == "take_over"


def test_r31_a_resubmitted_request_returns_and_is_free_after_a_working_day(
    taken: TenantRequest, alice: User, sam: User
) -> None:
    back = do(Verb.REQUEST_CHANGES, taken, sam)

    with time_machine.travel("2026-11-20T10:00:00+01:00", tick=False):
        again = do(Verb.SUBMIT, back, alice)

    assert again.assignee == sam
    assert timezone.localtime(again.free_from).isoformat() == "2026-11-23T10:00:00+01:00"


def test_r22_what_was_sent_is_not_edited_in_place(sent: TenantRequest) -> None:
    assert drafts.keep_step(sent, "tenant", {"tenant_name": "another"}) is False

    assert TenantRequest.objects.get(pk=sent.pk).answers["tenant"]["tenant_name"] == "bakkerijdesmet"


def test_r25_what_was_sent_stays_whatever_is_edited_later(
    sent: TenantRequest, customer: Company, theo: Contact
) -> None:
    Company.objects.filter(pk=customer.pk).update(legal_name="Renamed nv")
    Contact.objects.filter(pk=theo.pk).update(email="new@bakkerijdesmet.example")

    data = sent.submissions.get().data

    assert data["customer"]["legal_name"] == "Bakkerij De Smet bv"
    assert data["contacts"]["technical"]["email"] == "theo.lambert@bakkerijdesmet.example"


def test_r21_sending_checks_everything_again_and_says_what_is_missing(draft: TenantRequest, alice: User) -> None:
    drafts.keep_step(draft, "tenant", draft.answers["tenant"] | {"tenant_name": "Desmet-Academie", "login_phone": ""})

    with pytest.raises(Incomplete) as incomplete:
        workflow.submit(draft, by=alice, sent=ALL_TICKED)

    assert [(m.step.slug, m.label, m.sentence) for m in incomplete.value.missing] == [
        ("tenant", "Tenant name", "Leave out the hyphen: “desmetacademie” is possible."),
        ("tenant", "Phone number", "Enter the number where Arxus can reach this person, such as +32 470 00 00 00."),
    ]
    assert state(draft)[:2] == (Status.DRAFT, 0)


def test_r21_t28_the_same_send_twice_is_one(draft: TenantRequest, alice: User) -> None:
    workflow.submit(draft, by=alice, sent=ALL_TICKED)

    with pytest.raises(TransitionRefused) as refused:
        workflow.submit(draft, by=alice, sent=ALL_TICKED)

    assert refused.value.reason == "repetition"
    assert draft.submissions.count() == 1


def test_r23_one_partner_asks_for_a_name_once(
    sent: TenantRequest, alice: User, other_customer: Company, theo: Contact, an: Contact
) -> None:
    again = drafts.start(sent.company, by=alice)
    for slug, typed in answers_for(sent.company, theo, an, "BakkerijDeSmet").items():
        drafts.keep_step(again, slug, typed)

    with pytest.raises(Incomplete) as refused:
        workflow.submit(again, by=alice, sent=ALL_TICKED)

    assert sent.number in str(refused.value)


def test_r23_a_withdrawn_name_is_free_again(sent: TenantRequest, alice: User, theo: Contact, an: Contact) -> None:
    workflow.withdraw(sent, by=alice)
    again = drafts.start(sent.company, by=alice)
    for slug, typed in answers_for(sent.company, theo, an).items():
        drafts.keep_step(again, slug, typed)

    assert workflow.submit(again, by=alice, sent=ALL_TICKED).status == Status.TO_VALIDATE


def test_r23_t17_another_partners_clash_shows_to_staff_alone(
    sent: TenantRequest, rival_customer: Company, mallory: User
) -> None:
    people = [make_contact(rival_customer, "Rita", name, f"{name}@bakkerijdesmet.example") for name in ("lens", "maes")]
    theirs = drafts.start(rival_customer, by=mallory)
    for slug, typed in answers_for(rival_customer, *people).items():
        drafts.keep_step(theirs, slug, typed)

    theirs = workflow.submit(theirs, by=mallory, sent=ALL_TICKED)

    assert theirs.status == Status.TO_VALIDATE
    finding = theirs.checks.get(kind="name")
    assert (finding.result, finding.sentence) == ("problem", f"{sent.number} of Nordwave IT bv asks for this name too.")


def test_r32_a_send_back_needs_a_remark_and_a_refusal_a_reason(taken: TenantRequest, sam: User) -> None:
    with pytest.raises(TransitionRefused):
        workflow.request_changes(taken, by=sam, version=1, remarks=[])
    with pytest.raises(TransitionRefused):
        workflow.reject(taken, by=sam, version=1, comment="  ")


def test_r32_what_the_preview_shows_is_what_is_sent(taken: TenantRequest, sam: User) -> None:
    preview = workflow.preview(Verb.REJECT, taken, by=sam, comment="Not your customer.")

    workflow.reject(taken, by=sam, version=1, comment="Not your customer.", seen=digest(preview))

    sent = OutgoingEmail.objects.filter(template__in=["rejected", "ended"])
    assert {(m.to_email, m.subject, m.text, m.html) for m in sent} == {
        (m.to_email, m.subject, m.text, m.html) for m in preview
    }


def test_r32_a_preview_that_is_no_longer_true_is_shown_again(taken: TenantRequest, sam: User, alice: User) -> None:
    seen = digest(workflow.preview(Verb.REJECT, taken, by=sam, comment="Not your customer."))
    User.objects.filter(pk=alice.pk).update(first_name="Alicia")

    with pytest.raises(PreviewChanged) as changed:
        workflow.reject(taken, by=sam, version=1, comment="Not your customer.", seen=seen)

    assert "Alicia" in {mail.to_name.split()[0] for mail in changed.value.mails}
    assert state(taken)[0] == Status.TO_VALIDATE


def test_r34_t33_a_decision_on_an_old_version_is_refused(taken: TenantRequest, alice: User, sam: User) -> None:
    again = do(Verb.SUBMIT, do(Verb.REQUEST_CHANGES, taken, sam), alice)

    with pytest.raises(TransitionRefused) as refused:
        workflow.reject(again, by=sam, version=1, comment="Too late.")

    assert refused.value.reason == "version"


def test_r36_a_suggestion_is_taken_over_into_the_answers(taken: TenantRequest, sam: User) -> None:
    back = do(Verb.REQUEST_CHANGES, taken, sam)

    assert suggested.use_suggestions(back, back.remarks.all(), by=back.owner) == 1

    assert TenantRequest.objects.get(pk=back.pk).answers["tenant"]["tenant_name"] == "desmetaalst"


def test_r40_status_history_and_mails_commit_together_or_not_at_all(taken: TenantRequest, sam: User) -> None:
    before = state(taken)

    with transaction.atomic():
        do(Verb.REJECT, taken, sam)
        assert state(taken) != before
        transaction.set_rollback(True)

    assert state(taken) == before


def test_the_deadline_of_an_answer_falls_on_a_working_day(taken: TenantRequest, sam: User) -> None:
    with time_machine.travel("2026-11-20T16:12:00+01:00"):
        back = do(Verb.REQUEST_CHANGES, taken, sam)

    assert back.due_on == date(2026, 12, 21)


def test_r28_without_an_answer_the_request_is_withdrawn_after_the_deadline(taken: TenantRequest, sam: User) -> None:
    back = do(Verb.REQUEST_CHANGES, taken, sam)

    with time_machine.travel(working_days.start_of(back.due_on)):
        lapse_overdue()
        assert state(back)[0] == Status.CHANGES_REQUESTED
    with time_machine.travel(working_days.start_of(back.due_on + timedelta(days=1))):
        lapse_overdue()
        lapse_overdue()

    assert state(back)[0] == Status.WITHDRAWN
    assert {t for _to, t in told(back)} >= {"ended"}
    assert back.history.filter(verb="withdraw", by=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_r33_t25_of_two_who_decide_at_once_one_wins(taken: TenantRequest, sam: User) -> None:
    outcomes = at_once(
        lambda: do(Verb.REJECT, taken, sam),
        lambda: do(Verb.REQUEST_CHANGES, taken, sam),
    )

    won = [outcome for outcome in outcomes if isinstance(outcome, TenantRequest)]
    lost = [outcome for outcome in outcomes if isinstance(outcome, TransitionRefused)]
    assert (len(won), len(lost)) == (1, 1)
    assert taken.history.filter(verb__in=["reject", "request_changes"]).count() == 1
    mails = {template for _to, template in told(taken)} & {"rejected", "changes_requested"}
    assert mails == ({"rejected"} if won[0].status == Status.REJECTED else {"changes_requested"})


@pytest.mark.django_db(transaction=True)
def test_t28_a_double_click_sends_once(draft: TenantRequest, alice: User) -> None:
    outcomes = at_once(*[lambda: do(Verb.SUBMIT, draft, alice)] * 3)

    assert sum(isinstance(outcome, TenantRequest) for outcome in outcomes) == 1
    assert draft.submissions.count() == 1
    assert OutgoingEmail.objects.filter(template="confirmation").count() == 2


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Run the acts in threads that start together; returns what each gave or raised."""
    barrier = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        barrier.wait()
        try:
            return act()
        except (TransitionRefused, Incomplete) as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_withdrawing_is_closed_only_while_arxus_works_at_microsoft(
    registering: TenantRequest, alice: User, sam: User
) -> None:
    TenantRequest.objects.filter(pk=registering.pk).update(started_at=timezone.now())
    registering.refresh_from_db()

    while_registering = transitions.refusal(Verb.WITHDRAW, registering, alice)
    back = do(Verb.REQUEST_CHANGES, registering, sam)

    assert while_registering.sentence.startswith("Arxus has started at Microsoft")
    assert transitions.refusal(Verb.WITHDRAW, back, alice) is None


def test_r10_what_was_asked_for_one_person_does_not_count_for_another(sent: TenantRequest) -> None:
    found = sent.checks.get(kind="directory")
    found.asked_on, found.case_number, found.fingerprint = date(2026, 11, 19), "CS0041873", "of somebody else"
    found.save()

    checks.run(sent)

    found.refresh_from_db()
    assert (found.asked_on, found.case_number) == (None, "")


@pytest.mark.django_db(transaction=True)
def test_r23_two_drafts_for_one_name_sent_at_once_end_in_a_sentence(
    draft: TenantRequest, alice: User, theo: Contact, an: Contact
) -> None:
    other = drafts.start(draft.company, by=alice)
    for slug, typed in answers_for(draft.company, theo, an).items():
        drafts.keep_step(other, slug, typed)

    outcomes = at_once(lambda: do(Verb.SUBMIT, draft, alice), lambda: do(Verb.SUBMIT, other, alice))

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Incomplete", "TenantRequest"]


def test_r45_a_confirmation_to_somebody_no_longer_named_is_withheld(
    taken: TenantRequest, alice: User, sam: User, theo: Contact, customer: Company
) -> None:
    first = OutgoingEmail.objects.get(to_email=theo.email, template="confirmation")
    back = do(Verb.REQUEST_CHANGES, taken, sam)
    tom = make_contact(customer, "Tom", "Peeters", "tom@bakkerijdesmet.example")
    tenant = back.answers["tenant"] | {"login_email": tom.email}
    drafts.keep_step(back, "tenant", tenant)
    drafts.keep_step(back, "contacts", back.answers["contacts"] | {"technical": f"contact:{tom.public_id}"})

    do(Verb.SUBMIT, back, alice)

    assert contradiction(first) == "This address is no longer named in the request."


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(5))
def test_t27_of_withdrawing_and_approving_at_once_one_wins_and_the_loser_mails_nobody(
    taken: TenantRequest, alice: User, sam: User, pass_checks: Callable[[TenantRequest], None], _round: int
) -> None:
    pass_checks(taken)
    OutgoingEmail.objects.all().delete()

    outcomes = at_once(lambda: do(Verb.WITHDRAW, taken, alice), lambda: do(Verb.APPROVE, taken, sam))

    # Whoever is second may still withdraw what was just approved, but nobody approves what was withdrawn.
    verbs = list(
        taken.history.filter(verb__in=[Verb.WITHDRAW, Verb.APPROVE]).order_by("pk").values_list("verb", flat=True)
    )
    assert verbs in ([Verb.WITHDRAW], [Verb.APPROVE, Verb.WITHDRAW])
    assert sum(isinstance(outcome, TransitionRefused) for outcome in outcomes) == 2 - len(verbs)
    mails = set(OutgoingEmail.objects.values_list("template", flat=True))
    assert mails == {"ended"} | ({"approved"} if Verb.APPROVE in verbs else set())
