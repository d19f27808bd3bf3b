"""The pages on which staff write down more about a registered tenant."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tenants.review import registered
from tenants.review.forms import AcceptedForm, HandOverForm
from tenants.review.page import ReviewPage
from tenants.review.views import PAGE, deciding, render
from tenants.transitions import TransitionRefused


@require_http_methods(["GET", "POST"])
@deciding
def agreement_accepted(request: HttpRequest, page: ReviewPage) -> HttpResponse:
    """On which day the customer accepted Microsoft's agreement."""
    form = AcceptedForm(request.POST or None)
    why = registered.refusal_to_accept(page.tenant_request, page.tenant, page.reader)
    if request.method == "POST" and form.is_valid():
        try:
            registered.accept_agreement(page.tenant_request, by=page.reader, on=form.cleaned_data["accepted_on"])
        except TransitionRefused as refused:
            why = refused
        else:
            messages.success(request, _("Written down. Nobody gets a mail about it."))
            return redirect(PAGE, page.tenant_request.pk)
    lead = _("The customer accepted the Microsoft Customer Agreement. Nobody gets a mail about it.")
    return _page(request, page, form, why, _("The agreement was accepted"), lead)


@require_http_methods(["GET", "POST"])
@deciding
def hand_over(request: HttpRequest, page: ReviewPage) -> HttpResponse:
    """How the first Microsoft login was handed over, as it should read."""
    initial = {"first_login": page.tenant.first_login if page.tenant else ""}
    form = HandOverForm(request.POST or None, initial=initial)
    why = registered.refusal_to_reword(page.tenant_request, page.tenant, page.reader)
    if request.method == "POST" and form.is_valid():
        try:
            registered.reword_hand_over(page.tenant_request, by=page.reader, text=form.cleaned_data["first_login"])
        except TransitionRefused as refused:
            why = refused
        else:
            messages.success(request, _("Corrected. The former words are kept nowhere."))
            return redirect(PAGE, page.tenant_request.pk)
    lead = _("What stands here replaces the former words, which are kept nowhere. The history says that you did it.")
    return _page(request, page, form, why, _("Correct how the first login was handed over"), lead)


def _page(
    request: HttpRequest,
    page: ReviewPage,
    form: AcceptedForm | HandOverForm,
    why: TransitionRefused | None,
    title: str,
    lead: str,
) -> HttpResponse:
    context = {"page": page, "form": form, "why": why, "title": title, "lead": lead}
    status = 200
    if why:
        status = 403 if why.reason in ("permission", "own") else 409
    return render(request, "tenantrequest/registered.html", context, status if request.method == "POST" else 200)
