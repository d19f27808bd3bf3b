"""What every page says, without a browser: for whom one works, where one is, and nothing inline."""

import re
from types import SimpleNamespace

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import resolve

from portal.stack.install import ROOT
from portal.tests.look import samples
from portal.tests.test_look import SAMPLES, render

pytestmark = pytest.mark.urls("portal.tests.look.urls")
LINK = re.compile(r'<a href="[^"]*"( aria-current="page")?>([^<]+)</a></li>')


def page(acting: SimpleNamespace | None, path: str = "/tenants/", **user: object) -> str:
    request = RequestFactory().get(path)
    request.resolver_match = resolve(path)
    if acting:
        request.acting, request.user = acting, samples.ALICE
    return render_to_string("base.html", user, request)


def menu(html: str) -> list[tuple[str, bool]]:
    return [(words, bool(current)) for current, words in LINK.findall(html)]


def test_menu_of_a_partner() -> None:
    html = page(samples.acting(samples.NORDWAVE, own=True))

    assert menu(html) == [
        ("Overview", False),
        ("Customers", False),
        ("Tenant Configuration", True),
        ("Colleagues", False),
    ]


def test_menu_for_a_customer() -> None:
    html = page(samples.acting(samples.BAKERY), "/contacts/")

    assert menu(html) == [("Customer details", False), ("Contacts", True), ("Tenant Configuration", False)]


def test_agreements_belong_to_the_customer_in_the_menu() -> None:
    html = page(samples.acting(samples.BAKERY), "/agreements/")

    assert menu(html) == [("Customer details", True), ("Contacts", False), ("Tenant Configuration", False)]


def test_r06_menu_of_a_customers_own_user() -> None:
    html = page(samples.acting(samples.BAKERY, own=True, customers_own_user=True), "/")

    assert menu(html) == [("Tenant Configuration", True)]


def test_r02_working_for_a_customer_is_unmistakable() -> None:
    html = page(samples.acting(samples.BAKERY))

    assert '<body class=" is-acting hue-1">' in html
    assert '<span class="acting__name">Bakkerij De Smet bv</span>' in html
    assert "Back to Nordwave IT bv" in html
    assert '<link rel="icon" type="image/svg+xml" href="/static/img/icon-hue-1.svg">' in html
    assert "<title> – Bakkerij De Smet bv – Arxus</title>" in html


def test_r02_the_own_company_has_no_band() -> None:
    html = page(samples.acting(samples.NORDWAVE, own=True))

    assert '<body class="">' in html
    assert "acting__name" not in html
    assert "<title> – Nordwave IT bv – Arxus</title>" in html


def test_stranger_sees_neither_menu_nor_company() -> None:
    html = page(None)

    assert menu(html) == []
    assert "Log out" not in html
    assert "<title> – Arxus</title>" in html


def test_logging_out_is_a_post() -> None:
    html = page(samples.acting(samples.NORDWAVE, own=True))

    assert '<form method="post" action="/account/logout/"><input type="hidden" name="csrfmiddlewaretoken"' in html


@pytest.mark.parametrize("name", SAMPLES)
def test_t71_no_page_has_anything_inline(name: str) -> None:
    html = render(name)

    assert re.findall(r"<style|<script(?![^>]* src=)|\sstyle=|\son\w+=|javascript:|data:", html) == []


def test_a_comment_of_a_template_ends_on_its_line() -> None:
    """Django prints one that does not."""
    lines = [
        (path, line)
        for folder in ("templates", "tenants", "contacts", "notifications")
        for path in (ROOT / folder).rglob("*.html")
        for line in path.read_text().splitlines()
    ]

    assert len(lines) > 1000
    assert [(path.name, line) for path, line in lines if line.count("{#") != line.count("#}")] == []
