"""R14: the relation with a customer changes, with requests in every status, in both directions."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection

from conftest import make_company, make_contact, make_user
from contacts import access_links, relation
from contacts.account_mails import account_mail
from contacts.models import Company, Contact, Group, Membership, RelationChange, User
from notifications.models import OutgoingEmail
from notifications.outbox import ResendRefused, deliver, enqueue, resend
from notifications.tests.smtp_sink import Sink
from tenants import assignment, drafts, workflow
from tenants import relation as changing
from tenants.models import Remark, Status, TenantRequest
from tenants.sending import Incomplete
from tenants.steps import Answers
from tenants.tests.conftest import ALL_TICKED, answers_for, made_at_microsoft
from tenants.transitions import TransitionRefused

DOMAINS = ["bakkerijdesmet.example"]
THEO, AN, ALICE = "theo.lambert@bakkerijdesmet.example", "an@bakkerijdesmet.example", "alice@nordwave.example"
WHY = "Bakkerij De Smet bv does not know Arxus, so nobody there is written to."


def forget_arxus(customer: Company, by: User, domains: list[str] = DOMAINS) -> changing.Plan:
    """The customer no longer knows Arxus."""
    fresh = Company.objects.select_related("partner").get(pk=customer.pk)
    seen = changing.plan(fresh, domains, by=by).digest
    return changing.no_longer_knows(fresh, domains, by=by, seen=seen)


def of_partner_only(draft: TenantRequest, partner: Company) -> TenantRequest:
    """Name people of the partner alone."""
    tess = make_contact(partner, "Tess", "Maes", "tess@nordwave.example")
    refs = {"technical": f"contact:{tess.public_id}", "commercial": f"contact:{tess.public_id}"}
    drafts.keep_step(draft, "contacts", refs, whole=False)
    drafts.keep_step(draft, "tenant", {"login_email": tess.email, "login_name": "Tess Maes"}, whole=False)
    return draft


def fresh(found: TenantRequest) -> TenantRequest:
    return TenantRequest.objects.get(pk=found.pk)


def path(company: Company) -> str:
    return f"/admin/tenants/tenantrequest/relation/{company.pk}/"


def knows(customer: Company) -> bool:
    return Company.objects.get(pk=customer.pk).relation == "reseller"


# --- Towards "does not know Arxus": a request in each status


@pytest.mark.django_db
def test_r14_a_draft_stays_and_its_contacts_have_to_be_chosen_anew(
    draft: TenantRequest, customer: Company, alice: User, kim: User
) -> None:
    plan = forget_arxus(customer, kim)

    assert ([one.tenant_request for one in plan.drafts], plan.returned) == ([draft], [])
    assert fresh(draft).status == "draft"
    lacking = {missing.field for missing in Answers(fresh(draft), alice).missing}
    assert lacking >= {"technical", "commercial", "login_email"}
    assert not OutgoingEmail.objects.exists()


@pytest.mark.django_db
def test_r14_a_request_being_checked_goes_back_and_its_owner_is_told_what_to_change(
    sent: TenantRequest, customer: Company, kim: User
) -> None:
    """Nobody had taken it; the table of transitions has the way it went."""
    User.objects.filter(email=ALICE).update(language="nl")

    forget_arxus(customer, kim)

    back, line = fresh(sent), sent.history.first()
    assert back.status == "changes_requested"
    assert back.due_on is not None
    assert line is not None
    assert (line.verb, line.from_status, line.to_status, line.by) == (
        "request_changes",
        "to_validate",
        "changes_requested",
        kim,
    )
    fields = ["contacts.technical", "contacts.commercial", "tenant.login_email"]
    assert list(back.remarks.values_list("field", flat=True)) == fields
    mail = OutgoingEmail.objects.get(template="changes_requested")
    assert (mail.to_email, mail.language, mail.state) == (ALICE, "nl", "waiting")
    assert "Kies iemand van Nordwave IT bv in plaats van Theo Lambert." in " ".join(mail.text.split())
    # Nobody had taken it, so nobody is promised to go on with it.
    assert "kijkt Arxus" in " ".join(mail.text.split())


@pytest.mark.django_db
def test_r14_with_the_partner_already_more_is_asked_and_the_deadline_stays(
    taken: TenantRequest, customer: Company, sam: User, kim: User
) -> None:
    remark = Remark(field="tenant.tenant_name", text="Another name, please.")
    back = workflow.request_changes(taken, by=sam, version=1, remarks=[remark])

    forget_arxus(customer, kim)

    assert (fresh(back).status, fresh(back).due_on) == ("changes_requested", back.due_on)
    assert back.remarks.count() == 4
    mail = OutgoingEmail.objects.filter(template="changes_requested").latest("created_at")
    assert "Another name, please." in mail.text
    assert "instead of Theo Lambert" in mail.text
    line = back.history.first()
    assert line is not None
    assert line.verb == "other_contacts"


@pytest.mark.django_db
def test_r14_refused_while_a_request_is_registering(registering: TenantRequest, customer: Company, kim: User) -> None:
    mails = OutgoingEmail.objects.filter(state="waiting").count()

    with pytest.raises(relation.RelationRefused, match=f"setting a tenant up for this customer .{registering.number}"):
        forget_arxus(customer, kim)

    assert (fresh(registering).status, knows(customer)) == ("registering", True)
    assert OutgoingEmail.objects.filter(state="waiting").count() == mails


@pytest.mark.django_db
def test_r14_a_ready_tenant_stays_its_peoples_access_and_links_end(
    registered: TenantRequest, customer: Company, kim: User, smtp: Sink
) -> None:
    """The mail with the activation link had not left yet."""
    link = User.objects.get(email=THEO).access_links.get()

    forget_arxus(customer, kim)
    while deliver():
        pass

    assert fresh(registered).status == "registered"
    assert not Membership.objects.filter(company=customer).exists()
    assert access_links.why_dead(link) == "The person no longer belongs to the company."
    assert {arrived.to for arrived in smtp.inbox} == {ALICE}
    stopped = OutgoingEmail.objects.filter(to_email__in=[THEO, AN])
    assert set(stopped.values_list("state", "outcome")) == {("withheld", WHY)}


@pytest.mark.django_db
@pytest.mark.parametrize("end", ["rejected", "withdrawn"])
def test_r14_what_has_ended_stays_ended_and_its_waiting_mails_are_suppressed(
    taken: TenantRequest, customer: Company, sam: User, kim: User, alice: User, end: str
) -> None:
    if end == "rejected":
        workflow.reject(taken, by=sam, version=1, comment="Not now.")
    else:
        workflow.withdraw(taken, by=alice)

    forget_arxus(customer, kim)

    assert fresh(taken).status == end
    assert set(OutgoingEmail.objects.filter(to_email__in=[THEO, AN]).values_list("state", flat=True)) == {"withheld"}
    assert OutgoingEmail.objects.filter(to_email=ALICE, state="withheld").count() == 0


@pytest.mark.django_db
def test_r14_a_request_that_names_the_partners_people_alone_goes_on(
    draft: TenantRequest, nordwave: Company, customer: Company, alice: User, kim: User
) -> None:
    sent = workflow.submit(of_partner_only(draft, nordwave), by=alice, sent=ALL_TICKED)

    plan = forget_arxus(customer, kim)

    assert (plan.returned, fresh(sent).status) == ([], "to_validate")
    assert set(OutgoingEmail.objects.values_list("state", flat=True)) == {"waiting"}


@pytest.mark.django_db
def test_r14_corrected_and_sent_again_the_former_people_hear_nothing(
    sent: TenantRequest, nordwave: Company, customer: Company, alice: User, kim: User, smtp: Sink
) -> None:
    """Not even that they are no longer named."""
    forget_arxus(customer, kim)
    again = of_partner_only(fresh(sent), nordwave)
    confirmed = answers_for(Company.objects.get(pk=customer.pk), *Contact.objects.all()[:2])["customer"]
    drafts.keep_step(again, "customer", confirmed)

    workflow.submit(again, by=alice, sent=ALL_TICKED)
    while deliver():
        pass

    assert fresh(sent).status == "to_validate"
    assert {arrived.to for arrived in smtp.inbox} == {ALICE, "tess@nordwave.example"}
    told = OutgoingEmail.objects.filter(template="no_longer_named")
    assert set(told.values_list("state", "outcome")) == {("withheld", WHY)}


@pytest.mark.django_db
def test_r14_account_mails_of_members_stop_but_not_of_who_works_elsewhere(
    customer: Company, other_customer: Company, kim: User
) -> None:
    gone, stays = (make_user(f"{name}@private.example", name, "Elan") for name in ("gone", "stays"))
    for user in (gone, stays):
        Membership.objects.create(user=user, company=customer, groups=[Group.READ_ONLY])
    Membership.objects.create(user=stays, company=other_customer, groups=[Group.READ_ONLY])
    rows = [enqueue([account_mail("account_password_changed", user)])[0] for user in (gone, stays)]

    forget_arxus(customer, kim)

    assert [OutgoingEmail.objects.get(pk=row.pk).state for row in rows] == ["withheld", "waiting"]
    assert list(stays.memberships.values_list("company", flat=True)) == [other_customer.pk]


@pytest.mark.django_db
def test_r14_what_was_not_shown_is_not_done(draft: TenantRequest, customer: Company, alice: User, kim: User) -> None:
    seen = changing.plan(customer, DOMAINS, by=kim).digest
    workflow.submit(draft, by=alice, sent=ALL_TICKED)

    with pytest.raises(changing.PlanChanged):
        changing.no_longer_knows(customer, DOMAINS, by=kim, seen=seen)

    assert (knows(customer), fresh(draft).status) == (True, "to_validate")


# --- Races


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("rival", ["submit", "approve"])
def test_r14_sent_or_approved_while_the_relation_changes_one_of_them_wins(
    draft: TenantRequest,
    customer: Company,
    alice: User,
    sam: User,
    kim: User,
    pass_checks: Callable[..., None],
    rival: str,
) -> None:
    found = draft
    if rival == "approve":
        found = assignment.take(workflow.submit(draft, by=alice, sent=ALL_TICKED), by=sam)
        pass_checks(found)
    barrier, said = threading.Barrier(2), []

    def attempt(act: Callable[[], Any], refused: tuple[type[Exception], ...]) -> None:
        barrier.wait()
        try:
            act()
            said.append("done")
        except refused as why:
            said.append(type(why).__name__)
        finally:
            connection.close()

    def other() -> None:
        if rival == "submit":
            workflow.submit(found, by=alice, sent=ALL_TICKED)
        else:
            workflow.approve(found, by=sam, version=1)

    acts = [
        (other, (Incomplete, TransitionRefused)),
        (lambda: forget_arxus(customer, kim), (relation.RelationRefused,)),
    ]
    threads = [threading.Thread(target=attempt, args=each) for each in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    unknowing, now = not knows(customer), fresh(found)
    assert len(said) == 2
    # Whoever came second saw what the first had done: never somebody of the customer in what Arxus works on.
    assert not (unknowing and now.status in ("to_validate", "registering"))


# --- The page


@pytest.mark.django_db
def test_r14_the_page_shows_everything_first_and_then_does_it(
    sent: TenantRequest, customer: Company, kim: User, login: Any
) -> None:
    els = make_user("els@bakkerijdesmet.example", "Els", "De Smet")
    Membership.objects.create(user=els, company=customer, groups=[Group.READ_ONLY])
    browser = login(kim)

    page = browser.get(path(customer))
    text = page.content.decode()

    assert sent.number in text
    assert "Goes back to Nordwave IT bv." in text
    assert "Theo Lambert, An De Smet" in text
    assert "els@bakkerijdesmet.example" in text
    assert "The mail to Alice Peeters" in text
    assert knows(customer)
    done = browser.post(
        path(customer), {"email_domains": ", ".join(DOMAINS), "seen": page.context["plan"].digest, "do": "yes"}
    )
    assert done.status_code == 302
    assert not knows(customer)


@pytest.mark.django_db
def test_r14_other_domains_are_shown_before_they_count(customer: Company, kim: User, login: Any) -> None:
    browser = login(kim)
    seen = browser.get(path(customer)).context["plan"].digest

    refused = browser.post(path(customer), {"email_domains": "desmet.example", "seen": seen, "do": "yes"})

    assert refused.status_code == 409
    assert refused.context["plan"].domains == ["desmet.example"]
    assert knows(customer)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("domains", "words"),
    [
        ("", "Write the domains"),
        ("gmail.com", "anybody can have an address there"),
        ("nordwave.example", "nordwave.example is of Nordwave IT bv itself"),
        ("\0", ""),
        ("x" * 2000, ""),
    ],
)
def test_r14_t39_domains_that_cannot_be_change_nothing(
    customer: Company, alice: User, kim: User, login: Any, domains: str, words: str
) -> None:
    page = login(kim).post(path(customer), {"email_domains": domains, "seen": "x", "do": "yes"})

    assert words in str(page.context["form"].errors["email_domains"])
    assert knows(customer)


@pytest.mark.django_db
def test_r14_only_who_may_changes_a_relation(customer: Company, sam: User, alice: User, login: Any) -> None:
    assert login(sam).get(path(customer)).status_code == 403
    assert login(alice).get(path(customer)).status_code in (302, 403)
    assert knows(customer)


@pytest.mark.django_db
def test_r14_a_partner_has_no_relation(nordwave: Company, kim: User, login: Any) -> None:
    assert login(kim).get(path(nordwave)).status_code == 404


@pytest.mark.django_db
def test_the_page_of_a_relation_costs_a_few_queries_for_each_mail_that_it_shows(
    sent: TenantRequest, customer: Company, kim: User, login: Any, django_assert_max_num_queries: Any
) -> None:
    browser = login(kim)

    with django_assert_max_num_queries(15):
        browser.get(path(customer))


# --- Towards "knows Arxus"


@pytest.fixture
def studio(valora: Company) -> Company:
    fields = {"relation": "vap", "email_domains": ["studio.example"]}
    return make_company("Studio Elan bv", "BE0451406524", partner=valora, **fields)


@pytest.mark.django_db
def test_r14_staff_prepare_and_the_partner_confirms(
    studio: Company, vera: User, kim: User, login: Any, smtp: Sink
) -> None:
    [row] = enqueue([account_mail("account_password_changed", make_user("els@studio.example", "Els", "Elan"))])
    login(kim).post(path(studio))
    assert not knows(studio)
    browser = login(vera)
    assert "Arxus asks: does Studio Elan bv know Arxus?" in browser.get("/customers/").content.decode()
    browser.post("/switch/", {"company": str(studio.public_id)})
    page = browser.get("/customer/relation/")
    seal = page.context["seal"].value
    form = {"_seal": seal, "seen": page.context["form"]["seen"].value()}

    unticked = browser.post("/customer/relation/", form)
    assert (unticked.status_code, knows(studio)) == (200, False)
    browser.post("/customer/relation/", form | {"accepted": "on"})
    deliver()

    assert knows(studio)
    change = RelationChange.objects.get()
    assert (change.confirmed_by, change.text, change.language) == (vera, form["seen"], "en")
    assert change.done_at is not None
    assert (smtp.inbox, OutgoingEmail.objects.get().pk) == ([], row.pk)


@pytest.mark.django_db
def test_r14_nobody_comes_to_know_arxus_while_a_tenant_is_set_up(
    vap_approved: TenantRequest, vera: User, kim: User, login: Any
) -> None:
    customer, browser = vap_approved.company, login(vera)
    why = f"Arxus is setting a tenant up for this customer ({vap_approved.number}): the relation can change once that"

    asked_too_early = login(kim).post(path(customer), follow=True)
    RelationChange.objects.create(company=customer, relation="reseller", prepared_by=kim)
    browser.post("/switch/", {"company": str(customer.public_id)})
    page = browser.get("/customer/relation/")
    form = page.context["form"]
    typed = {"_seal": page.context["seal"].value, "seen": form["seen"].value(), "accepted": "on"}
    confirmed = browser.post("/customer/relation/", typed, follow=True)

    assert [why in answer.text for answer in (asked_too_early, page, confirmed)] == [True] * 3
    assert "What you state" not in page.text
    assert not knows(customer)


@pytest.mark.django_db
@pytest.mark.parametrize("status", [status for status in Status if status != Status.REGISTERING])
def test_r14_coming_to_know_arxus_moves_no_request_and_mails_nobody(
    vap_approved: TenantRequest, vera: User, kim: User, login: Any, status: str
) -> None:
    TenantRequest.objects.filter(pk=vap_approved.pk).update(status=status)
    customer, browser, mails = vap_approved.company, login(vera), OutgoingEmail.objects.count()

    login(kim).post(path(customer))
    browser.post("/switch/", {"company": str(customer.public_id)})
    page = browser.get("/customer/relation/")
    typed = {"_seal": page.context["seal"].value, "seen": page.context["form"]["seen"].value(), "accepted": "on"}
    browser.post("/customer/relation/", typed)

    assert (knows(customer), TenantRequest.objects.get().status) == (True, status)
    assert OutgoingEmail.objects.count() == mails


@pytest.mark.django_db
@pytest.mark.parametrize(("proxies", "place"), [(0, "127.0.0.1"), (1, "203.0.113.9")])
def test_r15_a_confirmed_relation_keeps_the_place_of_the_person(
    studio: Company, vera: User, kim: User, login: Any, settings: Any, proxies: int, place: str
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    login(kim).post(path(studio))
    browser = login(vera)
    browser.defaults["HTTP_X_FORWARDED_FOR"] = "198.51.100.66, 203.0.113.9"
    browser.post("/switch/", {"company": str(studio.public_id)})
    page = browser.get("/customer/relation/")
    form = {"_seal": page.context["seal"].value, "seen": page.context["form"]["seen"].value()}

    browser.post("/customer/relation/", form | {"accepted": "on"})

    assert RelationChange.objects.get().ip_address == place


@pytest.mark.django_db
def test_r14_nothing_of_the_past_is_sent_afterwards(
    studio: Company, vera: User, valora: Company, kim: User, sam: User
) -> None:
    """Not even by hand; and what goes on is told to the people of the partner as before."""
    tess = make_contact(valora, "Tess", "Maes", "tess@valora.example")
    draft = drafts.start(studio, by=vera)
    for slug, typed in answers_for(studio, tess, tess, "studioelan").items():
        drafts.keep_step(draft, slug, typed)
    sent = workflow.submit(draft, by=vera, sent=ALL_TICKED)
    OutgoingEmail.objects.filter(to_email="tess@valora.example").update(
        to_email="els@studio.example", state="withheld", outcome="x"
    )
    relation.prepare(studio, by=kim)
    RelationChange.objects.update(done_at=OutgoingEmail.objects.latest("created_at").created_at)
    Company.objects.filter(pk=studio.pk).update(relation="reseller")
    RelationChange.objects.update(done_at=_now())
    before = OutgoingEmail.objects.count()

    with pytest.raises(ResendRefused, match="did not know Arxus when this was written"):
        resend(OutgoingEmail.objects.get(to_email="els@studio.example"), sam)

    assert OutgoingEmail.objects.count() == before
    assert fresh(sent).status == "to_validate"


def _now() -> Any:
    from django.utils import timezone

    return timezone.now()


@pytest.mark.django_db
def test_r14_what_staff_took_back_cannot_be_confirmed(studio: Company, vera: User, kim: User, login: Any) -> None:
    staff, browser = login(kim), login(vera)
    staff.post(path(studio))
    browser.post("/switch/", {"company": str(studio.public_id)})
    page = browser.get("/customer/relation/")
    form = {"_seal": page.context["seal"].value, "seen": page.context["form"]["seen"].value(), "accepted": "on"}
    staff.post(path(studio), {"take_back": "yes"})

    done = browser.post("/customer/relation/", form)

    assert (done.status_code, knows(studio)) == (302, False)


@pytest.mark.django_db
def test_r05_taking_back_what_was_prepared_says_who_did_it(studio: Company, kim: User, login: Any) -> None:
    staff = login(kim)
    staff.post(path(studio))

    for _ in range(2):
        staff.post(path(studio), {"take_back": "yes"})

    [line] = LogEntry.objects.filter(object_id=str(studio.pk), change_message__contains="Took back")
    assert (line.user, line.get_change_message()) == (
        kim,
        f"For {studio}. Took back that {studio} would know Arxus, before its partner confirmed.",
    )


@pytest.mark.django_db
@pytest.mark.parametrize("group", [Group.READ_ONLY, Group.TECHNICAL])
def test_r14_confirming_needs_the_right(
    studio: Company, valora: Company, kim: User, mallory: User, login: Any, group: Group
) -> None:
    relation.prepare(studio, by=kim)
    reader = make_user("reader@valora.example", "Rea", "Der")
    Membership.objects.create(user=reader, company=valora, groups=[group])
    browser, rival = login(reader), login(mallory)
    browser.post("/switch/", {"company": str(studio.public_id)})

    assert browser.get("/customer/relation/").status_code == 403
    assert rival.post("/switch/", {"company": str(studio.public_id)}).status_code == 404
    assert "Studio" not in rival.get("/customer/relation/").content.decode()
    assert "Studio" not in rival.get("/customers/").content.decode()
    assert not knows(studio)


@pytest.mark.django_db
def test_r14_prepared_twice_is_once(studio: Company, kim: User) -> None:
    relation.prepare(studio, by=kim)

    with pytest.raises(relation.RelationRefused, match="has prepared this already"):
        relation.prepare(studio, by=kim)


@pytest.mark.django_db
def test_r50_what_was_registered_before_is_not_undone(
    registering: TenantRequest, sam: User, customer: Company, kim: User
) -> None:
    workflow.register(registering, by=sam, version=1, tenant=made_at_microsoft())

    forget_arxus(customer, kim)

    assert User.objects.filter(email=THEO, is_active=True).exists()
    assert not User.objects.get(email=THEO).memberships.exists()
