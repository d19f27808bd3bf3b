"""Whatever a form of partners or staff writes, a row says who did it, and for which company (R05)."""

from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models, transaction
from django.test import Client

from contacts.models import Company, Contact, User
from tenants.models import Transition
from tenants.tests.test_corrections import act_for
from tenants.tests.test_hostile_admin import Office
from tenants.tests.test_twenty_thousand_inputs import Form, Forms

# What somebody types who means to change something; all else stays as the page had it.
TYPED = {
    "first_name": "Nele",
    "last_name": "Nieuw",
    "job_title": "Baker",
    "department": "Bread",
    "street": "Nieuwstraat 3",
    "email": "nele@nordwave.example",
    "phone": "+32 53 00 00 77",
    "language": "nl",
    "reference": "AG-12",
    "comment": "Because of that.",
    "reason": "Because of that.",
    "text": "Because of that.",
    "message": "Hello.",
    "case_number": "CS0041873",
    "asked_on": "30 11 2026",
    "on": "30 11 2026",
    "first_login": "told by telephone",
    "title": "Another",
    "text_en": "One.",
    "text_nl": "Een.",
    "text_fr": "Un.",
    "groups": "read_only",
    "ends_on": "31 12 2030",
    "signed_on": "1 3 2026",
    "primary_first_name": "Nele",
    "admin_first_name": "Nele",
    "signatory_first_name": "Nele",
    "second_choice": "desmetaalst",
    "legal_name": "Nordwave nv",
    "town": "Gent",
}
# Fields that say who, of every model.
USERS = {
    model._meta.label: {
        field.attname
        for field in model._meta.fields
        if isinstance(field, models.ForeignKey) and field.related_model is User
    }
    for model in apps.get_models()
}
MODELS = {model._meta.label: model for model in apps.get_models() if model._meta.label != "sessions.Session"}
# What the portal finds by itself, whoever has it look again.
FINDINGS = {"tenants.Check"}
FOUND_OUT = "override_void"
Digests = dict[tuple[str, str], str]


def digests() -> Digests:
    """A digest of every row there is but sessions, by model and key."""
    tables = [(label, model._meta.db_table, model._meta.pk.column) for label, model in MODELS.items()]
    each = [f"SELECT '{label}', \"{key}\"::text, md5(t::text) FROM {table} t" for label, table, key in tables]  # noqa: S608 – names of our own tables
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(each))
        return {(label, key): digest for label, key, digest in cursor.fetchall()}


def written(before: Digests, after: Digests) -> list[tuple[str, dict[str, Any]]]:
    """The rows that are new, or other than they were."""
    keys = [place for place, digest in after.items() if before.get(place) != digest]
    return [(label, MODELS[label]._base_manager.filter(pk=key).values().get()) for label, key in keys]


def names(user: User, label: str, row: dict[str, Any]) -> bool:
    """Whether a row says that it was this user."""
    theirs = label == "contacts.User" and row["id"] == user.pk
    return theirs or any(row[name] == user.pk for name in USERS[label]) or str(user.public_id) in str(row)


@pytest.fixture
def office(alice: User, sam: User, kim: User, customer: Company, theo: Contact, an: Contact) -> Office:
    office = Office(alice, sam, customer, theo, an)
    office.add()
    return office


def test_r05_whatever_a_form_writes_a_row_says_who_and_for_which_company(
    office: Office, alice: User, bob: User, kim: User, customer: Company, login: Callable[[User], Client]
) -> None:
    root = User.objects.create_superuser("root@arxus.example", "x", first_name="R", last_name="R")
    own = customer.partner
    readers = [
        (alice, act_for(login(alice), customer), office.partners_pages(), customer),
        (alice, act_for(login(alice), own), office.own_pages(bob), own),
        (kim, login(kim), list(office.pages_of_requests()), None),
        (root, login(root), [*office.pages_of_rows(), *office.roots_pages()], None),
    ]
    forms: dict[tuple[Any, ...], tuple[User, Client, Form, Company | None]] = {}
    for user, client, paths, company in readers:
        for form in (form for path in paths for form in Forms(client.get(path).text, path).found):
            forms.setdefault(form.what, (user, client, form, company))
    before, wrote, nameless, of_others = digests(), set(), [], []
    lines_before = list(Transition.objects.values_list("pk", flat=True))

    for user, client, form, company in forms.values():
        for name, value in form.buttons or [("", "")]:
            cookies = SimpleCookie[str](client.cookies)
            typed = {field: TYPED.get(field, values) for field, values in form.fields.items()}
            with transaction.atomic():
                client.post(form.path, typed | {name: value})
                after = digests()
                new = written(before, after)
                lines = Transition.objects.exclude(pk__in=lines_before).exclude(verb=FOUND_OUT)
                lines = lines.select_related("tenant_request")
                right = [company and line.tenant_request.company_id for line in lines]
                of_others += [(form.path, line.verb) for line in lines if line.by != user]
                of_others += [(form.path, n) for n, line in enumerate(lines) if line.for_company_id != right[n]]
                transaction.set_rollback(True)
            client.cookies = cookies
            if {label for label, _row in new} - FINDINGS or before.keys() - after.keys():
                wrote.add(form.what)
                if not any(names(user, label, row) for label, row in new):
                    nameless.append((form.path, name, [label for label, _row in new]))

    assert (nameless, of_others) == ([], [])
    assert len(wrote) > 50
