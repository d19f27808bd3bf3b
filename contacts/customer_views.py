"""Customer Management: the customers of a partner, and the details of the one that somebody works for."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from contacts import history, meanwhile, relation
from contacts.current import ActingRequest, for_customer, for_partner, for_partners_people, get_or_404, needs, typed_in
from contacts.customer_forms import CustomerForm, NumberForm
from contacts.methods import answers
from contacts.models import Company
from contacts.pages import next_or, page_of
from contacts.permissions import Right


@require_safe
@needs(Right.VIEW)
@for_partner
def customers(request: ActingRequest) -> HttpResponse:
    """The partner's customers, by name or number, by relation."""
    query = request.GET.get("q", "").replace("\0", "").strip()[:100]
    wanted = request.GET.get("relation", "")
    found = request.acting.company.customers.search(query)
    if wanted in Company.Relation.values:
        found = found.filter(relation=wanted)
    context = {
        "page": page_of(found, request, "sort_name", "pk"),
        "count": found.count(),
        "query": query,
        "relation": wanted,
        "relations": Company.Relation.choices,
        "filtered": bool(query or wanted),
        "to_confirm": relation.to_confirm(request.acting.company),
    }
    return render(request, "contacts/customers.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@typed_in(CustomerForm)
@needs(Right.EDIT_CUSTOMERS)
@for_partner
def customer_add(request: ActingRequest) -> HttpResponse:
    """Country and number first; then the details; then the customer is there and can be worked for."""
    partner = request.acting.company
    if request.method == "POST":
        form = CustomerForm(request.POST, partner=partner)
        company = form.store(by=request.user) if form.is_valid() else None
        if company:
            history.added(request.acting, company)
            return redirect("contacts:customer_added", company.public_id)
        return render(request, "contacts/customer_add.html", {"form": form})
    number = NumberForm(request.GET if "enterprise_number" in request.GET else None)
    if not number.is_bound or not number.is_valid():
        return render(request, "contacts/customer_number.html", {"form": number})
    known = partner.customers.filter(enterprise_number=number.cleaned_data["enterprise_number"]).first()
    if known:
        return render(request, "contacts/customer_number.html", {"form": number, "known": known})
    initial: dict[str, Any] = number.cleaned_data
    return render(request, "contacts/customer_add.html", {"form": CustomerForm(initial=initial, partner=partner)})


@needs(Right.VIEW)
@for_partner
@answers(["GET", "HEAD"], lambda request, public_id: _customer(request, public_id))
def customer_added(request: ActingRequest, public_id: UUID) -> HttpResponse:
    """The customer is there; the one button goes on as that customer."""
    company = _customer(request, public_id)
    return render(request, "contacts/customer_added.html", {"company": company})


@require_safe
@needs(Right.VIEW)
@for_partners_people
@for_customer
def customer(request: ActingRequest) -> HttpResponse:
    """The details of the customer that one works for."""
    company = request.acting.company
    return render(request, "contacts/customer.html", {"company": company, "prepared": relation.prepared(company)})


@require_http_methods(["GET", "HEAD", "POST"])
@typed_in(CustomerForm)
@needs(Right.EDIT_CUSTOMERS)
@for_customer
def customer_edit(request: ActingRequest) -> HttpResponse:
    """Change the details; an old page first says what a colleague changed since."""
    partner = request.acting.partner
    with meanwhile.holding(request):
        rows = Company.objects.select_related("partner")
        if request.method == "POST":
            rows = rows.select_for_update(of=("self",), no_key=True)
        company = rows.get(pk=request.acting.company.pk)
        opened = meanwhile.opened(request, lambda data: CustomerForm(data, instance=company, partner=partner), company)
        if opened.may_be_kept and opened.form.store(by=request.user):
            history.changed(request.acting, company, opened.form)
            messages.success(request, _("The details are kept. Requests that were sent stay as they were sent."))
            return redirect(next_or(request, "contacts:customer"))
    context = {"form": opened.form, "opened": opened, "company": company}
    return render(request, "contacts/customer_edit.html", context, status=opened.status)


def _customer(request: ActingRequest, public_id: UUID) -> Company:
    return get_or_404(request.acting.company.customers.all(), public_id=public_id)
