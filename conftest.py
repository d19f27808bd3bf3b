"""The cast of every test.

Alice files requests for a reseller, Bob is her read-only colleague, Mallory belongs to a rival partner, Vera works for
a Value Add Partner, Sam validates, Kim leads the validators, Theo is a technical contact.
"""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group as AuthGroup
from django.test import Client
from hypothesis import settings as hypothesis_settings

from contacts.models import Company, Contact, Group, Membership, User, sort_key
from portal.catalogues import compile_catalogues
from tenants.staff import LEADS, VALIDATORS

pytest_plugins = ["portal.tests.footing", "portal.tests.story", "notifications.tests.smtp_sink"]


def pytest_configure(config: pytest.Config) -> None:
    compile_catalogues()


@pytest.fixture(autouse=True)
def _own_throttles(settings: Any) -> None:
    """Every test counts from nothing, also in the one Redis that several share."""
    settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": uuid4().hex}}


# A loaded machine is no finding: examples are judged by what they give, not by how long they take.
hypothesis_settings.register_profile("portal", deadline=None)
hypothesis_settings.load_profile("portal")
PASSWORD = "four unrelated words, lower case"


def make_user(email: str, first_name: str, last_name: str, **fields: object) -> User:
    return User.objects.create_user(email, PASSWORD, first_name=first_name, last_name=last_name, **fields)


def make_company(name: str, number: str, partner: Company | None = None, **fields: object) -> Company:
    fields = {
        "kind": "customer" if partner else "partner",
        "relation": "reseller" if partner else "",
        "street": "Molenstraat 14",
        "postal_code": "9300",
        "town": "Aalst",
        "phone": "+3253000020",
        "industry": "retail",
        "microsoft_language": "nl",
        "tenant_configuration": True,
    } | fields
    return Company.objects.create(
        legal_name=name, sort_name=sort_key(name), enterprise_number=number, partner=partner, **fields
    )


def make_contact(company: Company, first_name: str, last_name: str, email: str, **fields: object) -> Contact:
    fields = {"language": "nl", "phone": "+3253000021", "job_title": "IT manager"} | fields
    return Contact.objects.create(
        company=company,
        first_name=first_name,
        last_name=last_name,
        sort_name=sort_key(f"{last_name} {first_name}"),
        email=email,
        **fields,
    )


@pytest.fixture
def nordwave(db: None) -> Company:
    return make_company("Nordwave IT bv", "BE0403019261", email_domains=["nordwave.example"])


@pytest.fixture
def cloudhoek(db: None) -> Company:
    """The rival."""
    return make_company("Cloudhoek bv", "BE0400378485", email_domains=["cloudhoek.example"])


@pytest.fixture
def valora(db: None) -> Company:
    """The Value Add Partner."""
    return make_company("Valora nv", "BE0202239951", email_domains=["valora.example"])


@pytest.fixture
def customer(nordwave: Company) -> Company:
    """Bakkerij De Smet, whom Alice works for."""
    return make_company(
        "Bakkerij De Smet bv", "BE0404616494", partner=nordwave, email_domains=["bakkerijdesmet.example"]
    )


@pytest.fixture
def other_customer(nordwave: Company) -> Company:
    """Garage Lambrecht, another customer of the same partner."""
    return make_company("Garage Lambrecht nv", "BE0417497106", partner=nordwave)


@pytest.fixture
def rival_customer(cloudhoek: Company) -> Company:
    """The same bakery, as the rival's customer: neither partner may notice the other."""
    return make_company("MARKER Bakkerij De Smet bv", "BE0404616494", partner=cloudhoek)


def _member(email: str, first: str, last: str, company: Company, *groups: Group, language: str = "en") -> User:
    user = make_user(email, first, last, language=language, phone="+32470000044")
    Membership.objects.create(user=user, company=company, groups=list(groups))
    return user


@pytest.fixture
def alice(nordwave: Company) -> User:
    return _member("alice@nordwave.example", "Alice", "Peeters", nordwave, Group.FULL)


@pytest.fixture
def bob(nordwave: Company) -> User:
    return _member("bob@nordwave.example", "Bob", "Claes", nordwave, Group.READ_ONLY)


@pytest.fixture
def mallory(cloudhoek: Company) -> User:
    return _member("mallory@cloudhoek.example", "Mallory", "Maes", cloudhoek, Group.FULL)


@pytest.fixture
def vera(valora: Company) -> User:
    return _member("vera@valora.example", "Vera", "Wouters", valora, Group.FULL)


def _staff(email: str, first: str, last: str, group: str) -> User:
    user = make_user(email, first, last, is_staff=True)
    user.groups.add(AuthGroup.objects.get(name=group))
    return user


@pytest.fixture
def sam(db: None) -> User:
    """A validator."""
    return _staff("sam@arxus.example", "Sam", "De Wolf", VALIDATORS)


@pytest.fixture
def kim(db: None) -> User:
    """A validation lead."""
    return _staff("kim@arxus.example", "Kim", "Janssens", LEADS)


@pytest.fixture
def theo(customer: Company) -> Contact:
    """The technical contact of the bakery; he has no account."""
    return make_contact(customer, "Theo", "Lambert", "theo.lambert@bakkerijdesmet.example", roles=["technical"])


@pytest.fixture
def an(customer: Company) -> Contact:
    """The bakery's managing director, its commercial contact."""
    return make_contact(
        customer,
        "An",
        "De Smet",
        "an@bakkerijdesmet.example",
        language="fr",
        job_title="managing director",
        roles=["commercial"],
    )


@pytest.fixture
def login() -> Callable[[User], Client]:
    """A browser in which somebody has logged in."""

    def _login(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return _login
