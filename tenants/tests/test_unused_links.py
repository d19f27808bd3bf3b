"""R51: the activation link that nobody uses."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone
from structlog.testing import capture_logs

from conftest import make_user
from contacts import access_links
from contacts.models import AccessLink, Company, Contact, Group, Membership, User
from notifications.models import OutgoingEmail
from notifications.outbox import deliver
from tenants import corrections, unused_links, workflow
from tenants.models import Notice, TenantRequest
from tenants.named import PLACES
from tenants.still_true import contradiction
from tenants.tasks import renew_unused_links
from tenants.tests.conftest import made_at_microsoft, reached
from tenants.tests.test_wizard import Browser, text

THEO = "theo.lambert@bakkerijdesmet.example"
ALICE = "alice@nordwave.example"
LINK, TOLD = ("fresh_link", THEO), ("not_activated", ALICE)
PASSWORD = "four unrelated words, lower case"


@pytest.fixture
def delivered_at(registered: TenantRequest) -> datetime:
    """The mail with Theo's link arrived two hours after registering."""
    at = timezone.now() + timedelta(hours=2)
    OutgoingEmail.objects.filter(template="credentials").update(state="accepted", sent_at=at)
    return at


def run(at: datetime) -> list[tuple[str, str]]:
    """What schedulers send at this moment, all three of them."""
    before = list(OutgoingEmail.objects.values_list("pk", flat=True))
    with time_machine.travel(at, tick=False):
        for _scheduler in range(3):
            renew_unused_links()
    rows = OutgoingEmail.objects.exclude(pk__in=before).order_by("template")
    return [(mail.template, mail.to_email) for mail in rows]


def living(email: str = THEO) -> list[Any]:
    return list(User.objects.get(email=email).access_links.filter(used_at=None, replaced_at=None))


def readable(mail: OutgoingEmail) -> str:
    return " ".join(mail.text.replace("\u200b", "").split())


# When


def test_r51_not_used_after_three_days_a_fresh_link_replaces_it(
    registered: TenantRequest, delivered_at: datetime
) -> None:
    [old] = living()

    assert run(delivered_at + timedelta(days=3, seconds=-1)) == []
    assert run(delivered_at + timedelta(days=3)) == [LINK]
    assert run(delivered_at + timedelta(days=6)) == []

    [new] = living()
    old.refresh_from_db()
    assert (new == old, access_links.why_dead(old)) == (
        False,
        "A newer link has taken the place of the one in this mail.",
    )
    assert registered.history.filter(verb="fresh_link", by=None).count() == 1


def test_r51_not_used_after_seven_days_again_and_the_owner_is_told(
    registered: TenantRequest, delivered_at: datetime
) -> None:
    run(delivered_at + timedelta(days=3))
    [second] = living()

    assert run(delivered_at + timedelta(days=7, seconds=-1)) == []
    assert run(delivered_at + timedelta(days=7)) == [LINK, TOLD]
    assert run(delivered_at + timedelta(days=70)) == []

    assert living() != [second]
    assert registered.history.first().verb == "not_activated"


def test_r51_never_delivered_the_days_count_from_registering(registered: TenantRequest) -> None:
    written = OutgoingEmail.objects.get(template="credentials").created_at

    assert run(written + timedelta(days=3, seconds=-1)) == []
    assert run(written + timedelta(days=3)) == [LINK]


def test_r51_a_second_delivery_does_not_lengthen_the_days(registered: TenantRequest, delivered_at: datetime) -> None:
    again = OutgoingEmail.objects.get(template="credentials")
    again.pk, again.event = uuid4(), uuid4()
    again.sent_at = delivered_at + timedelta(days=2)
    again._state.adding = True
    again.save()

    assert run(delivered_at + timedelta(days=3)) == [LINK]


def test_r51_after_a_pause_of_the_scheduler_one_link_goes_out(
    registered: TenantRequest, delivered_at: datetime
) -> None:
    assert run(delivered_at + timedelta(days=20)) == [LINK, TOLD]
    assert run(delivered_at + timedelta(days=21)) == []


def test_r51_who_asked_for_a_link_today_does_not_see_it_die(registered: TenantRequest, delivered_at: datetime) -> None:
    with time_machine.travel(delivered_at + timedelta(days=6, hours=20), tick=False):
        access_links.send(THEO)
    [asked_for] = living()

    assert run(delivered_at + timedelta(days=7)) == [TOLD]
    assert living() == [asked_for]


def test_r51_a_corrected_address_has_days_of_its_own(
    registered: TenantRequest, delivered_at: datetime, alice: User, theo: Contact
) -> None:
    new = "theo@bakkerijdesmet.example"
    corrections.correct(
        registered,
        PLACES["technical"],
        by=alice,
        version=registered.version,
        keep=lambda: Contact.objects.filter(pk=theo.pk).update(email=new),
    )
    OutgoingEmail.objects.filter(to_email=new).update(created_at=delivered_at + timedelta(days=2))
    AccessLink.objects.filter(email=new).update(created_at=delivered_at + timedelta(days=2))

    assert run(delivered_at + timedelta(days=4)) == []
    assert run(delivered_at + timedelta(days=5)) == [("fresh_link", new)]


# To whom, and to whom not


def test_r51_r45_once_a_password_is_set_nothing_is_sent_and_what_waits_is_withheld(
    registered: TenantRequest, delivered_at: datetime
) -> None:
    run(delivered_at + timedelta(days=7))
    link, told = (OutgoingEmail.objects.get(template=name) for name in ("fresh_link", "not_activated"))
    assert (access_links.withhold(link), contradiction(told)) == (None, None)
    [living_link] = living()

    token = access_links.address(living_link).split("/activate/")[1]
    assert access_links.use(access_links.Purpose.ACTIVATION, token, PASSWORD)

    assert access_links.withhold(link) == "The link in this mail has been used."
    assert contradiction(told) == "Nobody waits for this activation link any more."
    assert run(delivered_at + timedelta(days=30)) == []


def test_r51_whoever_activated_in_time_hears_nothing(registered: TenantRequest, delivered_at: datetime) -> None:
    theo = User.objects.get(email=THEO)
    theo.set_password(PASSWORD)
    theo.save()

    assert run(delivered_at + timedelta(days=8)) == []
    assert not Notice.objects.exists()


def test_r51_a_deactivated_account_or_one_without_access_gets_no_link(
    registered: TenantRequest, delivered_at: datetime
) -> None:
    User.objects.filter(email=THEO).update(is_active=False)
    assert run(delivered_at + timedelta(days=8)) == []

    User.objects.filter(email=THEO).update(is_active=True)
    Membership.objects.filter(user__email=THEO).delete()
    assert run(delivered_at + timedelta(days=8)) == []


def test_r14_nobody_at_a_customer_that_does_not_know_arxus_gets_a_link(
    registered: TenantRequest, delivered_at: datetime, customer: Company
) -> None:
    Company.objects.filter(pk=customer.pk).update(relation="vap")

    assert run(delivered_at + timedelta(days=8)) == []
    assert registered.history.filter(verb__in=["fresh_link", "not_activated"]).count() == 0


def test_r14_the_partners_own_person_gets_a_link_and_nobody_at_the_customer_a_mail(
    vap_approved: TenantRequest, sam: User, vera: User
) -> None:
    domain = {"domain": "studioelan.onmicrosoft.com"}
    workflow.register(vap_approved, by=sam, version=1, tenant=made_at_microsoft(**domain))
    written = OutgoingEmail.objects.get(template="credentials").created_at

    sent = run(written + timedelta(days=7))

    assert sent == [("fresh_link", "victor@valora.example"), ("not_activated", vera.email)]


def test_r51_the_administrators_stand_in_for_an_owner_who_is_gone(
    registered: TenantRequest, delivered_at: datetime, nordwave: Company, alice: User
) -> None:
    carol = make_user("carol@nordwave.example", "Carol", "Baert", language="nl")
    Membership.objects.create(user=carol, company=nordwave, groups=[Group.FULL])
    User.objects.filter(pk=alice.pk).update(is_active=False)

    assert run(delivered_at + timedelta(days=7)) == [LINK, ("not_activated", carol.email)]
    assert OutgoingEmail.objects.get(template="not_activated").language == "nl"


# What is said


def test_r51_the_owner_reads_who_where_and_what_to_do(
    registered: TenantRequest, delivered_at: datetime, login: Callable[[User], Client], alice: User
) -> None:
    run(delivered_at + timedelta(days=7))

    mail = OutgoingEmail.objects.get(template="not_activated")
    assert mail.subject == f"Activation link not used: {registered.number}"
    assert "Theo Lambert, the technical contact, has had a link to the Arxus portal for a week" in readable(mail)
    assert THEO in readable(mail)
    assert "[[access_link" not in mail.text + mail.html


def test_r41_the_fresh_link_says_of_which_tenant_and_who_asked_for_it(
    registered: TenantRequest, delivered_at: datetime
) -> None:
    User.objects.filter(email=THEO).update(language="en")
    run(delivered_at + timedelta(days=3))

    mail = OutgoingEmail.objects.get(template="fresh_link")

    text = readable(mail)
    assert mail.subject == f"A fresh link for your password: {registered.number}"
    assert "The link that you had from Arxus has not been used, so here is a fresh one." in text
    assert f"Nordwave IT bv named you as technical contact of {registered.tenant.domain}" in text
    assert f"because Nordwave IT bv named you as technical contact in request {registered.number}." in text
    assert "Questions: Alice Peeters, Nordwave IT bv," in text


def test_r51_the_last_fresh_link_says_that_it_is_the_last(registered: TenantRequest, delivered_at: datetime) -> None:
    User.objects.filter(email=THEO).update(language="en")
    run(delivered_at + timedelta(days=7))

    text = readable(OutgoingEmail.objects.get(template="fresh_link"))

    assert (
        "Arxus sends no more links by itself, and has told Alice Peeters of Nordwave IT bv that none was used." in text
    )


def test_r53_a_link_that_the_owner_sends_again_says_so(registered: TenantRequest, alice: User) -> None:
    User.objects.filter(email=THEO).update(language="en")

    to = unused_links.send_again(registered, by=alice)

    assert (to and to.email, registered.history.first().verb) == (THEO, "resend")
    text = readable(OutgoingEmail.objects.get(template="fresh_link"))
    assert "Alice Peeters had Arxus send you a fresh link. Nordwave IT bv named you as technical contact of" in text


def test_r53_the_page_says_until_when_the_last_link_works(
    registered: TenantRequest,
    delivered_at: datetime,
    alice: User,
    login: Callable[[User], Any],
    django_assert_max_num_queries: Any,
) -> None:
    def page(at: datetime) -> str:
        with time_machine.travel(at, tick=False):
            browser = Browser(login(alice), alice, registered.company)
            with django_assert_max_num_queries(8):
                return text(browser.get("request", registered.public_id))

    living = page(delivered_at + timedelta(hours=1))
    over = page(delivered_at + timedelta(hours=73))
    unused_links.send_again(registered, by=alice)

    assert ("The last link was mailed on" in living, "Earlier ones no longer work." in living) == (True, True)
    assert "have another one sent." in over
    assert "The mail with the link has not left yet." in page(timezone.now())


def test_t37_a_fourth_link_within_the_hour_is_refused_and_logged(
    registered: TenantRequest, alice: User, login: Callable[[User], Any]
) -> None:
    OutgoingEmail.objects.all().delete()
    browser = Browser(login(alice), alice, registered.company)

    with capture_logs() as logs:
        answers = [browser.post("resend_activation", registered.public_id) for _ in range(4)]

    # The one that came with the tenant counts too.
    assert [answer.status_code for answer in answers] == [302, 302, 429, 429]
    assert "No link was sent: three were within the hour, and the last one works." in answers[3].content.decode()
    assert OutgoingEmail.objects.count() == 2
    assert registered.history.filter(verb="resend").count() == 2
    theo = User.objects.get(email=THEO)
    assert reached(logs) == [{"limit": "links_per_hour", "user": theo.pk}] * 2


def test_r51_every_language_has_it(registered: TenantRequest, delivered_at: datetime, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(language="fr")

    run(delivered_at + timedelta(days=7))

    mail = OutgoingEmail.objects.get(template="not_activated")
    assert mail.subject == f"Lien d’activation non utilisé : {registered.number}"


@pytest.mark.django_db(transaction=True)
def test_r51_both_mails_leave_through_smtp(registered: TenantRequest, smtp: Any) -> None:
    OutgoingEmail.objects.exclude(template="credentials").delete()
    written = OutgoingEmail.objects.get().created_at
    run(written + timedelta(days=7))

    deliver()

    assert sorted((mail.to, mail.subject) for mail in smtp.inbox) == [
        (ALICE, f"Activation link not used: {registered.number}"),
        (THEO, f"Nieuwe link voor uw wachtwoord: {registered.number}"),
    ]
    assert OutgoingEmail.objects.get(template="credentials").state == "withheld"


# Once, however many schedulers run


@pytest.mark.django_db(transaction=True)
def test_r51_many_schedulers_at_once_send_one_link_and_tell_once(registered: TenantRequest) -> None:
    written = OutgoingEmail.objects.get(template="credentials").created_at
    barrier = threading.Barrier(4)

    def scheduler(_n: int) -> None:
        try:
            barrier.wait()
            renew_unused_links()
        finally:
            connection.close()

    with time_machine.travel(written + timedelta(days=7), tick=False), ThreadPoolExecutor(4) as pool:
        list(pool.map(scheduler, range(4)))

    rows = OutgoingEmail.objects.filter(template__in=["fresh_link", "not_activated"])
    assert sorted(rows.values_list("template", "to_email")) == [LINK, TOLD]
    assert (len(living()), Notice.objects.count()) == (1, 1)


def test_r51_two_queries_where_nothing_is_due(registered: TenantRequest, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(2):
        renew_unused_links()
