"""The pages on which staff write down more about a registered tenant."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from contacts import seal
from tenants import working_days
from tenants.models import Tenant
from tenants.review import registered, typed
from tenants.review.forms import AcceptedForm, HandOverForm
from tenants.review.page import ReviewPage
from tenants.review.views import PAGE, deciding, render, typed_before
from tenants.transitions import TransitionRefused


@require_http_methods(["GET", "POST"])
@deciding
def agreement_accepted(request: HttpRequest, page: ReviewPage) -> HttpResponse:
    """On which day the customer accepted Microsoft's agreement; another day, or that it did not after all."""
    tenant, found, by = page.tenant, page.tenant_request, page.reader
    accepted = tenant is not None and tenant.agreement == Tenant.MicrosoftAgreement.DONE
    on, before = tenant.agreement_accepted_on if tenant else None, typed_before(request)
    sent = working_days.today(found.sent_at)
    form = AcceptedForm(request.POST or None, sent=sent, on=on, initial=before)
    why = registered.refusal_about_agreement(found, tenant, by)
    seen = request.POST.get("seen", Tenant.MicrosoftAgreement.PENDING)
    if request.method == "POST" and ("take_back" in request.POST or form.is_valid()):
        try:
            if "take_back" in request.POST:
                registered.take_agreement_back(found, by=by, seen=seen)
            else:
                registered.accept_agreement(found, by=by, on=form.cleaned_data["accepted_on"], seen=seen)
        except TransitionRefused as refused:
            why = refused
        else:
            seal.drop_kept_for(request, request.path)
            messages.success(request, _("Written down. Nobody gets a mail about it."))
            return redirect(PAGE, found.pk)
    lead = _("The customer accepted the Microsoft Customer Agreement. Nobody gets a mail about it.")
    title = _("The agreement was accepted")
    if accepted:
        lead = _("Write another day, or that it was not accepted after all. Nobody gets a mail about it.")
        title = _("Correct when the agreement was accepted")
    more = {"seen": registered.standing(tenant) if tenant else "", "take_back": accepted}
    return _page(request, page, form, why, title, lead, **more)


@require_http_methods(["GET", "POST"])
@deciding
def hand_over(request: HttpRequest, page: ReviewPage) -> HttpResponse:
    """How the first Microsoft login was handed over, as it should read."""
    initial = {"first_login": page.tenant.first_login if page.tenant else ""}
    form = HandOverForm(request.POST or None, initial=initial | (typed_before(request) or {}))
    why = registered.refusal_to_reword(page.tenant_request, page.tenant, page.reader)
    if request.method == "POST" and form.is_valid():
        try:
            registered.reword_hand_over(page.tenant_request, by=page.reader, text=form.cleaned_data["first_login"])
        except TransitionRefused as refused:
            why = refused
        else:
            seal.drop_kept_for(request, request.path)
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
    **more: Any,
) -> HttpResponse:
    context = {"page": page, "form": form, "why": why, "title": title, "lead": lead, **more}
    context["typed"] = typed.in_words(form) if form.is_bound else []
    status = 200
    if why:
        status = 403 if why.reason in ("permission", "own") else 409
    return render(request, "tenantrequest/registered.html", context, status if request.method == "POST" else 200)
