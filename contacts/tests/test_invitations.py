"""Invitations: the same answer for every address, and nobody joins but the person asked, by a click of theirs."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from structlog.testing import capture_logs

from conftest import PASSWORD, make_user
from contacts import access_links, colleagues, invitations, inviting
from contacts.models import AccessLink, Company, Invitation, Membership, User
from contacts.tests.conftest import Browser, reached
from notifications.models import OutgoingEmail
from notifications.outbox import deliver
from notifications.tests.smtp_sink import Sink

Browse = Callable[[User], Browser]
NEW = "nele@nieuw.example"
FORM = {"email": NEW, "first_name": "Nele", "last_name": "Nieuw", "language": "nl", "groups": ["tenants"]}


def invite(company: Company, by: User, email: str = NEW, **said: Any) -> Invitation:
    said = {"first_name": "Nele", "last_name": "Nieuw", "language": "nl", "groups": ["tenants"]} | said
    return inviting.invite(company, by=by, email=email, **said)


def page(invitation: Invitation, act: str = "") -> str:
    return f"/invitations/{invitation.public_id}/{act}"


def token() -> str:
    return access_links.address(AccessLink.objects.latest("created_at")).split("/activate/")[1]


# --- Inviting


def test_a_new_person_gets_an_account_without_password_and_a_link(
    alice: User, nordwave: Company, browse: Browse
) -> None:
    answer = browse(alice).send("/colleagues/invite/", FORM)

    assert (answer.status_code, answer["Location"]) == (302, "/colleagues/")
    user = User.objects.get(email=NEW)
    assert (str(user), user.language, user.has_usable_password()) == ("Nele Nieuw", "nl", False)
    assert not user.memberships.exists()
    mail = OutgoingEmail.objects.get()
    assert (mail.to_email, mail.template, mail.language) == (NEW, "account_invited", "nl")
    assert "Alice Peeters nodigt u uit om voor Nordwave IT bv te werken" in " ".join(mail.text.split())
    assert "Tenantconfiguratie" in mail.text


def test_t55_the_inviter_sees_the_same_whoever_has_the_address(
    alice: User, mallory: User, sam: User, nordwave: Company, browse: Browse
) -> None:
    gone = make_user("gone@elsewhere.example", "Gone", "Away", is_active=False)
    browser = browse(alice)
    seen = []

    for email in (NEW, mallory.email, sam.email, gone.email):
        answer = browser.send("/colleagues/invite/", FORM | {"email": email})
        shown = browser.get("/colleagues/").text
        seen.append((answer.status_code, answer["Location"], re.sub(r"\s+", " ", _block(shown)).replace(email, "X")))
        Invitation.objects.all().delete()

    assert len(set(seen)) == 1
    told = set(OutgoingEmail.objects.values_list("to_email", "template"))
    assert told == {(NEW, "account_invited"), (mallory.email, "account_invitation")}


def _plain(html: str) -> str:
    """Without what differs from page to page: tokens and the address."""
    return re.sub(r"/invitations/[0-9a-f-]+/", "", re.sub(r'value="[^"]+"', "", html))


def _block(html: str) -> str:
    block = html[html.index("Invited, no answer yet") :]
    block = re.sub(r"/invitations/[0-9a-f-]+/", "/invitations/ID/", block[: block.index("</section>")])
    return re.sub(r'value="[^"]+"', "", re.sub(r"<time.*?</time>", "", block))


def test_t55_as_many_rows_are_written_whoever_has_the_address(alice: User, mallory: User, nordwave: Company) -> None:
    """No clock tells who has an account: what a new person needs is done for the others too, and undone."""
    counts = []
    for email in (NEW, mallory.email):
        with CaptureQueriesContext(connection) as queries:
            invite(nordwave, alice, email)
        counts.append(sum(query["sql"].startswith("INSERT") for query in queries))

    assert counts[0] == counts[1]
    assert User.objects.count() == 3


@pytest.mark.parametrize("state", [state for state in OutgoingEmail.State if state != "sending"])
def test_t55_an_invitation_whose_mail_did_not_arrive_says_so(
    alice: User, mallory: User, nordwave: Company, browse: Browse, state: str
) -> None:
    for email in (NEW, mallory.email):
        invite(nordwave, alice, email)
    OutgoingEmail.objects.update(state=state)

    html = browse(alice).get("/colleagues/").text

    lost = state in ("refused", "failed", "bounced")
    assert html.count("The mail did not arrive: check the address.") == (2 if lost else 0)


def test_f42_an_invitation_that_staff_say_came_back_says_so_to_whoever_invited(
    alice: User, sam: User, nordwave: Company, browse: Browse, login: Callable[[User], Client]
) -> None:
    invite(nordwave, alice, NEW)
    OutgoingEmail.objects.update(state="accepted")

    login(sam).post(f"/admin/notifications/outgoingemail/{OutgoingEmail.objects.get().pk}/back/")

    assert "The mail did not arrive: check the address." in browse(alice).get("/colleagues/").text


def test_an_invitation_sent_again_is_judged_by_its_newest_mail(alice: User, nordwave: Company, browse: Browse) -> None:
    invite(nordwave, alice, NEW)
    OutgoingEmail.objects.update(state="bounced", created_at=timezone.now() - timedelta(days=1))

    invite(nordwave, alice, NEW)

    assert "The mail did not arrive" not in browse(alice).get("/colleagues/").text


def test_who_belongs_here_already_is_named_as_such(alice: User, bob: User, browse: Browse) -> None:
    answer = browse(alice).send("/colleagues/invite/", FORM | {"email": "BOB@nordwave.example"})

    assert answer.context["form"].errors == {"email": ["This person belongs to Nordwave IT bv already."]}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", ""),
        ("email", "a@x.example, b@y.example"),
        ("email", "a@x.example\nBcc: b@y.example"),
        ("email", "nele@nie\0uw.example"),
        ("email", "x" * 300 + "@x.example"),
        ("first_name", "www.evil.test"),
        ("first_name", "Ne\u202eel"),
        ("last_name", "N\0"),
        ("last_name", "🙂"),
        ("language", "de"),
        ("groups", "root"),
    ],
)
def test_t76_a_bad_field_is_named_and_nothing_is_sent(alice: User, browse: Browse, field: str, value: str) -> None:
    answer = browse(alice).send("/colleagues/invite/", FORM | {field: value})

    assert (answer.status_code, list(answer.context["form"].errors)) == (200, [field])
    assert not Invitation.objects.exists()
    assert not OutgoingEmail.objects.exists()


def test_invited_again_is_one_invitation_with_what_was_said_last(alice: User, nordwave: Company) -> None:
    invite(nordwave, alice, groups=["full"])
    invite(nordwave, alice, groups=["read_only"])

    assert [row.groups for row in Invitation.objects.all()] == [["read_only"]]
    assert AccessLink.objects.filter(replaced_at=None).count() == 1


def test_who_is_invited_again_is_called_alike_in_the_mail_and_on_the_page(
    alice: User, nordwave: Company, smtp: Sink
) -> None:
    invite(nordwave, alice, first_name="Nora")
    invite(nordwave, alice, first_name="Noor")
    deliver()
    browser = Client()

    mail = smtp.inbox[-1].text
    browser.get("/activate/" + re.findall(r"http\S+/activate/(\S+)", mail)[0])

    assert "Noor" in mail
    assert "Choose a password, Noor" in browser.get("/activate/").text


@pytest.mark.parametrize("email", [NEW, "mallory@cloudhoek.example"])
def test_who_invites_again_reads_which_invitation_it_replaces(
    alice: User, nordwave: Company, mallory: User, browse: Browse, email: str
) -> None:
    carla = make_user("carla@nordwave.example", "Carla", "Baert")
    with time_machine.travel("2026-11-20T09:00:00Z", tick=False):
        invite(nordwave, carla, email, groups=["full"])

    browser = browse(alice)
    browser.send("/colleagues/invite/", FORM | {"email": email})

    shown = browser.get("/colleagues/").text
    assert f"{email} is invited again, for seven days from now." in shown
    assert "This takes the place of the invitation by Carla Baert of 20 November (Full Role)." in shown


def test_t37_invitations_are_limited_per_user_and_hour(alice: User, browse: Browse, settings: Any) -> None:
    settings.INVITATIONS_PER_HOUR = 2
    browser = browse(alice)

    with capture_logs() as logs:
        answers = [browser.send("/colleagues/invite/", FORM | {"email": f"n{n}@nieuw.example"}) for n in range(3)]

    assert reached(logs) == [("invite", alice.pk)]
    assert [answer.status_code for answer in answers] == [302, 302, 429]
    assert "n2@nieuw.example" in answers[2].text
    assert Invitation.objects.count() == 2


def test_t52_one_invitation_is_sent_again_three_times_an_hour(
    alice: User, nordwave: Company, mallory: User, browse: Browse
) -> None:
    browser = browse(alice)
    for email in (NEW, mallory.email):
        invitation = invite(nordwave, alice, email)
        with capture_logs() as logs:
            answers = [browser.send(page(invitation, "again/")) for _ in range(4)]

        assert [answer.status_code for answer in answers] == [302, 302, 302, 429]
        assert "Nothing was sent: this invitation was sent several times within the hour." in answers[3].text
        assert email in answers[3].text
        assert reached(logs) == [("invite_again", alice.pk)]
        assert OutgoingEmail.objects.filter(to_email=email).count() == 4


@pytest.mark.parametrize("act", ["again/", "withdraw/"])
def test_t01_mallory_reaches_no_invitation_of_nordwave(
    alice: User, nordwave: Company, mallory: User, browse: Browse, act: str
) -> None:
    invitation = invite(nordwave, alice)

    assert browse(mallory).send(page(invitation, act)).status_code == 404
    assert NEW not in browse(mallory).get("/colleagues/").text
    invitation.refresh_from_db()
    assert invitation.is_open


def test_r14_nobody_of_a_vaps_customer_is_invited(alice: User, customer: Company, browse: Browse) -> None:
    Company.objects.filter(pk=customer.pk).update(relation="vap")
    browser = browse(alice)
    by_domain = browser.send("/colleagues/invite/", FORM | {"email": "an@bakkerijdesmet.example"})
    browser.work_for(customer)

    shown, answer = browser.get("/colleagues/invite/"), browser.send("/colleagues/invite/", FORM)

    assert (shown.status_code, answer.status_code) == (200, 409)
    assert "Nobody of Bakkerij De Smet bv can be invited" in answer.text
    assert list(by_domain.context["form"].errors) == ["email"]
    assert not OutgoingEmail.objects.exists()


@pytest.mark.parametrize("relation", ["reseller", "vap"])
def test_r14_the_users_page_promises_access_where_there_can_be_some(
    alice: User, customer: Company, browse: Browse, relation: str
) -> None:
    Company.objects.filter(pk=customer.pk).update(relation=relation)

    shown = browse(alice).work_for(customer).get("/colleagues/").text

    assert ("The technical contact gets access" in shown) is (relation == "reseller")
    assert ("Bakkerij De Smet bv does not know Arxus, so nobody there has a login" in shown) is (relation == "vap")
    assert ("people of Nordwave IT bv, who see everything" in shown) is (relation == "vap")


def test_r01_somebody_of_a_customer_is_invited_while_acting_for_it(
    alice: User, customer: Company, browse: Browse
) -> None:
    browse(alice).work_for(customer).send(
        "/colleagues/invite/", FORM | {"groups": ["technical"], "company": str(customer.partner_id)}
    )

    assert (Invitation.objects.get().company, Invitation.objects.get().groups) == (customer, ["technical"])
    assert "Alice Peeters van Nordwave IT bv" in " ".join(OutgoingEmail.objects.get().text.split())


# --- Accepting, with a link that sets the password


@pytest.mark.django_db(transaction=True)
def test_a_new_person_accepts_by_choosing_a_password(alice: User, nordwave: Company, smtp: Sink) -> None:
    invite(nordwave, alice)
    deliver()
    found = re.search(r"http\S+/activate/(\S+)", smtp.inbox[0].text)
    assert found
    browser = Client()
    browser.get(f"/activate/{found[1]}")
    shown = browser.get("/activate/").text
    assert "With it you accept the invitation of Alice Peeters to Nordwave IT bv" in shown
    assert not Membership.objects.filter(user__email=NEW).exists()

    browser.post("/activate/", {"password1": PASSWORD, "password2": PASSWORD})

    membership = Membership.objects.get(user__email=NEW)
    assert (membership.company, membership.groups) == (nordwave, ["tenants"])
    assert Invitation.objects.get().accepted_at


def test_t14_the_link_of_an_invitation_attaches_nobody_who_is_logged_in(
    alice: User, nordwave: Company, mallory: User, login: Callable[[User], Client]
) -> None:
    invite(nordwave, alice)
    browser = login(mallory)
    browser.get(f"/activate/{token()}")

    assert "You are logged in as Mallory Maes." in browser.get("/activate/").text
    browser.post("/activate/", {"password1": PASSWORD, "password2": PASSWORD})

    assert [m.company.legal_name for m in mallory.memberships.all()] == ["Cloudhoek bv"]
    assert [m.user.email for m in Membership.objects.filter(company=nordwave)] == [alice.email, NEW]


def test_a_withdrawn_invitation_has_a_dead_link_and_a_withheld_mail(
    alice: User, nordwave: Company, browse: Browse
) -> None:
    invitation = invite(nordwave, alice)
    link = token()

    browse(alice).send(page(invitation, "withdraw/"))

    assert access_links.find("activation", link) is None
    assert access_links.use("activation", link, PASSWORD) is None
    assert invitations.withhold(OutgoingEmail.objects.get()) == "The invitation was withdrawn, answered, or is too old."
    assert not User.objects.get(email=NEW).has_usable_password()


def test_an_old_invitation_joins_nobody(alice: User, nordwave: Company, mallory: User, browse: Browse) -> None:
    invite(nordwave, alice)
    known = invite(nordwave, alice, mallory.email)
    link = token()
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert access_links.use("activation", link, PASSWORD) is None
    assert browse(mallory).post(page(known)).status_code == 404
    assert Membership.objects.filter(company=nordwave).count() == 1
    assert browse(alice).get("/colleagues/").text.count("too old since") == 2


def test_a_strangers_invitation_leaves_the_link_alone_that_somebody_has(
    alice: User, nordwave: Company, cloudhoek: Company, mallory: User
) -> None:
    invite(nordwave, alice)
    link = token()

    invite(cloudhoek, mallory, groups=["full"], first_name="Hacked")

    assert access_links.find("activation", link)
    assert OutgoingEmail.objects.latest("created_at").template == "account_invitation"
    access_links.use("activation", link, PASSWORD)
    user = User.objects.get(email=NEW)
    assert [m.company for m in user.memberships.all()] == [nordwave]
    assert user.first_name == "Nele"


def test_a_lost_link_gives_a_password_and_then_the_invitation_waits(
    alice: User, nordwave: Company, browse: Browse
) -> None:
    """T16: an account joins nothing by itself."""
    invitation = invite(nordwave, alice, email="nele@nordwave.example")
    access_links.send("nele@nordwave.example")
    user = access_links.use("activation", token(), PASSWORD)
    assert user
    assert not user.memberships.exists()
    browser = Client()
    browser.force_login(user)
    assert page(invitation) in browser.get("/", follow=True).text

    browser.post(page(invitation))

    assert user.memberships.get().company == nordwave


def _logged_in(email: str) -> Client:
    browser = Client()
    browser.post("/account/login/", {"login": email, "password": PASSWORD})
    return browser


def test_r52_a_fresh_link_names_the_invitation_that_waits(alice: User, nordwave: Company) -> None:
    invite(nordwave, alice)

    access_links.send(NEW)

    mail = OutgoingEmail.objects.latest("created_at")
    assert mail.template == "account_activation"
    assert "Alice Peeters nodigt u uit voor Nordwave IT bv in het Arxus-portaal." in " ".join(mail.text.split())
    browser = Client()
    browser.get(f"/activate/{token()}")
    assert "The invitation of Alice Peeters to Nordwave IT bv waits" in browser.get("/activate/").text


def test_r52_t14_after_a_fresh_link_the_first_page_offers_the_invitation(alice: User, nordwave: Company) -> None:
    invitation = invite(nordwave, alice)
    access_links.send(NEW)
    assert access_links.use("activation", token(), PASSWORD)
    browser = _logged_in(NEW)

    shown = browser.get("/")
    assert "An invitation waits for you" in shown.text
    assert f'action="{page(invitation)}"' in shown.text
    assert not Membership.objects.filter(user__email=NEW).exists()
    joined = browser.post(page(invitation), follow=True)

    assert joined.redirect_chain == [("/", 302)]
    assert "You belong to Nordwave IT bv now." in joined.text


def test_who_belongs_to_no_company_reads_why_and_whom_to_ask(mallory: User, settings: Any) -> None:
    mallory.memberships.all().delete()

    shown = _logged_in(mallory.email).get("/").text

    assert "<h1>You work for no company here</h1>" in shown
    assert f"The invitation has to go to {mallory.email}, with which you log in." in shown
    assert settings.SERVICE_DESK_PHONE in shown


def test_an_invitation_that_is_too_old_names_who_can_send_it_again(
    alice: User, nordwave: Company, mallory: User
) -> None:
    mallory.memberships.all().delete()
    invite(nordwave, alice, mallory.email)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    shown = _logged_in(mallory.email).get("/").text

    assert "The invitation of Alice Peeters to Nordwave IT bv is too old since" in shown
    assert "Ask Alice Peeters to send it again." in shown


def test_r14_nobody_is_offered_what_cannot_be_joined(alice: User, customer: Company, mallory: User) -> None:
    mallory.memberships.all().delete()
    invite(customer, alice, mallory.email)
    Company.objects.filter(pk=customer.pk).update(relation="vap")

    assert "De Smet" not in _logged_in(mallory.email).get("/").text
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert "De Smet" not in _logged_in(mallory.email).get("/").text


def test_after_the_login_one_hears_of_an_invitation(alice: User, nordwave: Company, mallory: User) -> None:
    invitation = invite(nordwave, alice, mallory.email)

    shown = _logged_in(mallory.email).get("/").text

    assert "Alice Peeters invites you to Nordwave IT bv." in shown
    assert f'href="{page(invitation)}"' in shown


@pytest.mark.parametrize(
    "email",
    [
        "x@nordwave.example",
        "x@evilnordwave.example",
        "x@nordwave.example.evil.example",
        "x@sub.nordwave.example",
        "x@gmail.com",
    ],
)
def test_t16_no_address_joins_a_company_by_its_domain(nordwave: Company, alice: User, email: str) -> None:
    user = make_user(email, "X", "Y")
    browser = Client()
    browser.force_login(user)

    assert browser.get("/colleagues/").status_code == 403
    assert browser.get("/customers/").status_code == 403
    assert not user.memberships.exists()


@time_machine.travel("2026-11-25T09:00:00Z", tick=False)
def test_the_mail_says_how_long_the_link_and_how_long_the_invitation_stands(alice: User, nordwave: Company) -> None:
    invite(nordwave, alice, language="en")

    mail = OutgoingEmail.objects.get()

    assert "The invitation stands until Wednesday 2 December 2026, 10:00." in " ".join(mail.text.split())
    assert access_links.fill_until(mail) == "Saturday 28 November 2026, 10:00"


def test_the_link_of_an_invitation_does_not_outlive_it(alice: User, nordwave: Company) -> None:
    invitation = invite(nordwave, alice)
    Invitation.objects.update(expires_at=invitation.sent_at + timedelta(hours=5))

    assert access_links.until(AccessLink.objects.get()) == invitation.sent_at + timedelta(hours=5)


def test_an_invitation_outlives_its_link_and_the_page_of_the_dead_link_says_so(alice: User, nordwave: Company) -> None:
    """The link lives for 72 hours, the invitation for seven days."""
    with time_machine.travel("2026-11-25T09:00:00Z", tick=False) as clock:
        invite(nordwave, alice)
        OutgoingEmail.objects.update(state="accepted", sent_at=timezone.now())
        browser = Client()
        browser.get(f"/activate/{token()}")
        clock.shift(timedelta(days=4))

        gone = browser.get("/activate/")
        browser.post("/account/lost/", {"email": NEW})
        assert access_links.use("activation", token(), PASSWORD)
        offered = _logged_in(NEW).get("/").text

    assert gone.status_code == 410
    assert "The invitation is kept until its last day" in gone.text
    assert "Alice Peeters invites you to Nordwave IT bv" in offered


# --- Accepting, logged in


def test_somebody_known_accepts_by_a_post(alice: User, nordwave: Company, mallory: User, browse: Browse) -> None:
    invitation = invite(nordwave, alice, mallory.email)
    browser = browse(mallory)
    mail = OutgoingEmail.objects.get()
    assert page(invitation) in mail.text

    shown = browser.get(page(invitation)).text
    assert "Alice Peeters invites you to Nordwave IT bv" in shown
    assert "Tenant Configuration" in shown
    assert mallory.memberships.count() == 1

    answers = [browser.post(page(invitation)).status_code for _ in range(2)]

    assert answers == [302, 404]
    assert {(m.company, *m.groups) for m in mallory.memberships.all()} == {
        (nordwave, "tenants"),
        (Company.objects.get(legal_name="Cloudhoek bv"), "full"),
    }


def test_t14_somebody_else_is_asked_to_log_out(
    alice: User, nordwave: Company, mallory: User, vera: User, browse: Browse
) -> None:
    invitation = invite(nordwave, alice, mallory.email)
    browser = browse(vera)

    shown, posted = browser.get(page(invitation)), browser.post(page(invitation))
    unknown = browser.get("/invitations/00000000-0000-4000-8000-000000000000/")

    assert (shown.status_code, posted.status_code) == (404, 404)
    assert "Log out" in shown.text
    assert "Nordwave" not in shown.text
    assert _plain(shown.text) == _plain(unknown.text)
    assert not Membership.objects.filter(company=nordwave, user__in=[vera, mallory]).exists()


def test_t14_after_logging_out_the_right_person_comes_back_to_it(
    alice: User, nordwave: Company, mallory: User, vera: User, browse: Browse
) -> None:
    invitation = invite(nordwave, alice, mallory.email)

    out = browse(vera).post("/account/logout/", {"next": page(invitation)})

    assert out["Location"] == page(invitation)
    assert Client().get(page(invitation))["Location"] == f"/account/login/?next={page(invitation)}"


@pytest.mark.parametrize("name", ["company", "company_id", "groups", "user"])
def test_t15_no_parameter_changes_what_one_joins(
    alice: User, nordwave: Company, valora: Company, mallory: User, browse: Browse, name: str
) -> None:
    invitation = invite(nordwave, alice, mallory.email)
    forged = str(valora.public_id) if name == "company" else "full" if name == "groups" else str(valora.pk)

    browse(mallory).post(f"{page(invitation)}?{name}={forged}", {name: forged})

    membership = mallory.memberships.exclude(company__legal_name="Cloudhoek bv").get()
    assert (membership.company, membership.groups) == (nordwave, ["tenants"])


def test_staff_are_answered_like_all_and_never_attached(
    alice: User, nordwave: Company, sam: User, browse: Browse
) -> None:
    invitation = invite(nordwave, alice, sam.email)
    browser = Client()
    browser.force_login(sam)

    with pytest.raises(invitations.Closed):
        invitations.accept(invitation, user=sam)
    assert browser.post(page(invitation)).status_code == 404
    assert not sam.memberships.exists()
    assert not OutgoingEmail.objects.exists()


def test_who_was_made_staff_meanwhile_joins_nothing(alice: User, nordwave: Company) -> None:
    invite(nordwave, alice)
    User.objects.filter(email=NEW).update(is_staff=True)

    assert access_links.use("activation", token(), PASSWORD) is None
    assert not Membership.objects.filter(user__email=NEW).exists()


def test_a_member_who_was_added_meanwhile_keeps_their_groups(alice: User, nordwave: Company, mallory: User) -> None:
    invitation = invite(nordwave, alice, mallory.email, groups=["full"])
    Membership.objects.create(user=mallory, company=nordwave, groups=["read_only"])

    invitations.accept(invitation, user=mallory)

    assert mallory.memberships.get(company=nordwave).groups == ["read_only"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", ["en", "nl", "fr"])
def test_r41_every_mail_of_this_reaches_its_reader_in_their_language(
    alice: User, nordwave: Company, customer: Company, mallory: User, smtp: Sink, language: str
) -> None:
    User.objects.filter(pk=mallory.pk).update(language=language)
    for company in (nordwave, customer):
        invite(company, alice, f"{company.pk}@nieuw.example", language=language)
        invite(company, alice, mallory.email)
    membership = Membership.objects.create(user=mallory, company=nordwave)
    colleagues.end(membership, by=alice)

    deliver()

    assert len(smtp.inbox) == 5
    for mail in smtp.inbox:
        assert (mail.message["Content-Language"], "[[" in mail.text + mail.html) == (language, False)


def test_t12_a_stranger_who_invites_first_chooses_no_word_of_anothers_mail(
    alice: User, mallory: User, nordwave: Company, cloudhoek: Company
) -> None:
    invite(cloudhoek, mallory, first_name="Cretin", last_name="Voleur", language="fr")

    invite(nordwave, alice)

    mail = OutgoingEmail.objects.get(language="nl")
    assert (mail.to_email, mail.to_name) == (NEW, "Nele Nieuw")
    assert "Cretin" not in mail.text
    assert "voor Nordwave IT bv te werken" in " ".join(mail.text.split())


@pytest.mark.parametrize(
    ("phone", "said"),
    [
        ("+32470000044", "Alice Peeters, Nordwave IT bv, +32 470 00 00 44"),
        ("", "Alice Peeters, Nordwave IT bv, of de servicedesk van Arxus, +32 9 000 00 00"),
    ],
)
def test_t16_an_invitation_says_whom_to_call(alice: User, nordwave: Company, phone: str, said: str) -> None:
    User.objects.filter(pk=alice.pk).update(phone=phone)
    alice.refresh_from_db()

    invite(nordwave, alice)

    assert f"Vragen: {said}" in " ".join(OutgoingEmail.objects.get().text.replace("\u00a0", " ").split())
