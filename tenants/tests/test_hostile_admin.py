"""What people typed does nothing on any page of staff, in what a page says after an act, and in mails (T70, T73)."""

from collections.abc import Callable, Iterator
from http.cookies import SimpleCookie
from itertools import cycle
from typing import Any
from urllib.parse import urlencode

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group as AuthGroup
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Model
from django.test import Client

from contacts.models import Company, Contact, User
from notifications.models import OutgoingEmail
from tenants import checks
from tenants.models import DirectoryImport, StockRemark
from tenants.tests.hostile import MARK, PAYLOADS, payloads
from tenants.tests.test_admin import decide
from tenants.tests.test_corrections import act_for
from tenants.tests.test_directory import load
from tenants.tests.test_hostile_pages import TURNS, Live, show, shown
from tenants.tests.test_twenty_thousand_inputs import Everything, Form, Forms
from tenants.transitions import TRANSITIONS, Verb

Browsers = list[tuple[Client, list[str]]]
# Words of staff's own, beside those of test_hostile_pages.
STAFFS: dict[type[Model], tuple[str, ...]] = {
    StockRemark: ("title", "text_en", "text_nl", "text_fr"),
    DirectoryImport: ("file_name",),
}


class Office(Everything):
    """All that staff look at."""

    def add(self) -> None:
        super().add()
        self.group = AuthGroup.objects.create(name="Watchers")
        self.totp = Authenticator.objects.create(user=self.alice, type="totp", data={"secret": "x"})
        load(self.sam, ("somebody@x.example", True, False))
        self.mail = OutgoingEmail.objects.filter(about=f"tenant_request:{self.unchecked.pk}", template="confirmation")[
            0
        ]
        self.rows: dict[str, Model] = {
            "contacts/company": self.customer,
            "contacts/user": self.alice,
            "contacts/contact": self.theo,
            "tenants/stockremark": self.stock,
            "notifications/outgoingemail": self.mail,
            "auth/group": self.group,
            "mfa/authenticator": self.totp,
            "tenants/directoryimport": DirectoryImport.objects.get(),
        }
        for row in self.rows.values():
            kind = ContentType.objects.get_for_model(row)
            LogEntry.objects.create(user=self.sam, content_type=kind, object_id=row.pk, action_flag=CHANGE)

    def poison(self, turn: int) -> None:
        super().poison(turn)
        for model, names in STAFFS.items():
            said = {name: payloads(turn, model._meta.get_field(name).max_length) for name in names}
            model._default_manager.update(**said)
        AuthGroup.objects.filter(pk=self.group.pk).update(name=payloads(turn, 150))
        OutgoingEmail.objects.update(state="accepted")
        # Or nobody could register it: the contacts would be others than were sent.
        for sent in self.approved.submissions.all():
            for place, contact in (("technical", self.theo), ("commercial", self.an)):
                contact.refresh_from_db()
                sent.data["contacts"][place] |= {"first_name": contact.first_name, "last_name": contact.last_name}
            sent.save(update_fields=["data"])

    def rename(self, turn: int) -> None:
        """Write other words where few have room."""
        User.objects.update(first_name=payloads(turn, 50), last_name=payloads(turn + 1, 50))
        StockRemark.objects.update(title=payloads(turn, 80))
        AuthGroup.objects.filter(pk=self.group.pk).update(name=payloads(turn, 150))

    def pages_of_rows(self) -> Iterator[str]:
        """Of each kind the list, what is found by a payload, a row and its history; deleting where that is done."""
        for path, row in self.rows.items():
            yield from (f"/admin/{path}/", f"/admin/{path}/{row.pk}/change/", f"/admin/{path}/{row.pk}/history/")
        for path in ("auth/group", "mfa/authenticator"):
            yield f"/admin/{path}/{self.rows[path].pk}/delete/"
        yield from ("/admin/", "/admin/contacts/", "/admin/tenants/", f"/admin/contacts/user/{self.sam.pk}/change/")

    def pages_of_requests(self) -> Iterator[str]:
        page = f"/admin/tenants/tenantrequest/{self.unchecked.pk}"
        yield from self.staffs_pages()
        yield from (f"/admin/tenants/tenantrequest/?who={who}" for who in ("all", "ended"))
        yield f"{page}/mails/{self.mail.pk}/back/"


@pytest.fixture
def office(alice: User, sam: User, kim: User, customer: Company, theo: Contact, an: Contact) -> Office:
    office = Office(alice, sam, customer, theo, an)
    office.add()
    return office


@pytest.fixture
def browsers(office: Office, alice: User, kim: User, customer: Company, login: Callable[[User], Client]) -> Browsers:
    root = User.objects.create_superuser("root@arxus.example", "x", first_name="R", last_name="R")
    return [(login(kim), list(office.pages_of_requests())), (login(root), list(office.pages_of_rows()))]


def test_t70_t73_what_people_typed_is_inert_on_every_page_of_staff(office: Office, browsers: Browsers) -> None:
    seen: dict[str, set[str]] = {path: set() for _client, paths in browsers for path in paths}

    def look() -> None:
        for client, paths in browsers:
            for path in paths:
                if seen[path] != set(PAYLOADS):
                    page = show(client, path)
                    assert (path, Live(page).found) == (path, [])
                    seen[path] |= shown(page)

    for turn in TURNS:
        office.poison(turn)
        look()
    # Some pages say no more than names, which hold one or two at a time.
    for turn in range(0, len(PAYLOADS), 2):
        office.rename(turn)
        look()

    assert {words: sorted(set(PAYLOADS) - found) for words, found in seen.items() if found != set(PAYLOADS)} == {}


def said(answer: Any) -> list[str]:
    """The messages on a page, as they were put together."""
    return [str(message) for message in (answer.context or {}).get("messages", ())]


def test_t70_what_a_page_says_after_an_act_is_inert(
    office: Office, browsers: Browsers, alice: User, customer: Company, login: Callable[[User], Client]
) -> None:
    office.poison(0)
    partners = (act_for(login(alice), customer), office.partners_pages())
    forms: dict[tuple[str, ...], tuple[Client, Form]] = {}
    for client, paths in [*browsers, partners]:
        for form in (form for path in paths for form in Forms(client.get(path).text, path).found):
            forms.setdefault(form.what, (client, form))
    told: set[str] = set()

    for client, form in forms.values():
        for name, value in form.buttons or [("", "")]:
            cookies = SimpleCookie[str](client.cookies)
            with transaction.atomic():
                answer = client.post(form.path, form.fields | {name: value}, follow=True)
                transaction.set_rollback(True)
            client.cookies = cookies
            assert (form.path, Live(answer.text).found) == (form.path, [])
            told |= {message for message in said(answer) if MARK in message}

    assert len(told) > 10, told


def test_t70_the_mails_of_every_decision_and_what_its_page_says_are_inert(
    office: Office, login: Callable[[User], Client], sam: User, kim: User
) -> None:
    office.poison(0)
    checks.run(office.unchecked)
    office.unchecked.checks.update(overridden_at=office.unchecked.sent_at, overridden_by=sam)
    where = {Verb.REOPEN: office.ended, Verb.CORRECT_REGISTRATION: office.ready}
    where |= dict.fromkeys((Verb.APPROVE, Verb.REQUEST_CHANGES, Verb.REJECT), office.unchecked)
    asked = {Verb.REGISTER: {"domain": "approved.onmicrosoft.com"}}
    new = {"tenant_id": "3f9a1c52-0000-4000-8000-0000b7d04e77"}
    known, mails = set(OutgoingEmail.objects.all()), set[OutgoingEmail]()

    for verb in (verb for verb in Verb if TRANSITIONS[verb].by != "partner"):
        client = login(kim if verb == Verb.CORRECT_REGISTRATION else sam)
        with transaction.atomic():
            answer = decide(client, where.get(verb, office.approved), verb, **new | asked.get(verb, {}))
            assert (verb, answer.status_code) == (verb, 302), answer.context["refused"]
            page = client.get(answer.url)
            mails |= set(OutgoingEmail.objects.all()) - known
            transaction.set_rollback(True)
        assert (verb, Live(page.text).found, MARK in "".join(said(page))) == (verb, [], True)

    assert len({mail.template for mail in mails}) >= 9
    assert [(mail.template, found) for mail in mails if (found := Live(mail.html, mail=True).found)] == []
    assert [mail.template for mail in mails if MARK not in mail.html] == []


def test_t70_t73_what_is_looked_for_is_shown_as_it_is(office: Office, browsers: Browsers) -> None:
    (_kim, _requests), (root, _rows) = browsers
    lists = [*office.rows, "tenants/tenantrequest"]
    who = {"app_label": "contacts", "model_name": "company", "field_name": "success_manager", "term": "sam@"}

    for path, payload in zip(cycle(lists), PAYLOADS, strict=False):
        assert (path, Live(show(root, f"/admin/{path}/?{urlencode({'q': payload})}")).found) == (path, [])
    office.poison(0)
    answer = root.get("/admin/autocomplete/", who)

    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("application/json", "nosniff")
    assert MARK in answer.text
