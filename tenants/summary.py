"""A request in words: the rows that the check page, the request page, the review page and the mails all show.

Built from the data of a submission (or of a complete draft); labels come out in the language that is active.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from contacts import numbers
from contacts.models import Company, ContactRole, Industry, Language, MicrosoftLanguage
from contacts.people import phone_in_words
from tenants.questions import SUFFIX, ExistingStep, StepForm, TenantStep

Data = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """One line of a summary: `fields` are the form fields it shows, `lines` what it says, the fact first."""

    step: str
    fields: tuple[str, ...]
    label: str
    lines: tuple[str, ...]

    @property
    def keys(self) -> list[str]:
        return [f"{self.step}.{name}" for name in self.fields]


@dataclass(frozen=True)
class Section:
    step: str
    title: str
    rows: list[Row]


def sections(data: Data) -> list[Section]:
    """Everything that was sent, by step."""
    built = [(step, title, list(rows(data))) for step, title, rows in _SECTIONS if step in data]
    return [Section(step, str(title), rows) for step, title, rows in built if rows]


def _customer(data: Data) -> Iterator[Row]:
    customer = data["customer"]
    yield _row("customer", "legal_name", _("Legal name"), customer["legal_name"])
    yield _row(
        "customer", "enterprise_number", _("VAT or enterprise number"), numbers.display(customer["enterprise_number"])
    )
    fields = ("street", "box", "postal_code", "town", "country")
    yield Row("customer", fields, _("Address"), (address(customer),))
    yield _row("customer", "phone", _("Phone"), phone_in_words(customer["phone"]))
    yield _row("customer", "industry", _("Industry"), _label(Industry, customer["industry"]))
    yield _row("customer", "microsoft_language", _("Language at Microsoft"), culture(customer))
    yield _row("customer", "relation", _("Relation"), _label(Company.Relation, customer["relation"]))
    if customer["email_domains"]:
        yield _row("customer", "email_domains", _("E-mail domains"), ", ".join(customer["email_domains"]))


def address(customer: Mapping[str, Any]) -> str:
    """The postal address on one line."""
    street = f"{customer['street']} {_('box')} {customer['box']}" if customer["box"] else customer["street"]
    country = dict(_COUNTRIES)[customer["country"]]
    return f"{street}, {customer['postal_code']} {customer['town']}, {country}"


_COUNTRIES = [
    ("BE", gettext_lazy("Belgium")),
    ("NL", gettext_lazy("Netherlands")),
    ("LU", gettext_lazy("Luxembourg")),
    ("FR", gettext_lazy("France")),
    ("DE", gettext_lazy("Germany")),
]


def culture(customer: Mapping[str, Any]) -> str:
    """Language and country as Microsoft writes them: nl-BE."""
    language = _label(MicrosoftLanguage, customer["microsoft_language"])
    return f"{language} ({customer['microsoft_language']}-{customer['country']})"


def _contacts(data: Data) -> Iterator[Row]:
    contacts = data["contacts"]
    for role in contacts["roles"]:
        fields: tuple[str, ...] = (role,)
        lines = person_lines(contacts[role])
        if role == "commercial":
            fields += ("authority", "authority_reference", "authority_date")
            lines += (_("Ground for signing: %(ground)s") % {"ground": authority(contacts)},)
        yield Row("contacts", fields, _label(ContactRole, role), lines)


def person_lines(person: Mapping[str, Any]) -> tuple[str, ...]:
    """Who somebody is, and how to reach them."""
    who = [f"{person['first_name']} {person['last_name']}", person["job_title"]]
    if person["own"]:
        who.append(person["company"])
    reach = [person["email"], phone_in_words(person["phone"]), _label(Language, person["language"])]
    return ", ".join(filter(None, who)), " · ".join(filter(None, reach))


def authority(contacts: Mapping[str, Any]) -> str:
    """On what ground the commercial contact signs, as one line."""
    ground = {
        "director": _("director"),
        "mandate": _("mandate %(reference)s of %(day)s"),
        "other": _("another ground: %(reference)s"),
    }[contacts["authority"]]
    return ground % {"reference": contacts["authority_reference"], "day": day(contacts["authority_date"])}


def _microsoft(data: Data) -> Iterator[Row]:
    named = data["microsoft"]
    labels = {"primary": _("Primary contact at Microsoft"), "signatory": _("Signatory of the Microsoft agreement")}
    for role, label in labels.items():
        if f"{role}_email" not in named:
            continue  # an existing tenant has its primary contact already
        names = tuple(f"{role}_{name}" for name in ("first_name", "last_name", "email", "phone"))
        first, last, email, number = (named[name] for name in names)
        reach = [email, phone_in_words(number)]
        if role == "signatory":
            names += ("signatory_language",)
            reach.append(_label(Language, named["signatory_language"]))
        yield Row("microsoft", names, label, (f"{first} {last}", " · ".join(reach)))


def _tenant(data: Data) -> Iterator[Row]:
    tenant = data["tenant"]
    yield _row("tenant", "tenant_name", _("Tenant name"), tenant["tenant_name"] + SUFFIX)
    if tenant["second_choice"]:
        yield _row("tenant", "second_choice", _("Second choice"), tenant["second_choice"] + SUFFIX)
    names = ("login_name", "login_email", "login_phone")
    reach = f"{tenant['login_email']} · {phone_in_words(tenant['login_phone'])}"
    yield Row("tenant", names, _("First Microsoft login"), (tenant["login_name"], reach))
    for name, label in (("delegated", _("Delegated administration")), ("special_status", _("Special status"))):
        yield _row("tenant", name, label, _chosen(TenantStep, name, tenant))


def _existing(data: Data) -> Iterator[Row]:
    tenant = data["existing"]
    if tenant["domain"]:
        yield _row("existing", "domain", _("Domain of the tenant"), tenant["domain"])
    if tenant["tenant_id"]:
        yield _row("existing", "tenant_id", _("Tenant id"), tenant["tenant_id"])
    names = ("admin_first_name", "admin_last_name", "admin_email", "admin_language")
    lines = (administrator(tenant), f"{tenant['admin_email']} · {_label(Language, tenant['admin_language'])}")
    yield Row("existing", names, _("Global Administrator"), lines)
    for name, label in (("supplier", _("Present supplier")), ("move_subscriptions", _("Subscriptions to be moved"))):
        yield _row("existing", name, label, _chosen(ExistingStep, name, tenant))


def administrator(tenant: Mapping[str, Any]) -> str:
    """Who accepts Microsoft's invitation, by name."""
    return f"{tenant['admin_first_name']} {tenant['admin_last_name']}"


def _chosen(step: type[StepForm], name: str, answers: Mapping[str, Any]) -> str:
    choices = dict(step.base_fields[name].choices)  # type: ignore[attr-defined]  # asked for choice fields alone
    return str(choices[answers[name]])


def name(data: Data) -> str:
    """What a tenant is called before it is registered: its wanted or present domain, or else its id."""
    if "tenant" in data:
        return str(data["tenant"]["tenant_name"]) + SUFFIX
    return str(data["existing"]["domain"] or data["existing"]["tenant_id"])


def _agreement(data: Data) -> Iterator[Row]:
    """Where a request was sent with one; it is given on the last page, with what is stated (R12)."""
    if agreement := data.get("agreement"):
        named = {"reference": agreement["reference"], "day": day(agreement["signed_on"])}
        lines = [_("%(reference)s of %(day)s") % named]
        if at := agreement["uploaded_at"]:
            moment = timezone.localtime(datetime.fromisoformat(at))
            when = {"day": day(moment.date()), "time": f"{moment:%H:%M}"}
            lines.append(_("uploaded on %(day)s, %(time)s") % when)
        else:
            lines.append(_("kept by the partner"))
        if agreement["ends_on"]:
            lines.append(_("valid until %(day)s") % {"day": day(agreement["ends_on"])})
        yield Row("check", ("agreement",), _("Signed agreement"), tuple(lines))


def _message(data: Data) -> Iterator[Row]:
    message = data["message"]
    if message["reference"]:
        yield _row("message", "reference", _("Reference"), message["reference"])
    if message["wanted_by"]:
        yield _row("message", "wanted_by", _("Wanted by"), day(message["wanted_by"]))
    if message["message"]:
        yield _row("message", "message", _("Message to Arxus"), message["message"])


_SECTIONS: tuple[tuple[str, Any, Callable[[Data], Iterator[Row]]], ...] = (
    ("customer", gettext_lazy("Customer"), _customer),
    ("contacts", gettext_lazy("Contacts"), _contacts),
    ("microsoft", gettext_lazy("People named to Microsoft"), _microsoft),
    ("tenant", gettext_lazy("Tenant"), _tenant),
    ("existing", gettext_lazy("Existing tenant"), _existing),
    ("message", gettext_lazy("Message and wishes"), _message),
    ("agreement", gettext_lazy("Agreement with the customer"), _agreement),
)


@dataclass(frozen=True)
class Change:
    """A row that says something else than before: `before` or `after` is empty where it was added or removed; lines
    that both have are left out."""

    label: str
    keys: list[str]
    before: str
    after: str


def changes(before: Data, after: Data) -> list[Change]:
    """What the second sending says differently from the first (R22)."""
    old = {row.keys[0]: row for section in sections(before) for row in section.rows}
    new = {row.keys[0]: row for section in sections(after) for row in section.rows}
    found = []
    for key in [*new, *(key for key in old if key not in new)]:
        one, other = old.get(key), new.get(key)
        either = other or one
        assert either is not None  # noqa: S101 – the key comes from one of the two
        lines = [row.lines if row else () for row in (one, other)]
        texts = [" · ".join(line for line in lines[at] if line not in lines[1 - at]) for at in (0, 1)]
        if lines[0] != lines[1]:
            found.append(Change(either.label, either.keys, *texts))
    return found


def day(value: date | str | None, pattern: str = "j F Y") -> str:
    """A day in words: 21 December 2026."""
    if not value:
        return ""
    words = date_format(date.fromisoformat(value) if isinstance(value, str) else value, pattern, use_l10n=False)
    # French counts from the first on: "1er décembre".
    return re.sub(r"\b1 (?=\D)", "1er ", words, count=1) if get_language() == "fr" else words


def _row(step: str, field: str, label: str, text: str) -> Row:
    return Row(step, (field,), label, (str(text),))


def _label(choices: Any, value: str) -> str:
    return str(choices(value).label) if value else ""
