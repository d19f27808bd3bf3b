"""What people typed does nothing on any page of the partner and of the customer's own people (T70, T73)."""

from collections.abc import Callable, Container, Iterator
from html.parser import HTMLParser
from itertools import count, product
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.admin.models import LogEntry
from django.db.models import Model
from django.test import Client
from django.utils import timezone
from django.utils.html import escape
from playwright.sync_api import Page

from contacts import inviting
from contacts.models import Company, Contact, Group, Invitation, Membership, User
from notifications.models import OutgoingEmail
from tenants import assignment, drafts, stopping
from tenants.agreements import keeping
from tenants.agreements.keeping import Given
from tenants.models import (
    Agreement,
    Check,
    Objection,
    Remark,
    Statement,
    Submission,
    Tenant,
    TenantRequest,
    Transition,
)
from tenants.questions import details_fingerprint
from tenants.tests import hostile
from tenants.tests.conftest import answers_for, do
from tenants.tests.hostile import MARK, PAYLOADS, payloads
from tenants.tests.test_corrections import act_for
from tenants.tests.test_objections import link, raised
from tenants.transitions import Verb
from tenants.working_days import today

# Every field that holds 255 characters holds eight of them, so that in eight turns it held each.
TURNS = range(0, len(PAYLOADS), 8)
# Where people's own words are kept, in rows and in the answers that were sent.
WORDS: dict[type[Model], tuple[str, ...]] = {
    User: ("first_name", "last_name", "job_title"),
    Company: ("legal_name", "street", "town"),
    Contact: ("first_name", "last_name", "job_title", "department"),
    Invitation: ("first_name", "last_name"),
    LogEntry: ("change_message", "object_repr"),
    Agreement: ("reference", "shown_name"),
    Statement: ("text",),
    TenantRequest: ("wanted",),
    Transition: ("comment",),
    Remark: ("text", "suggestion"),
    Objection: ("name", "text", "settlement"),
    Check: ("sentence", "override_reason"),
    Tenant: ("domain", "first_login"),
    OutgoingEmail: ("to_name", "subject", "outcome"),
}
TYPED = {
    *("legal_name", "street", "town", "name", "first_name", "last_name", "job_title", "department", "message"),
    *("authority_reference", "reference", "login_name", "tenant_name", "second_choice"),
    *(f"{who}_{part}" for who in ("primary", "signatory") for part in ("first_name", "last_name")),
}


def poisoned(data: Any, turns: Iterator[int]) -> Any:
    if isinstance(data, dict):
        typed = {name for name, value in data.items() if name in TYPED and isinstance(value, str)}
        return {k: payloads(next(turns), 255) if k in typed else poisoned(v, turns) for k, v in data.items()}
    return [poisoned(part, turns) for part in data] if isinstance(data, list) else data


class World:
    """One request in each status, and all that people typed around it."""

    def __init__(self, alice: User, sam: User, customer: Company, theo: Contact, an: Contact) -> None:
        self.alice, self.sam, self.customer, self.theo, self.an = alice, sam, customer, theo, an
        self.draft, self.complete = self.request("drafted"), self.request("complete")
        self.back = self.request("sentback", Verb.SUBMIT, Verb.REQUEST_CHANGES)
        self.checked = self.request("checked", Verb.SUBMIT)
        self.started = self.request("started", Verb.SUBMIT, Verb.APPROVE)
        self.started.started_at = timezone.now()
        self.started.save(update_fields=["started_at"])
        stopping.ask(self.started, by=alice, text="Stop.")
        self.ended = self.request("ended", Verb.SUBMIT, Verb.REJECT)
        self.ready = self.request("ready", Verb.SUBMIT, Verb.APPROVE, Verb.REGISTER)
        raised(self.checked)
        self.agreement = keeping.keep(customer, Given("AG-9", today(), None, None), by=alice)
        file = {"stored_as": f"{self.agreement.public_id}.pdf", "sha256": "0" * 64, "size": 1, "shown_name": "a.pdf"}
        Agreement.objects.filter(pk=self.agreement.pk).update(**file)
        inviting.invite(
            customer, by=alice, email="i@x.example", first_name="I", last_name="M", language="nl", groups=["technical"]
        )

    def request(self, name: str, *verbs: Verb) -> TenantRequest:
        made = drafts.start(self.customer, by=self.alice)
        for slug, typed in answers_for(self.customer, self.theo, self.an, name).items():
            drafts.keep_step(made, slug, typed)
        for verb in verbs:
            made = do(verb, made, self.alice if verb == Verb.SUBMIT else self.sam)
            if verb == Verb.SUBMIT:
                made = assignment.take(made, by=self.sam)
                made.checks.update(overridden_at=made.sent_at, overridden_by=self.sam)
        return TenantRequest.objects.get(pk=made.pk)

    def poison(self, turn: int) -> None:
        """Write them where forms would refuse them; each field begins with another one."""
        turns = count(turn)
        for model, names in WORDS.items():
            rows = list(model._default_manager.order_by("pk"))
            for row, name in product(rows, names):
                setattr(row, name, payloads(next(turns), model._meta.get_field(name).max_length))
            model._default_manager.bulk_update(rows, names)
        for sent in Submission.objects.order_by("pk"):
            Submission.objects.filter(pk=sent.pk).update(data=poisoned(sent.data, turns))
        for row in (self.draft, self.back):
            TenantRequest.objects.filter(pk=row.pk).update(answers=poisoned(row.answers, turns))
        # The acting company is named on every page.
        for company in Company.objects.all():
            Company.objects.filter(pk=company.pk).update(legal_name=payloads(turn, 255))
        confirmed = {"confirmed": details_fingerprint(Company.objects.get(pk=self.customer.pk))}
        self.complete.answers["customer"] = confirmed
        self.complete.save(update_fields=["answers"])

    def partners_pages(self) -> list[str]:
        """Those of somebody who works for the customer."""
        steps = ("customer", "contacts", "microsoft", "tenant", "message")
        requests = (self.back, self.checked, self.started, self.ended, self.ready)
        theo, kept = self.theo.public_id, self.agreement.public_id
        return [
            *("/tenants/", "/tenants/new/", "/customer/", "/customer/edit/", "/contacts/", "/contacts/new/"),
            *("/switch/", "/colleagues/", "/colleagues/invite/", "/agreements/", "/agreements/new/", "/profile/"),
            *(f"/contacts/{theo}/", f"/contacts/{theo}/archive/"),
            *(f"/agreements/{kept}/{page}/" for page in ("replace", "end", "delete")),
            *(f"/tenants/{row.public_id}/step/{slug}/" for row in (self.draft, self.back) for slug in steps),
            *(f"/tenants/{row.public_id}/check/" for row in (self.draft, self.complete)),
            f"/tenants/{self.draft.public_id}/delete/",
            *(f"/tenants/{row.public_id}/" for row in requests),
            *(f"/tenants/{self.checked.public_id}/{page}/" for page in ("withdraw", "owner")),
            *(f"/tenants/{self.checked.public_id}/people/{who}/" for who in ("technical", "commercial", "signatory")),
            f"/tenants/{self.checked.public_id}/people/technical/another/",
            f"/tenants/{self.started.public_id}/stop/",
            f"/tenants/{self.ready.public_id}/contacts/",
        ]

    def own_pages(self, colleague: User) -> list[str]:
        """Those of somebody who works for the partner itself."""
        return [
            *("/", "/tenants/", "/tenants/new/", "/customers/", "/contacts/", "/colleagues/", "/switch/"),
            *(f"/colleagues/{colleague.public_id}/{page}" for page in ("", "end/", "activity/")),
            f"/r/{self.checked.public_id}/",
        ]


Pages = Callable[..., dict[str, str]]


@pytest.fixture
def world(alice: User, sam: User, customer: Company, theo: Contact, an: Contact) -> World:
    return World(alice, sam, customer, theo, an)


@pytest.fixture
def pages(world: World, alice: User, bob: User, customer: Company, login: Callable[[User], Client]) -> Pages:
    """Every page as it is drawn now, for the partner, the customer's own people, and who has a link."""
    tess = User.objects.create_user("tess@bakkerijdesmet.example", first_name="Tess", last_name="Smet")
    Membership.objects.create(user=tess, company=customer, groups=[Group.TECHNICAL])
    readers = [
        ("partner", act_for(login(alice), customer), world.partners_pages()),
        ("own", act_for(login(alice), customer.partner), world.own_pages(bob)),
        ("customer", login(tess), ["/", "/tenants/", "/profile/", "/customer/", "/contacts/"]),
        ("customer", login(tess), [f"/tenants/{row.public_id}/" for row in (world.checked, world.ready)]),
        ("objector", Client(), [link(world.checked)]),
    ]

    def drawn(without: Container[str] = ()) -> dict[str, str]:
        return {
            f"{who} {path}": show(client, path)
            for who, client, paths in readers
            for path in paths
            if f"{who} {path}" not in without
        }

    return drawn


def show(client: Client, path: str) -> str:
    answer = client.get(path, follow=True)
    assert answer.status_code in (200, 403, 404), (path, answer.status_code)
    assert "'unsafe-inline'" not in answer["Content-Security-Policy"]
    return answer.text


# The attributes in which people's own words may stand: they are read, and neither run nor followed.
READ = {"value", "title", "aria-label", "alt", "placeholder", "label", "content"}


def _is_read(name: str, value: str) -> bool:
    """Beside those, an address of ours may say what somebody looked for."""
    return name in READ or (name == "href" and value[:1] in "/?" and value[:2] != "//")


class Live(HTMLParser):
    """Whatever in a page would run, and whatever of a payload has become more than words."""

    def __init__(self, page: str, *, mail: bool = False) -> None:
        """In a mail, which has no policy, styles stand beside what they are of."""
        super().__init__()
        self.found: list[Any] = []
        self.inside, self.mail = "", mail
        self.feed(page)
        self.close()
        # Of an element that never ends the parser says nothing.
        if MARK in self.rawdata:
            self.found.append((self.inside, self.rawdata))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        self.inside = tag
        runs = [n for n in said if n.startswith("on") or n == "srcdoc" or (n == "style" and not self.mail)]
        for name in ("href", "src", "action", "formaction"):
            address = said.get(name, "")
            if urlsplit(address.strip()).scheme not in ("", "http", "https", "mailto", "tel") or address == "x":
                runs.append(name)
        runs += [name for name, value in said.items() if MARK in name or (MARK in value and not _is_read(name, value))]
        if runs or MARK in tag or "http-equiv" in said:
            self.found.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        if self.inside in ("script", "style") and MARK in data:
            self.found.append((self.inside, data))

    def handle_comment(self, data: str) -> None:
        if MARK in data:
            self.found.append(("comment", data))

    handle_decl = unknown_decl = handle_pi = handle_comment

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""


def shown(page: str) -> set[str]:
    """The payloads that a page shows as they were typed."""
    said = page.replace("<wbr>", "")
    return {payload for payload in PAYLOADS if escape(payload) in said}


def test_t70_t73_what_people_typed_is_inert_on_every_page_of_partner_and_customer(world: World, pages: Pages) -> None:
    seen: dict[str, set[str]] = {}

    for turn in TURNS:
        world.poison(turn)
        for words, page in pages(without=[words for words, found in seen.items() if found == set(PAYLOADS)]).items():
            assert (words, Live(page).found) == (words, [])
            seen.setdefault(words, set()).update(shown(page))

    assert {words: sorted(set(PAYLOADS) - found) for words, found in seen.items() if found != set(PAYLOADS)} == {}


@pytest.mark.parametrize("payload", [payload for payload in PAYLOADS if escape(payload) != payload])
def test_the_reader_of_pages_finds_what_would_run(payload: str) -> None:
    places = [f"<p>{payload}</p>", f'<p title="{payload}">', f"<p title='{payload}'>", f"<textarea>{payload}"]

    assert Live("".join(places)).found or Live(f"<a href={payload}>").found


@pytest.mark.browser
def test_t70_a_browser_runs_nothing_of_what_people_typed_even_without_our_policy(
    world: World, pages: Pages, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    element = "</p><img src=x onerror=pwned=1>"
    monkeypatch.setattr(hostile, "PAYLOADS", [element])
    world.poison(0)
    everything = pages()
    probe = "window.pwned"

    page.set_content(f"<p>{element}</p>")
    assert page.evaluate(probe) == 1
    ran = []
    for words, html in everything.items():
        page.goto("about:blank")
        page.set_content(html)
        if page.evaluate(probe) is not None:
            ran.append(words)

    assert ran == []
