"""The door to decisions: who may POST what, in which status, and what two people at once do to a request."""

import threading
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from contacts.models import User
from notifications.models import OutgoingEmail
from tenants import suggested, workflow
from tenants.models import Remark, Status, Tenant, TenantRequest
from tenants.tests.conftest import ALL_TICKED, made_at_microsoft
from tenants.tests.test_workflow import may, state
from tenants.transitions import TRANSITIONS, Verb

TYPED: dict[str, dict[str, str]] = {
    Verb.REQUEST_CHANGES: {
        "remarks-TOTAL_FORMS": "1",
        "remarks-INITIAL_FORMS": "0",
        "remarks-0-field": "tenant.tenant_name",
        "remarks-0-text": "Too close to another one.",
        "remarks-0-suggestion": "desmetaalst",
    },
    Verb.REJECT: {"comment": "Not a customer of yours."},
    Verb.APPROVE: {"comment": ""},
    Verb.REGISTER: {
        "tenant_id": "3f9a1c52-0000-4000-8000-0000b7d04e00",
        "domain": "bakkerijdesmet.onmicrosoft.com",
        "agreement": "pending",
        "first_login": "told Theo Lambert by telephone",
    },
    Verb.FAIL: {"comment": "Microsoft was down."},
    Verb.CANCEL: {"comment": "The customer stops."},
    Verb.REOPEN: {"comment": "It was a mistake."},
    Verb.CORRECT_REGISTRATION: {
        "tenant_id": "3f9a1c52-0000-4000-8000-0000b7d04e11",
        "domain": "bakkerijdesmet.onmicrosoft.com",
        "comment": "A typo.",
    },
}


def address(name: str, tenant_request: TenantRequest, *more: Any) -> str:
    return reverse(f"admin:tenants_tenantrequest_{name}", args=[tenant_request.pk, *more])


def show(client: Client, tenant_request: TenantRequest, verb: str, **typed: str) -> HttpResponse:
    """Fill in the page of a decision and look at its mails."""
    data = TYPED.get(verb, {}) | typed | {"preview": "yes"}
    return client.post(address("decide", tenant_request, verb), data)


def decide(client: Client, tenant_request: TenantRequest, verb: str, seen: str | None = None, **typed: str) -> Any:
    """The same, then press the button."""
    if seen is None:
        draft = (show(client, tenant_request, verb, **typed).context or {}).get("draft")
        seen = draft.digest if draft else "-"
    data = {"version": str(tenant_request.version), "status": tenant_request.status, "seen": seen, "decide": "yes"}
    return client.post(address("decide", tenant_request, verb), data | TYPED.get(verb, {}) | typed)


# Who is not of Arxus: led to our own login, which sends whoever is logged in to a page of theirs.
OUTSIDE = ("owner", "colleague", "reader", "deactivated", "rival", "vap", "contact", "stranger", "anonymous")
# The same door, which asks for no rights at a partner: these are asked of the verbs themselves, in test_workflow.py.
LEFT_OUT = {"customers", "technician", "groupless", "customer_full", "both", "elsewhere"}


def answer_to(kind: str, verb: Verb, status: Status) -> set[int]:
    """What a POST is answered with: the rule of the table, for whoever asks."""
    if kind in OUTSIDE:
        return {302}
    if kind == "staff":
        return {403}
    if status == Status.DRAFT or TRANSITIONS[verb].by == "partner":
        return {404}
    if TRANSITIONS[verb].by == "lead" and kind in ("assignee", "validator"):
        return {403}
    return {302} if may(verb, status, kind) else {409}


@pytest.mark.parametrize("status", list(Status))
def test_r30_t23_t31_only_the_table_moves_a_request_in_the_admin(
    in_status: Callable[[Status], TenantRequest],
    people: dict[str, User],
    login: Callable[[User], Client],
    status: Status,
) -> None:
    tenant_request = in_status(status)
    clients = {kind: login(people[kind]) for kind in people.keys() - LEFT_OUT} | {"anonymous": Client()}
    before = state(tenant_request)

    for kind, verb in product(clients, Verb):
        if TRANSITIONS[verb].by != "partner" and may(verb, status, kind):
            continue
        answer = decide(clients[kind], tenant_request, verb, seen="-" if kind in OUTSIDE else None)
        assert (answer.status_code in answer_to(kind, verb, status), state(tenant_request)) == (True, before), (
            kind,
            verb,
            answer.status_code,
        )


@pytest.mark.parametrize(
    ("status", "verb"),
    [(status, verb) for verb, move in TRANSITIONS.items() if move.by != "partner" for status in move.sources],
)
def test_r30_the_assignee_does_what_the_table_allows_and_leads_what_is_theirs(
    in_status: Callable[[Status], TenantRequest],
    login: Callable[[User], Client],
    sam: User,
    kim: User,
    status: Status,
    verb: Verb,
) -> None:
    tenant_request = in_status(status)
    by = kim if TRANSITIONS[verb].by == "lead" else sam

    answer = decide(login(by), tenant_request, verb)

    fresh = TenantRequest.objects.get(pk=tenant_request.pk)
    assert (answer.status_code, fresh.status) == (302, TRANSITIONS[verb].target)
    assert (fresh.history.first().verb, fresh.history.first().by) == (verb, by)


@pytest.mark.parametrize("name", ["take", "release", "checks", "started", "asked"])
def test_t31_the_other_posts_are_for_those_who_decide(
    taken: TenantRequest, people: dict[str, User], login: Callable[[User], Client], name: str
) -> None:
    before = state(taken)

    answers = {kind: login(people[kind]).post(address(name, taken)).status_code for kind in ("staff", "owner")}

    assert (answers["staff"], answers["owner"] in (302, 403)) == (403, True)
    assert state(taken) == before


def test_t31_staff_who_may_only_read_see_the_page_and_no_button(
    taken: TenantRequest, people: dict[str, User], login: Callable[[User], Client]
) -> None:
    people["staff"].user_permissions.add(Permission.objects.get(codename="view_tenantrequest"))

    page = login(people["staff"]).get(address("change", taken))

    assert page.status_code == 200
    assert b'<form method="post" action="/admin/tenants' not in page.content
    assert b"You have no right to decide requests." in page.content


def test_t32_even_a_superuser_edits_adds_and_deletes_nothing(
    taken: TenantRequest, people: dict[str, User], login: Callable[[User], Client]
) -> None:
    client, before = login(people["superuser"]), state(taken)
    forged = {"status": "registered", "_saveasnew": "1", "_save": "1", "version": "9"}
    queue = reverse("admin:tenants_tenantrequest_changelist")

    answers = [
        client.post(address("change", taken), forged).status_code,
        client.post(reverse("admin:tenants_tenantrequest_add"), forged).status_code,
        client.post(address("delete", taken), {"post": "yes"}).status_code,
    ]
    bulk = client.post(queue, {"action": "delete_selected", "_selected_action": [taken.pk], "post": "yes"})

    assert answers == [403, 403, 403]
    assert (bulk.status_code in (200, 302, 403), state(taken)) == (True, before)
    assert b"action-select" not in client.get(queue).content


def test_t32_statements_submissions_and_history_have_no_page_of_their_own(
    people: dict[str, User], login: Callable[[User], Client]
) -> None:
    client = login(people["superuser"])

    found = [client.get(f"/admin/tenants/{name}/").status_code for name in ("statement", "submission", "transition")]

    assert found == [404, 404, 404]


def test_t30_t86_who_is_named_in_a_request_gets_403(
    taken: TenantRequest, login: Callable[[User], Client], sam: User
) -> None:
    client = login(sam)
    seen = show(client, taken, Verb.APPROVE).context["draft"].digest
    taken.submissions.update(emails=[sam.email])
    before = state(taken)

    answer = decide(client, taken, Verb.APPROVE, seen=seen)

    assert (answer.status_code, state(taken)) == (403, before)
    assert "a colleague decides" in answer.text


def test_t33_t27_a_form_of_an_older_version_decides_nothing_and_shows_what_changed(
    taken: TenantRequest, login: Callable[[User], Client], alice: User, sam: User
) -> None:
    client = login(sam)
    seen = show(client, taken, Verb.REJECT).context["draft"].digest
    remark = Remark(field="tenant.tenant_name", text="Taken.", suggestion="desmetaalst")
    workflow.request_changes(taken, by=sam, version=1, remarks=[remark])
    again = TenantRequest.objects.get(pk=taken.pk)
    suggested.use_suggestions(again, again.remarks.all(), by=again.owner)
    workflow.submit(again, by=alice, sent=ALL_TICKED)
    before = state(taken)

    answer = decide(client, taken, Verb.REJECT, seen=seen)

    assert (answer.status_code, state(taken)) == (409, before)
    assert "This request was sent again since you opened it." in answer.text
    assert '<ins class="diff">desmetaalst.onmicrosoft.com</ins>' in answer.text
    assert "Not a customer of yours." in answer.text
    assert '<input type="hidden" name="version" value="2">' in answer.text


def test_r33_the_second_decider_reads_who_was_faster(
    taken: TenantRequest, login: Callable[[User], Client], sam: User, kim: User
) -> None:
    client = login(kim)
    show(client, taken, Verb.REJECT)
    workflow.reject(taken, by=sam, version=1, comment="No.")

    answer = decide(client, taken, Verb.REJECT, seen="x")

    assert answer.status_code == 409
    assert "<strong>Sam De Wolf rejected this request just now.</strong> Nothing was changed." in answer.text
    assert "Not a customer of yours." in answer.text


def test_drafts_are_not_there_for_staff(draft: TenantRequest, login: Callable[[User], Client], sam: User) -> None:
    client = login(sam)

    assert client.get(address("change", draft)).status_code == 404
    assert draft.number not in client.get(reverse("admin:tenants_tenantrequest_changelist") + "?who=all").text


def at_once(*posts: Callable[[], Any]) -> list[Any]:
    """Do several things at the same moment, each on a connection of its own."""
    barrier, answers = threading.Barrier(len(posts)), [None] * len(posts)

    def run(n: int) -> None:
        try:
            barrier.wait(10)
            answers[n] = posts[n]()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[n]) for n in range(len(posts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


@pytest.fixture
def approvable(taken: TenantRequest, pass_checks: Callable[[TenantRequest], None]) -> TenantRequest:
    pass_checks(taken)
    return taken


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(10))
def test_r33_t25_of_several_who_approve_at_once_one_does(
    approvable: TenantRequest, login: Callable[[User], Client], sam: User, kim: User, _round: int
) -> None:
    OutgoingEmail.objects.all().delete()
    browsers = [login(sam) for _browser in range(6)] + [login(kim), login(kim)]
    seen = [show(browser, approvable, Verb.APPROVE).context["draft"].digest for browser in browsers]

    answers = at_once(
        *(lambda b=b, s=s: decide(b, approvable, Verb.APPROVE, seen=s) for b, s in zip(browsers, seen, strict=True))
    )

    assert sorted(answer.status_code for answer in answers) == [302, *[409] * 7]
    assert approvable.history.filter(verb="approve").count() == 1
    assert [mail.to_email for mail in OutgoingEmail.objects.all()] == ["alice@nordwave.example"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(3))
def test_r33_t26_of_approving_and_rejecting_at_once_one_wins_and_the_loser_mails_nobody(
    approvable: TenantRequest, login: Callable[[User], Client], sam: User, _round: int
) -> None:
    OutgoingEmail.objects.all().delete()
    one, other = login(sam), login(sam)
    approving = show(one, approvable, Verb.APPROVE).context["draft"].digest
    rejecting = show(other, approvable, Verb.REJECT).context["draft"].digest

    answers = at_once(
        lambda: decide(one, approvable, Verb.APPROVE, seen=approving),
        lambda: decide(other, approvable, Verb.REJECT, seen=rejecting),
    )

    status = TenantRequest.objects.get(pk=approvable.pk).status
    expected = {"registering": ["approved"], "rejected": ["ended", "ended", "rejected"]}
    assert sorted(answer.status_code for answer in answers) == [302, 409]
    assert sorted(OutgoingEmail.objects.values_list("template", flat=True)) == expected[status]
    loser = next(answer for answer in answers if answer.status_code == 409)
    assert f"You {'approved' if status == 'registering' else 'rejected'} this request" in loser.text


@pytest.mark.django_db(transaction=True)
def test_two_who_register_at_once_make_one_tenant(
    registering: TenantRequest, login: Callable[[User], Client], sam: User
) -> None:
    browsers = [login(sam), login(sam)]
    seen = [show(browser, registering, Verb.REGISTER).context["draft"].digest for browser in browsers]

    answers = at_once(
        *(lambda b=b, s=s: decide(b, registering, Verb.REGISTER, seen=s) for b, s in zip(browsers, seen, strict=True))
    )

    assert sorted(answer.status_code for answer in answers) == [302, 409]
    assert Tenant.objects.count() == 1


def test_a_tenant_id_taken_in_the_meantime_is_a_sentence_and_no_error(
    registering: TenantRequest, login: Callable[[User], Client], sam: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = login(sam)
    seen = show(client, registering, Verb.REGISTER).context["draft"].digest
    other = TenantRequest.objects.get(pk=registering.pk)
    other.pk, other.public_id, other.number, other.name_key = None, "0" * 32, "TR-26-OTHER", "other.onmicrosoft.com"
    other.save()
    tenant = made_at_microsoft(tenant_request=other, company=other.company, registered_by=sam, domain="other")
    tenant.registered_at = other.changed_at
    tenant.save()

    answer = decide(client, registering, Verb.REGISTER, seen=seen)

    assert (answer.status_code, Tenant.objects.count()) == (200, 1)
    assert "TR-26-OTHER already has this tenant id." in answer.text
