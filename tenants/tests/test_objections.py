"""What a contact says is not right (R37)."""

import threading
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils.html import escape
from structlog.testing import capture_logs

from contacts.current import SESSION_KEY
from contacts.models import Company, Contact, User
from notifications.models import OutgoingEmail
from notifications.outbox import deliver, digest
from tenants import assignment, objection_links, objections, workflow
from tenants.models import Objection, Submission, TenantRequest
from tenants.tests.conftest import ALL_TICKED, made_at_microsoft, reached
from tenants.tests.test_announcements import correct, heard, readable, told
from tenants.transitions import TransitionRefused
from tenants.workflow import PreviewChanged

ALICE, THEO = "alice@nordwave.example", "theo.lambert@bakkerijdesmet.example"
TEXT = "I am not the technical contact of this bakery."


def link(found: TenantRequest, email: str = THEO) -> str:
    return objection_links.address(found, email).removeprefix("http://localhost:8000")


def raised(found: TenantRequest, text: str = TEXT) -> Objection:
    """Theo objects."""
    known = objections.find(found.public_id, link(found).rstrip("/").rpartition("/")[2])
    assert known
    return objections.object_to(*known, text)


def settle_page(objection: Objection) -> str:
    return reverse("admin:tenants_tenantrequest_settle", args=[objection.tenant_request_id, objection.pk])


# Raising


def test_r37_the_confirmation_has_the_link_for_contacts_only(sent: TenantRequest) -> None:
    mails = {mail.to_email: mail for mail in OutgoingEmail.objects.all()}

    assert f"http://localhost:8000{link(sent)}" in mails[THEO].text
    assert f'href="http://localhost:8000{link(sent)}"' in mails[THEO].html
    assert "/not-right/" not in mails[ALICE].text + mails[ALICE].html


def test_r37_opening_the_link_needs_no_login_and_changes_nothing(sent: TenantRequest, client: Client) -> None:
    before = (OutgoingEmail.objects.count(), sent.history.count())

    for _ in range(3):
        answer = client.get(link(sent))

    assert (answer.status_code, Objection.objects.count()) == (200, 0)
    assert (OutgoingEmail.objects.count(), sent.history.count()) == before
    assert sent.number in answer.text
    assert "Nordwave IT bv" in answer.text
    assert "Bakkerij" not in answer.text
    assert answer.headers["X-Robots-Tag"] == "noindex"


def test_r37_what_is_written_is_told_to_owner_reviewer_and_objector(taken: TenantRequest, sam: User) -> None:
    mails = heard(lambda: Client().post(link(taken), {"text": TEXT}))

    assert told(mails) == {(ALICE, "objection"), (sam.email, "objection_staff"), (THEO, "objection_receipt")}
    assert all(TEXT in readable(mail) for mail in mails.values())
    assert Objection.objects.get().name == "Theo Lambert"
    assert taken.history.first().verb == "objection"


def test_r37_the_same_said_twice_is_once(taken: TenantRequest, client: Client) -> None:
    answers = [client.post(link(taken), {"text": TEXT}).headers["Location"] for _ in range(2)]

    assert answers == [reverse("tenants:objection_sent")] * 2
    assert (Objection.objects.count(), OutgoingEmail.objects.filter(template="objection").count()) == (1, 1)
    assert "Arxus has what you wrote" in client.get(answers[0]).text


def test_r37_whoever_comes_back_reads_that_arxus_has_it_and_not_what(taken: TenantRequest, client: Client) -> None:
    client.post(link(taken), {"text": TEXT})

    again = client.get(link(taken)).text

    assert "Arxus has what you wrote on" in again
    assert TEXT not in again


@pytest.mark.django_db(transaction=True)
def test_r37_a_double_click_objects_once(taken: TenantRequest) -> None:
    path, barrier = link(taken), threading.Barrier(4)

    def post() -> None:
        barrier.wait()
        Client().post(path, {"text": TEXT})
        connection.close()

    threads = [threading.Thread(target=post) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert Objection.objects.count() == 1


def test_r37_somebody_has_five_open_at_most(taken: TenantRequest, client: Client) -> None:
    for at in range(objections.MOST + 2):
        client.post(link(taken), {"text": f"{TEXT} {at}"})

    assert Objection.objects.count() == objections.MOST


def test_t37_the_page_takes_twenty_an_hour_from_one_place(taken: TenantRequest, client: Client) -> None:
    with capture_logs() as logs:
        statuses = [client.post(link(taken), {"text": ""}).status_code for _ in range(21)]

    assert reached(logs) == [{"limit": "objection", "user": None}]
    assert (statuses[:20], statuses[20]) == ([200] * 20, 429)


def test_r37_a_scanner_that_sends_the_form_as_it_stands_says_nothing(taken: TenantRequest, client: Client) -> None:
    answer = client.post(link(taken), {"text": "  "})

    assert "Write what is not right." in answer.text
    assert not Objection.objects.exists()


def test_t45_every_wrong_link_gets_the_same_page(sent: TenantRequest, client: Client, draft: TenantRequest) -> None:
    good = link(sent)
    start, token = good.rstrip("/").rpartition("/")[::2]
    others = [
        f"{start}/{token[:-1]}x/",
        f"{start}/x/",
        f"/not-right/{uuid4()}/{token}/",
        link(sent, "nobody@x.example"),
    ]

    answers = [client.get(path) for path in others] + [client.post(path, {"text": TEXT}) for path in others]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert not Objection.objects.exists()


def test_t79_the_post_needs_the_token_of_the_page(taken: TenantRequest) -> None:
    stranger = Client(enforce_csrf_checks=True)

    answer = stranger.post(link(taken), {"text": TEXT})
    shown = stranger.get(link(taken))
    again = stranger.post(link(taken), {"text": TEXT, "csrfmiddlewaretoken": shown.context["csrf_token"]})

    assert (answer.status_code, again.status_code) == (403, 302)


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script> http://evil.example", "{{ 7|add:7 }} {% debug %}", "[[access_link]]", "🦊" * 1000],
)
def test_t70_t73_r18_hostile_words_are_inert_in_pages_and_mails(
    taken: TenantRequest, login: Callable[[User], Client], sam: User, text: str
) -> None:
    mails = heard(lambda: raised(taken, text))

    page = login(sam).get(reverse("admin:tenants_tenantrequest_change", args=[taken.pk])).text
    for mail in mails.values():
        assert "http://evil" not in mail.text + mail.html
        assert "[[access_link]]" not in mail.text + mail.html
    for shown in (page, *(mail.html for mail in mails.values())):
        assert "<script>alert" not in shown
    assert "14" not in "".join(mail.text for mail in mails.values() if "add:7" in text).replace(taken.number, "")[:400]


@pytest.mark.parametrize("text", ["a\0b", "a\u202egpj.exe", "x" * 1001, "x" * 30_000])
def test_t39_what_cannot_be_kept_is_refused_at_the_field(taken: TenantRequest, client: Client, text: str) -> None:
    answer = client.post(link(taken), {"text": text})

    assert (answer.status_code, answer.context["form"].has_error("text")) == (200, True)


def test_t44_the_link_is_masked_in_the_log() -> None:
    from portal.logs import mask

    assert mask(None, "info", '{"path": "/not-right/0b1c/abcdef/"}') == '{"path": "/not-right/…"}'


def test_r37_when_the_request_has_ended_a_sentence_says_so(sent: TenantRequest, alice: User, client: Client) -> None:
    workflow.withdraw(sent, by=alice)

    shown, posted = client.get(link(sent)), client.post(link(sent), {"text": TEXT})

    assert "This request has ended, so nothing more happens with it." in shown.text
    assert (posted.status_code, Objection.objects.count()) == (409, 0)
    for answer in (shown, posted):
        assert "The Arxus service desk helps, if you name" in answer.text
        assert "servicedesk@arxus.example" in answer.text.split("service desk helps")[1].split("</p>")[0]
    assert (f">{TEXT}</pre>" in posted.text, "to-copy" in shown.text) == (True, False)


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "x" * 1500])
def test_r37_what_came_too_late_is_shown_as_it_was_typed(
    sent: TenantRequest, alice: User, client: Client, text: str
) -> None:
    workflow.withdraw(sent, by=alice)

    answer = client.post(link(sent), {"text": text})

    assert f">{escape(text)}</pre>" in answer.text


def test_r37_a_quoted_mail_of_ours_is_taken_without_what_nobody_sees(taken: TenantRequest, client: Client) -> None:
    client.post(link(taken), {"text": "You wrote theo\u200b.\u200blambert\u200b@\u200bbakkerij\u200b.\u200bexample."})

    assert Objection.objects.get().text == "You wrote theo.lambert@bakkerij.example."


def test_r37_a_mark_that_turns_the_reading_direction_stays_refused(taken: TenantRequest, client: Client) -> None:
    answer = client.post(link(taken), {"text": "You wrote \u202eexample."})

    assert answer.context["form"].has_error("text")


def test_r37_who_is_no_longer_named_has_nothing_to_settle(taken: TenantRequest, alice: User, client: Client) -> None:
    correct(taken, alice, email="theo@bakkerijdesmet.example")

    assert "You are no longer named in this request" in client.get(link(taken)).text
    assert "Tell Arxus" in client.get(link(taken, "theo@bakkerijdesmet.example")).text


def test_r37_a_corrected_address_that_objected_reads_that_it_is_being_settled(
    taken: TenantRequest, alice: User, sam: User, client: Client
) -> None:
    objection = raised(taken)
    OutgoingEmail.objects.filter(to_email=THEO).update(state="accepted")

    mails = heard(lambda: correct(taken, alice, email="theo@bakkerijdesmet.example"))
    page = " ".join(client.get(link(taken)).text.split())
    objections.settle(objection, by=sam, reason="Another address was meant.")

    said = "Arxus handelt nog af wat u over deze aanvraag schreef, en laat u op dit adres weten hoe."
    assert said in readable(mails[THEO])
    assert "You are no longer named in this request. Arxus still settles what you wrote on" in page
    assert "You get a mail that says how, at the address where you got the link." in page
    assert "so there is nothing to settle" in client.get(link(taken)).text


def test_r14_whoever_is_written_to_no_more_is_promised_no_mail(
    taken: TenantRequest, alice: User, client: Client
) -> None:
    raised(taken)
    correct(taken, alice, email="theo@bakkerijdesmet.example")
    Company.objects.filter(pk=taken.company_id).update(relation="vap", email_domains=["bakkerijdesmet.example"])

    page = client.get(link(taken)).text

    assert ("Arxus still settles what you wrote" in page, "You get a mail" in page) == (True, False)


# What it blocks, and settling


def test_r37_an_open_objection_blocks_approving_and_registering(
    taken: TenantRequest, sam: User, pass_checks: Callable[[TenantRequest], None]
) -> None:
    pass_checks(taken)
    objection = raised(taken)

    with pytest.raises(TransitionRefused) as refused:
        workflow.approve(taken, by=sam, version=1)
    objections.settle(objection, by=sam, reason="Called Theo: he is.")
    approved = workflow.approve(taken, by=sam, version=1)
    raised(approved, "And the name is wrong.")
    with pytest.raises(TransitionRefused) as again:
        workflow.register(approved, by=sam, version=1, tenant=made_at_microsoft())

    sentence = "Theo Lambert says that something is not right. Settle that first, then decide."
    assert (refused.value.sentence, again.value.sentence) == (sentence, sentence)


def test_r37_settling_tells_the_objector_why(taken: TenantRequest, sam: User) -> None:
    objection = raised(taken)

    mails = heard(lambda: objections.settle(objection, by=sam, reason="Called Theo: he is."))

    assert told(mails) == {(THEO, "objection_settled")}
    assert "Called Theo: he is." in readable(mails[THEO])
    assert taken.history.first().comment == "Theo Lambert: Called Theo: he is."


@pytest.mark.parametrize("language", ["nl", "fr"])
def test_r26_r41_whoever_objects_to_a_wrong_address_is_answered_at_the_right_one(
    taken: TenantRequest, theo: Contact, alice: User, sam: User, language: str
) -> None:
    Contact.objects.filter(pk=theo.pk).update(language=language)
    objection = raised(taken)
    correct(taken, alice, email="theo.new@bakkerijdesmet.example")

    mails = heard(lambda: objections.settle(objection, by=sam, reason="The address is corrected."))

    new = "theo.new@bakkerijdesmet.example"
    assert told(mails) == {(new, "objection_settled"), (THEO, "objection_settled")}
    assert mails[new].language == language


def test_r26_an_answer_that_still_waits_goes_to_the_corrected_address(
    taken: TenantRequest, theo: Contact, alice: User, sam: User
) -> None:
    objections.settle(raised(taken), by=sam, reason="The address is corrected.")
    raised(taken, "And my telephone number?")
    new = "theo.new@bakkerijdesmet.example"

    correct(taken, alice, email=new)

    rows = OutgoingEmail.objects.filter(template__in=["objection_receipt", "objection_settled"])
    told = {(row.template, row.state, row.to_email) for row in rows.exclude(facts__objection=None)}
    assert told == {
        ("objection_receipt", "waiting", THEO),
        ("objection_settled", "waiting", THEO),
        ("objection_receipt", "waiting", new),
        ("objection_settled", "waiting", new),
    }


def test_r41_whoever_is_named_no_more_is_answered_in_the_language_they_were_named_with(
    draft: TenantRequest, theo: Contact, an: Contact, alice: User, sam: User
) -> None:
    Contact.objects.filter(pk=theo.pk).update(language="nl")
    taken = assignment.take(workflow.submit(draft, by=alice, sent=ALL_TICKED), by=sam)
    objection = raised(taken)
    data = taken.submissions.get().data
    data["contacts"]["technical"] = data["contacts"]["commercial"]
    more: dict[str, Any] = {"sent_by": alice, "sent_at": objection.raised_at}
    Submission.objects.create(tenant_request=taken, version=2, data=data, emails=[an.email], **more)

    mails = heard(lambda: objections.settle(objection, by=sam, reason="Another person is named."))

    assert {(mail.to_email, mail.language) for mail in mails.values()} == {(THEO, "nl")}


def test_r32_the_page_shows_the_mail_before_it_settles(
    taken: TenantRequest, sam: User, login: Callable[[User], Client]
) -> None:
    objection, client = raised(taken), login(sam)
    path = settle_page(objection)

    asked = client.post(path, {"reason": ""})
    shown = client.post(path, {"reason": "Called Theo."})
    mails = heard(lambda: client.post(path, {"reason": "Called Theo.", "decide": "yes", "seen": shown.context["seen"]}))

    assert "Write how it is settled" in asked.text
    assert (digest(mails.values()), mails[THEO].text in shown.context["mails"][0].text) == (shown.context["seen"], True)
    objection.refresh_from_db()
    assert (objection.settled_by, objection.settlement) == (sam, "Called Theo.")


def test_r32_nothing_is_settled_without_the_mail_that_was_seen(taken: TenantRequest, sam: User) -> None:
    objection = raised(taken)

    with pytest.raises(PreviewChanged):
        objections.settle(objection, by=sam, reason="Called.", seen="another")

    assert Objection.objects.get().settled_at is None


def test_r33_the_second_who_settles_is_told_who_did(
    taken: TenantRequest, sam: User, kim: User, login: Callable[[User], Client]
) -> None:
    objection = raised(taken)
    objections.settle(objection, by=kim, reason="Called.")

    answer = login(sam).post(settle_page(objection), {"reason": "Called too.", "decide": "yes", "seen": "x"})

    assert (answer.status_code, "Kim Janssens settled this already." in answer.text) == (409, True)
    assert OutgoingEmail.objects.filter(template="objection_settled").count() == 1


def test_r31_t31_who_may_not_decide_may_not_settle(
    taken: TenantRequest, alice: User, login: Callable[[User], Client], django_user_model: type[User]
) -> None:
    objection = raised(taken)
    desk = django_user_model.objects.create_user(
        "desk@arxus.example", "x", first_name="D", last_name="D", is_staff=True
    )

    for by in (alice, desk):
        with pytest.raises(TransitionRefused):
            objections.settle(objection, by=by, reason="?")
    assert login(desk).post(settle_page(objection), {"reason": "?"}).status_code == 403


def test_t01_an_objection_is_settled_on_the_page_of_its_own_request(
    taken: TenantRequest, sam: User, login: Callable[[User], Client]
) -> None:
    objection = raised(taken)
    path = reverse("admin:tenants_tenantrequest_settle", args=[taken.pk, objection.pk + 1])

    assert login(sam).get(path).status_code == 404


# Who sees it


def test_r37_the_partner_reads_it_and_nobody_else(
    taken: TenantRequest,
    login: Callable[[User], Client],
    alice: User,
    mallory: User,
    rival_customer: Company,
    theo: Contact,
) -> None:
    raised(taken, TEXT + "\nNobody asked me.")

    def page(user: User, company: Company) -> Any:
        client = login(user)
        session = client.session
        session[SESSION_KEY] = company.pk
        session.save()
        return client.get(reverse("tenants:request", args=[taken.public_id]))

    assert "Theo Lambert says that something is not right." in page(alice, taken.company).text
    assert f"{TEXT}<br>Nobody asked me." in page(alice, taken.company).text
    assert page(mallory, rival_customer).status_code == 404


def test_r37_the_review_page_closes_its_doors_with_the_reason(
    taken: TenantRequest, login: Callable[[User], Client], sam: User, pass_checks: Callable[[TenantRequest], None]
) -> None:
    pass_checks(taken)
    objection = raised(taken)

    text = login(sam).get(reverse("admin:tenants_tenantrequest_change", args=[taken.pk])).text

    assert "Theo Lambert says that something is not right. Settle that first, then decide." in text
    assert f'href="{settle_page(objection)}"' in text


@pytest.mark.django_db(transaction=True)
def test_r37_r45_its_mails_leave_and_a_receipt_for_an_ended_request_does_not(
    taken: TenantRequest, alice: User, sam: User, smtp: Any
) -> None:
    objection = raised(taken)
    OutgoingEmail.objects.exclude(template__startswith="objection").delete()
    deliver()
    objections.settle(objection, by=sam, reason="Called Theo: he is.")
    raised(taken, "Something else.")
    workflow.withdraw(taken, by=alice)

    deliver()

    late = OutgoingEmail.objects.filter(template="objection_receipt").latest("created_at")
    assert (late.state, late.outcome) == ("withheld", "The request has moved on: Withdrawn.")
    subjects = [mail.subject for mail in smtp.to(THEO)]
    assert subjects[:1] == [f"Arxus heeft wat u schreef: {taken.number}"]


def test_r37_where_whoever_has_it_is_away_the_others_hear(taken: TenantRequest, sam: User, kim: User) -> None:
    User.objects.filter(pk=sam.pk).update(away_until=date(2099, 1, 1))

    mails = heard(lambda: Client().post(link(taken), {"text": TEXT}))

    assert {email for email, template in told(mails) if template == "objection_staff"} == {kim.email}


def test_r37_of_a_request_that_nobody_has_every_validator_hears(sent: TenantRequest, sam: User, kim: User) -> None:
    mails = heard(lambda: Client().post(link(sent), {"text": TEXT}))

    assert {(sam.email, "objection_staff"), (kim.email, "objection_staff")} <= told(mails)
    assert "nobody has request" in readable(mails[sam.email])
