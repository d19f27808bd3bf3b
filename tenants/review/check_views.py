"""What staff do about a request's checks: look again, override, write down that a user was asked for."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from contacts import seal
from tenants import checks
from tenants.models import Check
from tenants.review import acts, typed
from tenants.review.forms import AskedForm, OverrideForm
from tenants.review.page import ReviewPage
from tenants.review.views import PAGE, act, deciding, render, typed_before
from tenants.transitions import TransitionRefused


@require_POST
@deciding
def run_checks(request: HttpRequest, page: ReviewPage) -> HttpResponse:
    """Look again, at one thing or at everything."""
    kind = request.POST.get("kind", "")
    if kind and kind not in checks.CHECKS:
        raise Http404
    try:
        rows = acts.run_checks(page.tenant_request, by=page.reader, kind=kind)
    except TransitionRefused as refused:
        messages.warning(request, refused.sentence)
    else:
        blocking = [row for row in rows if not row.lets_through]
        said = _looked_again(kind, blocking, solving=page.may_solve)
        messages.add_message(request, messages.WARNING if blocking else messages.SUCCESS, said)
    return redirect(PAGE, page.tenant_request.pk)


def _looked_again(kind: str, blocking: list[Check], *, solving: bool) -> str:
    what = _("“%(check)s” was run again.") % {"check": checks.CHECKS[kind].title} if kind else _("All checks were run.")
    if solving:
        return f"{what} " + (_("It is still to be solved.") if blocking else _("Nothing is left to solve."))
    if not blocking:
        return f"{what} " + _("Nothing blocks approving.")
    titles = ", ".join(str(checks.CHECKS[row.kind].title) for row in blocking)
    return f"{what} " + _("Still in the way of approving: %(checks)s.") % {"checks": titles}


@require_http_methods(["GET", "POST"])
@deciding
def override(request: HttpRequest, page: ReviewPage, kind: str) -> HttpResponse:
    """Let approving pass one check, with a reason (R32)."""
    check = get_object_or_404(page.tenant_request.checks, kind=kind if kind in checks.CHECKS else "")
    form = OverrideForm(request.POST or None, initial=typed_before(request))
    why = acts.refusal_to_override(check, page.tenant_request, page.reader)
    status = 200
    if request.method == "POST" and form.is_valid():
        reason, seen = form.cleaned_data["reason"], request.POST.get("seen", "")
        try:
            acts.override(page.tenant_request, kind, by=page.reader, reason=reason, seen=seen)
        except TransitionRefused as refused:
            why, status = refused, 403 if refused.reason in ("permission", "own") else 409
        else:
            seal.drop_kept_for(request, request.path)
            messages.success(request, _("Overridden: “%(check)s”.") % {"check": checks.CHECKS[kind].title})
            return redirect(PAGE, page.tenant_request.pk)
    context = {"page": page, "check": check, "check_title": checks.CHECKS[kind].title, "form": form, "why": why}
    context |= {"goes_on": why is None or why.reason == "version", "typed": _typed(form)}
    context["title"] = _("Override “%(check)s”") % {"check": checks.CHECKS[kind].title}
    return render(request, "tenantrequest/override.html", context, status)


def _typed(form: OverrideForm | AskedForm) -> list[tuple[str, str]]:
    return typed.in_words(form) if form.is_bound else []


@require_POST
@deciding
def take_override_back(request: HttpRequest, page: ReviewPage, kind: str) -> HttpResponse:
    """Let a check that somebody overrode stop approving again."""
    get_object_or_404(page.tenant_request.checks, kind=kind if kind in checks.CHECKS else "")
    seen, said = request.POST.get("seen", ""), _("Taken back: “%(check)s” counts again.")
    return act(
        request,
        page,
        lambda: acts.take_override_back(page.tenant_request, kind, by=page.reader, seen=seen),
        said % {"check": checks.CHECKS[kind].title},
    )


@require_http_methods(["GET", "POST"])
@deciding
def asked(request: HttpRequest, page: ReviewPage) -> HttpResponse:
    """Write down that a ServiceNow user was asked for (R10)."""
    check = get_object_or_404(page.tenant_request.checks, kind="directory")
    form = AskedForm(request.POST or None, check=check, initial=typed_before(request))
    why = acts.refusal_to_solve(page.tenant_request, page.reader)
    if request.method == "POST" and form.is_valid() and why is None:
        on, case = form.cleaned_data["asked_on"], form.cleaned_data["case_number"]
        try:
            acts.ask_for_user(page.tenant_request, by=page.reader, on=on, case_number=case)
        except TransitionRefused as refused:
            why = refused
        else:
            seal.drop_kept_for(request, request.path)
            said = _("Written down: asked for on %(day)s, case %(case)s.")
            messages.success(request, said % {"day": date_format(on, "j F Y"), "case": case})
            return redirect(PAGE, page.tenant_request.pk)
    context = {"page": page, "check": check, "form": form, "why": why, "typed": _typed(form)}
    context["title"] = _("A ServiceNow user was asked for")
    return render(request, "tenantrequest/asked.html", context, 409 if why and request.method == "POST" else 200)
