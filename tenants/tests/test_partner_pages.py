"""The pages of partners in a real browser: axe finds nothing, the policy holds, nothing scrolls sideways."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser

from contacts.current import SESSION_KEY
from contacts.models import Company, User
from tenants import drafts
from tenants.models import Kind, Remark, TenantRequest
from tenants.steps import STEPS
from tenants.workflow import request_changes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def visit(browser: Browser, live_server: Any, login: Callable[[User], Client]) -> Iterator[Callable[..., list[Any]]]:
    """Open addresses as somebody who works for a company; gives all that axe, the policy or a ruler complains of."""
    contexts = []

    def _visit(user: User, company: Company, paths: list[str], theme: str) -> list[Any]:
        client = login(user)
        session = client.session
        session[SESSION_KEY] = company.pk
        session.save()
        context = browser.new_context(viewport={"width": 320, "height": 800}, color_scheme=theme)
        contexts.append(context)
        name = settings.SESSION_COOKIE_NAME
        context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
        page, found = context.new_page(), []
        page.on("console", lambda message: message.type == "error" and found.append(message.text))
        for path in paths:
            page.goto(live_server.url + path)
            found += [(path, rule["id"]) for rule in Axe().run(page).response["violations"]]
            if page.evaluate("document.documentElement.scrollWidth") != 320:
                found.append((path, "scrolls sideways"))
        return found

    yield _visit
    for context in contexts:
        context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_the_pages_of_a_partner(
    visit: Callable[..., list[Any]], taken: TenantRequest, alice: User, sam: User, nordwave: Company, theme: str
) -> None:
    remarks = [Remark(field="tenant.tenant_name", text="Taken.", suggestion="desmetaalst"), Remark(text="Look again.")]
    back = request_changes(taken, by=sam, version=1, remarks=remarks, comment="Nearly there.")
    draft = drafts.start(back.company, by=alice)
    drafts.keep_step(draft, "tenant", {"tenant_name": "Desmet-Academie"})

    def address(name: str, *args: Any) -> str:
        return reverse(f"tenants:{name}", args=args)

    asking = [step.slug for step in STEPS if step.form and step.applies(draft)]
    pages = [address("requests"), address("requests") + "?q=nothing", address("start")]
    pages += [address("request", back.public_id), address("check", back.public_id), address("check", draft.public_id)]
    pages += [address("step", request.public_id, slug) for request in (back, draft) for slug in asking]
    existing = drafts.start(back.company, by=alice, kind=Kind.ONBOARD)
    pages += [address("step", existing.public_id, step.slug) for step in STEPS if step.form and step.applies(existing)]
    pages += [address("withdraw", back.public_id), address("delete", draft.public_id), "/profile/"]
    own = ["/", address("requests"), address("start"), address("open", back.public_id)]

    assert visit(alice, back.company, pages, theme) + visit(alice, nordwave, own, theme) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_a_registered_request(
    visit: Callable[..., list[Any]], registered: TenantRequest, alice: User, theme: str
) -> None:
    pages = [reverse("tenants:request", args=[registered.public_id]), reverse("tenants:requests") + "?status=all"]
    registered_contact = User.objects.get(email="theo.lambert@bakkerijdesmet.example")

    assert (
        visit(alice, registered.company, pages, theme) + visit(registered_contact, registered.company, pages, theme)
        == []
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_where_a_right_is_missing(
    visit: Callable[..., list[Any]], customer: Company, bob: User, theme: str
) -> None:
    found = visit(bob, customer, [reverse("tenants:start"), "/kept/"], theme)

    # The browser itself reports every answer of 403.
    assert [entry for entry in found if "403" not in str(entry)] == []
