"""How a mail comes to be: from templates in the reader's language, by one function for preview and sending (R32)."""

import re
import textwrap
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

import css_inline
from django.conf import settings
from django.template import Context, Engine
from django.utils import translation

from notifications import links
from notifications.outbox import Mail

WIDTH = 72
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def compose(
    template: str,
    *,
    to_email: str,
    to_name: str,
    language: str,
    context: Mapping[str, Any],
    about: str = "",
    facts: Mapping[str, Any] | None = None,
    due_at: datetime | None = None,
) -> Mail:
    """Render templates/emails/<template>.{subject.txt,txt,html} for one reader; stores nothing.

    A mail whose text says the same as its HTML needs no .txt of its own: its HTML template is rendered as text, with
    the components of templatetags/mail.py. Every template knows site_url, service_desk, postal_address, language,
    subject, reader, and, where the context says so, number, reference (the partner's own), why (why one gets this mail)
    and whom (whom to ask).
    A language we do not speak is answered in English.
    """
    if language not in dict(settings.LANGUAGES):
        language = settings.LANGUAGE_CODE
    words: dict[str, Any] = {
        "site_url": settings.SITE_URL,
        "service_desk": settings.MAIL_REPLY_TO,
        "postal_address": settings.MAIL_POSTAL_ADDRESS,
        "language": language,
        "reader": to_name or to_email,
        "number": "",
        "reference": "",
        "why": "",
        "whom": "",
        **context,
    }
    with translation.override(language):
        words["subject"] = one_line(_render([f"{template}.subject.txt"], words, "txt"), 255)
        return Mail(
            to_email=to_email,
            to_name=one_line(to_name, 150),
            language=language,
            template=template,
            subject=words["subject"],
            text=_text(template, words),
            html=_html(template, words),
            about=about,
            facts=dict(facts or {}),
            due_at=due_at,
        )


def one_line(value: str, limit: int) -> str:
    """What may stand in a header: one line without control or direction characters, cut at the limit (T74)."""
    line = " ".join(_UNPRINTABLE.sub(" ", value).split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def _render(templates: list[str], words: Mapping[str, Any], mail_format: str) -> str:
    found = Engine.get_default().select_template([f"emails/{name}" for name in templates])
    layout = f"emails/_layout.{mail_format}"
    values = {**words, "mail_format": mail_format, "layout": layout}
    return found.render(Context(values, autoescape=mail_format == "html"))


def _text(template: str, words: Mapping[str, Any]) -> str:
    rendered = _render([f"{template}.txt", f"{template}.html"], words, "txt")
    finished = links.finish_text(_UNPRINTABLE.sub(" ", rendered))
    # Templates indent with spaces for their own sake; components indent what is to be seen with a tab.
    lines = [wrapped for line in finished.split("\n") for wrapped in _wrap(line.strip(" "))]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip().replace("\n--\n", "\n-- \n") + "\n"


def _wrap(line: str) -> list[str]:
    indent = "    " if line.startswith("\t") else "> " if line.startswith("> ") else ""
    body = line.removeprefix("\t").removeprefix(indent)
    return textwrap.wrap(
        body, WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    ) or [""]


def _html(template: str, words: Mapping[str, Any]) -> str:
    rendered = _render([f"{template}.html"], words, "html")
    return _inliner().inline(links.finish_html(_UNPRINTABLE.sub(" ", rendered)))


@cache
def _inliner() -> css_inline.CSSInliner:
    """Writes the style sheet into the elements; the <style> of the layout holds the two @media blocks and stays."""
    style = Engine.get_default().get_template("emails/_style.css").render(Context())
    return css_inline.CSSInliner(extra_css=style, keep_style_tags=True, load_remote_stylesheets=False)
