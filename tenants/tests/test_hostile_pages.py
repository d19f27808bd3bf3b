"""What people typed does nothing on any page of the partner and of the customer's own people (T70, T73)."""

from collections.abc import Callable
from html.parser import HTMLParser
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
from tenants.tests.conftest import answers_for, do
from tenants.tests.test_corrections import act_for
from tenants.tests.test_objections import link, raised
from tenants.transitions import Verb
from tenants.working_days import today

# Short, so that a name can hold each of them.
PAYLOADS = {
    "script": "<script>pwned=1</script>",
    "element": "</p><img src=x onerror=pwned=1>",
    "attribute": '"onload="pwned=1" x=\'onload=\'pwned=1',
    "address": "javascript:pwned=1",
    "template": "{{7*7}}{% debug %}{0.x}%(x)s{customer}",
    "reversed": "\u202egpj.exe\u2066",
    "placeholder": "[[access_link]]",
}
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


def poisoned(data: Any, payload: str) -> Any:
    if isinstance(data, dict):
        return {k: payload if k in TYPED and isinstance(v, str) else poisoned(v, payload) for k, v in data.items()}
    return [poisoned(part, payload) for part in data] if isinstance(data, list) else data


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

    def poison(self, payload: str) -> None:
        for model, names in WORDS.items():
            lengths = {name: model._meta.get_field(name).max_length for name in names}
            model._default_manager.update(**{name: payload[: lengths[name]] for name in names})
        for sent in Submission.objects.all():
            Submission.objects.filter(pk=sent.pk).update(data=poisoned(sent.data, payload))
        for row in (self.draft, self.back):
            TenantRequest.objects.filter(pk=row.pk).update(answers=poisoned(row.answers, payload))
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


Pages = Callable[[], dict[str, str]]


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
        ("objector", Client(), [link(world.checked), "/not-right/sent/"]),
    ]

    def drawn() -> dict[str, str]:
        return {f"{who} {path}": show(client, path) for who, client, paths in readers for path in paths}

    return drawn


def show(client: Client, path: str) -> str:
    answer = client.get(path, follow=True)
    assert answer.status_code in (200, 403, 404), (path, answer.status_code)
    return answer.text


class Live(HTMLParser):
    """Whatever in a page would run."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[Any] = []
        self.inside = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        self.inside = tag
        runs = [name for name in said if name.startswith("on") or name in ("srcdoc", "style")]
        for name in ("href", "src", "action", "formaction"):
            address = said.get(name, "")
            if urlsplit(address.strip()).scheme not in ("", "http", "https", "mailto", "tel") or address == "x":
                runs.append(name)
        if runs:
            self.found.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        if self.inside in ("script", "style") and data.strip() and "pwned" in data:
            self.found.append((self.inside, data))

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_t70_t73_what_people_typed_is_inert_on_every_page_of_partner_and_customer(
    world: World, pages: Pages, payload: str
) -> None:
    world.poison(payload)

    drawn = pages()

    assert [(words, live) for words, page in drawn.items() if (live := Live(page).found)] == []
    shown = [words for words, page in drawn.items() if escape(payload) in page.replace("<wbr>", "")]
    assert len(shown) > len(drawn) * 0.7, sorted(drawn.keys() - set(shown))
    if payload != escape(payload):
        assert [words for words, page in drawn.items() if payload in page] == []


@pytest.mark.parametrize("payload", ["script", "element", "attribute", "address"])
def test_the_reader_of_pages_finds_what_would_run(payload: str) -> None:
    places = f'<p>{PAYLOADS[payload]}</p><p title="{PAYLOADS[payload]}">', f'<a href="{PAYLOADS[payload]}">x</a>'

    assert Live("".join(places)).found


@pytest.mark.browser
def test_t70_a_browser_runs_nothing_of_what_people_typed_even_without_our_policy(
    world: World, pages: Pages, page: Page
) -> None:
    world.poison(PAYLOADS["element"])
    everything = pages()
    probe = "window.pwned"

    page.set_content(f"<p>{PAYLOADS['element']}</p>")
    assert page.evaluate(probe) == 1
    ran = []
    for words, html in everything.items():
        page.goto("about:blank")
        page.set_content(html)
        if page.evaluate(probe) is not None:
            ran.append(words)

    assert ran == []
