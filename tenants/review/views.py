"""The pages of the review in the admin: reading a request, and every POST beside the decisions."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts import seal
from contacts.models import User
from notifications.models import OutgoingEmail
from notifications.views import mail_response
from tenants import announcements, assignment, lost_mails
from tenants.agreements import documents
from tenants.agreements.views import damaged
from tenants.models import Agreement, TenantRequest
from tenants.review import acts, queue
from tenants.review.page import ReviewPage, load
from tenants.transitions import TransitionRefused, may_decide

View = Callable[..., HttpResponse]
PAGE = "admin:tenants_tenantrequest_change"


def reading(view: View) -> View:
    """For staff who may read requests: the view gets the page of a request that was sent, or answers 404."""

    @wraps(view)
    def wrapped(request: HttpRequest, pk: int, **kwargs: Any) -> HttpResponse:
        reader = staff(request)
        if not reader.has_perm("tenants.view_tenantrequest"):
            raise PermissionDenied(_("You have no right to read requests. Ask a validation lead."))
        page = load(pk, reader)
        if page is None:
            raise Http404
        return view(request, page, **kwargs)

    return wrapped


def deciding(view: View) -> View:
    """The same for those who decide (T31)."""

    @wraps(view)
    def wrapped(request: HttpRequest, page: ReviewPage, **kwargs: Any) -> HttpResponse:
        refuse_others(request)
        return view(request, page, **kwargs)

    return reading(wrapped)


def refuse_others(request: HttpRequest) -> None:
    if not may_decide(staff(request)):
        raise PermissionDenied(_("You have no right to decide requests. Ask a validation lead."))


def staff(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 – every view here stands behind the admin's own door
    return request.user


def render(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> TemplateResponse:
    """A page of the admin, with its header and breadcrumbs."""
    ours = {"opts": TenantRequest._meta, "writer": seal.writer_value(staff(request))}
    context = admin.site.each_context(request) | ours | context
    return TemplateResponse(request, f"admin/tenants/{template}", context, status=status)


def typed_before(request: HttpRequest) -> dict[str, str] | None:
    """What the reader had typed on this very page when the session ended; the reader is told that it is back."""
    typed = seal.kept_for(request, request.path)
    if typed and request.method == "GET":
        messages.info(request, _("You were logged out while you typed. What you typed is below; nothing was done yet."))
    return typed


@require_GET
@reading
def show(request: HttpRequest, page: ReviewPage) -> HttpResponse:
    """The request on one page."""
    return render(request, "tenantrequest/change_form.html", {"page": page, "title": page.name})


def act(request: HttpRequest, page: ReviewPage, do: Callable[[], object], said: str) -> HttpResponse:
    """Do something, say on the request's page that it was done, or why not."""
    try:
        do()
    except TransitionRefused as refused:
        messages.warning(request, refused.sentence)
    else:
        messages.success(request, said)
    return redirect(PAGE, page.tenant_request.pk)


@require_POST
def take_oldest(request: HttpRequest) -> HttpResponse:
    """Take what waits longest and nobody has."""
    refuse_others(request)
    taken = acts.take_oldest(by=staff(request))
    if taken is None:
        messages.info(request, _("Nothing waits that nobody has. Look at what your colleagues have, if you have time."))
        return redirect(queue.address(request))
    messages.success(request, _("You have %(number)s now. It waits longest.") % {"number": taken.number})
    return redirect(PAGE, taken.pk)


@require_POST
@deciding
def take(request: HttpRequest, page: ReviewPage) -> HttpResponse:
    """Take a request, or take it over from the colleague that the page named."""
    try:
        take_from(request, page, request.POST.get("from", ""))
    except TransitionRefused as refused:
        messages.warning(request, refused.sentence)
    return redirect(PAGE, page.tenant_request.pk)


def take_from(request: HttpRequest, page: ReviewPage, seen: str) -> None:
    """Take it from whoever the reader has seen it with, "" for nobody, and say so. Raises TransitionRefused."""
    before = page.tenant_request.assignee
    keeper = int(seen) if seen.isdecimal() and len(seen) < 19 else None
    acts.take(page.tenant_request, by=page.reader, seen=keeper)
    said = _("You have this request now.")
    if before:
        said = _("You have this request now. %(name)s is told by mail.") % {"name": before}
    messages.success(request, said)


@require_POST
@deciding
def release(request: HttpRequest, page: ReviewPage) -> HttpResponse:
    said = _("Given back. Anybody can take it now.")
    return act(request, page, lambda: assignment.release(page.tenant_request, by=page.reader), said)


@require_POST
@deciding
def started(request: HttpRequest, page: ReviewPage) -> HttpResponse:
    """Tick or untick "started at Microsoft"."""
    now = request.POST.get("started") == "yes"
    said = _("Started at Microsoft. The partner can no longer withdraw.") if now else _("Not started after all.")
    return act(
        request,
        page,
        lambda: acts.start_at_microsoft(page.tenant_request, by=page.reader, started=now),
        said,
    )


@require_GET
@reading
def mail(request: HttpRequest, page: ReviewPage, mail_id: UUID) -> HttpResponse:
    """A mail as it went out; where a link to log in stood, its placeholder (R42)."""
    return mail_response(_mail_of(page, mail_id))


@require_POST
@deciding
def send_again(request: HttpRequest, page: ReviewPage, mail_id: UUID) -> HttpResponse:
    again = _mail_of(page, mail_id)
    said = _("The mail to %(name)s is sent again.") % {"name": again.to_name or again.to_email}
    return act(request, page, lambda: acts.send_again(page.tenant_request, again, by=page.reader), said)


@require_http_methods(["GET", "POST"])
@deciding
def came_back(request: HttpRequest, page: ReviewPage, mail_id: UUID) -> HttpResponse:
    """A bounce that reached the service desk: who is told of it, then the act."""
    back, found = _mail_of(page, mail_id), page.tenant_request
    nobody = lost_mails.why_nobody(back, found)
    names = [] if nobody else lost_mails.who_hears(back, found)
    if request.method == "POST":
        said = nobody or _("Told by mail within a minute: %(names)s.") % {"names": ", ".join(names)}
        done = _("Written down.") + " " + said
        return act(request, page, lambda: acts.came_back(found, back, by=page.reader), done)
    context = {"page": page, "mail": back, "nobody": nobody, "names": names, "title": _("A mail came back")}
    return render(request, "tenantrequest/came_back.html", context)


@require_POST
@deciding
def not_back(request: HttpRequest, page: ReviewPage, mail_id: UUID) -> HttpResponse:
    """It was a mistake."""
    mistaken, said = _mail_of(page, mail_id), _("Taken back: the mail counts as accepted again.")
    return act(request, page, lambda: acts.not_back(page.tenant_request, mistaken, by=page.reader), said)


def _mail_of(page: ReviewPage, mail_id: UUID) -> OutgoingEmail:
    return get_object_or_404(OutgoingEmail, pk=mail_id, about=announcements.about(page.tenant_request))


@require_GET
@reading
def agreement(request: HttpRequest, page: ReviewPage, public_id: UUID) -> HttpResponse:
    """The document that a sending of this request names; of other requests, nothing."""
    named = Agreement.objects.filter(submissions__tenant_request=page.tenant_request).exclude(stored_as="")
    found = get_object_or_404(named.distinct(), public_id=public_id)
    try:
        return documents.response(found)
    except documents.Damaged:
        messages.error(request, damaged(found))
        return redirect(PAGE, page.tenant_request.pk)
