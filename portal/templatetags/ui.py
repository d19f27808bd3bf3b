"""What the templates need to draw: icons, the look of each status, names, dates and numbers as people read them."""

import datetime as dt
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.forms import BaseForm
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from lucide.templatetags.lucide import lucide

register = template.Library()

# One place for the looks: the class of a badge is its key, its colour stands in components.css.
ICONS = {
    # statuses of a request
    "draft": "circle-dashed",
    "to_validate": "clock",
    "changes_requested": "triangle-alert",
    "registering": "rotate-cw",
    "registered": "check",
    "rejected": "x",
    "withdrawn": "minus",
    # results of a check, levels of an alert
    "passed": "circle-check",
    "warning": "triangle-alert",
    "problem": "circle-x",
    "unknown": "circle-question-mark",
    "not_run": "minus",
    "info": "info",
    "success": "circle-check",
    "danger": "circle-x",
    "error": "circle-x",
    "debug": "info",
    # what became of a mail
    "waiting": "clock",
    "sending": "clock",
    "accepted": "circle-check",
    "refused": "circle-x",
    "failed": "circle-x",
    "bounced": "circle-x",
    "withheld": "minus",
    # steps of a request
    "done": "check",
    "look": "triangle-alert",
}
TONES = {
    "draft": "grey",
    "to_validate": "blue",
    "changes_requested": "amber",
    "registering": "violet",
    "registered": "green",
    "rejected": "red",
    "withdrawn": "grey",
}
LEGAL_FORMS = {
    *("bv", "bvba", "nv", "cv", "cvba", "vof", "vzw", "ivzw", "srl", "sa", "sprl", "sc", "snc", "asbl", "aisbl"),
    *("se", "gmbh", "ag", "kg", "ohg", "ug", "sas", "sarl", "eurl", "sàrl", "ltd", "plc", "inc"),
}
SMALL_NUMBERS = 10
SMALL_ICON = 16


@lru_cache(maxsize=256)
def _icon(name: str, size: int, css_class: str) -> SafeString:
    # Lines of 2 in a square of 24 get too thin in small icons.
    attributes = {"class": css_class, "aria-hidden": "true", "focusable": "false"}
    svg = lucide(name, size=size, stroke_width="2.5" if size <= SMALL_ICON else "2", **attributes)
    # Icons of the installed package and class names of our own templates: nothing that a person typed.
    return mark_safe(" ".join(svg.split()))  # noqa: S308


@register.simple_tag
def icon(name: str, size: int = 16, css_class: str = "icon") -> SafeString:
    """Draw an icon of lucide, or the icon of a status, as inline SVG that screen readers skip."""
    return _icon(ICONS.get(str(name), str(name)), size, str(css_class))


@register.filter
def tone(status: str) -> str:
    """The colour family of a request's status, for `tone-…`."""
    return TONES.get(str(status), "grey")


@register.filter
def alert_level(level_tag: str) -> str:
    """The alert of a message: Django's "error" is a danger."""
    return {"error": "danger", "debug": "info"}.get(level_tag, level_tag or "info")


@register.filter
def first_bold(message: object) -> str:
    """The first sentence of a message in bold, as in every alert; markup of our own stays as it is."""
    if isinstance(message, SafeString):
        return message
    first, dot, rest = str(message).partition(". ")
    return format_html("<strong>{}{}</strong>{}", first, "." if dot else "", f" {rest}" if rest else "")


@register.filter
def initials(name: object) -> str:
    """Two letters for a monogram: "Hof ten Bergh nv" is HB."""
    words = [word for word in re.split(r"[^\w]+", str(name)) if word and word.casefold() not in LEGAL_FORMS]
    capital = [word for word in words if not word[0].islower()] or words
    if len(capital) == 1:
        return capital[0][:2].upper()
    return "".join(word[0] for word in capital[:2]).upper()


@register.filter
def enterprise_number(value: str) -> str:
    """ "BE0404616494" as people write it: BE 0404.616.494."""
    country, digits = str(value)[:2], str(value)[2:]
    if country == "BE" and len(digits) == 10:
        digits = f"{digits[:4]}.{digits[4:7]}.{digits[7:]}"
    return f"{country} {digits}".strip() if country.isalpha() else str(value)


@register.filter
def in_words(number: int) -> str:
    """ "three" for 3; from ten on the digits."""
    words = [
        *(_("no"), _("one"), _("two"), _("three"), _("four"), _("five"), _("six"), _("seven"), _("eight"), _("nine")),
    ]
    return words[number] if 0 <= number < SMALL_NUMBERS else str(number)


def _local(value: dt.date | None) -> dt.date | None:
    if isinstance(value, dt.datetime) and timezone.is_aware(value):
        return timezone.localtime(value)
    return value


def _time(value: dt.date | None, pattern: str, css_class: str = "nowrap") -> str:
    local = _local(value)
    if not local:
        return ""
    if not isinstance(local, dt.datetime):
        # date_format() cannot write the time of a plain date: no pattern of a date asks for one.
        pattern = pattern.split(", H")[0]
    words = date_format(local, pattern, use_l10n=False)
    return format_html('<time datetime="{}" class="{}">{}</time>', local.isoformat(), css_class, words)


def _this_year(value: dt.date | None) -> bool:
    local = _local(value)
    return bool(local and local.year == timezone.localdate().year)


@register.filter
def day(value: dt.date | None) -> str:
    """Monday 21 December 2026; the longest of them is wider than a small phone's panel."""
    return _time(value, "l j F Y", "day")


@register.filter
def day_and_time(value: dt.date | None) -> str:
    """Monday 30 November 2026, 14:20."""
    return _time(value, "l j F Y, H:i", "wraps")


@register.filter
def short_day(value: dt.date | None) -> str:
    """20 Nov; another year than this one is written out."""
    return _time(value, "j M" if _this_year(value) else "j M Y")


@register.filter
def moment(value: dt.date | None) -> str:
    """20 Nov, 16:12, for tables."""
    return _time(value, "j M, H:i" if _this_year(value) else "j M Y, H:i")


@register.filter
def long_moment(value: dt.date | None) -> str:
    """20 November 2026, 16:12."""
    return _time(value, "j F Y, H:i", "wraps")


@register.filter
def relative(value: dt.date | None) -> str:
    """In how many days, or how many days ago: the hint beside a date."""
    local = _local(value)
    if not local:
        return ""
    date = local.date() if isinstance(local, dt.datetime) else local
    days = (date - timezone.localdate()).days
    if days == 0:
        return _("today")
    if days == 1:
        return _("tomorrow")
    if days == -1:
        return _("yesterday")
    if days > 0:
        return ngettext("in %(days)d day", "in %(days)d days", days) % {"days": days}
    return ngettext("%(days)d day ago", "%(days)d days ago", -days) % {"days": -days}


@register.simple_tag
def company_icon(company: Any) -> str:
    """The address of the favicon in a customer's colour."""
    return static(f"img/icon-hue-{company.hue}.svg")


@register.filter
def breakable(domain: object) -> SafeString:
    """A domain that, too long for its line, breaks before a dot and not within a word."""
    first, *more = str(domain).split(".")
    return format_html("{}{}", first, format_html_join("", "<wbr>.{}", ((part,) for part in more)))


@register.simple_tag
def form_errors(*forms: BaseForm) -> list[dict[str, str]]:
    """Every error of the forms, in the order of their fields, each with the address of its field."""
    return [error for form in forms if form for error in _errors_of(form)]


def _errors_of(form: BaseForm) -> Iterator[dict[str, str]]:
    for error in form.non_field_errors():
        yield {"href": "", "text": str(error)}
    for field in form:
        # A group of radios or checkboxes has no element with its own id: its first option has the focus.
        subwidgets = field.subwidgets if field.use_fieldset else []
        first = subwidgets[0].id_for_label if subwidgets else field.id_for_label
        label = strip_tags(str(field.label or ""))
        label = f"{label} " if label.endswith("?") else f"{label}: " if label else ""
        for error in field.errors:
            yield {"href": f"#{first or field.auto_id}", "text": f"{label}{error}"}


@register.simple_tag
def service_desk() -> dict[str, str]:
    """How people reach Arxus's service desk."""
    return {"phone": settings.SERVICE_DESK_PHONE, "email": settings.MAIL_REPLY_TO}


@register.simple_tag(takes_context=True)
def main_menu(context: dict[str, Any]) -> list[dict[str, Any]]:
    """The menu for whom one works for: URL name, words, and whether the present page belongs to it."""
    request: HttpRequest | None = context.get("request")
    acting = getattr(request, "acting", None)
    if acting is None:
        return []
    match = getattr(request, "resolver_match", None)
    here = match.view_name if match else ""
    menu = _menu_of(acting)
    # The item that says most exactly where one is: agreements are among the tenants' addresses and the customer's.
    fits = [(len(page), name) for name, _words, pages in menu for page in pages if here.startswith(page)]
    current = max(fits, default=(0, ""))[1]
    return [{"name": name, "words": words, "current": name == current} for name, words, _pages in menu]


def _menu_of(acting: Any) -> list[tuple[str, str, tuple[str, ...]]]:
    if acting.is_customers_own_user:
        return [("tenants:requests", _("Tenant Configuration"), ("tenants:", "home"))]
    if acting.is_own:
        return [
            ("home", _("Overview"), ("home",)),
            ("contacts:customers", _("Customers"), ("contacts:customer",)),
            ("tenants:requests", _("Tenant Configuration"), ("tenants:",)),
            ("contacts:colleagues", _("Colleagues"), ("contacts:colleague", "contacts:invit")),
        ]
    return [
        ("contacts:customer", _("Customer details"), ("contacts:customer", "tenants:agreement")),
        ("contacts:contacts", _("Contacts"), ("contacts:contact",)),
        ("tenants:requests", _("Tenant Configuration"), ("tenants:", "home")),
    ]
