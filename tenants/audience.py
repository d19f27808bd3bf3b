"""Who hears of each event, in which role and by which mail (DOMAIN §7)."""

from collections.abc import Callable, Iterator
from typing import Any

from contacts.models import Company, User
from tenants import keepers, summary
from tenants.events import Event
from tenants.models import Status
from tenants.persons import same_person

# A template, the role in which it is told, and the person.
Told = tuple[str, str, dict[str, Any]]
# Who is told that a request exists, and so how it ends (R43).
CONFIRMED = ("technical", "commercial")


def _owner(event: Event) -> dict[str, Any]:
    return _user(event.tenant_request.owner)


def _user(user: User) -> dict[str, Any]:
    return {name: getattr(user, name) for name in ("email", "first_name", "last_name", "language")}


def _submitted(event: Event) -> Iterator[Told]:
    contacts, before = event.data["contacts"], (event.previous or {}).get("contacts")
    yield ("received_again" if before else "confirmation_owner"), "owner", _owner(event)
    for role in CONFIRMED:
        person = contacts[role]
        if before is None or not same_person(before[role], person) or before[role]["email"] != person["email"]:
            yield "confirmation", role, person
        elif summary.changes(event.previous or {}, event.data):
            yield "confirmation_changed", role, person
    if before:
        present = [contacts[role] for role in CONFIRMED]
        for role in CONFIRMED:
            if before[role]["email"] not in [person["email"] for person in present]:
                moved = any(same_person(before[role], person) for person in present)
                yield "no_longer_named", "moved" if moved else role, before[role]
        for administrator in _invited(event):
            if administrator["email"] != event.data["existing"]["admin_email"]:
                yield "no_longer_named", "administrator", administrator


def _sent_back(event: Event) -> Iterator[Told]:
    yield "changes_requested", "owner", _owner(event)


def _approved(event: Event) -> Iterator[Told]:
    yield "approved", "owner", _owner(event)


def _rejected(event: Event) -> Iterator[Told]:
    yield "rejected", "owner", _owner(event)
    for role in CONFIRMED:
        yield "ended", role, event.data["contacts"][role]
    for administrator in _administrator(event):
        yield "ended", "administrator", administrator


def _withdrawn(event: Event) -> Iterator[Told]:
    if event.by != event.tenant_request.owner:
        yield "ended", "owner", _owner(event)
    for role in CONFIRMED:
        yield "ended", role, event.data["contacts"][role]
    for administrator in _administrator(event):
        yield "ended", "administrator", administrator


def _invited(event: Event) -> Iterator[dict[str, Any]]:
    """The administrators whom Arxus itself invited: whoever was told is told how it ended (R43)."""
    if "existing" not in event.data:
        return
    if Company.Relation.VAP in (event.data["customer"]["relation"], event.tenant_request.company.relation):
        return
    rows = event.tenant_request.invitations.filter(forwarded=False)
    yield from {row.administrator["email"]: row.administrator for row in rows}.values()


def _administrator(event: Event) -> Iterator[dict[str, Any]]:
    """The one who was invited and is named still."""
    named = event.data.get("existing", {}).get("admin_email")
    return (person for person in _invited(event) if person["email"] == named)


def _waits(event: Event) -> Iterator[Told]:
    if event.invitation is None:
        return
    if event.invitation.forwarded:
        yield "invitation_to_forward", "owner", _owner(event)
    else:
        yield "invitation", "administrator", event.invitation.administrator


def _failed(event: Event) -> Iterator[Told]:
    yield "hitch", "owner", _owner(event)


def _cancelled(event: Event) -> Iterator[Told]:
    yield "cancelled", "owner", _owner(event)
    for role in CONFIRMED:
        yield "ended", role, event.data["contacts"][role]
    for administrator in _administrator(event):
        yield "ended", "administrator", administrator


def _reopened(event: Event) -> Iterator[Told]:
    yield "reopened", "owner", _owner(event)
    for role in CONFIRMED:
        if event.data["contacts"][role]["email"] in event.had_ended:
            yield "reopened", role, event.data["contacts"][role]
    for administrator in _administrator(event):
        if administrator["email"] in event.had_ended:
            yield "reopened", "administrator", administrator


def _registration_corrected(event: Event) -> Iterator[Told]:
    yield "registration_corrected", "owner", _owner(event)
    for role in event.data["contacts"]["roles"]:
        yield "registration_corrected", role, event.data["contacts"][role]
    for administrator in _administrator(event):
        yield "registration_corrected", "administrator", administrator


def _registered(event: Event) -> Iterator[Told]:
    assert event.granted is not None  # noqa: S101 – the workflow plans the access of this verb
    template = "credentials" if event.granted.kind == "new" else "success"
    yield template, "technical", event.data["contacts"]["technical"]
    yield from _without_access(event)


def _without_access(event: Event) -> Iterator[Told]:
    contacts = event.data["contacts"]
    yield "registered", "commercial", contacts["commercial"]
    yield "registered_owner", "owner", _owner(event)
    for role in contacts["roles"]:
        if role not in CONFIRMED:
            yield "named", role, contacts[role]
    for administrator in _administrator(event):
        yield "named", "administrator", administrator


def _reminded(event: Event) -> Iterator[Told]:
    yield "changes_reminder", "owner", _owner(event)


def _warned(event: Event) -> Iterator[Told]:
    yield "changes_warning", "owner", _owner(event)


def _taken_back(event: Event) -> Iterator[Told]:
    if event.by != event.tenant_request.owner:
        yield "taken_back", "owner", _owner(event)
    for reader in keepers.keeping(event.tenant_request):
        yield "taken_back_staff", "assignee", _user(reader)


def _corrected(event: Event) -> Iterator[Told]:
    """A new address gets the mails that are still true; a new spelling is told to the person; so is the reviewer."""
    tenant_request, now, before = event.tenant_request, event.data["contacts"], (event.previous or {})["contacts"]
    ready = tenant_request.status == Status.REGISTERED
    moved = {role for role in now["roles"] if before[role]["email"] != now[role]["email"]}
    if ready:
        registered = _registered(event) if event.granted else _without_access(event)
        yield from (told for told in registered if told[1] in moved)
    for role in CONFIRMED:
        if not ready and now[role] != before[role]:
            yield "confirmation" if role in moved else "confirmation_changed", role, now[role]
    for role in now["roles"] if ready else CONFIRMED:
        # Once it is registered, everybody was told (R43).
        if role in moved:
            yield "no_longer_named", "moved", before[role]
    for administrator in _invited(event):
        said = (event.previous or {})["existing"]["admin_email"]
        if administrator["email"] == said != event.data["existing"]["admin_email"]:
            yield "no_longer_named", "moved", administrator
    for reader in [] if ready else keepers.keeping(tenant_request):
        yield "person_corrected", "assignee", _user(reader)


def _contacts_changed(event: Event) -> Iterator[Told]:
    """Who is named since the tenant was registered, who is no longer; the owner, where somebody else did it."""
    now, before = event.data["contacts"], (event.previous or {})["contacts"]
    for role in now["roles"]:
        was = before.get(role)
        if was is None or was["email"] != now[role]["email"] or not same_person(was, now[role]):
            yield "named_since", role, now[role]
    for role in before["roles"]:
        person = now.get(role)
        if person is None or person["email"] != before[role]["email"]:
            moved = person is not None and same_person(before[role], person)
            yield "no_longer_named", "moved" if moved else role, before[role]
    if event.by != event.tenant_request.owner:
        yield "contacts_changed", "owner", _owner(event)


def _no_user(event: Event) -> Iterator[Told]:
    for reader in keepers.hearing(event.tenant_request):
        yield "person_corrected", "assignee", _user(reader)


def _objected(event: Event) -> Iterator[Told]:
    yield "objection", "owner", _owner(event)
    for reader in keepers.hearing(event.tenant_request):
        yield "objection_staff", "assignee", _user(reader)
    for person in _objectors(event):
        yield "objection_receipt", "objector", person


def _settled(event: Event) -> Iterator[Told]:
    for person in _objectors(event):
        yield "objection_settled", "objector", person


def _objectors(event: Event) -> list[dict[str, Any]]:
    """Whoever wrote, as the request named them then, and as it names them now if their address was corrected (R26)."""
    objection = event.objection
    assert objection is not None  # noqa: S101 – these events are about one
    present = _people(event.data)
    if named := [person for person in present if person["email"] == objection.email]:
        return named[:1]
    sent = event.tenant_request.submissions.order_by("-version").values_list("data", flat=True)
    unnamed = {"ref": "", "email": objection.email, "first_name": objection.name, "last_name": "", "language": "en"}
    then = next((person for data in sent for person in _people(data) if person["email"] == objection.email), unnamed)
    now = (person for person in present if person["ref"] == then["ref"] and same_person(then, person))
    return [then, *list(now)[:1]]


def _people(data: dict[str, Any]) -> list[dict[str, Any]]:
    return [data["contacts"][role] for role in data["contacts"]["roles"]]


def _fresh_link(event: Event) -> Iterator[Told]:
    if event.link:
        yield "fresh_link", "technical", event.data["contacts"]["technical"]


def _not_activated(event: Event) -> Iterator[Told]:
    yield from _fresh_link(event)
    yield "not_activated", "owner", _owner(event)


def _lost(event: Event) -> Iterator[Told]:
    yield "mail_lost", "owner", _owner(event)
    for reader in keepers.hearing(event.tenant_request):
        yield "mail_lost_staff", "assignee", _user(reader)


AUDIENCE: dict[str, Callable[[Event], Iterator[Told]]] = {
    "submit": _submitted,
    "name_another": _taken_back,
    "correct_person": _corrected,
    "change_contacts": _contacts_changed,
    "no_servicenow_user": _no_user,
    "mail_lost": _lost,
    "objection": _objected,
    "objection_settled": _settled,
    "request_changes": _sent_back,
    "approve": _approved,
    "reject": _rejected,
    "withdraw": _withdrawn,
    "register": _registered,
    "fresh_link": _fresh_link,
    "not_activated": _not_activated,
    "remind": _reminded,
    "warn": _warned,
    "fail": _failed,
    "cancel": _cancelled,
    "reopen": _reopened,
    "correct_registration": _registration_corrected,
    "waits_for": _waits,
    "remind_administrator": _waits,
}
