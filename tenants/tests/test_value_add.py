"""R14 in requests: choosing, sending, mails, access."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

import notifications.tasks
from conftest import make_company, make_contact, make_user
from contacts.models import Company, Contact, Group, Membership, User
from notifications.models import OutgoingEmail
from notifications.outbox import Mail, deliver, enqueue
from notifications.tests.smtp_sink import Sink
from portal.celery import app
from tenants import access, announcements, assignment, drafts, suggested, workflow
from tenants.models import TenantRequest
from tenants.persons import Cast
from tenants.sending import Incomplete
from tenants.statements import applying
from tenants.steps import Answers
from tenants.tests.conftest import ALL_TICKED, answers_for, made_at_microsoft
from tenants.transitions import TransitionRefused, Verb

pytestmark = pytest.mark.django_db
ELAN = "Studio Elan bv does not know Arxus, so nobody there is written to."


@pytest.fixture
def studio(valora: Company) -> Company:
    """Studio Elan, which knows nothing of Arxus; Vera's customer."""
    fields = {"relation": "vap", "email_domains": ["studio.example"]}
    return make_company("Studio Elan bv", "BE0451406524", partner=valora, **fields)


@pytest.fixture
def tess(valora: Company) -> Contact:
    return make_contact(valora, "Tess", "Maes", "tess@valora.example", language="en")


@pytest.fixture
def kurt(valora: Company) -> Contact:
    return make_contact(valora, "Kurt", "Baert", "kurt@private.example", language="en", job_title="director")


@pytest.fixture
def draft_of_vera(studio: Company, vera: User, tess: Contact, kurt: Contact) -> TenantRequest:
    draft = drafts.start(studio, by=vera)
    for slug, typed in answers_for(studio, tess, kurt, "studioelan").items():
        drafts.keep_step(draft, slug, typed)
    return draft


@pytest.fixture
def sent_by_vera(draft_of_vera: TenantRequest, vera: User) -> TenantRequest:
    return workflow.submit(draft_of_vera, by=vera, sent=ALL_TICKED)


@pytest.fixture
def registering_for_vera(sent_by_vera: TenantRequest, sam: User, pass_checks: Callable[..., None]) -> TenantRequest:
    taken = assignment.take(sent_by_vera, by=sam)
    pass_checks(taken)
    return workflow.approve(taken, by=sam, version=1)


def names(cast: Cast) -> set[str]:
    return {person.name for person in cast.values()}


def mail_about(found: TenantRequest, email: str, **facts: Any) -> OutgoingEmail:
    """A mail about a request that should never have been composed."""
    text = {"subject": "Hello", "text": "Hello\n", "html": "<p>Hello</p>", "template": "confirmation"}
    facts = {"tenant_request": found.pk} | facts
    [row] = enqueue([Mail(email, "Els", "en", about=announcements.about(found), facts=facts, **text)])
    return row


# --- Choosing


def test_r14_only_people_of_the_partner_can_be_chosen(studio: Company, vera: User, tess: Contact) -> None:
    """Contacts from the days when it knew Arxus, at its domain, below it, or elsewhere, cannot."""
    make_contact(studio, "Jan", "Elan", "jan@private.example")
    make_contact(studio, "Jef", "Elan", "jef@studio.example")
    make_contact(studio.partner, "Jos", "Elan", "jos@mail.studio.example")
    make_contact(studio, "Jil", "Wit", "jil@valora.example")
    lent = make_user("lent@studio.example", "Lia", "Lent")
    Membership.objects.create(user=lent, company=studio.partner, groups=[Group.FULL])

    cast = Cast(studio, vera)

    assert names(cast) == {"Vera Wouters", "Tess Maes", "Jil Wit"}
    assert {person.company for person in cast.values()} == {"Valora nv"}


@pytest.mark.parametrize("ref", ["contact:{}", "user:{}", "{}", "contact:", "user:0"])
def test_r14_a_typed_remembered_or_suggested_person_of_the_customer_is_refused(
    draft_of_vera: TenantRequest, studio: Company, vera: User, ref: str
) -> None:
    jan = make_contact(studio, "Jan", "Elan", "jan@studio.example")
    value = ref.format(jan.public_id)

    drafts.keep_step(draft_of_vera, "contacts", draft_of_vera.answers["contacts"] | {"technical": value})

    [missing] = Answers(draft_of_vera, vera).missing
    assert missing.sentence == "Studio Elan bv does not know Arxus: choose somebody of Valora nv."
    assert not suggested.is_accepted(draft_of_vera, "contacts.technical", value, vera)
    with pytest.raises(Incomplete):
        workflow.submit(draft_of_vera, by=vera, sent=ALL_TICKED)
    assert not OutgoingEmail.objects.exists()


def test_r14_nobody_at_another_such_customer_of_the_partner_is_named(
    draft_of_vera: TenantRequest, valora: Company, vera: User
) -> None:
    make_company("Garage", "BE0417497106", partner=valora, relation="vap", email_domains=["private.example"])

    with pytest.raises(Incomplete, match="Kurt Baert cannot be named here"):
        workflow.submit(draft_of_vera, by=vera, sent=ALL_TICKED)


def test_t16_a_rivals_customer_stops_nobody(draft_of_vera: TenantRequest, cloudhoek: Company, vera: User) -> None:
    claimed = ["valora.example", "private.example", "studio.example"]
    make_company("MARKER", "BE0417497106", partner=cloudhoek, relation="vap", email_domains=claimed)

    workflow.submit(draft_of_vera, by=vera, sent=ALL_TICKED)

    assert set(OutgoingEmail.objects.values_list("state", flat=True)) == {"waiting"}


def test_r14_the_first_login_is_handed_to_the_partner(draft_of_vera: TenantRequest, vera: User) -> None:
    drafts.keep_step(draft_of_vera, "tenant", {"login_email": "jan@studio.example"}, whole=False)

    [missing] = Answers(draft_of_vera, vera).missing

    assert (missing.field, missing.step.slug) == ("login_email", "tenant")
    assert "write somebody of Valora nv, who passes the login on" in missing.sentence


def test_r11_r14_the_commercial_contact_binds_the_partner(sent_by_vera: TenantRequest, vera: User) -> None:
    data = sent_by_vera.submissions.get().data
    asked = {a.kind: a for a in applying(data, partner="Valora nv", customer="Studio Elan bv", by=vera)}

    assert asked["authority"].text.startswith("Kurt Baert may bind Valora nv for Studio Elan bv")
    assert sent_by_vera.statements.get(kind="authority").text_version == asked["authority"].text_version == 2


# --- Mails


def test_r14_what_is_told_of_a_request_goes_to_the_partner_alone(
    registering_for_vera: TenantRequest, sam: User, smtp: Sink
) -> None:
    """Microsoft's people, who are the customer's, hear nothing either."""
    workflow.register(registering_for_vera, by=sam, version=1, tenant=made_at_microsoft())

    while deliver():
        pass

    assert {arrived.to for arrived in smtp.inbox} == {
        "vera@valora.example",
        "tess@valora.example",
        "kurt@private.example",
    }
    unsent = OutgoingEmail.objects.exclude(state="accepted").values_list("template", "state")
    assert set(unsent) == {("confirmation_owner", "withheld"), ("approved", "withheld")}, "R45: they have come to pass"


@pytest.mark.parametrize(
    "email", ["els@studio.example", "ELS@mail.studio.example", "an@bakkerijdesmet.example", "els@private.example"]
)
def test_r14_a_mail_to_anybody_but_the_partner_is_withheld_when_queued(
    sent_by_vera: TenantRequest, studio: Company, email: str
) -> None:
    make_contact(studio, "Els", "Elan", "els@private.example")

    row = mail_about(sent_by_vera, email)

    assert (row.state, row.outcome) == ("withheld", ELAN)


def test_r14_checked_again_just_before_sending(sent_by_vera: TenantRequest, studio: Company, smtp: Sink) -> None:
    """The partner learns, after sending, that Kurt's private address is the customer's."""
    Company.objects.filter(pk=studio.pk).update(email_domains=["studio.example", "private.example"])

    while deliver():
        pass

    assert {arrived.to for arrived in smtp.inbox} == {"vera@valora.example", "tess@valora.example"}
    kurts = OutgoingEmail.objects.get(to_email="kurt@private.example")
    assert (kurts.state, kurts.outcome) == ("withheld", ELAN)


def test_r14_for_a_customer_that_knows_arxus_one_that_does_not_is_left_alone_too(
    sent: TenantRequest, nordwave: Company
) -> None:
    make_company("Garage", "BE0417497106", partner=nordwave, relation="vap", email_domains=["garage.example"])

    assert mail_about(sent, "els@garage.example").outcome.startswith("Garage does not know Arxus")
    assert mail_about(sent, "els@elsewhere.example").state == "waiting"


def test_r43_somebody_who_left_the_partner_hears_the_end(sent_by_vera: TenantRequest, kurt: Contact) -> None:
    Contact.objects.filter(pk=kurt.pk).update(email="kurt@new.example")

    assert mail_about(sent_by_vera, "kurt@private.example").state == "waiting"


def test_r14_staff_are_told_of_such_requests(sent_by_vera: TenantRequest, sam: User, kim: User) -> None:
    assignment.take(sent_by_vera, by=sam)
    assignment.take(sent_by_vera, by=kim)

    assert OutgoingEmail.objects.get(template="taken_over").state == "waiting"


def test_t19_a_mail_about_a_rivals_request_never_leaves_whichever_way_it_got_into_the_outbox(
    smtp: Sink, sent: TenantRequest, rival_customer: Company, mallory: User
) -> None:
    theirs = drafts.start(rival_customer, by=mallory)
    row = OutgoingEmail.objects.get(template="confirmation_owner")
    others = OutgoingEmail.objects.exclude(pk=row.pk)
    OutgoingEmail.objects.filter(pk=row.pk).update(about=f"tenant_request:{theirs.pk}")
    others.update(state="accepted")

    with capture_logs() as logs:
        notifications.tasks.deliver()

    row.refresh_from_db()
    said = "This mail is filed under one request and speaks of another."
    assert (row.state, row.outcome, smtp.inbox) == ("withheld", said, [])
    assert "mail_of_another_request" in [line["event"] for line in logs]


def test_t19_no_background_task_is_told_a_company_or_an_object() -> None:
    app.loader.import_default_modules()
    ours = {name: task for name, task in app.tasks.items() if name.startswith(("tenants.", "notifications."))}

    assert len(ours) > 5
    assert [name for name, task in ours.items() if inspect.signature(task.run).parameters] == []


def test_t19_a_mail_that_speaks_of_another_request_is_withheld_and_logged(
    sent_by_vera: TenantRequest, sent: TenantRequest
) -> None:
    with capture_logs() as logs:
        row = mail_about(sent_by_vera, "tess@valora.example", tenant_request=sent.pk)

    assert (row.state, row.outcome) == ("withheld", "This mail is filed under one request and speaks of another.")
    assert [line["event"] for line in logs] == ["mail_of_another_request"]


def test_r44_the_partner_reads_why_a_mail_was_withheld(
    sent_by_vera: TenantRequest, vera: User, studio: Company, login: Any
) -> None:
    mail_about(sent_by_vera, "els@studio.example")
    browser = login(vera)
    browser.post("/switch/", {"company": str(studio.public_id)})

    page = browser.get(f"/tenants/{sent_by_vera.public_id}/").content.decode()

    assert "Withheld" in page
    assert ELAN in page


# --- Access


def test_r50_the_technical_contact_gets_access_at_the_partner(registering_for_vera: TenantRequest, sam: User) -> None:
    workflow.register(registering_for_vera, by=sam, version=1, tenant=made_at_microsoft())

    assert Membership.objects.get(user__email="tess@valora.example").company.legal_name == "Valora nv"
    assert not Membership.objects.filter(company__legal_name="Studio Elan bv").exists()


def test_r14_r50_nobody_at_the_customer_gets_an_account(
    registering_for_vera: TenantRequest, studio: Company, sam: User
) -> None:
    Company.objects.filter(pk=studio.pk).update(email_domains=["valora.example"])

    with pytest.raises(TransitionRefused) as refused:
        workflow.register(registering_for_vera, by=sam, version=1, tenant=made_at_microsoft())

    assert refused.value.sentence == (f"Tess Maes can get no access. {ELAN} Send the request back for another person.")
    assert not User.objects.filter(email="tess@valora.example").exists()


def test_r50_access_is_planned_at_the_partner_whatever_was_sent(registering_for_vera: TenantRequest) -> None:
    person = registering_for_vera.submissions.get().data["contacts"]["technical"] | {"own": False}

    assert access.plan(registering_for_vera, person).home.legal_name == "Valora nv"


# --- Before deciding


def test_r32_a_decision_says_beforehand_who_is_not_mailed(
    registering_for_vera: TenantRequest, studio: Company, sam: User, login: Any
) -> None:
    Company.objects.filter(pk=studio.pk).update(email_domains=["studio.example", "private.example"])
    path = f"/admin/tenants/tenantrequest/{registering_for_vera.pk}/decide/{Verb.REJECT}/"
    browser = login(sam)

    page = browser.post(path, {"comment": "Not now.", "version": 1, "preview": "yes"}).content.decode()

    assert "Not mailed: Kurt Baert" in page
    assert ELAN in page
    assert "Reject and mail Vera Wouters and Tess Maes" in page


def test_r14_withdrawing_says_beforehand_who_is_not_mailed(
    sent_by_vera: TenantRequest, studio: Company, vera: User, login: Any
) -> None:
    Company.objects.filter(pk=studio.pk).update(email_domains=["studio.example", "private.example"])
    browser = login(vera)
    browser.post("/switch/", {"company": str(studio.public_id)})

    page = browser.get(f"/tenants/{sent_by_vera.public_id}/withdraw/").content.decode()

    assert f"Kurt Baert, kurt@private.example<br>No mail. {ELAN}" in page


# --- The customer's domains change


def test_r14_a_domain_that_turns_named_people_into_the_customers_is_asked_about_first(
    sent_by_vera: TenantRequest, studio: Company, vera: User, login: Any
) -> None:
    browser = login(vera)
    browser.post("/switch/", {"company": str(studio.public_id)})
    page = browser.get("/customer/edit/")
    bound = page.context["form"]
    form = {name: bound[name].value() or "" for name in bound.fields} | {"_seal": page.context["seal"].value}
    # Kurt's is a contact of the partner with a private address: he was named, and has left the partner since.
    Contact.objects.filter(email="kurt@private.example").delete()
    form["email_domains"] = "studio.example, private.example"

    asked = browser.post("/customer/edit/", form)
    assert f"{sent_by_vera.number} names Kurt Baert." in str(asked.context["form"].errors["email_domains"])
    assert 'name="domains_confirmed"' in asked.content.decode()
    assert Company.objects.get(pk=studio.pk).email_domains == ["studio.example"]

    done = browser.post("/customer/edit/", form | {"domains_confirmed": "on"})
    assert done.status_code == 302
    assert Company.objects.get(pk=studio.pk).email_domains == ["studio.example", "private.example"]
