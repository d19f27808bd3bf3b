"""The life of a request as one table, and who may move it now (R30, R31). Buttons, admin, docs and tests read it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.contrib.humanize.templatetags.humanize import naturaltime
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import User
from contacts.permissions import Right, rights_of
from tenants.models import OPEN, WITH_ARXUS, Objection, Status, TenantRequest


class Verb(StrEnum):
    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    NAME_ANOTHER = "name_another"
    REQUEST_CHANGES = "request_changes"
    REJECT = "reject"
    APPROVE = "approve"
    REGISTER = "register"
    FAIL = "fail"
    CANCEL = "cancel"
    REOPEN = "reopen"
    CORRECT_REGISTRATION = "correct_registration"


@dataclass(frozen=True)
class Move:
    """A row of the table: from where to where a verb leads, whose verb it is, and what is said once it is done."""

    sources: tuple[Status, ...]
    target: Status
    by: str
    done: Any


TRANSITIONS: dict[Verb, Move] = {
    Verb.SUBMIT: Move(
        (Status.DRAFT, Status.CHANGES_REQUESTED),
        Status.TO_VALIDATE,
        "partner",
        gettext_lazy("sent this request to Arxus"),
    ),
    Verb.WITHDRAW: Move(OPEN, Status.WITHDRAWN, "partner", gettext_lazy("withdrew this request")),
    Verb.NAME_ANOTHER: Move(
        WITH_ARXUS, Status.CHANGES_REQUESTED, "partner", gettext_lazy("took this request back to name another person")
    ),
    Verb.REQUEST_CHANGES: Move(WITH_ARXUS, Status.CHANGES_REQUESTED, "staff", gettext_lazy("asked for changes")),
    Verb.REJECT: Move(WITH_ARXUS, Status.REJECTED, "staff", gettext_lazy("rejected this request")),
    Verb.APPROVE: Move((Status.TO_VALIDATE,), Status.REGISTERING, "staff", gettext_lazy("approved this request")),
    Verb.REGISTER: Move((Status.REGISTERING,), Status.REGISTERED, "staff", gettext_lazy("registered the tenant")),
    Verb.FAIL: Move((Status.REGISTERING,), Status.TO_VALIDATE, "staff", gettext_lazy("reported a hitch")),
    Verb.CANCEL: Move((Status.REGISTERING,), Status.WITHDRAWN, "staff", gettext_lazy("cancelled this request")),
    Verb.REOPEN: Move((Status.REJECTED,), Status.TO_VALIDATE, "staff", gettext_lazy("reopened this request")),
    Verb.CORRECT_REGISTRATION: Move(
        (Status.REGISTERED,), Status.REGISTERED, "lead", gettext_lazy("corrected the registration")
    ),
}
# The right that each side of Arxus needs, and what is said to those of Arxus who lack it.
_STAFF = {
    "staff": (
        "tenants.decide_tenantrequest",
        gettext_lazy("You have no right to decide requests. Ask a validation lead."),
    ),
    "lead": (
        "tenants.correct_registration",
        gettext_lazy("Only a validation lead corrects a registration. Ask one."),
    ),
}


class TransitionRefused(Exception):
    """A verb is not allowed now; the text is a sentence for whoever asked, `reason` which of R30's reasons it is."""

    def __init__(self, sentence: str, reason: str = "condition") -> None:
        super().__init__(sentence)
        self.sentence, self.reason = sentence, reason


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
        return TransitionRefused(_no_right(move, by), "permission")
    if tenant_request.status not in move.sources:
        return too_late(verb, tenant_request, by)
    if version is not None and version != tenant_request.version:
        return changed_since(tenant_request, version)
    if move.by in _STAFF:
        if why := decides_about_oneself(tenant_request, by):
            return why
        # What has ended waits for nobody and cannot be taken: whoever reopens it has it from then on.
        if tenant_request.is_open and tenant_request.assignee_id != by.pk:
            return TransitionRefused(_not_assigned(tenant_request), "assignment")
    if verb == Verb.SUBMIT and not tenant_request.version and not tenant_request.partner.tenant_configuration:
        sentence = _("Arxus has switched Tenant Configuration off for %(partner)s: nothing new can be sent now.")
        return TransitionRefused(sentence % {"partner": tenant_request.partner})
    if verb == Verb.WITHDRAW and tenant_request.status == Status.REGISTERING and tenant_request.started_at:
        if tenant_request.stop_asked_at:
            sentence = _("Arxus has started at Microsoft, and has been asked to stop. It decides, and you get a mail.")
            return TransitionRefused(sentence)
        return TransitionRefused(_("Arxus has started at Microsoft, so it can no longer be withdrawn. Ask it to stop."))
    return None


def allowed(tenant_request: TenantRequest, by: User, rights: frozenset[Right] | None = None) -> list[Verb]:
    """The verbs that `by` may do now."""
    here = [verb for verb, move in TRANSITIONS.items() if tenant_request.status in move.sources]
    return [verb for verb in here if refusal(verb, tenant_request, by, rights=rights) is None]


def _has_permission(
    move: Move, tenant_request: TenantRequest, by: User, rights: frozenset[Right] | None = None
) -> bool:
    if move.by in _STAFF:
        return by.is_active and by.is_staff and by.has_perm(_STAFF[move.by][0])
    return lacks_the_right_of_partners(tenant_request, by, rights) is None


def _no_right(move: Move, by: User) -> str:
    if by.is_staff and move.by in _STAFF:
        return str(_STAFF[move.by][1])
    return _no_right_of_partners()


def _no_right_of_partners() -> str:
    return _("You have no right to do this. Ask an administrator of your company.")


def lacks_the_right_of_partners(
    tenant_request: TenantRequest, by: User, rights: frozenset[Right] | None = None
) -> TransitionRefused | None:
    """Why `by` may do nothing about a request for its partner, or None; `rights` where the caller has asked already."""
    if Right.REQUEST_TENANTS in (rights_of(by, tenant_request.company) if rights is None else rights):
        return None
    return TransitionRefused(_no_right_of_partners(), "permission")


def is_involved(tenant_request: TenantRequest, by: User) -> bool:
    """R31: whoever created, sent or owns a request, or is named in it, never decides it."""
    if by.pk in (tenant_request.created_by_id, tenant_request.owner_id):
        return True
    return any(s.sent_by_id == by.pk or by.email in s.emails for s in tenant_request.submissions.all())


def decides_about_oneself(tenant_request: TenantRequest, by: User) -> TransitionRefused | None:
    """The refusal of R31, for whatever staff do about a request."""
    if not is_involved(tenant_request, by):
        return None
    return TransitionRefused(_("You sent, own or are named in this request, so a colleague decides about it."), "own")


def may_decide(by: User) -> bool:
    """Whether somebody is one of those who decide (T31)."""
    return by.is_active and by.is_staff and by.has_perm(_STAFF["staff"][0])


def lacks_the_right(by: User) -> TransitionRefused | None:
    """Why somebody may decide about no request at all."""
    return None if may_decide(by) else TransitionRefused(str(_STAFF["staff"][1]), "permission")


def too_late(verb: str, tenant_request: TenantRequest, by: User) -> TransitionRefused:
    """Who was faster and when, or what the status forbids (R30, R33)."""
    last = tenant_request.history.filter(verb__in=list(Verb)).select_related("by").first()
    if last is None:
        return TransitionRefused(_("This request has not been sent yet."), "status")
    done, when = TRANSITIONS[Verb(last.verb)].done, ago(last.at)
    if last.by_id == by.pk:
        reason = "repetition" if last.verb == verb else "status"
        return TransitionRefused(_("You %(done)s %(ago)s.") % {"done": done, "ago": when}, reason)
    who = last.by or _("The portal")
    sentence = _("%(who)s %(done)s %(ago)s. Nothing was changed.") % {"who": who, "done": done, "ago": when}
    return TransitionRefused(sentence, "status")


def ago(at: datetime) -> str:
    """ "two minutes ago", as it stands within a sentence."""
    # Of the last second, naturaltime says "now".
    return _("just now") if timezone.now() - at < timedelta(seconds=1) else str(naturaltime(at))


def changed_since(tenant_request: TenantRequest, version: int) -> TransitionRefused:
    """What became of the version that somebody has opened (R34)."""
    later = tenant_request.submissions.filter(version__gt=version).select_related("corrected_by")
    who = {row.corrected_by for row in later}
    if None in who or not who:
        sentence = _("This request was sent again since you opened it. Look at what changed.")
    elif tenant_request.status == Status.REGISTERED:
        sentence = _("%(who)s changed a contact since you opened it. Look at what changed.")
    else:
        sentence = _("%(who)s corrected a person since you opened it. Look at what changed.")
    return TransitionRefused(sentence % {"who": ", ".join(sorted(str(one) for one in who))}, "version")


def objected(objection: Objection) -> str:
    """Why nothing is approved or registered while an objection is open (R37)."""
    sentence = _("%(name)s says that something is not right. Settle that first, then decide.")
    return sentence % {"name": objection.name}


def _not_assigned(tenant_request: TenantRequest) -> str:
    if tenant_request.assignee is None:
        return _("Nobody has taken this request. Take it first, then decide.")
    return _("%(name)s has this request. Take it over first, then decide.") % {"name": tenant_request.assignee}
