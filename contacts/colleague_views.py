"""Users & Permissions: who works for the acting company, their groups, and how they leave."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from contacts import activities, colleagues, invitations, meanwhile
from contacts.colleague_forms import GroupsForm, SuccessorForm
from contacts.current import ActingRequest, for_partners_people, get_or_404, needs, refuse, typed_in
from contacts.methods import answers
from contacts.models import Company, Membership, User
from contacts.pages import page_of
from contacts.permissions import Right, rights_of


@require_safe
@needs(Right.VIEW)
@for_partners_people
def colleague_list(request: ActingRequest) -> HttpResponse:
    """Names and groups for all; whoever manages users reads addresses and invitations too. A customer's users are
    shown to those alone who may end their access."""
    acting, company = request.acting, request.acting.company
    if company.is_customer and not acting.can_manage_users:
        return refuse(request, Right.MANAGE_USERS)
    return show_colleagues(request)


def show_colleagues(request: ActingRequest, status: int = 200) -> HttpResponse:
    """The list, also as the answer to what could not be done there."""
    acting, company = request.acting, request.acting.company
    here = Prefetch("memberships", company.memberships.all(), to_attr="here")
    rows = User.objects.filter(memberships__company=company).prefetch_related(here)
    if not acting.can_manage_users:
        rows = rows.filter(is_active=True)
    context: dict[str, Any] = {"company": company, "page": page_of(rows, request, "last_name", "first_name", "pk")}
    if acting.can_manage_users:
        pending = company.invitations.pending().select_related("invited_by")
        context["invitations"] = list(pending.order_by("-sent_at")[:MOST_INVITATIONS])
        context["not_arrived"] = invitations.not_arrived(context["invitations"])
        context["may_invite"] = company.relation != Company.Relation.VAP
    return render(request, "contacts/colleagues.html", context, status=status)


# More of them are not pending at once in any company we know.
MOST_INVITATIONS = 100


@typed_in(GroupsForm)
@needs(Right.MANAGE_USERS)
@answers(["GET", "HEAD", "POST"], lambda request, public_id: _member(request, public_id))
def colleague(request: ActingRequest, public_id: UUID) -> HttpResponse:
    """One colleague, and the groups that they have here; an old page first says what was changed since."""
    company = request.acting.company
    with meanwhile.holding(request):
        if request.method == "POST":
            colleagues.lock(company.pk)
        membership = _member(request, public_id)
        opened = _groups(request, membership)
        if opened.may_be_kept and _given(request, membership, opened.form):
            return redirect("contacts:colleagues")
    context = {"form": opened.form, "opened": opened, "membership": membership, "company": company}
    return render(request, "contacts/colleague.html", context, status=opened.status)


def _groups(request: ActingRequest, membership: Membership) -> meanwhile.Opened[GroupsForm]:
    user, company = membership.user, request.acting.company

    def make(data: Any) -> GroupsForm:
        return GroupsForm(data, company=company, initial={"groups": membership.groups})

    return meanwhile.opened(request, make, membership, company, user, about=membership.name)


def _given(request: ActingRequest, membership: Membership, form: GroupsForm) -> bool:
    try:
        colleagues.set_groups(membership, form.cleaned_data["groups"], by=request.user)
    except colleagues.Refused as refused:
        form.add_error("groups", str(refused))
        return False
    sentence = _("The permission groups of %(name)s are saved. They count from the next click on.")
    messages.success(request, sentence % {"name": membership.name})
    _warn_of_what_stays(request, membership)
    return True


def _warn_of_what_stays(request: ActingRequest, membership: Membership) -> None:
    """Whoever may no longer request tenants hears of none: administrators do, until somebody else owns them."""
    user, company = membership.user, membership.company
    held = [] if Right.REQUEST_TENANTS in rights_of(user, company) else colleagues.in_hand(user, company)
    if held:
        said = ngettext(
            "%(name)s still owns one request: administrators hear about it now. Change its owner on its page.",
            "%(name)s still owns %(count)s requests: administrators hear about them now. Change their owner there.",
            len(held),
        )
        messages.warning(request, said % {"name": membership.name, "count": len(held)})


@typed_in(SuccessorForm)
@needs(Right.VIEW)
@for_partners_people
@answers(["GET", "HEAD", "POST"], lambda request, public_id: _member(request, public_id))
def colleague_end(request: ActingRequest, public_id: UUID) -> HttpResponse:
    """Say what ending a membership does, then do it; one may end one's own, too."""
    if not request.acting.can_manage_users and public_id != request.user.public_id:
        return refuse(request, Right.MANAGE_USERS)
    membership = _member(request, public_id)
    user, company = membership.user, membership.company
    in_hand = colleagues.in_hand(user, company)
    possible = colleagues.successors(user, company, by=request.user) if in_hand else []
    form = SuccessorForm(request.POST or None, possible=possible) if possible else None
    last = colleagues.is_last_administrator(user, company)
    if request.method == "POST" and not last and (form is None or form.is_valid()):
        try:
            colleagues.end(membership, by=request.user, to=form.chosen() if form else None)
        except colleagues.Refused as refused:
            messages.info(request, str(refused))
            return redirect("contacts:colleague_end", public_id)
        said = {"name": membership.name, "company": company}
        messages.success(request, _("%(name)s no longer has access to %(company)s.") % said)
        return redirect("home" if user == request.user else "contacts:colleagues")
    context: dict[str, Any] = {"membership": membership, "company": company, "form": form, "in_hand": in_hand}
    context["named"], context["contacts"] = colleagues.named_as(user, company), colleagues.contacts_of(user, company)
    context["last"], context["is_self"] = last, user == request.user
    return render(request, "contacts/colleague_end.html", context)


@needs(Right.MANAGE_USERS)
@answers(["GET", "HEAD"], lambda request, public_id: _member(request, public_id))
def colleague_activity(request: ActingRequest, public_id: UUID) -> HttpResponse:
    """What a colleague did lately for this company and its customers."""
    membership = _member(request, public_id)
    page = activities.page(membership.user, membership.company, request.GET.get("before", ""))
    return render(request, "contacts/colleague_activity.html", {"membership": membership, "page": page})


def _member(request: ActingRequest, public_id: UUID) -> Membership:
    """A member of the acting company itself, or 404."""
    rows = request.acting.company.memberships
    return get_or_404(rows.select_related("user", "company__partner"), user__public_id=public_id)
