"""The verbs that move a request. Nothing else writes a status.

A verb locks a fresh copy, refuses with a sentence for whoever asked, and writes status, history line and mails in one
transaction (R30–R34, R40).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import User
from notifications.outbox import Mail, digest, enqueue, withhold
from tenants import access, announcements, checks, clock, history, keepers, named, sending, staff_mails, working_days
from tenants.events import Event
from tenants.models import OPEN, WITH_ARXUS, Check, Remark, Status, Tenant, TenantRequest, WaitsFor
from tenants.transitions import TRANSITIONS, TransitionRefused, Verb, objected, refusal
from tenants.verb_events import other_contacts_event, verb_event


class PreviewChanged(TransitionRefused):
    """The mails are no longer those that the reviewer saw (R32); `mails` are the present ones."""

    def __init__(self, mails: list[Mail]) -> None:
        super().__init__(_("Something changed since you read the mail. Read it again, then decide."), "version")
        self.mails = mails


def submit(
    tenant_request: TenantRequest, *, by: User, sent: "sending.Ticked", version: int | None = None
) -> TenantRequest:
    """Send a draft, or a corrected request again. Raises sending.Incomplete where something is missing (R21)."""
    try:
        return _submit(tenant_request, by, sent, version)
    except IntegrityError as error:
        # Two requests for one name, sent in the same moment: the index of R23 decides.
        if "one_open_request_or_tenant_per_" not in str(error):
            raise
    raise sending.Incomplete([], _("A colleague has just sent a request for the same name or tenant."))


def _submit(tenant_request: TenantRequest, by: User, sent: "sending.Ticked", version: int | None) -> TenantRequest:
    with transaction.atomic():
        fresh = _locked(Verb.SUBMIT, tenant_request, by, version)
        previous = fresh.submissions.order_by("-version").first()
        submission = sending.keep(fresh, by, sent)
        now = timezone.now()
        fresh.sent_at = fresh.sent_at or now
        if fresh.assignee_id:
            fresh.free_from = working_days.day_after(now)
        due_on = working_days.add(working_days.today(now), settings.TARGET_WORKING_DAYS)
        event = Event(Verb.SUBMIT, fresh, by, now, submission.data, previous.data if previous else None, due_on=due_on)
        _move(event, save=["version", "name_key", "wanted", "wanted_id", "sent_at", "free_from"])
        checks.run(fresh)
        if previous:
            enqueue(staff_mails.answer_came(fresh, by))
        return fresh


def withdraw(tenant_request: TenantRequest, *, by: User | None, version: int | None = None) -> TenantRequest:
    """End a request for the partner; `by` is None when a deadline passed (R28)."""
    with transaction.atomic():
        fresh = lock(tenant_request)
        if by is not None:
            if why := refusal(Verb.WITHDRAW, fresh, by, version):
                raise why
        elif fresh.status != Status.CHANGES_REQUESTED:
            raise TransitionRefused(_("Only a request that waits for the partner lapses."), "status")
        _move(verb_event(Verb.WITHDRAW, fresh, by))
        return fresh


def request_changes(
    tenant_request: TenantRequest,
    *,
    by: User,
    version: int,
    remarks: Sequence[Remark],
    comment: str = "",
    seen: str = "",
) -> TenantRequest:
    """Send a request back with remarks; the partner has 30 days."""
    if not remarks:
        raise TransitionRefused(_("Write at least one remark: what has to change?"))
    with transaction.atomic():
        fresh = _locked(Verb.REQUEST_CHANGES, tenant_request, by, version)
        event = verb_event(Verb.REQUEST_CHANGES, fresh, by, comment=comment, remarks=remarks)
        _keep_remarks(event)
        _move(event, seen=seen)
        return fresh


def name_another(tenant_request: TenantRequest, *, by: User, place: str, version: int | None = None) -> TenantRequest:
    """Take a request back to name somebody else in one place (R26): it has to be sent, and stated, anew."""
    with transaction.atomic():
        fresh = _locked(Verb.NAME_ANOTHER, tenant_request, by, version)
        # What is left to do is shown where remarks are.
        text = _("Name another person: %(place)s.") % {"place": named.PLACES[place].label}
        remark = Remark(field=named.PLACES[place].key, text=text)
        event = verb_event(Verb.NAME_ANOTHER, fresh, by, remarks=[remark])
        _keep_remarks(event)
        _move(event)
        return fresh


def reject(tenant_request: TenantRequest, *, by: User, version: int, comment: str, seen: str = "") -> TenantRequest:
    """End a request with a reason, which the owner reads."""
    return _say_why(Verb.REJECT, tenant_request, by, version, comment, seen)


def fail(tenant_request: TenantRequest, *, by: User, version: int, comment: str, seen: str = "") -> TenantRequest:
    """Back to checking after a hitch at Arxus or Microsoft, of which the owner reads; the target runs on."""
    return _say_why(Verb.FAIL, tenant_request, by, version, comment, seen)


def cancel(tenant_request: TenantRequest, *, by: User, version: int, comment: str, seen: str = "") -> TenantRequest:
    """End for Arxus what was started already; the owner reads the reason."""
    return _say_why(Verb.CANCEL, tenant_request, by, version, comment, seen)


def reopen(tenant_request: TenantRequest, *, by: User, version: int, comment: str, seen: str = "") -> TenantRequest:
    """Undo a rejection. `by` has the request from then on; who was not told yet that it ended, is not told."""
    _refuse_silence(comment)
    with transaction.atomic():
        fresh = _locked(Verb.REOPEN, tenant_request, by, version)
        if other := sending.clash(fresh, fresh.name_key, fresh.wanted_id):
            raise name_taken(other)
        withhold(announcements.of_the_end(fresh), _("The request was reopened before this was due."))
        event = verb_event(Verb.REOPEN, fresh, by, comment=comment)
        former, fresh.assignee, fresh.free_from = fresh.assignee, by, None
        _move(event, seen=seen, save=["assignee", "free_from"])
        if former and former != by:
            enqueue(staff_mails.taken_over(fresh, former, by))
        checks.run(fresh)
        return fresh


def name_taken(other: TenantRequest) -> TransitionRefused:
    """Why a request does not come back whose name another one of the same partner has by now (R23)."""
    message = _("%(number)s of the same partner has this name by now, so this request cannot be reopened.")
    return TransitionRefused(message % {"number": other.number})


def approve(
    tenant_request: TenantRequest, *, by: User, version: int, comment: str = "", seen: str = ""
) -> TenantRequest:
    """Let a request through to registering; every check is run again and must pass or be overridden."""
    with transaction.atomic():
        fresh = _locked(Verb.APPROVE, tenant_request, by, version)
        _refuse_objected(fresh)
        _refuse_findings(checks.run(fresh), _("Approving waits for one check: %(sentence)s"))
        _move(verb_event(Verb.APPROVE, fresh, by, comment=comment), seen=seen)
        return fresh


def register(
    tenant_request: TenantRequest, *, by: User, version: int, tenant: Tenant, comment: str = "", seen: str = ""
) -> TenantRequest:
    """Write down the tenant that was made at Microsoft, and give the technical contact access (R50)."""
    with transaction.atomic():
        fresh = _locked(Verb.REGISTER, tenant_request, by, version)
        _refuse_objected(fresh)
        found = [check for check in checks.run(fresh, checks.ON_REGISTERING) if check.kind in checks.ON_REGISTERING]
        _refuse_findings(found, _("Registering waits for one check: %(sentence)s"))
        event = verb_event(Verb.REGISTER, fresh, by, comment=comment, tenant=tenant)
        assert event.granted is not None  # noqa: S101 – verb_event() plans it for this verb
        event = replace(event, link=access.grant(event.granted))
        tenant.tenant_request, tenant.company = fresh, fresh.company
        tenant.registered_at, tenant.registered_by = event.at, by
        wanted = (fresh.name_key, str(fresh.wanted_id or ""))
        tenant.formerly = [key for key in wanted if key not in ("", tenant.domain, str(tenant.tenant_id))]
        tenant.save()
        fresh.name_key = fresh.wanted = tenant.domain
        fresh.wanted_id = tenant.tenant_id
        _move(event, seen=seen, save=["name_key", "wanted", "wanted_id"])
        return fresh


def correct_registration(
    tenant_request: TenantRequest, *, by: User, version: int, tenant: Tenant, comment: str, seen: str = ""
) -> TenantRequest:
    """Write down the tenant id and domain that the tenant really has, as `tenant` says them."""
    _refuse_silence(comment)
    with transaction.atomic():
        fresh = _locked(Verb.CORRECT_REGISTRATION, tenant_request, by, version)
        if other := sending.clash(fresh, tenant.domain, tenant.tenant_id):
            message = _("%(number)s of the same partner already has this domain or tenant id.")
            raise TransitionRefused(message % {"number": other.number})
        event = verb_event(Verb.CORRECT_REGISTRATION, fresh, by, comment=comment, tenant=tenant)
        assert event.tenant is not None  # noqa: S101 – given above
        event.tenant.formerly = [*event.tenant.formerly, *(before for _name, before, _after in event.corrected)]
        event.tenant.save(update_fields=["tenant_id", "domain", "formerly"])
        fresh.name_key = fresh.wanted = event.tenant.domain
        fresh.wanted_id = event.tenant.tenant_id
        _move(event, seen=seen, save=["name_key", "wanted", "wanted_id"])
        return fresh


def ask_for_other_contacts(fresh: TenantRequest, *, by: User, remarks: Sequence[Remark], comment: str) -> None:
    """Send a locked request back because the customer that its people are of no longer knows Arxus (R14).

    No reviewer's decision, so nobody has to have taken it. One that the partner has stays there, with more to change.
    """
    event = other_contacts_event(fresh, by, remarks, comment)
    for remark in remarks:
        remark.tenant_request, remark.version, remark.by, remark.at = fresh, fresh.version, by, event.at
    Remark.objects.bulk_create(remarks)
    if fresh.status == Status.TO_VALIDATE:
        had_it = keepers.keeping(fresh)
        _move(event)
        enqueue(staff_mails.sent_back(fresh, had_it, by))
    elif fresh.status == Status.CHANGES_REQUESTED:
        history.write(fresh, "other_contacts", by, comment=comment, at=event.at)
        enqueue(announcements.mails(event))
    else:
        raise TransitionRefused(_("Only a request that is being checked, or with the partner, is asked for others."))


def preview(verb: Verb, tenant_request: TenantRequest, *, by: User, **said: Any) -> list[Mail]:
    """The mails of a verb as they would go out now: the same function writes those that are sent (R32)."""
    return announcements.mails(verb_event(verb, tenant_request, by, **said))


# What all verbs share


def lock(tenant_request: TenantRequest) -> TenantRequest:
    """A fresh copy that nobody else can move until the transaction ends."""
    rows = TenantRequest.objects.select_for_update(of=("self",))
    return rows.select_related("company", "partner", "owner", "assignee").get(pk=tenant_request.pk)


def _say_why(
    verb: Verb, tenant_request: TenantRequest, by: User, version: int, comment: str, seen: str
) -> TenantRequest:
    _refuse_silence(comment)
    with transaction.atomic():
        fresh = _locked(verb, tenant_request, by, version)
        _move(verb_event(verb, fresh, by, comment=comment), seen=seen)
        return fresh


def _refuse_silence(comment: str) -> None:
    if not comment.strip():
        raise TransitionRefused(_("Write the reason: the partner has to know why."))


def _locked(verb: Verb, tenant_request: TenantRequest, by: User, version: int | None) -> TenantRequest:
    fresh = lock(tenant_request)
    if why := refusal(verb, fresh, by, version):
        raise why
    return fresh


def _keep_remarks(event: Event) -> None:
    assert event.by is not None  # noqa: S101 – nobody remarks but people
    for remark in event.remarks:
        remark.tenant_request, remark.version = event.tenant_request, event.tenant_request.version
        remark.by, remark.at = event.by, event.at
    Remark.objects.bulk_create(event.remarks)


def _refuse_objected(fresh: TenantRequest) -> None:
    """R37: nothing is approved or registered over an objection that is open."""
    if objection := fresh.objections.filter(settled_at=None).first():
        raise TransitionRefused(objected(objection))


def _refuse_findings(found: Sequence[Check], words: str) -> None:
    if blocking := [check for check in found if not check.lets_through]:
        raise TransitionRefused(words % {"sentence": blocking[0].sentence})


def _move(event: Event, *, seen: str = "", save: Sequence[str] = ()) -> None:
    """Write the status, the history line and the mails of an event."""
    fresh, move = event.tenant_request, TRANSITIONS[Verb(event.verb)]
    mails = announcements.mails(event)
    if seen and digest(mails) != seen:
        raise PreviewChanged(mails)
    before, fresh.status = fresh.status, move.target
    stays = before in WITH_ARXUS and fresh.status in WITH_ARXUS and fresh.waits_for == WaitsFor.ARXUS
    clock.go_on(fresh, event.at)
    fresh.waits_for = WaitsFor.ARXUS
    if fresh.status not in OPEN:
        fresh.held_since = fresh.due_on = None
    elif not stays:
        fresh.held_since, fresh.due_on = event.at, event.due_on
    if before == Status.REGISTERING:
        fresh.started_at = None
    if fresh.status not in OPEN or event.verb == Verb.SUBMIT:
        # Over, or the partner goes on with it; until then whoever decides reads the wish to stop.
        fresh.stop_asked_at = None
    fresh.changed_at = event.at
    fields = ["status", "held_since", "due_on", "waits_for", "days_left", "started_at", "stop_asked_at", "changed_at"]
    fresh.save(update_fields=[*fields, *save])
    history.write(fresh, event.verb, event.by, before=before, comment=event.line, at=event.at)
    enqueue(mails)
