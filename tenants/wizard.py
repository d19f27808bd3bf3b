"""The wizard: starting a request, its steps, checking the answers, sending."""

from datetime import date
from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from contacts import deleted
from contacts.current import ActingRequest, for_customer, needs, typed_in
from contacts.login import place_of
from contacts.methods import answers
from contacts.models import Language
from contacts.permissions import Right
from contacts.seal import Typed
from tenants import announcements, drafts, sending, statements, steps, summary, workflow, working_days
from tenants.agreements.views import keep_the_file
from tenants.drafts import EDITABLE
from tenants.events import Event
from tenants.forms import CheckForm
from tenants.models import Kind, Statement, TenantRequest
from tenants.questions import ContactsStep, ExistingStep, MessageStep, MicrosoftStep, TenantStep
from tenants.request_page import remarks_with_values
from tenants.steps import Answers, Step
from tenants.transitions import TransitionRefused, Verb
from tenants.views import find, not_now


@require_http_methods(["GET", "POST"])
@needs(Right.REQUEST_TENANTS)
@for_customer
def start(request: ActingRequest) -> HttpResponse:
    """Say what each kind of request needs; the POST makes the draft, which is a row from here on (R20)."""
    if not request.acting.partner.tenant_configuration:
        return render(request, "tenants/switched_off.html", status=403)
    if request.method == "POST":
        kind = request.POST.get("kind", Kind.CREATE)
        if kind not in Kind.values:
            raise Http404
        draft = drafts.start(request.acting.company, by=request.user, kind=Kind(kind))
        return redirect("tenants:step", draft.public_id, "customer")
    return render(request, "tenants/start.html")


@needs(Right.REQUEST_TENANTS)
@for_customer
@answers(["POST"], find)
def copy(request: ActingRequest, public_id: UUID) -> HttpResponse:
    """Start again with the answers of a request that ended."""
    found = find(request, public_id)
    if not request.acting.partner.tenant_configuration:
        return render(request, "tenants/switched_off.html", status=403)
    if found.status not in drafts.ENDED:
        messages.info(request, _("Only a request that has ended is copied. This one goes on: it stands as below."))
        return redirect("tenants:request", public_id)
    draft = drafts.start_again(found, by=request.user)
    said = _("A draft with the answers of %(number)s. Nothing is sent yet: look at each step, then send it.")
    messages.success(request, said % {"number": found.number})
    return redirect("tenants:step", draft.public_id, "customer")


@typed_in(ContactsStep, MicrosoftStep, TenantStep, ExistingStep, MessageStep)
@needs(Right.REQUEST_TENANTS)
@for_customer
@answers(["GET", "POST"], find)
def step(request: ActingRequest, public_id: UUID, slug: str) -> HttpResponse:
    """One step. "Save and go on" checks what was typed; all else, a script while typing too, keeps it as it stands."""
    found = _editable(request, public_id)
    if found is None:
        return _not_editable(request, public_id)
    answers = Answers(found, request.user)
    here = _step(answers, slug)
    if here.form is None:
        return (
            redirect("tenants:check", public_id) if slug == "check" else redirect("tenants:step", public_id, "customer")
        )
    form = answers.form_to_fill(here)
    if request.method == "POST":
        if request.POST.get("_read") != drafts.reading(found, slug) and "keep" in request.POST:
            return render(request, "tenants/_not_kept.html", status=409)
        form = here.form(request.POST, cast=answers.cast)
        if not drafts.keep_step(found, slug, steps.raw(form), by=request.user):
            return _not_editable(request, public_id)
        if "stop" in request.POST:
            messages.success(request, _("Kept. You can go on with %(number)s at any time.") % {"number": found.number})
            return redirect("tenants:requests")
        if "new_contact" in request.POST:
            return redirect(f"{reverse('contacts:contact_add')}?{urlencode({'next': request.path})}")
        answers.read_again()
        if "keep" in request.POST:
            form = answers.form_to_fill(here)
        elif form.is_valid():
            _warn_of_a_clash(request, found, {slug: steps.plain(form.cleaned_data)})
            return redirect("tenants:step", public_id, _following(answers, here).slug)
    if isinstance(form, ContactsStep):
        form.show_people(request.path)
    context = _step_context(request, answers, here)
    context["remarks"] = form.show_remarks(context["remarks"])
    kept_at = timezone.localtime() if request.method == "POST" else None
    context |= {"form": form, "kept_at": kept_at, "read": drafts.reading(found, slug)}
    return render(request, "tenants/step.html", context)


def _warn_of_a_clash(request: ActingRequest, found: TenantRequest, data: dict[str, Any]) -> None:
    """R23: the partner's own other request for this tenant stops the sending, so it is said while one types."""
    if not data.keys() & {"tenant", "existing"}:
        return
    wish = sending.asked_for(data)
    if other := sending.clash(found, wish["name_key"], wish["wanted_id"]):
        said = _("%(number)s of your company already asks for %(wanted)s. This one cannot be sent beside it.")
        messages.warning(request, said % {"number": other.number, "wanted": wish["wanted"]})


@typed_in(CheckForm, going_on=gettext_lazy("Going on sends the request to Arxus, with what you stated."))
@needs(Right.REQUEST_TENANTS)
@for_customer
@answers(["GET", "POST"], find)
def check(request: ActingRequest, public_id: UUID) -> HttpResponse:
    """Everything as Arxus will receive it, what is stated, who hears of it; and the button that sends."""
    found = _editable(request, public_id)
    if found is None:
        return _sent_already(request, public_id)
    if not found.version and not request.acting.partner.tenant_configuration:
        return render(request, "tenants/switched_off.html", status=403)
    answers = Answers(found, request.user)
    here = _step(answers, "check")
    context = _step_context(request, answers, here)
    if answers.missing:
        if request.method == "POST":
            messages.warning(request, _("Not sent yet: something is missing. It is listed below."))
        return render(request, "tenants/incomplete.html", context | {"missing": answers.missing})
    data = answers.data()
    asked = statements.applying(data, partner=str(found.partner), customer=str(found.company), by=request.user)
    make = partial(
        CheckForm,
        asked=asked,
        to_accept=statements.not_covered(asked, _accepted(found)),
        tenant_request=found,
        reading=sending.reading(data, asked),
    )
    form = make(request.POST or None, request.FILES or None)
    if request.method == "POST":
        form = keep_the_file(request, form, make)
        if form.is_valid() and (sent := _send(request, found, form)):
            return sent
    context |= {
        "form": form,
        "sections": summary.sections(data),
        "target": _target(),
        "told": _told(request, found, data),
    }
    return render(request, "tenants/check.html", context)


def _send(request: ActingRequest, found: TenantRequest, form: CheckForm) -> HttpResponse | None:
    ticked = form.ticked(ip_address=place_of(request))
    try:
        workflow.submit(found, by=request.user, sent=ticked)
    except sending.Changed as changed:
        messages.warning(request, str(changed))
        return redirect("tenants:check", found.public_id)
    except sending.Incomplete as incomplete:
        form.add_error(None, str(incomplete))
        return None
    except TransitionRefused as refused:
        return not_now(request, found, refused)
    day = _target()
    messages.success(request, _("Sent. Arxus answers by %(day)s.") % {"day": date_format(day, "l j F Y")})
    return redirect("tenants:request", found.public_id)


@needs(Right.REQUEST_TENANTS)
@for_customer
@answers(["POST"], find)
def suggestions(request: ActingRequest, public_id: UUID) -> HttpResponse:
    """Take over one suggested value, or all of them (R36)."""
    found = _editable(request, public_id)
    if found is None:
        return _not_editable(request, public_id)
    remarks = found.remarks.filter(version=found.version).exclude(suggestion="")
    if wanted := request.POST.get("remark"):
        remarks = remarks.filter(pk=int(wanted) if wanted.isdecimal() and len(wanted) < 18 else 0)
    if drafts.use_suggestions(found, remarks, by=request.user):
        messages.success(request, _("Taken over. Nothing is sent yet: check the answers, then send again."))
    else:
        messages.warning(request, _("Nothing was taken over: the field refuses this value. Change it yourself."))
    return redirect("tenants:request", public_id)


@needs(Right.REQUEST_TENANTS)
@for_customer
@deleted.gone_to("tenants:requests")
@answers(["GET", "POST"], find)
def delete(request: ActingRequest, public_id: UUID) -> HttpResponse:
    """Throw a draft away; what was sent once can only be withdrawn."""
    found = _editable(request, public_id)
    if found is None or found.version:
        return _not_editable(request, public_id)
    if request.method == "POST":
        drafts.delete(found, by=request.user)
        deleted.remember(request, public_id)
        messages.success(request, _("The draft %(number)s is deleted.") % {"number": found.number})
        return redirect("tenants:requests")
    return render(request, "tenants/delete.html", {"found": found})


def _accepted(found: TenantRequest) -> list[Statement]:
    return [Statement(**fields) for fields in found.accepted]  # type: ignore[attr-defined]  # with_accepted_by()


def _editable(request: ActingRequest, public_id: UUID) -> TenantRequest | None:
    rows = TenantRequest.objects.with_last_submission().with_accepted_by(request.user)
    found = find(request, public_id, rows)
    return found if found.status in EDITABLE else None


def _not_editable(request: ActingRequest, public_id: UUID) -> HttpResponse:
    """Sent already, here or in another tab: the request's page says where it stands.

    Whoever was still typing in a step sees what they typed once more, to copy it from there.
    """
    typed = Typed.of(request, "").in_full()
    if request.method == "POST" and typed and request.resolver_match and request.resolver_match.url_name == "step":
        return _too_late(request, public_id)
    if request.method == "POST":
        messages.info(request, _("This request is with Arxus or ended, so nothing was changed. It stands as below."))
    return redirect("tenants:request", public_id)


def _too_late(request: ActingRequest, public_id: UUID) -> HttpResponse:
    typed = Typed.of(request, "").in_full()
    return render(request, "tenants/too_late.html", {"public_id": public_id, "typed": typed}, status=409)


def _sent_already(request: ActingRequest, public_id: UUID) -> HttpResponse:
    """The last page sent twice is one sending (T28); one that said something else is told that it was not (T29)."""
    last = find(request, public_id).submissions.last()
    if request.method == "POST" and last and request.POST.get("seen") != sending.reading_of(last):
        return _too_late(request, public_id)
    return _not_editable(request, public_id)


def _step(answers: Answers, slug: str) -> Step:
    rows = {step.slug: step for step in answers.steps}
    if slug not in rows:
        raise Http404
    return rows[slug]


def _following(answers: Answers, here: Step) -> Step:
    rows = answers.steps
    return rows[rows.index(here) + 1]


def _step_context(request: ActingRequest, answers: Answers, here: Step) -> dict[str, Any]:
    """What every page of the wizard shows: the steps with their state, and where one is."""
    found = answers.tenant_request
    public_id = found.public_id
    looks = {"done": "done", "attention": "look", "todo": "to_do"}
    rows = [
        {
            "title": step.title,
            "url": reverse("tenants:check", args=[public_id])
            if step.slug == "check"
            else reverse("tenants:step", args=[public_id, step.slug]),
            "state": looks[answers.state(step)],
            "current": step == here,
        }
        for step in answers.steps
    ]
    remarks = found.remarks.filter(version=found.version, field__startswith=f"{here.slug}.").select_related("by")
    return {
        "found": found,
        "step": here,
        "steps": rows,
        "number": answers.steps.index(here) + 1,
        "done": sum(row["state"] == "done" for row in rows),
        "remarks": remarks_with_values(remarks, {}, {}) if found.version and here.form else [],
    }


def _target() -> date:
    return working_days.add(working_days.today(), settings.TARGET_WORKING_DAYS)


def _told(request: ActingRequest, found: TenantRequest, data: dict[str, Any]) -> list[str]:
    """Sentences that say who hears of the sending, and in which language."""
    previous = found.sent_data  # type: ignore[attr-defined]  # with_last_submission() brought it along
    event = Event(Verb.SUBMIT, found, request.user, timezone.now(), data, previous, owners=())
    sentences = {
        "confirmation": _("%(name)s gets a confirmation in %(language)s."),
        "confirmation_changed": _("%(name)s reads in %(language)s what changed."),
        "no_longer_named": _("%(name)s reads in %(language)s that the request no longer names them."),
    }
    return [
        sentences[reader.told[0][0]] % {"name": reader.name, "language": Language(reader.language).label}
        for reader in announcements.readers(event)
        if reader.told[0][0] in sentences
    ]
