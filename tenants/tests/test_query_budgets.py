"""How many queries a page costs: 8 for partners, 15 in the admin, however many rows or readers there are."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conftest import make_company, make_contact, make_user
from contacts.models import Company, Group, Membership, User
from notifications.models import OutgoingEmail
from tenants import assignment, drafts, waiting, workflow
from tenants.models import Status, Tenant, TenantRequest
from tenants.tests.conftest import ALL_TICKED, LINK
from tenants.tests.test_admin import address, show
from tenants.tests.test_wizard import Browser, at_bakery  # noqa: F401 – the fixture is used by its name
from tenants.transitions import Verb

PAGES, ADMIN = 8, 15


@contextmanager
def counted() -> Iterator[list[str]]:
    """The queries of a block, without the savepoints that a test's own transaction makes of transactions."""
    queries: list[str] = []
    with CaptureQueriesContext(connection) as captured:
        yield queries
    queries += [row["sql"] for row in captured if "SAVEPOINT" not in row["sql"]]


def name_more(draft: TenantRequest, customer: Company, roles: int) -> None:
    """Let a draft name somebody else in each of the roles that a request can do without."""
    for role in ("dpo", "watchlist", "security")[:roles]:
        person = make_contact(customer, role.title(), "Smet", f"{role}@bakkerijdesmet.example")
        drafts.keep_step(draft, "contacts", {role: f"contact:{person.public_id}"}, whole=False)


def lead(draft: TenantRequest, alice: User, sam: User, verb: Verb) -> TenantRequest:
    """Send it, and go on until this verb is next."""
    found = assignment.take(workflow.submit(draft, by=alice, sent=ALL_TICKED), by=sam)
    found.checks.update(overridden_at=found.sent_at, overridden_by=sam)
    if verb in (Verb.REGISTER, Verb.FAIL, Verb.CANCEL, Verb.CORRECT_REGISTRATION):
        found = workflow.approve(found, by=sam, version=1)
    if verb == Verb.REOPEN:
        found = workflow.reject(found, by=sam, version=1, comment="A mistake.")
    return found


COSTS = {
    Verb.REQUEST_CHANGES: 13,
    Verb.REJECT: 11,
    Verb.APPROVE: 11,
    Verb.REGISTER: 15,
    Verb.FAIL: 9,
    Verb.CANCEL: 10,
    Verb.REOPEN: 11,
}


def test_no_preview_costs_more_than_a_page_of_the_admin() -> None:
    assert max(COSTS.values()) <= ADMIN


@pytest.mark.parametrize("verb", [Verb.FAIL, Verb.CANCEL])
def test_a_preview_about_a_customer_that_does_not_know_arxus_costs_no_more(
    vap_approved: TenantRequest, sam: User, login: Any, verb: Verb
) -> None:
    browser = login(sam)
    browser.get("/admin/")

    with counted() as queries:
        page = show(browser, vap_approved, verb)

    assert page.context["draft"].mails
    assert len(queries) <= ADMIN, "\n".join(queries)


@pytest.mark.parametrize("more", [0, 3])
@pytest.mark.parametrize("verb", COSTS)
def test_a_preview_costs_the_same_for_few_readers_and_for_many(
    draft: TenantRequest, customer: Company, alice: User, sam: User, login: Any, verb: Verb, more: int
) -> None:
    name_more(draft, customer, more)
    browser, found = login(sam), lead(draft, alice, sam, verb)
    browser.get(address("decide", found, verb))

    with counted() as queries:
        page = show(browser, found, verb)

    assert page.context["draft"].mails
    assert len(queries) == COSTS[verb], "\n".join(queries)


def test_withdraw_costs_no_more_than_a_page(taken: TenantRequest, at_bakery: Browser) -> None:  # noqa: F811
    at_bakery.get("requests")

    with counted() as queries:
        page = at_bakery.get("withdraw", taken.public_id)

    assert len(page.context["mails"]) == 2
    assert len(queries) <= PAGES, "\n".join(queries)


@pytest.mark.parametrize("slug", ["customer", "contacts", "microsoft", "tenant", "message"])
def test_a_step_shown_again_with_errors_is_saved_and_drawn_within_a_page(
    customer: Company,
    alice: User,
    at_bakery: Browser,  # noqa: F811
    slug: str,
) -> None:
    draft = drafts.start(customer, by=alice)
    at_bakery.get("requests")

    with counted() as queries:
        page = at_bakery.post("step", draft.public_id, slug, tenant_name="9", message="x" * 1001)

    assert page.status_code == 200
    assert len(queries) <= PAGES, "\n".join(queries)


@pytest.mark.parametrize("rows", [1, 12])
def test_the_page_of_a_relation_costs_the_same_for_one_request_and_for_many(
    draft: TenantRequest, customer: Company, alice: User, kim: User, login: Any, rows: int
) -> None:
    workflow.submit(draft, by=alice, sent=ALL_TICKED)
    for number in range(rows - 1):
        another = drafts.start_again(draft, by=alice)
        drafts.keep_step(another, "tenant", draft.answers["tenant"] | {"tenant_name": f"desmet{number}"})
        drafts.keep_step(another, "customer", draft.answers["customer"])
        workflow.submit(another, by=alice, sent=ALL_TICKED)
    browser = login(kim)
    browser.get("/admin/")

    with counted() as queries:
        page = browser.get(f"/admin/tenants/tenantrequest/relation/{customer.pk}/")

    assert len(page.context["plan"].returned) == rows
    assert len(queries) <= ADMIN, "\n".join(queries)


# Every list, with one row of each kind and with fifty


def more(row: Model, **fields: Any) -> Any:
    """One more row like this one."""
    made = type(row).objects.get(pk=row.pk)  # type: ignore[attr-defined]
    made.pk, made._state.adding = None, True
    for name, value in fields.items():
        setattr(made, name, value)
    made.save()
    return made


def one_more_of_everything(like: TenantRequest, alice: User, number: int) -> None:
    """A request in each status with a tenant, a mail and a line of history; a customer, a contact, a colleague, …"""
    submission, tenant = like.submissions.get(), Tenant.objects.get(tenant_request=like)
    for place, status in enumerate(Status):
        key = f"TR-{place}-{number}"
        made = more(like, public_id=uuid4(), number=key, status=status, wanted_id=uuid4(), name_key=key.lower())
        more(submission, tenant_request=made)
        for mail in OutgoingEmail.objects.filter(to_email=alice.email, about=f"tenant_request:{like.pk}")[:1]:
            more(mail, event=uuid4(), pk=uuid4(), about=f"tenant_request:{made.pk}", state="refused")
        if status == Status.REGISTERED:
            more(tenant, tenant_request=made, tenant_id=uuid4(), domain=f"{number}.onmicrosoft.com")
    for mail in OutgoingEmail.objects.filter(to_email=alice.email, about=f"tenant_request:{like.pk}")[:1]:
        more(mail, event=uuid4(), pk=uuid4())
    more(like.history.first())
    like.company.agreements.create(reference=f"AG-{number}", signed_on=timezone.localdate(), stated_by=alice)
    make_contact(like.company, "An", f"No {number}", f"an{number}@bakkerijdesmet.example")
    make_company(f"Shop {number:02}", f"NL{number:08}", partner=like.partner)
    colleague = make_user(f"c{number}@nordwave.example", "Cé", f"{number}")
    Membership.objects.create(user=colleague, company=like.partner, groups=[Group.FULL])
    like.partner.invitations.create(
        email=f"i{number}@nordwave.example",
        first_name="I",
        last_name="N",
        language="nl",
        invited_by=alice,
        sent_at=timezone.now(),
        expires_at=timezone.now() + timedelta(days=7),
    )


OF_THE_PARTNER = ["/", "/customers/", "/contacts/", "/colleagues/", "/switch/"]
OF_A_CUSTOMER = [
    "/tenants/",
    *(f"/tenants/?status={status}" for status in Status),
    "/tenants/{registered}/",
    "/tenants/{registered}/contacts/",
    "/tenants/{draft}/",
    "/tenants/{draft}/check/",
    *(f"/tenants/{{draft}}/step/{slug}/" for slug in ("customer", "contacts", "microsoft", "tenant", "message")),
    "/contacts/",
    "/agreements/",
    "/customer/",
]
OF_STAFF = [
    "/admin/",
    *(f"/admin/tenants/tenantrequest/{query}" for query in ("", "?who=partner", "?who=ended", "?who=all", "?q=TR")),
    "/admin/tenants/tenantrequest/{pk}/change/",
    "/admin/notifications/outgoingemail/",
    *(f"/admin/contacts/{name}/" for name in ("company", "user", "contact")),
    "/admin/contacts/company/{partner}/change/",
]


def test_every_list_costs_the_same_at_1_and_at_50_rows(
    registered: TenantRequest, customer: Company, nordwave: Company, alice: User, login: Any
) -> None:
    root = User.objects.create_superuser("root@arxus.example", "x", first_name="Ro", last_name="Ot")
    draft = drafts.start(customer, by=alice)
    drafts.keep_step(draft, "contacts", registered.answers["contacts"])
    one_more_of_everything(registered, alice, 0)
    names = {
        "registered": registered.public_id,
        "draft": draft.public_id,
        "pk": registered.pk,
        "partner": nordwave.pk,
    }
    browsers = [
        (Browser(login(alice), alice, nordwave).client, OF_THE_PARTNER, PAGES),
        (Browser(login(alice), alice, customer).client, OF_A_CUSTOMER, PAGES),
        (login(root), OF_STAFF, ADMIN),
    ]

    def costs() -> dict[str, int]:
        found = {}
        for client, urls, _most in browsers:
            for url in urls:
                with counted() as queries:
                    assert client.get(url.format(**names)).status_code in (200, 302), url
                found[f"{url} {len(found)}"] = len(queries)
        return found

    costs()  # What is read once for all – content types, the menu's picture of staff – is not what is counted.
    few = costs()
    for number in range(1, 50):
        one_more_of_everything(registered, alice, number)
    many = costs()

    assert many == few
    limits = [most for _client, urls, most in browsers for _url in urls]
    assert [url for (url, cost), most in zip(many.items(), limits, strict=True) if cost > most] == []


@pytest.mark.parametrize("rows", [1, 20])
def test_what_waits_to_be_forwarded_costs_the_same_for_one_and_for_many(
    vap_approved: TenantRequest, vera: User, sam: User, login: Any, rows: int
) -> None:
    waiting.wait_for(vap_approved, by=sam, version=1, whom="customer", link=LINK)
    vap_approved.refresh_from_db()
    for number in range(rows - 1):
        key = f"TR-{number}"
        made = more(vap_approved, public_id=uuid4(), number=key, name_key=key.lower(), wanted_id=uuid4())
        more(vap_approved.submissions.get(), tenant_request=made)
    costs = []

    for company in (vap_approved.partner, vap_approved.company):
        browser = Browser(login(vera), vera, company)
        with counted() as queries:
            page = browser.client.get("/" if company == vap_approved.partner else "/tenants/")
        costs.append(len(queries))
        assert len(re.findall("Forward Microsoft|invitation to forward", page.text)) >= min(rows, 10)

    assert costs == [8, 6]
