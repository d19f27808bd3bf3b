"""The last page of the wizard: everything as Arxus will receive it, what is stated, and the button that sends."""

from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.current import ActingRequest, for_customer, needs, typed_in
from contacts.login import place_of
from contacts.methods import answers
from contacts.models import Language
from contacts.permissions import Right
from tenants import announcements, drafts, sending, since, statements, summary, workflow, working_days
from tenants.agreements.views import keep_the_file
from tenants.events import Event
from tenants.forms import CheckForm
from tenants.models import Statement, TenantRequest
from tenants.steps import Answers, Missing
from tenants.transitions import TransitionRefused, Verb
from tenants.views import find, not_now
from tenants.wizard import (
    editable,
    gives_back_what_was_typed,
    name_of_page,
    not_editable,
    nth_of,
    step_context,
    step_of,
    stopped,
    too_late,
)

# What a mail of the sending is to its reader: oneself, or somebody else.
YOURS = {
    "confirmation": gettext_lazy("You get a confirmation in %(language)s."),
    "confirmation_changed": gettext_lazy("You read in %(language)s what changed."),
    "no_longer_named": gettext_lazy("You read in %(language)s that the request no longer names you."),
}
THEIRS = {
    "confirmation": gettext_lazy("%(name)s gets a confirmation in %(language)s."),
    "confirmation_changed": gettext_lazy("%(name)s reads in %(language)s what changed."),
    "no_longer_named": gettext_lazy("%(name)s reads in %(language)s that the request no longer names them."),
}


@typed_in(CheckForm, going_on=gettext_lazy("Going on sends the request to Arxus, with what you stated."))
@needs(Right.REQUEST_TENANTS)
@for_customer
@gives_back_what_was_typed
@answers(["GET", "POST"], find)
def check(request: ActingRequest, public_id: UUID) -> HttpResponse:
    """Everything as Arxus will receive it, what is stated, who hears of it; and the button that sends."""
    found = editable(request, public_id)
    if found is None:
        return _sent_already(request, public_id)
    if not found.version and not request.acting.partner.tenant_configuration:
        return render(request, "tenants/switched_off.html", status=403)
    answers = Answers(found, request.user)
    context = step_context(request, answers, step_of(answers, "check"))
    if missing := answers.missing or _clash(found, answers):
        if request.method == "POST":
            messages.warning(request, _("Not sent yet: what keeps it from being sent is listed below."))
        return render(request, "tenants/incomplete.html", context | {"missing": missing})
    page = _LastPage(request, found, answers.data(), context)
    if request.method != "POST":
        return page.shown(page.opened())
    return page.kept() if "keep" in request.POST else page.posted()


class _LastPage:
    """The page for one reader: what it asks them to state, what is kept of their ticks, and what sending answers."""

    def __init__(
        self, request: ActingRequest, found: TenantRequest, data: dict[str, Any], context: dict[str, Any]
    ) -> None:
        self.request, self.found, self.data, self.context = request, found, data, context
        asked = statements.applying(data, partner=str(found.partner), customer=str(found.company), by=request.user)
        # Keeping the ticks makes the reader the last who typed.
        self.colleague = found.changed_by if found.changed_by != request.user else None
        self.reading, self.name = sending.reading(data, asked), name_of_page(request)
        to_accept = statements.not_covered(asked, _accepted(found))
        self.make = partial(CheckForm, asked=asked, to_accept=to_accept, tenant_request=found, reading=self.reading)

    def opened(self) -> CheckForm:
        return self.make(None, ticks=drafts.ticks_of(self.found, self.request.user))

    def kept(self) -> HttpResponse:
        """What a script sends while somebody ticks."""
        read = self.request.POST.get("_read", "")
        if drafts.is_old(self.found, drafts.LAST_PAGE, read=read, page=self.name):
            return render(self.request, "tenants/_not_kept.html", status=409)
        self._keep(self._typed())
        return self.shown(self.opened())

    def posted(self) -> HttpResponse:
        """Send the request, or leave it for later; what reads differently by now is shown before."""
        request = self.request
        form = keep_the_file(request, self._typed(), self.make)
        self._keep(form)
        if "stop" in request.POST:
            return stopped(request, self.found)
        if request.POST.get("seen", self.reading) != self.reading:
            return self.shown(self.opened(), changed=True)
        sent = _send(request, self.found, form) if form.is_valid() else None
        return sent or self.shown(form)

    def shown(self, form: CheckForm, *, changed: bool = False) -> HttpResponse:
        request, found = self.request, self.found
        context = self.context | {
            "form": form,
            "kept_at": timezone.localtime() if request.method == "POST" else None,
            "read": drafts.reading(found, drafts.LAST_PAGE),
            "page": self.name,
            "sections": summary.sections(self.data),
            "target": _target(),
            "target_days": settings.TARGET_WORKING_DAYS,
            "told": _told(request, found, self.data),
            "was": since.carry(self.data),
            "changed": changed,
            "colleague": self.colleague,
            "changes": since.since_carried(request.POST.get("_was", ""), self.data) if changed else [],
        }
        status = 429 if form.has_error(NON_FIELD_ERRORS, sending.TooMany.code) else 409 if changed else 200
        return render(request, "tenants/check.html", context, status=status)

    def _typed(self) -> CheckForm:
        request = self.request
        return self.make(request.POST or None, request.FILES or None, ticks=drafts.ticks_of(self.found, request.user))

    def _keep(self, form: CheckForm) -> None:
        drafts.keep_ticks(self.found, form.as_kept(), by=self.request.user, page=self.name, nth=nth_of(self.request))


def _clash(found: TenantRequest, answers: Answers) -> list[Missing]:
    """R23: another request or tenant of the partner keeps a draft from being sent, whatever else is right."""
    other = None if found.version else found.clash_id  # type: ignore[attr-defined]  # with_clash() brought it along
    if not other:
        return []
    here = next(step for step in answers.steps if step.slug in ("tenant", "existing"))
    row = TenantRequest.objects.select_related("company").get(pk=other)
    return [Missing(here, "", "", sending.taken_by(row))]


def _send(request: ActingRequest, found: TenantRequest, form: CheckForm) -> HttpResponse | None:
    ticked = form.ticked(ip_address=place_of(request))
    try:
        workflow.submit(found, by=request.user, sent=ticked)
    except sending.Changed as changed:
        messages.warning(request, str(changed))
        return redirect("tenants:check", found.public_id)
    except sending.Incomplete as incomplete:
        form.add_error(None, ValidationError(str(incomplete), incomplete.code))
        return None
    except TransitionRefused as refused:
        return not_now(request, found, refused)
    day = _target()
    messages.success(request, _("Sent. Arxus answers by %(day)s.") % {"day": date_format(day, "l j F Y")})
    return redirect("tenants:request", found.public_id)


def _accepted(found: TenantRequest) -> list[Statement]:
    return [Statement(**fields) for fields in found.accepted]  # type: ignore[attr-defined]  # with_accepted_by()


def _sent_already(request: ActingRequest, public_id: UUID) -> HttpResponse:
    """The last page sent twice is one sending (T28); one that said something else is told that it was not (T29)."""
    last = find(request, public_id).submissions.last()
    if request.method == "POST" and last and request.POST.get("seen") != sending.reading_of(last):
        return too_late(request, public_id)
    return not_editable(request, public_id)


def _target() -> date:
    return working_days.add(working_days.today(), settings.TARGET_WORKING_DAYS)


def _told(request: ActingRequest, found: TenantRequest, data: dict[str, Any]) -> list[str]:
    """Sentences that say who hears of the sending, and in which language."""
    previous = found.sent_data  # type: ignore[attr-defined]  # with_last_submission() brought it along
    event = Event(Verb.SUBMIT, found, request.user, timezone.now(), data, previous, owners=())
    readers = [reader for reader in announcements.readers(event) if reader.told[0][0] in THEIRS]
    told = []
    for reader in readers:
        sentences = YOURS if reader.email == request.user.email else THEIRS
        said = {"name": reader.name, "language": Language(reader.language).label}
        told.append(str(sentences[reader.told[0][0]]) % said)
    # Each address gets one mail (R17).
    if found.owner == request.user and request.user.email not in {reader.email for reader in readers}:
        told.append(_("You get a copy."))
    elif found.owner.email not in {reader.email for reader in readers}:
        told.append(_("%(name)s gets a copy.") % {"name": found.owner})
    return told
