"""The acting company: for whom somebody works right now. No other module touches its session key."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import structlog
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.signing import BadSignature, Signer
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from contacts.acting import Acting, acting_for, chosen_company, memberships_of
from contacts.models import Company, Group, Membership, User
from contacts.permissions import Right
from contacts.typed import Typed

log = structlog.get_logger(__name__)
SESSION_KEY = "acting_company"
P = ParamSpec("P")
M = TypeVar("M", bound=Model)


class ActingRequest(HttpRequest):
    """The request that a view behind `needs` gets: somebody works for some company."""

    user: User
    acting: Acting


class ActingMiddleware:
    """Set `request.acting`, asked of the database on every request (R04).

    It is None for strangers, for staff, and for those who belong to no company.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        cast(Any, request).acting = _acting(request)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> None:
        if acting := cast(ActingRequest, request).acting:
            structlog.contextvars.bind_contextvars(
                acting_user=str(acting.user.public_id), acting_company=str(acting.company.public_id)
            )


def _acting(request: HttpRequest) -> Acting | None:
    user = request.user
    if not user.is_authenticated or user.is_staff:
        return None
    company_id = request.session.get(SESSION_KEY)
    memberships = memberships_of(user, company_id)
    if not memberships:
        return None
    company = chosen_company(memberships, company_id)
    acting = company and acting_for(user, memberships, company)
    if not acting:
        # Nothing chosen yet, or taken away since: the own company from here on, whatever happens in other browsers.
        acting = acting_for(user, memberships, memberships[0].company)
        request.session[SESSION_KEY] = memberships[0].company_id
    return acting


def switch_to(request: HttpRequest, company: Company) -> None:
    """Work for another company from here on; a company that one may not work for does not exist (404)."""
    user = cast(User, request.user)
    acting = None if user.is_staff or not user.is_active else acting_for(user, memberships_of(user), company)
    if not acting:
        log.warning("authz_fail", model="contacts.Company", lookup={"public_id": str(company.public_id)})
        raise Http404
    request.session[SESSION_KEY] = company.pk
    request.session.cycle_key()
    Membership.objects.filter(pk=acting.membership.pk).update(last_used_at=timezone.now())
    cast(ActingRequest, request).acting = acting
    structlog.contextvars.bind_contextvars(acting_company=str(company.public_id))
    log.info("company_switched")


def choose_at_login(sender: object, request: HttpRequest, user: User, **_: object) -> None:
    """Begin with the own company: the one last used, else the oldest membership."""
    memberships = [] if user.is_staff else memberships_of(user)
    if memberships:
        request.session.setdefault(SESSION_KEY, memberships[0].company_id)


# Each app says, of a page about something of one customer's, which address switches there and opens it (R04); None
# where the reader may not, or it is none of its pages.
OPENS: list[Callable[[ActingRequest], str | None]] = []


# --- For views -------------------------------------------------------------------------------------------------------


def needs(
    right: Right,
) -> Callable[
    [Callable[Concatenate[ActingRequest, P], HttpResponse]], Callable[Concatenate[HttpRequest, P], HttpResponse]
]:
    """Let only those in who have the right in the acting company; all others read whom to ask."""

    def decorate(
        view: Callable[Concatenate[ActingRequest, P], HttpResponse],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if cast(User, request.user).is_staff and request.method == "GET":
                return redirect("admin:index")
            acting = cast(ActingRequest, request).acting
            if not acting or not acting.can(right):
                return refuse(request, right)
            return view(cast(ActingRequest, request), *args, **kwargs)

        return guarded

    return decorate


def refuse(request: HttpRequest, right: Right) -> HttpResponse:
    """The page for a right that somebody lacks; it says whom to ask, and gives back what they typed meanwhile."""
    acting = cast(ActingRequest, request).acting
    admins = (
        User.objects.filter(
            memberships__company=acting.home, memberships__groups__contains=[Group.FULL], is_active=True
        ).exclude(pk=acting.user.pk)[:3]
        if acting
        else []
    )
    typed = Typed.of(request, "").in_full() if request.method == "POST" else []
    context = {"right": right, "admins": admins, "typed": typed}
    return render(request, "contacts/refused.html", context, status=403)


def for_customer(
    view: Callable[Concatenate[ActingRequest, P], HttpResponse],
) -> Callable[Concatenate[ActingRequest, P], HttpResponse]:
    """Whoever works for their own partner company is asked to switch to a customer first (R01). Goes below `needs`."""

    @wraps(view)
    def guarded(request: ActingRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.acting.company.is_customer:
            return view(request, *args, **kwargs)
        if request.method == "GET" and (there := next(filter(None, (opens(request) for opens in OPENS)), None)):
            return redirect(there)
        customers = request.acting.company.customers.order_by("sort_name", "pk")[:10]
        status = 200 if request.method == "GET" else 409
        return render(request, "contacts/switch_first.html", {"customers": customers}, status=status)

    return guarded


def for_partner(
    view: Callable[Concatenate[ActingRequest, P], HttpResponse],
) -> Callable[Concatenate[ActingRequest, P], HttpResponse]:
    """What a partner does in its own name, such as adding customers; from a customer one is asked to go back first."""

    @wraps(view)
    def guarded(request: ActingRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.acting.is_customers_own_user:
            return refuse(request, Right.EDIT_CUSTOMERS)
        if not request.acting.company.is_customer:
            return view(request, *args, **kwargs)
        return render(request, "contacts/switch_back.html", status=200 if request.method == "GET" else 409)

    return guarded


def for_partners_people(
    view: Callable[Concatenate[ActingRequest, P], HttpResponse],
) -> Callable[Concatenate[ActingRequest, P], HttpResponse]:
    """What the customer's own users are not shown (R06)."""

    @wraps(view)
    def guarded(request: ActingRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.acting.is_customers_own_user:
            return refuse(request, Right.EDIT_CUSTOMERS)
        return view(request, *args, **kwargs)

    return guarded


def get_or_404(queryset: QuerySet[M], **lookup: object) -> M:
    """The one object of a queryset that holds only what may be seen now; else a 404 and a line in the log."""
    try:
        return queryset.get(**lookup)
    except (ObjectDoesNotExist, ValidationError, ValueError):
        names = {name: str(value) for name, value in lookup.items()}
        log.warning("authz_fail", model=queryset.model._meta.label, lookup=names)
        raise Http404 from None


# --- The seal (R03); seal.py checks it -------------------------------------------------------------------------------

_signer = Signer(salt="contacts.seal")
V = TypeVar("V", bound=Callable[..., HttpResponseBase])


class Seal(SafeString):
    """The hidden field of a form; `value` alone is what a script sends as X-Seal."""

    value = ""


def seal_value(user: User, company: Company) -> str:
    """Name user and company, signed: for whom a page was rendered."""
    return _signer.sign(f"{user.public_id.hex}.{company.public_id.hex}")


def read_seal(value: str) -> tuple[str, str] | None:
    """The public ids of user and company in a seal; None if it is none of ours."""
    try:
        user, company = _signer.unsign(value).split(".")
    except (BadSignature, ValueError):
        return None
    return user, company


def context(request: HttpRequest) -> dict[str, object]:
    """Give every template the acting company and the seal."""
    acting = cast("Acting | None", getattr(request, "acting", None))
    if not acting:
        return {"acting": None, "seal": ""}
    value = seal_value(acting.user, acting.company)
    seal = Seal(format_html('<input type="hidden" name="_seal" value="{}">', value))
    seal.value = value
    return {"acting": acting, "seal": seal}


def unsealed(view: V) -> V:
    """Exempt a view from the seal: it writes for no company, or is the switcher itself."""
    cast(Any, view).unsealed = True
    return view


def typed_in(*forms: Any, going_on: Any = "") -> Callable[[V], V]:
    """Name the forms of a view, so that the 409 page can show what was typed with their labels.

    `going_on` says what the POST does, where it does more than save.
    """

    def decorate(view: V) -> V:
        cast(Any, view).typed_in, cast(Any, view).going_on = forms, going_on
        return view

    return decorate
