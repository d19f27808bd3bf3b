"""Invitations: written and withdrawn by an administrator, accepted by the person themselves."""

from typing import cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from contacts import access_links, invitations, inviting, limits
from contacts.colleague_forms import InviteForm
from contacts.colleague_views import show_colleagues
from contacts.current import ActingRequest, get_or_404, needs, typed_in, unsealed
from contacts.methods import answers
from contacts.models import Company, Invitation, User
from contacts.permissions import Right


@require_http_methods(["GET", "HEAD", "POST"])
@typed_in(InviteForm)
@needs(Right.MANAGE_USERS)
def invite(request: ActingRequest) -> HttpResponse:
    """Invite somebody to the acting company; nobody at a Value Add Partner's customer (R14)."""
    company = request.acting.company
    if company.relation == Company.Relation.VAP:
        return render(request, "contacts/invite_nobody.html", {"company": company}, status=_status(request))
    form = InviteForm(request.POST if request.method == "POST" else None, company=company)
    status = 200
    if form.is_bound and form.is_valid():
        if _may_send(request):
            sentence = _invited(company, form.cleaned_data["email"])
            inviting.invite(company, by=request.user, **form.cleaned_data)
            messages.success(request, sentence)
            return redirect("contacts:colleagues")
        form.add_error(None, _("You have invited many people within the last hour. Send this one a little later."))
        status = 429
    return render(request, "contacts/invite.html", {"form": form, "company": company}, status=status)


def _invited(company: Company, email: str) -> str:
    """What an inviter reads, asked before; an earlier invitation stands on their page too, whoever has the address."""
    earlier = company.invitations.pending().select_related("invited_by").filter(email=email).first()
    if earlier is None:
        return _("%(email)s is invited. The invitation can be accepted within seven days.") % {"email": email}
    sentence = _(
        "%(email)s is invited again, for seven days from now. This takes the place of the invitation by %(by)s of"
        " %(day)s (%(groups)s)."
    )
    groups = ", ".join(earlier.group_labels) or _("No permissions yet")
    day = date_format(timezone.localtime(earlier.sent_at), "j F")
    return sentence % {"email": email, "by": earlier.invited_by, "day": day, "groups": groups}


@needs(Right.MANAGE_USERS)
@answers(["POST"], lambda request, public_id: _of_this_company(request, public_id))
def invitation_again(request: ActingRequest, public_id: UUID) -> HttpResponse:
    found = _of_this_company(request, public_id)
    if found.company.relation == Company.Relation.VAP:
        return redirect("contacts:invite")
    if not (_may_send(request, to=found) and _may_send(request)):
        messages.info(request, _("Nothing was sent: this invitation was sent several times within the hour."))
        return show_colleagues(request, status=429)
    if inviting.send_again(found, by=request.user):
        messages.success(request, _("%(email)s is invited again, for seven days from now.") % {"email": found.email})
    else:
        messages.info(request, _("Nothing was sent: this invitation has been answered or withdrawn."))
    return redirect("contacts:colleagues")


@needs(Right.MANAGE_USERS)
@answers(["POST"], lambda request, public_id: _of_this_company(request, public_id))
def invitation_withdraw(request: ActingRequest, public_id: UUID) -> HttpResponse:
    found = _of_this_company(request, public_id)
    if invitations.withdraw(found, by=request.user):
        sentence = _("The invitation of %(email)s is withdrawn: its link no longer works.")
        messages.success(request, sentence % {"email": found.email})
    else:
        messages.info(request, _("This invitation had been answered or withdrawn already."))
    return redirect("contacts:colleagues")


@unsealed
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The page behind the link in the mail: says what one joins, as what, and a POST joins (T14).

    What is somebody else's, withdrawn, old or made up looks the same.
    """
    user = cast(User, request.user)
    found = invitations.for_user(user).filter(public_id=public_id).first()
    if found is None:
        return render(request, "contacts/invitation_not_yours.html", status=404)
    if request.method == "POST":
        try:
            membership = invitations.accept(found, user=user)
        except invitations.Closed:
            return render(request, "contacts/invitation_not_yours.html", status=404)
        if user.memberships.count() == 1:
            messages.success(request, _("You belong to %(company)s now.") % {"company": membership.company})
            return redirect("home")
        sentence = _("You belong to %(company)s now. Switch to it whenever you work for it.")
        messages.success(request, sentence % {"company": membership.company})
        return redirect("contacts:profile")
    return render(request, "contacts/invitation.html", {"invitation": found})


def no_company(request: HttpRequest) -> HttpResponse:
    """The first page of who belongs to no company: why there is nothing to see, what waits, whom to ask."""
    user = cast(User, request.user)
    context = {"waiting": list(invitations.for_user(user)), "too_old": list(invitations.too_old(user))}
    return render(request, "contacts/no_company.html", context)


def _of_this_company(request: ActingRequest, public_id: UUID) -> Invitation:
    return get_or_404(request.acting.company.invitations.select_related("company"), public_id=public_id)


def _may_send(request: HttpRequest, to: Invitation | None = None) -> bool:
    """So many invitations an hour by one person, and so few to one address (T37)."""
    if to:
        again = f"{access_links.PER_HOUR}/h/key"
        return not limits.is_reached(request, "invite_again", again, key=str(to.public_id))
    return not limits.is_reached(request, "invite", f"{settings.INVITATIONS_PER_HOUR}/h/user")


def _status(request: HttpRequest) -> int:
    return 409 if request.method == "POST" else 200
