"""What staff typed when their session ended comes back on the same page, to the same person (R03)."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from contacts.models import User
from contacts.seal import KEPT_MOST, STAFF_KEPT_KEY, writer_value
from tenants import drafts, workflow
from tenants.models import Remark, Status, TenantRequest
from tenants.tests.conftest import ALL_TICKED
from tenants.tests.test_admin import TYPED, address
from tenants.tests.test_objections import raised, settle_page
from tenants.transitions import Verb

REASON = "A long and careful reason, which nobody wants to write twice."
Login = Callable[[User], Client]


def form_of(client: Client, path: str) -> dict[str, str]:
    """The hidden fields of the page's own form."""
    page = client.get(path).text.split('<form method="post" novalidate')[1].split("</form>")[0]
    return dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page))


@pytest.fixture
def typing(taken: TenantRequest, login: Login, sam: User) -> tuple[Client, str, dict[str, str]]:
    """Sam writes why a request is not accepted; his session ends meanwhile."""
    client, path = login(sam), address("decide", taken, Verb.REJECT)
    form = form_of(client, path) | {"comment": REASON, "decide": "yes"}
    client.logout()
    return client, path, form


def test_r03_the_text_of_a_decision_comes_back_after_the_login(
    taken: TenantRequest, typing: tuple[Client, str, dict[str, str]], sam: User
) -> None:
    client, path, form = typing

    answer = client.post(path, form)
    at_login = client.get(answer["Location"])
    client.force_login(sam)
    page = client.get(path)

    assert answer["Location"] == f"/account/login/?next={path}"
    assert "What you typed is kept: log in, and go on with it." in at_login.text
    assert "You were logged out while you typed." in page.text
    assert REASON in page.text
    assert page.context["draft"].mails
    assert TenantRequest.objects.get(pk=taken.pk).status == Status.TO_VALIDATE


def test_r03_it_is_decided_from_there_and_then_forgotten(
    taken: TenantRequest, typing: tuple[Client, str, dict[str, str]], sam: User
) -> None:
    client, path, form = typing
    client.post(path, form)
    client.force_login(sam)
    again = form_of(client, path) | {"comment": REASON, "decide": "yes"}

    answer = client.post(path, again)

    assert (answer.status_code, TenantRequest.objects.get(pk=taken.pk).status) == (302, Status.REJECTED)
    assert STAFF_KEPT_KEY not in client.session


def test_r03_remarks_come_back_one_by_one(taken: TenantRequest, login: Login, sam: User) -> None:
    client, path = login(sam), address("decide", taken, Verb.REQUEST_CHANGES)
    form = form_of(client, path) | TYPED[Verb.REQUEST_CHANGES] | {"decide": "yes"}
    client.logout()
    client.post(path, form)
    client.force_login(sam)

    assert "Too close to another one." in client.get(path).text


def test_r03_what_one_reviewer_typed_is_never_shown_to_another(
    typing: tuple[Client, str, dict[str, str]], kim: User
) -> None:
    client, path, form = typing
    client.post(path, form)

    client.force_login(kim)

    assert STAFF_KEPT_KEY not in client.session
    assert REASON not in client.get(path).text


@pytest.mark.parametrize("writer", ["", "forged", "0" * 32 + ":x"])
def test_r03_what_names_no_writer_of_ours_is_not_kept(typing: tuple[Client, str, dict[str, str]], writer: str) -> None:
    client, path, form = typing

    answer = client.post(path, form | {"_writer": writer})

    assert answer["Location"] == f"/account/login/?next={path}"
    assert STAFF_KEPT_KEY not in client.session


def test_r34_a_request_that_was_sent_again_meanwhile_shows_what_changed(
    taken: TenantRequest, typing: tuple[Client, str, dict[str, str]], alice: User, sam: User
) -> None:
    client, path, form = typing
    client.post(path, form)
    remark = Remark(field="tenant.tenant_name", text="Taken.", suggestion="desmetaalst")
    back = workflow.request_changes(taken, by=sam, version=1, remarks=[remark])
    drafts.use_suggestions(back, back.remarks.all(), by=alice)
    workflow.submit(back, by=alice, sent=ALL_TICKED)
    client.force_login(sam)

    page = client.get(path).text

    assert "This request was sent again since you opened it." in page
    assert REASON in page


def test_r03_what_is_too_long_to_keep_is_shown_to_be_copied(typing: tuple[Client, str, dict[str, str]]) -> None:
    client, path, form = typing

    answer = client.post(path, form | {"comment": "x" * KEPT_MOST})

    assert (answer.status_code, "too long to be kept" in answer.text) == (413, True)


def test_r03_after_a_login_in_another_tab_the_page_comes_back_with_the_text(taken: TenantRequest, sam: User) -> None:
    client, path = Client(enforce_csrf_checks=True), address("decide", taken, Verb.REJECT)
    client.force_login(sam)
    form = form_of(client, path) | {"comment": REASON, "decide": "yes", "csrfmiddlewaretoken": "o" * 64}

    answer = client.post(path, form)

    assert (answer.status_code, answer["Location"]) == (302, path)
    assert REASON in client.get(path).text


def test_r03_a_page_of_another_reviewer_is_not_kept_for_whoever_is_logged_in(
    taken: TenantRequest, sam: User, kim: User
) -> None:
    path = address("decide", taken, Verb.REJECT)
    form = {"_writer": writer_value(kim), "comment": REASON, "csrfmiddlewaretoken": "o" * 64}
    client = Client(enforce_csrf_checks=True)
    client.force_login(sam)

    answer = client.post(path, form)

    assert (answer.status_code, STAFF_KEPT_KEY in client.session) == (403, False)


def test_r03_the_reasons_beside_the_decisions_come_back_too(taken: TenantRequest, login: Login, sam: User) -> None:
    client = login(sam)
    pages: list[Any] = [address("override", taken, "directory"), settle_page(raised(taken))]

    for path in pages:
        form = form_of(client, path) | {"reason": REASON}
        client.logout()
        client.post(path, form)
        client.force_login(sam)

        page = client.get(path).text

        assert "You were logged out while you typed." in page
        assert REASON in page
