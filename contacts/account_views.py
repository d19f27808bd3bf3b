"""One's own account: profile, password, logging out; and the door of the admin."""

from typing import Any

from allauth.account.views import LogoutView, PasswordChangeView
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from contacts import invitations, meanwhile, people
from contacts.account_forms import ProfileForm
from contacts.acting import Acting
from contacts.current import unsealed
from contacts.login import AccountAdapter
from contacts.models import Group, Membership, User
from contacts.outdated import say_what_is_outdated
from contacts.pages import next_or
from contacts.permissions import Right


@unsealed
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """One's own details; an old page first says what was changed since, in another tab or by Arxus."""
    app = Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP)
    users = User.objects.annotate(has_second_factor=Exists(app))
    with meanwhile.holding(request):
        rows = users.select_for_update(of=("self",), no_key=True) if request.method == "POST" else users
        user = get_object_or_404(rows, email=request.user.get_username())
        opened = meanwhile.opened(request, lambda data: ProfileForm(data, instance=user), user)
        form = opened.form
        if opened.may_be_kept:
            form.save()
    if opened.may_be_kept:
        messages.success(request, gettext("Your details are saved."))
        if {"first_name", "last_name"} & set(form.changed_data):
            say_what_is_outdated(request, user)
        return redirect(next_or(request, "contacts:profile"))
    context = {
        "form": form,
        "opened": opened,
        "places": _places(user, getattr(request, "acting", None)),
        "invitations": invitations.for_user(user),
        "has_second_factor": user.has_second_factor,  # type: ignore[attr-defined]  # annotated
        # As they are kept: validating writes into the user.
        "outdated": [] if form.is_bound else [sent for sent in people.sent_with(user) if sent.outdated],
    }
    return render(request, "contacts/profile.html", context, status=opened.status)


def _places(user: User, acting: Acting | None) -> list[dict[str, Any]]:
    """Where the user works, with their permission groups, and whom to ask where they have none."""
    memberships = list(user.memberships.select_related("company"))
    without = [membership.company_id for membership in memberships if not membership.groups]
    full = Membership.objects.filter(company__in=without, groups__contains=[Group.FULL], user__is_active=True)
    administrators: dict[int, list[str]] = {}
    for membership in full.select_related("user").order_by("user__last_name", "user__first_name"):
        administrators.setdefault(membership.company_id, []).append(str(membership.user))
    return [
        {
            "company": membership.company,
            "groups": ", ".join(str(Group(group).label) for group in membership.groups),
            "to_ask": _one_of(administrators.get(membership.company_id, [])),
            # Of the company one works for now: the page that says what leaving does belongs to it.
            "may_leave": acting is not None
            and acting.company == membership.company
            and not membership.company.is_customer
            and acting.can(Right.VIEW),
        }
        for membership in memberships
    ]


def _one_of(names: list[str]) -> str:
    """ "Alice Peeters, Bob Claes or Eva Smets"; without names the service desk."""
    if not names:
        return gettext("the Arxus service desk")
    *others, last = names
    return gettext("{names} or {last}").format(names=", ".join(others), last=last) if others else last


class ChangePassword(PasswordChangeView):
    """allauth's view; the new password and the mail that tells of it are stored together."""

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        return super().form_valid(form)


change_password = unsealed(ChangePassword.as_view())


class Logout(LogoutView):
    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().post(*args, **kwargs)
        # The back button must not show what was on the screen.
        response["Clear-Site-Data"] = '"cache"'
        return response


logout = unsealed(Logout.as_view())


@unsealed
@login_not_required
def admin_login(request: HttpRequest) -> HttpResponse:
    """Stands before Django's own login of the admin, which knows neither limits nor second factors."""
    target = request.GET.get("next", "")
    if not AccountAdapter().is_safe_url(target):
        target = "/admin/"
    if not request.user.is_authenticated:
        return redirect_to_login(target)
    if not request.user.is_staff:
        raise PermissionDenied
    return redirect("admin:index")
