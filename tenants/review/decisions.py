"""One page per decision: what will happen, what the reviewer types, and the mails exactly as they will go out (R32)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications.outbox import Mail
from tenants import access, waiting, workflow, working_days
from tenants.models import TenantRequest, WaitsFor
from tenants.review.correction_form import CorrectionForm
from tenants.review.decision_forms import (
    ApproveForm,
    CancelForm,
    DecisionForm,
    FailForm,
    RejectForm,
    ReopenForm,
    WaitForm,
)
from tenants.review.page import ReviewPage
from tenants.review.register_form import RegisterForm
from tenants.review.send_back_form import SendBackForm
from tenants.transitions import Verb


@dataclass(frozen=True)
class Decision:
    """A staff verb as a page: its form, its words, the function that does it."""

    verb: str
    title: Any
    form: type[DecisionForm]
    do: Callable[..., TenantRequest]
    act: Any
    done: Any
    lead: Callable[[ReviewPage], str]
    # The mails it would send; verbs share one function.
    preview: Callable[..., list[Mail]] | None = None

    def mails(self, page: ReviewPage, said: dict[str, Any]) -> list[Mail]:
        if self.preview:
            return self.preview(page.tenant_request, by=page.reader, **said)
        # What the page has looked up already is not looked up again.
        known: dict[str, Any] = {"data": page.sent.data}
        if self.verb == Verb.REGISTER and isinstance(page.granted, access.Plan):
            known["granted"] = page.granted
        return workflow.preview(Verb(self.verb), page.tenant_request, by=page.reader, **known, **said)


def _day(day: date) -> str:
    return date_format(day, "l j F Y")


def _send_back(page: ReviewPage) -> str:
    # The day that workflow.request_changes() will write down.
    answer_by = working_days.on_or_after(working_days.today() + timedelta(days=settings.ANSWER_DAYS))
    said = {"partner": page.tenant_request.partner, "day": _day(answer_by)}
    return _("The request goes back to %(partner)s until %(day)s, and returns to you when they answer.") % said


def _reject(page: ReviewPage) -> str:
    told = _day(working_days.add(working_days.today(), 1))
    said = {"owner": page.tenant_request.owner, "day": told}
    return (
        _(
            "The request ends here. %(owner)s reads the reason; the contacts hear on %(day)s that it ended, without the"
            " reason."
        )
        % said
    )


def _approve(page: ReviewPage) -> str:
    due_on = page.tenant_request.due_on
    said = {"day": _day(due_on) if due_on else _("soon")}
    return (
        _("Every check is run once more; then you set the tenant up at Microsoft. Arxus’s target stays %(day)s.") % said
    )


def _fail(page: ReviewPage) -> str:
    more = _(", and that it can be withdrawn now") if page.stop_asked else ""
    said = {"owner": page.tenant_request.owner, "more": more}
    return (
        _(
            "The request goes back to being checked, and stays with you. %(owner)s reads that there was a"
            " hitch%(more)s; Arxus’s target runs on."
        )
        % said
    )


def _cancel(page: ReviewPage) -> str:
    said = {"owner": page.tenant_request.owner}
    return (
        _(
            "The request ends here, for good. %(owner)s reads the reason; the contacts hear at once that it ended,"
            " without the reason."
        )
        % said
    )


def _reopen(page: ReviewPage) -> str:
    due_on = working_days.add(working_days.today(), settings.TARGET_WORKING_DAYS)
    said = _(
        "The rejection is undone: you have the request, and Arxus checks it by %(day)s. Whoever was not told yet that"
        " it ended, is not told."
    ) % {"day": _day(due_on)}
    former = page.tenant_request.assignee
    if former and former != page.reader:
        said += " " + _("%(name)s, who had it, is told that it is with you.") % {"name": former}
    return said


def _correct(page: ReviewPage) -> str:
    return _(
        "The tenant stays as it is at Microsoft; what is written down here changes, and all who were told are told."
    )


def _register(page: ReviewPage) -> str:
    plan, person = page.granted, page.sent.data["contacts"]["technical"]
    if isinstance(plan, access.Refused):
        return str(plan)
    said = {"name": f"{person['first_name']} {person['last_name']}", "company": plan.home}
    return {
        "new": _("%(name)s gets an account for %(company)s and a link to activate it."),
        "added": _("%(name)s has an account; access to %(company)s is added to it."),
        "already": _("%(name)s has access to %(company)s already, and is told that the tenant is ready."),
    }[plan.kind] % said


def _wait(page: ReviewPage) -> str:
    found = page.tenant_request
    now = _("It waits for %(whom)s now.") % {"whom": WaitsFor(found.waits_for).label}
    return now + " " + _("Arxus’s target counts only while it waits for Arxus; the partner sees whom it waits for.")


DECISIONS: dict[str, Decision] = {
    Verb.REQUEST_CHANGES: Decision(
        Verb.REQUEST_CHANGES,
        gettext_lazy("Ask for changes"),
        SendBackForm,
        workflow.request_changes,
        gettext_lazy("Send back and mail %(readers)s"),
        gettext_lazy("Sent back."),
        _send_back,
    ),
    Verb.REJECT: Decision(
        Verb.REJECT,
        gettext_lazy("Reject"),
        RejectForm,
        workflow.reject,
        gettext_lazy("Reject and mail %(readers)s"),
        gettext_lazy("Rejected."),
        _reject,
    ),
    Verb.APPROVE: Decision(
        Verb.APPROVE,
        gettext_lazy("Approve"),
        ApproveForm,
        workflow.approve,
        gettext_lazy("Approve and mail %(readers)s"),
        gettext_lazy("Approved."),
        _approve,
    ),
    Verb.REGISTER: Decision(
        Verb.REGISTER,
        gettext_lazy("Register"),
        RegisterForm,
        workflow.register,
        gettext_lazy("Register and mail %(readers)s"),
        gettext_lazy("Registered."),
        _register,
    ),
    Verb.FAIL: Decision(
        Verb.FAIL,
        gettext_lazy("Report a hitch"),
        FailForm,
        workflow.fail,
        gettext_lazy("Put back and mail %(readers)s"),
        gettext_lazy("Put back to being checked."),
        _fail,
    ),
    Verb.CANCEL: Decision(
        Verb.CANCEL,
        gettext_lazy("Cancel the request"),
        CancelForm,
        workflow.cancel,
        gettext_lazy("Cancel the request and mail %(readers)s"),
        gettext_lazy("Cancelled."),
        _cancel,
    ),
    Verb.REOPEN: Decision(
        Verb.REOPEN,
        gettext_lazy("Reopen"),
        ReopenForm,
        workflow.reopen,
        gettext_lazy("Reopen and mail %(readers)s"),
        gettext_lazy("Open again, and yours."),
        _reopen,
    ),
    Verb.CORRECT_REGISTRATION: Decision(
        Verb.CORRECT_REGISTRATION,
        gettext_lazy("Correct the registration"),
        CorrectionForm,
        workflow.correct_registration,
        gettext_lazy("Correct it and mail %(readers)s"),
        gettext_lazy("Corrected."),
        _correct,
    ),
    waiting.ACT: Decision(
        waiting.ACT,
        gettext_lazy("Whom it waits for"),
        WaitForm,
        waiting.wait_for,
        gettext_lazy("Write it down and mail %(readers)s"),
        gettext_lazy("Written down."),
        _wait,
        waiting.preview,
    ),
}
