"""A draft begins, as a copy too, or is thrown away; wizard.py has the pages on which it is filled in."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from contacts import deleted
from contacts.current import ActingRequest, for_customer, needs
from contacts.methods import answers
from contacts.permissions import Right
from tenants import drafts
from tenants.models import Kind
from tenants.views import find
from tenants.wizard import editable, not_editable


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
    return render(request, "tenants/start.html", {"target_days": settings.TARGET_WORKING_DAYS})


@needs(Right.REQUEST_TENANTS)
@for_customer
@answers(["POST"], find)
def copy(request: ActingRequest, public_id: UUID) -> HttpResponse:
    """Start again with the answers of a request, whatever its status (R20)."""
    found = find(request, public_id)
    if not request.acting.partner.tenant_configuration:
        return render(request, "tenants/switched_off.html", status=403)
    draft = drafts.start_again(found, by=request.user)
    said = _("A draft with the answers of %(number)s. Nothing is sent yet: look at each step, then send it.")
    messages.success(request, said % {"number": found.number})
    return redirect("tenants:step", draft.public_id, "customer")


@needs(Right.REQUEST_TENANTS)
@for_customer
@deleted.gone_to("tenants:requests")
@answers(["GET", "POST"], find)
def delete(request: ActingRequest, public_id: UUID) -> HttpResponse:
    """Throw a draft away; what was sent once can only be withdrawn."""
    found = editable(request, public_id)
    if found is None or found.version:
        return not_editable(request, public_id)
    if request.method == "POST":
        drafts.delete(found, by=request.user)
        deleted.remember(request, public_id)
        messages.success(request, _("The draft %(number)s is deleted.") % {"number": found.number})
        return redirect("tenants:requests")
    return render(request, "tenants/delete.html", {"found": found})
