"""A person of a request that was sent is corrected, or another one is named (R26)."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from structlog.testing import capture_logs

from conftest import make_contact, make_user
from contacts.current import SESSION_KEY
from contacts.models import Company, Contact, Group, Membership, User
from contacts.tests.test_addresses import PAGE, asked_by, logged_in, opened
from contacts.tests.test_meanwhile import fields_of
from notifications.models import OutgoingEmail
from notifications.outbox import deliver
from tenants import access, corrections, drafts, waiting, workflow
from tenants.models import Check, Remark, Status, Submission, TenantRequest
from tenants.named import PLACES, outdated
from tenants.tests.conftest import ALL_TICKED, LINK, answers_for, made_at_microsoft, reached
from tenants.tests.test_admin import at_once
from tenants.tests.test_announcements import correct, for_other_contacts, heard, readable, told
from tenants.tests.test_query_budgets import lead
from tenants.transitions import TransitionRefused, Verb

THEO, NEW = "theo.lambert@bakkerijdesmet.example", "theo@bakkerijdesmet.example"
AN = "an@bakkerijdesmet.example"


def page(name: str, found: TenantRequest, slug: str = "technical") -> str:
    return reverse(f"tenants:{name}", args=[found.public_id, slug])


@pytest.fixture
def acting(login: Callable[[User], Client], alice: User, customer: Company) -> Client:
    """Alice, who works for the bakery."""
    return act_for(login(alice), customer)


def act_for(client: Client, company: Company) -> Client:
    session = client.session
    session[SESSION_KEY] = company.pk
    session.save()
    return client


def post(client: Client, path: str, **typed: Any) -> Any:
    """Send a form with the seal of the page that shows it."""
    shown = client.get(path)
    seal = shown.context["seal"].value if shown.context and shown.context.get("seal") else ""
    return client.post(path, {"_seal": seal, **typed})


def new_address(**fields: str) -> dict[str, str]:
    return {"first_name": "Theo", "last_name": "Lambert", "email": NEW, "phone": "+32 53 00 00 21"} | fields


# What a correction does


def test_r26_a_corrected_address_is_a_version_of_its_own(taken: TenantRequest, alice: User) -> None:
    correct(taken, alice, email=NEW)

    first, second = taken.submissions.all()
    fresh = TenantRequest.objects.get(pk=taken.pk)
    assert (fresh.status, fresh.version, fresh.assignee) == (Status.TO_VALIDATE, 2, taken.assignee)
    assert first.data["contacts"]["technical"]["email"] == THEO
    assert second.data["contacts"]["technical"]["email"] == NEW
    assert (second.sent_by, second.sent_at, second.corrected_by) == (alice, first.sent_at, alice)
    assert second.emails == sorted([AN, NEW])


def test_r26_it_counts_wherever_the_request_names_the_person(taken: TenantRequest, alice: User) -> None:
    again = correct(taken, alice, email=NEW).submissions.latest("version")

    assert (again.data["tenant"]["login_name"], again.data["tenant"]["login_email"]) == ("Theo Lambert", NEW)
    assert again.data["tenant"]["login_phone"] == "+32470000021"


def test_r25_nothing_else_changes_with_it(taken: TenantRequest, alice: User, customer: Company, an: Contact) -> None:
    Company.objects.filter(pk=customer.pk).update(legal_name="Bakkerij Anders bv")
    Contact.objects.filter(pk=an.pk).update(job_title="owner")
    before = taken.submissions.get().data

    after = correct(taken, alice, email=NEW).submissions.latest("version").data

    assert after["customer"] == before["customer"]
    assert after["contacts"]["commercial"] == before["contacts"]["commercial"]


def test_r26_the_new_address_and_the_reviewer_are_told(taken: TenantRequest, alice: User, sam: User) -> None:
    mails = heard(lambda: correct(taken, alice, email=NEW))

    assert told(mails) == {(NEW, "confirmation"), (sam.email, "person_corrected")}
    assert {f"Before: {THEO}", f"Now: {NEW}"} <= set(re.findall(r"(?:Before|Now): \S+@\S+", readable(mails[sam.email])))


def test_r43_an_old_address_that_was_reached_hears_that_it_is_named_no_more(taken: TenantRequest, alice: User) -> None:
    OutgoingEmail.objects.filter(to_email=THEO).update(state="accepted")

    mails = heard(lambda: correct(taken, alice, email=NEW))

    assert (THEO, "no_longer_named") in told(mails)


@pytest.mark.parametrize("gone", [{"is_active": False}, {"away_until": "2999-01-01"}])
def test_r26_where_the_reviewer_is_not_there_the_others_hear(
    taken: TenantRequest, alice: User, sam: User, kim: User, gone: dict[str, Any]
) -> None:
    User.objects.filter(pk=sam.pk).update(**gone)
    found = TenantRequest.objects.get(pk=taken.pk)

    corrected = heard(lambda: correct(found, alice, email=NEW))
    taken_back = heard(lambda: workflow.name_another(found, by=alice, place="technical"))

    assert told(corrected) == {(NEW, "confirmation"), (kim.email, "person_corrected")}
    assert told(taken_back) == {(kim.email, "taken_back_staff")}


def test_r26_a_new_spelling_is_told_to_the_person(taken: TenantRequest, alice: User, sam: User) -> None:
    mails = heard(lambda: correct(taken, alice, last_name="Lambèrt"))

    assert told(mails) == {(THEO, "confirmation_changed"), (sam.email, "person_corrected")}


def test_r45_what_waits_for_the_old_address_is_withheld(taken: TenantRequest, alice: User) -> None:
    correct(taken, alice, email=NEW)

    withheld = OutgoingEmail.objects.get(to_email=THEO)
    assert (withheld.state, withheld.outcome) == ("withheld", "The address was corrected since.")


def test_r26_while_registering_the_confirmation_says_where_it_is_now(registering: TenantRequest, alice: User) -> None:
    mails = heard(lambda: correct(registering, alice, email=NEW))

    assert "heeft de aanvraag goedgekeurd" in readable(mails[NEW])


@pytest.mark.django_db(transaction=True)
def test_r26_pending_mails_go_to_the_new_address(taken: TenantRequest, alice: User, smtp: Any) -> None:
    correct(taken, alice, email=NEW)

    deliver()

    assert smtp.to(THEO) == []
    assert [mail.subject for mail in smtp.to(NEW)] == [f"Nordwave IT bv vroeg een Microsoft-tenant aan: {taken.number}"]


def test_r34_whoever_opened_the_earlier_version_decides_again(
    taken: TenantRequest, alice: User, sam: User, pass_checks: Callable[[TenantRequest], None]
) -> None:
    correct(taken, alice, email=NEW)
    pass_checks(taken)

    with pytest.raises(TransitionRefused) as refused:
        workflow.approve(taken, by=sam, version=1)

    assert refused.value.reason == "version"


def test_r15_what_was_stated_goes_on_counting(taken: TenantRequest, alice: User) -> None:
    correct(taken, alice, "commercial", email="an.desmet@bakkerijdesmet.example")

    assert taken.checks.get(kind="authority").result == Check.Result.PASSED


def test_r15_a_colleague_corrects_and_the_senders_statements_count(taken: TenantRequest, nordwave: Company) -> None:
    carl = make_user("carl@nordwave.example", "Carl", "Thys")
    Membership.objects.create(user=carl, company=nordwave, groups=[Group.TENANTS])

    correct(taken, carl, "commercial", email="an.desmet@bakkerijdesmet.example")

    assert taken.checks.get(kind="authority").result == Check.Result.PASSED
    assert taken.history.first().by == carl


# Another person


@pytest.mark.parametrize("fields", [{"first_name": "Tom", "last_name": "Maes", "email": NEW}])
def test_r26_another_person_is_no_correction(taken: TenantRequest, alice: User, fields: dict[str, str]) -> None:
    with pytest.raises(corrections.AnotherPerson):
        correct(taken, alice, **fields)

    assert (Submission.objects.count(), Contact.objects.get(email=THEO).first_name) == (1, "Theo")


def test_r15_a_correction_that_would_void_a_statement_is_refused(taken: TenantRequest, alice: User) -> None:
    """At an address of the partner the contact would be its own, which needs a statement (R12)."""
    with pytest.raises(corrections.AnotherPerson) as refused:
        correct(taken, alice, email="theo@nordwave.example")

    assert "statement" in refused.value.sentence


def test_r26_naming_another_takes_the_request_back(registering: TenantRequest, alice: User, sam: User) -> None:
    mails = heard(lambda: workflow.name_another(registering, by=alice, place="technical", version=1))

    fresh = TenantRequest.objects.get(pk=registering.pk)
    assert (fresh.status, fresh.assignee, bool(fresh.due_on)) == (Status.CHANGES_REQUESTED, sam, True)
    assert [(remark.field, remark.by) for remark in fresh.remarks.all()] == [("contacts.technical", alice)]
    assert told(mails) == {(sam.email, "taken_back_staff")}


def test_r27_the_owner_hears_that_a_colleague_took_it_back(taken: TenantRequest, nordwave: Company) -> None:
    carl = make_user("carl@nordwave.example", "Carl", "Thys")
    Membership.objects.create(user=carl, company=nordwave, groups=[Group.TENANTS])

    mails = heard(lambda: workflow.name_another(taken, by=carl, place="technical", version=1))

    assert "Carl Thys took your request" in readable(mails["alice@nordwave.example"])


def test_r26_another_person_is_named_and_the_request_returns_to_its_reviewer(
    taken: TenantRequest, alice: User, sam: User, customer: Company
) -> None:
    from tenants import drafts

    back = workflow.name_another(taken, by=alice, place="technical", version=1)
    tom = make_contact(customer, "Tom", "Maes", "tom@bakkerijdesmet.example")
    drafts.keep_step(back, "contacts", back.answers["contacts"] | {"technical": f"contact:{tom.public_id}"})

    again = workflow.submit(back, by=alice, sent=ALL_TICKED)

    assert (again.status, again.version, again.assignee) == (Status.TO_VALIDATE, 2, sam)


# Archived and changed contacts


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"archived_at": timezone.now()}, "Theo Lambert was archived on"),
        ({"email": NEW}, f"The request names Theo Lambert, {THEO}; this contact is Theo Lambert, {NEW} now."),
        ({"last_name": "Maes"}, f"this contact is Theo Maes, {THEO} now."),
    ],
)
def test_r26_a_contact_who_changed_since_blocks_approving_and_registering(
    taken: TenantRequest,
    theo: Contact,
    sam: User,
    pass_checks: Callable[[TenantRequest], None],
    change: dict[str, Any],
    words: str,
) -> None:
    pass_checks(taken)
    Contact.objects.filter(pk=theo.pk).update(**change)

    with pytest.raises(TransitionRefused) as refused:
        workflow.approve(taken, by=sam, version=1)
    assert "Approving waits for one check" in refused.value.sentence
    [found] = outdated(taken, taken.submissions.get().data)
    assert words in found.sentence

    Contact.objects.filter(pk=theo.pk).update(email=THEO, last_name="Lambert", archived_at=None)
    approved = workflow.approve(taken, by=sam, version=1)
    Contact.objects.filter(pk=theo.pk).update(**change)
    with pytest.raises(TransitionRefused) as refused:
        workflow.register(approved, by=sam, version=1, tenant=made_at_microsoft())

    assert refused.value.sentence.startswith("Registering waits for one check: ")
    assert words in refused.value.sentence


def test_r26_taking_the_change_over_lets_it_go_on(
    registering: TenantRequest, theo: Contact, alice: User, sam: User
) -> None:
    Contact.objects.filter(pk=theo.pk).update(email=NEW)

    corrected = correct(registering, alice)
    workflow.register(corrected, by=sam, version=2, tenant=made_at_microsoft())

    assert OutgoingEmail.objects.get(template="credentials").to_email == NEW


def test_r27_a_colleague_who_left_is_found(taken: TenantRequest, alice: User, bob: User, nordwave: Company) -> None:
    data = taken.submissions.get().data
    data["contacts"]["technical"] |= {"ref": f"user:{bob.public_id}", "first_name": "Bob", "last_name": "Claes"}
    data["contacts"]["technical"]["email"] = bob.email
    assert outdated(taken, data) == []

    bob.memberships.all().delete()

    assert [one.sentence for one in outdated(taken, data)] == ["Bob Claes no longer works for the partner."]


# After the registration


def test_r51_after_registering_the_old_link_dies_and_the_new_address_gets_one(
    registered: TenantRequest, alice: User
) -> None:
    old = User.objects.get(email=THEO)
    old_link = old.access_links.get()

    mails = heard(lambda: correct(registered, alice, email=NEW))

    old_link.refresh_from_db()
    new = User.objects.get(email=NEW)
    assert told(mails) == {(NEW, "credentials")}
    assert (bool(old_link.replaced_at), old.memberships.count()) == (True, 0)
    assert (new.memberships.get().company, new.access_links.count()) == (registered.company, 1)
    assert OutgoingEmail.objects.get(to_email=THEO, template="credentials").state == "withheld"
    assert access.waiting_for(registered) == new


def test_r50_a_wrong_address_keeps_its_access_no_longer_than_a_tenant_names_it(
    registered: TenantRequest, second_registered: TenantRequest, alice: User
) -> None:
    stranger = User.objects.get(email=THEO)

    correct(registered, alice, email=NEW)
    between = stranger.memberships.count()
    correct(second_registered, alice, email=NEW)

    assert (between, stranger.memberships.count()) == (1, 0)
    assert [link.replaced_at is None for link in stranger.access_links.all()].count(True) == 0
    assert User.objects.get(email=NEW).memberships.get().company == registered.company


def test_r50_where_the_right_address_has_access_already_the_wrong_one_loses_its_own(
    registered: TenantRequest, alice: User
) -> None:
    stranger = User.objects.get(email=THEO)
    stranger.set_password("a password of a stranger")
    stranger.save()
    OutgoingEmail.objects.filter(to_email=THEO).update(state="accepted")
    theo = User.objects.create_user(NEW, "a password of his own", first_name="Theo", last_name="Lambert")
    Membership.objects.create(user=theo, company=registered.company, groups=[Group.READ_ONLY])

    mails = heard(lambda: correct(registered, alice, email=NEW))

    assert (stranger.memberships.count(), theo.memberships.get().groups) == (0, [Group.READ_ONLY])
    assert told(mails) == {(NEW, "success"), (THEO, "no_longer_named")}
    assert "Uw toegang tot Bakkerij De Smet bv in het Arxus-portaal hoorde bij die rol" in readable(mails[THEO])


def test_r26_the_page_of_a_tenant_leads_first_to_what_it_waits_for(
    registered: TenantRequest, acting: Client, theo: Contact
) -> None:
    page = reverse("tenants:request", args=[registered.public_id])
    Contact.objects.filter(pk=theo.pk).update(email=NEW)
    changed = acting.get(page).text
    Contact.objects.filter(pk=theo.pk).update(archived_at=timezone.now())
    gone = acting.get(page).text

    first = re.compile(r'class="btn btn-primary" href="([^"]+)">([^<]+)<')
    assert first.findall(changed) == [(f"{page}people/technical/", "Correct Theo Lambert")]
    assert first.findall(gone) == [(f"{page}contacts/", "Name another contact")]


def test_r51_the_address_of_an_active_account_is_its_owners_to_change(registered: TenantRequest, alice: User) -> None:
    owner = User.objects.get(email=THEO)
    owner.set_password("a password of his own")
    owner.save()

    with pytest.raises(TransitionRefused) as refused:
        correct(registered, alice, email=NEW)

    assert refused.value.sentence == (
        "No access waits here for a first login any more, so none can move to another address. The address of a"
        " login is changed by whoever logs in with it: in their profile, under “Change your address”. If Theo Lambert"
        " cannot, change the contacts of the tenant."
    )
    assert not User.objects.filter(email=NEW).exists()


@pytest.mark.parametrize("fields", [{"is_active": False}, {"is_staff": True}])
def test_r44_why_an_address_can_get_no_access_is_not_said(
    registered: TenantRequest, alice: User, fields: dict[str, bool]
) -> None:
    make_user(NEW, "Somebody", "Else", **fields)

    with pytest.raises(TransitionRefused) as refused:
        correct(registered, alice, email=NEW)

    said = "Theo Lambert can get no access to the Arxus portal. Choose somebody else, or ask Arxus."
    assert refused.value.sentence == said


def test_r26_whoever_changed_the_address_of_their_login_is_corrected_and_keeps_the_access(
    registered: TenantRequest, alice: User
) -> None:
    owner = User.objects.get(email=THEO)
    owner.set_password("a password of his own")
    owner.email = NEW
    owner.save()

    corrected = correct(registered, alice, email=NEW)

    assert corrected.submissions.latest("version").data["contacts"]["technical"]["email"] == NEW
    assert [row.company for row in owner.memberships.all()] == [registered.company]
    assert User.objects.filter(email=THEO).count() == 0


def test_r43_whoever_was_named_when_it_was_ready_hears_that_another_address_counts(
    draft: TenantRequest, customer: Company, alice: User, sam: User
) -> None:
    dora = make_contact(customer, "Dora", "Smet", "dora@bakkerijdesmet.example")
    drafts.keep_step(draft, "contacts", {"dpo": f"contact:{dora.public_id}"}, whole=False)
    ready = lead(draft, alice, sam, Verb.CORRECT_REGISTRATION)
    ready = workflow.register(ready, by=sam, version=1, tenant=made_at_microsoft())

    OutgoingEmail.objects.filter(to_email=dora.email).update(state="accepted")

    mails = heard(lambda: correct(ready, alice, "dpo", email="dora@elsewhere.example"))

    assert told(mails) == {("dora@elsewhere.example", "named"), (dora.email, "no_longer_named")}


def test_r43_a_corrected_commercial_contact_hears_that_the_tenant_is_ready(
    registered: TenantRequest, alice: User
) -> None:
    address = "an.desmet@bakkerijdesmet.example"

    mails = heard(lambda: correct(registered, alice, "commercial", email=address))

    assert told(mails) == {(address, "registered")}


# The page


def test_r26_the_page_corrects_the_contact_and_the_request(taken: TenantRequest, acting: Client, theo: Contact) -> None:
    answer = post(acting, page("correct_person", taken), version="1", **new_address())

    theo.refresh_from_db()
    assert answer.headers["Location"] == reverse("tenants:request", args=[taken.public_id])
    assert (theo.email, taken.submissions.latest("version").version) == (NEW, 2)


def test_r26_people_named_to_microsoft_are_corrected_too(taken: TenantRequest, acting: Client) -> None:
    typed = {"first_name": "An", "last_name": "De Smet", "email": "an.desmet@bakkerijdesmet.example"}
    typed |= {"phone": "053 00 00 20"}

    post(
        acting,
        page("correct_person", taken, "signatory"),
        version="1",
        **{f"signatory_{name}": value for name, value in typed.items()},
    )

    named = taken.submissions.latest("version").data["microsoft"]
    assert (named["signatory_email"], named["primary_email"]) == (typed["email"], typed["email"])
    assert TenantRequest.objects.get(pk=taken.pk).answers["microsoft"]["signatory_email"] == typed["email"]


def test_r26_a_contact_is_corrected_along_with_who_is_named_to_microsoft(
    taken: TenantRequest, acting: Client, an: Contact
) -> None:
    typed = {"first_name": "An", "last_name": "De Smet", "email": "an.desmet@bakkerijdesmet.example"}

    post(
        acting,
        page("correct_person", taken, "primary"),
        version="1",
        **{f"primary_{name}": value for name, value in typed.items()},
        primary_phone="053 00 00 20",
    )

    an.refresh_from_db()
    person = taken.submissions.latest("version").data["contacts"]["commercial"]
    assert (an.email, person["email"]) == (typed["email"], typed["email"])
    assert OutgoingEmail.objects.filter(to_email=typed["email"], template="confirmation").count() == 1


def test_r26_a_contact_that_stays_as_it_was_is_said_with_a_link(
    taken: TenantRequest, acting: Client, theo: Contact
) -> None:
    """One field holds the whole name of the first login: which part is the last name, the contact says."""
    typed = {"login_name": "Theo Lambert-Maes", "login_email": THEO, "login_phone": "0470 00 00 21"}

    answer = post(acting, page("correct_person", taken, "login"), version="1", **typed)
    shown = acting.get(answer.headers["Location"])

    theo.refresh_from_db()
    assert theo.last_name == "Lambert"
    said = [str(message) for message in shown.context["messages"]]
    link = f'<a href="{page("correct_person", taken)}">Correct this contact too</a>'
    assert said[-1] == f"Technical contact: still Theo Lambert, {THEO}. {link}"


def test_r26_a_contact_without_a_telephone_number_is_refused_at_the_field(
    taken: TenantRequest, acting: Client, theo: Contact
) -> None:
    answer = post(acting, page("correct_person", taken), version="1", **new_address(phone=""))

    field = answer.context["form"]["phone"]
    assert (field.label, field.errors) == (
        "Phone number",
        ["A technical or commercial contact needs a phone number."],
    )


def test_r26_sent_twice_is_once(taken: TenantRequest, acting: Client) -> None:
    for _ in range(2):
        post(acting, page("correct_person", taken), version="1", **new_address())

    assert taken.submissions.count() == 2


def test_r26_in_a_second_tab_the_present_state_is_shown(taken: TenantRequest, acting: Client, alice: User) -> None:
    correct(taken, alice, email=NEW)

    answer = post(acting, page("correct_person", taken), version="1", **new_address(email="t@bakkerijdesmet.example"))

    assert answer.status_code == 409
    assert re.search(r"Alice Peeters changed this (just now|\w+.second\w* ago)\. Nothing was changed now", answer.text)
    change, _login = answer.context["changes"]
    assert (change.label, THEO in change.before, NEW in change.after) == ("Technical contact", True, True)
    assert "What changed meanwhile" in answer.text
    assert 'value="t@bakkerijdesmet.example"' in answer.text
    assert 'name="version" value="2"' in answer.text


def test_r34_an_old_page_takes_no_correction_back(taken: TenantRequest, acting: Client, alice: User) -> None:
    path = page("correct_person", taken)
    old = fields_of(acting.get(path)) | {"version": "1"}
    correct(taken, alice, email=NEW)

    answer = post(acting, path, **old | {"phone": "053 00 00 99"})
    read = fields_of(answer) | {"version": "2"}
    saved = post(acting, path, **read)

    person = taken.submissions.latest("version").data["contacts"]["technical"]
    assert (answer.status_code, saved.status_code) == (409, 302)
    assert (read["email"], read["phone"]) == (NEW, "053 00 00 99")
    assert (person["email"], person["phone"]) == (NEW, "+3253000099")


def test_r34_an_old_page_of_somebody_named_to_microsoft_takes_no_correction_back(
    taken: TenantRequest, acting: Client
) -> None:
    path = page("correct_person", taken, "signatory")
    old = only_of("signatory", fields_of(acting.get(path))) | {"version": "1"}
    post(acting, path, **old | {"signatory_email": "an.desmet@bakkerijdesmet.example"})

    answer = post(acting, path, **old | {"signatory_phone": "053 00 00 99"})
    post(acting, path, **only_of("signatory", fields_of(answer)) | {"version": "2"})

    named = taken.submissions.latest("version").data["microsoft"]
    assert answer.status_code == 409
    assert (named["signatory_email"], named["signatory_phone"]) == ("an.desmet@bakkerijdesmet.example", "+3253000099")


def test_r26_an_address_that_nobody_typed_here_names_nobody_else(
    taken: TenantRequest, acting: Client, theo: Contact
) -> None:
    """The contact's own page was changed since this one was opened."""
    path = page("correct_person", taken)
    old = fields_of(acting.get(path)) | {"version": "1"}
    Contact.objects.filter(pk=theo.pk).update(email=NEW)

    answer = post(acting, path, **old | {"phone": "053 00 00 99"})

    assert (answer.status_code, taken.submissions.count()) == (409, 1)
    assert [(change.label, change.after) for change in answer.context["opened"].changes] == [("E-mail address", NEW)]
    assert fields_of(answer)["email"] == NEW


def only_of(prefix: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name.startswith((prefix, "_"))}


def test_r26_the_page_says_what_naming_another_means_before_one_does_it(taken: TenantRequest, acting: Client) -> None:
    shown = acting.get(page("name_another", taken)).text
    answer = post(acting, page("name_another", taken), version="1")

    assert "What was stated about Theo Lambert no longer counts, and is asked anew." in " ".join(shown.split())
    assert answer.headers["Location"] == reverse("tenants:step", args=[taken.public_id, "contacts"])
    assert TenantRequest.objects.get(pk=taken.pk).status == Status.CHANGES_REQUESTED


def test_r26_what_reads_as_another_person_is_not_kept(taken: TenantRequest, acting: Client, theo: Contact) -> None:
    typed = new_address(first_name="Tom", last_name="Maes")

    answer = post(acting, page("correct_person", taken), version="1", **typed)

    theo.refresh_from_db()
    assert (answer.status_code, theo.first_name, taken.submissions.count()) == (409, "Theo", 1)
    assert "reads as another person" in answer.text
    assert 'value="Tom"' in answer.text


@pytest.mark.parametrize(
    "email", ["a@x.example, b@x.example", "a\0@x.example", "a@x.example\nBcc: b@x.example", "🦊", "x" * 400]
)
def test_t76_t39_hostile_addresses_are_refused_at_the_field(taken: TenantRequest, acting: Client, email: str) -> None:
    answer = post(acting, page("correct_person", taken), version="1", **new_address(email=email))

    assert (answer.status_code, taken.submissions.count()) == (200, 1)
    assert answer.context["form"].has_error("email")


@pytest.mark.parametrize("version", ["", "9" * 30, "²", "-1", "x"])
def test_t38_a_version_that_is_none_changes_nothing(taken: TenantRequest, acting: Client, version: str) -> None:
    answer = post(acting, page("correct_person", taken), version=version, **new_address())

    assert (answer.status_code, taken.submissions.count()) == (409, 1)


@pytest.mark.parametrize("name", ["correct_person", "name_another"])
def test_t01_the_rival_finds_no_such_page(
    taken: TenantRequest, login: Callable[[User], Client], mallory: User, rival_customer: Company, name: str
) -> None:
    client = act_for(login(mallory), rival_customer)

    assert client.get(page(name, taken)).status_code == 404
    assert TenantRequest.objects.get(pk=taken.pk).version == 1


def test_t31_who_only_reads_cannot_correct(taken: TenantRequest, login: Callable[[User], Client], bob: User) -> None:
    answer = act_for(login(bob), taken.company).get(page("correct_person", taken))

    assert answer.status_code == 403
    with pytest.raises(TransitionRefused):
        correct(taken, bob, email=NEW)


@pytest.mark.parametrize("slug", ["dpo", "nobody"])
def test_a_place_where_nobody_is_named_has_no_page(taken: TenantRequest, acting: Client, slug: str) -> None:
    assert acting.get(page("correct_person", taken, slug)).status_code == 404


def test_while_the_partner_has_it_the_step_is_the_place_to_correct(
    taken: TenantRequest, sam: User, acting: Client
) -> None:
    remark = Remark(field="tenant.tenant_name", text="?")
    back = workflow.request_changes(taken, by=sam, version=1, remarks=[remark])

    answer = acting.get(page("correct_person", back))

    assert answer.headers["Location"] == reverse("tenants:step", args=[back.public_id, "contacts"])


def test_r26_the_request_page_says_what_blocks_and_where_to_correct_it(
    taken: TenantRequest, theo: Contact, acting: Client, django_assert_max_num_queries: Any
) -> None:
    Contact.objects.filter(pk=theo.pk).update(email=NEW)
    OutgoingEmail.objects.filter(to_email=AN).update(state="refused", outcome="550 5.1.1 No such mailbox")

    with django_assert_max_num_queries(8):
        text = acting.get(reverse("tenants:request", args=[taken.public_id])).text

    assert "Arxus can neither approve nor register the request before this is corrected." in text
    assert f'href="{page("correct_person", taken)}">Correct it here</a>' in text
    assert f'href="{page("correct_person", taken, "commercial")}">Correct the address of An De Smet</a>' in text


# Where a contact is edited


def edited(contact: Contact, **fields: str) -> dict[str, Any]:
    return {
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "email": contact.email,
        "phone": "+32 53 00 00 21",
        "job_title": contact.job_title,
        "language": "nl",
    } | fields


def test_r26_the_page_of_a_contact_says_which_requests_were_sent_with_them(
    taken: TenantRequest, theo: Contact, acting: Client, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(8):
        page = acting.get(reverse("contacts:contact_edit", args=[theo.public_id]))

    assert [sent.line for sent in page.context["sent_with"]] == [
        f"{taken.number} for Bakkerij De Smet bv (With Arxus: being checked)"
    ]
    assert "Requests that were sent name Theo Lambert." in page.text


@pytest.mark.parametrize("fields", [{"email": NEW}, {"first_name": "Theodoor"}])
def test_r26_a_changed_contact_leads_to_what_was_sent_before(
    taken: TenantRequest, theo: Contact, acting: Client, fields: dict[str, str]
) -> None:
    address = reverse("contacts:contact_edit", args=[theo.public_id])
    there = f"{reverse('tenants:open', args=[taken.public_id])}?person=technical"
    said = (
        f"{taken.number} for Bakkerij De Smet bv still names Theo Lambert, {THEO}: Arxus can neither approve nor "
        "register it so."
    )
    link = f'<a href="{there}">Correct the person there</a>'

    post(acting, address, **edited(theo, **fields))
    lists, page = acting.get(reverse("contacts:contacts")).text, acting.get(address).text
    led = acting.get(there)

    assert f"<strong>{said}</strong> {link}" in lists
    assert f"<li>{said} {link}</li>" in page
    assert led.headers["Location"] == reverse("tenants:correct_person", args=[taken.public_id, "technical"])


def test_r26_a_changed_contact_of_a_registered_tenant_is_said_too(
    registered: TenantRequest, theo: Contact, acting: Client
) -> None:
    post(acting, reverse("contacts:contact_edit", args=[theo.public_id]), **edited(theo, email=NEW))

    said = f"{registered.number} for Bakkerij De Smet bv still names Theo Lambert, {THEO}: Arxus goes on writing to"
    assert said in acting.get(reverse("contacts:contacts")).text


def test_r26_whoever_may_not_correct_a_person_reads_who_may(
    taken: TenantRequest, theo: Contact, acting: Client, alice: User
) -> None:
    Membership.objects.filter(user=alice).update(groups=[Group.CUSTOMERS])

    post(acting, reverse("contacts:contact_edit", args=[theo.public_id]), **edited(theo, email=NEW))
    text = acting.get(reverse("contacts:contacts")).text

    assert "Ask a colleague with “Tenant Configuration” to correct the person there." in text
    assert "?person=" not in text


def test_r26_nothing_is_said_where_a_contact_is_read_again_before_sending(
    draft: TenantRequest, theo: Contact, acting: Client
) -> None:
    address = reverse("contacts:contact_edit", args=[theo.public_id])
    before = acting.get(address).context["sent_with"]

    post(acting, address, **edited(theo, email=NEW))

    assert before == []
    assert draft.number not in acting.get(reverse("contacts:contacts")).text


def test_r26_a_changed_telephone_number_blocks_nothing(taken: TenantRequest, theo: Contact, acting: Client) -> None:
    post(acting, reverse("contacts:contact_edit", args=[theo.public_id]), **edited(theo, phone="+32 53 00 00 99"))

    assert "still names" not in acting.get(reverse("contacts:contacts")).text


def test_r26_the_review_page_shows_the_correction(
    taken: TenantRequest, alice: User, sam: User, login: Callable[[User], Client]
) -> None:
    correct(taken, alice, email=NEW)

    text = login(sam).get(reverse("admin:tenants_tenantrequest_change", args=[taken.pk])).text

    assert f'<del class="diff">{THEO}</del>' in text
    assert f'<ins class="diff">{NEW}</ins>' in text


@pytest.mark.django_db(transaction=True)
def test_r33_correcting_and_approving_at_once_one_comes_first(
    taken: TenantRequest, alice: User, sam: User, pass_checks: Callable[[TenantRequest], None]
) -> None:
    pass_checks(taken)

    def trying(act: Callable[[], Any]) -> Callable[[], str]:
        def tried() -> str:
            try:
                act()
            except TransitionRefused as refused:
                return refused.reason
            return "done"

        return tried

    outcomes = at_once(
        trying(lambda: correct(taken, alice, email=NEW)), trying(lambda: workflow.approve(taken, by=sam, version=1))
    )

    fresh = TenantRequest.objects.get(pk=taken.pk)
    # Approved first, it is corrected while registering; corrected first, the approval was for another version.
    assert (outcomes, fresh.status) in (
        (["done", "done"], Status.REGISTERING),
        (["done", "version"], Status.TO_VALIDATE),
    )
    assert (fresh.version, fresh.submissions.count()) == (2, 2)
    assert OutgoingEmail.objects.filter(to_email=NEW, template="confirmation").count() == 1


def test_r18_correcting_is_limited_as_sending_is(taken: TenantRequest, alice: User, settings: Any) -> None:
    settings.SENDINGS_PER_HOUR = 1

    with pytest.raises(TransitionRefused, match="You have sent a great deal within the last hour"):
        correct(taken, alice, email=NEW)

    assert (Submission.objects.count(), Contact.objects.filter(email=NEW).exists()) == (1, False)


def test_t37_a_correction_too_many_is_429_logged_and_keeps_what_was_typed(
    acting: Client, taken: TenantRequest, alice: User, settings: Any
) -> None:
    settings.SENDINGS_PER_HOUR = 1

    with capture_logs() as logs:
        answer = post(acting, page("correct_person", taken), version="1", **new_address())

    assert (answer.status_code, reached(logs)) == (429, [{"limit": "sendings_per_hour", "user": alice.pk}])
    assert NEW in answer.text


GRETE = "grete@bakkerijdesmet.example"


def correct_administrator(found: TenantRequest, by: User, **fields: str) -> dict[str, OutgoingEmail]:
    said = found.submissions.latest("version").data["existing"]
    typed = {name: said[name] for name in PLACES["administrator"].typed.values()} | fields
    return heard(lambda: corrections.correct(found, PLACES["administrator"], by=by, version=found.version, typed=typed))


def test_r26_a_corrected_administrator_is_invited_again(invited: TenantRequest, alice: User, sam: User) -> None:
    OutgoingEmail.objects.filter(template="invitation").update(state="accepted")

    mails = correct_administrator(invited, alice, admin_email=GRETE, admin_language="nl")

    assert told(mails) == {
        (GRETE, "invitation"),
        ("greta@bakkerijdesmet.example", "no_longer_named"),
        (sam.email, "person_corrected"),
    }
    to_sam = readable(mails[sam.email])
    assert "the request to connect an existing Microsoft tenant, bakkerijdesmet.example, for" in to_sam
    assert (mails[GRETE].language, LINK in mails[GRETE].text) == ("nl", True)
    first, second = invited.invitations.all()
    assert (second.link, second.administrator["email"], second.reminders) == (first.link, GRETE, 0)
    assert TenantRequest.objects.get(pk=invited.pk).answers["existing"]["admin_email"] == GRETE


def test_r26_an_administrator_who_was_not_reached_hears_nothing(invited: TenantRequest, alice: User) -> None:
    mails = correct_administrator(invited, alice, admin_email=GRETE)

    assert "greta@bakkerijdesmet.example" not in mails
    assert OutgoingEmail.objects.get(to_email="greta@bakkerijdesmet.example").state == "withheld"


def test_r26_an_administrator_who_is_not_invited_yet_is_only_corrected(
    approved: TenantRequest, alice: User, sam: User
) -> None:
    mails = correct_administrator(approved, alice, admin_email=GRETE)

    assert told(mails) == {(sam.email, "person_corrected")}
    assert not approved.invitations.exists()


def test_r14_a_corrected_administrator_of_a_value_add_partner_is_written_to_by_nobody(
    vap_approved: TenantRequest, vera: User, sam: User
) -> None:
    waiting.wait_for(vap_approved, by=sam, version=1, whom="customer", link=LINK)

    mails = correct_administrator(vap_approved, vera, admin_first_name="Léa")

    assert told(mails) == {(vera.email, "invitation_to_forward"), (sam.email, "person_corrected")}
    assert "Léa" in readable(mails[vera.email])
    assert vap_approved.invitations.last().forwarded


def test_r26_the_page_of_an_administrator_says_that_the_invitation_goes_out_again(
    invited: TenantRequest, acting: Client
) -> None:
    shown = acting.get(reverse("tenants:request", args=[invited.public_id])).text
    form = acting.get(page("correct_person", invited, "administrator")).text
    typed = {"admin_first_name": "Greta", "admin_last_name": "Vos", "admin_email": GRETE, "admin_language": "fr"}
    answer = post(acting, page("correct_person", invited, "administrator"), version=1, **typed)

    assert page("correct_person", invited, "administrator") in shown
    assert "invitation is mailed once more" in form
    assert answer.status_code == 302
    assert invited.submissions.latest("version").data["existing"]["admin_email"] == GRETE


@pytest.mark.parametrize("email", ["", "x", "a@b.example, c@d.example", "a@b.example\n", "x" * 300 + "@b.example"])
def test_r26_a_wrong_address_of_an_administrator_is_said_at_the_field(
    invited: TenantRequest, acting: Client, email: str
) -> None:
    typed = {"admin_first_name": "Greta", "admin_last_name": "Vos", "admin_email": email, "admin_language": "fr"}

    answer = post(acting, page("correct_person", invited, "administrator"), version=1, **typed)

    right = email.strip() == "a@b.example"
    assert answer.status_code == (302 if right else 200)
    assert invited.submissions.count() == (2 if right else 1)


# Elsewhere


@pytest.fixture
def other(customer: Company, alice: User, theo: Contact, an: Contact) -> TenantRequest:
    """Another request with the same contacts."""
    draft = drafts.start(customer, by=alice)
    for slug, typed in answers_for(customer, theo, an, "desmetwinkels").items():
        drafts.keep_step(draft, slug, typed)
    return workflow.submit(draft, by=alice, sent=ALL_TICKED)


def test_r26_a_correction_leads_to_the_other_requests_that_name_the_same_contact(
    taken: TenantRequest, other: TenantRequest, acting: Client
) -> None:
    answer = post(acting, page("correct_person", taken), version="1", **new_address())

    text = acting.get(answer.url).text
    there = f"{reverse('tenants:open', args=[other.public_id])}?person=technical"
    said = f"{other.number} for Bakkerij De Smet bv still names Theo Lambert, {THEO}: Arxus can neither approve nor"
    assert said in text
    assert f'<a href="{there}">Correct the person there</a>' in text
    assert f"{taken.number} for Bakkerij De Smet bv still names" not in text


def test_r26_ones_own_new_name_leads_to_the_requests_that_name_one(
    with_colleague: TenantRequest, acting: Client, django_assert_max_num_queries: Any
) -> None:
    details = {"first_name": "Alicia", "last_name": "Peeters", "phone": "+32470000044", "language": "en"}
    assert "Requests that were sent name you" not in acting.get("/profile/").text

    acting.post("/profile/", details)
    first = acting.get("/profile/").text
    with django_assert_max_num_queries(8):
        later = acting.get("/profile/").text

    there = f"{reverse('tenants:open', args=[with_colleague.public_id])}?person=watchlist"
    said = f"{with_colleague.number} for Bakkerij De Smet bv still names Alice Peeters, alice@nordwave.example: Arxus"
    assert f'<a href="{there}">Correct the person there</a>' in first
    assert (said in later, f'<a href="{there}">Correct yourself there</a>' in later) == (True, True)


def test_r26_another_telephone_number_of_ones_own_is_nothing_to_correct(
    with_colleague: TenantRequest, acting: Client
) -> None:
    acting.post("/profile/", {"first_name": "Alice", "last_name": "Peeters", "phone": "+32470000099", "language": "en"})

    assert "still names" not in acting.get("/profile/").text


def test_r26_ones_own_new_address_is_said_without_naming_a_request(with_colleague: TenantRequest, alice: User) -> None:
    link, client = asked_by(alice), logged_in(alice)
    opened(link, client)

    answer = client.post(PAGE)

    text = client.get(answer.url).text
    assert "A request that was sent still names your former address: your profile says which" in text
    assert with_colleague.number not in text


def test_r26_a_contact_of_the_partner_is_corrected_where_it_is_kept(
    draft: TenantRequest, nordwave: Company, alice: User, acting: Client
) -> None:
    ours = make_contact(nordwave, "Ria", "Thys", "ria@nordwave.example")
    drafts.keep_step(draft, "contacts", draft.answers["contacts"] | {"watchlist": f"contact:{ours.public_id}"})
    found = workflow.submit(draft, by=alice, sent=ALL_TICKED)
    Contact.objects.filter(pk=ours.pk).update(last_name="Tijs", email="r.tijs@nordwave.example")

    shown = acting.get(page("correct_person", found, "watchlist"))
    refused = post(acting, page("correct_person", found, "watchlist"), version="1")

    edit = reverse("contacts:contact_edit", args=[ours.public_id])
    back = f"{reverse('tenants:open', args=[found.public_id])}?person=watchlist"
    for answer, status in ((shown, 200), (refused, 409)):
        kept_at = answer.context["kept_at"]
        assert (answer.status_code, kept_at["company"]) == (status, nordwave)
        assert kept_at["url"] == f"{edit}?{urlencode({'next': back})}"
        assert "Work for Nordwave IT bv and correct Ria Thys there" in answer.text
    assert "one of the two is wrong where the person is kept" in refused.text
    switched = post(acting, "/switch/", company=str(nordwave.public_id), next=kept_at["url"])
    assert (switched.url, acting.get(switched.url).status_code) == (kept_at["url"], 200)


def test_r26_ones_own_name_is_corrected_in_the_profile_and_leads_back(
    with_colleague: TenantRequest, acting: Client
) -> None:
    where = page("correct_person", with_colleague, "watchlist")

    shown = acting.get(where)

    assert shown.context["kept_at"] == {"url": f"/profile/?{urlencode({'next': where})}"}
    assert "Open your profile" in shown.text


@pytest.mark.parametrize("gone", [True, False])
def test_whoever_is_there_hears_what_happens_to_a_colleagues_request(
    taken: TenantRequest, alice: User, sam: User, kim: User, gone: bool
) -> None:
    if gone:
        User.objects.filter(pk=sam.pk).update(is_active=False)
    else:
        User.objects.filter(pk=sam.pk).update(away_until="2099-01-01")
    found = TenantRequest.objects.get(pk=taken.pk)

    corrected = heard(lambda: correct(found, alice, email=NEW))
    found.refresh_from_db()
    taken_back = heard(lambda: workflow.name_another(found, by=alice, place="technical"))

    assert (kim.email, "person_corrected") in told(corrected)
    assert (kim.email, "taken_back_staff") in told(taken_back)
    assert sam.email not in {*corrected, *taken_back}
    assert "any validator can take it" in readable(taken_back[kim.email])


def test_r14_whoever_had_it_hears_that_a_change_of_relation_sent_it_back(
    taken: TenantRequest, sam: User, kim: User
) -> None:
    mails = heard(lambda: for_other_contacts(taken, kim))

    assert (sam.email, "sent_back_staff") in told(mails)
    assert kim.email not in mails
