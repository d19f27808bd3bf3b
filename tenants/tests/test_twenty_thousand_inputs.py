"""Twenty thousand inputs that nobody types by mistake, into every form there is, as a browser would send them (T39).

The pages say which forms and fields there are, so that a field which is added is filled too.
"""

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from itertools import cycle
from random import Random
from typing import Any
from urllib.parse import quote_from_bytes, urljoin

import pytest
from django.db import transaction
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from conftest import make_company
from contacts import access_links, relation
from contacts.access_links import Purpose
from contacts.models import Company, Contact, User
from tenants.models import StockRemark
from tenants.review.decisions import DECISIONS
from tenants.tests.conftest import onboard
from tenants.tests.hostile import generated
from tenants.tests.test_corrections import act_for
from tenants.tests.test_hostile_pages import World
from tenants.tests.test_objections import link, raised, settle_page
from tenants.transitions import Verb

HOW_MANY = 20_000
# Each form gets so many POSTs; what is then left to the number is read by the very forms that the views had made.
ROUNDS = 10
# What says whose form it is; without them the seal would answer, and no form be asked.
OURS = {"csrfmiddlewaretoken", "_seal", "_writer", "next"}
BOUNDARY = b"one-part-ends-here"
TYPES = {True: f"multipart/form-data; boundary={BOUNDARY.decode()}", False: "application/x-www-form-urlencoded"}


@dataclass
class Form:
    """A form of a page: where its POST goes, and each field with what a browser would send untouched."""

    path: str
    has_files: bool
    fields: dict[str, list[str]] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    @property
    def what(self) -> tuple[str, ...]:
        """Forms of one address and the same fields are one, whatever page and row they stand on."""
        return re.sub(r"[0-9a-f-]{36}|\d+|[\w-]{43}", "…", self.path), *sorted(self.fields)


class Forms(HTMLParser):
    """The forms of a page that POST."""

    def __init__(self, page: str, path: str) -> None:
        super().__init__()
        self.path, self.found, self.select = path, list[Form](), ""
        self.open: Form | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            post = said.get("method", "").lower() == "post"
            self.open = Form(urljoin(self.path, said.get("action", "")), "enctype" in said) if post else None
            self.found += [self.open] if self.open else []
        elif self.open and tag in ("input", "textarea", "select", "button") and said.get("name"):
            self._add(self.open, tag, said)
        elif self.open and self.select and tag == "option" and "selected" in said:
            self.open.fields[self.select].append(said.get("value", ""))

    def _add(self, form: Form, tag: str, said: dict[str, str]) -> None:
        name, kind = said["name"], said.get("type", "")
        self.select = name if tag == "select" else ""
        if tag == "button" or kind == "submit":
            form.buttons.append((name, said.get("value", "")))
            return
        values = form.fields.setdefault(name, [])
        if tag == "input" and kind != "file" and (kind not in ("checkbox", "radio") or "checked" in said):
            values.append(said.get("value", ""))
        if kind in ("hidden", "file"):
            (form.hidden if kind == "hidden" else form.files).add(name)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open = None


class Everything(World):
    """And what else has a form: an existing tenant, a question of relation, a stock text, an objection to settle."""

    def add(self) -> None:
        self.connecting = onboard(self.customer, self.alice, self.theo, self.an)
        self.vap = make_company("Studio Elan bv", "BE0451406524", partner=self.customer.partner, relation="vap")
        relation.prepare(self.vap, by=self.sam)
        self.objection = raised(self.started, "I am somebody else.")
        self.stock = StockRemark.objects.create(title="Name", text_en="Another.", text_nl="Anders.", text_fr="Autre.")
        self.unchecked = self.request("unchecked", Verb.SUBMIT)
        self.unchecked.checks.update(overridden_at=None, overridden_by=None, result="unknown")
        self.approved = self.request("approved", Verb.SUBMIT, Verb.APPROVE)

    def accounts_pages(self) -> list[str]:
        pages = ("change_password", "change_address", "reauthenticate")
        return [*(reverse(f"account_{page}") for page in pages), "/account/second-factor/set-up/", "/profile/"]

    def staffs_pages(self) -> list[str]:
        rows = "/admin/tenants/tenantrequest"
        where = {Verb.REOPEN: self.ended, Verb.CORRECT_REGISTRATION: self.ready}
        where |= dict.fromkeys((Verb.APPROVE, Verb.REQUEST_CHANGES, Verb.REJECT), self.unchecked)
        directory = "/admin/tenants/directoryimport"
        return [
            *(f"{rows}/{where.get(verb, self.approved).pk}/decide/{verb}/" for verb in DECISIONS),
            *(f"{rows}/{row.pk}/change/" for row in (self.unchecked, self.approved, self.ready, self.ended)),
            *(f"{rows}/{self.unchecked.pk}/{page}/" for page in ("asked", "checks/directory/override", "hand-over")),
            *(f"{rows}/{self.ready.pk}/{page}/" for page in ("agreement-accepted", "first-login")),
            *(f"{rows}/", f"{rows}/away/", f"{rows}/away/{self.sam.public_id}/", settle_page(self.objection)),
            *(f"{rows}/relation/{company.pk}/" for company in (self.customer, self.vap)),
            *(f"{directory}/", f"{directory}/add/", "/admin/tenants/stockremark/add/"),
            f"/admin/tenants/stockremark/{self.stock.pk}/change/",
        ]

    def roots_pages(self) -> list[str]:
        rows = {"user": [self.alice.pk, self.sam.pk], "company": [self.customer.pk, self.customer.partner_id]}
        rows["contact"] = [self.theo.pk]
        changes = [f"/admin/contacts/{kind}/{pk}/change/" for kind, keys in rows.items() for pk in keys]
        return [*changes, "/admin/contacts/user/add/", "/admin/contacts/company/add/", "/admin/auth/group/add/"]


@pytest.fixture
def forms(
    alice: User,
    bob: User,
    sam: User,
    kim: User,
    customer: Company,
    theo: Contact,
    an: Contact,
    login: Callable[[User], Client],
) -> list[tuple[Client, Form]]:
    """Every form of every page, with the browser of somebody who may fill it in."""
    world = Everything(alice, sam, customer, theo, an)
    world.add()
    root = User.objects.create_superuser("root@arxus.example", "x", first_name="R", last_name="R")
    holder = Client()
    holder.get(access_links.address(access_links.issue(bob, Purpose.RESET)).removeprefix("http://localhost:8000"))
    step = f"/tenants/{world.connecting.public_id}/step"
    readers = [
        (act_for(login(alice), customer), world.partners_pages()),
        (act_for(login(alice), customer), [f"{step}/{slug}/" for slug in ("microsoft", "existing", "message")]),
        (act_for(login(alice), customer.partner), [*world.own_pages(bob), "/customers/new/", *world.accounts_pages()]),
        (act_for(login(alice), customer.partner), ["/customers/new/?country=BE&enterprise_number=0400378485"]),
        (act_for(login(alice), world.vap), ["/customer/relation/"]),
        (login(kim), world.staffs_pages()),
        (login(root), world.roots_pages()),
        (Client(), ["/account/login/", "/account/lost/", link(world.checked)]),
        (holder, [f"/{access_links.PATHS[Purpose.RESET]}/"]),
    ]
    found: dict[tuple[str, ...], tuple[Client, Form]] = {}
    for client, paths in readers:
        client.raise_request_exception = False
        for path in paths:
            answer = client.get(path, follow=True)
            assert answer.status_code == 200, (path, answer.status_code)
            for form in Forms(answer.text, path).found:
                found.setdefault(form.what, (client, form))
    return list(found.values())


def filled(form: Form, random: Random) -> tuple[bytes, int]:
    """A body as the form would send it, with something hostile in each of its fields or in some; and in how many."""
    names = [name for name in form.fields if name not in OURS | (form.hidden if random.random() < 0.7 else set())]
    # One press of a button sends one of them, or none: not every button has a name.
    button = dict([random.choice(form.buttons)] if form.buttons and random.random() < 0.5 else [])
    if not names or random.random() < 0.1:
        names += button
    if random.random() < 0.3:
        names = random.sample(names, min(len(names), random.randint(1, 3)))
    bad = {name: generated(random) for name in names}
    pairs = [(name, value.encode()) for name, values in form.fields.items() if name not in bad for value in values]
    pairs += [*bad.items(), *((name, value.encode()) for name, value in button.items() if name not in bad)]
    return (_in_parts(form, pairs, random) if form.has_files else _in_one_line(pairs)), len(bad)


def _in_one_line(pairs: list[tuple[str, bytes]]) -> bytes:
    return "&".join(f"{quote_from_bytes(name.encode())}={quote_from_bytes(value)}" for name, value in pairs).encode()


def _in_parts(form: Form, pairs: list[tuple[str, bytes]], random: Random) -> bytes:
    body = b""
    for name, value in pairs:
        called = b""
        if name in form.files:
            called = b'; filename="%s.pdf"' % generated(random).translate(None, b'\r\n"')[:300]
        body += b'--%s\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n' % (BOUNDARY, name.encode(), called)
        body += value + b"\r\n"
    return body + b"--%s--\r\n" % BOUNDARY


def made_by(answer: Any) -> Any:
    """The form with which a view answered, if it has one that needs nothing of the request any more."""
    context = answer.context or {}
    form = context["adminform"].form if "adminform" in context else context.get("form")
    ours = not any(kind.__module__.startswith("allauth.") for kind in type(form).__mro__)
    return form if ours and getattr(form, "is_bound", False) and hasattr(form, "full_clean") else None


@pytest.fixture
def quiet(settings: Any) -> Iterator[None]:
    """Limits that some thousand inputs would come to are another matter, and so are their lines in the log."""
    settings.INVITATIONS_PER_HOUR = settings.SENDINGS_PER_HOUR = HOW_MANY
    settings.ACCOUNT_RATE_LIMITS = {}
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


def test_t39_twenty_thousand_inputs_into_every_form_and_no_error_of_ours(
    forms: list[tuple[Client, Form]], quiet: None
) -> None:
    random, posted, errors = Random(39), 0, []
    again: dict[tuple[str, ...], Any] = {}

    for client, form in forms * ROUNDS:
        body, many = filled(form, random)
        # Each is undone, logging out too, so that every body meets the same rows.
        before = SimpleCookie[str](client.cookies)
        with transaction.atomic():
            answer = client.generic("POST", form.path, body, content_type=TYPES[form.has_files])
            transaction.set_rollback(True)
        client.cookies, posted = before, posted + many
        if answer.status_code >= 500:
            errors.append((form.path, body[:1000], answer.status_code))
        elif made := made_by(answer):
            again[form.what] = made
    counted = posted + cleaned(list(again.values()), random, HOW_MANY - posted)

    assert errors == []
    # Where the seal or the login page answers instead of the form, nothing is shown.
    assert (posted > 2_000, len(again) > 40, counted) == (True, True, HOW_MANY)


def cleaned(forms: list[Any], random: Random, many: int) -> int:
    """Let these forms read so many inputs; any other exception than a refusal of theirs fails the test."""
    counted = 0
    for form in cycle(forms):
        names = [form.add_prefix(name) for name in form.fields][: many - counted]
        form.data = QueryDict(_in_one_line([(name, generated(random)) for name in names]))
        with transaction.atomic():
            form.full_clean()
            transaction.set_rollback(True)
        counted += len(names)
        if counted == many:
            break
    return counted
