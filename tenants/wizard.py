"""The wizard: starting a request, copying one, its steps, taking suggestions over, throwing a draft away."""

import secrets
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, cast
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.current import ActingRequest, for_customer, needs, typed_in
from contacts.methods import answers
from contacts.permissions import Right
from contacts.typed import Typed
from tenants import drafts, history, sending, steps, suggested
from tenants.drafts import EDITABLE
from tenants.models import Remark, TenantRequest
from tenants.persons import Cast
from tenants.questions import ContactsStep, CustomerStep, ExistingStep, MessageStep, MicrosoftStep, StepForm, TenantStep
from tenants.request_page import remarks_with_values
from tenants.steps import Answers, Step
from tenants.views import find

P = ParamSpec("P")


def gives_back_what_was_typed(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Where a colleague deleted the draft meanwhile, whoever typed in it has the text once more, to copy it from there.

    An id that is gone and one that never was are the same 404, with the same words (T01).
    """

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        request = cast(ActingRequest, args[0])
        try:
            return view(*args, **kwargs)
        except Http404:
            if request.method != "POST" or not (typed := Typed.of(request, "").in_full()):
                raise
            return render(request, "tenants/gone.html", {"typed": typed}, status=404)

    return guarded


@typed_in(ContactsStep, MicrosoftStep, TenantStep, ExistingStep, MessageStep)
@needs(Right.REQUEST_TENANTS)
@for_customer
@gives_back_what_was_typed
@answers(["GET", "POST"], find)
def step(request: ActingRequest, public_id: UUID, slug: str) -> HttpResponse:
    """One step. "Save and go on" checks what was typed; all else, a script while typing too, keeps it as it stands."""
    found = editable(request, public_id)
    if found is None:
        return not_editable(request, public_id)
    answers = Answers(found, request.user)
    here = step_of(answers, slug)
    if here.form is None:
        return (
            redirect("tenants:check", public_id) if slug == "check" else redirect("tenants:step", public_id, "customer")
        )
    form, page = answers.form_to_fill(here), name_of_page(request)
    if request.method == "POST":
        form = here.form(request.POST, cast=answers.cast)
        read = request.POST.get("_read", "")
        if drafts.is_old(found, slug, read=read, page=page):
            return _typed_elsewhere(request, answers, here, form, read)
        # To go away from the customer's details is not to say that they are right.
        unsaid = here.form is CustomerStep and _leaves(request)
        wish = _wish(slug, form)
        saving: dict[str, Any] = {"by": request.user, "wish": wish, "page": page, "nth": nth_of(request)}
        if not unsaid and not drafts.keep_step(found, slug, steps.raw(form), **saving):
            return not_editable(request, public_id)
        if _leaves(request):
            return _leave(request, answers)
        answers.read_again()
        if "keep" in request.POST:
            form = answers.form_to_fill(here)
        elif form.is_valid():
            if other := sending.clash(found, wish["name_key"], wish["wanted_id"]):
                messages.warning(request, sending.taken_by(other))
            return redirect("tenants:step", public_id, _following(answers, here).slug)
    if isinstance(form, ContactsStep):
        form.show_people(request.path)
    context = step_context(request, answers, here)
    context["remarks"] = form.show_remarks(context["remarks"])
    kept_at = timezone.localtime() if request.method == "POST" else None
    context |= {"form": form, "kept_at": kept_at, "read": drafts.reading(found, slug), "page": page}
    return render(request, "tenants/step.html", context | {"last": drafts.kept_last(found, slug, request.user)})


def _typed_elsewhere(request: ActingRequest, answers: Answers, here: Step, form: StepForm, read: str) -> HttpResponse:
    """Another page kept this step since this one was opened: nothing is written over that unless it is meant."""
    found = answers.tenant_request
    if "keep" in request.POST:
        return render(request, "tenants/_not_kept.html", status=409)
    if drafts.reading_of(steps.raw(form)) == read:
        # Nothing was typed here, so there is nothing to keep.
        following = _following(answers, here).slug
        return _leave(request, answers) if _leaves(request) else redirect("tenants:step", found.public_id, following)
    mine = type(form)(cast=answers.cast)
    mine.initial = steps.raw(form)
    context = step_context(request, answers, here) | {"remarks": [], "form": mine, "elsewhere": True}
    context |= {"read": drafts.reading(found, here.slug), "page": request.POST.get("_page", "")}
    context["last"] = drafts.kept_last(found, here.slug, request.user)
    return render(request, "tenants/step.html", context, status=409)


def name_of_page(request: ActingRequest) -> str:
    """What tells a page of a step from the same step in another tab; it keeps its name while it is shown again."""
    named = request.POST.get("_page", "")[:20]
    return named if named and named.isascii() and named.isprintable() else secrets.token_urlsafe(9)


def nth_of(request: ActingRequest) -> int:
    """The how-many-th saving of its page a POST is: what a script sent before a button may come after it (keep.js)."""
    said = request.POST.get("_nth", "")
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else 0


def _leaves(request: ActingRequest) -> bool:
    """Whether a button was pressed that keeps the step as it stands, right or not, and leads elsewhere."""
    return any(button in request.POST for button in ("to", "new_contact", "stop"))


def _leave(request: ActingRequest, answers: Answers) -> HttpResponse:
    found = answers.tenant_request
    if "to" in request.POST:
        return redirect("tenants:step", found.public_id, step_of(answers, request.POST["to"]).slug)
    if "new_contact" in request.POST:
        return redirect(f"{reverse('contacts:contact_add')}?{urlencode({'next': request.path})}")
    return stopped(request, found)


def stopped(request: ActingRequest, found: TenantRequest) -> HttpResponse:
    """Away from a request that is kept as it stands."""
    messages.success(request, _("Kept. You can go on with %(number)s at any time.") % {"number": found.number})
    return redirect("tenants:requests")


def _wish(slug: str, form: StepForm) -> Mapping[str, Any]:
    """What the step of the tenant asks for, once it is right (R23)."""
    if slug not in ("tenant", "existing") or not form.is_valid():
        return drafts.NO_WISH
    return sending.asked_for({slug: steps.plain(form.cleaned_data)})


@needs(Right.REQUEST_TENANTS)
@for_customer
@answers(["POST"], find)
def suggestions(request: ActingRequest, public_id: UUID) -> HttpResponse:
    """Take over one suggested value, or all of them (R36)."""
    found = editable(request, public_id)
    if found is None:
        return not_editable(request, public_id)
    remarks = found.remarks.filter(version=found.version, one_click=True).exclude(suggestion="")
    if one := request.POST.get("remark"):
        remarks = remarks.filter(pk=int(one) if one.isdecimal() and len(one) < 18 else 0)
    rows = remarks_with_values(remarks, found.sent_data, found)  # type: ignore[attr-defined]  # editable() brought it
    # One's own newer answer gives way only where the button said so (R36).
    wanted = [row["remark"] for row in rows if row["typed"] in ("", request.POST.get("instead", ""))]
    stays = [str(row["label"]) for row in rows if row["remark"] not in wanted]
    if stays:
        said = _("Something else was typed there since, so it stays: %(fields)s. Choose between the two below.")
        messages.warning(request, said % {"fields": ", ".join(stays)})
    if wanted or not stays:
        _take_over(request, found, wanted)
    return redirect("tenants:request", public_id)


def _take_over(request: ActingRequest, found: TenantRequest, wanted: list[Remark]) -> None:
    used = suggested.use_suggestions(found, wanted, by=request.user)
    if used and used == len(wanted):
        messages.success(request, _("Taken over. Nothing is sent yet: check the answers, then send again."))
    elif used:
        said = _("%(used)s of %(all)s are taken over. The fields refuse the others: change those yourself, then send.")
        messages.warning(request, said % {"used": used, "all": len(wanted)})
    else:
        messages.warning(request, _("Nothing was taken over: the field refuses this value. Change it yourself."))


def editable(request: ActingRequest, public_id: UUID) -> TenantRequest | None:
    rows = TenantRequest.objects.with_last_submission().with_accepted_by(request.user).with_clash()
    found = find(request, public_id, rows)
    return found if found.status in EDITABLE else None


def not_editable(request: ActingRequest, public_id: UUID) -> HttpResponse:
    """Sent already, here or in another tab: the request's page says where it stands.

    Whoever was still typing in a step sees what they typed once more, to copy it from there.
    """
    typed = Typed.of(request, "").in_full()
    if request.method == "POST" and typed and request.resolver_match and request.resolver_match.url_name == "step":
        return too_late(request, public_id)
    if request.method == "POST":
        messages.info(request, _("This request is with Arxus or ended, so nothing was changed. It stands as below."))
    return redirect("tenants:request", public_id)


def too_late(request: ActingRequest, public_id: UUID) -> HttpResponse:
    """Who moved it on meanwhile, what can be done now, and what was typed, in words."""
    found = find(request, public_id)
    people = {ref: person.name for ref, person in Cast(found.company, request.user).items()}
    line = found.history.filter(to_status=found.status).exclude(from_status=found.status).select_related("by").first()
    context = {
        "found": found,
        "typed": Typed.of(request, "").in_full(people),
        "line": line,
        "did": history.WORDS[line.verb] if line else "",
        "may_copy": drafts.may_be_copied(found) and found.status in drafts.FREE,
    }
    return render(request, "tenants/too_late.html", context, status=409)


def step_of(answers: Answers, slug: str) -> Step:
    rows = {step.slug: step for step in answers.steps}
    if slug not in rows:
        raise Http404
    return rows[slug]


def _following(answers: Answers, here: Step) -> Step:
    rows = answers.steps
    return rows[rows.index(here) + 1]


def step_context(request: ActingRequest, answers: Answers, here: Step) -> dict[str, Any]:
    """What every page of the wizard shows: the steps with their state, and where one is."""
    found = answers.tenant_request
    public_id = found.public_id
    looks = {"done": "done", "attention": "look", "todo": "to_do"}
    rows = [
        {
            "title": step.title,
            "slug": step.slug,
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
        "nth": nth_of(request),
        # Of the steps that ask something, as lists count them.
        "done": sum(bool(step.form) and answers.state(step) == "done" for step in answers.steps),
        "remarks": remarks_with_values(remarks, {}, found) if found.version and here.form else [],
    }
