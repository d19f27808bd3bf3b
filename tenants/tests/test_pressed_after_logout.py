"""A button of the admin that was pressed after the session had ended leads back to its page, and says so (R03)."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse

from contacts.models import User
from notifications.models import OutgoingEmail
from tenants import working_days
from tenants.models import DirectoryImport, TenantRequest
from tenants.tests.test_admin import address

SAID = "You were logged out; nothing was done."


def patterns(entries: Any) -> Iterator[URLPattern]:
    for entry in entries:
        if isinstance(entry, URLResolver):
            yield from patterns(entry.url_patterns)
        elif entry.name:
            yield entry


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("root@arxus.example", "x", first_name="Root", last_name="Maes")


@pytest.fixture
def addresses(taken: TenantRequest, sam: User) -> list[str]:
    """Every address of the admin that answers nobody's GET, of rows that are there."""
    mail = OutgoingEmail.objects.first()
    file = DirectoryImport.objects.create(file_name="users.csv", dated=working_days.today(), by=sam)
    rows = {"outgoingemail": mail.pk, "directoryimport": file.pk, "tenantrequest": taken.pk}
    given: dict[str, Any] = {"kind": "directory", "mail_id": mail.pk}
    root = User.objects.create_superuser("walker@arxus.example", "x", first_name="Wim", last_name="Walker")
    client = Client()
    client.force_login(root)
    found = []
    for pattern in patterns(admin.site.urls[0]):
        names = pattern.pattern.converters
        if set(names) - {"pk", *given} or pattern.name == "app_list":
            continue
        here = {name: given.get(name) or rows.get(pattern.name.split("_")[1], 1) for name in names}
        path = reverse(f"admin:{pattern.name}", kwargs=here)
        if client.get(path).status_code == 405:
            found.append(path)
    return found


def test_r03_every_button_leads_back_to_a_page_that_says_that_nothing_was_done(
    addresses: list[str], root: User, taken: TenantRequest
) -> None:
    came_to = {}

    for path in addresses:
        client = Client()
        at_login = client.post(path, follow=True)
        client.force_login(root)
        page = client.get(at_login.context["request"].GET["next"], follow=True)
        came_to[path] = (page.status_code, SAID in page.text, "Nothing was done: log in" in at_login.text)

    assert set(came_to.values()) == {(200, True, True)}
    assert {address(name, taken) for name in ("take", "release", "checks", "started")} <= came_to.keys()
    assert {path.split("/")[3] for path in came_to} >= {"tenantrequest", "directoryimport", "outgoingemail"}


def test_r03_taking_leads_back_to_the_request(taken: TenantRequest, login: Callable[[User], Client], sam: User) -> None:
    client = Client()

    answer = client.post(address("take", taken))
    client.force_login(sam)
    page = client.get(f"{address('take', taken)}?logged_out", follow=True)

    assert answer["Location"] == f"/account/login/?next={address('take', taken)}%3Flogged_out"
    assert page.redirect_chain == [(reverse("admin:tenants_tenantrequest_change", args=[taken.pk]), 302)]


def test_r03_the_oldest_leads_back_to_the_queue(sam: User) -> None:
    client = Client()
    client.force_login(sam)

    page = client.get(reverse("admin:tenants_tenantrequest_take_oldest") + "?logged_out", follow=True)

    assert page.redirect_chain == [(reverse("admin:tenants_tenantrequest_changelist"), 302)]
    assert SAID in page.text


def test_r03_a_page_with_a_form_comes_back_itself(taken: TenantRequest, sam: User) -> None:
    client, path = Client(), address("asked", taken)
    client.force_login(sam)

    page = client.get(f"{path}?logged_out", follow=True)

    assert page.redirect_chain == [(path, 302)]
    assert SAID in page.text


def test_a_button_that_nobody_was_logged_out_of_answers_no_get(taken: TenantRequest, sam: User) -> None:
    client = Client()
    client.force_login(sam)

    assert client.get(address("take", taken)).status_code == 405


def test_r03_a_page_that_is_too_old_shows_what_was_typed_alone_and_leads_back(taken: TenantRequest, sam: User) -> None:
    client, path = Client(enforce_csrf_checks=True), address("decide", taken, "request_changes")
    carried = {"version": "4", "status": "to_validate", "seen": "f444", "remarks-TOTAL_FORMS": "2", "decide": "yes"}
    typed = carried | {"remarks-0-text": "Too close to another one."}

    stranger = client.post(path, typed).text
    client.force_login(sam)
    reader = client.post(path, typed).text

    assert f'href="/account/login/?next={path}%3Flogged_out"' in stranger
    assert f'href="{path}?logged_out">Open the page again' in reader
    assert "<dd>Too close to another one.</dd>" in reader
    assert [words for words in ("Version", "f444", "total forms", "to_validate") if words in reader] == []
