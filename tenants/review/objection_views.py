"""The page on which staff settle what a contact said is not right (R37)."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from contacts import seal
from notifications.outbox import digest
from tenants import objections
from tenants.review import typed
from tenants.review.forms import SettleForm
from tenants.review.page import ReviewPage
from tenants.review.views import PAGE, deciding, render, typed_before
from tenants.transitions import TransitionRefused


@require_http_methods(["GET", "POST"])
@deciding
def settle(request: HttpRequest, page: ReviewPage, objection_id: int) -> HttpResponse:
    """The reason, the mail exactly as it goes out, then the act (R32)."""
    objection = get_object_or_404(page.tenant_request.objections.select_related("settled_by"), pk=objection_id)
    objection.tenant_request = page.tenant_request
    form = SettleForm(request.POST or None, initial=typed_before(request))
    why = objections.refusal_to_settle(objection, page.reader)
    ready = request.method == "POST" and form.is_valid() and why is None
    if ready and "decide" in request.POST:
        reason, seen = form.cleaned_data["reason"], request.POST.get("seen") or "-"
        try:
            objections.settle(objection, by=page.reader, reason=reason, seen=seen)
        except TransitionRefused as refused:
            why = refused
        else:
            seal.drop_kept_for(request, request.path)
            messages.success(request, _("Settled. %(name)s is told by mail.") % {"name": objection.name})
            return redirect(PAGE, page.tenant_request.pk)
    mails = objections.preview(objection, by=page.reader, reason=form.cleaned_data["reason"]) if ready else []
    context = {
        "page": page,
        "objection": objection,
        "form": form,
        "why": why,
        "closed": why is not None and why.reason != "version",
        "typed": typed.in_words(form) if form.is_bound else [],
        "mails": mails,
        "seen": digest(mails),
        "title": _("Settle what %(name)s says") % {"name": objection.name},
    }
    return render(request, "tenantrequest/settle.html", context, 409 if why and request.method == "POST" else 200)
