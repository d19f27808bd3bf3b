"""The page behind "This is not right" in a confirmation (R37): no login, and opening it changes nothing."""

from functools import wraps
from typing import Any
from uuid import UUID

from allauth.core.internal import ratelimit
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from contacts import limits
from contacts.current import unsealed
from contacts.people import LONGEST_TEXT
from tenants import objections
from tenants.forms import ObjectionForm
from tenants.transitions import TransitionRefused

LIMIT = "20/h/ip"


def _public(view: Any) -> Any:
    """For whoever has the link; no search engine keeps it, and no other site hears of it."""

    @unsealed
    @login_not_required
    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = view(request, *args, **kwargs)
        response["X-Robots-Tag"] = "noindex"
        return response

    return shown


@_public
@require_http_methods(["GET", "HEAD", "POST"])
def objection(request: HttpRequest, public_id: UUID, token: str) -> HttpResponse:
    """Say what is not right; one page, whatever is wrong with the link."""
    if request.method == "POST" and limits.is_reached(request, "objection", LIMIT, app="tenants"):
        return ratelimit.respond_429(request)
    found = objections.find(public_id, token)
    if found is None:
        return render(request, "tenants/objection_unknown.html", status=404)
    tenant_request, objector = found
    why = objections.refusal(tenant_request, objector)
    form = ObjectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            objections.object_to(tenant_request, objector, form.cleaned_data["text"])
            return redirect("tenants:objection_sent")
        except TransitionRefused as refused:
            why = refused.sentence
    # When, not what: the mail with the link may have been forwarded.
    last = objections.unsettled(tenant_request, objector).order_by("-raised_at").first()
    # As it was typed, whether the form would take it or not: nobody else has it.
    typed = request.POST.get("text", "").strip()[:LONGEST_TEXT] if why else ""
    context = {"found": tenant_request, "form": form, "why": why, "last": last, "typed": typed}
    return render(request, "tenants/objection.html", context, status=409 if why and request.method == "POST" else 200)


@_public
@require_safe
def objection_sent(request: HttpRequest) -> HttpResponse:
    return render(request, "tenants/objection_sent.html")
