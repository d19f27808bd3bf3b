import re
from collections.abc import Callable
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest

from notifications.outbox import Mail
from notifications.rendering import WIDTH, compose
from notifications.tests.translations import untranslated

TEXT = """\
ARXUS  TR-26-7K4MQ

Nordwave IT bv asked us for a Microsoft tenant
==============================================

Beste Theo Lambert,

Nordwave IT bv sent this request & named you as technical contact. You
have nothing to do now.

What comes next
---------------
Arxus checks the request by maandag 21 december 2026.

What was sent
-------------
Company
    Bakkerij De Smet bv
    Molenstraat 14, 9300 Aalst
You log in as
    theo.lambert@bakkerijdesmet.example

Contacts
--------
Technical
    Theo Lambert
    +32 53 00 00 21
Commercial
    An De Smet

> Leave out the hyphen: "desmetacademie" is possible, and it is shorter,
> too.
> So say we all.
(Alice Peeters, 19 November 2026)

It works until [[access_link_until]], see all requests
<http://localhost:8000/tenants/>.

Set your password:
[[access_link]]

[[access_link]]

This is not right:
http://localhost:8000/r/4/

--\x20
You get this mail because Nordwave IT bv named you in request
TR-26-7K4MQ. Vragen: Alice Peeters, +32 9 000 00 44, of beantwoord deze
mail.

Arxus nv, Kortrijksesteenweg 1, B-9000 Gent
"""


@pytest.fixture
def specimen() -> Callable[..., Mail]:
    def _specimen(*, language: str = "nl", to_name: str = "Theo Lambert", **context: Any) -> Mail:
        values: dict[str, Any] = {
            "number": "TR-26-7K4MQ",
            "partner": "Nordwave IT bv",
            "customer": "Bakkerij De Smet bv",
            "role": "technical contact",
            "due": date(2026, 12, 21),
            "login": "theo.lambert@bakkerijdesmet.example",
            "pairs": [
                ("Technical", ["Theo Lambert", "", "+32 53 00 00 21"]),
                ("DPO", ""),
                ("Commercial", "An De Smet"),
            ],
            "remark": 'Leave out the hyphen: "desmetacademie" is possible, and it is shorter, too.\nSo say we all.',
            "whom": "Alice Peeters, +32 9 000 00 44",
        }
        return compose(
            "specimen", to_email="theo@x.example", to_name=to_name, language=language, context=values | context
        )

    return _specimen


class Elements(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def links(self) -> list[str | None]:
        return [attrs["href"] for tag, attrs in self.found if tag == "a"]


def test_r41_the_text_part_is_well_made(specimen: Callable[..., Mail]) -> None:
    assert specimen().text == TEXT


def test_the_text_part_is_wrapped_and_links_are_whole(specimen: Callable[..., Mail]) -> None:
    text = specimen(remark="word " * 200, customer="x" * 100).text

    assert [line for line in text.splitlines() if len(line) > WIDTH and " " in line.strip()] == []
    assert re.search(r"&\w+;", text) is None


def test_r41_html_has_its_styles_inside_and_nothing_remote(specimen: Callable[..., Mail]) -> None:
    html = specimen().html
    elements = Elements(html)

    styles = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    assert len(styles) == 1
    assert re.findall(r"@media [^{]*", styles[0]) == [
        "@media (max-width: 480px) ",
        "@media (prefers-color-scheme: dark) ",
    ]
    assert {tag for tag, _ in elements.found} & {"img", "link", "script", "iframe", "form", "input"} == set()
    assert "url(" not in html
    assert all("style" in attrs for tag, attrs in elements.found if "class" in attrs)
    assert all(" " not in (attrs.get("class") or "") for _, attrs in elements.found)


def test_r41_every_colour_has_its_dark_counterpart(specimen: Callable[..., Mail]) -> None:
    html = specimen().html
    dark = html[html.index("prefers-color-scheme") : html.index("</style>")]

    coloured = {
        attrs["class"]
        for _tag, attrs in Elements(html).found
        if "#" in (attrs.get("style") or "") and attrs["class"] != "around"
    }
    assert {name for name in coloured if not re.search(rf"\.{name}\b", dark)} == set()


def test_r41_both_colour_schemes_language_and_preheader_are_declared(specimen: Callable[..., Mail]) -> None:
    html = specimen().html
    elements = Elements(html).found

    assert ("html", {"lang": "nl"}) in elements
    assert ("meta", {"name": "color-scheme", "content": "light dark"}) in elements
    assert ("meta", {"name": "supported-color-schemes", "content": "light dark"}) in elements
    assert re.search(r'<div class="preheader" style="display: none;[^>]*>You have nothing to do now\.</div>', html)


def test_layout_tables_are_hidden_from_screen_readers_and_summaries_are_tables(specimen: Callable[..., Mail]) -> None:
    elements = Elements(specimen().html).found
    tables = [attrs for tag, attrs in elements if tag == "table"]

    assert [attrs["class"] for attrs in tables if attrs.get("role") != "presentation"] == ["rows", "rows"]
    assert sum(tag == "caption" for tag, _ in elements) == 2
    assert all(attrs["scope"] == "row" for tag, attrs in elements if tag == "th")


def test_r18_only_our_own_links_are_links(specimen: Callable[..., Mail]) -> None:
    evil = 'https://evil.example <a href="https://evil.example">x</a> [[access_link]]'
    mail = specimen(to_name=evil, partner=evil, customer=evil, remark=evil, whom=evil, number=evil)

    assert set(Elements(mail.html).links()) == {
        "http://localhost:8000/tenants/",
        "http://localhost:8000/r/4/",
        "[[access_link]]",
    }
    assert "evil.example" not in re.sub(r"<title>.*?</title>", "", mail.html)
    assert "evil.example" not in mail.text
    assert mail.text.count("[[access_link]]") == 2


def test_t74_a_subject_is_one_line(specimen: Callable[..., Mail]) -> None:
    mail = specimen(partner="Nord\r\nBcc: x@evil.example\u2028wave\x00\u202e", to_name="Theo\r\nBcc: y")

    assert mail.subject == "Nord Bcc: x@evil.example wave asked us for a tenant: TR-26-7K4MQ"
    assert mail.to_name == "Theo Bcc: y"
    assert not set("\r\x00\u202e") & set(mail.text + mail.html)


def test_a_subject_has_at_most_255_characters(specimen: Callable[..., Mail]) -> None:
    subject = specimen(partner="é" * 300).subject

    assert len(subject) == 255
    assert subject.endswith("…")


def test_f44_a_language_that_nobody_translated_is_answered_in_english(specimen: Callable[..., Mail]) -> None:
    mail = specimen(language="de")

    assert mail.language == "en"
    assert "Dear Theo Lambert," in mail.text


def test_r32_compose_gives_the_same_mail_twice(specimen: Callable[..., Mail]) -> None:
    assert specimen() == specimen()


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
def test_r41_a_mail_speaks_its_readers_language(specimen: Callable[..., Mail], language: str) -> None:
    greeting = {"nl": "Beste", "fr": "Bonjour", "en": "Dear"}[language]

    mail = specimen(language=language)

    assert f"{greeting} Theo Lambert," in mail.text
    assert f"{greeting} Theo Lambert," in mail.html
    assert "TR-26-7K4MQ" in mail.subject


def test_r41_untranslated_words_are_found_while_composing(specimen: Callable[..., Mail]) -> None:
    with untranslated("nl") as words:
        specimen(language="nl")

    assert words == {"%(partner)s asked us for a Microsoft tenant"}
