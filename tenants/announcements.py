"""Who hears what, when: the recipients and the context of every mail about a request. Sends nothing.

One function serves the preview and the verb (R32). Each address gets one mail for an event: the weightiest template,
with a paragraph for each role (R17).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from contacts.models import AccessLink, User
from notifications.models import OutgoingEmail
from notifications.outbox import Mail
from notifications.rendering import compose
from tenants import access, mail_context, summary, working_days
from tenants.models import OPEN, Remark, Status, Submission, Tenant, TenantRequest
from tenants.persons import same_person


@dataclass(frozen=True)
class Event:
    """What happens to a request, complete enough to tell it: the data are those that count from now on."""

    verb: str
    tenant_request: TenantRequest
    by: User | None
    at: datetime
    data: dict[str, Any]
    # What was sent the time before, where this is a later sending.
    previous: dict[str, Any] | None = None
    # Arxus's target, or the partner's deadline.
    due_on: date | None = None
    comment: str = ""
    remarks: Sequence[Remark] = ()
    tenant: Tenant | None = None
    granted: access.Plan | None = None
    # The activation link; only once it was issued, never in a preview.
    link: AccessLink | None = None

    @property
    def held_until(self) -> datetime:
        """When those hear of it who are told a working day later."""
        day = working_days.add(working_days.today(self.at), 1)
        return working_days.start_of(day) + (self.at - working_days.start_of(working_days.today(self.at)))

    @property
    def statuses(self) -> list[str]:
        """The statuses that a mail about this event does not contradict (R45)."""
        return [str(status) for status in _TRUE_IN[self.verb]]


_SENT = (*OPEN, Status.REGISTERED)
_TRUE_IN: dict[str, tuple[str, ...]] = {
    "submit": _SENT,
    "request_changes": (Status.CHANGES_REQUESTED,),
    "approve": (Status.REGISTERING, Status.REGISTERED),
    "reject": (Status.REJECTED,),
    "withdraw": (Status.WITHDRAWN,),
    "register": (Status.REGISTERED,),
}


@dataclass
class Reader:
    """One address, everything it is told of: the first template is the weightiest."""

    email: str
    name: str
    language: str
    told: list[tuple[str, str]] = field(default_factory=list)

    @property
    def roles(self) -> list[str]:
        """What this person is in the request now."""
        return [role for template, role in self.told if template != "no_longer_named"]

    @property
    def former_roles(self) -> list[str]:
        return [role for template, role in self.told if template == "no_longer_named"]


# What partners and staff read in a list of mails. Credentials and success have one name on purpose (R44).
MAIL_NAMES = {
    "confirmation": _lazy("Confirmation"),
    "confirmation_owner": _lazy("Confirmation"),
    "confirmation_changed": _lazy("Confirmation: something changed"),
    "no_longer_named": _lazy("No longer named"),
    "received_again": _lazy("Received again"),
    "changes_requested": _lazy("Validation result: changes needed"),
    "approved": _lazy("Validation result: approved"),
    "rejected": _lazy("Validation result: not accepted"),
    "ended": _lazy("The request ended"),
    "credentials": _lazy("Registration mail"),
    "success": _lazy("Registration mail"),
    "registered": _lazy("Registered"),
    "registered_owner": _lazy("Registered"),
    "named": _lazy("Named in the request"),
}
# Mails to staff about a request, which are none of the partner's business.
STAFF_MAIL_NAMES = {"taken_over": _lazy("Taken over by a colleague")}
# From the weightiest to the lightest (R17).
_WEIGHT = (
    "credentials",
    "success",
    "registered",
    "registered_owner",
    "changes_requested",
    "approved",
    "rejected",
    "ended",
    "received_again",
    "confirmation",
    "confirmation_owner",
    "confirmation_changed",
    "no_longer_named",
    "named",
)


def mails(event: Event) -> list[Mail]:
    """The mails that tell of an event, each as it goes out."""
    readers: dict[str, Reader] = {}
    for template, role, person in _AUDIENCE[event.verb](event):
        reader = readers.setdefault(
            person["email"],
            Reader(person["email"], f"{person['first_name']} {person['last_name']}", person["language"]),
        )
        reader.told.append((template, role))
    languages = dict(User.objects.filter(email__in=readers).values_list("email", "language"))
    for reader in readers.values():
        reader.language = languages.get(reader.email, reader.language)
        reader.told.sort(key=lambda told: _WEIGHT.index(told[0]))
    return [_compose(event, reader) for reader in readers.values()]


# The audience of each event: (template, role, person)
Told = tuple[str, str, dict[str, Any]]


def _owner(event: Event) -> dict[str, Any]:
    owner = event.tenant_request.owner
    return {name: getattr(owner, name) for name in ("email", "first_name", "last_name", "language")}


def _submitted(event: Event) -> Iterator[Told]:
    contacts, before = event.data["contacts"], (event.previous or {}).get("contacts")
    yield ("received_again" if before else "confirmation_owner"), "owner", _owner(event)
    for role in _CONFIRMED:
        person = contacts[role]
        if before is None or not same_person(before[role], person) or before[role]["email"] != person["email"]:
            yield "confirmation", role, person
        elif summary.changes(event.previous or {}, event.data):
            yield "confirmation_changed", role, person
    if before:
        present = [contacts[role] for role in _CONFIRMED]
        for role in _CONFIRMED:
            if before[role]["email"] not in [person["email"] for person in present]:
                moved = any(same_person(before[role], person) for person in present)
                yield "no_longer_named", "moved" if moved else role, before[role]


def _sent_back(event: Event) -> Iterator[Told]:
    yield "changes_requested", "owner", _owner(event)


def _approved(event: Event) -> Iterator[Told]:
    yield "approved", "owner", _owner(event)


def _rejected(event: Event) -> Iterator[Told]:
    yield "rejected", "owner", _owner(event)
    for role in _CONFIRMED:
        yield "ended", role, event.data["contacts"][role]


def _withdrawn(event: Event) -> Iterator[Told]:
    if event.by != event.tenant_request.owner:
        yield "ended", "owner", _owner(event)
    for role in _CONFIRMED:
        yield "ended", role, event.data["contacts"][role]


def _registered(event: Event) -> Iterator[Told]:
    contacts = event.data["contacts"]
    assert event.granted is not None  # noqa: S101 – the workflow plans the access of this verb
    yield ("credentials" if event.granted.kind == "new" else "success"), "technical", contacts["technical"]
    yield "registered", "commercial", contacts["commercial"]
    yield "registered_owner", "owner", _owner(event)
    for role in contacts["roles"]:
        if role not in _CONFIRMED:
            yield "named", role, contacts[role]


# Who is told that a request exists, and so how it ends (R43).
_CONFIRMED = ("technical", "commercial")
# What only somebody who is named in the request may read.
_TO_THE_NAMED = ("confirmation", "confirmation_changed", "credentials", "success", "registered", "named")
_AUDIENCE: dict[str, Callable[[Event], Iterator[Told]]] = {
    "submit": _submitted,
    "request_changes": _sent_back,
    "approve": _approved,
    "reject": _rejected,
    "withdraw": _withdrawn,
    "register": _registered,
}


def _compose(event: Event, reader: Reader) -> Mail:
    template = reader.told[0][0]
    facts: dict[str, Any] = {"tenant_request": event.tenant_request.pk, "statuses": event.statuses}
    if event.verb == "request_changes":
        facts["version"] = event.tenant_request.version
    if template in _TO_THE_NAMED and reader.told[0][1] != "owner":
        facts["named"] = True
    if template == "credentials" and event.link:
        facts["access_link"] = str(event.link.pk)
    with translation.override(reader.language):
        context = mail_context.context(event, reader)
    return compose(
        template,
        to_email=reader.email,
        to_name=reader.name,
        language=reader.language,
        context=context,
        about=about(event.tenant_request),
        facts=facts,
        # So that a refusal that was a mistake can be undone before the others hear of it.
        due_at=event.held_until if template == "ended" and event.verb == "reject" else None,
    )


def about(tenant_request: TenantRequest) -> str:
    """What the mails of a request carry in OutgoingEmail.about."""
    return f"tenant_request:{tenant_request.pk}"


def taken_over(tenant_request: TenantRequest, before: User, by: User) -> list[Mail]:
    """Tell a validator that a colleague took a request over (R31)."""
    with translation.override(before.language):
        due = mail_context.in_full(tenant_request.due_on)
    context = {
        "number": tenant_request.number,
        "partner": tenant_request.partner.legal_name,
        "customer": tenant_request.company.legal_name,
        "by": str(by),
        "due": due,
        "url": mail_context.address(tenant_request),
        "whom": str(by),
    }
    return [
        compose(
            "taken_over",
            to_email=before.email,
            to_name=str(before),
            language=before.language,
            context=context,
            about=about(tenant_request),
        )
    ]


def contradiction(mail: OutgoingEmail) -> str | None:
    """The guard of the outbox: why a mail about a request is no longer true, or None (R45)."""
    if "statuses" not in mail.facts:
        return None
    row = TenantRequest.objects.filter(pk=mail.facts["tenant_request"]).values_list("status", "version").first()
    if row is None:
        return _("The request is gone.")
    status, version = row
    if status not in mail.facts["statuses"]:
        return _("The request has moved on: %(status)s.") % {"status": Status(status).label}
    if mail.facts.get("version", version) != version:
        return _("The request was sent again since.")
    if "named" in mail.facts:
        sent = Submission.objects.filter(tenant_request=mail.facts["tenant_request"]).latest("version")
        if mail.to_email not in sent.emails:
            return _("This address is no longer named in the request.")
    return None
