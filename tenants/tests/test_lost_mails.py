"""A mail that its reader does not have: told to owner and reviewer, once (DOMAIN §7)."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contacts.models import User
from notifications.models import OutgoingEmail
from notifications.outbox import deliver
from notifications.tests.test_races import at_once
from tenants import lost_mails, workflow, working_days
from tenants.models import TenantRequest
from tenants.review import acts
from tenants.tests.test_admin import address, show
from tenants.tests.test_announcements import correct, heard, readable, told
from tenants.tests.test_wizard import Browser
from tenants.transitions import Verb

ALICE, THEO = "alice@nordwave.example", "theo.lambert@bakkerijdesmet.example"
REFUSED = "550 5.1.1 No such mailbox"
QUEUE, FLAG = "/admin/tenants/tenantrequest/?who=all", "Mail did not arrive"


def lose(found: TenantRequest, email: str = THEO, **how: Any) -> None:
    """As if the mails that wait for an address had been refused."""
    rows = OutgoingEmail.objects.filter(to_email=email, about=f"tenant_request:{found.pk}", state="waiting")
    rows.update(**{"state": "refused", "outcome": REFUSED} | how)


def test_f39_owner_and_reviewer_are_told_which_mail_and_which_address(taken: TenantRequest, sam: User) -> None:
    lose(taken)

    mails = heard(lost_mails.tell)

    assert told(mails) == {(ALICE, "mail_lost"), (sam.email, "mail_lost_staff")}
    for mail in mails.values():
        assert f"Which mail Confirmation Address {THEO} Their server said {REFUSED}" in readable(mail)
    assert f"/r/{taken.public_id}/?person=technical" in mails[ALICE].text


def test_f39_where_nobody_has_the_request_every_validator_who_is_there_is_told(
    sent: TenantRequest, sam: User, kim: User
) -> None:
    kim.away_until = working_days.today() + timedelta(days=3)
    kim.save()
    lose(sent)

    mails = heard(lost_mails.tell)

    assert told(mails) == {(ALICE, "mail_lost"), (sam.email, "mail_lost_staff")}
    assert "nobody has request" in readable(mails[sam.email])


@pytest.mark.parametrize("gone", [{"is_active": False}, {"away_until": date(2099, 1, 1)}])
def test_f39_whoever_has_it_and_is_not_there_is_stood_in_for(
    taken: TenantRequest, sam: User, kim: User, gone: dict[str, Any]
) -> None:
    User.objects.filter(pk=sam.pk).update(**gone)
    lose(taken)

    assert told(heard(lost_mails.tell)) == {(ALICE, "mail_lost"), (kim.email, "mail_lost_staff")}


def test_they_are_told_once(taken: TenantRequest) -> None:
    lose(taken)
    lost_mails.tell()

    assert heard(lost_mails.tell) == {}


@pytest.mark.django_db(transaction=True)
def test_however_many_look_at_once_they_are_told_once(taken: TenantRequest) -> None:
    lose(taken)

    at_once(lost_mails.tell, 4)

    assert OutgoingEmail.objects.filter(template="mail_lost").count() == 1


def test_a_lost_notice_tells_nobody(taken: TenantRequest) -> None:
    lose(taken)
    lost_mails.tell()
    lose(taken, ALICE)
    lose(taken, "sam@arxus.example")

    mails = heard(lost_mails.tell)

    # Alice's own confirmation is told to Sam; of the notices to either nobody hears.
    assert told(mails) == {("sam@arxus.example", "mail_lost_staff")}
    OutgoingEmail.objects.filter(template__startswith="mail_lost").update(state="refused")
    assert heard(lost_mails.tell) == {}


def test_r45_an_address_that_was_corrected_since_is_no_news(taken: TenantRequest, alice: User) -> None:
    lose(taken)
    correct(taken, alice, email="theo@bakkerijdesmet.example")

    assert heard(lost_mails.tell) == {}


def test_of_a_request_that_ended_nobody_is_told(taken: TenantRequest, alice: User) -> None:
    lose(taken)
    workflow.withdraw(taken, by=alice)

    assert heard(lost_mails.tell) == {}
    assert not OutgoingEmail.objects.filter(state="refused", told_at=None).exists()


def test_r18_what_their_server_says_is_no_link(taken: TenantRequest) -> None:
    lose(taken, outcome="550 see http://evil.example/?<script> [[access_link]] " + "x" * 5000)

    for mail in heard(lost_mails.tell).values():
        assert "http://evil" not in mail.text + mail.html
        assert "[[access_link]]" not in mail.text + mail.html
        assert "<script>" not in mail.html


def test_the_link_leads_to_the_person_after_one_button(
    taken: TenantRequest, alice: User, login: Callable[[User], Client]
) -> None:
    answer = login(alice).post(f"/r/{taken.public_id}/?person=technical")

    assert answer.headers["Location"] == reverse("tenants:correct_person", args=[taken.public_id, "technical"])


def test_f42_staff_write_down_that_a_mail_came_back(
    taken: TenantRequest, sam: User, login: Callable[[User], Client]
) -> None:
    lose(taken, state="accepted", outcome="250 OK")
    mail = OutgoingEmail.objects.get(to_email=THEO)
    path = reverse("admin:tenants_tenantrequest_came_back", args=[taken.pk, mail.pk])

    for _ in range(2):
        login(sam).post(path)

    mail.refresh_from_db()
    assert (mail.state, mail.outcome) == ("bounced", "Written down by Sam De Wolf, Arxus.")
    assert taken.history.filter(verb="came_back").count() == 1
    assert told(heard(lost_mails.tell)) == {(ALICE, "mail_lost"), (sam.email, "mail_lost_staff")}


@pytest.mark.parametrize(
    ("email", "ended", "said"),
    [
        (THEO, False, "Told by mail within a minute: Alice Peeters, Sam De Wolf."),
        (ALICE, False, "Told by mail within a minute: Sam De Wolf."),
        (THEO, True, "Nobody is told: the request has ended, so nothing is left to correct."),
    ],
)
def test_f42_the_page_says_first_who_is_told_and_keeps_its_word(
    taken: TenantRequest, alice: User, sam: User, login: Callable[[User], Client], email: str, ended: bool, said: str
) -> None:
    lose(taken, email, state="accepted", outcome="250 OK")
    mail = OutgoingEmail.objects.get(to_email=email)
    if ended:
        workflow.withdraw(taken, by=alice)
    client, path = login(sam), reverse("admin:tenants_tenantrequest_came_back", args=[taken.pk, mail.pk])

    before = client.get(path)
    after = client.post(path, follow=True)

    mail.refresh_from_db()
    assert said in before.text
    assert (f"Written down. {said}" in after.text, mail.state) == (True, "bounced")
    names = [notice.to_name for notice in heard(lost_mails.tell).values()]
    assert sorted(names) == sorted(name for name in ("Alice Peeters", "Sam De Wolf") if name in said)


def test_f42_what_nobody_was_told_of_is_taken_back(
    taken: TenantRequest, sam: User, login: Callable[[User], Client]
) -> None:
    lose(taken, state="accepted", outcome="250 OK")
    mail, client = OutgoingEmail.objects.get(to_email=THEO), login(sam)
    client.post(reverse("admin:tenants_tenantrequest_came_back", args=[taken.pk, mail.pk]))
    path = reverse("admin:tenants_tenantrequest_not_back", args=[taken.pk, mail.pk])
    assert path in client.get(reverse("admin:tenants_tenantrequest_change", args=[taken.pk])).text

    client.post(path)

    mail.refresh_from_db()
    assert (mail.state, mail.outcome) == ("accepted", "Accepted; that it came back was a mistake of Sam De Wolf’s.")
    assert (taken.history.first().verb, taken.history.first().by) == ("not_back", sam)
    assert heard(lost_mails.tell) == {}


def test_f42_what_somebody_was_told_of_stays_and_the_page_says_why(
    taken: TenantRequest, sam: User, login: Callable[[User], Client]
) -> None:
    lose(taken, state="accepted", outcome="250 OK")
    mail, client = OutgoingEmail.objects.get(to_email=THEO), login(sam)
    client.post(reverse("admin:tenants_tenantrequest_came_back", args=[taken.pk, mail.pk]))
    lost_mails.tell()
    path = reverse("admin:tenants_tenantrequest_not_back", args=[taken.pk, mail.pk])

    page = client.get(reverse("admin:tenants_tenantrequest_change", args=[taken.pk])).text
    answer = client.post(path, follow=True)

    mail.refresh_from_db()
    assert mail.state == "bounced"
    assert "Told by mail, so it stays." in page
    assert path not in page
    assert "It can no longer be taken back" in answer.text


def test_f42_a_mail_of_another_request_is_not_there(
    taken: TenantRequest, sam: User, alice: User, login: Callable[[User], Client]
) -> None:
    other = OutgoingEmail.objects.create(to_email=THEO, language="nl", state="accepted", event=taken.public_id)
    path = reverse("admin:tenants_tenantrequest_came_back", args=[taken.pk, other.pk])

    assert login(sam).post(path).status_code == 404
    assert login(alice).post(path).status_code in (302, 403)
    other.refresh_from_db()
    assert other.state == "accepted"


def test_f42_from_the_list_of_mails_one_is_led_to_the_page_that_says_who_is_told(
    taken: TenantRequest, sam: User, login: Callable[[User], Client]
) -> None:
    lose(taken, state="accepted", outcome="250 OK")
    mail, client = OutgoingEmail.objects.get(to_email=THEO), login(sam)
    there = reverse("admin:tenants_tenantrequest_came_back", args=[taken.pk, mail.pk])
    here = reverse("admin:notifications_outgoingemail_back", args=[mail.pk])

    page = client.get(reverse("admin:notifications_outgoingemail_change", args=[mail.pk])).text

    assert f'href="{there}"' in page
    assert client.post(here)["Location"] == there
    mail.refresh_from_db()
    assert mail.state == "accepted"


@pytest.mark.django_db(transaction=True)
def test_r26_f39_refused_told_corrected_and_there(taken: TenantRequest, alice: User, smtp: Any) -> None:
    smtp.misbehave("rcpt", REFUSED, to=THEO, times=9)
    deliver()

    lost_mails.tell()
    deliver()
    correct(taken, alice, email="theo@bakkerijdesmet.example")
    deliver()

    assert smtp.to(THEO) == []
    assert [mail.subject for mail in smtp.to("theo@bakkerijdesmet.example")] == [
        f"Nordwave IT bv vroeg een Microsoft-tenant aan: {taken.number}"
    ]
    assert f"A mail did not arrive: {taken.number}" in [mail.subject for mail in smtp.to(ALICE)]
    # An address that no mail ever reached is not told that it is named no longer.
    assert set(OutgoingEmail.objects.filter(to_email=THEO).values_list("state", flat=True)) == {"refused"}


def flagged(client: Client) -> bool:
    return FLAG in client.get(QUEUE).text


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("refused", "“Confirmation” to Theo Lambert was refused."),
        ("failed", "“Confirmation” to Theo Lambert could not be sent."),
        ("bounced", "“Confirmation” to Theo Lambert came back."),
    ],
)
def test_f42_a_mail_that_did_not_arrive_is_a_flag_in_the_queue_and_an_alert_where_one_decides(
    taken: TenantRequest, sam: User, login: Callable[[User], Client], pass_checks: Any, state: str, said: str
) -> None:
    client = login(sam)
    assert not flagged(client)
    lose(taken, state=state)
    pass_checks(taken)

    page, approve = client.get(address("change", taken)).text, show(client, taken, Verb.APPROVE)

    assert flagged(client)
    assert page.count(said) == approve.text.count(said) == 1
    assert page.index(said) < page.index('class="review"')
    # It is a warning, and stops nobody.
    assert approve.context["draft"].ready
    assert said not in show(client, taken, Verb.REJECT).text


@pytest.mark.parametrize("how", ["corrected", "sent again", "withdrawn"])
def test_f42_the_flag_goes_with_the_correction_with_sending_again_and_with_the_end(
    taken: TenantRequest, alice: User, sam: User, login: Callable[[User], Client], how: str
) -> None:
    client = login(sam)
    lose(taken)
    assert flagged(client)

    if how == "corrected":
        correct(taken, alice, email="theo@bakkerijdesmet.example")
    elif how == "sent again":
        acts.send_again(taken, OutgoingEmail.objects.get(to_email=THEO), by=sam)
    else:
        workflow.withdraw(taken, by=alice)

    assert not flagged(client)
    assert "was refused." not in client.get(address("change", taken)).text


def test_f42_what_is_sent_again_and_lost_again_is_said_once(
    taken: TenantRequest, sam: User, login: Callable[[User], Client]
) -> None:
    lose(taken)
    acts.send_again(taken, OutgoingEmail.objects.get(to_email=THEO), by=sam)
    lose(taken)

    assert login(sam).get(address("change", taken)).text.count("“Confirmation” to Theo Lambert was refused.") == 1


def test_f42_another_name_of_the_person_leaves_the_flag_and_the_owners_own_mail_counts(
    taken: TenantRequest, alice: User, sam: User, login: Callable[[User], Client]
) -> None:
    client = login(sam)
    lose(taken, ALICE)

    assert "“Confirmation” to Alice Peeters was refused." in client.get(address("change", taken)).text
    OutgoingEmail.objects.filter(to_email=ALICE).update(state="accepted")
    lose(taken)
    correct(taken, alice, first_name="Theodoor")
    assert flagged(client)


def test_f42_a_lost_notice_is_no_flag(taken: TenantRequest, sam: User, login: Callable[[User], Client]) -> None:
    lose(taken)
    lost_mails.tell()
    OutgoingEmail.objects.filter(to_email=THEO).update(state="accepted")
    OutgoingEmail.objects.filter(template__startswith="mail_lost").update(state="refused")

    assert not flagged(login(sam))


def test_r44_a_lost_mail_that_was_sent_again_asks_for_no_other_address(
    taken: TenantRequest, sam: User, login: Callable[[User], Client], alice: User
) -> None:
    mail = OutgoingEmail.objects.get(to_email="theo.lambert@bakkerijdesmet.example")
    OutgoingEmail.objects.filter(pk=mail.pk).update(state="accepted")
    acts.came_back(taken, mail, by=sam)
    partner = Browser(login(alice), alice, taken.company)
    before = partner.get("request", taken.public_id).text
    mail.refresh_from_db()

    acts.send_again(taken, mail, by=sam)

    after = partner.get("request", taken.public_id).text
    assert "<strong>Came back</strong>: Written down by Sam De Wolf, Arxus." in before
    assert ("Correct the address of Theo Lambert" in before, "Correct the address of" in after) == (True, False)
    assert "Written down by Sam De Wolf, Arxus. It was sent again since." in after
