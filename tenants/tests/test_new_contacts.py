"""Other contacts for a registered tenant: the page, what is stated, who hears of it, whose access changes."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from structlog.testing import capture_logs

from conftest import make_contact, make_user
from contacts.models import Company, Contact, Group, Membership, User
from notifications.models import OutgoingEmail
from notifications.outbox import deliver
from tenants import access, new_contacts, sending, workflow
from tenants.models import Agreement, Statement, Status, Submission, TenantRequest
from tenants.sending import Ticked
from tenants.tests.conftest import made_at_microsoft, reached
from tenants.tests.hostile import HOSTILE
from tenants.tests.test_admin import at_once
from tenants.tests.test_announcements import ALICE, AN, THEO, heard, name_others, readable, told
from tenants.tests.test_corrections import act_for
from tenants.tests.test_directory import load
from tenants.transitions import TransitionRefused

TOM = "tom@bakkerijdesmet.example"
GROUND = {"authority": "mandate", "authority_reference": "VM-2026-020", "authority_date": "20 11 2026"}


@pytest.fixture
def tom(customer: Company) -> Contact:
    return make_contact(customer, "Tom", "Wauters", TOM)


@pytest.fixture
def bea(nordwave: Company) -> User:
    """Alice's colleague, who may change contacts too."""
    user = make_user("bea@nordwave.example", "Bea", "Smits", phone="+32470000045", job_title="manager")
    Membership.objects.create(user=user, company=nordwave, groups=[Group.TENANTS])
    return user


@pytest.fixture
def ready(registered: TenantRequest) -> TenantRequest:
    """Alice's registered request, whose mails have arrived."""
    OutgoingEmail.objects.update(state="accepted")
    return TenantRequest.objects.get(pk=registered.pk)


@pytest.fixture
def acting(login: Callable[[User], Client], alice: User, customer: Company) -> Client:
    """Alice, who works for the bakery."""
    return act_for(login(alice), customer)


def page(found: TenantRequest) -> str:
    return reverse("tenants:change_contacts", args=[found.public_id])


def ref(person: Contact | User) -> str:
    return f"{'user' if isinstance(person, User) else 'contact'}:{person.public_id}"


def chosen(theo: Contact | User, an: Contact | User, version: int = 1, **more: str) -> dict[str, str]:
    """What the first half of the page sends."""
    return {"technical": ref(theo), "commercial": ref(an), "version": str(version)} | more


def send(client: Client, found: TenantRequest, typed: dict[str, str], **stated: str) -> Any:
    """Choose, read what follows, tick what is named, and send from there."""
    seal = client.get(page(found)).context["seal"].value
    shown = client.post(page(found), {"_seal": seal, **typed})
    seen = re.search(r'name="seen" value="(\w+)"', shown.text)
    ticked = {"seen": seen.group(1)} if seen else {}
    return client.post(page(found), {"_seal": seal, **typed, **ticked, **stated, "send": "1"})


def choose(client: Client, found: TenantRequest, typed: dict[str, str]) -> Any:
    return client.post(page(found), {"_seal": client.get(page(found)).context["seal"].value, **typed})


def named_now(found: TenantRequest) -> dict[str, str]:
    contacts = found.submissions.latest("version").data["contacts"]
    return {role: contacts[role]["email"] for role in contacts["roles"]}


# A version of its own


def test_r22_another_contact_is_a_version_of_its_own_and_the_request_stays_registered(
    ready: TenantRequest, acting: Client, alice: User, tom: Contact, an: Contact
) -> None:
    answer = send(acting, ready, chosen(tom, an))

    fresh = TenantRequest.objects.get(pk=ready.pk)
    first, second = ready.submissions.all()
    assert answer.headers["Location"] == reverse("tenants:request", args=[ready.public_id])
    assert (fresh.status, fresh.version, fresh.answers["contacts"]["technical"]) == (Status.REGISTERED, 2, ref(tom))
    assert (first.data["contacts"]["technical"]["email"], named_now(ready)["technical"]) == (THEO, TOM)
    assert (second.sent_by, second.sent_at, second.corrected_by) == (alice, first.sent_at, alice)
    assert second.emails == sorted([AN, THEO, TOM])  # Theo goes on being the first login at Microsoft


def test_the_history_has_a_line_that_says_who_was_changed(
    ready: TenantRequest, alice: User, tom: Contact, acting: Client
) -> None:
    name_others(ready, alice, technical=tom)

    line = ready.history.exclude(verb="override_void").first()
    assert (line.verb, line.by, line.from_status, line.to_status) == (
        "change_contacts",
        alice,
        Status.REGISTERED,
        Status.REGISTERED,
    )
    assert line.comment == f"Technical contact: Theo Lambert, {THEO} → Tom Wauters, {TOM}"
    text = acting.get(reverse("tenants:request", args=[ready.public_id])).text
    assert f"Tom Wauters, {TOM}" in text
    assert "changed the contacts" in text


def test_r25_whoever_stays_is_kept_as_sent(ready: TenantRequest, alice: User, tom: Contact, an: Contact) -> None:
    Contact.objects.filter(pk=an.pk).update(job_title="owner")
    Company.objects.filter(pk=ready.company_id).update(legal_name="Bakkerij Anders bv")
    before = ready.submissions.get().data

    after = name_others(ready, alice, technical=tom).submissions.latest("version").data

    assert after["contacts"]["commercial"] == before["contacts"]["commercial"]
    assert (after["contacts"]["authority"], after["customer"]) == (before["contacts"]["authority"], before["customer"])


def test_staff_read_on_the_review_page_who_was_changed(
    ready: TenantRequest, alice: User, sam: User, tom: Contact, login: Callable[[User], Client]
) -> None:
    name_others(ready, alice, technical=tom)

    text = login(sam).get(reverse("admin:tenants_tenantrequest_change", args=[ready.pk])).text

    assert re.search(r'<del class="diff">[^<]*Theo Lambert', text)
    assert re.search(r'<ins class="diff">[^<]*Tom Wauters', text)
    assert "changed the contacts" in text
    assert "Tom Wauters: The ServiceNow directory has not been loaded yet." in text


def test_later_changes_start_from_the_last_one(ready: TenantRequest, alice: User, tom: Contact, theo: Contact) -> None:
    name_others(ready, alice, technical=tom)

    name_others(ready, alice, technical=theo, security=tom)

    assert named_now(ready) == {"technical": THEO, "commercial": AN, "security": TOM}
    assert ready.submissions.count() == 3


# The page


def test_the_page_starts_with_those_who_stand_now_and_offers_the_wizards_choices(
    ready: TenantRequest,
    acting: Client,
    theo: Contact,
    an: Contact,
    tom: Contact,
    bob: User,
    django_assert_max_num_queries: Any,
) -> None:
    with django_assert_max_num_queries(8):
        shown = acting.get(page(ready))

    form = shown.context["form"]
    people = {value for _label, group in form["technical"].field.choices[1:] for value, _words in group}
    assert (form["technical"].value(), form["commercial"].value()) == (ref(theo), ref(an))
    assert {ref(theo), ref(an), ref(tom), ref(bob)} <= people
    assert form["authority"].value() is None
    assert "An De Smet signs on this ground: mandate VM-2026-014 of 2 September 2026." in shown.text


def test_r10_the_finding_stands_beside_a_new_technical_contact_alone(
    ready: TenantRequest, acting: Client, theo: Contact, an: Contact, tom: Contact, django_assert_max_num_queries: Any
) -> None:
    before = acting.get(page(ready)).text
    seal = acting.get(page(ready)).context["seal"].value

    with django_assert_max_num_queries(24):
        checking = acting.post(page(ready), {"_seal": seal, **chosen(tom, an)})
    choosing = choose(acting, ready, chosen(tom, an, back="1"))

    words = "Could not be checked yet. You can go on"
    assert [words in text for text in (before, checking.text, choosing.text)] == [False, True, True]


def test_before_sending_it_shows_who_gets_which_mail_and_whose_access_changes(
    ready: TenantRequest, acting: Client, bea: User, tom: Contact, an: Contact
) -> None:
    TenantRequest.objects.filter(pk=ready.pk).update(owner=bea)

    text = " ".join(choose(acting, ready, chosen(tom, an)).text.split())

    assert "until now Theo Lambert" in text
    assert f"Tom Wauters, {TOM}<br>“U wordt vermeld bij een Microsoft-tenant: {ready.number}”" in text
    assert f"Theo Lambert, {THEO}<br>“U wordt niet meer vermeld in een aanvraag: {ready.number}”" in text
    assert f"Bea Smits, {bea.email}<br>“Other contacts for the tenant: {ready.number}”" in text
    assert "Tom Wauters gets access to Bakkerij De Smet bv in the Arxus portal" in text
    assert "Theo Lambert loses the access to Bakkerij De Smet bv" in text
    assert ready.submissions.count() == 1


def test_r50_who_keeps_an_access_at_the_partner_is_said_while_there_is_one(
    ready: TenantRequest, acting: Client, alice: User, bea: User, tom: Contact, an: Contact
) -> None:
    name_others(ready, alice, technical=bea)
    typed = chosen(tom, an, version=2)
    sentence = "Bea Smits keeps the access at Nordwave IT bv: an administrator ends it under Colleagues."

    before = choose(acting, ready, typed).text
    bea.memberships.all().delete()
    after = choose(acting, ready, typed).text

    assert (before.count(sentence), after.count(sentence)) == (1, 0)


def test_the_page_of_a_tenant_that_is_ready_does_not_wait_for_it(ready: TenantRequest, acting: Client) -> None:
    text = acting.get(page(ready)).text

    assert "They are told that they were named, and as what." in text
    assert "when the tenant is ready" not in text


def test_looking_and_choosing_differently_writes_nothing(
    ready: TenantRequest, acting: Client, tom: Contact, an: Contact
) -> None:
    typed = chosen(tom, an, watchlist=ref(tom))
    mails = OutgoingEmail.objects.count()

    choose(acting, ready, typed)
    answer = choose(acting, ready, typed | {"back": "1"})

    form = answer.context["form"]
    assert (form["technical"].value(), form["watchlist"].value()) == (ref(tom), ref(tom))
    assert (ready.submissions.count(), OutgoingEmail.objects.count(), Statement.objects.count()) == (1, mails, 2)


def away(client: Client, found: TenantRequest, typed: dict[str, str], where: str) -> tuple[str, str]:
    """Where the button leads, and from there back to."""
    there = choose(client, found, typed | {"away": where}).headers["Location"]
    return there.partition("?")[0], parse_qs(urlsplit(there).query)["next"][0]


def test_who_adds_or_changes_somebody_finds_what_was_chosen(
    ready: TenantRequest, acting: Client, tom: Contact, an: Contact
) -> None:
    typed = chosen(tom, an) | {"states_authority": "on", "_about_states_authority": "ab12"} | GROUND

    edit, back = away(acting, ready, typed, ref(tom))
    new, _same = away(acting, ready, typed, "new")
    shown = acting.get(back)

    assert (edit, new) == (f"/contacts/{tom.public_id}/", reverse("contacts:contact_add"))
    form = shown.context["form"]
    assert {name: form[name].value() for name in ("technical", *GROUND)} == {"technical": ref(tom)} | GROUND
    assert shown.context["carried"] == [("states_authority", "on"), ("_about_states_authority", "ab12")]
    assert hidden(shown)["version"] == "1"


def test_r34_who_comes_back_to_a_page_that_is_old_by_now_reads_so(
    ready: TenantRequest, acting: Client, alice: User, tom: Contact, an: Contact, theo: Contact
) -> None:
    _edit, back = away(acting, ready, chosen(theo, an), "new")
    name_others(ready, alice, technical=tom)

    shown = acting.get(back)
    answer = acting.post(back, hidden(shown) | chosen(theo, an, hidden(shown)["version"]))

    assert (answer.status_code, named_now(ready)["technical"]) == (409, TOM)


def test_t11_t73_choices_that_are_none_of_ours_are_none(ready: TenantRequest, acting: Client) -> None:
    shown = acting.get(page(ready), {"chosen": "eyJhIjoxfQ:x:y"})

    assert shown.context["carried"] == []


def test_what_changes_nothing_is_not_sent(ready: TenantRequest, acting: Client, theo: Contact, an: Contact) -> None:
    answer = choose(acting, ready, chosen(theo, an))

    assert "These people are named already, so nothing changes." in answer.text
    assert ready.submissions.count() == 1


def test_r03_a_form_of_another_company_is_refused(
    ready: TenantRequest, acting: Client, alice: User, other_customer: Company, tom: Contact, an: Contact
) -> None:
    seal = acting.get(page(ready)).context["seal"].value
    act_for(acting, other_customer)

    answer = acting.post(page(ready), {"_seal": seal, **chosen(tom, an), "send": "1"})

    assert (answer.status_code, ready.submissions.count()) == (409, 1)


def test_r34_whoever_was_slower_reads_who_changed_it_and_keeps_what_was_typed(
    ready: TenantRequest, acting: Client, bea: User, tom: Contact, an: Contact, theo: Contact
) -> None:
    name_others(ready, bea, security=tom)

    for more in ({}, {"send": "1"}):
        answer = choose(acting, ready, chosen(tom, an, **more))

        assert answer.status_code == 409
        assert re.search(r"Bea Smits changed this (just now|\w+.second\w* ago)\. Nothing was changed now", answer.text)
        assert answer.context["form"]["technical"].value() == ref(tom)
        assert 'name="version" value="2"' in answer.text
    assert ready.submissions.count() == 2


def hidden(shown: Any) -> dict[str, str]:
    """The hidden fields of a page, as a browser sends them along."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', shown.text))


SIGNED = {"agreement": "kept", "agreement_reference": "AG-9", "agreement_signed_on": "1 3 2026"}
TICKED = {"states_authority": "on", "states_own_contacts": "on"}


def test_r34_an_old_page_says_what_changed(
    ready: TenantRequest, acting: Client, bea: User, tom: Contact, an: Contact
) -> None:
    name_others(ready, bea, security=tom)

    answer = choose(acting, ready, chosen(tom, an))

    assert [(change.label, change.before) for change in answer.context["changes"]] == [
        ("Called for security incidents", "")
    ]
    assert TOM in answer.context["changes"][0].after
    assert "What changed meanwhile" in answer.text


def sent_too_late(ready: TenantRequest, acting: Client, bea: User, tom: Contact, typed: dict[str, str]) -> Any:
    """The answer to a page whose boxes were ticked before a colleague changed the contacts."""
    sent = hidden(choose(acting, ready, typed)) | typed | TICKED | SIGNED
    name_others(ready, bea, security=tom)
    return acting.post(page(ready), sent | {"send": "1"})


def test_r15_ticks_and_agreement_of_an_old_page_come_along(
    ready: TenantRequest, acting: Client, bea: User, tom: Contact, theo: Contact
) -> None:
    typed = chosen(theo, bea, **GROUND)

    old = sent_too_late(ready, acting, bea, tom, typed)
    again = acting.post(page(ready), hidden(old) | typed | {"security": ref(tom), "version": "2"})

    form = again.context["form"]
    assert (old.status_code, again.status_code) == (409, 200)
    assert [form[box].value() for box in TICKED] == [True, True]
    assert [form[name].value() for name in SIGNED] == list(SIGNED.values())
    acting.post(page(ready), hidden(again) | TICKED | SIGNED | {"send": "1"})
    assert ready.submissions.latest("version").data["agreement"]["reference"] == "AG-9"


def test_r15_a_tick_does_not_come_along_to_other_words(
    ready: TenantRequest, acting: Client, bea: User, tom: Contact, theo: Contact
) -> None:
    old = sent_too_late(ready, acting, bea, tom, chosen(theo, bea, **GROUND))

    again = acting.post(page(ready), hidden(old) | chosen(theo, tom, 2, **GROUND) | {"security": ref(tom)})

    assert again.context["form"]["states_authority"].value() is False


def test_one_name_with_two_addresses_is_said_before_it_is_changed(
    ready: TenantRequest, acting: Client, customer: Company, theo: Contact
) -> None:
    twin = make_contact(customer, "Theo", "Lambert", "theo@private.example", job_title="manager")

    shown = choose(acting, ready, chosen(theo, twin, **GROUND))

    assert [said["strong"] for said in shown.context["twice"]] == [
        f"Theo Lambert is chosen with two addresses: {THEO} and theo@private.example."
    ]


def test_r21_a_double_click_is_one(ready: TenantRequest, acting: Client, tom: Contact, an: Contact) -> None:
    seal = acting.get(page(ready)).context["seal"].value
    shown = acting.post(page(ready), {"_seal": seal, **chosen(tom, an)})
    seen = shown.context["planned"].reading
    form = {"_seal": seal, **chosen(tom, an), "seen": seen, "send": "1"}

    answers = [acting.post(page(ready), form) for _click in range(2)]

    assert {answer.headers["Location"] for answer in answers} == {reverse("tenants:request", args=[ready.public_id])}
    assert ready.submissions.count() == 2
    assert OutgoingEmail.objects.filter(template="named_since").count() == 1


@pytest.mark.django_db(transaction=True)
def test_r33_two_who_change_at_once_one_comes_first(ready: TenantRequest, alice: User, bea: User, tom: Contact) -> None:
    def trying(by: User, **people: Contact) -> Callable[[], str]:
        def tried() -> str:
            try:
                name_others(TenantRequest.objects.get(pk=ready.pk), by, **people)
            except TransitionRefused as refused:
                return refused.reason
            return "done"

        return tried

    outcomes = at_once(trying(alice, technical=tom), trying(bea, technical=tom))

    assert sorted(outcomes) == ["done", "repetition"]
    assert ready.submissions.count() == 2


def test_r18_t37_so_many_changes_an_hour(
    ready: TenantRequest, acting: Client, settings: Any, tom: Contact, an: Contact, alice: User
) -> None:
    settings.SENDINGS_PER_HOUR = 1

    with capture_logs() as logs:
        answer = send(acting, ready, chosen(tom, an))

    assert (answer.status_code, reached(logs)) == (429, [{"limit": "sendings_per_hour", "user": alice.pk}])
    assert f"contact:{tom.public_id}" in answer.text
    assert "You have sent a great deal within the last hour." in answer.text
    assert ready.submissions.count() == 1


# What is stated


def test_r11_a_new_commercial_contact_needs_a_ground_and_its_statement(
    ready: TenantRequest, acting: Client, theo: Contact, tom: Contact
) -> None:
    without_ground = choose(acting, ready, chosen(theo, tom))
    unticked = send(acting, ready, chosen(theo, tom, **GROUND))
    assert without_ground.context["form"].has_error("authority")
    assert unticked.context["form"].has_error("states_authority")
    assert ready.submissions.count() == 1

    send(acting, ready, chosen(theo, tom, **GROUND), states_authority="on")

    said = ready.submissions.latest("version").data["contacts"]
    statement = ready.statements.get(version=2)
    assert (said["commercial"]["email"], said["authority_reference"]) == (TOM, "VM-2026-020")
    assert (statement.kind, statement.subject["commercial"]["email"]) == ("authority", TOM)
    assert statement.text.startswith("Tom Wauters may sign for Bakkerij De Smet bv")


def test_r15_who_stays_needs_no_statement_whoever_gave_it(
    ready: TenantRequest, login: Callable[[User], Client], bea: User, customer: Company, tom: Contact, an: Contact
) -> None:
    client = act_for(login(bea), customer)

    shown = choose(client, ready, chosen(tom, an))

    assert shown.context["planned"].needed == []


def test_r15_a_former_statement_does_not_come_back_with_the_person(
    ready: TenantRequest, alice: User, tom: Contact, an: Contact
) -> None:
    name_others(ready, alice, commercial=tom)

    name_others(ready, alice, commercial=an)

    authority = ready.statements.filter(kind="authority").values_list("version", "subject__commercial__email")
    assert list(authority) == [(1, AN), (2, TOM), (3, AN)]


def test_r11_another_ground_of_the_same_person_is_stated_anew(
    ready: TenantRequest, acting: Client, theo: Contact, an: Contact
) -> None:
    mails = heard(lambda: send(acting, ready, chosen(theo, an, **GROUND), states_authority="on"))

    assert ready.statements.get(version=2).subject["ground"]["authority_reference"] == "VM-2026-020"
    assert told(mails) == set()


def test_r12_a_new_person_of_the_partner_needs_the_agreement(
    ready: TenantRequest, acting: Client, bob: User, an: Contact
) -> None:
    User.objects.filter(pk=bob.pk).update(phone="+32470000044")
    typed = chosen(bob, an)
    stated = {"states_own_contacts": "on"}
    unsigned = send(acting, ready, typed, **stated)
    assert unsigned.context["form"].has_error("agreement")
    assert ready.submissions.count() == 1

    signed = {"agreement": "kept", "agreement_reference": "AG-9", "agreement_signed_on": "1 3 2026"}
    send(acting, ready, typed, **stated, **signed)

    last = ready.submissions.latest("version")
    assert (last.agreement, last.data["agreement"]["reference"]) == (Agreement.objects.get(), "AG-9")
    assert ready.statements.get(version=2).kind == "own_contacts"


def test_r12_without_people_of_the_partner_the_agreement_is_no_longer_named(
    ready: TenantRequest, alice: User, bob: User, theo: Contact
) -> None:
    name_others(ready, alice, watchlist=bob)

    after = name_others(ready, alice, watchlist=None).submissions.latest("version")

    assert (after.agreement, "agreement" in after.data) == (None, False)


def test_r15_a_statement_keeps_the_place_of_the_person_and_not_of_the_proxy(
    ready: TenantRequest, acting: Client, settings: Any, theo: Contact, tom: Contact
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    acting.defaults["HTTP_X_FORWARDED_FOR"] = "198.51.100.66, 203.0.113.9"

    send(acting, ready, chosen(theo, tom, **GROUND), states_authority="on")

    assert ready.statements.get(version=2).ip_address == "203.0.113.9"


def test_r13_only_oneself_takes_the_full_responsibility(
    ready: TenantRequest, acting: Client, alice: User, bea: User, theo: Contact
) -> None:
    User.objects.filter(pk=alice.pk).update(job_title="manager")
    signed = {"agreement": "kept", "agreement_reference": "AG-9", "agreement_signed_on": "1 3 2026"}
    boxes = {"states_authority": "on", "states_own_contacts": "on"}

    without = send(acting, ready, chosen(theo, alice, **GROUND), **boxes, **signed)
    assert without.context["form"].has_error("states_responsibility")
    colleague = choose(acting, ready, chosen(theo, bea, **GROUND | {"authority": "director"}))
    assert "only a mandate counts" in colleague.text
    other = choose(acting, ready, chosen(theo, bea, **GROUND))
    assert [asked.kind for asked in other.context["planned"].needed] == ["authority", "own_contacts"]

    send(acting, ready, chosen(theo, alice, **GROUND), **boxes, **signed, states_responsibility="on")

    statement = ready.statements.get(kind="responsibility")
    assert (statement.by, statement.version) == (alice, 2)
    assert "full legal responsibility" in " ".join(statement.text.split())


def test_r13_the_verb_itself_asks_for_every_statement(ready: TenantRequest, alice: User, tom: Contact) -> None:
    typed = chosen(tom, tom, **GROUND)

    with pytest.raises(sending.Incomplete):
        new_contacts.change(ready, by=alice, typed=typed, version=1, ticked=Ticked(("own_contacts",)))

    assert (ready.submissions.count(), ready.statements.count()) == (1, 2)


def test_r15_what_was_read_is_what_is_stated(ready: TenantRequest, acting: Client, theo: Contact, tom: Contact) -> None:
    typed = chosen(theo, tom, **GROUND)
    seal = acting.get(page(ready)).context["seal"].value
    seen = acting.post(page(ready), {"_seal": seal, **typed}).context["planned"].reading
    Contact.objects.filter(pk=tom.pk).update(last_name="Maes")

    answer = acting.post(
        page(ready), {"_seal": seal, **typed, "seen": seen, "states_authority": "on", "send": "1"}, follow=True
    )

    assert answer.status_code == 409
    assert "Something changed since you opened this page." in answer.text
    assert "checked" not in answer.text
    assert ready.submissions.count() == 1


# Who hears of it


def test_r43_the_new_one_and_the_replaced_one_are_told(ready: TenantRequest, alice: User, tom: Contact) -> None:
    mails = heard(lambda: name_others(ready, alice, technical=tom))

    assert told(mails) == {(TOM, "named_since"), (THEO, "no_longer_named")}
    assert "U hebt nu toegang tot het Arxus-portaal" in readable(mails[TOM])
    assert "Uw toegang tot Bakkerij De Smet bv in het Arxus-portaal hoorde bij die rol" in readable(mails[THEO])


def test_r27_the_owner_is_told_if_another_did_it(ready: TenantRequest, bea: User, tom: Contact) -> None:
    mails = heard(lambda: name_others(ready, bea, technical=tom))

    assert told(mails) == {(TOM, "named_since"), (THEO, "no_longer_named"), (ALICE, "contacts_changed")}
    assert f"Now: Tom Wauters, IT manager {TOM}" in readable(mails[ALICE])


def test_r17_one_mail_for_an_address_with_a_paragraph_per_role(
    ready: TenantRequest, bea: User, alice: User, tom: Contact, an: Contact
) -> None:
    User.objects.filter(pk=alice.pk).update(language="nl", job_title="manager")

    mails = heard(lambda: name_others(ready, bea, technical=an, commercial=alice, dpo=an))

    assert told(mails) == {(AN, "named_since"), (ALICE, "named_since"), (THEO, "no_longer_named")}
    text = readable(mails[AN])
    assert "comme contact technique et délégué à la protection des données" in text
    assert "Vous n’y figurez plus comme contact commercial." in text
    assert "U bent ook eigenaar van deze aanvraag" in readable(mails[ALICE])


def test_r43_who_never_got_a_mail_is_not_told_that_it_is_over(
    registered: TenantRequest, alice: User, tom: Contact
) -> None:
    mails = heard(lambda: name_others(registered, alice, technical=tom))

    assert told(mails) == {(TOM, "named_since")}
    assert set(OutgoingEmail.objects.filter(to_email=THEO).values_list("state", flat=True)) == {"withheld"}


@pytest.mark.django_db(transaction=True)
def test_r45_what_is_no_longer_true_is_withheld(ready: TenantRequest, alice: User, tom: Contact, theo: Contact, smtp):
    name_others(ready, alice, security=tom)
    name_others(ready, alice, security=None)

    deliver()

    assert smtp.inbox == []
    assert OutgoingEmail.objects.get(to_email=TOM).state == "withheld"


@pytest.mark.django_db(transaction=True)
def test_r42_the_mail_brings_the_activation_link(ready: TenantRequest, alice: User, tom: Contact, smtp: Any) -> None:
    name_others(ready, alice, technical=tom)

    deliver()

    [mail] = smtp.to(TOM)
    stored = OutgoingEmail.objects.get(to_email=TOM)
    assert re.search(r"http://localhost:8000/activate/\S+", mail.text)
    assert "[[access_link]]" in stored.text
    assert "/activate/" not in stored.text + stored.html


def test_r43_an_owner_whom_the_tenant_names_no_longer_goes_on_hearing(
    ready: TenantRequest, alice: User, tom: Contact
) -> None:
    name_others(ready, alice, technical=alice)

    mails = heard(lambda: name_others(ready, alice, technical=tom))

    assert "You own the request, and go on getting the mails about it." in readable(mails[ALICE])


# Access


def groups_of(email: str) -> dict[str, list[str]]:
    rows = Membership.objects.filter(user__email=email).select_related("company")
    return {row.company.legal_name: row.groups for row in rows}


def test_r50_access_moves_with_the_role(ready: TenantRequest, alice: User, tom: Contact) -> None:
    old_link = User.objects.get(email=THEO).access_links.get()

    name_others(ready, alice, technical=tom)

    old_link.refresh_from_db()
    assert (groups_of(TOM), groups_of(THEO)) == ({"Bakkerij De Smet bv": [Group.TECHNICAL]}, {})
    assert old_link.replaced_at is not None
    assert access.waiting_for(ready) == User.objects.get(email=TOM)


@pytest.mark.parametrize(("groups", "template_says"), [([Group.READ_ONLY], "zoals altijd"), ([], "zoals altijd")])
def test_r50_an_account_gets_no_link(
    ready: TenantRequest, alice: User, tom: Contact, customer: Company, groups: list[str], template_says: str
) -> None:
    user = make_user(TOM, "Tom", "Wauters", language="nl")
    if groups:
        Membership.objects.create(user=user, company=customer, groups=groups)

    mails = heard(lambda: name_others(ready, alice, technical=tom))

    assert "access_link" not in mails[TOM].facts
    assert template_says in readable(mails[TOM])
    assert groups_of(TOM) == {"Bakkerij De Smet bv": groups or [Group.TECHNICAL]}


@pytest.mark.parametrize("fields", [{"is_active": False}, {"is_staff": True}])
def test_r50_an_account_that_may_not_log_in_is_refused_without_saying_why(
    ready: TenantRequest, acting: Client, tom: Contact, an: Contact, fields: dict[str, bool]
) -> None:
    make_user(TOM, "Tom", "Wauters", **fields)

    answer = choose(acting, ready, chosen(tom, an))

    assert answer.context["form"].errors["technical"] == [
        "Tom Wauters can get no access to the Arxus portal. Choose somebody else, or ask Arxus."
    ]
    assert ready.submissions.count() == 1


def test_r26_the_same_person_with_another_address_is_named_with_it(
    ready: TenantRequest, alice: User, theo: Contact, an: Contact
) -> None:
    owner = User.objects.get(email=THEO)
    owner.set_password("a password of his own")
    owner.save()
    Contact.objects.filter(pk=theo.pk).update(email="theo.new@bakkerijdesmet.example", job_title="chef")
    Contact.objects.filter(pk=an.pk).update(job_title="owner")
    before = ready.submissions.get().data["contacts"]

    name_others(ready, alice, technical=Contact.objects.get(pk=theo.pk))

    now = ready.submissions.latest("version").data["contacts"]
    assert now["technical"]["email"] == "theo.new@bakkerijdesmet.example"
    assert now["commercial"] == before["commercial"], "R25: what is no correction stays as sent"
    assert groups_of("theo.new@bakkerijdesmet.example") == {"Bakkerij De Smet bv": [Group.TECHNICAL]}
    assert groups_of(THEO) == {}


def test_r50_whom_another_tenant_names_keeps_the_access(
    ready: TenantRequest, second_registered: TenantRequest, alice: User, tom: Contact
) -> None:
    mails = heard(lambda: name_others(ready, alice, technical=tom))

    assert groups_of(THEO) == {"Bakkerij De Smet bv": [Group.TECHNICAL]}
    assert "Uw toegang" not in readable(mails[THEO])
    name_others(second_registered, alice, technical=tom)
    assert groups_of(THEO) == {}


@pytest.mark.parametrize("groups", [[Group.FULL], [Group.TECHNICAL, Group.READ_ONLY]])
def test_r50_access_that_somebody_gave_stays(
    ready: TenantRequest, alice: User, tom: Contact, groups: list[str]
) -> None:
    Membership.objects.filter(user__email=THEO).update(groups=groups)

    name_others(ready, alice, technical=tom)

    assert groups_of(THEO) == {"Bakkerij De Smet bv": groups}


def test_r50_who_gets_another_role_keeps_the_access(
    ready: TenantRequest, alice: User, tom: Contact, theo: Contact
) -> None:
    mails = heard(lambda: name_others(ready, alice, technical=tom, security=theo))

    assert groups_of(THEO) == {"Bakkerij De Smet bv": [Group.TECHNICAL]}
    assert told(mails) == {(TOM, "named_since"), (THEO, "named_since")}


# Who may, and when


def test_t01_the_rival_finds_no_such_page(
    ready: TenantRequest, login: Callable[[User], Client], mallory: User, rival_customer: Company, tom: Contact
) -> None:
    client = act_for(login(mallory), rival_customer)
    seal = client.get("/tenants/").context["seal"].value

    looked = client.get(page(ready))
    sent = client.post(page(ready), {"_seal": seal, **chosen(tom, tom, **GROUND), "send": "1"})

    assert (looked.status_code, sent.status_code, ready.submissions.count()) == (404, 404, 1)
    with pytest.raises(TransitionRefused):
        name_others(ready, mallory, technical=tom)


def test_r04_another_customer_of_the_same_partner_finds_none_either(
    ready: TenantRequest, acting: Client, other_customer: Company
) -> None:
    act_for(acting, other_customer)

    assert acting.get(page(ready)).status_code == 404


def test_nobody_of_another_company_can_be_chosen(
    ready: TenantRequest, acting: Client, an: Contact, other_customer: Company, mallory: User, rival_customer: Company
) -> None:
    strangers = [
        ref(make_contact(other_customer, "Lea", "Roy", "lea@garage.example")),
        ref(make_contact(rival_customer, "Max", "Roy", "max@bakery.example")),
        ref(mallory),
    ]

    for stranger in strangers:
        answer = choose(acting, ready, {"technical": stranger, "commercial": ref(an), "version": "1"})
        assert answer.context["form"].has_error("technical")
    assert ready.submissions.count() == 1


def test_t31_who_only_reads_reads_why_not(
    ready: TenantRequest, login: Callable[[User], Client], bob: User, tom: Contact
) -> None:
    client = act_for(login(bob), ready.company)

    answer = client.get(page(ready))
    request_page = client.get(reverse("tenants:request", args=[ready.public_id])).text

    assert answer.status_code == 403
    assert "Alice Peeters" in answer.text
    assert page(ready) not in request_page
    with pytest.raises(TransitionRefused):
        name_others(ready, bob, technical=tom)


def test_r06_the_technical_contact_cannot_change_it(ready: TenantRequest, login: Callable[[User], Client]) -> None:
    client = login(User.objects.get(email=THEO))

    assert client.get(page(ready)).status_code == 403
    assert page(ready) not in client.get(reverse("tenants:request", args=[ready.public_id])).text


def test_before_registering_the_request_itself_names_them(
    taken: TenantRequest, acting: Client, alice: User, tom: Contact
) -> None:
    answer = acting.get(page(taken))

    assert answer.headers["Location"] == reverse("tenants:request", args=[taken.public_id])
    with pytest.raises(TransitionRefused):
        name_others(taken, alice, technical=tom)


def test_with_the_service_switched_off_contacts_are_still_changed(
    ready: TenantRequest, acting: Client, nordwave: Company, tom: Contact, an: Contact
) -> None:
    Company.objects.filter(pk=nordwave.pk).update(tenant_configuration=False)

    send(acting, ready, chosen(tom, an))

    assert named_now(ready)["technical"] == TOM


def test_staff_are_led_to_their_own_page(ready: TenantRequest, login: Callable[[User], Client], sam: User) -> None:
    assert login(sam).get(page(ready)).headers["Location"] == reverse("admin:index")


# Value Add Partners


@pytest.fixture
def vap_ready(vap_approved: TenantRequest, sam: User) -> TenantRequest:
    """Vera's registered request for a customer that does not know Arxus; Victor is its contact."""
    tenant = made_at_microsoft(domain="studioelan.onmicrosoft.com", first_login="")
    workflow.register(vap_approved, by=sam, version=1, tenant=tenant)
    OutgoingEmail.objects.update(state="accepted")
    return TenantRequest.objects.get(pk=vap_approved.pk)


def test_r14_only_people_of_the_partner_are_offered_and_mailed(
    vap_ready: TenantRequest, login: Callable[[User], Client], vera: User, valora: Company
) -> None:
    tess = make_contact(valora, "Tess", "Maes", "tess@valora.example")
    lea = make_contact(vap_ready.company, "Lea", "Roy", "lea@studioelan.example")
    victor = Contact.objects.get(email="victor@valora.example")
    client = act_for(login(vera), vap_ready.company)

    refused = choose(client, vap_ready, chosen(lea, victor))
    assert "does not know Arxus" in refused.context["form"].errors["technical"][0]
    signed = {"agreement": "kept", "agreement_reference": "AG-9", "agreement_signed_on": "1 3 2026"}
    mails = heard(lambda: send(client, vap_ready, chosen(tess, victor), states_own_contacts="on", **signed))

    assert told(mails) == {("tess@valora.example", "named_since"), ("victor@valora.example", "no_longer_named")}
    assert "U wordt nog wel vermeld als commerciële contactpersoon." in readable(mails["victor@valora.example"])
    assert not any(mail.to_email.endswith("studioelan.example") for mail in OutgoingEmail.objects.all())
    assert not User.objects.filter(email__endswith="studioelan.example").exists()
    assert groups_of("tess@valora.example") == {"Valora nv": [Group.TECHNICAL]}
    assert groups_of("victor@valora.example") == {"Valora nv": [Group.TECHNICAL]}


def test_r14_who_is_replaced_at_a_customer_that_no_longer_knows_arxus_hears_nothing(
    ready: TenantRequest, acting: Client, alice: User, bob: User
) -> None:
    Company.objects.filter(pk=ready.company_id).update(relation="vap")
    User.objects.update(job_title="manager", phone="+32470000044")
    carl = make_contact(ready.partner, "Carl", "Thys", "carl@nordwave.example")

    shown = choose(acting, ready, chosen(carl, bob, **GROUND)).text
    mails = heard(lambda: name_others(ready, alice, technical=carl, commercial=bob))

    assert "Bakkerij De Smet bv does not know Arxus, so nobody there is written to." in shown
    assert {mail.to_email for mail in mails.values() if mail.state != "withheld"} == {
        "carl@nordwave.example",
        bob.email,
    }
    assert "may bind Nordwave IT bv" in ready.statements.get(version=2, kind="authority").text


# Archived contacts


def test_an_archived_contact_is_shown_wherever_somebody_else_is_named(
    ready: TenantRequest,
    acting: Client,
    login: Callable[[User], Client],
    alice: User,
    theo: Contact,
    django_assert_max_num_queries: Any,
) -> None:
    Contact.objects.filter(pk=theo.pk).update(archived_at=timezone.now())
    link = f"{reverse('tenants:open', args=[ready.public_id])}?step=contacts"

    with django_assert_max_num_queries(8):
        request_page = acting.get(reverse("tenants:request", args=[ready.public_id])).text
    for client in (acting, login(alice)):
        with django_assert_max_num_queries(8):
            tenants = client.get(reverse("tenants:requests")).text
        assert "Theo Lambert is no longer with you:" in tenants
        assert link in tenants
    shown = acting.get(page(ready))

    assert "Theo Lambert was archived on" in request_page
    assert f'href="{page(ready)}">Name somebody else</a>' in request_page
    assert acting.get(link).headers["Location"] == page(ready)
    assert "Theo Lambert can no longer be chosen" in shown.text
    assert shown.context["form"]["technical"].value() == ref(theo)


def test_who_may_not_change_it_sees_no_link(
    ready: TenantRequest, login: Callable[[User], Client], bob: User, theo: Contact
) -> None:
    Contact.objects.filter(pk=theo.pk).update(archived_at=timezone.now())

    text = act_for(login(bob), ready.company).get(reverse("tenants:requests")).text

    assert "Theo Lambert is no longer with you" not in text


def test_archiving_a_contact_of_a_tenant_says_so_and_leads_on(
    ready: TenantRequest, acting: Client, theo: Contact, tom: Contact
) -> None:
    archive = reverse("contacts:contact_archive", args=[theo.public_id])
    link = f"{reverse('tenants:open', args=[ready.public_id])}?step=contacts"

    before = acting.get(archive)
    after = acting.post(archive, {"_seal": before.context["seal"].value}, follow=True)

    sentence = f"{ready.number}: contact for bakkerijdesmet.onmicrosoft.com of Bakkerij De Smet bv."
    for text in (before.text, after.text):
        assert sentence in text
        assert f'href="{link}"' in text
    assert "Arxus cannot approve" not in before.text


def test_once_somebody_else_is_named_nothing_is_said_any_more(
    ready: TenantRequest, acting: Client, alice: User, theo: Contact, tom: Contact
) -> None:
    Contact.objects.filter(pk=theo.pk).update(archived_at=timezone.now())

    name_others(ready, alice, technical=tom)

    archive = acting.get(reverse("contacts:contact_archive", args=[theo.public_id])).text
    assert "about tenants that are registered" not in archive
    assert "is no longer with you" not in acting.get(reverse("tenants:requests")).text


def test_a_contact_whose_address_changed_is_corrected_instead(
    ready: TenantRequest, acting: Client, an: Contact
) -> None:
    Contact.objects.filter(pk=an.pk).update(email="an.desmet@bakkerijdesmet.example")

    text = acting.get(reverse("tenants:request", args=[ready.public_id])).text

    correct = reverse("tenants:correct_person", args=[ready.public_id, "commercial"])
    assert f'href="{correct}">Correct it here</a>' in text


def test_r27_a_leaver_reads_for_which_tenants_they_are_contact(
    ready: TenantRequest, alice: User, bob: User, nordwave: Company
) -> None:
    from contacts import colleagues

    name_others(ready, alice, watchlist=bob)

    assert colleagues.named_as(bob, nordwave) == [
        f"{ready.number} for Bakkerij De Smet bv, registered, names Bob Claes as Kept informed: change the contacts"
        " there."
    ]


# Nothing typed does anything


@pytest.mark.parametrize("field", ["technical", "dpo", "authority", "authority_reference", "authority_date", "version"])
def test_t39_hostile_input_changes_nothing_and_breaks_nothing(
    ready: TenantRequest, acting: Client, tom: Contact, field: str
) -> None:
    seal = acting.get(page(ready)).context["seal"].value

    for typed in HOSTILE:
        form = chosen(tom, tom, **GROUND) | {field: typed, "_seal": seal}
        for more in ({}, {"send": "1", "seen": typed, "agreement": typed, "states_authority": typed}):
            answer = acting.post(page(ready), form | more)

            assert answer.status_code in (200, 409)
            assert "<script>alert(1)</script>" not in answer.text
    assert Submission.objects.count() == 1


def test_a_name_stays_a_name_in_the_mails(ready: TenantRequest, alice: User, tom: Contact) -> None:
    hostile = 'http://evil.example/a"b <b>x</b> [[access_link]] {{ url }}'
    Contact.objects.filter(pk=tom.pk).update(first_name=hostile[:50])

    mails = heard(lambda: name_others(ready, alice, security=tom))

    assert "http://evil" not in mails[TOM].text + mails[TOM].html
    assert "<b>x" not in mails[TOM].html
    assert "[[access_link]]" not in mails[TOM].text + mails[TOM].html


@pytest.mark.parametrize(("known", "readers"), [(TOM, set()), ("somebody@else.example", {"sam@arxus.example"})])
def test_r10_staff_hear_that_a_new_technical_contact_is_no_servicenow_user(
    ready: TenantRequest, alice: User, sam: User, tom: Contact, an: Contact, known: str, readers: set[str]
) -> None:
    load(sam, (known, True, False))

    mails = heard(lambda: name_others(ready, alice, technical=tom))

    assert {email for email, mail in mails.items() if mail.template == "person_corrected"} == readers
    assert all("is no active ServiceNow user" in readable(mails[email]) for email in readers)
    subject = f"Nordwave IT bv named another technical contact: {ready.number}"
    assert {mails[email].subject for email in readers} == ({subject} if readers else set())
