"""What staff do to a request beside deciding about it: look again, override, ask for a user, start, send a mail again.

None of these changes the status. Each locks a fresh copy, refuses with a sentence for whoever asked, and writes a line
of history, as the verbs do.
"""

from datetime import date

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import User
from notifications import outbox
from notifications.models import OutgoingEmail
from tenants import announcements, assignment, checks, history, keepers, lost_mails
from tenants.models import Check, Status, TenantRequest, TenantRequestQuerySet
from tenants.transitions import TransitionRefused, decides_about_oneself, lacks_the_right
from tenants.workflow import lock

TOLD = gettext_lazy("It can no longer be taken back: whoever has to correct the address was told by mail.")


def waiting() -> TenantRequestQuerySet:
    """What waits for Arxus, the oldest first."""
    return TenantRequest.objects.sent().waiting_for_arxus().order_by("held_since", "pk")


def free_for(by: User) -> TenantRequestQuerySet:
    """What waits and nobody else keeps."""
    return waiting().filter(keepers.nobody_keeps()).exclude(assignee=by)


def take_oldest(*, by: User) -> TenantRequest | None:
    """Give `by` what waits longest and nobody has; two who ask at once get two different requests."""
    passed: list[int] = []
    with transaction.atomic():
        # One row at a time: a lock on the following ones would hide them from a colleague.
        free = free_for(by).select_for_update(skip_locked=True, of=("self",))
        while candidate := free.exclude(pk__in=passed).first():
            if assignment.refusal_to_take(candidate, by) is None:
                return assignment.take(candidate, by=by)
            passed.append(candidate.pk)
    return None


def take(tenant_request: TenantRequest, *, by: User, seen: int | None) -> TenantRequest:
    """Take a request from nobody, or from the colleague that `by` has seen it with."""
    with transaction.atomic():
        fresh = lock(tenant_request)
        if fresh.assignee_id not in (seen, by.pk) and fresh.assignee:
            sentence = _("%(name)s has taken this request since you opened it.") % {"name": fresh.assignee}
            raise TransitionRefused(sentence, "assignment")
        return assignment.take(fresh, by=by)


def run_checks(tenant_request: TenantRequest, *, by: User, kind: str = "") -> list[Check]:
    """Look again, at everything or at one thing; of a registered tenant only at what is still to be solved (R10)."""
    with transaction.atomic():
        fresh = _locked(tenant_request, by, solving=kind == "directory")
        return checks.run(fresh, [kind] if kind else None)


def refusal_to_override(check: Check, tenant_request: TenantRequest, by: User) -> TransitionRefused | None:
    if why := _refusal(tenant_request, by):
        return why
    if check.lets_through:
        return TransitionRefused(_("This check lets the request through already."), "repetition")
    if not checks.CHECKS[check.kind].overridable:
        said = _("The partner corrects this person, or names another one. Ask for changes, so that they know.")
        return TransitionRefused(said, "status")
    if not checks.may_override(check, by):
        return TransitionRefused(_("Only a lead may override this check."), "permission")
    return None


def override(tenant_request: TenantRequest, kind: str, *, by: User, reason: str, seen: str) -> None:
    """Let approving pass one check; `seen` is the fingerprint of what `by` has looked at."""
    with transaction.atomic():
        fresh = _locked(tenant_request, by)
        check = fresh.checks.select_for_update().get(kind=kind)
        if why := refusal_to_override(check, fresh, by):
            raise why
        if check.fingerprint != seen:
            raise TransitionRefused(_("The check says something else now. Read it again, then decide."), "version")
        checks.override(check, by=by, reason=reason)


def refusal_to_take_override_back(check: Check, tenant_request: TenantRequest, by: User) -> TransitionRefused | None:
    """Whoever may override a check may let it count again."""
    if why := _refusal(tenant_request, by):
        return why
    if check.overridden_at is None:
        return TransitionRefused(_("Nobody overrides this check now."), "repetition")
    if not checks.may_override(check, by):
        return TransitionRefused(_("Only a lead may override this check."), "permission")
    return None


def take_override_back(tenant_request: TenantRequest, kind: str, *, by: User, seen: str) -> None:
    """Let a check count again; `seen` says when it was overridden, as the page of `by` has it."""
    with transaction.atomic():
        fresh = _locked(tenant_request, by)
        check = fresh.checks.select_for_update().get(kind=kind)
        if why := refusal_to_take_override_back(check, fresh, by):
            raise why
        if check.overridden_at and check.overridden_at.isoformat() != seen:
            raise TransitionRefused(_("It was overridden anew since. Read why, then decide."), "version")
        checks.take_override_back(check, by=by)


def refusal_to_solve(tenant_request: TenantRequest, by: User) -> TransitionRefused | None:
    """Why `by` may do nothing about a missing ServiceNow user, which is to be solved after registering too (R10)."""
    return _refusal(tenant_request, by, solving=True)


def ask_for_user(tenant_request: TenantRequest, *, by: User, on: date, case_number: str) -> None:
    """Write down that a ServiceNow user was asked for: "not a user" is for Arxus to solve (R10)."""
    with transaction.atomic():
        fresh = _locked(tenant_request, by, solving=True)
        check = fresh.checks.select_for_update().get(kind="directory")
        check.asked_on, check.case_number = on, case_number
        check.save(update_fields=["asked_on", "case_number"])
        history.write(fresh, "asked_for_user", by, comment=case_number)


def refusal_to_start(tenant_request: TenantRequest, by: User) -> TransitionRefused | None:
    if why := _refusal(tenant_request, by):
        return why
    if tenant_request.status != Status.REGISTERING:
        return TransitionRefused(_("Only an approved request is started at Microsoft."), "status")
    if tenant_request.assignee_id != by.pk:
        return TransitionRefused(_("Take this request first."), "assignment")
    return None


def start_at_microsoft(tenant_request: TenantRequest, *, by: User, started: bool = True) -> TenantRequest:
    """Tick, or untick, "started at Microsoft": from then on the partner cannot withdraw."""
    with transaction.atomic():
        fresh = lock(tenant_request)
        if why := refusal_to_start(fresh, by):
            raise why
        if bool(fresh.started_at) != started:
            fresh.started_at = timezone.now() if started else None
            fresh.save(update_fields=["started_at"])
            history.write(fresh, "started" if started else "not_started", by)
        return fresh


def mails_about(tenant_request: TenantRequest) -> list[OutgoingEmail]:
    """Every mail about a request, newest first, without its texts."""
    rows = OutgoingEmail.objects.filter(about=announcements.about(tenant_request))
    return list(rows.defer("text", "html").order_by("-created_at"))


def send_again(tenant_request: TenantRequest, mail: OutgoingEmail, *, by: User) -> OutgoingEmail:
    """Promise a mail once more (R44). The guards still withhold it if it is no longer true (R45)."""
    with transaction.atomic():
        fresh = lock(tenant_request)
        if why := lacks_the_right(by):
            raise why
        try:
            again = outbox.resend(mail, by)
        except outbox.ResendRefused as refused:
            raise TransitionRefused(str(refused), "repetition") from None
        said = announcements.MAIL_NAMES.get(mail.template, mail.template)
        history.write(fresh, "resend", by, comment=f"{said}, {mail.to_name} <{mail.to_email}>")
        return again


def from_the_list_of_mails(mail: OutgoingEmail, by: AbstractBaseUser) -> OutgoingEmail | None:
    """The same from the list of all mails, for outbox.AGAIN: None for a mail about something else."""
    kind, _colon, pk = mail.about.partition(":")
    found = TenantRequest.objects.filter(pk=pk).first() if kind == "tenant_request" else None
    if found is None or not isinstance(by, User):
        return None
    try:
        return send_again(found, mail, by=by)
    except TransitionRefused as refused:
        raise outbox.ResendRefused(refused.sentence) from None


def came_back(tenant_request: TenantRequest, mail: OutgoingEmail, *, by: User) -> None:
    """Write down that a mail which their server had accepted came back; owner and reviewer are told of it."""
    with transaction.atomic():
        fresh = lock(tenant_request)
        if why := lacks_the_right(by):
            raise why
        if not outbox.came_back(mail, _("Written down by %(name)s, Arxus.") % {"name": by}):
            raise TransitionRefused(_("Only a mail that their server accepted can come back."), "status")
        history.write(fresh, "came_back", by, comment=f"{mail.to_name} <{mail.to_email}>")


def not_back(tenant_request: TenantRequest, mail: OutgoingEmail, *, by: User) -> None:
    """Take back that a mail came back, as long as nobody was told of it."""
    with transaction.atomic():
        fresh = lock(tenant_request)
        if why := lacks_the_right(by):
            raise why
        # Whoever tells of it holds the row meanwhile.
        mail = OutgoingEmail.objects.select_for_update().get(pk=mail.pk)
        if lost_mails.was_told(mail):
            raise TransitionRefused(str(TOLD), "status")
        if not outbox.not_back(mail, _("Accepted; that it came back was a mistake of %(name)s’s.") % {"name": by}):
            raise TransitionRefused(_("Nobody wrote down that this mail came back."), "status")
        history.write(fresh, "not_back", by, comment=f"{mail.to_name} <{mail.to_email}>")


def _locked(tenant_request: TenantRequest, by: User, *, solving: bool = False) -> TenantRequest:
    fresh = lock(tenant_request)
    if why := _refusal(fresh, by, solving=solving):
        raise why
    return fresh


def _refusal(tenant_request: TenantRequest, by: User, *, solving: bool = False) -> TransitionRefused | None:
    if why := lacks_the_right(by):
        return why
    if not tenant_request.with_arxus and not (solving and tenant_request.status == Status.REGISTERED):
        return TransitionRefused(_("This request is not with Arxus now."), "status")
    return decides_about_oneself(tenant_request, by)
