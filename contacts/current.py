"""The acting company: for whom somebody works right now. No other module touches its session key."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import structlog
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.signing import BadSignature, Signer
from django.db.models import FilteredRelation, Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from contacts.models import Company, CompanyQuerySet, Group, Membership, User
from contacts.permissions import Right, rights_by

log = structlog.get_logger(__name__)
SESSION_KEY = "acting_company"
P = ParamSpec("P")
M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Acting:
    """A user who works for a company, by one of their memberships: in it, or in its partner."""

    user: User
    membership: Membership
    company: Company
    rights: frozenset[Right] = field(default_factory=frozenset)

    @property
    def home(self) -> Company:
        return self.membership.company

    @property
    def is_own(self) -> bool:
        return self.company == self.home

    @property
    def is_customers_own_user(self) -> bool:
        """Somebody of the customer itself, who sees less than the partner's people (R06)."""
        return self.home.is_customer

    @property
    def partner(self) -> Company:
        """The partner: the own company, or the one whose customer this is."""
        return self.company.partner or self.company

    @property
    def success_manager(self) -> User | None:
        """Whom the partner's people ask at Arxus; the customer's own ask their partner, or the service desk."""
        manager = None if self.is_customers_own_user else self.partner.success_manager
        return manager if manager and manager.is_active else None

    def can(self, right: Right) -> bool:
        return right in self.rights

    @property
    def can_edit_customers(self) -> bool:
        return self.can(Right.EDIT_CUSTOMERS)

    @property
    def can_request_tenants(self) -> bool:
        return self.can(Right.REQUEST_TENANTS)

    @property
    def can_manage_users(self) -> bool:
        return self.can(Right.MANAGE_USERS)


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
    memberships = _memberships(user, company_id)
    if not memberships:
        return None
    company = _company(memberships, company_id)
    acting = company and _acting_for(user, memberships, company)
    if not acting:
        # Nothing chosen yet, or taken away since: the own company from here on, whatever happens in other browsers.
        acting = _acting_for(user, memberships, memberships[0].company)
        request.session[SESSION_KEY] = memberships[0].company_id
    return acting


def _memberships(user: User, customer_id: int | None = None) -> list[Membership]:
    """The last used first, then the oldest; each with that customer of its company, if it has it, as `chosen`."""
    chosen = FilteredRelation("company__customers", condition=Q(company__customers__id=customer_id))
    rows = user.memberships.annotate(chosen=chosen)
    company = ("company__success_manager", "company__partner__success_manager")
    return list(rows.select_related(*company, "chosen"))  # type: ignore[misc]  # Django knows "chosen"


def _company(memberships: list[Any], company_id: int | None) -> Company | None:
    """The company that was chosen: an own one, or a customer that came along with the membership in its partner."""
    for membership in memberships:
        if membership.company_id == company_id:
            return cast(Company, membership.company)
        # Django sets it only on the row that has one.
        if (chosen := getattr(membership, "chosen", None)) and chosen.pk == company_id:
            chosen.partner = membership.company
            return cast(Company, chosen)
    return None


def _acting_for(user: User, memberships: list[Membership], company: Company) -> Acting | None:
    """By membership in the partner, which gives more, else in the company itself; without groups in the latter only."""
    by_company = {membership.company_id: membership for membership in memberships}
    through = by_company.get(company.partner_id or 0)
    if through and (rights := rights_by(through)):
        return Acting(user, through, company, rights)
    if own := by_company.get(company.pk):
        return Acting(user, own, company, rights_by(own))
    return None


def may_act_for(user: User, company: Company) -> bool:
    """Whether the user is a member of the company or, with any permission group, of its partner; asked now (R04)."""
    if not user.is_active or user.is_staff:
        return False
    return _acting_for(user, _memberships(user), company) is not None


def reachable(user: User) -> CompanyQuerySet:
    """All companies that the user may work for."""
    memberships = [] if user.is_staff else _memberships(user)
    partners = [membership.company_id for membership in memberships if rights_by(membership)]
    own = [membership.company_id for membership in memberships]
    return Company.objects.filter(Q(pk__in=own) | Q(partner__in=partners))


def switch_to(request: HttpRequest, company: Company) -> None:
    """Work for another company from here on; a company that one may not work for does not exist (404)."""
    user = cast(User, request.user)
    acting = None if user.is_staff or not user.is_active else _acting_for(user, _memberships(user), company)
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
    memberships = [] if user.is_staff else _memberships(user)
    if memberships:
        request.session.setdefault(SESSION_KEY, memberships[0].company_id)


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
    """The page for a right that somebody lacks; it says whom to ask."""
    acting = cast(ActingRequest, request).acting
    admins = (
        User.objects.filter(
            memberships__company=acting.home, memberships__groups__contains=[Group.FULL], is_active=True
        ).exclude(pk=acting.user.pk)[:3]
        if acting
        else []
    )
    return render(request, "contacts/refused.html", {"right": right, "admins": admins}, status=403)


def for_customer(
    view: Callable[Concatenate[ActingRequest, P], HttpResponse],
) -> Callable[Concatenate[ActingRequest, P], HttpResponse]:
    """Whoever works for their own partner company is asked to switch to a customer first (R01). Goes below `needs`."""

    @wraps(view)
    def guarded(request: ActingRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.acting.company.is_customer:
            return view(request, *args, **kwargs)
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
