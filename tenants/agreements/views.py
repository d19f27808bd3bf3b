"""The agreements of a customer, for its partner’s people alone (R06): the list, the file, and what is done to them."""

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from contacts import deleted, history
from contacts.current import ActingRequest, for_customer, for_partners_people, get_or_404, needs, typed_in
from contacts.methods import answers
from contacts.pages import page_of
from contacts.permissions import Right
from tenants import working_days
from tenants.agreements import documents, keeping
from tenants.agreements.forms import AgreementForm
from tenants.models import OPEN, Agreement, TenantRequest

F = TypeVar("F", bound=AgreementForm)


@require_safe
@needs(Right.VIEW)
@for_partners_people
@for_customer
def agreements(request: ActingRequest) -> HttpResponse:
    """Those that can be used, then those that are over."""
    rows = Agreement.objects.shown_to(request.acting).with_use().select_related("replaced_by")
    today = working_days.today()
    page = page_of(rows, request, "-stated_at", "-pk")
    context = {
        "page": page,
        "count": rows.count(),
        "rows": [
            {"row": row, "state": _state(row), "in_use": not row.retired_at and not row.is_over(today)}
            for row in page.rows
        ],
    }
    return render(request, "tenants/agreements.html", context)


def _state(row: Agreement) -> tuple[str, str]:
    """A badge and its words."""
    if row.replaced_by_id:
        return "withdrawn", _("Replaced")
    if row.is_over(working_days.today()):
        return "withdrawn", _("Over")
    return "registered", _("Can be used")


@require_http_methods(["GET", "HEAD", "POST"])
@typed_in(AgreementForm)
@needs(Right.EDIT_CUSTOMERS)
@for_customer
def add(request: ActingRequest) -> HttpResponse:
    return _give(request, None)


@typed_in(AgreementForm)
@needs(Right.EDIT_CUSTOMERS)
@for_customer
@answers(["GET", "HEAD", "POST"], lambda request, public_id: _find(request, public_id))
def replace(request: ActingRequest, public_id: UUID) -> HttpResponse:
    """A newer one in its place: what was sent with the older one keeps that (T36)."""
    found = _find(request, public_id)
    if found.retired_at:
        messages.info(request, _("This agreement has been ended or replaced already."))
        return redirect("tenants:agreements")
    return _give(request, found)


def _give(request: ActingRequest, instead_of: Agreement | None) -> HttpResponse:
    data, files = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = AgreementForm(data, files, customer=request.acting.company, instead_of=instead_of)
    if form.is_bound and form.is_valid():
        assert form.given is not None  # noqa: S101 – without known ones nothing else is valid
        try:
            kept = keeping.keep(request.acting.company, form.given, by=request.user, instead_of=instead_of)
        except keeping.NotKept as refused:
            form.add_error("agreement_file" if form.given.document else None, str(refused))
        else:
            history.added(request.acting, kept)
            if instead_of:
                history.noted(request.acting, instead_of, _("Replaced."))
            messages.success(request, _("%(reference)s is kept. Nothing was sent.") % {"reference": kept})
            return redirect("tenants:agreements")
    return render(request, "tenants/agreement_form.html", {"form": form, "instead_of": instead_of})


@needs(Right.EDIT_CUSTOMERS)
@for_customer
@answers(["GET", "HEAD", "POST"], lambda request, public_id: _find(request, public_id))
def end(request: ActingRequest, public_id: UUID) -> HttpResponse:
    """Say which requests wait for another one then, and end it."""
    found = _find(request, public_id)
    if request.method == "POST" and keeping.end(found, by=request.user):
        history.noted(request.acting, found, _("Ended."))
        messages.success(request, _("%(reference)s can no longer be used.") % {"reference": found})
        return redirect("tenants:agreements")
    if request.method == "POST" or found.retired_at:
        messages.info(request, _("This agreement has been ended or replaced already."))
        return redirect("tenants:agreements")
    named = TenantRequest.objects.filter(submissions__agreement=found, status__in=OPEN).distinct()
    return render(request, "tenants/agreement_end.html", {"found": found, "named": named[:25]})


@needs(Right.EDIT_CUSTOMERS)
@for_customer
@deleted.gone_to("tenants:agreements")
@answers(["GET", "HEAD", "POST"], lambda request, public_id: _find(request, public_id))
def delete(request: ActingRequest, public_id: UUID) -> HttpResponse:
    """Throw away what no request names."""
    found = _find(request, public_id)
    named = found.submissions.exists()
    if request.method == "POST":
        if named or not keeping.delete(found):
            messages.warning(request, _("%(reference)s stays: a request names it.") % {"reference": found})
        else:
            deleted.remember(request, public_id)
            history.noted(request.acting, found, _("Deleted."))
            messages.success(request, _("%(reference)s is deleted.") % {"reference": found})
        return redirect("tenants:agreements")
    return render(request, "tenants/agreement_delete.html", {"found": found, "named": named})


@needs(Right.VIEW)
@answers(["GET", "HEAD"], lambda request, public_id: _find(request, public_id))
def download(request: ActingRequest, public_id: UUID) -> HttpResponse:
    """The document, to be saved; for everybody who does not work for its customer at the partner it does not exist."""
    found = get_or_404(Agreement.objects.shown_to(request.acting).exclude(stored_as=""), public_id=public_id)
    try:
        return documents.response(found)
    except documents.Damaged:
        messages.error(request, damaged(found))
        return redirect("tenants:agreements")


def damaged(agreement: Agreement) -> str:
    sentence = _("The document of %(reference)s is no longer as it was uploaded, so Arxus does not hand it out.")
    return sentence % {"reference": agreement}


def _find(request: ActingRequest, public_id: UUID) -> Any:
    return get_or_404(Agreement.objects.shown_to(request.acting), public_id=public_id)


def keep_the_file(request: ActingRequest, form: F, make: Callable[..., F]) -> F:
    """A file that passed is kept at once, whatever else has to be corrected: nobody chooses it twice."""
    form.is_valid()
    if not form.given or not form.given.document:
        return form
    try:
        kept = keeping.keep(request.acting.company, form.given, by=request.user)
    except keeping.NotKept as refused:
        form.add_error("agreement_file", str(refused))
        return form
    history.added(request.acting, kept)
    typed = request.POST.copy()
    for name in form.FIELDS:
        typed.pop(name, None)
    typed["agreement"] = str(kept.public_id)
    return make(typed)
