"""Whom a request names and where, and who of them is no longer as they were when it was sent (R26)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import Contact, ContactRole, User, sort_key
from tenants.models import Tenant, TenantRequest

Data = Mapping[str, Any]


@dataclass(frozen=True)
class Place:
    """Where a request names somebody. A contact is one field that holds a person; others are typed, part by part."""

    slug: str
    step: str
    label: Any
    # The field of the step that holds each part of who it is.
    typed: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The field that a remark about this person is about."""
        return f"{self.step}.{next(iter(self.typed.values()), self.slug)}"

    def person(self, data: Data) -> dict[str, Any] | None:
        """Who is named here, or None."""
        said = data.get(self.step, {})
        if not self.typed:
            found: dict[str, Any] | None = said.get(self.slug)
            return found
        person = {part: said.get(name, "") for part, name in self.typed.items()}
        return person if person["email"] else None


def _typed(prefix: str) -> dict[str, str]:
    return {part: f"{prefix}_{part}" for part in ("first_name", "last_name", "email", "phone")}


PLACES: dict[str, Place] = {
    **{role: Place(role, "contacts", label) for role, label in ContactRole.choices},
    "primary": Place("primary", "microsoft", gettext_lazy("Primary contact at Microsoft"), _typed("primary")),
    "signatory": Place(
        "signatory", "microsoft", gettext_lazy("Signatory of the Microsoft agreement"), _typed("signatory")
    ),
    "login": Place(
        "login",
        "tenant",
        gettext_lazy("First Microsoft login"),
        {"name": "login_name", "email": "login_email", "phone": "login_phone"},
    ),
    "administrator": Place(
        "administrator",
        "existing",
        gettext_lazy("Global Administrator"),
        {part: f"admin_{part}" for part in ("first_name", "last_name", "email", "language")},
    ),
}


def name_of(person: Mapping[str, Any]) -> str:
    return person.get("name") or f"{person['first_name']} {person['last_name']}"


def names_in(data: Data) -> str:
    """Every name that a sending holds, a line each, to be looked for: the first name before and after the last."""
    people = [person for place in PLACES.values() if (person := place.person(data))]
    lines = {person.get("name") or "{first_name} {last_name} {first_name}".format_map(person) for person in people}
    return "\n".join(sorted(sort_key(line) for line in lines))


def who(person: Mapping[str, Any]) -> str:
    """Name and address: what a correction is about."""
    return f"{name_of(person)}, {person['email']}"


def places_of(data: Data, place: Place) -> list[Place]:
    """Everywhere that a request names the person of one place: the same contact, or the same name and address."""
    person = place.person(data)
    assert person is not None  # noqa: S101 – the caller has looked
    return [other for other in PLACES.values() if (named := other.person(data)) and _is(named, person)]


def place_of(data: Data, email: str) -> Place | None:
    """Where a request names an address, the contacts first."""
    return next((place for place in PLACES.values() if (p := place.person(data)) and p["email"] == email), None)


def _is(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    if one.get("ref") and other.get("ref"):
        return bool(one["ref"] == other["ref"])
    return who(one).casefold() == who(other).casefold()


@dataclass(frozen=True)
class Outdated:
    """A contact of a request who is no longer as the request says; `row` is the contact or colleague of today."""

    place: Place
    person: Mapping[str, Any]
    row: Contact | User | None

    @property
    def gone(self) -> bool:
        return _is_gone(self.row)

    @property
    def name(self) -> str:
        return name_of(self.person)

    @property
    def sentence(self) -> str:
        if isinstance(self.row, Contact) and self.row.archived_at:
            day = date_format(localtime(self.row.archived_at), "j F Y")
            return _("%(name)s was archived on %(day)s, after the request was sent.") % {"name": self.name, "day": day}
        if self.row is None:
            return _("%(name)s no longer works for the partner.") % {"name": self.name}
        said = {"then": who(self.person), "now": now(self.row)}
        return _("The request names %(then)s; this contact is %(now)s now.") % said


def now(row: Contact | User) -> str:
    """The same of somebody as they are today."""
    return f"{row.first_name} {row.last_name}, {row.email}"


def outdated(tenant_request: TenantRequest, data: Data) -> list[Outdated]:
    """The contacts who were archived, left, or have another name or address since (R26); each person once."""
    contacts = data["contacts"]
    people = {contacts[role]["ref"]: (PLACES[role], contacts[role]) for role in reversed(contacts["roles"])}
    rows = _rows(tenant_request.partner_id, list(people))
    found = [Outdated(place, person, rows.get(ref)) for ref, (place, person) in people.items()]
    return [one for one in reversed(found) if one.gone or (one.row and now(one.row) != who(one.person))]


def departed(tenants: Iterable[Tenant]) -> dict[int, list[str]]:
    """The names of contacts of tenants who were archived, or left the partner, by the key of the request; in at most
    three queries."""
    tenants = list(tenants)
    requests = TenantRequest.objects.filter(tenant__in=[tenant.pk for tenant in tenants]).with_last_submission()
    sent = ((row.pk, row.sent_data) for row in requests)  # type: ignore[attr-defined]  # annotated
    contacts = {pk: data["contacts"] for pk, data in sent if data}
    people = {pk: [said[role] for role in said["roles"]] for pk, said in contacts.items()}
    refs = {person["ref"] for named in people.values() for person in named}
    # All are requests of one partner: those of one customer, or of all its customers.
    rows = _rows(tenants[0].tenant_request.partner_id, sorted(refs)) if tenants else {}
    gone = {pk: [name_of(p) for p in named if _is_gone(rows.get(p["ref"]))] for pk, named in people.items()}
    return {pk: list(dict.fromkeys(names)) for pk, names in gone.items() if names}


def _is_gone(row: Contact | User | None) -> bool:
    return row is None or (isinstance(row, Contact) and row.archived_at is not None)


def living(tenant_request: TenantRequest, person: Mapping[str, Any]) -> Contact | User | None:
    """The contact or colleague of today behind a person of the request."""
    return _rows(tenant_request.partner_id, [person["ref"]]).get(person["ref"])


def _rows(partner_id: int, refs: list[str]) -> dict[str, Contact | User]:
    ids: dict[str, list[UUID]] = {"contact": [], "user": []}
    for ref in refs:
        kind, _colon, public_id = ref.partition(":")
        ids[kind].append(UUID(public_id))
    rows: dict[str, Contact | User] = {}
    if ids["contact"]:
        rows |= {f"contact:{row.public_id}": row for row in Contact.objects.filter(public_id__in=ids["contact"])}
    if ids["user"]:
        colleagues = User.objects.filter(memberships__company=partner_id, is_active=True)
        rows |= {f"user:{row.public_id}": row for row in colleagues.filter(public_id__in=ids["user"])}
    return rows
