"""R35: whom an approved request waits for, the clock of Arxus's target, and Microsoft's invitation."""

import html
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse

from contacts.models import Company, User
from notifications.models import OutgoingEmail
from notifications.outbox import deliver
from tenants import clock, drafts, waiting, workflow
from tenants.models import Invitation, Remark, TenantRequest
from tenants.review import queue
from tenants.standing import standing
from tenants.tests.conftest import ALL_TICKED, LINK, made_at_microsoft
from tenants.tests.test_announcements import heard, readable, told
from tenants.tests.test_wizard import Browser, text
from tenants.transitions import TransitionRefused

GRETA = "greta@bakkerijdesmet.example"
CUSTOMER_DOMAIN = "@studioelan.example"


def wait(tenant_request: TenantRequest, by: User, whom: str, **said: Any) -> TenantRequest:
    return waiting.wait_for(tenant_request, by=by, version=1, whom=whom, **said)


# The clock


@pytest.mark.parametrize(
    ("stopped", "went_on", "target"),
    [
        # Sent on Thursday 19 November, so the target is Monday 23.
        ("2026-11-19 15:00", "2026-11-19 16:00", date(2026, 11, 23)),
        ("2026-11-20 10:00", "2026-11-25 10:00", date(2026, 11, 26)),
        ("2026-11-21 10:00", "2026-11-21 11:00", date(2026, 11, 23)),
        ("2026-11-24 10:00", "2026-11-30 10:00", date(2026, 11, 27)),
    ],
)
def test_r35_the_target_counts_only_while_arxus_has_it(stopped: str, went_on: str, target: date) -> None:
    row = TenantRequest(due_on=date(2026, 11, 23))

    clock.stop(row, datetime.fromisoformat(f"{stopped}+01:00"))
    assert row.due_on is None
    clock.go_on(row, datetime.fromisoformat(f"{went_on}+01:00"))

    assert (row.due_on, row.days_left) == (target, None)


def test_r35_the_age_stands_still_too() -> None:
    row = TenantRequest(due_on=date(2026, 11, 23))
    clock.stop(row, datetime(2026, 11, 20, 9, tzinfo=UTC))

    assert clock.days_used(row, date(2026, 12, 20)) == 1


def test_r35_from_arxus_to_microsoft_and_back(registering: TenantRequest, sam: User) -> None:
    due_on = registering.due_on

    with_microsoft = wait(registering, sam, "microsoft")
    assert (with_microsoft.due_on, queue.is_late(with_microsoft)) == (None, False)
    assert with_microsoft.partner_words == "With Microsoft: being set up"
    assert not TenantRequest.objects.waiting_for_arxus()
    back = wait(with_microsoft, sam, "arxus")

    assert (back.due_on, back.waits_for, back.partner_words) == (
        due_on,
        "arxus",
        "With Arxus: being set up at Microsoft",
    )
    assert list(back.history.values_list("verb", flat=True)[:2]) == ["waits_for_arxus", "waits_for_microsoft"]


def test_r35_whatever_ends_the_registering_ends_the_waiting(registering: TenantRequest, sam: User) -> None:
    waits = wait(registering, sam, "microsoft")

    back = workflow.request_changes(
        waits, by=sam, version=1, remarks=[Remark(field="tenant.tenant_name", text="Taken.")]
    )

    assert (back.waits_for, back.days_left, back.due_on is not None) == ("arxus", None, True)


@pytest.mark.parametrize(
    ("whom", "reason"), [("customer", "condition"), ("arxus", "repetition"), ("nobody", "condition")]
)
def test_r35_a_new_tenant_waits_for_no_administrator(
    registering: TenantRequest, sam: User, whom: str, reason: str
) -> None:
    with pytest.raises(TransitionRefused) as refused:
        wait(registering, sam, whom, link=LINK)

    assert refused.value.reason == reason


def test_r35_only_who_has_it_says_whom_it_waits_for(approved: TenantRequest, taken: TenantRequest, kim: User) -> None:
    for tenant_request, by, reason in ((approved, kim, "assignment"), (taken, taken.assignee, "status")):
        with pytest.raises(TransitionRefused) as refused:
            wait(tenant_request, by, "microsoft")
        assert refused.value.reason == reason
    assert not Invitation.objects.exists()


def test_r35_the_partner_sees_whom_it_waits_for(
    invited: TenantRequest, login: Callable[[User], Client], alice: User
) -> None:
    said = standing(TenantRequest.objects.with_standing().get(pk=invited.pk))
    page = text(Browser(login(alice), alice, invited.company).get("request", invited.public_id))

    assert (said.who, said.by) == ("The customer’s administrator", None)
    assert "With the customer: invitation to accept" in page
    assert "Sam De Wolf (Arxus) said that it waits for the customer’s administrator" in page
    assert "Microsoft’s invitation" in page


def test_r35_the_queue_shows_it_apart(invited: TenantRequest, login: Callable[[User], Client], sam: User) -> None:
    client, address = login(sam), reverse("admin:tenants_tenantrequest_changelist")

    waiting_for_arxus, others = client.get(address), client.get(address, {"who": "others"})

    assert invited.wanted not in text(waiting_for_arxus)
    assert "One request waits for Microsoft or a customer" in text(others)
    assert "The customer’s administrator, since" in text(others)


# The invitation


def test_r35_the_administrator_gets_microsofts_invitation(approved: TenantRequest, sam: User) -> None:
    mails = heard(lambda: wait(approved, sam, "customer", link=LINK, comment="Take your time."))

    mail = mails[GRETA]
    assert told(mails) == {(GRETA, "invitation")}
    assert (mail.language, mail.subject) == ("fr", f"Invitation de Microsoft pour votre tenant : {approved.number}")
    assert f'href="{LINK.replace("&", "&amp;")}"' in mail.html
    assert f"\n{LINK}\n" in mail.text
    assert "Nordwave IT bv a demandé à Arxus" in readable(mail)
    assert "Take your time." in mail.text


def test_r14_a_vap_forwards_it_and_nothing_goes_to_the_customer(vap_approved: TenantRequest, sam: User) -> None:
    mails = heard(lambda: wait(vap_approved, sam, "customer", link=LINK))

    assert told(mails) == {("vera@valora.example", "invitation_to_forward")}
    mail = mails["vera@valora.example"]
    assert "> Bonjour Greta Vos, > Valora nv s’occupe" in readable(mail)
    assert f"> {LINK}\n" in mail.text
    assert f'href="{LINK.replace("&", "&amp;")}"' in mail.html
    assert "Arxus does not write to anybody at Studio Élan bv" in readable(mail)
    forwarded = readable(mail).split("> Bonjour")[1].split("> Vera Wouters, Valora nv")[0]
    assert "Arxus" not in forwarded


def test_r14_through_its_whole_life_a_vaps_customer_hears_nothing(vap_approved: TenantRequest, sam: User) -> None:
    waits = wait(vap_approved, sam, "customer", link=LINK)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=8)):
        waiting.remind()
    tenant = made_at_microsoft(domain="studioelan.example", first_login="")

    workflow.register(waits, by=sam, version=1, tenant=tenant)

    assert OutgoingEmail.objects.count() > 5
    assert not [mail.to_email for mail in OutgoingEmail.objects.all() if mail.to_email.endswith(CUSTOMER_DOMAIN)]


@pytest.mark.parametrize("verb", ["reject", "withdraw"])
def test_r43_who_was_invited_is_told_how_it_ended(invited: TenantRequest, alice: User, sam: User, verb: str) -> None:
    ends = {
        "reject": lambda: workflow.reject(invited, by=sam, version=1, comment="The customer stopped."),
        "withdraw": lambda: workflow.withdraw(invited, by=alice),
    }

    mails = heard(ends[verb])

    assert mails[GRETA].template == "ended"
    assert "n’est plus nécessaire : ne l’acceptez plus" in readable(mails[GRETA])


def test_r43_an_administrator_who_was_never_invited_hears_nothing(approved: TenantRequest, alice: User) -> None:
    assert GRETA not in heard(lambda: workflow.withdraw(approved, by=alice))


def test_r43_a_replaced_administrator_is_told(invited: TenantRequest, alice: User, sam: User) -> None:
    remarks = [Remark(field="existing.admin_email", text="No such mailbox.")]
    back = workflow.request_changes(invited, by=sam, version=1, remarks=remarks)
    drafts.keep_step(back, "existing", back.answers["existing"] | {"admin_email": "gert@bakkerijdesmet.example"})

    mails = heard(lambda: workflow.submit(back, by=alice, sent=ALL_TICKED))

    assert mails[GRETA].template == "no_longer_named"
    assert "gert@bakkerijdesmet.example" not in mails


@pytest.mark.parametrize("change", ["back", "withdrawn", "newer"])
def test_r45_an_invitation_that_is_no_longer_true_is_withheld(
    invited: TenantRequest, alice: User, sam: User, smtp: Any, change: str
) -> None:
    first = OutgoingEmail.objects.get(template="invitation")
    {
        "back": lambda: wait(invited, sam, "arxus"),
        "withdrawn": lambda: workflow.withdraw(invited, by=alice),
        "newer": lambda: wait(invited, sam, "customer", link=LINK + "2"),
    }[change]()

    deliver()

    first.refresh_from_db()
    assert first.state == "withheld"


# Reminders


def reminders() -> int:
    return OutgoingEmail.objects.filter(template="invitation").count() - 1


def test_r35_reminders_after_three_and_seven_days_each_once(invited: TenantRequest) -> None:
    start = invited.held_since
    assert start
    counts = []
    for hours in (1, 71, 73, 74, 167, 169, 170, 1000):
        with time_machine.travel(start + timedelta(hours=hours)):
            waiting.remind()
            waiting.remind()
        counts.append(reminders())

    assert counts == [0, 0, 1, 1, 1, 2, 2, 2]
    last = OutgoingEmail.objects.filter(template="invitation").latest("created_at")
    assert last.subject.startswith("Rappel : invitation de Microsoft pour votre tenant, TR-")
    assert "C’est le dernier rappel. Si vous ne faites rien, rien ne change dans votre tenant" in readable(last)
    assert LINK in last.text


def test_r35_after_days_without_a_scheduler_one_reminder_goes_out(invited: TenantRequest) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(days=30)):
        assert [waiting.remind(), waiting.remind(), reminders()] == [1, 0, 1]


@pytest.mark.parametrize("whom", ["arxus", "microsoft"])
def test_r35_no_reminder_once_it_waits_for_somebody_else(invited: TenantRequest, sam: User, whom: str) -> None:
    wait(invited, sam, whom)

    with time_machine.travel(datetime.now(UTC) + timedelta(days=4)):
        assert waiting.remind() == 0


@pytest.mark.django_db(transaction=True)
def test_r35_several_schedulers_send_one_reminder(invited: TenantRequest) -> None:
    Invitation.objects.update(at=datetime.now(UTC) - timedelta(days=3, hours=1))
    together = Barrier(3)

    def remind() -> None:
        together.wait()
        waiting.remind()
        connection.close()

    threads = [Thread(target=remind) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert reminders() == 1


# The page


def address(tenant_request: TenantRequest) -> str:
    return reverse("admin:tenants_tenantrequest_decide", args=[tenant_request.pk, "waits_for"])


def post(client: Client, tenant_request: TenantRequest, **typed: str) -> Any:
    return client.post(address(tenant_request), {"version": "1", "status": "registering"} | typed)


def test_r32_the_invitation_is_shown_before_it_goes_out(
    approved: TenantRequest, login: Callable[[User], Client], sam: User
) -> None:
    client = login(sam)
    shown = post(client, approved, whom="customer", link=LINK, preview="yes").context["draft"]
    frame = client.get(address(approved) + f"mails/{shown.digest}/0/")
    OutgoingEmail.objects.all().delete()

    answer = post(client, approved, whom="customer", link=LINK, seen=shown.digest, decide="yes")

    sent = OutgoingEmail.objects.get()
    assert (answer.status_code, frame.text, sent.html) == (302, shown.mails[0].html, shown.mails[0].html)
    assert "admin.microsoft.com" in frame.text


def test_r32_nobody_is_mailed_when_it_waits_for_microsoft(
    registering: TenantRequest, login: Callable[[User], Client], sam: User
) -> None:
    client = login(sam)
    page = post(client, registering, whom="microsoft", preview="yes")
    assert "Write it down; nobody gets a mail" in text(page)
    OutgoingEmail.objects.all().delete()

    post(client, registering, whom="microsoft", seen=page.context["draft"].digest, decide="yes")

    assert TenantRequest.objects.get(pk=registering.pk).waits_for == "microsoft"
    assert not OutgoingEmail.objects.exists()


def test_a_line_that_nobody_is_mailed_is_kept_in_the_history(
    approved: TenantRequest, login: Callable[[User], Client], sam: User
) -> None:
    client, line = login(sam), "Case 2611-77 at Microsoft."
    page = post(client, approved, whom="microsoft", comment=line, preview="yes")

    post(client, approved, whom="microsoft", comment=line, seen=page.context["draft"].digest, decide="yes")

    assert "Write it down; nobody gets a mail, your line is kept in the history" in text(page)
    assert (approved.history.first().verb, approved.history.first().comment) == ("waits_for_microsoft", line)


def test_r32_nothing_is_written_down_without_a_look(
    approved: TenantRequest, login: Callable[[User], Client], sam: User
) -> None:
    answer = post(login(sam), approved, whom="customer", link=LINK, decide="yes")

    assert (answer.status_code, Invitation.objects.count()) == (409, 0)


@pytest.mark.parametrize(
    "link",
    [
        "",
        "http://admin.microsoft.com/x",
        "https://evil.example/",
        "https://admin.microsoft.com.evil.example/",
        "https://admin.microsoft.com@evil.example/",
        "https://evil.example/admin.microsoft.com",
        "https://admin.microsoft.com:8443/",
        "https://ADMIN.microsoft.com/",
        "https://admin.microsoft.com\\@evil.example/",
        "https://admin.microsoft.com/ https://evil.example/",
        "https://admin.microsoft.com/[[access_link]]",
        "javascript:alert(1)",
        "https://admin.microsoft.com/" + "x" * 500,
    ],
)
def test_t74_only_a_link_to_microsoft_is_taken(
    approved: TenantRequest, login: Callable[[User], Client], sam: User, link: str
) -> None:
    page = post(login(sam), approved, whom="customer", link=link, preview="yes")

    assert list(page.context["form"].errors) == ["link"]
    assert page.context["draft"].mails == []


def test_t31_who_does_not_have_it_reads_why(
    approved: TenantRequest, login: Callable[[User], Client], kim: User, alice: User
) -> None:
    client = login(kim)

    assert "Take this request first." in text(client.get(address(approved)))
    assert post(client, approved, whom="microsoft", decide="yes").status_code == 409
    assert login(alice).get(address(approved)).status_code == 302
    assert TenantRequest.objects.get(pk=approved.pk).waits_for == "arxus"


def test_the_review_page_offers_it(approved: TenantRequest, login: Callable[[User], Client], sam: User) -> None:
    page = login(sam).get(reverse("admin:tenants_tenantrequest_change", args=[approved.pk])).content.decode()

    assert address(approved) in page
    assert re.search(r"<b>Arxus</b> since", page)


def test_the_link_of_the_same_partner_is_offered_again(invited: TenantRequest, vap_approved: TenantRequest) -> None:
    assert waiting.last_link(invited) == LINK
    assert waiting.last_link(vap_approved) == ""


def test_r14_the_partner_reads_that_the_invitation_is_theirs_to_forward(
    vap_approved: TenantRequest, sam: User, vera: User, login: Any
) -> None:
    wait(vap_approved, sam, "customer", link=LINK)

    first = login(vera).get("/").text

    assert "One thing waits for you" in first
    assert "Forward Microsoft’s invitation to the customer’s administrator" in first
    assert (
        standing(TenantRequest.objects.with_standing().get(pk=vap_approved.pk)).label
        == "With you: invitation to forward"
    )


def test_r14_it_stays_theirs_to_forward_though_the_customer_comes_to_know_arxus_meanwhile(
    vap_approved: TenantRequest, sam: User, vera: User, login: Any
) -> None:
    wait(vap_approved, sam, "customer", link=LINK)
    Company.objects.filter(pk=vap_approved.company_id).update(relation=Company.Relation.RESELLER)

    found = TenantRequest.objects.with_standing().get(pk=vap_approved.pk)

    # The mail with the text to forward went to the partner, and to nobody else.
    assert standing(found).label == "With you: invitation to forward"
    assert "Forward Microsoft’s invitation to the customer’s administrator" in login(vera).get("/").text


def test_r35_whoever_chooses_the_present_holder_reads_so_at_the_field_and_goes_on(
    approved: TenantRequest, sam: User, login: Any
) -> None:
    client = login(sam)
    where = reverse("admin:tenants_tenantrequest_decide", args=[approved.pk, "waits_for"])

    page = client.post(where, {"whom": "arxus", "preview": "yes"})
    again = client.get(where)

    for shown in (page, again):
        assert "It waits for Arxus already." in shown.text
        assert 'name="preview"' in shown.text
    assert client.post(where, {"whom": "microsoft", "preview": "yes"}).context["draft"].ready


# The partner forwards it


@pytest.fixture
def to_forward(vap_approved: TenantRequest, sam: User) -> TenantRequest:
    """Vera's request, which waits until she has forwarded Microsoft's invitation."""
    return wait(vap_approved, sam, "customer", link=LINK)


def shown_invitation(found: TenantRequest) -> int:
    return waiting.outstanding(found).pk  # type: ignore[union-attr]


def test_r14_the_text_to_forward_stands_on_the_page(to_forward: TenantRequest, vera: User, login: Any) -> None:
    page = Browser(login(vera), vera, to_forward.company).get("request", to_forward.public_id)

    block = page.text.split('<pre class="to-copy" lang="fr"')[1].split(">", 1)[1].split("</pre>")[0]
    shown = html.unescape(block)
    mailed = readable(OutgoingEmail.objects.get(template="invitation_to_forward")).replace("> ", "")
    assert shown.startswith("Bonjour Greta Vos,\n\nValora nv s’occupe")
    assert f"\n\n{LINK}\n\n" in shown
    assert [line for line in shown.split("\n") if line.replace(LINK, "") not in mailed.replace("\u200b", "")] == []
    assert "Arxus" not in block
    assert "I have forwarded it" in page.text


def test_r14_who_only_reads_finds_no_text_to_forward(
    to_forward: TenantRequest, vera: User, login: Any, django_assert_max_num_queries: Any
) -> None:
    vera.memberships.update(groups=["read_only"])
    browser = Browser(login(vera), vera, to_forward.company)

    with django_assert_max_num_queries(8):
        page = browser.get("request", to_forward.public_id)

    assert ("to-copy" in page.text, "I have forwarded it" in page.text, LINK in page.text) == (False, False, False)
    assert browser.post("forwarded", to_forward.public_id, invitation="1").status_code == 403


def test_r35_once_forwarded_it_is_with_the_customers_administrator(
    to_forward: TenantRequest, vera: User, login: Any, django_assert_max_num_queries: Any
) -> None:
    browser = Browser(login(vera), vera, to_forward.company)

    answer = browser.post("forwarded", to_forward.public_id, invitation=str(shown_invitation(to_forward)))
    with django_assert_max_num_queries(8):
        page = browser.get("request", to_forward.public_id)

    found = TenantRequest.objects.with_standing().get(pk=to_forward.pk)
    line = found.history.first()
    assert (answer.status_code, line.verb, line.by, line.for_company) == (302, "forwarded", vera, found.company)
    assert (standing(found).who, found.partner_words) == (
        "The customer’s administrator",
        "With the customer: invitation to accept",
    )
    assert "You forwarded Microsoft’s invitation to the customer’s administrator" in text(page)
    assert "to-copy" in page.text
    assert "I have forwarded it" not in page.text
    browser.client.post(reverse("contacts:switch"), {"company": vera.memberships.get().company.public_id})
    assert "Nothing waits for you" in browser.client.get("/").text


def test_r14_forwarded_twice_is_once(to_forward: TenantRequest, vera: User, login: Any) -> None:
    browser, shown = Browser(login(vera), vera, to_forward.company), str(shown_invitation(to_forward))

    answers = [browser.post("forwarded", to_forward.public_id, invitation=shown).status_code for _ in range(2)]

    assert answers == [302, 302]
    assert to_forward.history.filter(verb="forwarded").count() == 1


def test_r34_an_old_page_does_not_say_that_a_newer_invitation_is_forwarded(
    to_forward: TenantRequest, vera: User, sam: User, login: Any
) -> None:
    shown = str(shown_invitation(to_forward))
    wait(to_forward, sam, "customer", link=LINK + "2")

    answer = Browser(login(vera), vera, to_forward.company).post("forwarded", to_forward.public_id, invitation=shown)

    assert answer.status_code == 409
    assert "There is another invitation since you opened this page" in text(answer)
    assert TenantRequest.objects.get(pk=to_forward.pk).to_forward


def test_r35_another_invitation_is_to_be_forwarded_anew(to_forward: TenantRequest, vera: User, sam: User) -> None:
    waiting.forwarded(to_forward, by=vera, invitation=shown_invitation(to_forward))

    again = wait(to_forward, sam, "customer", link=LINK + "2")

    assert (again.to_forward, again.partner_words) == (True, "With you: invitation to forward")


def test_r35_reminders_go_on_after_forwarding(to_forward: TenantRequest, vera: User) -> None:
    waiting.forwarded(to_forward, by=vera, invitation=shown_invitation(to_forward))

    with time_machine.travel(datetime.now(UTC) + timedelta(days=4)):
        assert waiting.remind() == 1


def test_r35_what_arxus_mails_itself_is_forwarded_by_nobody(invited: TenantRequest, alice: User, login: Any) -> None:
    browser, shown = Browser(login(alice), alice, invited.company), str(shown_invitation(invited))

    page = browser.get("request", invited.public_id)
    answer = browser.post("forwarded", invited.public_id, invitation=shown)

    assert ("to-copy" in page.text, answer.status_code) == (False, 409)
    assert not invited.history.filter(verb="forwarded").exists()


def test_t01_nobody_elses_invitation_is_forwarded(
    to_forward: TenantRequest, alice: User, invited: TenantRequest, login: Any
) -> None:
    browser = Browser(login(alice), alice, invited.company)

    answer = browser.post("forwarded", to_forward.public_id, invitation=str(shown_invitation(to_forward)))

    assert answer.status_code == 404
    assert TenantRequest.objects.get(pk=to_forward.pk).to_forward
