"""The queue: what it opens on, in which order, what it finds, what it costs."""

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contacts.models import Company, User
from tenants import assignment, objections, workflow
from tenants.models import Remark, Submission, TenantRequest
from tenants.review import queue
from tenants.tests.conftest import made_at_microsoft
from tenants.tests.test_admin import address, decide
from tenants.tests.test_announcements import correct as correct_person
from tenants.tests.test_objections import raised
from tenants.transitions import Verb

QUEUE = "/admin/tenants/tenantrequest/"


def another(tenant_request: TenantRequest, number: str, **fields: Any) -> TenantRequest:
    """One more request like this one."""
    submission = tenant_request.submissions.get()
    row = TenantRequest.objects.get(pk=tenant_request.pk)
    row.pk, row.public_id, row.number, row.name_key = None, uuid.uuid4(), number, f"{number}.onmicrosoft.com".lower()
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
    Submission.objects.create(
        tenant_request=row,
        version=1,
        data=submission.data,
        emails=submission.emails,
        sent_by=submission.sent_by,
        sent_at=submission.sent_at,
    )
    return row


@pytest.fixture
def numbers(login: Callable[[User], Client], sam: User) -> Callable[[str], list[str]]:
    """The numbers on the queue under a query string, from top to bottom."""
    client = login(sam)
    return lambda query="": [row.number for row in client.get(f"{QUEUE}{query}").context["cl"].result_list]


def test_it_opens_on_what_waits_for_arxus_the_oldest_first(
    sent: TenantRequest, draft: TenantRequest, numbers: Callable[..., list[str]]
) -> None:
    another(sent, "TR-OLDER", held_since=timezone.now() - timedelta(days=3))
    another(sent, "TR-SETUP", status="registering", held_since=timezone.now() + timedelta(seconds=1))
    for number, status in (("TR-BACK", "changes_requested"), ("TR-DONE", "registered"), ("TR-GONE", "withdrawn")):
        another(sent, number, status=status)

    assert numbers() == ["TR-OLDER", sent.number, "TR-SETUP"]
    assert numbers("?who=partner") == ["TR-BACK"]
    assert set(numbers("?who=ended")) == {"TR-DONE", "TR-GONE"}
    assert len(numbers("?who=all")) == 6


def test_the_title_counts_them_in_words(sent: TenantRequest, login: Callable[[User], Client], sam: User) -> None:
    client = login(sam)
    assert "<h1>One request waits for Arxus</h1>" in client.get(QUEUE).text
    for n in range(6):
        another(sent, f"TR-{n}")

    assert "<h1>Seven requests wait for Arxus</h1>" in client.get(QUEUE).text
    assert "<h1>No request found</h1>" in client.get(f"{QUEUE}?q=nothing-like-it").text


def test_filters_by_assignee_and_age(
    sent: TenantRequest, numbers: Callable[..., list[str]], sam: User, kim: User
) -> None:
    today = timezone.localdate()
    another(sent, "TR-LATE", due_on=today - timedelta(days=1), assignee=sam)
    another(sent, "TR-TODAY", due_on=today, assignee=kim)
    past = timezone.now() - timedelta(minutes=1)
    another(sent, "TR-LEFT", assignee=kim, free_from=past)
    another(sent, "TR-APPROVED", assignee=kim, free_from=past, status="registering")

    assert numbers("?assignee=me") == ["TR-LATE"]
    assert set(numbers("?assignee=nobody")) == {sent.number, "TR-LEFT"}
    assert numbers("?age=late") == ["TR-LATE"]
    assert numbers("?age=today") == ["TR-TODAY"]


@pytest.mark.parametrize(
    "query", ["?who=nonsense", "?age=1'", "?assignee=%00", "?p=99", "?p=x", "?o=1.-2", "?e=1", "?status__exact=draft"]
)
def test_t72_a_query_string_that_makes_no_sense_is_no_error(
    sent: TenantRequest, login: Callable[[User], Client], sam: User, query: str
) -> None:
    assert login(sam).get(f"{QUEUE}{query}", follow=True).status_code in (200, 400)


def test_one_search_finds_by_everything_a_request_is_known_by(
    sent: TenantRequest, numbers: Callable[..., list[str]], login: Callable[[User], Client], sam: User
) -> None:
    other = another(sent, "TR-26-OTHER", wanted="something")
    Submission.objects.filter(tenant_request=other).update(emails=["x@x.example"])
    TenantRequest.objects.filter(pk=sent.pk).update(status="rejected", held_since=None)

    for text in (
        sent.number,
        sent.number.lower(),
        "bakkerijdesmet.onmicrosoft.com",
        "theo.lambert@bakkerijdesmet.example",
        "AN@bakkerijdesmet.example",
    ):
        assert numbers(f"?q={text}") == [sent.number], text
    for text in ("BE0404616494", "BE 0404.616.494", "0404 616 494", "nordwave", "BAKKERIJ", "  bakkerij  de smet "):
        assert set(numbers(f"?q={text}")) == {sent.number, "TR-26-OTHER"}, text


@pytest.mark.parametrize("typed", ["TR26CRN3J", "tr26crn3j", "tr 26 crn3j", " TR-26 crn3j ", "tr26crn"])
def test_a_number_is_found_however_it_is_typed(
    sent: TenantRequest, numbers: Callable[[str], list[str]], typed: str
) -> None:
    another(sent, "TR-26-CRN3J")
    another(sent, "TR-26-XRN3J")

    assert numbers(f"?q={typed}") == ["TR-26-CRN3J"]


@pytest.mark.parametrize(
    "typed", ["bakkerijdesmet.example", "@BakkerijDeSmet.example", "https://bakkerijdesmet.example/"]
)
def test_a_mail_domain_of_the_customer_is_found(
    sent: TenantRequest, other_customer: Company, numbers: Callable[[str], list[str]], typed: str
) -> None:
    another(sent, "TR-26-OTHER", company=other_customer)

    assert numbers(f"?q={typed}") == [sent.number]


def test_what_a_tenant_was_called_before_it_was_corrected_is_found(
    registered: TenantRequest, kim: User, numbers: Callable[[str], list[str]]
) -> None:
    before = registered.tenant.tenant_id
    right = made_at_microsoft(tenant_id="3f9a1c52-0000-4000-8000-0000b7d04e11", domain="desmetaalst.onmicrosoft.com")
    workflow.correct_registration(registered, by=kim, version=1, tenant=right, comment="A typing mistake.")

    for typed in (before, str(before).upper(), "bakkerijdesmet.onmicrosoft.com", "desmetaalst"):
        assert numbers(f"?q={typed}") == [registered.number], typed


def test_a_name_that_was_asked_for_and_not_given_is_found(
    registering: TenantRequest, sam: User, numbers: Callable[[str], list[str]]
) -> None:
    tenant = made_at_microsoft(domain="another.onmicrosoft.com")
    workflow.register(registering, by=sam, version=1, tenant=tenant)

    assert numbers("?q=bakkerijdesmet.onmicrosoft.com") == [registering.number]
    assert tenant.formerly == ["bakkerijdesmet.onmicrosoft.com"]


@pytest.mark.parametrize(
    "typed", ["Théo Lambert", "theo  LAMBERT", "lambert theo", "Lambert", "alice peeters", "Peeters"]
)
def test_people_are_found_by_name_with_or_without_accents(
    sent: TenantRequest, alice: User, bob: User, numbers: Callable[[str], list[str]], typed: str
) -> None:
    other = another(sent, "TR-26-OTHER", owner=bob)
    Submission.objects.filter(tenant_request=other).update(names="lea roy lea", sent_by=bob)

    assert numbers(f"?q={typed}") == [sent.number]


def test_people_are_found_under_accents_and_after_a_correction(
    taken: TenantRequest, alice: User, numbers: Callable[[str], list[str]]
) -> None:
    User.objects.filter(pk=alice.pk).update(first_name="Zoë", last_name="Ångström")
    correct_person(taken, alice, first_name="Théodore")

    for typed in ("zoe angstrom", "ZOË", "Theodore Lambert", "Theo Lambert"):
        assert numbers(f"?q={typed}") == [taken.number], typed


def test_the_way_back_leads_to_the_list_as_it_was(
    taken: TenantRequest, login: Callable[[User], Client], sam: User
) -> None:
    client, page = login(sam), address("change", taken)
    client.get(QUEUE, {"q": "bakkerij", "who": "all", "assignee": "me", "junk": "x"})
    way_back = 'href="/admin/tenants/tenantrequest/?q=bakkerij&amp;who=all&amp;assignee=me"'

    decide(client, taken, Verb.REJECT)

    assert client.get(page).text.count(way_back) == 1
    assert way_back in client.get(address("override", taken, "directory")).text
    # Whoever opens the plain list has left the other one.
    client.get(QUEUE)
    assert way_back not in client.get(page).text
    assert client.get(page).text.count(f'href="{QUEUE}"') == 1


def test_after_the_oldest_was_asked_for_in_vain_the_list_is_as_it_was(
    login: Callable[[User], Client], sam: User
) -> None:
    client = login(sam)
    client.get(f"{QUEUE}?who=partner&q=" + "x" * 500)

    answer = client.post(reverse("admin:tenants_tenantrequest_take_oldest"))

    assert answer["Location"] == f"{QUEUE}?who=partner"


@pytest.mark.parametrize("text", ["%", "_", "'", '"', "\x00", "a" * 5000, "@", "☃", "\\", "1234%", "<b>", "{{7*7}}"])
def test_t72_a_search_for_anything_is_no_error(
    sent: TenantRequest, login: Callable[[User], Client], sam: User, text: str
) -> None:
    assert login(sam).get(QUEUE, {"q": text}).status_code == 200


def test_a_row_says_how_old_it_is_who_has_it_and_its_worst_check(
    taken: TenantRequest, login: Callable[[User], Client], sam: User
) -> None:
    taken.checks.update(result="passed")
    taken.checks.filter(kind="name").update(result="problem")
    TenantRequest.objects.update(due_on=timezone.localdate() - timedelta(days=1))

    page = login(sam).get(QUEUE)

    assert [row.worst for row in page.context["cl"].result_list] == ["problem"]
    assert "badge--problem" in page.text
    assert "days, late" in page.text
    assert "<b>you</b>" in page.text


def test_r37_a_row_says_that_a_contact_objects_until_that_is_settled(
    taken: TenantRequest, login: Callable[[User], Client], sam: User
) -> None:
    objection = raised(taken)
    client = login(sam)

    before = client.get(QUEUE).text
    objections.settle(objection, by=sam, reason="Theo is right: he is told now.")
    after = client.get(QUEUE).text

    assert re.search(r'data-label="Checks">(?:(?!</td>).)*</svg> Objection<', before, re.S)
    assert "Objection<" not in after


def test_r37_an_objection_to_what_has_ended_waits_for_nobody(
    taken: TenantRequest, login: Callable[[User], Client], sam: User
) -> None:
    raised(taken)
    TenantRequest.objects.update(status="withdrawn")

    assert [row.objected for row in login(sam).get(f"{QUEUE}?who=all").context["cl"].result_list] == [False]


def test_a_check_that_was_overridden_is_a_warning(
    taken: TenantRequest, login: Callable[[User], Client], sam: User
) -> None:
    taken.checks.update(result="passed")
    taken.checks.filter(kind="name").update(result="problem", overridden_at=timezone.now(), overridden_by=sam)

    assert [row.worst for row in login(sam).get(QUEUE).context["cl"].result_list] == ["warning"]


def test_the_queue_asks_as_many_questions_at_1_and_at_50_rows(
    sent: TenantRequest, login: Callable[[User], Client], sam: User, django_assert_num_queries: Any
) -> None:
    client = login(sam)
    client.get(QUEUE)

    with django_assert_num_queries(7):
        client.get(QUEUE)
    for n in range(49):
        made = another(sent, f"TR-{n}", assignee=sam, stop_asked_at=timezone.now())
        made.objections.create(email="x@x.example", name="X", text="No.", raised_at=timezone.now())
    with django_assert_num_queries(7):
        page = client.get(QUEUE)

    assert len(page.context["cl"].result_list) == 50


def test_taking_the_oldest_is_a_post(sent: TenantRequest, login: Callable[[User], Client], sam: User) -> None:
    another(sent, "TR-OLDER", held_since=timezone.now() - timedelta(days=3))
    client, address = login(sam), reverse("admin:tenants_tenantrequest_take_oldest")

    assert client.get(address).status_code == 405
    answer = client.post(address, follow=True)

    assert "You have TR-OLDER now. It waits longest." in answer.text
    assert TenantRequest.objects.get(number="TR-OLDER").assignee == sam


def test_the_first_page_says_what_waits(
    taken: TenantRequest, login: Callable[[User], Client], sam: User, django_assert_max_num_queries: Any
) -> None:
    another(taken, "TR-FREE", assignee=None)
    client = login(sam)

    with django_assert_max_num_queries(15):
        page = client.get(reverse("admin:index"))

    assert "<h1>Two requests wait for Arxus</h1>" in page.text


def test_a_request_that_is_with_its_partner_says_until_when(
    taken: TenantRequest, login: Callable[[User], Client], sam: User
) -> None:
    workflow.request_changes(taken, by=sam, version=1, remarks=[Remark(text="Look again.")])

    assert "partner, until" in login(sam).get(f"{QUEUE}?who=partner").text


def test_the_next_one_is_the_following_and_after_the_last_the_first(
    sent: TenantRequest, login: Callable[[User], Client], sam: User, kim: User
) -> None:
    later = another(sent, "TR-LATER", held_since=timezone.now() + timedelta(hours=1))
    kept = another(sent, "TR-KEPT", held_since=timezone.now() + timedelta(minutes=1))
    with time_machine.travel(timezone.now()):
        assignment.take(kept, by=kim)
    client = login(sam)

    following = [client.get(f"{QUEUE}{row.pk}/change/").context["page"].next for row in (sent, later)]

    assert following == [later, sent]


def test_the_search_finds_the_partners_reference_and_whoever_sent_it_and_left(
    sent: TenantRequest, alice: User, bob: User
) -> None:
    TenantRequest.objects.filter(pk=sent.pk).update(owner=bob)

    found = [list(queue.find(TenantRequest.objects.all(), text)) for text in ("PO-11873", "Alice Peeters", alice.email)]

    assert found == [[sent], [sent], [sent]]
