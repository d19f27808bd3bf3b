"""The queue of Arxus in the admin: which requests are listed, in which order, and what a row says."""

import re
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.humanize.templatetags.humanize import apnumber
from django.core.exceptions import ValidationError
from django.db.models import Case, CharField, Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Concat
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import User, sort_key
from notifications.folding import folded
from tenants import clock, keepers, lost_mails, working_days
from tenants.models import OPEN, WITH_ARXUS, Check, Objection, Status, Submission, TenantRequest, WaitsFor
from tenants.questions import SUFFIX, clean_domain, clean_tenant_name
from tenants.review import acts

# From the worst to the best; what somebody overrode is no worse than a warning.
SEVERITY = ("problem", "unknown", "not_run", "warning", "passed")
# A request's number however it was typed: "tr26 crn3j".
_NUMBER = re.compile(r"TR([0-9]{2})([0-9A-Z]{1,5})")
# What the list is narrowed by, and which page of it: kept in the session, so that the way back leads to the same list.
KEPT, LONGEST = ("q", "who", "assignee", "age", "p"), 200
ENDED = (Status.REGISTERED, Status.REJECTED, Status.WITHDRAWN)


class _Filter(admin.SimpleListFilter):
    """A filter whose first choice stands for no choice."""

    options: tuple[tuple[str, Any], ...]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(self.options)

    def choices(self, changelist: Any) -> Any:
        chosen = self.value() or self.options[0][0]
        for value, words in self.options:
            address = changelist.get_query_string({self.parameter_name: value}, ["p"])
            yield {"selected": value == chosen, "query_string": address, "display": words}


class WhoHasIt(_Filter):
    """Without a choice what waits for Arxus; where somebody searches, everything."""

    title = gettext_lazy("who has it")
    parameter_name = "who"
    options = (
        ("arxus", gettext_lazy("Arxus")),
        ("partner", gettext_lazy("Partner")),
        ("others", gettext_lazy("Microsoft or the customer")),
        ("ended", gettext_lazy("Nobody: it ended")),
        ("all", gettext_lazy("Everyone")),
    )

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.searching = bool(request.GET.get("q", "").strip())

    def value(self) -> str:
        chosen = super().value()
        return chosen if chosen in dict(self.options) else "all" if self.searching else "arxus"

    def queryset(self, request: HttpRequest, queryset: QuerySet[TenantRequest]) -> QuerySet[TenantRequest]:
        match self.value():
            case "arxus":
                return queryset.filter(status__in=WITH_ARXUS, waits_for=WaitsFor.ARXUS)
            case "others":
                return queryset.exclude(waits_for=WaitsFor.ARXUS)
            case "partner":
                return queryset.filter(status=Status.CHANGES_REQUESTED)
            case "ended":
                return queryset.filter(status__in=ENDED)
            case _:
                return queryset


class Assignee(_Filter):
    title = gettext_lazy("assignee")
    parameter_name = "assignee"
    options = (("all", gettext_lazy("Everyone")), ("me", gettext_lazy("You")), ("nobody", gettext_lazy("Nobody")))

    def queryset(self, request: HttpRequest, queryset: QuerySet[TenantRequest]) -> QuerySet[TenantRequest]:
        match self.value():
            case "me":
                return queryset.filter(assignee=request.user.pk)
            case "nobody":
                return queryset.filter(keepers.nobody_keeps())
            case _:
                return queryset


class Age(_Filter):
    title = gettext_lazy("age")
    parameter_name = "age"
    options = (("any", gettext_lazy("Any")), ("late", gettext_lazy("Late")), ("today", gettext_lazy("Due today")))

    def queryset(self, request: HttpRequest, queryset: QuerySet[TenantRequest]) -> QuerySet[TenantRequest]:
        match self.value():
            case "late":
                return queryset.filter(status__in=WITH_ARXUS, due_on__lt=working_days.today())
            case "today":
                return queryset.filter(status__in=WITH_ARXUS, due_on=working_days.today())
            case _:
                return queryset


def rows() -> QuerySet[TenantRequest]:
    """Every request that was sent, with its worst check, whether a contact objects, and whether a mail did not arrive;
    drafts are the partner's."""
    found = TenantRequest.objects.sent().select_related("company", "partner", "assignee")
    rank = Case(
        When(Q(overridden_at__isnull=False) & ~Q(result="passed"), then=Value(SEVERITY.index("warning"))),
        *(When(result=result, then=Value(n)) for n, result in enumerate(SEVERITY)),
        output_field=IntegerField(),
    )
    checks = Check.objects.filter(tenant_request=OuterRef("pk")).annotate(rank=rank).order_by("rank")
    worst = Case(*(When(rank=n, then=Value(result)) for n, result in enumerate(SEVERITY)), output_field=CharField())
    of_each = Subquery(checks.annotate(worst=worst).values("worst")[:1])
    objections = Objection.objects.filter(tenant_request=OuterRef("pk"), settled_at=None)
    return found.annotate(
        worst=Coalesce(of_each, Value("not_run"), output_field=CharField()),
        # What has ended waits for no settlement.
        objected=Q(status__in=OPEN) & Exists(objections),
        mail_lost=Q(status__in=lost_mails.MATTERS) & Exists(lost_mails.unanswered()),
    )


def find(queryset: QuerySet[TenantRequest], text: str) -> QuerySet[TenantRequest]:
    """One search for a number, the partner's own reference, a VAT or enterprise number, a name, domain or id that the
    tenant has or had, an address, a mail domain of the customer, a partner or customer, or somebody by name: who is
    named, who sent it, and the owner."""
    text = " ".join(text.replace("\x00", "").split()).removeprefix("@")
    if not text:
        return queryset
    sendings = Submission.objects.filter(tenant_request=OuterRef("pk"))
    if "@" in text:
        address = text.lower()
        sent = sendings.filter(Q(emails__contains=[address]) | Q(sent_by__email=address))
        return queryset.filter(Exists(sent) | Q(owner__email=address))
    name = sort_key(text)
    named = (
        Q(number__icontains=text)
        | Q(wanted__icontains=text)
        | Q(name_key__icontains=text)
        | Q(company__sort_name__contains=name)
        | Q(partner__sort_name__contains=name)
        | Exists(sendings.filter(Q(names__contains=name) | Q(data__message__reference__icontains=text)))
        | Exists(sendings.filter(sent_by__in=_called(name)))
        | Q(owner__in=_called(name))
    )
    digits = re.sub(r"[^0-9A-Za-z]", "", text).upper()
    if number := _NUMBER.fullmatch(digits):
        named |= Q(number__startswith="TR-{}-{}".format(*number.groups()))
    if sum(char.isdigit() for char in digits) >= 4:
        named |= Q(company__enterprise_number__contains=digits) | Q(partner__enterprise_number=digits)
    if asked := _domain_or_id(text):
        named |= asked
    return queryset.filter(named)


def _called(name: str) -> QuerySet[User]:
    """The users of a name, in either order; a request keeps no copy of its owner's, who may change."""
    parts = ("first_name", Value(" "), "last_name", Value(" "), "first_name")
    return User.objects.annotate(called=folded(Concat(*parts))).filter(called__contains=name)


def _domain_or_id(text: str) -> Q | None:
    """A domain as somebody reads it ("élan.example"), a tenant id in full, or the name of a tenant that has another."""
    with suppress(ValidationError):
        domain = clean_domain(text)
        has_it = Q(name_key=domain) | Q(company__email_domains__contains=[domain])
        return has_it | Q(tenant__formerly__contains=[domain])
    with suppress(ValueError):
        return Q(wanted_id=UUID(text)) | Q(tenant__formerly__contains=[str(UUID(text))])
    with suppress(ValidationError):
        return Q(tenant__formerly__contains=[clean_tenant_name(text) + SUFFIX])
    return None


def remember(request: HttpRequest) -> None:
    """Keep how the reader has narrowed the list."""
    kept = {name: value for name in KEPT if (value := request.GET.get(name, "")) and len(value) <= LONGEST}
    if request.session.get("queue", {}) != kept:
        request.session["queue"] = kept


def address(request: HttpRequest) -> str:
    """The list as the reader had it last."""
    kept = request.session.get("queue", {})
    return reverse("admin:tenants_tenantrequest_changelist", query=kept or None)


def heading(shown: str, count: int, narrowed: bool) -> str:
    """The title of the list, which says how many there are."""
    none, one, many = {
        "arxus": (_("Nothing waits for Arxus"), _("One request waits for Arxus"), _("%(n)s requests wait for Arxus")),
        "partner": (
            _("No request is with its partner"),
            _("One request is with its partner"),
            _("%(n)s requests are with their partners"),
        ),
        "others": (
            _("No request waits for Microsoft or a customer"),
            _("One request waits for Microsoft or a customer"),
            _("%(n)s requests wait for Microsoft or a customer"),
        ),
        "ended": (_("No request has ended"), _("One request has ended"), _("%(n)s requests have ended")),
        "all": (_("No request yet"), _("One request"), _("%(n)s requests")),
    }[shown]
    if narrowed:
        none, one, many = _("No request found"), _("One request found"), _("%(n)s requests found")
    return {0: none, 1: one}.get(count) or many % {"n": str(apnumber(count)).capitalize()}


def of_staff(reader: User) -> dict[str, int]:
    """What waits, for the first page of the admin: in all, late, with nobody, with the reader."""
    waiting = acts.waiting().order_by()
    return waiting.aggregate(
        all=Count("pk"),
        late=Count("pk", filter=Q(due_on__lt=working_days.today())),
        nobody=Count("pk", filter=keepers.nobody_keeps()),
        mine=Count("pk", filter=Q(assignee=reader)),
    )


def severity(check: Check) -> str:
    return "warning" if check.overridden_at and check.result != Check.Result.PASSED else str(check.result)


def days_used(tenant_request: TenantRequest) -> int:
    """Working days of Arxus's target that are gone."""
    return clock.days_used(tenant_request, working_days.today())


def is_late(tenant_request: TenantRequest) -> bool:
    due_on = tenant_request.due_on
    return tenant_request.waits_for_arxus and due_on is not None and due_on < working_days.today()
