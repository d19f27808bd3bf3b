"""Other contacts for a registered tenant: somebody left, or another person has the role now.

What was sent stays as it was sent (R22, R25): a version of its own says who is named from now on. No verb: the request
stays registered, and its history has a line.
"""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import history as people_history
from contacts import relation
from contacts.models import Membership, User
from contacts.permissions import Right
from notifications import outbox
from notifications.models import OutgoingEmail
from notifications.outbox import Mail
from tenants import access, announcements, checks, history, limits, named, sending, statements, summary
from tenants.events import Event
from tenants.models import Check, Statement, Status, Submission, TenantRequest
from tenants.new_contacts_form import ROLE_LABELS, NewContactsForm
from tenants.persons import Cast
from tenants.sending import Incomplete, Ticked
from tenants.statements import Asked
from tenants.steps import addresses_in
from tenants.transitions import TransitionRefused, ago, lacks_the_right_of_partners
from tenants.workflow import lock


@dataclass(frozen=True)
class Plan:
    """What a change would do, complete enough to show it first: the same object does it."""

    event: Event
    needed: list[Asked]
    ends: Membership | None

    @property
    def reading(self) -> str:
        """A digest of what the page shows, so that nobody states what they did not read (R15)."""
        return sending.reading(self.event.data, self.needed)

    @cached_property
    def changes(self) -> list[tuple[Any, str, str]]:
        """What changes: the role, who had it, who has it from now on; "" is nobody."""
        before, now = (self.event.previous or {})["contacts"], self.event.data["contacts"]
        roles = NewContactsForm.ROLES
        people = [(ROLE_LABELS[role], _who(before.get(role)), _who(now.get(role))) for role in roles]
        grounds = (ROLE_LABELS["ground"], summary.authority(before), summary.authority(now))
        return [row for row in [*people, grounds] if row[1] != row[2]]

    def mails(self) -> list[Mail]:
        """Everything that is to be told; whom no mail about the request ever reached is not told that it is over."""
        rows = OutgoingEmail.objects.filter(about=announcements.about(self.event.tenant_request))
        left = (OutgoingEmail.State.ACCEPTED, OutgoingEmail.State.SENDING)
        reached = set(rows.filter(state__in=left).values_list("to_email", flat=True))
        mails = announcements.mails(self.event)
        return [mail for mail in mails if mail.template != "no_longer_named" or mail.to_email in reached]


def refusal(
    tenant_request: TenantRequest, by: User, rights: frozenset[Right] | None = None
) -> TransitionRefused | None:
    """Why `by` may not change the contacts now. Where Arxus switched the service off, the tenant still needs people."""
    if why := lacks_the_right_of_partners(tenant_request, by, rights):
        return why
    if tenant_request.status != Status.REGISTERED:
        sentence = _("Other contacts are named here once the tenant is registered. Until then the request names them.")
        return TransitionRefused(sentence, "status")
    return None


def meanwhile(last: Submission, version: int) -> TransitionRefused | None:
    """R34: who changed it, and when, since a page was opened on `version`."""
    if version == last.version:
        return None
    said = {"who": last.corrected_by or last.sent_by, "ago": ago(last.dated)}
    sentence = _("%(who)s changed this %(ago)s. Nothing was changed now: look at what you chose once more.")
    return TransitionRefused(sentence % said, "version")


def plan(tenant_request: TenantRequest, last: Submission, form: NewContactsForm, *, by: User) -> Plan:
    """What a valid form would change. Raises TransitionRefused, for `repetition` where that is nothing."""
    contacts, before = form.contacts(), last.data["contacts"]
    if contacts == before:
        raise TransitionRefused(_("These people are named already, so nothing changes."), "repetition")
    try:
        sending.refuse_customers_people(tenant_request, contacts)
    except Incomplete as incomplete:
        raise TransitionRefused(str(incomplete), "person") from None
    data = last.data | {"contacts": contacts}
    needed = _needed(tenant_request, last.data, data, by)
    if not any(person["own"] for person in _people(contacts)):
        data.pop("agreement", None)
    ends = access.ending(tenant_request, before, contacts)
    event = Event(
        "change_contacts",
        tenant_request,
        by,
        timezone.now(),
        data,
        last.data,
        tenant=tenant_request.tenant,
        granted=_granted(tenant_request, before["technical"], contacts["technical"]),
        access_ended=ends.user.email if ends else "",
    )
    return Plan(event, needed, ends)


def change(
    tenant_request: TenantRequest, *, by: User, typed: Mapping[str, Any], version: int, ticked: Ticked
) -> TenantRequest:
    """Name those whom `typed` says, and tell everybody concerned. The same twice is once.

    Raises TransitionRefused, and sending.Incomplete where a statement or the agreement is missing.
    """
    with transaction.atomic():
        fresh = lock(tenant_request)
        if why := refusal(fresh, by):
            raise why
        # Whether the customer knows Arxus must not change between looking and writing (R14).
        fresh.company = relation.locked(fresh.company)
        last = fresh.submissions.select_related("sent_by", "corrected_by", "agreement").latest("version")
        form = NewContactsForm(typed, cast=Cast(fresh.company, by), sent=last.data["contacts"])
        planned = plan(fresh, last, form, by=by) if form.is_valid() else None
        if why := meanwhile(last, version):
            raise why
        if planned is None:
            raise Incomplete([], str(next(iter(form.errors.values()))[0]))
        _refuse_unstated(planned, by, ticked)
        return _write(planned, last, form, by, ticked)


def _refuse_unstated(planned: Plan, by: User, ticked: Ticked) -> None:
    if limits.is_a_flood(by):
        raise sending.TooMany([], _("You have sent a great deal within the last hour. Change this a little later."))
    if ticked.seen and ticked.seen != planned.reading:
        raise sending.Changed([], _("Something changed since you opened this page. Read it once more, then send it."))
    if any(asked.kind not in ticked.kinds for asked in planned.needed):
        raise Incomplete([], _("Read what you state and tick every box: Arxus needs each of them."))


def _write(planned: Plan, last: Submission, form: NewContactsForm, by: User, ticked: Ticked) -> TenantRequest:
    event = planned.event
    fresh, data = event.tenant_request, event.data
    agreement = last.agreement if "agreement" in data else None
    if any(asked.needs_agreement for asked in planned.needed):
        agreement = sending.agreement_of(fresh, by, ticked)
        data["agreement"] = sending.as_sent(agreement)
    fresh.version, fresh.changed_at = fresh.version + 1, event.at
    fresh.answers["contacts"] = form.typed(fresh.answers.get("contacts", {}))
    fresh.save(update_fields=["version", "answers", "changed_at"])
    Statement.objects.bulk_create(sending.accepted(fresh, asked, by, ticked) for asked in planned.needed)
    again = copy(last)
    again.pk, again.version, again.data, again.emails = None, fresh.version, data, addresses_in(data)
    again.names, again._state.adding = named.names_in(data), True
    again.agreement, again.corrected_by, again.corrected_at = agreement, by, event.at
    again.save(force_insert=True)
    lines = [f"{label}: {before or '–'} → {now or '–'}" for label, before, now in planned.changes]
    history.write(fresh, "change_contacts", by, comment=" · ".join(lines), at=event.at)
    _move_access(planned)
    if event.granted:
        # Nothing waits for it, and a ServiceNow user who is missing is for Arxus to ask for (R10).
        checks.run(fresh, ["directory"])
        if fresh.checks.filter(kind="directory", result=Check.Result.PROBLEM).exists():
            outbox.enqueue(announcements.mails(replace(event, verb="no_servicenow_user")))
    return fresh


def _move_access(planned: Plan) -> None:
    """The access, and the mails that tell of it: the link of an account without a password is issued last."""
    event = planned.event
    before, now = (event.previous or {})["contacts"], event.data["contacts"]
    gone = {person["email"] for person in _people(before)} - {person["email"] for person in _people(now)}
    rows = OutgoingEmail.objects.filter(about=announcements.about(event.tenant_request), to_email__in=gone)
    outbox.withhold(rows.filter(facts__named=True), _("Somebody else was named since."))
    if planned.ends:
        access.end(planned.ends)
        said = _("Ended the access of %(name)s, who is a technical contact no more.") % {"name": planned.ends.user}
        assert event.by is not None  # noqa: S101 – people change contacts
        people_history.wrote(event.by, planned.ends.company, said)
    link = access.grant(event.granted) if event.granted else None
    outbox.enqueue(replace(planned, event=replace(event, link=link)).mails())


def _granted(tenant_request: TenantRequest, before: dict[str, Any], now: dict[str, Any]) -> access.Plan | None:
    """The access of a new technical contact (R50). What is wrong with an account is nobody's business (R44)."""
    if before["email"] == now["email"]:
        return None
    try:
        return access.plan(tenant_request, now)
    except access.Refused as refused:
        raise TransitionRefused(refused.to_partner, "access") from None


def _needed(tenant_request: TenantRequest, before: dict[str, Any], now: dict[str, Any], by: User) -> list[Asked]:
    """What has to be stated for the change; in the words for the relation of today."""
    customer = before["customer"] | {"relation": tenant_request.company.relation}
    names = {"partner": str(tenant_request.partner), "customer": str(tenant_request.company)}
    asked = [statements.applying(data | {"customer": customer}, by=by, **names) for data in (before, now)]
    return statements.needed(*asked)


def _people(contacts: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [contacts[role] for role in contacts["roles"]]


def _who(person: dict[str, Any] | None) -> str:
    return named.who(person) if person else ""
