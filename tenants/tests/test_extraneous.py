"""What somebody posts beside the fields of a form (T24)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from structlog.testing import capture_logs

from contacts.models import Company, Contact, User
from tenants.models import Status, TenantRequest
from tenants.tests.test_rival import acting, rows

FORGED = {
    "status": "registered",
    "company": "7",
    "partner": "7",
    "created_by": "7",
    "owner_id": "7",
    "number": "TR-26-AAAAA",
    "is_staff": "on",
    "is_superuser": "on",
    "SECRET-NAME" * 10: "SECRET-VALUE",
}
Login = Callable[[User], Client]


def extraneous(lines: list[Any]) -> list[list[str]]:
    return [line["fields"] for line in lines if line["event"] == "extraneous"]


@pytest.fixture
def forms(draft: TenantRequest, theo: Contact, bob: User, customer: Company) -> dict[str, tuple[Company, dict]]:
    """Where partners write, with what they type: for which company, and the fields."""
    person = {"first_name": "Nele", "last_name": "Nieuw", "email": "nele@nordwave.example", "language": "nl"}
    details = {"legal_name": "Bakkerij De Smet bv", "street": "Molenstraat 15", "postal_code": "9300", "town": "Aalst"}
    number = {"country": "BE", "enterprise_number": "0404616494", "phone": "+32 53 00 00 20"}
    own = customer.partner
    assert own
    return {
        f"/tenants/{draft.public_id}/check/": (customer, {"naming": "on", "authority": "on"}),
        "/customer/edit/": (customer, details | number | {"industry": "retail", "microsoft_language": "nl"}),
        f"/contacts/{theo.public_id}/": (customer, person | {"phone": "+32 53 00 00 21"}),
        "/contacts/new/": (customer, person),
        "/profile/": (own, {"first_name": "Alice", "last_name": "Peeters", "language": "nl"}),
        f"/colleagues/{bob.public_id}/": (own, {"groups": ["read_only"]}),
        "/colleagues/invite/": (own, person | {"groups": ["read_only"]}),
        f"/tenants/{draft.public_id}/step/tenant/": (customer, draft.answers["tenant"]),
        f"/tenants/{draft.public_id}/step/contacts/": (customer, draft.answers["contacts"]),
        f"/tenants/{draft.public_id}/delete/": (customer, {}),
    }


def test_t24_what_no_form_asks_for_changes_nothing_and_is_logged_by_name(
    forms: dict[str, tuple[Company, dict]], alice: User, login: Login
) -> None:
    for path, (company, typed) in forms.items():
        browser, seal = acting(login, alice, company)
        with capture_logs() as lines:
            answer = browser.post(path, typed | FORGED | {"_seal": seal})

        # 409: the last page says that nobody has read it.
        assert (path, answer.status_code in (200, 302, 409)) == (path, True)
        [names] = extraneous(lines)
        assert (path, names) == (path, sorted(name[:50] for name in FORGED))
        assert "SECRET-VALUE" not in str(lines)
    said = str(rows())
    assert "TR-26-AAAAA" not in said
    assert not User.objects.filter(is_staff=True).exists()
    assert not User.objects.filter(is_superuser=True).exists()
    assert not TenantRequest.objects.exclude(status=Status.DRAFT).exists()


def test_what_the_forms_ask_for_is_not_extraneous(
    forms: dict[str, tuple[Company, dict]], alice: User, login: Login
) -> None:
    for path, (company, typed) in forms.items():
        browser, seal = acting(login, alice, company)
        with capture_logs() as lines:
            browser.post(path, typed | {"_seal": seal})

        assert (path, extraneous(lines)) == (path, [])


def test_a_form_that_nobody_looked_at_is_not_extraneous(
    sent: TenantRequest, alice: User, customer: Company, login: Login
) -> None:
    browser, seal = acting(login, alice, customer)

    with capture_logs() as lines:
        answer = browser.post(f"/tenants/{sent.public_id}/step/message/", {"message": "Late.", "_seal": seal})

    assert (answer.status_code, extraneous(lines)) == (409, [])
