"""The mails of every event of a request: who hears it in which words, put together. Sends nothing.

One function serves the preview and the verb (R32). Each address gets one mail for an event: the weightiest template,
with a paragraph for each role (R17).
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext_lazy as _lazy

from contacts.models import User
from notifications.models import OutgoingEmail
from notifications.outbox import Mail
from notifications.rendering import compose
from tenants import mail_context, owners
from tenants.audience import AUDIENCE, Told
from tenants.events import Event, Reader
from tenants.mail_rules import OF_ONE_VERSION, OWNERS_ONLY, TO_THE_NAMED, TRUE_IN, WEIGHT
from tenants.models import Status, TenantRequest, WaitsFor

# What partners and staff read in a list of mails. Credentials and success have one name on purpose (R44).
MAIL_NAMES = {
    "confirmation": _lazy("Confirmation"),
    "confirmation_owner": _lazy("Confirmation"),
    "confirmation_changed": _lazy("Confirmation: something changed"),
    "no_longer_named": _lazy("No longer named"),
    "received_again": _lazy("Received again"),
    "changes_requested": _lazy("Validation result: changes needed"),
    "changes_reminder": _lazy("Reminder: changes needed"),
    "changes_warning": _lazy("Warning: withdrawn without an answer"),
    "draft_warning": _lazy("Warning: draft deleted"),
    "taken_back": _lazy("Taken back by a colleague"),
    "mail_lost": _lazy("A mail did not arrive"),
    "objection": _lazy("A contact says that something is not right"),
    "objection_receipt": _lazy("Receipt: something is not right"),
    "objection_settled": _lazy("Settled: something was not right"),
    "approved": _lazy("Validation result: approved"),
    "rejected": _lazy("Validation result: not accepted"),
    "ended": _lazy("The request ended"),
    "cancelled": _lazy("Cancelled by Arxus"),
    "hitch": _lazy("A hitch at Arxus or Microsoft"),
    "reopened": _lazy("Open again"),
    "registration_corrected": _lazy("Registration corrected"),
    "owner_new": _lazy("New owner"),
    "owner_former": _lazy("No longer the owner"),
    "credentials": _lazy("Registration mail"),
    "success": _lazy("Registration mail"),
    "registered": _lazy("Registered"),
    "registered_owner": _lazy("Registered"),
    "fresh_link": _lazy("Fresh activation link"),
    "not_activated": _lazy("Activation link not used"),
    "named": _lazy("Named in the request"),
    "named_since": _lazy("Named for the tenant"),
    "contacts_changed": _lazy("Contacts changed"),
    "invitation": _lazy("Microsoft’s invitation"),
    "invitation_to_forward": _lazy("Microsoft’s invitation, to forward"),
}
# Mails to staff about a request, which are none of the partner's business.
STAFF_MAIL_NAMES = {
    "taken_over": _lazy("Taken over by a colleague"),
    "stop_asked": _lazy("The partner asks to stop"),
    "taken_back_staff": _lazy("Taken back by the partner"),
    "person_corrected": _lazy("A person was corrected"),
    "sent_back_staff": _lazy("Sent back: the customer no longer knows Arxus"),
    "assigned": _lazy("Assigned to a colleague"),
    "answer_came": _lazy("Answer came"),
    "overdue": _lazy("Late"),
    "mail_lost_staff": _lazy("A mail did not arrive"),
    "objection_staff": _lazy("A contact says that something is not right"),
}
# What an owner hears only if somebody else did it: so do those who stand in for one.
BY_ANOTHER = ("ended", "contacts_changed")
# Those that hold the activation link of a technical contact without a password: with their access, or a fresh one.
GIVING_ACCESS = ("credentials", "named_since")
WITH_LINK = (*GIVING_ACCESS, "fresh_link")


def mails(event: Event, only: str = "") -> list[Mail]:
    """The mails that tell of an event, each as it goes out; with `only`, what one role hears of it."""
    if event.owners is None:
        # Whoever acts for the partner may request tenants, so an owner who acts is there.
        owner = event.tenant_request.owner
        event = replace(event, owners=[owner] if event.by == owner else owners.hearing(event.tenant_request))
    found = readers(event, only)
    if former := [reader.email for reader in found if reader.former_roles]:
        rows = event.tenant_request.objections.filter(email__in=former, settled_at=None)
        event = replace(event, objecting=frozenset(rows.values_list("email", flat=True)))
    return [mail_to(reader, event) for reader in found]


def readers(event: Event, only: str = "") -> list[Reader]:
    """Who hears of an event, each once, in which language and by which mail, the weightiest first (R17)."""
    found: dict[str, Reader] = {}
    languages: dict[str, str] = {}
    for template, role, person in _told(event):
        if only not in ("", role):
            continue
        reader = found.setdefault(
            person["email"],
            Reader(person["email"], f"{person['first_name']} {person['last_name']}", person["language"]),
        )
        reader.told.append((template, role))
        if role in ("owner", "assignee"):
            # They are users; whoever else is one, is looked up.
            languages[person["email"]] = person["language"]
    if others := found.keys() - languages.keys():
        # Anybody can have opened an account that nobody uses yet, by inviting the address in any language.
        used = User.objects.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX, memberships=None)
        languages |= dict(used.filter(email__in=others).values_list("email", "language"))
    for reader in found.values():
        reader.language = languages.get(reader.email, reader.language)
        reader.told.sort(key=lambda told: WEIGHT.index(told[0]))
    return list(found.values())


def _told(event: Event) -> Iterator[Told]:
    """Who is told what, with those who stand in for an owner who is gone (R28)."""
    found = event.tenant_request
    owns = None
    for template, role, person in AUDIENCE[event.verb](event):
        if role != "owner":
            yield template, role, person
            continue
        if owns is None:
            owns = owners.hearing(found) if event.owners is None else event.owners
        for user in owns:
            if user == found.owner or template not in BY_ANOTHER or user != event.by:
                yield template, role, owners.as_person(user)


def mail_to(reader: Reader, event: Event) -> Mail:
    """The mail by which one reader is told of an event: the weightiest of what they are told, which stands first."""
    template = reader.told[0][0]
    facts: dict[str, Any] = {
        "tenant_request": event.tenant_request.pk,
        "statuses": [str(status) for status in OWNERS_ONLY.get(template, TRUE_IN[event.verb])],
        # For a change of owner (R27): what of it the owner hears.
        "verb": str(event.verb),
        "roles": [role for _template, role in reader.told],
    }
    if template == "approved":
        # It says whom the request waits for.
        facts["waits_for"] = str(WaitsFor.ARXUS)
    if event.verb in OF_ONE_VERSION:
        facts["version"] = event.tenant_request.version
    if template in TO_THE_NAMED and reader.told[0][1] != "owner":
        facts["named"] = True
    if template == "no_longer_named":
        # For its reader the request is over, whatever becomes of it (R43); unless they are named again.
        facts["statuses"] = [str(status) for status in Status if status != Status.DRAFT]
        facts["no_longer"] = reader.former_roles
    if event.invitation:
        facts["microsoft_invitation"] = event.invitation.pk
    if event.objection:
        facts["objection"] = event.objection.pk
    if event.lost:
        facts["lost_mail"] = str(event.lost.pk)
    if event.unused_by:
        facts["not_activated"] = event.unused_by.pk
    if template in WITH_LINK and "technical" in reader.roles and event.link:
        facts["access_link"] = str(event.link.pk)
    with translation.override(reader.language):
        context = mail_context.context(event, reader)
        if event.lost:
            context["lost_name"] = str(MAIL_NAMES[event.lost.template])
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


def of_the_end(tenant_request: TenantRequest) -> QuerySet[OutgoingEmail]:
    """The mails that tell the contacts that a request ended, and those that tell them it is open again."""
    return OutgoingEmail.objects.filter(about=about(tenant_request), template__in=["ended", "reopened"])


def had_ended(tenant_request: TenantRequest) -> frozenset[str]:
    """The addresses that were told that a request ended, and not since then that it is open again (R43)."""
    left = (OutgoingEmail.State.SENDING, OutgoingEmail.State.ACCEPTED)
    rows = of_the_end(tenant_request).filter(state__in=left).order_by("created_at")
    last = dict(rows.values_list("to_email", "template"))
    return frozenset(email for email, template in last.items() if template == "ended")


def draft_warning(draft: TenantRequest, goes_on: date) -> list[Mail]:
    """Tell whoever owns a draft on which day it is deleted (R28)."""
    return [draft_warning_to(user, draft, goes_on) for user in owners.hearing(draft)]


def draft_warning_to(user: User, draft: TenantRequest, goes_on: date) -> Mail:
    with translation.override(user.language):
        context = mail_context.of_draft(draft, user, goes_on)
    return compose(
        "draft_warning",
        to_email=user.email,
        to_name=str(user),
        language=user.language,
        context=context,
        about=about(draft),
        facts={
            "tenant_request": draft.pk,
            "statuses": [str(Status.DRAFT)],
            "untouched_since": draft.changed_at.isoformat(),
        },
    )
