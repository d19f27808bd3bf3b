"""One sample of every mail: SAMPLES names them all, and test_gallery.py fails when one is missing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy

from contacts import inviting
from contacts.account_mails import mail_about_account
from contacts.models import AccessLink, Group
from contacts.models import Invitation as ToTheCompany
from notifications.models import OutgoingEmail
from notifications.outbox import Mail
from tenants import access, announcements, mail_context, owner_mails, staff_mails, statements, unused_links, waiting
from tenants import lost_mails as lost
from tenants.events import Event, Reader
from tenants.gallery.story import Story
from tenants.models import Invitation, Kind, Objection, Statement, Status
from tenants.transitions import Verb

Sample = Callable[[Story], Mail]


def mail_of(template: str, language: str) -> Mail:
    """A template with made-up data, in a language. Raises KeyError for a template without a sample."""
    return SAMPLES[template](Story(language))


def _told(template: str, role: str, verb: str, status: str = Status.TO_VALIDATE, **more: Any) -> Sample:
    """A mail about the request: who it is told as, and of what; what is `more` may ask the story.

    `reader` is who reads it, where the request does not name them in that role.
    """

    def sample(story: Story) -> Mail:
        known = {name: value(story) if callable(value) else value for name, value in more.items()}
        kind = known.pop("kind", Kind.CREATE)
        found, by = story.request(status, kind), known.pop("by", story.sam)
        person = known.pop("reader", None) or _reader(story, role)
        event = Event(verb, found, by, story.at, story.data(kind), **{"due_on": found.due_on} | known)
        names = f"{person['first_name']} {person['last_name']}"
        return announcements.mail_to(Reader(person["email"], names, story.language, [(template, role)]), event)

    return sample


def _reader(story: Story, role: str) -> dict[str, Any]:
    contacts = story.data()["contacts"]
    users = {"owner": story.alice, "assignee": story.sam}
    if role in users:
        return {name: getattr(users[role], name) for name in ("email", "first_name", "last_name")}
    return {"administrator": story.administrator, "objector": contacts["technical"]}.get(role) or contacts[role]


def _alice(story: Story) -> Any:
    return story.alice


def _bea(story: Story) -> Any:
    return story.bea


def _tom(story: Story) -> dict[str, Any]:
    """Who was the technical contact before."""
    person: dict[str, Any] = story.earlier()["contacts"]["technical"]
    return person


def _stated(story: Story) -> list[Statement]:
    names = {"partner": str(story.partner), "customer": str(story.customer)}
    asked = statements.applying(story.data(), by=story.alice, **names)
    return [
        Statement(
            kind=one.kind,
            text_version=one.text_version,
            language="en",
            text=one.text,
            subject=one.subject,
            by=story.alice,
            at=story.at,
        )
        for one in asked
    ]


def _objection(story: Story) -> Objection:
    who = {"email": story.theo.email, "name": "Theo Lambert"}
    return Objection(**who, text="I left this company.", raised_at=story.at, settlement="An De Smet named him anew.")


def _lost(story: Story) -> OutgoingEmail:
    said = "550 5.1.1 User unknown"
    to = {"to_email": story.theo.email, "to_name": "Theo Lambert"}
    return OutgoingEmail(template="confirmation", outcome=said, **to)


def _access(kind: str) -> Callable[[Story], access.Plan]:
    return lambda story: access.Plan(kind, story.technical, story.customer)


def _invitation(*, forwarded: bool) -> Callable[[Story], Invitation]:
    link = "https://admin.microsoft.com/Adminportal/Home?invType=ResellerRelationship"
    return lambda story: Invitation(
        link=link, administrator=story.administrator, forwarded=forwarded, by=story.sam, at=story.at
    )


_SUBMIT: dict[str, Any] = {"by": _alice, "statements": _stated}
_AGAIN: dict[str, Any] = _SUBMIT | {"previous": Story.earlier}
_READY: dict[str, Any] = {"status": Status.REGISTERED, "tenant": Story.tenant}
_OTHERS: dict[str, Any] = _READY | {
    "by": _bea,
    "statements": _stated,
    "previous": lambda story: story.data() | {"contacts": story.earlier()["contacts"]},
    "granted": _access("new"),
}
_MISSING: dict[str, Any] = {"lost": _lost, "by": None}
_SAID: dict[str, Any] = {"objection": _objection}
_CHANGES: dict[str, Any] = {"status": Status.CHANGES_REQUESTED, "remarks": Story.remarks}
_TO_ACCEPT: dict[str, Any] = {"status": Status.REGISTERING, "kind": Kind.ONBOARD}
_LINE = "Thank you for your patience."
_CORRECTED = [("domain", "bakkerijdesmt.onmicrosoft.com", "bakkerijdesmet.onmicrosoft.com")]


def _draft(story: Story) -> Mail:
    goes_on = story.at.date() + timedelta(days=settings.DRAFT_DAYS - settings.DRAFT_WARNING_DAY)
    return announcements.draft_warning_to(story.alice, story.request(Status.DRAFT), goes_on)


def _new_owner(story: Story) -> Mail:
    found = story.request(Status.CHANGES_REQUESTED)
    found.owner, found.outdated = story.bea, False
    return owner_mails.new_owner([found], to=story.bea, before=story.alice, by=story.alice)


def _former_owner(story: Story) -> Mail:
    found = story.request()
    found.owner = story.bea
    return owner_mails.former_owner(found, to=story.alice, by=story.bea)


def _to_sam(template: str, status: str = Status.TO_VALIDATE, **more: Any) -> Sample:
    """A mail to Arxus about the request."""

    def sample(story: Story) -> Mail:
        with translation.override(story.language):
            known: dict[str, Any] = {k: str(value(story)) if callable(value) else value for k, value in more.items()}
        request, hearing = story.request(status), [story.alice]
        return staff_mails.about_request(template, request, story.data(), story.sam, hearing=hearing, **known)

    return sample


def _kim(story: Story) -> Any:
    return story.kim


def _free_from(story: Story) -> str:
    return mail_context.in_full(story.target)


def _digest(story: Story) -> Mail:
    rows = [story.request(), story.request(Status.REGISTERING, Kind.ONBOARD)]
    rows[1].assignee = None
    return staff_mails.digest_of(story.sam, rows, None)


def _account(template: str, **context: Any) -> Sample:
    return lambda story: mail_about_account(template, story.theo, story.customer, context=context)


def _address_changed(story: Story) -> Mail:
    addresses = {"old_email": "theo@bakkerijdesmet.example", "new_email": story.theo.email}
    return mail_about_account("account_address_changed", story.theo, story.customer, context=addresses)


def _ended(story: Story) -> Mail:
    context = {"company": story.partner, "by": story.alice, "by_reader": False, "successor": story.alice}
    return mail_about_account("account_membership_ended", story.bea, story.partner, context=context)


def _invited(template: str) -> Sample:
    def sample(story: Story) -> Mail:
        invitation = ToTheCompany(
            company=story.partner,
            groups=[Group.TENANTS],
            invited_by=story.alice,
            expires_at=story.at + inviting.LIFETIME,
        )
        url = settings.SITE_URL + reverse("contacts:invitation", args=[invitation.public_id])
        context = inviting.context(invitation, story.bea) | {"url": url, "has_password": True}
        return mail_about_account(template, story.bea, None, context=context)

    return sample


_OF_REQUESTS: dict[str, Sample] = {
    "confirmation": _told("confirmation", "technical", Verb.SUBMIT, **_SUBMIT),
    "confirmation_owner": _told("confirmation_owner", "owner", Verb.SUBMIT, **_SUBMIT),
    "confirmation_changed": _told("confirmation_changed", "commercial", Verb.SUBMIT, **_AGAIN),
    "no_longer_named": _told("no_longer_named", "technical", Verb.SUBMIT, reader=_tom, **_AGAIN),
    "received_again": _told("received_again", "owner", Verb.SUBMIT, **_AGAIN),
    "changes_requested": _told("changes_requested", "owner", Verb.REQUEST_CHANGES, comment=_LINE, **_CHANGES),
    "changes_reminder": _told("changes_reminder", "owner", "remind", by=None, **_CHANGES),
    "changes_warning": _told("changes_warning", "owner", "warn", by=None, **_CHANGES),
    "draft_warning": _draft,
    "taken_back": _told("taken_back", "owner", Verb.NAME_ANOTHER, Status.CHANGES_REQUESTED, by=_bea),
    "mail_lost": _told("mail_lost", "owner", lost.NOTICE, **_MISSING),
    "objection": _told("objection", "owner", "objection", **_SAID),
    "objection_receipt": _told("objection_receipt", "objector", "objection", **_SAID),
    "objection_settled": _told("objection_settled", "objector", "objection_settled", **_SAID),
    "approved": _told("approved", "owner", Verb.APPROVE, Status.REGISTERING, comment=_LINE),
    "rejected": _told("rejected", "owner", Verb.REJECT, Status.REJECTED, comment="Another partner looks after it."),
    "ended": _told("ended", "technical", Verb.REJECT, Status.REJECTED),
    "cancelled": _told("cancelled", "owner", Verb.CANCEL, Status.WITHDRAWN, comment="The customer stops."),
    "hitch": _told("hitch", "owner", Verb.FAIL, comment="Microsoft could not be reached today."),
    "reopened": _told("reopened", "owner", Verb.REOPEN, comment="It was rejected by mistake."),
    "registration_corrected": _told(
        "registration_corrected", "owner", Verb.CORRECT_REGISTRATION, corrected=_CORRECTED, comment="A typo.", **_READY
    ),
    "owner_new": _new_owner,
    "owner_former": _former_owner,
    "credentials": _told("credentials", "technical", Verb.REGISTER, granted=_access("new"), **_READY),
    "success": _told("success", "technical", Verb.REGISTER, granted=_access("added"), **_READY),
    "registered": _told("registered", "commercial", Verb.REGISTER, granted=_access("new"), **_READY),
    "registered_owner": _told("registered_owner", "owner", Verb.REGISTER, granted=_access("new"), **_READY),
    "named": _told("named", "dpo", Verb.REGISTER, granted=_access("new"), **_READY),
    "fresh_link": _told(
        "fresh_link",
        "technical",
        unused_links.FRESH,
        by=None,
        unused_by=lambda story: story.theo,
        link=lambda _story: AccessLink(),
        **_READY,
    ),
    "not_activated": _told(
        "not_activated", "owner", unused_links.TOLD, by=None, unused_by=lambda story: story.theo, **_READY
    ),
    "named_since": _told("named_since", "technical", "change_contacts", **_OTHERS),
    "contacts_changed": _told("contacts_changed", "owner", "change_contacts", **_OTHERS),
    "invitation": _told(
        "invitation", "administrator", waiting.ACT, invitation=_invitation(forwarded=False), **_TO_ACCEPT
    ),
    "invitation_to_forward": _told(
        "invitation_to_forward", "owner", waiting.ACT, invitation=_invitation(forwarded=True), **_TO_ACCEPT
    ),
}
_TO_STAFF: dict[str, Sample] = {
    "taken_over": _to_sam("taken_over", by=_kim, to="", whom=_kim),
    "assigned": _to_sam("assigned", by=_kim, whom=_kim),
    "stop_asked": _to_sam("stop_asked", Status.REGISTERING, by=_alice, comment="The customer hesitates."),
    "sent_back_staff": _to_sam("sent_back_staff", Status.CHANGES_REQUESTED, by=_kim, whom=_kim),
    "answer_came": _to_sam("answer_came", by=_alice, free_from=_free_from),
    "overdue": _to_sam("overdue", twice=False, whom=_kim),
    "taken_back_staff": _told("taken_back_staff", "assignee", Verb.NAME_ANOTHER, Status.CHANGES_REQUESTED, by=_bea),
    "person_corrected": _told("person_corrected", "assignee", "correct_person", **_AGAIN),
    "mail_lost_staff": _told("mail_lost_staff", "assignee", lost.NOTICE, **_MISSING),
    "objection_staff": _told("objection_staff", "assignee", "objection", **_SAID),
    "queue_digest": _digest,
}
_OF_ACCOUNTS: dict[str, Sample] = {
    "account_invited": _invited("account_invited"),
    "account_invitation": _invited("account_invitation"),
    "account_activation": _account("account_activation"),
    "account_reset": _account("account_reset"),
    "account_password_set": _account("account_password_set"),
    "account_password_changed": _account("account_password_changed"),
    "account_new_device": _account("account_new_device", ip="192.0.2.17", browser="Firefox", system="Windows"),
    "account_second_factor_set_up": _account("account_second_factor_set_up"),
    "account_second_factor_removed": _account("account_second_factor_removed"),
    "account_new_recovery_codes": _account("account_new_recovery_codes"),
    "account_address_confirm": _account("account_address_confirm"),
    "account_address_changed": _address_changed,
    "account_membership_ended": _ended,
}
# By who reads them.
GROUPS: tuple[tuple[Any, dict[str, Sample]], ...] = (
    (gettext_lazy("About a request, to partners and contacts"), _OF_REQUESTS),
    (gettext_lazy("To Arxus"), _TO_STAFF),
    (gettext_lazy("About an account"), _OF_ACCOUNTS),
)
SAMPLES = _OF_REQUESTS | _TO_STAFF | _OF_ACCOUNTS
