"""What belongs to another partner does not exist, whatever one sends to its address (T01, R04)."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import get_resolver, reverse
from structlog.testing import capture_logs

from contacts import inviting
from contacts.current import SESSION_KEY, seal_value
from contacts.models import Company, Contact, User
from tenants.agreements import keeping
from tenants.agreements.keeping import Given
from tenants.models import TenantRequest
from tenants.working_days import today

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# Whoever has the link of one of these has a page of their own that says no more: no company is asked for.
OF_A_PERSON = {"contacts:invitation", "tenants:objection"}
OF_THE_PARTNER = {"customer_added", "colleague", "colleague_end", "colleague_activity"} | {
    f"invitation_{act}" for act in ("again", "withdraw")
}


def addresses() -> Iterator[str]:
    """Every address of partners that names an object."""
    for entry in get_resolver().url_patterns:
        if getattr(entry, "app_name", None) in ("contacts", "tenants"):
            for pattern in entry.url_patterns:
                if "public_id" in pattern.pattern.converters and f"{entry.app_name}:{pattern.name}" not in OF_A_PERSON:
                    yield f"{entry.app_name}:{pattern.name}"


@pytest.fixture
def objects(
    sent: TenantRequest, alice: User, bob: User, theo: Contact, customer: Company, nordwave: Company
) -> Callable[[str], Any]:
    """What an address of the name is about, all of it Nordwave's."""
    kept = keeping.keep(customer, Given("AG-9", today()), by=alice)
    said = {"first_name": "Ines", "last_name": "Maes", "language": "nl", "groups": ["full"]}
    invitation = inviting.invite(nordwave, by=alice, email="ines@x.example", **said)

    def _object(name: str) -> Any:
        about = {"agreement": kept, "contact": theo, "colleague": bob, "invitation": invitation, "customer": customer}
        word = name.partition(":")[2].partition("_")[0]
        return about.get(word, sent) if name != "tenants:correct_person" else sent

    return _object


def acting(login: Callable[[User], Client], user: User, company: Company) -> tuple[Client, str]:
    """A browser in which somebody works for a company, and the seal of its forms."""
    browser = login(user)
    session = browser.session
    session[SESSION_KEY] = company.pk
    session.save()
    return browser, seal_value(user, company)


def rows() -> dict[str, list[Any]]:
    """Everything in the database but sessions."""
    kept = [model for model in apps.get_models() if model._meta.label != "sessions.Session"]
    return {model._meta.label: list(model.objects.order_by("pk").values()) for model in kept}


@pytest.mark.parametrize("name", sorted(addresses()))
def test_t01_what_is_a_rivals_is_a_404_by_every_method(
    objects: Callable[[str], Any],
    mallory: User,
    cloudhoek: Company,
    rival_customer: Company,
    login: Callable[[User], Client],
    name: str,
) -> None:
    company = cloudhoek if name.partition(":")[2] in OF_THE_PARTNER else rival_customer
    browser, seal = acting(login, mallory, company)
    slugs = {"tenants:step": "contacts", "tenants:correct_person": "technical", "tenants:name_another": "technical"}
    path = reverse(name, args=[objects(name).public_id, *filter(None, [slugs.get(name)])])
    before, answers = rows(), []

    for method in METHODS:
        with capture_logs() as lines:
            answer = browser.generic(method, path, headers={"X-Seal": seal})
        answers.append((method, answer.status_code, [line["event"] for line in lines].count("authz_fail")))

    assert answers == [(method, 404, 1) for method in METHODS]
    assert rows() == before


def test_a_method_that_ones_own_object_does_not_answer_is_a_405(
    sent: TenantRequest, alice: User, customer: Company, login: Callable[[User], Client]
) -> None:
    browser, seal = acting(login, alice, customer)
    path = reverse("tenants:withdraw", args=[sent.public_id])

    answers = [browser.generic(m, path, headers={"X-Seal": seal}) for m in METHODS[2:]]

    assert [(answer.status_code, answer["Allow"]) for answer in answers] == [(405, "GET, POST")] * 3
