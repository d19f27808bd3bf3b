"""What staff typed when their session ended comes back on the same page, to the same person (R03)."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contacts.models import Company, User
from contacts.seal import KEPT_MOST, STAFF_KEPT_KEY, writer_value
from tenants import suggested, workflow
from tenants.demo.stock import make_stock_remarks
from tenants.models import Remark, Status, StockRemark, TenantRequest
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

    assert answer["Location"] == f"/account/login/?next={path}%3Flogged_out"
    assert STAFF_KEPT_KEY not in client.session


def test_r34_a_request_that_was_sent_again_meanwhile_shows_what_changed(
    taken: TenantRequest, typing: tuple[Client, str, dict[str, str]], alice: User, sam: User
) -> None:
    client, path, form = typing
    client.post(path, form)
    remark = Remark(field="tenant.tenant_name", text="Taken.", suggestion="desmetaalst")
    back = workflow.request_changes(taken, by=sam, version=1, remarks=[remark])
    suggested.use_suggestions(back, back.remarks.all(), by=alice)
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


def comes_back(client: Client, user: User, path: str, typed: dict[str, str]) -> str:
    """The page after somebody typed in it, was logged out, and logged in again."""
    writer = re.search(r'name="_writer" value="([^"]*)"', client.get(path).text)
    client.logout()
    client.post(path, typed | {"_writer": writer[1] if writer else ""})
    client.force_login(user)
    return client.get(path).text


def test_r03_what_a_lead_typed_in_a_stock_remark_comes_back(login: Login, kim: User) -> None:
    make_stock_remarks()
    row = StockRemark.objects.filter(active=True).first()
    typed = {
        "title": "Another title",
        "field": row.field,
        "text_en": REASON,
        "text_nl": "",
        "text_fr": "",
        "position": "7",
    }
    client = login(kim)

    for path in (
        reverse("admin:tenants_stockremark_add"),
        reverse("admin:tenants_stockremark_change", args=[row.pk]),
    ):
        page = comes_back(client, kim, path, typed)

        assert "You were logged out while you typed." in page
        assert (REASON in page, 'value="Another title"' in page, 'value="7"' in page) == (True, True, True)
        assert not re.search(r'name="active"[^>]* checked', page)
    saved = typed | {"text_nl": "Een zin.", "text_fr": "Une phrase."}
    assert client.post(path, saved).status_code == 302
    assert STAFF_KEPT_KEY not in client.session
    row.refresh_from_db()
    assert (row.title, row.active) == ("Another title", False)


def test_r03_domains_typed_on_the_page_of_a_relation_come_back_and_nothing_follows_yet(
    customer: Company, login: Login, kim: User
) -> None:
    path = reverse("admin:tenants_tenantrequest_relation", args=[customer.pk])

    page = comes_back(login(kim), kim, path, {"email_domains": "smet.example, de smet", "do": "yes"})

    assert 'value="smet.example, de smet"' in page
    assert 'name="do"' not in page


def test_r03_whom_a_lead_chose_to_hand_over_to_comes_back(
    taken: TenantRequest, login: Login, sam: User, kim: User, people: dict[str, User]
) -> None:
    to = str(people["validator"].public_id)

    page = comes_back(login(kim), kim, address("hand_over", taken), {"to": to})

    assert re.search(rf'<option value="{to}"[^>]* selected', page)


def test_r03_what_was_typed_about_a_registered_tenant_comes_back(
    registered: TenantRequest, login: Login, kim: User
) -> None:
    client = login(kim)

    hand_over = comes_back(client, kim, address("first_login", registered), {"first_login": "told Greta by telephone"})
    accepted = comes_back(client, kim, address("agreement_accepted", registered), {"accepted_on": "3 11 2026"})

    assert "told Greta by telephone" in hand_over
    assert 'value="3 11 2026"' in accepted


def test_r42_no_password_is_kept_while_one_is_logged_out(registered: TenantRequest, login: Login, kim: User) -> None:
    client = login(kim)

    page = comes_back(client, kim, address("first_login", registered), {"first_login": "by mail: Xa7!kq92 now"})

    assert "Xa7!kq92" not in str(dict(client.session.items()))
    assert "by mail: ••••• now" in page
