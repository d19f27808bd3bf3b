"""Pages about who does the work: handing a request over to a colleague, and who is away until which day."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from contacts import seal
from contacts.models import User
from tenants import absence, assignment, staff, working_days
from tenants.models import WITH_ARXUS, TenantRequest
from tenants.questions import DayField
from tenants.review import views
from tenants.review.decision_forms import helper
from tenants.review.page import ReviewPage
from tenants.transitions import TransitionRefused

AWAY = "admin:tenants_tenantrequest_away"
LONGEST = timedelta(days=366)


class HandOverForm(forms.Form):
    to = forms.ChoiceField(
        label=gettext_lazy("To whom"),
        error_messages={
            "required": gettext_lazy("Choose a colleague."),
            "invalid_choice": gettext_lazy("Choose a colleague of the list."),
        },
    )

    def __init__(
        self, data: Mapping[str, Any] | None, *, colleagues: list[User], initial: dict[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=initial)
        field = self.fields["to"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 – declared so above
        field.choices = [("", _("Choose…")), *((str(user.public_id), str(user)) for user in colleagues)]
        self.helper = helper(self)


class AwayForm(forms.Form):
    until = DayField(
        label=gettext_lazy("Away until (optional)"),
        required=False,
    )

    def __init__(self, data: Mapping[str, Any] | None, *, user: User) -> None:
        day = user.away_until if absence.is_away(user) else None
        super().__init__(data, initial={"until": f"{day:%d %m %Y}" if day else ""})
        back = working_days.add(working_days.today(), 5)
        hint = _("The first day back at work, such as %(day)s. Left empty: here.")
        self.fields["until"].help_text = hint % {"day": f"{back.day} {back.month} {back.year}"}
        self.helper = helper(self)

    def clean_until(self) -> date | None:
        day: date | None = self.cleaned_data["until"]
        today = working_days.today()
        if day and day <= today:
            raise forms.ValidationError(_("This day is over or today: leave it empty for somebody who is here."))
        if day and day > today + LONGEST:
            raise forms.ValidationError(_("Choose a day within a year from now."))
        return day


@require_http_methods(["GET", "POST"])
@views.deciding
def hand_over(request: HttpRequest, page: ReviewPage) -> HttpResponse:
    """Give a request to a colleague: leads alone; whoever cannot get it is named with the reason."""
    found, reader = page.tenant_request, page.reader
    choices = [(user, assignment.refusal_to_get(found, user)) for user in staff.validators()]
    colleagues, before = [user for user, why in choices if why is None], views.typed_before(request)
    form = HandOverForm(request.POST or None, colleagues=colleagues, initial=before)
    refused, status = assignment.refusal_to_hand_over(found, reader), 200
    if refused:
        status = 403 if refused.reason == "permission" else 409
    elif request.method == "POST" and form.is_valid():
        to = next(user for user, _why in choices if str(user.public_id) == form.cleaned_data["to"])
        seen = request.POST.get("from", "")[:18]
        try:
            assignment.hand_over(found, to=to, by=reader, seen=int(seen) if seen.isdecimal() else None)
        except TransitionRefused as error:
            refused, status = error, 409
        else:
            seal.drop_kept_for(request, request.path)
            messages.success(request, _("%(name)s has this request now.") % {"name": to})
            return redirect(views.PAGE, found.pk)
    context = {
        "page": page,
        "form": form,
        "refused": refused,
        "left_out": [why.sentence for _user, why in choices if why],
        "title": _("Hand over to a colleague"),
    }
    return views.render(request, "tenantrequest/hand_over.html", context, status)


@require_GET
def away(request: HttpRequest) -> HttpResponse:
    """Who is here, who is away and until when, and what each of them has."""
    views.refuse_others(request)
    reader = views.staff(request)
    rows = TenantRequest.objects.filter(status__in=WITH_ARXUS, assignee__isnull=False)
    has = dict(rows.order_by().values_list("assignee").annotate(n=Count("pk")))
    context = {
        "rows": [
            {
                "user": user,
                "away": absence.is_away(user),
                "has": has.get(user.pk, 0),
                "may": user == reader or reader.has_perm("tenants.hand_over_tenantrequest"),
            }
            for user in staff.validators()
        ],
        "title": _("Who is here, who is away"),
    }
    return views.render(request, "tenantrequest/away.html", context)


@require_http_methods(["GET", "POST"])
def away_until(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Say until when somebody is away: oneself, or as a lead anybody."""
    views.refuse_others(request)
    reader = views.staff(request)
    user = next((user for user in staff.validators() if user.public_id == public_id), None)
    if user is None:
        raise Http404
    form = AwayForm(request.POST or None, user=user)
    if user != reader and not reader.has_perm("tenants.hand_over_tenantrequest"):
        raise PermissionDenied(_("Only a validation lead says this of somebody else."))
    if request.method == "POST" and form.is_valid():
        day = form.cleaned_data["until"]
        absence.set_until(user, day, by=reader)
        said = _("%(name)s is here.") if day is None else _("%(name)s is away until %(day)s.")
        messages.success(request, said % {"name": user, "day": date_format(day, "l j F Y") if day else ""})
        return redirect(AWAY)
    theirs = TenantRequest.objects.filter(Q(assignee=user), status__in=WITH_ARXUS)
    has, waits = theirs.count(), theirs.waiting_for_arxus().count()
    title = _("You are away") if user == reader else _("%(name)s is away") % {"name": user}
    context = {"form": form, "user_away": user, "has": has, "waits": waits, "title": title}
    return views.render(request, "tenantrequest/away_until.html", context)
