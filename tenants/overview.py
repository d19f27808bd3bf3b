"""The first page of a partner: what waits for them, what waits for others, what was finished."""

from datetime import timedelta

from django.db.models import Case, Count, Q, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from contacts.current import ActingRequest, needs
from contacts.invitation_views import no_company
from contacts.permissions import Right
from tenants import figures
from tenants.models import WITH_ARXUS, Status, TenantRequest, WaitsFor
from tenants.standing import standing, task

# More than this belongs on the list of all requests.
MOST = 10


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Lead everybody to where their work is."""
    acting = getattr(request, "acting", None)
    if acting is None and getattr(request.user, "is_staff", False):
        return redirect("admin:index")
    if acting is None:
        return no_company(request)
    if not acting.can(Right.VIEW):
        return redirect("contacts:profile")
    if acting.company.is_customer:
        return redirect("tenants:requests")
    return overview(request)


@needs(Right.VIEW)
def overview(request: ActingRequest) -> HttpResponse:
    """All customers of the partner at once; each task leads to the customer it belongs to."""
    acting = request.acting
    rows = TenantRequest.objects.shown_to(acting).with_standing()
    rows = rows.select_related("company", "partner", "owner", "assignee")
    # Nobody but the partner corrects a person (R26), sees to the address of a mail that did not arrive, or forwards an
    # invitation where the customer knows nothing (R14).
    forwards = Q(status=Status.REGISTERING, waits_for=WaitsFor.CUSTOMER, invitation_forwarded=True, forwarded_at=None)
    with_partner = Q(outdated=True) | Q(lost_a_mail=True) | forwards
    tasks = rows.filter(Q(status__in=[Status.CHANGES_REQUESTED, Status.DRAFT]) | with_partner)
    # What others wait for comes before drafts, of which the one comes first that is deleted first.
    drafts_last = Case(When(status=Status.DRAFT, then=1), default=0)
    waiting = list(tasks.order_by(drafts_last, "due_on", "changed_at")[:MOST])
    others = list(rows.filter(status__in=WITH_ARXUS).exclude(with_partner).order_by("held_since", "pk")[:MOST])
    ended = rows.exclude(with_partner).filter(status__in=[Status.REGISTERED, Status.REJECTED, Status.WITHDRAWN])
    count = tasks.aggregate(all=Count("pk"), own=Count("pk", filter=Q(owner=acting.user)))
    context = {
        "count": count["all"],
        # What is for a colleague to do does not wait for the reader, nor anything for who only reads.
        "own": count["own"] if acting.can_request_tenants else 0,
        "waiting": [(row, task(row, acting), standing(row, acting)) for row in waiting],
        "others": others,
        "finished": list(ended.filter(changed_at__gt=timezone.now() - timedelta(days=30))[:MOST]),
        "months": figures.months(acting.company),
        "today": timezone.localdate(),
    }
    return render(request, "tenants/overview.html", context)
