"""The list of tenants goes on beyond its first page, beside the list of requests."""

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contacts.models import Company, User
from tenants import drafts
from tenants.models import Status, Tenant, TenantRequest
from tenants.tests.test_wizard import Browser, at_bakery

__all__ = ["at_bakery"]

LIST = reverse("tenants:requests")


def add(registered: TenantRequest, how_many: int) -> None:
    """So many more tenants of the same customer, three at each moment."""
    first = Tenant.objects.get(tenant_request=registered)
    for number in range(how_many):
        row = TenantRequest.objects.get(pk=registered.pk)
        row.pk, row.public_id, row.number = None, uuid.uuid4(), f"TR-26-{number:05}"
        row.name_key, row.wanted_id, row.status = f"tenant{number}", uuid.uuid4(), Status.REGISTERED
        row.save(force_insert=True)
        tenant = Tenant.objects.get(pk=first.pk)
        tenant.pk, tenant.tenant_id, tenant.domain = None, uuid.uuid4(), f"tenant{number}.onmicrosoft.com"
        tenant.tenant_request, tenant.registered_at = row, first.registered_at - timedelta(days=1 + number // 3)
        tenant.save(force_insert=True)


def domains(page: str) -> list[str]:
    return re.findall(r">(\w+\.onmicrosoft\.com)</a>", page)


def link(page: str, rel: str) -> str:
    """Where the pager of the tenants leads, or "" ."""
    section = page.partition('id="tenants"')[2]
    found = re.search(rf'href="([^"]*)#tenants" rel="{rel}"', section)
    return LIST + unescape(found[1]) if found else ""


def read(client: Client, url: str, rel: str = "next") -> list[list[str]]:
    pages = []
    while url:
        page = client.get(url).content.decode()
        pages.append(domains(page))
        url = link(page, rel)
    return pages


def test_the_list_of_tenants_goes_on_and_back(at_bakery: Browser, registered: TenantRequest) -> None:
    add(registered, 59)
    wanted = list(Tenant.objects.order_by("-registered_at", "-pk").values_list("domain", flat=True))

    pages = read(at_bakery.client, LIST)
    last = link(at_bakery.client.get(link(at_bakery.client.get(LIST).text, "next")).text, "next")
    back = read(at_bakery.client, last, "prev")

    assert [len(page) for page in pages] == [25, 25, 10]
    assert [domain for page in pages for domain in page] == wanted
    assert back == pages[::-1]


def test_the_two_lists_turn_their_pages_apart(at_bakery: Browser, registered: TenantRequest, alice: User) -> None:
    add(registered, 30)
    for _ in range(30):
        drafts.start(registered.company, by=alice)
    first = at_bakery.client.get(LIST, {"status": "draft"}).context

    query = {"status": "draft", "after": first["page"].after, "tenants_after": first["tenants"].after}
    second = at_bakery.client.get(LIST, query)

    assert [len(second.context[name].rows) for name in ("page", "tenants")] == [5, 6]
    assert "status=draft" in link(second.text, "prev")
    assert f"after={query['after']}" in link(second.text, "prev")


def test_turning_the_tenants_page_is_no_filter_of_requests(at_bakery: Browser, registered: TenantRequest) -> None:
    add(registered, 30)

    second = at_bakery.client.get(link(at_bakery.client.get(LIST).text, "next"))

    assert not second.context["form"].is_bound
    assert "No request matches this filter" not in second.text


def test_one_page_of_tenants_has_no_pager(at_bakery: Browser, registered: TenantRequest) -> None:
    page = at_bakery.client.get(LIST).text

    assert (link(page, "next"), link(page, "prev"), "on this page" in page.partition('id="tenants"')[2]) == (
        "",
        "",
        False,
    )


@pytest.mark.parametrize("made_up", ["x", "WyJcXHVkODAwIiwiMSJd", "W1tbW1tb", "null"])
def test_t39_a_cursor_of_tenants_that_is_none_of_ours_leads_to_the_first_page(
    at_bakery: Browser, registered: TenantRequest, made_up: str
) -> None:
    page = at_bakery.client.get(LIST, {"tenants_after": made_up})

    assert (page.status_code, domains(page.text)) == (200, ["bakkerijdesmet.onmicrosoft.com"])


def test_t01_the_cursor_of_somebody_else_shows_mallory_nothing(
    at_bakery: Browser,
    registered: TenantRequest,
    mallory: User,
    rival_customer: Company,
    login: Callable[[User], Client],
) -> None:
    add(registered, 30)
    cursor = at_bakery.client.get(LIST).context["tenants"].after

    page = Browser(login(mallory), mallory, rival_customer).client.get(LIST, {"tenants_after": cursor})

    assert (page.status_code, domains(page.text)) == (200, [])


def test_the_list_of_tenants_costs_the_same_at_one_and_at_fifty(
    at_bakery: Browser, registered: TenantRequest, alice: User, nordwave: Company, login: Callable[[User], Client]
) -> None:
    def queries() -> list[int]:
        counted = []
        for browser in (at_bakery, Browser(login(alice), alice, nordwave)):
            with CaptureQueriesContext(connection) as captured:
                assert browser.client.get(LIST).status_code == 200
            counted.append(len(captured))
        return counted

    at_one = queries()
    add(registered, 49)

    assert queries() == at_one
    assert max(at_one) <= 8


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=tenant1", ["tenant1.onmicrosoft.com"]),
        ("q=TR-26-00000", ["tenant0.onmicrosoft.com"]),
        ("q=3f9a1c52-0000", ["bakkerijdesmet.onmicrosoft.com"]),
        ("q=nothing", []),
        ("status=draft", ["bakkerijdesmet.onmicrosoft.com", "tenant0.onmicrosoft.com", "tenant1.onmicrosoft.com"]),
        ("status=nonsense", []),
        ("owner=me&q=tenant", ["tenant0.onmicrosoft.com", "tenant1.onmicrosoft.com"]),
    ],
)
def test_the_tenants_obey_what_is_searched_for(
    at_bakery: Browser, registered: TenantRequest, query: str, found: list[str]
) -> None:
    add(registered, 2)

    page = at_bakery.client.get(f"{LIST}?{query}").text

    assert sorted(domains(page.partition('id="tenants"')[2])) == found
    assert ("No tenant matches this filter." in page) is (found == [])


def test_the_tenants_of_a_colleague_are_not_ones_own(at_bakery: Browser, registered: TenantRequest, bob: User) -> None:
    TenantRequest.objects.filter(pk=registered.pk).update(owner=bob)

    page = at_bakery.client.get(f"{LIST}?owner=me").text

    assert "No tenant matches this filter." in page
