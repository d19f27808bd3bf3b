"""Who hears what (DOMAIN §7), and in which words."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
import time_machine
from babel.messages.extract import extract
from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation.template import templatize

from conftest import make_company, make_contact, make_user
from contacts.models import Company, Contact, Group, Membership, User
from notifications.models import OutgoingEmail
from notifications.outbox import Mail, deliver, digest
from tenants import (
    assignment,
    corrections,
    deadlines,
    drafts,
    lost_mails,
    new_contacts,
    objections,
    ownership,
    stopping,
    summary,
    unused_links,
    waiting,
    workflow,
    working_days,
)
from tenants.announcements import MAIL_NAMES, STAFF_MAIL_NAMES
from tenants.models import Remark, TenantRequest
from tenants.named import PLACES
from tenants.remark_fields import remark_fields
from tenants.review.digests import send_digests, tell_of_late_ones
from tenants.steps import STEPS
from tenants.still_true import contradiction
from tenants.tests.conftest import ALL_TICKED, LINK, answers_for, made_at_microsoft, onboard
from tenants.transitions import Verb

ALICE = "alice@nordwave.example"
THEO = "theo.lambert@bakkerijdesmet.example"
AN = "an@bakkerijdesmet.example"


def heard(act: Callable[[], Any]) -> dict[str, OutgoingEmail]:
    """The mails that an act promises, by address."""
    before = list(OutgoingEmail.objects.values_list("pk", flat=True))
    act()
    return {mail.to_email: mail for mail in OutgoingEmail.objects.exclude(pk__in=before)}


def told(mails: dict[str, OutgoingEmail]) -> set[tuple[str, str]]:
    """Who was told what; that the reviewer hears of an answer is for test_staffing.py."""
    return {(email, mail.template) for email, mail in mails.items() if mail.template != "answer_came"}


def send(draft: TenantRequest, by: User) -> TenantRequest:
    return workflow.submit(draft, by=by, sent=ALL_TICKED)


def name_people(draft: TenantRequest, **people: Contact | User) -> None:
    """Name others in the step about contacts."""
    refs = {
        role: f"{'user' if isinstance(person, User) else 'contact'}:{person.public_id}"
        for role, person in people.items()
    }
    drafts.keep_step(draft, "contacts", draft.answers["contacts"] | refs)


def readable(mail: OutgoingEmail | Mail) -> str:
    """The text part on one line, without what keeps typed words from becoming links."""
    return " ".join(mail.text.replace("\u200b", "").split())


def remark(
    field: str = "tenant.tenant_name", text: str = "This name reads like another one.", value: str = ""
) -> Remark:
    return Remark(field=field, text=text, suggestion=value)


@pytest.fixture
def tom(customer: Company) -> Contact:
    return make_contact(customer, "Tom", "Wauters", "tom@bakkerijdesmet.example")


@pytest.fixture
def bea(nordwave: Company) -> User:
    """Alice's colleague, who may send and withdraw."""
    user = make_user("bea@nordwave.example", "Bea", "Smits", language="nl", phone="+32470000045", job_title="manager")
    Membership.objects.create(user=user, company=nordwave, groups=[Group.TENANTS])
    return user


@pytest.fixture
def sent_back(taken: TenantRequest, sam: User) -> TenantRequest:
    return workflow.request_changes(taken, by=sam, version=1, remarks=[remark(value="bakkerijdesmetaalst")])


def correct(found: TenantRequest, by: User, slug: str = "technical", **contact: str) -> TenantRequest:
    """Correct a contact of a request as its page does: the contact is kept, then read back."""

    def keep() -> None:
        ref = found.submissions.latest("version").data["contacts"][slug]["ref"]
        Contact.objects.filter(public_id=ref.partition(":")[2]).update(**contact)

    return corrections.correct(found, PLACES[slug], by=by, version=found.version, keep=keep)


def name_others(found: TenantRequest, by: User, **people: Contact | User | None) -> TenantRequest:
    """Name other contacts for a registered tenant, as its page does; everything is stated that is asked."""
    found.refresh_from_db()
    said = found.submissions.latest("version").data["contacts"]
    typed = {role: said[role]["ref"] for role in said["roles"]} | {"authority": ""}
    for role, person in people.items():
        kind = "user" if isinstance(person, User) else "contact"
        typed[role] = f"{kind}:{person.public_id}" if person else ""
    if "commercial" in people:
        typed |= {"authority": "mandate", "authority_reference": "VM-2026-020", "authority_date": "20 11 2026"}
    return new_contacts.change(found, by=by, typed=typed, version=found.version, ticked=ALL_TICKED)


# Who hears of each event (DOMAIN §7)


def test_first_sending_confirms_to_owner_technical_and_commercial(draft, alice):
    mails = heard(lambda: send(draft, alice))

    assert told(mails) == {(ALICE, "confirmation_owner"), (THEO, "confirmation"), (AN, "confirmation")}


def test_sending_again_unchanged_tells_only_the_owner(sent_back, alice):
    mails = heard(lambda: send(sent_back, alice))

    assert told(mails) == {(ALICE, "received_again")}


def test_sending_again_tells_the_contacts_what_changed(sent_back, alice):
    drafts.keep_step(sent_back, "tenant", sent_back.answers["tenant"] | {"tenant_name": "bakkerijdesmetaalst"})

    mails = heard(lambda: send(sent_back, alice))

    assert told(mails) == {
        (ALICE, "received_again"),
        (THEO, "confirmation_changed"),
        (AN, "confirmation_changed"),
    }
    change = "Tenantnaam Vroeger: bakkerijdesmet.onmicrosoft.com Nu: bakkerijdesmetaalst.onmicrosoft.com"
    assert change in readable(mails[THEO])


def test_r43_a_new_person_is_confirmed_and_a_replaced_one_is_told(sent_back, alice, tom):
    name_people(sent_back, technical=tom)

    mails = heard(lambda: send(sent_back, alice))

    assert told(mails) == {
        (ALICE, "received_again"),
        (tom.email, "confirmation"),
        (AN, "confirmation_changed"),
        (THEO, "no_longer_named"),
    }
    assert "U hoeft niets te doen." in readable(mails[THEO])


def test_r43_who_is_replaced_but_named_otherwise_is_told_so(sent_back, alice, tom, theo):
    name_people(sent_back, technical=tom, security=theo)

    mails = heard(lambda: send(sent_back, alice))

    assert "U wordt nog wel vermeld als contactpersoon voor beveiligingsincidenten" in readable(mails[THEO])


def test_who_changes_role_is_confirmed_in_the_new_one(sent_back, alice, tom, theo):
    name_people(sent_back, technical=tom, commercial=theo)

    mails = heard(lambda: send(sent_back, alice))

    assert told(mails) == {
        (ALICE, "received_again"),
        (tom.email, "confirmation"),
        (THEO, "confirmation"),
        (AN, "no_longer_named"),
    }


def test_r43_a_corrected_address_gets_the_confirmation_and_the_old_one_is_told(sent_back, alice, theo):
    Contact.objects.filter(pk=theo.pk).update(email="teo.lambert@bakkerijdesmet.example")

    mails = heard(lambda: send(sent_back, alice))

    assert told(mails) == {
        (ALICE, "received_again"),
        ("teo.lambert@bakkerijdesmet.example", "confirmation"),
        (AN, "confirmation_changed"),
        (THEO, "no_longer_named"),
    }
    assert mails[THEO].subject.startswith("Dit adres wordt niet meer vermeld: ")


def test_only_the_owner_hears_of_changes_requested_and_of_approval(taken, sam, pass_checks):
    back = heard(lambda: workflow.request_changes(taken, by=sam, version=1, remarks=[remark()]))
    TenantRequest.objects.filter(pk=taken.pk).update(status="to_validate")
    pass_checks(taken)
    approved = heard(lambda: workflow.approve(taken, by=sam, version=1))

    assert told(back) == {(ALICE, "changes_requested")}
    assert told(approved) == {(ALICE, "approved")}


@time_machine.travel("2026-11-20 13:00:00+00:00", tick=False)
def test_r43_rejecting_tells_the_contacts_a_working_day_later_and_without_the_reason(taken, sam):
    mails = heard(lambda: workflow.reject(taken, by=sam, version=1, comment="The customer is bankrupt."))

    assert told(mails) == {(ALICE, "rejected"), (THEO, "ended"), (AN, "ended")}
    assert mails[THEO].due_at == mails[AN].due_at == datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
    assert "bankrupt" in mails[ALICE].text
    assert "bankrupt" not in "".join(mails[email].text + mails[email].html for email in (THEO, AN))
    assert "On Monday 23 November 2026 Arxus tells Theo Lambert and An De Smet" in readable(mails[ALICE])


def test_r43_withdrawing_tells_the_contacts(sent, alice):
    mails = heard(lambda: workflow.withdraw(sent, by=alice))

    assert told(mails) == {(THEO, "ended"), (AN, "ended")}


def test_r43_withdrawing_by_a_colleague_tells_the_owner_too(sent, bea):
    mails = heard(lambda: workflow.withdraw(sent, by=bea))

    assert told(mails) == {(ALICE, "ended"), (THEO, "ended"), (AN, "ended")}
    assert "Bea Smits withdrew your request" in readable(mails[ALICE])
    assert "Bea" not in mails[THEO].text


def test_r43_a_deadline_that_passed_tells_the_owner_too(sent_back):
    mails = heard(lambda: workflow.withdraw(sent_back, by=None))

    assert told(mails) == {(ALICE, "ended"), (THEO, "ended"), (AN, "ended")}
    assert "Arxus got no answer by" in readable(mails[ALICE])


def test_registering_tells_everybody_named(taken, alice, sam, bea, customer, pass_checks):
    wim = make_contact(customer, "Wim", "Declercq", "wim@bakkerijdesmet.example")
    workflow.request_changes(taken, by=sam, version=1, remarks=[remark()])
    name_people(taken, dpo=wim, watchlist=bea)
    send(taken, alice)
    pass_checks(taken)
    workflow.approve(taken, by=sam, version=2)

    mails = heard(lambda: workflow.register(taken, by=sam, version=2, tenant=made_at_microsoft()))

    assert told(mails) == {
        (ALICE, "registered_owner"),
        (THEO, "credentials"),
        (AN, "registered"),
        (wim.email, "named"),
        (bea.email, "named"),
    }
    assert "U wordt vermeld als functionaris voor gegevensbescherming." in readable(mails[wim.email])
    assert "U wordt vermeld als persoon die op de hoogte blijft." in readable(mails[bea.email])


def test_taking_over_tells_the_colleague(taken, kim, sam):
    mails = heard(lambda: assignment.take(taken, by=kim))

    assert told(mails) == {(sam.email, "taken_over")}
    assert mails[sam.email].subject == f"Kim Janssens took over your request: {taken.number}"
    assert f"/r/{taken.public_id}/" in mails[sam.email].html


def test_partners_are_not_shown_the_mails_between_staff():
    assert not MAIL_NAMES.keys() & STAFF_MAIL_NAMES.keys()


# One mail per address, with a paragraph for each role (R17)


def test_r17_owner_as_technical_contact_gets_one_confirmation(draft, alice, bea):
    name_people(draft, technical=alice)

    mails = heard(lambda: send(draft, alice))

    assert told(mails) == {(ALICE, "confirmation"), (AN, "confirmation")}
    text = readable(mails[ALICE])
    assert "named you as technical contact" in text
    assert "You own this request as well" in text
    assert f"because you own request {draft.number} and are named in it as technical contact." in text


def test_r17_one_person_in_both_roles_gets_one_confirmation(draft, alice, theo):
    name_people(draft, commercial=theo)

    mails = heard(lambda: send(draft, alice))

    assert told(mails) == {(ALICE, "confirmation_owner"), (THEO, "confirmation")}
    text = readable(mails[THEO])
    assert "vermeldde u als technische contactpersoon en commerciële contactpersoon" in text
    assert "Als technische contactpersoon bent u" in text
    assert "Als commerciële contactpersoon mag u tekenen" in text


def test_r17_the_owner_who_becomes_technical_contact_gets_everything_in_one_mail(sent_back, alice):
    name_people(sent_back, technical=alice)

    mails = heard(lambda: send(sent_back, alice))

    assert told(mails) == {(ALICE, "received_again"), (AN, "confirmation_changed"), (THEO, "no_longer_named")}
    text = readable(mails[ALICE])
    assert "What changed" in text
    assert "What was sent" in text
    assert "As technical contact you are" in text


def test_r17_the_owner_who_is_replaced_as_technical_contact_reads_that(draft, alice, sam, theo):
    name_people(draft, technical=alice)
    send(draft, alice)
    assignment.take(draft, by=sam)
    workflow.request_changes(draft, by=sam, version=1, remarks=[remark()])
    name_people(draft, technical=theo)

    mails = heard(lambda: send(draft, alice))

    assert mails[ALICE].template == "received_again"
    text = readable(mails[ALICE])
    assert "You are no longer named as technical contact." in text
    assert f"You get this mail because you own request {draft.number}." in text


def test_r17_the_weightiest_template_wins_when_the_tenant_is_ready(draft, alice, sam, bea, pass_checks):
    name_people(draft, technical=alice, commercial=bea, dpo=bea, security=alice)
    send(draft, alice)
    assignment.take(draft, by=sam)
    pass_checks(draft)
    workflow.approve(draft, by=sam, version=1)

    mails = heard(lambda: workflow.register(draft, by=sam, version=1, tenant=made_at_microsoft(), comment="Well done."))

    assert told(mails) == {(ALICE, "success"), (bea.email, "registered")}
    text = readable(mails[ALICE])
    assert "As its technical contact you see it in the Arxus portal" in text
    assert "You own this request as well. Once the agreement is accepted, the subscriptions come next" in text
    assert "As contact for security incidents" in text
    assert "Well done." in text
    assert "Als functionaris voor gegevensbescherming" in readable(mails[bea.email])
    assert "Well done." not in readable(mails[bea.email])


# What the mails say


def test_confirmation_says_everything_that_was_sent(draft, alice):
    drafts.keep_step(draft, "message", {"reference": "PO-11873", "wanted_by": "4 12 2027", "message": "Call me."})

    mails = heard(lambda: send(draft, alice))

    text = readable(mails[AN])
    for said in (
        "Bakkerij De Smet bv BE 0404.616.494 Molenstraat 14, 9300 Aalst, Belgique +32 53 00 00 20",
        "Objet Créer un nouveau tenant",
        "Nom du tenant bakkerijdesmet.onmicrosoft.com",
        "Première connexion Microsoft Theo Lambert theo.lambert@bakkerijdesmet.example +32 470 00 00 21",
        "Contact technique Theo Lambert, IT manager theo.lambert@bakkerijdesmet.example +32 53 00 00 21 · néerlandais",
        "Contact commercial (habilité à signer) An De Smet, managing director (vous) an@bakkerijdesmet.example",
        "mandat VM-2026-014 du 2 septembre 2026",
        "Contact principal chez Microsoft An De Smet",
        "Signataire du contrat Microsoft An De Smet",
        "Secteur Commerce de détail et de gros",
        "Référence PO-11873",
        "Souhaité pour le 4 décembre 2027",
        "Message à Arxus Call me.",
        "Nordwave IT bv peut communiquer à Microsoft les personnes ci-dessus",
        "An De Smet peut signer pour Bakkerij De Smet bv",
        "(Alice Peeters, ",
        "acceptée en anglais)",
        "Vous n’avez rien à faire pour l’instant.",
        "Dites-le avec ce bouton",
    ):
        assert said in text


def test_confirmation_quotes_statements_that_still_count_from_an_earlier_sending(sent_back, alice, tom):
    name_people(sent_back, technical=tom)

    mails = heard(lambda: send(sent_back, alice))

    assert sent_back.statements.filter(version=2).count() == 0
    assert "Nordwave IT bv mag de bovenstaande personen voor Bakkerij De Smet bv" in readable(mails[tom.email])


@time_machine.travel("2026-11-20 13:00:00+00:00", tick=False)
def test_changes_requested_lists_remarks_with_suggestion_deadline_and_the_reviewers_line(taken, sam, alice):
    User.objects.filter(pk=alice.pk).update(language="nl")
    remarks = [
        remark(text="Te lang.", value="desmet"),
        remark("contacts.authority_date", "Staat er niet."),
        remark("", "Bel ons even."),
    ]

    mails = heard(
        lambda: workflow.request_changes(taken, by=sam, version=1, remarks=remarks, comment="Bijna klaar:\ntot zo.")
    )

    text = readable(mails[ALICE])
    assert mails[ALICE].subject == f"Drie aanpassingen nodig: {taken.number}"
    assert "uiterlijk op maandag 21 december 2026." in text
    assert "> Bijna klaar: > tot zo. (Sam De Wolf, Arxus)" in text
    link = f"http://localhost:8000/r/{taken.public_id}/"
    assert f"Tenantnaam Te lang. Voorstel: desmet Aanpassen <{link}?step=tenant#id_tenant_name>" in text
    assert f"Datum van het mandaat Staat er niet. Aanpassen <{link}?step=contacts#id_authority_date>" in text
    assert "De aanvraag in haar geheel Bel ons even." in text


@time_machine.travel("2026-11-24 13:00:00+00:00")
def test_approved_says_whom_it_waits_for_until_when_and_owns_up_to_being_late(taken, sam):
    taken.due_on = date(2026, 11, 24)

    on_time = workflow.preview(Verb.APPROVE, taken, by=sam)[0]
    with time_machine.travel("2026-11-27 13:00:00+00:00"):
        late = workflow.preview(Verb.APPROVE, taken, by=sam)[0]

    assert "It waits for Arxus, which sets the tenant up at Microsoft by Tuesday 24 November 2026." in readable(on_time)
    assert "Arxus wanted to be ready by Tuesday 24 November 2026 and is late" in readable(late)


def test_r42_credentials_hold_placeholders_and_the_login_name(registering, sam):
    mail = heard(lambda: workflow.register(registering, by=sam, version=1, tenant=made_at_microsoft()))[THEO]

    assert mail.facts["access_link"]
    assert mail.facts["access_link"] not in mail.text + mail.html
    assert 'href="[[access_link]]"' in mail.html
    assert "tot [[access_link_until]]." in readable(mail)
    assert "U meldt zich aan als theo.lambert@bakkerijdesmet.example" in readable(mail)
    assert "Dit is niet uw Microsoft-aanmelding" in readable(mail)


def _with_account(theo: Contact, company: Company | None = None) -> None:
    user = make_user(theo.email, "Theo", "Lambert", language="nl")
    if company:
        Membership.objects.create(user=user, company=company, groups=[Group.READ_ONLY])


def test_r50_access_that_was_added_is_said_to_its_owner_only(registering, sam, theo, rival_customer):
    _with_account(theo, rival_customer)

    mails = heard(lambda: workflow.register(registering, by=sam, version=1, tenant=made_at_microsoft()))

    assert told(mails) == {(ALICE, "registered_owner"), (THEO, "success"), (AN, "registered")}
    assert "hebt u nu toegang tot Bakkerij De Smet bv in het Arxus-portaal" in readable(mails[THEO])
    assert "MARKER" not in "".join(mail.text + mail.html for mail in mails.values())
    assert "can log in right away" in readable(mails[ALICE])


def test_an_open_agreement_says_who_accepts_it_and_what_waits_for_it(registering, sam):
    pending, done = (
        {
            mail.to_email: readable(mail)
            for mail in workflow.preview(
                Verb.REGISTER, registering, by=sam, tenant=made_at_microsoft(agreement=agreement)
            )
        }
        for agreement in ("pending", "done")
    )

    assert "Microsoft asks An De Smet, an@bakkerijdesmet.example, to accept it;" in pending[ALICE]
    assert "once it is accepted you can add them for Bakkerij De Smet bv." in pending[ALICE]
    assert "en tant que signataire, d’accepter le contrat client Microsoft. Jusque-là, aucun" in pending[AN]
    assert "The subscriptions: you can add them for Bakkerij De Smet bv from now on." in done[ALICE]
    assert "agreement" not in done[ALICE]


def test_r50_access_from_before_is_no_news_and_nobody_elses_business(registering, sam, theo, customer, rival_customer):
    _with_account(theo, rival_customer)
    added = workflow.preview(Verb.REGISTER, registering, by=sam, tenant=made_at_microsoft())
    Membership.objects.create(user=User.objects.get(email=THEO), company=customer, groups=[Group.READ_ONLY])

    already = workflow.preview(Verb.REGISTER, registering, by=sam, tenant=made_at_microsoft())

    said = {mail.to_email: mail for mail in already}
    assert {mail.to_email: mail for mail in added if mail.to_email != THEO} == {
        email: mail for email, mail in said.items() if email != THEO
    }
    assert said[THEO].template == "success"
    assert "nu toegang" not in readable(said[THEO])


def test_owner_reads_whether_the_technical_contact_has_to_set_a_password(registering, sam):
    mails = heard(lambda: workflow.register(registering, by=sam, version=1, tenant=made_at_microsoft()))

    assert "Theo Lambert, the technical contact, still has to set a password" in readable(mails[ALICE])
    assert "Microsoft asks An De Smet, an@bakkerijdesmet.example, to accept it" in readable(mails[ALICE])


# Languages


def test_r41_the_language_of_the_account_counts(draft, alice, theo):
    make_user(theo.email, "Theo", "Lambert", language="fr")

    mails = heard(lambda: send(draft, alice))

    assert {email: mail.language for email, mail in mails.items()} == {ALICE: "en", THEO: "fr", AN: "fr"}
    assert "Bonjour Theo Lambert," in mails[THEO].text


def test_first_of_the_month_in_french():
    with translation.override("fr"):
        assert summary.day(date(2026, 12, 1), "l j F Y") == "mardi 1er décembre 2026"
        assert summary.day("2026-12-21", "l j F Y") == "lundi 21 décembre 2026"
    with translation.override("nl"):
        assert summary.day(date(2026, 12, 1), "l j F Y") == "dinsdag 1 december 2026"


def test_every_field_of_a_request_can_be_remarked_on():
    keys = {key for key, _label in remark_fields()}

    asked = {f"{step.slug}.{name}" for step in STEPS if step.form for name in step.form.base_fields}
    assert asked - {"customer.confirmed"} <= keys
    assert keys - asked == {"", "check.agreement", *(key for key in keys if key.startswith("customer."))}


def for_other_contacts(found: TenantRequest, by: User) -> None:
    """Send a request back because its customer no longer knows Arxus."""
    with transaction.atomic():
        fresh, remarks = workflow.lock(found), [remark("contacts.technical", "?")]
        workflow.ask_for_other_contacts(fresh, by=by, remarks=remarks, comment="?")


def _every_mail(people: dict[str, Any], language: str, then: Callable[[], Any] = lambda: None) -> list[OutgoingEmail]:
    """A story in which every mail is sent; `then` is called after each act."""
    customer, alice, bea, sam, kim = (people[name] for name in ("customer", "alice", "bea", "sam", "kim"))
    theo, an, tom, pass_checks = (people[name] for name in ("theo", "an", "tom", "pass_checks"))
    User.objects.update(language=language)
    Contact.objects.update(language=language)
    for user in (alice, bea, sam, kim):
        user.refresh_from_db(fields=["language"])
    said: list[OutgoingEmail] = []

    def act(verb: Callable[[], Any]) -> None:
        said.extend(heard(verb).values())
        then()

    def new(name: str) -> TenantRequest:
        draft = drafts.start(customer, by=alice)
        for slug, typed in answers_for(customer, theo, an, name).items():
            drafts.keep_step(draft, slug, typed)
        name_people(draft, watchlist=bea, security=theo)
        act(lambda: send(draft, alice))
        assignment.take(draft, by=sam)
        return draft

    def later(days: int, verb: Callable[[], Any]) -> None:
        """On a working day, in the morning."""
        day = working_days.on_or_after(working_days.today() + timedelta(days=days))
        with time_machine.travel(working_days.start_of(day) + timedelta(hours=9), tick=False):
            verb()

    one = new("bakkerijeen")
    remarks = [remark(key, "?", "!") for key, _label in remark_fields()]
    act(lambda: workflow.request_changes(one, by=sam, version=1, remarks=remarks, comment="?"))
    act(lambda: later(5, deadlines.remind))
    act(lambda: later(28, deadlines.remind))
    name_people(one, technical=tom)
    act(lambda: send(one, alice))
    act(lambda: later(5, tell_of_late_ones))
    act(lambda: assignment.hand_over(one, to=kim, by=kim, seen=sam.pk))
    act(lambda: assignment.hand_over(one, to=sam, by=kim, seen=kim.pk))
    act(lambda: assignment.take(one, by=kim))
    pass_checks(one)
    act(lambda: workflow.approve(one, by=kim, version=2))
    act(lambda: workflow.register(one, by=kim, version=2, tenant=made_at_microsoft()))
    OutgoingEmail.objects.filter(about=f"tenant_request:{one.pk}").update(state="accepted")
    act(lambda: name_others(one, bea, technical=an, commercial=bea, watchlist=None))
    zero = new("bakkerijnul")
    zero.refresh_from_db()
    act(lambda: correct(zero, alice, first_name="Théo"))
    zero.refresh_from_db()
    act(lambda: correct(zero, alice, email="theo@bakkerijdesmet.example"))
    objector = objections.Objector(zero.submissions.latest("version").data["contacts"]["commercial"], named=True)
    act(lambda: objections.object_to(zero, objector, "?"))
    act(lambda: objections.settle(zero.objections.get(), by=sam, reason="?"))
    lost = OutgoingEmail.objects.filter(about=f"tenant_request:{zero.pk}", to_email=an.email).earliest("created_at")
    OutgoingEmail.objects.filter(pk=lost.pk).update(state="refused")
    act(lost_mails.tell)
    act(lambda: workflow.name_another(zero, by=bea, place="technical"))
    Contact.objects.filter(pk=theo.pk).update(email=theo.email, first_name="Theo")
    two = new("bakkerijtwee")
    act(lambda: workflow.reject(two, by=sam, version=1, comment="?"))
    unsent = drafts.start(customer, by=alice)
    drafts.keep_step(unsent, "message", {"reference": "PO-11873"})
    act(lambda: later(170, deadlines.warn_of_drafts))
    OutgoingEmail.objects.filter(template="ended").update(state="accepted")
    act(lambda: workflow.reopen(two, by=sam, version=1, comment="?"))
    pass_checks(two)
    act(lambda: workflow.approve(two, by=sam, version=1))
    act(lambda: workflow.fail(two, by=sam, version=1, comment="?"))
    act(lambda: workflow.approve(two, by=sam, version=1))
    TenantRequest.objects.filter(pk=two.pk).update(started_at=timezone.now())
    act(lambda: stopping.ask(two, by=alice, text="?"))
    act(lambda: workflow.cancel(two, by=sam, version=1, comment="?"))
    act(lambda: ownership.change(unsent, to=bea, by=alice))
    act(lambda: ownership.change(unsent, to=alice, by=alice))
    three = new("bakkerijdrie")
    act(lambda: workflow.withdraw(three, by=bea))
    unknowing = new("bakkerijtien")
    act(lambda: for_other_contacts(unknowing, kim))
    make_user(theo.email, "Theo", "Lambert", language=language)
    four = new("bakkerijvier")
    pass_checks(four)
    act(lambda: workflow.approve(four, by=sam, version=1))
    tenant = made_at_microsoft(tenant_id="3f9a1c52-0000-4000-8000-0000b7d04e01", domain="bakkerijvier.onmicrosoft.com")
    act(lambda: workflow.register(four, by=sam, version=1, tenant=tenant))
    act(lambda: later(8, unused_links.remind))
    right = made_at_microsoft(tenant_id="3f9a1c52-0000-4000-8000-0000b7d04e02", domain="bakkerij4.onmicrosoft.com")
    act(lambda: workflow.correct_registration(four, by=kim, version=1, tenant=right, comment="?"))
    existing = onboard(customer, alice, theo, an, admin_language=language)
    act(lambda: send(existing, alice))
    assignment.take(existing, by=sam)
    pass_checks(existing)
    act(lambda: workflow.approve(existing, by=sam, version=1))
    act(lambda: waiting.wait_for(existing, by=sam, version=1, whom="customer", link=LINK))
    act(lambda: later(4, waiting.remind))
    Company.objects.filter(pk=customer.pk).update(relation="vap")
    act(lambda: waiting.wait_for(existing, by=sam, version=1, whom="customer", link=LINK))
    act(lambda: later(9, waiting.remind))
    return said


@pytest.fixture
def people(customer, alice, bea, sam, kim, theo, an, tom, pass_checks) -> dict[str, Any]:
    return locals()


def _our_words(language: str) -> list[str]:
    """What we wrote in English, in code and in the templates of mails, and did not translate into this language."""
    root = settings.BASE_DIR
    sources = [path for app in ("tenants", "contacts", "portal/templatetags") for path in root.glob(f"{app}/*.py")]
    sources += [path for kind in ("html", "txt") for path in root.glob(f"templates/emails/*.{kind}")]
    keywords = {"_": None, "_lazy": None, "gettext": None, "gettext_lazy": None, "ngettext": (1, 2)}
    found: set[str] = set()
    for path in sources:
        source = path.read_text() if path.suffix == ".py" else templatize(path.read_text())
        for _line, words, _comments, _context in extract("python", BytesIO(source.encode()), keywords=keywords):
            found.add(words if isinstance(words, str) else words[0])
    with translation.override(language):
        untranslated = [words for words in found if translation.gettext(words) == words]
    # The longest piece between the fields is what would be seen.
    return [max(re.split(r"%\(\w+\)s|\s*%%\s*", words), key=len).strip() for words in untranslated]


@pytest.mark.parametrize("language", ["nl", "fr"])
def test_r41_no_english_of_ours_in_a_mail_in_another_language(people, language):
    our_words = _our_words(language)

    said = _every_mail(people, language)

    assert {mail.template for mail in said} == MAIL_NAMES.keys() | STAFF_MAIL_NAMES.keys()
    loan_words = {"Arxus", "Microsoft", "Relation", "Tenant", "tenant"}
    for mail in said:
        text = re.sub(r"http\S+", "", readable(mail))
        english = [words for words in our_words if len(words) > 2 and re.search(rf"\b{re.escape(words)}\b", text)]
        assert set(english) - loan_words == set(), (mail.template, mail.text)


WHY = {"en": "You get this mail because", "nl": "U krijgt deze mail omdat", "fr": "Vous recevez cet e-mail parce"}


@pytest.mark.parametrize("language", ["en", "nl", "fr"])
def test_r41_every_mail_says_number_reason_whom_to_ask_and_partner(people, language, nordwave):
    long_name = "Nordwave Informatique et Télécommunications de Belgique"
    Company.objects.filter(pk=nordwave.pk).update(legal_name=long_name)
    people["customer"].partner.refresh_from_db()

    said = _every_mail(people, language)

    for mail in said:
        number = TenantRequest.objects.get(pk=int(mail.about.partition(":")[2])).number
        text = readable(mail)
        assert mail.subject.endswith(number)
        assert len(mail.subject) <= 70, mail.subject
        assert f"ARXUS {number}" in text
        assert WHY[language] in text
        assert re.search(r"\+32 470 00 00 44|\+32 9 000 00 00|Kim Janssens, ", text)
        assert long_name in text or mail.to_email == ALICE
        assert "PO-11873" in text or mail.template in STAFF_MAIL_NAMES
        assert not re.search(r"\{\{|\{%|<(?!http)|&\w+;|None(?!\n)", mail.text), mail.text
        assert max(len(line) for line in mail.text.splitlines() if "http" not in line) <= 72


def test_only_what_asks_which_kind_it_is_speaks_of_a_new_tenant():
    """An existing tenant is connected: what a mail says of every request is in `asked_for`."""
    emails = settings.BASE_DIR.glob("templates/emails/*")

    speaking = {path.name: path.read_text() for path in emails if "new Microsoft tenant" in path.read_text()}

    assert [name for name, text in speaking.items() if "{% if onboard %}" not in text] == []


NEXT = {"en": "What comes next", "nl": "Hoe het verdergaat", "fr": "La suite"}
# Their next step is the button, which is the mail's subject already.
SAID_BY_BUTTON = {
    "credentials": {"en": "Set your password", "nl": "Wachtwoord instellen", "fr": "Choisir votre mot de passe"},
    "success": {"en": "Open the Arxus portal", "nl": "Het Arxus-portaal openen", "fr": "Ouvrir le portail Arxus"},
}
# What goes on by a known day says which. The others wait for somebody, or nothing more happens.
BY_A_DAY = {
    *("confirmation", "confirmation_owner", "confirmation_changed", "received_again", "changes_requested"),
    *("changes_reminder", "changes_warning", "approved", "reopened", "hitch", "draft_warning", "objection"),
    *("objection_receipt", "invitation", "invitation_to_forward", "person_corrected", "taken_back", "taken_back_staff"),
    *("answer_came", "assigned", "taken_over", "overdue"),
}


@pytest.mark.parametrize("language", ["en", "nl", "fr"])
def test_r41_every_mail_says_what_comes_next_and_by_when(people, language):
    said = _every_mail(people, language)

    with translation.override(language):
        months = "|".join(date_format(date(2026, month, 1), "F") for month in range(1, 13))
    for mail in said:
        heading = SAID_BY_BUTTON.get(mail.template, NEXT)[language]
        _before, found, after = readable(mail).partition(heading)
        assert found, (mail.template, mail.text)
        assert re.search(r"\w[^.]{8,}\.", after), (mail.template, after)
        by_a_day = re.search(rf"\b\d{{1,2}}(er)? ({months}) 20\d\d", readable(mail))
        assert by_a_day or mail.template not in BY_A_DAY, (mail.template, mail.text)
    assert {mail.template for mail in said} >= BY_A_DAY


# Preview and sending


@pytest.mark.parametrize("verb", ["request_changes", "reject", "approve"])
def test_r32_a_preview_is_what_is_sent_minutes_later(taken, sam, pass_checks, verb):
    pass_checks(taken)
    said: dict[str, Any] = {"comment": "Two things."}
    if verb == "request_changes":
        said["remarks"] = [remark()]

    with time_machine.travel(datetime(2026, 11, 20, 9, 0, tzinfo=UTC), tick=False):
        seen = digest(workflow.preview(Verb(verb), taken, by=sam, **said))
    with time_machine.travel(datetime(2026, 11, 20, 9, 20, 30, tzinfo=UTC), tick=False):
        mails = heard(lambda: getattr(workflow, verb)(taken, by=sam, version=1, seen=seen, **said))

    assert digest(mails.values()) == seen


def test_r32_a_preview_of_registering_is_what_is_sent(registering, sam):
    seen = digest(workflow.preview(Verb.REGISTER, registering, by=sam, tenant=made_at_microsoft()))

    mails = heard(lambda: workflow.register(registering, by=sam, version=1, tenant=made_at_microsoft(), seen=seen))

    assert digest(mails.values()) == seen


# Nothing typed does anything (R18)

_HOSTILE = (
    'http://evil.example/a"b <script>alert(1)</script> [[access_link]]\r\nBcc: x@evil.example'
    " {{ url }} {customer} %(number)s %s"
)


def test_r18_t73_typed_words_are_inert_in_every_mail(taken, sam, pass_checks, nordwave, theo):
    data = taken.submissions.get().data
    data["customer"]["legal_name"] = _HOSTILE
    data["message"] = {"reference": _HOSTILE, "wanted_by": None, "message": _HOSTILE}
    for role in ("technical", "commercial"):
        data["contacts"][role] |= {"first_name": _HOSTILE, "last_name": _HOSTILE, "job_title": _HOSTILE}
    data["contacts"]["authority_reference"] = _HOSTILE
    data["microsoft"] |= {"signatory_first_name": _HOSTILE, "signatory_email": "login@evil.example"}
    taken.submissions.update(data=data)
    nordwave.legal_name = taken.partner.legal_name = _HOSTILE
    remarks = [remark("", _HOSTILE, _HOSTILE)]
    previews = [
        *workflow.preview(Verb.REQUEST_CHANGES, taken, by=sam, comment=_HOSTILE, remarks=remarks),
        *workflow.preview(Verb.REJECT, taken, by=sam, comment=_HOSTILE),
        *workflow.preview(Verb.APPROVE, taken, by=sam, comment=_HOSTILE),
        *workflow.preview(Verb.REGISTER, taken, by=sam, comment=_HOSTILE, tenant=made_at_microsoft()),
        *workflow.preview(Verb.WITHDRAW, taken, by=sam),
        *(
            mail
            for verb in ("fail", "cancel", "reopen")
            for mail in workflow.preview(verb, taken, by=sam, comment=_HOSTILE)
        ),
        *workflow.preview(Verb.SUBMIT, taken, by=taken.owner),
    ]

    assert {"confirmation", "confirmation_owner", "ended", "credentials", "registered"} <= {
        mail.template for mail in previews
    }
    for mail in previews:
        hrefs = re.findall(r'href="([^"]*)"', mail.html)
        assert [href for href in hrefs if not href.startswith(("http://localhost:8000/", "[[access_link]]"))] == []
        assert "<script" not in mail.html
        # What looks like a place to fill in is printed as it was typed (T73).
        words = " ".join(mail.text.split())
        assert words.count("{customer} %(number)s %s") == words.count("{{ url }}") > 0
        for part in (mail.text, mail.html):
            assert "evil.example" not in part
            assert "http://evil" not in part
        if mail.template != "credentials":
            assert "[[access_link]]" not in mail.text + mail.html
        assert not re.search(r"[\r\n]", mail.subject + mail.to_name)


# Mails that are no longer true (R45), and the real thing


@pytest.mark.django_db(transaction=True)
def test_r45_a_mail_that_the_present_contradicts_is_withheld(registering, sam, smtp):
    OutgoingEmail.objects.exclude(template="approved").delete()
    workflow.request_changes(registering, by=sam, version=1, remarks=[remark()])

    deliver()

    assert [mail.subject for mail in smtp.inbox] == [f"One change needed: {registering.number}"]
    withheld = OutgoingEmail.objects.get(template="approved")
    assert (withheld.state, withheld.outcome) == ("withheld", "The request has moved on: Changes requested.")


@pytest.mark.parametrize(
    ("template", "status", "waits_for", "why"),
    [
        ("confirmation_owner", "to_validate", "arxus", None),
        ("confirmation_owner", "changes_requested", "arxus", "The request has moved on: Changes requested."),
        ("approved", "registering", "arxus", None),
        (
            "approved",
            "registering",
            "customer",
            "The request waits for somebody else by now: The customer’s administrator.",
        ),
        ("approved", "registered", "arxus", "The request has moved on: Registered."),
        ("confirmation", "changes_requested", "arxus", None),
    ],
)
def test_r45_what_an_owner_reads_of_what_comes_next_does_not_leave_once_it_has_come(
    registering, template, status, waits_for, why
):
    mail = OutgoingEmail.objects.filter(template=template).first()
    left = None if waits_for == "arxus" else 1
    TenantRequest.objects.filter(pk=registering.pk).update(status=status, waits_for=waits_for, days_left=left)

    assert contradiction(mail) == why


def test_r45_a_hitch_is_no_news_once_it_was_approved_again(registering, sam):
    workflow.fail(registering, by=sam, version=1, comment="Microsoft is down.")
    hitch = OutgoingEmail.objects.get(template="hitch")
    before = contradiction(hitch)

    TenantRequest.objects.filter(pk=registering.pk).update(status="registering")

    assert (before, contradiction(hitch)) == (None, "The request has moved on: Registering.")


@pytest.mark.parametrize("gone", ["left", "read only"])
def test_r28_readers_are_told_to_ask_somebody_who_can_answer(draft, alice, bea, sam, gone):
    bea.memberships.update(groups=[Group.FULL])
    if gone == "left":
        alice.memberships.all().delete()
    else:
        alice.memberships.update(groups=[Group.READ_ONLY])

    mails = heard(lambda: send(draft, bea))

    assert "Questions : Bea Smits, Nordwave IT bv, +32" in readable(mails[AN]).replace("\xa0", " ")
    assert "Alice Peeters" not in readable(mails[AN])


@pytest.mark.django_db(transaction=True)
def test_r45_remarks_on_an_earlier_version_are_withheld(sent_back, alice, sam, smtp):
    OutgoingEmail.objects.exclude(template="changes_requested").delete()
    send(sent_back, alice)
    workflow.request_changes(sent_back, by=sam, version=2, remarks=[remark()])

    deliver()

    first, second = OutgoingEmail.objects.filter(template="changes_requested").order_by("created_at")
    assert (first.state, first.outcome) == ("withheld", "The request was sent again since.")
    assert second.state == "accepted"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", ["en", "nl", "fr"])
def test_r41_every_mail_leaves_through_smtp_in_its_readers_language(people, language, smtp, monkeypatch):
    from notifications.outbox import PLACEHOLDERS

    monkeypatch.setitem(PLACEHOLDERS, "access_link", lambda _mail: "http://localhost:8000/activate/x/")
    monkeypatch.setitem(PLACEHOLDERS, "access_link_until", lambda _mail: "30.11.2026, 14:20")

    mornings: list[OutgoingEmail] = []

    def this_morning() -> None:
        """What waits for Arxus, once: the overview tells of its own day alone."""
        day = working_days.on_or_after(working_days.today())
        with time_machine.travel(working_days.start_of(day) + timedelta(hours=9), tick=False):
            mornings.extend(heard(send_digests).values())
            deliver()

    def leave() -> None:
        if not mornings:
            this_morning()
        # The contacts hear of a refusal a working day later.
        OutgoingEmail.objects.filter(state="waiting").update(due_at=datetime(2026, 1, 1, tzinfo=UTC))
        deliver()

    said = _every_mail(people, language, then=leave) + mornings

    assert sorted((arrived.to, arrived.subject) for arrived in smtp.inbox) == sorted(
        (mail.to_email, mail.subject) for mail in said
    )
    assert {mail.template for mail in said} == {*MAIL_NAMES, *STAFF_MAIL_NAMES, "queue_digest"}
    for arrived in smtp.inbox:
        assert f'<html lang="{language}">' in arrived.html
        assert WHY[language] in " ".join(arrived.text.split())
        assert "[[" not in arrived.text + arrived.html
        assert arrived.message["Reply-To"]


# Value Add Partners: the customer hears nothing


def test_r41_vap_people_are_told_of_it_as_contacts_and_ask_their_colleague(valora, vera):
    customer = make_company_of(valora)
    tess = make_contact(valora, "Tess", "Maes", "tess@valora.example", job_title="engineer")
    kurt = make_contact(valora, "Kurt", "Baert", "kurt@valora.example", job_title="director", language="fr")
    draft = drafts.start(customer, by=vera)
    for slug, typed in answers_for(customer, tess, kurt).items():
        drafts.keep_step(draft, slug, typed)

    mails = heard(lambda: send(draft, vera))

    assert told(mails) == {
        (vera.email, "confirmation_owner"),
        (tess.email, "confirmation"),
        (kurt.email, "confirmation"),
    }
    assert "Vragen: Vera Wouters, Valora nv, +32 470 00 00 44, of beantwoord deze mail." in readable(mails[tess.email])
    assert "vous pouvez engager Valora nv pour Bakkerij De Smet bv" in readable(mails[kurt.email])


def make_company_of(partner: Company) -> Company:
    fields = {"relation": "vap", "email_domains": ["bakkerijdesmet.example"]}
    return make_company("Bakkerij De Smet bv", "BE0404616494", partner=partner, **fields)


# Links to a field


def test_r04_the_link_of_a_remark_leads_to_its_step_after_one_button(sent_back, alice, login):
    browser = login(alice)
    link = f"/r/{sent_back.public_id}/?step=contacts"

    page = browser.get(link)
    opened = browser.post(link)

    assert "Work for Bakkerij De Smet bv and open" in page.content.decode()
    assert opened.headers["Location"] == f"/tenants/{sent_back.public_id}/step/contacts/"
    assert browser.get(link).headers["Location"] == f"/tenants/{sent_back.public_id}/step/contacts/"


@pytest.mark.parametrize("step", ["nonsense", "//evil.example", ""])
def test_r04_a_link_to_an_unknown_step_leads_to_the_request(sent_back, alice, login, step):
    browser = login(alice)

    opened = browser.post(f"/r/{sent_back.public_id}/?step={step}")

    assert opened.headers["Location"] == f"/tenants/{sent_back.public_id}/"


def test_r41_an_account_that_nobody_uses_chooses_no_language(draft, alice):
    User.objects.create_user(AN, first_name="Cretin", last_name="Voleur", language="nl")

    mails = heard(lambda: send(draft, alice))

    assert (mails[AN].language, mails[AN].to_name) == ("fr", "An De Smet")


@pytest.mark.parametrize("email", [ALICE, THEO, AN])
def test_what_a_partner_calls_a_request_heads_the_mail_to_its_owner_alone(sent: TenantRequest, email: str) -> None:
    mail = OutgoingEmail.objects.get(to_email=email)

    first = mail.text.split("\n")[0]
    assert ("PO-11873" in first, "PO-11873" in mail.text) == (email == ALICE, True)
    assert ("· PO-11873</p>" in mail.html) is (email == ALICE)
