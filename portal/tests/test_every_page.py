"""Every page of the portal in a real browser, in both themes: axe finds nothing, and the policy for contents holds.

The portal itself says which addresses there are: one that is neither visited here nor named with a reason fails.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from allauth.mfa.models import Authenticator
from axe_playwright_python.sync_playwright import Axe
from csp.utils import build_policy
from django.conf import settings
from django.contrib.auth.models import Group as AuthGroup
from django.contrib.staticfiles import finders
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse
from playwright.sync_api import Browser, Page, Route

from conftest import PASSWORD, make_company, make_user
from contacts import access_links, inviting, relation
from contacts.access_links import Purpose
from contacts.current import SESSION_KEY, seal_value
from contacts.login import open_account
from contacts.models import Company, Contact, Group, Membership, User
from contacts.tests.test_second_factor import SET_UP, code_for
from notifications.models import OutgoingEmail
from tenants import assignment, drafts
from tenants.agreements import keeping
from tenants.agreements.keeping import Given
from tenants.models import DirectoryImport, Status, StockRemark, TenantRequest
from tenants.review import acts
from tenants.tests.conftest import answers_for
from tenants.tests.test_admin import TYPED
from tenants.tests.test_directory import load
from tenants.tests.test_directory_import import HEAD, bring
from tenants.tests.test_objections import link, raised
from tenants.tests.test_workflow import do
from tenants.transitions import Verb
from tenants.working_days import today

POST_ONLY = "a button: its answer is a redirect"
NO_DELETING = "nobody deletes such a row; 403"
NO_ADDING = "nobody adds such a row; 403"
# The addresses at which there is no page of ours to look at.
NO_PAGE = {
    "healthz": "for machines",
    "mfa_download_recovery_codes": "a file",
    "contacts:invitation_again": POST_ONLY,
    "contacts:invitation_withdraw": POST_ONLY,
    "tenants:suggestions": POST_ONLY,
    "tenants:copy": POST_ONLY,
    "tenants:resend_activation": POST_ONLY,
    "tenants:forwarded": POST_ONLY,
    "tenants:agreement_file": "a file",
    "tenants:export": "a file",
    "admin:tenants_tenantrequest_gallery_frame": "a mail, in a frame of the page that is visited",
    "admin:tenants_stockremark_delete": NO_DELETING,
    "admin:login": "stands behind our own door, and leads to it",
    "admin:logout": POST_ONLY,
    "admin:password_change": "stands behind our own page, and leads to it",
    "admin:password_change_done": "our own page of the password leads to the profile",
    "admin:autocomplete": "JSON",
    "admin:jsi18n": "a script",
    "admin:view_on_site": "no row has a page of its own outside",
    "admin:notifications_outgoingemail_body": "a mail, in a frame of the page that is visited",
    "admin:notifications_outgoingemail_again": POST_ONLY,
    "admin:notifications_outgoingemail_not_back": POST_ONLY,
    "admin:notifications_outgoingemail_add": NO_ADDING,
    "admin:notifications_outgoingemail_delete": NO_DELETING,
    "admin:tenants_directoryimport_apply": POST_ONLY,
    "admin:tenants_directoryimport_delete": NO_DELETING,
    "admin:tenants_directoryimport_history": "leads to the row",
    "admin:tenants_tenantrequest_take_oldest": POST_ONLY,
    "admin:tenants_tenantrequest_away_until": POST_ONLY,
    "admin:tenants_tenantrequest_take": POST_ONLY,
    "admin:tenants_tenantrequest_release": POST_ONLY,
    "admin:tenants_tenantrequest_checks": POST_ONLY,
    "admin:tenants_tenantrequest_override_back": POST_ONLY,
    "admin:tenants_tenantrequest_started": POST_ONLY,
    "admin:tenants_tenantrequest_agreement": "a file",
    "admin:tenants_tenantrequest_mail": "a mail, in a frame of the page that is visited",
    "admin:tenants_tenantrequest_send_again": POST_ONLY,
    "admin:tenants_tenantrequest_not_back": POST_ONLY,
    "admin:tenants_tenantrequest_decision_mail": "a mail, in a frame of the page that is visited",
    "admin:tenants_tenantrequest_add": NO_ADDING,
    "admin:tenants_tenantrequest_delete": NO_DELETING,
    "admin:tenants_tenantrequest_history": "leads to the row",
    "admin:contacts_company_delete": NO_DELETING,
    "admin:contacts_user_delete": NO_DELETING,
    "admin:contacts_contact_add": NO_ADDING,
    "admin:contacts_contact_delete": NO_DELETING,
    "admin:mfa_authenticator_add": NO_ADDING,
}


def named(resolver: Any, spaces: tuple[str, ...] = ()) -> Iterator[str]:
    """The full name of every address that has one."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from named(entry, (*spaces, *filter(None, [entry.namespace])))
        elif isinstance(entry, URLPattern) and entry.name:
            yield ":".join((*spaces, entry.name))


class Walk:
    """Pages as somebody gets them, each under words that say which it is."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.seen: set[str] = set()
        self.unexpected: list[tuple[str, int]] = []

    def keep(self, words: str, answer: HttpResponse, status: int) -> None:
        assert words not in self.pages
        self.pages[words] = answer.text
        if answer.status_code != status:
            self.unexpected.append((words, answer.status_code))

    def get(self, client: Client, path: str, status: int = 200, words: str = "") -> None:
        self.keep(words or path, client.get(path), status)
        if status == 200:
            self.seen.add(resolve(urlsplit(path).path).view_name)

    def post(self, client: Client, path: str, status: int, words: str, **typed: Any) -> None:
        seal = client.seal if hasattr(client, "seal") else ""
        self.keep(words, client.post(path, typed | {"_seal": seal}), status)
        if status == 200:
            self.seen.add(resolve(urlsplit(path).path).view_name)


class World:
    """What there is to see: one request in each status, its people, their mails, and all around them."""

    def __init__(self, alice: User, sam: User, customer: Company, theo: Contact, an: Contact) -> None:
        self.alice, self.sam, self.customer, self.theo, self.an = alice, sam, customer, theo, an

    def request(self, name: str, *verbs: Verb) -> TenantRequest:
        made = drafts.start(self.customer, by=self.alice)
        for slug, typed in answers_for(self.customer, self.theo, self.an, name).items():
            drafts.keep_step(made, slug, typed)
        for verb in verbs:
            made = do(verb, made, self.alice if verb in (Verb.SUBMIT, Verb.WITHDRAW) else self.sam)
            if verb == Verb.SUBMIT:
                made = assignment.take(made, by=self.sam)
                made.checks.update(overridden_at=made.sent_at, overridden_by=self.sam)
        return TenantRequest.objects.get(pk=made.pk)


def at(client: Client, user: User, company: Company) -> Client:
    """Work for a company."""
    session = client.session
    session[SESSION_KEY] = company.pk
    session.save()
    client.seal = seal_value(user, company)
    return client


@pytest.fixture
def walk(
    alice: User, bob: User, sam: User, kim: User, customer: Company, theo: Contact, an: Contact, login: Any
) -> Walk:
    walked = Walk()
    world = World(alice, sam, customer, theo, an)
    _strangers(walked, world)
    _account(walked, alice, login)
    _partner(walked, world, bob, login)
    _requests(walked, world, login)
    _review(walked, world, login)
    _admin(walked, world, login)
    _errors(walked, login(bob))
    assert walked.unexpected == []
    return walked


def _strangers(walk: Walk, world: World) -> None:
    stranger = Client()
    walk.get(stranger, "/account/login/")
    walk.get(stranger, "/account/lost/")
    walk.get(stranger, "/account/lost/sent/")
    sent = world.request("strangers", Verb.SUBMIT)
    walk.get(stranger, link(sent))
    walk.post(stranger, link(sent), 200, "objection without words", text="")
    walk.get(stranger, f"{link(sent)[:-4]}xyz/", 404, "objection unknown")
    walk.get(stranger, "/not-right/sent/")
    for purpose, user in ((Purpose.ACTIVATION, _newcomer(world)), (Purpose.RESET, world.alice)):
        page = f"/{access_links.PATHS[purpose]}/"
        walk.get(Client(), page, 410, f"{page} gone")
        holder = Client()
        holder.get(urlsplit(access_links.address(access_links.issue(user, purpose))).path)
        walk.get(holder, page)


def _newcomer(world: World) -> User:
    nele = open_account("nele@nordwave.example", "Nele", "Nieuw", "nl")
    Membership.objects.create(user=nele, company=world.alice.memberships.get().company, groups=[Group.READ_ONLY])
    return nele


def _account(walk: Walk, alice: User, login: Any) -> None:
    client = Client()
    client.post("/account/login/", {"login": alice.email, "password": PASSWORD})
    pages = ("account_logout", "account_change_password", "account_change_address", "mfa_index", "contacts:profile")
    for name in pages:
        walk.get(client, reverse(name))
    _address(walk, client, alice)
    walk.post(client, "/profile/", 200, "profile with errors", first_name="", last_name="", language="xx")
    walk.get(login(alice), "/account/confirm/")
    walk.get(client, SET_UP)
    client.post(SET_UP, {"code": code_for(client.get(SET_UP).context["form"].secret)})
    for name in ("mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_deactivate_totp"):
        walk.get(client, reverse(name))
    walk.get(client, "/account/second-factor/", words="second factor set up")
    walk.get(login(alice), "/account/second-factor/confirm/")
    half = Client()
    half.post("/account/login/", {"login": alice.email, "password": PASSWORD})
    walk.get(half, "/account/second-factor/code/")


def _address(walk: Walk, client: Client, alice: User) -> None:
    walk.get(client, "/new-address/", 410, "another address, gone")
    walk.post(client, "/account/address/", 200, "another address with errors", email="alice")
    client.post("/account/address/", {"email": "mallory@cloudhoek.example"})
    make_user("mallory@cloudhoek.example", "Mallory", "Maes")
    walk.get(client, "/account/address/", words="another address, asked for")
    opening = urlsplit(access_links.address(alice.access_links.get(purpose=Purpose.ADDRESS))).path
    stranger = Client()
    for holder in (stranger, client):
        holder.get(opening)
    walk.get(client, "/new-address/")
    walk.get(stranger, "/new-address/", words="another address, logged out")
    walk.post(client, "/new-address/", 409, "another address, taken")


def _partner(walk: Walk, world: World, bob: User, login: Any) -> None:
    alice, customer, nordwave = world.alice, world.customer, world.customer.partner
    own = at(login(alice), alice, nordwave)
    invitation = inviting.invite(
        nordwave, by=alice, email="ines@x.example", first_name="Ines", last_name="Maes", language="nl", groups=["full"]
    )
    walk.get(own, "/")
    for name in ("customers", "customer_add", "switch", "contacts", "contact_add", "colleagues", "invite"):
        walk.get(own, reverse(f"contacts:{name}"))
    walk.get(own, "/customers/?q=nobody")
    walk.get(own, f"/customers/{customer.public_id}/added/")
    walk.get(own, "/customers/new/?country=BE&enterprise_number=0400378485", words="details of a customer")
    walk.post(own, "/customers/new/", 200, "details with errors", legal_name="bv")
    for page in ("", "end/", "activity/"):
        walk.get(own, f"/colleagues/{bob.public_id}/{page}")
    walk.get(own, "/tenants/new/", words="switch first")
    walk.get(login(User.objects.get(email="ines@x.example")), f"/invitations/{invitation.public_id}/")
    walk.get(own, f"/invitations/{invitation.public_id}/", 404, "invitation not yours")
    here = at(login(alice), alice, customer)
    for path in ("customer/", "customer/edit/", "contacts/", "contacts/?archived=1", "contacts/new/", "switch/?q=x"):
        walk.get(here, f"/{path}", words=f"/{path} for the customer")
    walk.get(here, "/customers/", words="switch back")
    walk.get(here, f"/contacts/{world.theo.public_id}/")
    walk.post(here, f"/contacts/{world.theo.public_id}/", 200, "contact with errors", first_name="", email="x")
    walk.get(here, f"/contacts/{world.theo.public_id}/archive/")
    # Another tab has gone on to the own company.
    here.seal = seal_value(alice, nordwave)
    walk.post(here, "/contacts/new/", 409, "made for another company", first_name="Typed")
    vap = make_company("Studio Élan bv", "BE0451406524", partner=nordwave, relation="vap", email_domains=["e.example"])
    relation.prepare(vap, by=world.sam)
    there = at(login(alice), alice, vap)
    walk.get(there, "/customer/relation/")
    walk.get(there, "/colleagues/invite/", words="invite nobody")
    expired = Client()
    typed = {"_seal": seal_value(alice, customer), "first_name": "Typed"}
    assert expired.post("/contacts/new/", typed).status_code == 302
    expired.force_login(alice)
    walk.get(expired, "/kept/")


def _requests(walk: Walk, world: World, login: Any) -> None:
    alice, customer = world.alice, world.customer
    here = at(login(alice), alice, customer)
    empty, draft = drafts.start(customer, by=alice), world.request("drafted")
    back = world.request("sentback", Verb.SUBMIT, Verb.REQUEST_CHANGES)
    being_checked = world.request("beingchecked", Verb.SUBMIT)
    started = acts.start_at_microsoft(world.request("started", Verb.SUBMIT, Verb.APPROVE), by=world.sam)
    ended = world.request("ended", Verb.SUBMIT, Verb.REJECT)
    walk.get(here, "/tenants/new/")
    for slug in ("customer", "contacts", "microsoft", "tenant", "message"):
        walk.get(here, f"/tenants/{draft.public_id}/step/{slug}/")
    for slug in ("contacts", "microsoft", "tenant"):
        page = f"/tenants/{empty.public_id}/step/{slug}/"
        walk.post(here, page, 200, f"{slug} with errors", tenant_name="9", primary_email="x")
        walk.get(here, f"/tenants/{back.public_id}/step/{slug}/", words=f"{slug} sent back")
    walk.get(here, f"/tenants/{empty.public_id}/check/", words="incomplete")
    walk.get(here, f"/tenants/{draft.public_id}/check/")
    walk.post(here, f"/tenants/{draft.public_id}/check/", 200, "not ticked")
    walk.get(here, f"/tenants/{draft.public_id}/delete/")
    page = f"/tenants/{being_checked.public_id}/step/message/"
    walk.post(here, page, 409, "too late", message="Typed in vain.")
    for found in (back, being_checked, started, ended):
        walk.get(here, f"/tenants/{found.public_id}/", words=f"request {found.name_key}")
    for page in ("withdraw/", "owner/", "people/technical/", "people/technical/another/"):
        walk.get(here, f"/tenants/{being_checked.public_id}/{page}")
    walk.get(here, f"/tenants/{started.public_id}/stop/")
    walk.get(here, "/tenants/")
    _agreements(walk, here, world)
    own = at(login(alice), alice, customer.partner)
    walk.get(own, "/tenants/", words="requests of all customers")
    walk.get(own, f"/r/{being_checked.public_id}/")
    Company.objects.filter(pk=customer.partner_id).update(tenant_configuration=False)
    walk.get(here, "/tenants/new/", 403, "switched off")
    Company.objects.filter(pk=customer.partner_id).update(tenant_configuration=True)


def _agreements(walk: Walk, here: Client, world: World) -> None:
    kept = keeping.keep(world.customer, Given("AG-9", today(), None, None), by=world.alice)
    walk.get(here, "/agreements/")
    walk.get(here, "/agreements/new/")
    walk.post(here, "/agreements/new/", 200, "agreement with errors")
    for page in ("replace", "end", "delete"):
        walk.get(here, f"/agreements/{kept.public_id}/{page}/")


def _review(walk: Walk, world: World, login: Any) -> None:
    sam, kim = login(world.sam), login(User.objects.get(email="kim@arxus.example"))
    load(world.sam, ("somebody@x.example", True, False))
    status_of = {
        Status.TO_VALIDATE: (Verb.SUBMIT,),
        Status.REGISTERING: (Verb.SUBMIT, Verb.APPROVE),
        Status.REGISTERED: (Verb.SUBMIT, Verb.APPROVE, Verb.REGISTER),
        Status.REJECTED: (Verb.SUBMIT, Verb.REJECT),
    }
    verbs = {
        Status.TO_VALIDATE: (Verb.REQUEST_CHANGES, Verb.REJECT, Verb.APPROVE),
        Status.REGISTERING: (Verb.REGISTER, Verb.FAIL, Verb.CANCEL),
        Status.REGISTERED: (),
        Status.REJECTED: (Verb.REOPEN,),
    }
    for status, path in status_of.items():
        found = world.request(f"review{status.replace('_', '')}", *path)
        page = f"/admin/tenants/tenantrequest/{found.pk}"
        walk.get(sam, f"{page}/change/")
        for verb in verbs[status]:
            walk.get(sam, f"{page}/decide/{verb}/")
            walk.post(sam, f"{page}/decide/{verb}/", 200, f"preview of {verb}", preview="yes", **TYPED[verb])
        if status == Status.REGISTERED:
            here = at(login(world.alice), world.alice, world.customer)
            walk.get(here, f"/tenants/{found.public_id}/contacts/")
            walk.get(sam, f"{page}/agreement-accepted/")
            walk.get(kim, f"{page}/first-login/")
            walk.post(here, f"/tenants/{found.public_id}/contacts/", 200, "other contacts with errors", technical="")
        if status == Status.TO_VALIDATE:
            found.checks.update(overridden_at=None, overridden_by=None)
            objection = raised(found)
            for more in ("asked", "checks/directory/override", f"objections/{objection.pk}"):
                walk.get(sam, f"{page}/{more}/")
            walk.get(sam, f"{page}/change/", words="review with an objection")
            mail = OutgoingEmail.objects.filter(about=f"tenant_request:{found.pk}").first()
            walk.get(sam, f"{page}/mails/{mail.pk}/back/")
            walk.get(kim, f"{page}/hand-over/")
    for path in ("", "away/", "?q=nothing-like-it", "?who=all"):
        walk.get(sam, f"/admin/tenants/tenantrequest/{path}")
    bring(sam, HEAD + b"a@x.example,a,true,false\n")
    file = DirectoryImport.objects.get(applied_at=None)
    for path in ("", "add/", f"{file.pk}/change/"):
        walk.get(sam, f"/admin/tenants/directoryimport/{path}")
    walk.get(kim, f"/admin/tenants/tenantrequest/relation/{world.customer.pk}/")
    walk.get(sam, "/admin/tenants/tenantrequest/mails/")
    walk.get(sam, "/admin/tenants/tenantrequest/mails/confirmation/")


def _admin(walk: Walk, world: World, login: Any) -> None:
    root = User.objects.create_superuser("root@arxus.example", "x", first_name="Root", last_name="Maes")
    client = login(root)
    stock = StockRemark.objects.create(title="Name", text_en="Another name.", text_nl="Anders.", text_fr="Autrement.")
    mail, group = OutgoingEmail.objects.first(), AuthGroup.objects.first()
    totp = Authenticator.objects.filter(type="totp").first()
    rows = {
        "contacts/company": [world.customer.partner, world.customer],
        "contacts/user": [world.alice, world.sam],
        "contacts/contact": [world.theo],
        "tenants/stockremark": [stock],
        "notifications/outgoingemail": [mail],
        "auth/group": [group],
        "mfa/authenticator": [totp],
    }
    walk.get(client, "/admin/")
    walk.get(client, "/admin/contacts/")
    for path, objects in rows.items():
        walk.get(client, f"/admin/{path}/")
        walk.get(client, f"/admin/{path}/?q=nothing-like-it")
        walk.get(client, f"/admin/{path}/{objects[0].pk}/history/")
        for row in objects:
            walk.get(client, f"/admin/{path}/{row.pk}/change/")
    for path in ("contacts/company", "contacts/user", "auth/group", "tenants/stockremark"):
        walk.get(client, f"/admin/{path}/add/")
        walk.post(client, f"/admin/{path}/add/", 200, f"{path} with errors", **NO_ROWS)
    reset = {"to_email": "nele@x.example", "language": "nl", "template": "account_reset", "state": "accepted"}
    about_account = OutgoingEmail.objects.create(event=uuid4(), subject="Another password", about="account:7", **reset)
    walk.get(client, f"/admin/notifications/outgoingemail/{about_account.pk}/back/")
    walk.get(client, f"/admin/auth/group/{group.pk}/delete/")
    walk.get(client, f"/admin/mfa/authenticator/{totp.pk}/delete/")
    walk.get(client, "/admin/contacts/user/999999/change/", 404, "404 of staff")
    walk.get(login(world.sam), "/admin/contacts/user/", 403, "403 of staff")


NO_ROWS = {
    f"{prefix}-{name}": value
    for prefix in ("memberships", "memberships-2")
    for name, value in {"TOTAL_FORMS": "0", "INITIAL_FORMS": "0"}.items()
}


def _errors(walk: Walk, client: Client) -> None:
    """Every page of an error, as it is drawn without help of a request, and two as a partner gets them."""
    for folder in settings.TEMPLATES[0]["DIRS"]:
        for file in sorted(Path(folder).glob("[45]??.html")):
            walk.pages[file.name] = render_to_string(file.name, {"incident": "7K4MQ2XP", "sentence": "Not yours."})
    walk.get(client, "/nothing/here/", 404, "404 of a partner")
    walk.get(client, "/colleagues/invite/", 403, "403 of a partner")


@pytest.fixture
def draw(browser: Browser) -> Iterator[Callable[[str], Page]]:
    """Show a page that is drawn already, with our static files and our policy."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page, shown = context.new_page(), {"html": ""}
    page.complaints = []
    page.on("console", lambda message: message.type == "error" and page.complaints.append(message.text))

    def answer(route: Route) -> None:
        path = urlsplit(route.request.url).path
        file = finders.find(path.removeprefix("/static/")) if path.startswith("/static/") else None
        if file:
            route.fulfill(path=str(file))
        elif path == "/":
            headers = {"Content-Security-Policy": build_policy()}
            route.fulfill(body=shown["html"], content_type="text/html; charset=utf-8", headers=headers)
        elif path == "/admin/jsi18n/":
            route.fulfill(body=SCRIPT, content_type="text/javascript")
        else:
            # What a frame of the page would show: mails have tests of their own.
            route.fulfill(
                body='<!doctype html><html lang="en"><title>Mail</title><p>Mail</p>', content_type="text/html"
            )

    def _draw(html: str) -> Page:
        shown["html"] = html
        page.complaints.clear()
        page.emulate_media(color_scheme="light")
        page.goto("http://portal.test/")
        return page

    page.route("**/*", answer)
    yield _draw
    context.close()


SCRIPT = """
window.django = window.django || {};
django.jsi18n_initialized = true;
const say = (text) => text;
Object.assign(django, {gettext: say, pluralidx: () => 0, get_format: () => "", interpolate: say});
Object.assign(window, {gettext: say, ngettext: say, interpolate: say, get_format: () => ""});
"""


# Nothing else that axe looks for depends on the theme.
DARK = "axe.run({runOnly: ['color-contrast']}).then(found => found.violations)"


@pytest.mark.browser
def test_t71_axe_and_the_policy_find_nothing_on_any_page(db: None, walk: Walk, draw: Callable[[str], Page]) -> None:
    there, found = set(named(get_resolver())), []

    # Every address is visited, or has a reason; and no reason has outlived its address.
    assert there ^ (walk.seen | NO_PAGE.keys()) == set()
    assert NO_PAGE.keys() & walk.seen == set()
    for words, html in walk.pages.items():
        page = draw(html)
        for button in page.locator(".add-row a:visible").all():
            button.click()
        # In this order: axe looks by means that the policy forbids.
        found += [(words, "console", complaint) for complaint in page.complaints]
        rules = [("light", rule) for rule in Axe().run(page).response["violations"]]
        page.emulate_media(color_scheme="dark")
        rules += [("dark", rule) for rule in page.evaluate(DARK)]
        found += [(words, theme, rule["id"], [node["html"][:200] for node in rule["nodes"]]) for theme, rule in rules]

    assert found == []
