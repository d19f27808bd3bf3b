"""The components of a mail. Each draws itself in the text part and in the HTML part: a mail is written once.

    {% extends layout %}{% load i18n mail %}
    {% block title %}…{% endblock %}
    {% block preheader %}One sentence, shown in the list of mails.{% endblock %}
    {% block content %}
    {% para %}…{% endpara %}                {% para "small" %}…{% endpara %}
    {% box "blue" _("What comes next") %}…{% endbox %}       grey, blue, amber, green, red
    {% heading %}…{% endheading %}
    {% rows _("What was sent") %}{% row _("Company") %}one or more lines{% endrow %}{% endrows %}
    {% summary _("What was sent") pairs %}   the same from (term, value or list of lines); none if empty
    {% quote "Alice Peeters, 19 November 2026" %}what somebody wrote{% endquote %}
    {% button address _("Open the request") %}       {% button address _("This is not right") "second" %}
    {% weblink address _("Correct it here") %}       inside a sentence
    {% way_out address _("Accept it") %}             a button to one of the few other hosts that links.py lists;
                                                     without words the address in full
    {% strong words as heavy %}                      bold in HTML, plain in text
    {% address address %}                            an address of ours in full
    {{ login|copyable }}                             not broken up (notifications/links.py): what nobody can abuse
    {% placeholder "access_link_until" as until %}   filled while delivering (R42); addresses take "[[access_link]]" too
    {% endblock %}
    {% block why %}You get this mail because …{% endblock %}      {% block whom %}…{% endblock %}

Addresses are those of this portal: a path such as `{% url … %}` gives, or a full one.
"""

from collections.abc import Iterable
from typing import Any

from django import template
from django.template import Context, TemplateSyntaxError
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString

from notifications import links

register = template.Library()

TONES = ("grey", "blue", "amber", "green", "red")
_PARAGRAPHS = ("para", "heading", "box", "quote", "rows", "button")
Value = str | Iterable[str]


@register.simple_block_tag(takes_context=True)
def para(context: Context, content: str, look: str = "para") -> str:
    return _draw(context, "para", content=_one_line(content), look=look)


@register.simple_block_tag(takes_context=True)
def heading(context: Context, content: str) -> str:
    return _draw(context, "heading", content=_one_line(content))


@register.simple_block_tag(takes_context=True)
def box(context: Context, content: str, tone: str, title: str = "") -> str:
    if tone not in TONES:
        raise TemplateSyntaxError(f"A box is {', '.join(TONES)}, not {tone}.")
    return _draw(context, "box", content=_one_line(content), tone=tone, title=title)


@register.simple_block_tag(takes_context=True)
def quote(context: Context, content: str, by: str = "") -> str:
    return _draw(context, "quote", lines=_lines(content), by=by)


@register.simple_block_tag(takes_context=True)
def rows(context: Context, content: str, caption: str) -> str:
    drawn = SafeString("\n".join(line for line in content.splitlines() if line.strip()))
    return _draw(context, "rows", rows=drawn, caption=caption) if drawn else ""


@register.simple_block_tag(takes_context=True)
def row(context: Context, content: str, term: str) -> str:
    lines = _lines(content)
    return _draw(context, "row", term=term, lines=lines) if lines else ""


@register.simple_tag(takes_context=True)
def summary(context: Context, caption: str, pairs: Iterable[tuple[str, Value]]) -> str:
    drawn = []
    for term, value in pairs:
        lines = [line for line in ([value] if isinstance(value, str) else value) if line]
        if lines:
            drawn.append(_draw(context, "row", term=term, lines=lines))
    return rows(context, "\n".join(drawn), caption)


@register.simple_tag(takes_context=True)
def button(context: Context, address: str, words: str, look: str = "button") -> str:
    """`look` is "button", of which a mail has one, or "second"."""
    return _draw(context, "button", address=_target(context, address), words=words, look=look)


@register.simple_tag(takes_context=True)
def way_out(context: Context, address: str, words: str = "") -> str:
    """For an address that staff gave in a field of our own; what a partner typed never comes here."""
    there = links.elsewhere(address)
    target = links.keep(there) if context["mail_format"] == "txt" else there
    return _draw(context, "button" if words else "address", address=target, words=words, look="button")


@register.simple_tag(takes_context=True)
def weblink(context: Context, address: str, words: str) -> str:
    return _draw(context, "weblink", address=_target(context, address), words=words)


@register.simple_tag(takes_context=True)
def address(context: Context, address: str) -> str:
    return _draw(context, "address", address=_target(context, address))


@register.simple_tag(takes_context=True)
def strong(context: Context, words: str) -> str:
    return words if context["mail_format"] == "txt" else format_html("<strong>{}</strong>", words)


@register.simple_tag
def placeholder(name: str) -> str:
    return links.keep(f"[[{name}]]")


@register.filter(needs_autoescape=True)
def copyable(value: str, autoescape: bool = True) -> str:
    return SafeString(links.keep(conditional_escape(value) if autoescape else str(value)))


@register.filter
def underlined(value: str, line: str) -> str:
    words = _one_line(value)
    return f"{words}\n{line * min(len(words), 72)}"


def _draw(context: Context, component: str, **values: Any) -> SafeString:
    """Render emails/_<component>.html or .txt, whichever part is being made."""
    source = f"emails/_{component}.{context['mail_format']}"
    drawn = context.template.engine.get_template(source).render(context.new(values))  # type: ignore[union-attr] # rendering
    apart = context["mail_format"] == "txt" and component in _PARAGRAPHS
    return SafeString(f"\n\n{drawn}\n" if apart else drawn.strip("\n"))


def _target(context: Context, address: str) -> str:
    """In the text part an address is seen by the break-up of typed words, in HTML it is an attribute."""
    address = links.own(address)
    return links.keep(address) if context["mail_format"] == "txt" else address


# What a block rendered has been escaped already where that is needed; only white space is changed here.
def _one_line(content: str) -> SafeString:
    return SafeString(" ".join(content.split()))


def _lines(content: str) -> list[SafeString]:
    return [_one_line(line) for line in content.splitlines() if line.strip()]
