"""The company switch, and what was typed when a session ended."""

from typing import cast

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from contacts import seal
from contacts.acting import reachable
from contacts.current import get_or_404, switch_to, unsealed
from contacts.invitation_views import no_company
from contacts.models import User
from contacts.pages import next_or, page_of


@unsealed
@require_http_methods(["GET", "HEAD", "POST"])
def switch(request: HttpRequest) -> HttpResponse:
    """The companies one may work for; a POST switches to one of them (R04)."""
    user = cast(User, request.user)
    if user.is_staff and request.method != "POST":
        return redirect("admin:index")
    companies = reachable(user)
    if request.method == "POST":
        switch_to(request, get_or_404(companies, public_id=request.POST.get("company", "")))
        return redirect(next_or(request, "home"))
    if "company" in request.GET:
        return HttpResponseNotAllowed(["POST"])
    query = request.GET.get("q", "").replace("\0", "").strip()[:100]
    own = [membership.company for membership in user.memberships.select_related("company")]
    if not own:
        return no_company(request)
    found = companies.exclude(pk__in=[company.pk for company in own])
    page = page_of(found.search(query), request, "sort_name", "pk")
    return render(request, "contacts/switch.html", {"own": own, "page": page, "query": query})


@unsealed
@require_http_methods(["GET", "HEAD", "POST"])
def kept(request: HttpRequest) -> HttpResponse:
    """What was typed when the session ended, offered again after login; a POST drops it."""
    found = seal.kept(request)
    if request.method == "POST" or not found:
        seal.drop_kept(request)
        return redirect("home")
    typed, company = found
    context = {
        "case": "kept" if company else "gone",
        "company": company,
        "typed": typed,
        "typed_seal": typed.seal,
        "may_go_on": bool(company),
    }
    return render(request, "contacts/form_refused.html", context)
