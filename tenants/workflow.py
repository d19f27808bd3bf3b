"""The life of a request: one table, and the verbs that move it. Nothing else writes a status.

A verb locks a fresh copy, refuses with a sentence for whoever asked, and writes status, history line and mails in one
transaction (R30–R34, R40).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import User
from contacts.permissions import Right, rights_of
from notifications.outbox import Mail, digest, enqueue
from tenants import access, announcements, checks, history, sending, working_days
from tenants.announcements import Event
from tenants.models import OPEN, WITH_ARXUS, Remark, Status, Tenant, TenantRequest


class Verb(StrEnum):
    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    REQUEST_CHANGES = "request_changes"
    REJECT = "reject"
    APPROVE = "approve"
    REGISTER = "register"


@dataclass(frozen=True)
class Move:
    """A row of the table: from where to where a verb leads, whose verb it is, and what is said once it is done."""

    sources: tuple[Status, ...]
    target: Status
    by: str
    label: Any
    done: Any


TRANSITIONS: dict[Verb, Move] = {
    Verb.SUBMIT: Move(
        (Status.DRAFT, Status.CHANGES_REQUESTED),
        Status.TO_VALIDATE,
        "partner",
        gettext_lazy("Send to Arxus"),
        gettext_lazy("sent this request to Arxus"),
    ),
    Verb.WITHDRAW: Move(
        OPEN,
        Status.WITHDRAWN,
        "partner",
        gettext_lazy("Withdraw"),
        gettext_lazy("withdrew this request"),
    ),
    Verb.REQUEST_CHANGES: Move(
        WITH_ARXUS,
        Status.CHANGES_REQUESTED,
        "staff",
        gettext_lazy("Ask for changes"),
        gettext_lazy("asked for changes"),
    ),
    Verb.REJECT: Move(
        WITH_ARXUS,
        Status.REJECTED,
        "staff",
        gettext_lazy("Reject"),
        gettext_lazy("rejected this request"),
    ),
    Verb.APPROVE: Move(
        (Status.TO_VALIDATE,),
        Status.REGISTERING,
        "staff",
        gettext_lazy("Approve"),
        gettext_lazy("approved this request"),
    ),
    Verb.REGISTER: Move(
        (Status.REGISTERING,),
        Status.REGISTERED,
        "staff",
        gettext_lazy("Register"),
        gettext_lazy("registered the tenant"),
    ),
}


class TransitionRefused(Exception):
    """A verb is not allowed now; the text is a sentence for whoever asked, `reason` which of R30's reasons it is."""

    def __init__(self, sentence: str, reason: str = "condition") -> None:
        super().__init__(sentence)
        self.sentence, self.reason = sentence, reason


class PreviewChanged(TransitionRefused):
    """The mails are no longer those that the reviewer saw (R32); `mails` are the present ones."""

    def __init__(self, mails: list[Mail]) -> None:
        super().__init__(_("Something changed since you read the mail. Read it again, then decide."), "version")
        self.mails = mails


def refusal(
    verb: Verb,
    tenant_request: TenantRequest,
    by: User,
    version: int | None = None,
    rights: frozenset[Right] | None = None,
) -> TransitionRefused | None:
    """Why `by` may not do this now, or None: the first of R30's reasons. Conditions of one verb alone come later.

    `rights` are those of `by` in the request's company, where the caller has just asked for them.
    """
    move = TRANSITIONS[verb]
    if not _has_permission(move, tenant_request, by, rights):
        return TransitionRefused(_("You have no right to do this. Ask an administrator of your company."), "permission")
    if tenant_request.status not in move.sources:
        return too_late(verb, tenant_request, by)
    if version is not None and version != tenant_request.version:
        return TransitionRefused(_("This request was sent again since you opened it. Look at what changed."), "version")
    if move.by == "staff":
        if is_involved(tenant_request, by):
            sentence = _("You sent, own or are named in this request, so a colleague decides about it.")
            return TransitionRefused(sentence, "own")
        if tenant_request.assignee_id != by.pk:
            return TransitionRefused(_not_assigned(tenant_request), "assignment")
    if verb == Verb.WITHDRAW and tenant_request.status == Status.REGISTERING and tenant_request.started_at:
        return TransitionRefused(_("Arxus has started at Microsoft, so it can no longer be withdrawn. Call Arxus."))
    return None


def allowed(tenant_request: TenantRequest, by: User, rights: frozenset[Right] | None = None) -> list[Verb]:
    """The verbs that `by` may do now."""
    here = [verb for verb, move in TRANSITIONS.items() if tenant_request.status in move.sources]
    return [verb for verb in here if refusal(verb, tenant_request, by, rights=rights) is None]


def _has_permission(
    move: Move, tenant_request: TenantRequest, by: User, rights: frozenset[Right] | None = None
) -> bool:
    if move.by == "staff":
        return by.is_active and by.is_staff and by.has_perm("tenants.decide_tenantrequest")
    return Right.REQUEST_TENANTS in (rights_of(by, tenant_request.company) if rights is None else rights)


def is_involved(tenant_request: TenantRequest, by: User) -> bool:
    """R31: whoever created, sent or owns a request, or is named in it, never decides it."""
    if by.pk in (tenant_request.created_by_id, tenant_request.owner_id):
        return True
    return any(s.sent_by_id == by.pk or by.email in s.emails for s in tenant_request.submissions.all())


def too_late(verb: Verb, tenant_request: TenantRequest, by: User) -> TransitionRefused:
    """Who was faster and when, or what the status forbids (R30, R33)."""
    last = tenant_request.history.filter(verb__in=list(Verb)).select_related("by").first()
    if last is None:
        return TransitionRefused(_("This request has not been sent yet."), "status")
    done, ago = TRANSITIONS[Verb(last.verb)].done, naturaltime(last.at)
    if last.by_id == by.pk:
        reason = "repetition" if last.verb == verb else "status"
        return TransitionRefused(_("You %(done)s %(ago)s.") % {"done": done, "ago": ago}, reason)
    who = last.by or _("The portal")
    sentence = _("%(who)s %(done)s %(ago)s. Nothing was changed.") % {"who": who, "done": done, "ago": ago}
    return TransitionRefused(sentence, "status")


def _not_assigned(tenant_request: TenantRequest) -> str:
    if tenant_request.assignee is None:
        return _("Nobody has taken this request. Take it first, then decide.")
    return _("%(name)s has this request. Take it over first, then decide.") % {"name": tenant_request.assignee}


# The verbs


def submit(
    tenant_request: TenantRequest, *, by: User, sent: "sending.Ticked", version: int | None = None
) -> TenantRequest:
    """Send a draft, or a corrected request again. Raises sending.Incomplete where something is missing (R21)."""
    try:
        return _submit(tenant_request, by, sent, version)
    except IntegrityError as error:
        # Two requests for one name, sent in the same moment: the index of R23 decides.
        if "one_open_request_or_tenant_per_name" not in str(error):
            raise
    raise sending.Incomplete([], _("A colleague has just sent a request for the same name. Choose another name."))


def _submit(tenant_request: TenantRequest, by: User, sent: "sending.Ticked", version: int | None) -> TenantRequest:
    with transaction.atomic():
        fresh = _locked(Verb.SUBMIT, tenant_request, by, version)
        previous = fresh.submissions.order_by("-version").first()
        submission = sending.keep(fresh, by, sent)
        now = timezone.now()
        fresh.sent_at = fresh.sent_at or now
        if fresh.assignee_id:
            fresh.free_from = working_days.start_of(working_days.add(working_days.today(now), 1))
        due_on = working_days.add(working_days.today(now), settings.TARGET_WORKING_DAYS)
        event = Event(Verb.SUBMIT, fresh, by, now, submission.data, previous.data if previous else None, due_on=due_on)
        _move(event, save=["version", "name_key", "wanted", "sent_at", "free_from"])
        checks.run(fresh)
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
        _move(_event(Verb.WITHDRAW, fresh, by))
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
        event = _event(Verb.REQUEST_CHANGES, fresh, by, comment=comment, remarks=remarks)
        for remark in remarks:
            remark.tenant_request, remark.version, remark.by, remark.at = fresh, fresh.version, by, event.at
        Remark.objects.bulk_create(remarks)
        _move(event, seen=seen)
        return fresh


def reject(tenant_request: TenantRequest, *, by: User, version: int, comment: str, seen: str = "") -> TenantRequest:
    """End a request with a reason, which the owner reads."""
    if not comment.strip():
        raise TransitionRefused(_("Write the reason: the partner has to know why."))
    with transaction.atomic():
        fresh = _locked(Verb.REJECT, tenant_request, by, version)
        _move(_event(Verb.REJECT, fresh, by, comment=comment), seen=seen)
        return fresh


def approve(
    tenant_request: TenantRequest, *, by: User, version: int, comment: str = "", seen: str = ""
) -> TenantRequest:
    """Let a request through to registering; every check is run again and must pass or be overridden."""
    with transaction.atomic():
        fresh = _locked(Verb.APPROVE, tenant_request, by, version)
        if blocking := [check for check in checks.run(fresh) if not check.lets_through]:
            sentence = _("Approving waits for one check: %(sentence)s") % {"sentence": blocking[0].sentence}
            raise TransitionRefused(sentence)
        _move(_event(Verb.APPROVE, fresh, by, comment=comment), seen=seen)
        return fresh


def register(
    tenant_request: TenantRequest, *, by: User, version: int, tenant: Tenant, comment: str = "", seen: str = ""
) -> TenantRequest:
    """Write down the tenant that was made at Microsoft, and give the technical contact access (R50)."""
    with transaction.atomic():
        fresh = _locked(Verb.REGISTER, tenant_request, by, version)
        event = _event(Verb.REGISTER, fresh, by, comment=comment, tenant=tenant)
        assert event.granted is not None  # noqa: S101 – _event() plans it for this verb
        event = replace(event, link=access.grant(event.granted))
        tenant.tenant_request, tenant.company = fresh, fresh.company
        tenant.registered_at, tenant.registered_by = event.at, by
        tenant.save()
        fresh.name_key = fresh.wanted = tenant.domain
        _move(event, seen=seen, save=["name_key", "wanted"])
        return fresh


def preview(verb: Verb, tenant_request: TenantRequest, *, by: User, **said: Any) -> list[Mail]:
    """The mails of a verb as they would go out now: the same function writes those that are sent (R32)."""
    return announcements.mails(_event(verb, tenant_request, by, **said))


# What all verbs share


def lock(tenant_request: TenantRequest) -> TenantRequest:
    """A fresh copy that nobody else can move until the transaction ends."""
    rows = TenantRequest.objects.select_for_update(of=("self",))
    return rows.select_related("company", "partner", "owner", "assignee").get(pk=tenant_request.pk)


def _locked(verb: Verb, tenant_request: TenantRequest, by: User, version: int | None) -> TenantRequest:
    fresh = lock(tenant_request)
    if why := refusal(verb, fresh, by, version):
        raise why
    return fresh


def _event(verb: Verb, tenant_request: TenantRequest, by: User | None, **said: Any) -> Event:
    """What is about to happen, as the mails tell it."""
    now = timezone.now()
    data = tenant_request.submissions.latest("version").data
    due_on = tenant_request.due_on
    if verb == Verb.REQUEST_CHANGES:
        due_on = working_days.on_or_after(working_days.today(now) + timedelta(days=settings.ANSWER_DAYS))
    if verb == Verb.REGISTER:
        try:
            said["granted"] = access.plan(tenant_request, data["contacts"]["technical"])
        except access.Refused as refused:
            raise TransitionRefused(str(refused)) from None
    return Event(verb, tenant_request, by, now, data, due_on=due_on, **said)


def _move(event: Event, *, seen: str = "", save: Sequence[str] = ()) -> None:
    """Write the status, the history line and the mails of an event."""
    fresh, move = event.tenant_request, TRANSITIONS[Verb(event.verb)]
    mails = announcements.mails(event)
    if seen and digest(mails) != seen:
        raise PreviewChanged(mails)
    before, fresh.status = fresh.status, move.target
    if fresh.status not in OPEN:
        fresh.held_since = fresh.due_on = None
    elif before not in WITH_ARXUS or fresh.status not in WITH_ARXUS:
        fresh.held_since, fresh.due_on = event.at, event.due_on
    fresh.changed_at = event.at
    fresh.save(update_fields=["status", "held_since", "due_on", "changed_at", *save])
    history.write(fresh, event.verb, event.by, before=before, comment=event.comment, at=event.at)
    enqueue(mails)
