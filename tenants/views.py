"""The pages on which a request is found, followed and withdrawn; wizard.py has those on which it is filled in."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import structlog
from django.contrib import messages
from django.db.models import Count, Window
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from contacts import deleted
from contacts.acting import Acting
from contacts.current import ActingRequest, for_customer, get_or_404, needs, switch_to, typed_in, unsealed
from contacts.methods import answers
from contacts.models import User
from contacts.pages import page_of
from contacts.permissions import Right
from tenants import export as spreadsheet
from tenants import stopping, transitions, unused_links, value_add, waiting, workflow
from tenants.forms import FilterForm, StopForm
from tenants.models import Status, Tenant, TenantRequest, TenantRequestQuerySet
from tenants.named import PLACES, departed
from tenants.request_page import request_page, rows_of_page
from tenants.standing import badge, standing
from tenants.steps import STEPS
from tenants.transitions import TransitionRefused, Verb

log = structlog.get_logger(__name__)


@require_GET
@needs(Right.VIEW)
def requests(request: ActingRequest) -> HttpResponse:
    """Requests and tenants of the acting company; for a partner itself, of all its customers."""
    acting = request.acting
    shown = TenantRequest.objects.shown_to(acting).with_standing()
    shown = shown.select_related("company", "partner", "owner", "assignee")
    # Paging alone filters nothing: the words about an empty list depend on it.
    asked = FilterForm.base_fields.keys() & request.GET.keys()
    form = FilterForm(request.GET if asked else None, acting=acting)
    page = page_of(form.narrow(shown), request, "-changed_at", "-pk")
    ready = Tenant.objects.filter(tenant_request__in=TenantRequest.objects.of(acting.company), live=True)
    ready = ready.select_related("company", "tenant_request")
    tenants = page_of(form.narrow_tenants(ready), request, "-registered_at", "-pk", name="tenants_")
    gone = departed(tenants.rows) if acting.can_request_tenants else {}
    for row in tenants.rows:
        row.gone = gone.get(row.tenant_request_id, [])  # type: ignore[attr-defined]  # for the table alone
    context = {
        "form": form,
        "page": page,
        "rows": [(row, standing(row, acting), badge(row, acting)) for row in page.rows],
        "waiting": _withdrawn_first(acting),
        "tenants": tenants,
    }
    return render(request, "tenants/requests.html", context)


def _withdrawn_first(acting: Acting) -> TenantRequest | None:
    """What lapses first without an answer, whatever page it is on; `all` is how many wait for one. Arxus asks the
    partner alone (R06)."""
    if acting.is_customers_own_user:
        return None
    waiting = TenantRequest.objects.of(acting.company).filter(status=Status.CHANGES_REQUESTED)
    return waiting.annotate(all=Window(Count("pk"))).order_by("due_on", "pk").first()


@require_GET
@needs(Right.VIEW)
def export(request: ActingRequest) -> HttpResponse:
    """The same list as a spreadsheet: the filter counts, and every row of it is there."""
    shown = TenantRequest.objects.shown_to(request.acting).with_standing()
    shown = shown.select_related("company", "partner", "owner", "assignee", "tenant")
    form = FilterForm(request.GET or None, acting=request.acting)
    rows = form.narrow(shown).order_by("-changed_at", "-pk")
    if rows.count() > spreadsheet.MOST:
        messages.warning(request, _("More than 5,000 requests: narrow the filter, then download the list."))
        return redirect(f"{reverse('tenants:requests')}?{request.GET.urlencode()}")
    log.info("requests_exported", company=str(request.acting.company.public_id))
    name = f"{date_format(timezone.localtime(), 'Y-m-d')} requests.xlsx"
    file = HttpResponse(spreadsheet.workbook(rows, request.acting), content_type=spreadsheet.TYPE)
    file["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return file


@needs(Right.VIEW)
@deleted.gone_to("tenants:requests")
@answers(["GET"], lambda request, public_id: find(request, public_id))
def tenant_request(request: ActingRequest, public_id: UUID) -> HttpResponse:
    """Where a request stands, who has it, what comes next and by when; what happened; its mails; what was sent."""
    found = find(request, public_id, rows_of_page())
    if found.version == 0:
        return redirect("tenants:step", public_id, "customer")
    return render(request, "tenants/request.html", request_page(found, request.acting))


@needs(Right.REQUEST_TENANTS)
@for_customer
@answers(["GET", "POST"], lambda request, public_id: find(request, public_id))
def withdraw(request: ActingRequest, public_id: UUID) -> HttpResponse:
    """Say what withdrawing does and whom it mails, then do it."""
    found = find(request, public_id)
    if stopping.refusal_to_ask(found, request.user, request.acting.rights) is None:
        return redirect("tenants:stop", public_id)
    if why := transitions.refusal(Verb.WITHDRAW, found, request.user):
        return not_now(request, found, why)
    if request.method == "POST":
        return done(
            request, found, lambda: workflow.withdraw(found, by=request.user), _("Withdrawn. Nothing more happens.")
        )
    mails = workflow.preview(Verb.WITHDRAW, found, by=request.user)
    unwritten = value_add.unwritten(found, [mail.to_email for mail in mails])
    context = {"found": found, "mails": [(mail, unwritten.get(mail.to_email)) for mail in mails]}
    return render(request, "tenants/withdraw.html", context)


@typed_in(StopForm)
@needs(Right.REQUEST_TENANTS)
@for_customer
@answers(["GET", "POST"], lambda request, public_id: find(request, public_id))
def stop(request: ActingRequest, public_id: UUID) -> HttpResponse:
    """Once Arxus has started at Microsoft a partner cannot withdraw, but ask to stop."""
    found = find(request, public_id)
    if why := stopping.refusal_to_ask(found, request.user, request.acting.rights):
        return not_now(request, found, why)
    form = StopForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        text = form.cleaned_data["text"]
        said = _("Arxus knows that you want to stop, and decides whether that is still possible.")
        return done(request, found, lambda: stopping.ask(found, by=request.user, text=text), said)
    return render(request, "tenants/stop.html", {"found": found, "form": form})


@needs(Right.REQUEST_TENANTS)
@for_customer
@answers(["POST"], lambda request, public_id: find(request, public_id))
def resend_activation(request: ActingRequest, public_id: UUID) -> HttpResponse:
    """Send the technical contact's activation link again; older ones stop working (R53)."""
    found = find(request, public_id)
    try:
        user = unused_links.send_again(found, by=request.user)
    except unused_links.TooMany:
        why = _(
            "No link was sent: three were within the hour, and the last one works. If it does not arrive, ask later."
        )
        return render(request, "tenants/not_now.html", {"found": found, "why": why}, status=429)
    if user:
        messages.success(request, _("The technical contact gets a new link. Older links no longer work."))
    else:
        messages.info(request, _("No link was sent: nobody waits for one."))
    return redirect("tenants:request", public_id)


@needs(Right.REQUEST_TENANTS)
@for_customer
@answers(["POST"], lambda request, public_id: find(request, public_id))
def forwarded(request: ActingRequest, public_id: UUID) -> HttpResponse:
    """The partner has forwarded an invitation of Microsoft to a customer to whom Arxus does not write (R14)."""
    found = find(request, public_id)
    said = _("Written down. Now the customer’s administrator accepts the invitation; the text stays on this page.")
    shown = number_in(request, "invitation")
    return done(request, found, lambda: waiting.forwarded(found, by=request.user, invitation=shown), said)


@unsealed
@answers(["GET", "POST"], lambda request, public_id: _reachable(request, public_id))
def open_for(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The address in mails: one button switches to the customer and opens the request (R04)."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101 – login is required everywhere
    found = _reachable(request, public_id)
    if user.is_staff:
        return redirect("admin:tenants_tenantrequest_change", found.pk)
    acting = getattr(request, "acting", None)
    if request.method == "POST":
        switch_to(request, found.company)
    if request.method == "POST" or (acting and acting.company == found.company):
        return _opened(found, request.GET.get("step", ""), request.GET.get("person", ""))
    return render(request, "tenants/open.html", {"found": found})


def opens(request: ActingRequest) -> str | None:
    """For current.OPENS: an old link to a page of a request leads to the button that switches to its customer."""
    match = request.resolver_match
    if match is None or not match.route.startswith("tenants/<uuid:public_id>/"):
        return None
    found = TenantRequest.objects.reachable_by(request.user).filter(public_id=match.kwargs["public_id"]).first()
    if found is None:
        return None
    slug = match.kwargs.get("slug", "")
    wanted = {"person": slug} if slug in PLACES else {"step": slug or ("contacts" if "contacts" in match.route else "")}
    address = reverse("tenants:open", args=[found.public_id])
    return f"{address}?{urlencode(wanted)}" if any(wanted.values()) else address


def _reachable(request: HttpRequest, public_id: UUID) -> TenantRequest:
    user = request.user
    assert isinstance(user, User)  # noqa: S101 – login is required everywhere
    rows = TenantRequest.objects.sent() if user.is_staff else TenantRequest.objects.reachable_by(user)
    return get_or_404(rows.select_related("company"), public_id=public_id)


def _opened(found: TenantRequest, step: str, person: str) -> HttpResponse:
    """The links in a mail about remarks lead to the step that changes the field, others to a person to correct."""
    if person in PLACES:
        return redirect("tenants:correct_person", found.public_id, person)
    if step == "contacts" and found.status == Status.REGISTERED:
        return redirect("tenants:change_contacts", found.public_id)
    if step in [known.slug for known in STEPS]:
        return redirect("tenants:step", found.public_id, step)
    return redirect("tenants:request", found.public_id)


def find(request: ActingRequest, public_id: UUID, rows: TenantRequestQuerySet | None = None) -> TenantRequest:
    """A request of the acting company itself, or 404: what belongs to another company does not exist (R04)."""
    rows = (TenantRequest.objects.all() if rows is None else rows).shown_to(request.acting)
    rows = rows.filter(company=request.acting.company)
    return get_or_404(
        rows.select_related("company__partner", "partner", "owner", "assignee", "changed_by"), public_id=public_id
    )


def done(request: HttpRequest, found: TenantRequest, verb: Any, sentence: str) -> HttpResponse:
    """Do a verb and go to the request's page, which says what happened, or why not."""
    try:
        verb()
    except TransitionRefused as refused:
        return not_now(request, found, refused)
    messages.success(request, sentence)
    return redirect("tenants:request", found.public_id)


def number_in(request: HttpRequest, name: str) -> int:
    """A small whole number that a page sent along; 0 where there is none."""
    said = request.POST.get(name, "")
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else 0


def not_now(request: HttpRequest, found: TenantRequest, why: TransitionRefused) -> HttpResponse:
    """Say why nothing was changed: 409 (T23). Who looks, or did it already (T28), reads it on the request's page."""
    if request.method == "POST" and why.reason != "repetition":
        return render(request, "tenants/not_now.html", {"found": found, "why": why.sentence}, status=409)
    messages.info(request, why.sentence)
    return redirect("tenants:request", found.public_id)
