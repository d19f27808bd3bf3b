"""Whether a customer knows Arxus: staff change it here, on a page that first shows everything that follows (R14)."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from contacts import relation as relations
from contacts import seal, value_add
from contacts.fields import DomainsField
from contacts.models import Company, Contact
from tenants import relation
from tenants.review.decision_forms import helper
from tenants.review.views import render, staff, typed_before


class DomainsForm(forms.Form):
    """The customer's e-mail domains: without them nobody could tell who is somebody there."""

    email_domains = DomainsField(
        label=gettext_lazy("E-mail domains of the customer"),
        help_text=gettext_lazy("Several are separated by commas. Arxus writes to no address at or below them."),
        error_messages={"required": gettext_lazy("Write the domains, so that nobody there is written to by mistake.")},
    )

    def __init__(self, data: Any, *, company: Company, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial={"email_domains": company.email_domains} | (initial or {}))
        self.company = company
        self.helper = helper(self)

    def clean_email_domains(self) -> list[str]:
        domains: list[str] = self.cleaned_data["email_domains"]
        partner = self.company.partner
        if partner and (own := value_add.own_address_at(partner, domains)):
            raise forms.ValidationError(value_add.own_sentence(partner, own))
        return domains


@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Towards "does not know Arxus" it is done here; towards "knows Arxus" it is prepared, and the partner confirms."""
    if not staff(request).has_perm("contacts.change_relation"):
        raise PermissionDenied(_("You have no right to change a relation. Ask a validation lead."))
    customers = Company.objects.select_related("partner").filter(kind=Company.Kind.CUSTOMER)
    company = get_object_or_404(customers, pk=pk)
    if company.relation == Company.Relation.VAP:
        return _towards_reseller(request, company)
    return _towards_vap(request, company)


def _towards_vap(request: HttpRequest, company: Company) -> HttpResponse:
    typed, before = request.method == "POST", typed_before(request)
    form = DomainsForm(request.POST if typed else None, company=company, initial=before)
    # What comes back after a login is looked at before anything is shown to follow from it.
    domains = [] if before else company.email_domains
    if typed:
        domains = form.cleaned_data["email_domains"] if form.is_valid() else []
    by, refused, status = staff(request), "", 200
    if "do" in request.POST and domains:
        try:
            relation.no_longer_knows(company, domains, by=by, seen=request.POST.get("seen", ""))
        except relations.RelationRefused as why:
            refused, status = str(why), 409
            company.refresh_from_db()
        else:
            seal.drop_kept_for(request, request.path)
            said = _("%(customer)s no longer knows Arxus: nobody there is written to.") % {"customer": company}
            messages.success(request, said)
            return redirect("admin:contacts_company_change", company.pk)
    plan = relation.plan(company, domains, by=by) if domains and company.relation != Company.Relation.VAP else None
    contacts = Contact.objects.of(company).active().count()
    context = {"company": company, "form": form, "plan": plan, "refused": refused, "contacts": contacts}
    context["title"] = _("%(customer)s does not know Arxus") % {"customer": company}
    return render(request, "relation.html", context, status)


def _towards_reseller(request: HttpRequest, company: Company) -> HttpResponse:
    if request.method == "POST":
        try:
            _prepare(request, company)
        except relations.RelationRefused as why:
            messages.warning(request, str(why))
        return redirect(request.path)
    context = {
        "company": company,
        "prepared": relations.prepared(company),
        "statement": relations.statement(company),
        "title": _("%(customer)s knows Arxus") % {"customer": company},
    }
    return render(request, "relation_prepare.html", context)


def _prepare(request: HttpRequest, company: Company) -> None:
    if "take_back" in request.POST:
        relations.take_back(company, by=staff(request))
        messages.success(request, _("Taken back. %(partner)s can no longer confirm.") % {"partner": company.partner})
    else:
        relations.prepare(company, by=staff(request))
        said = _("Prepared. It counts as soon as %(partner)s confirms, under Customer details.")
        messages.success(request, said % {"partner": company.partner})
