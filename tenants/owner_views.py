"""The page on which colleagues change the owner of a request (R27)."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from contacts import colleagues
from contacts.colleague_forms import SuccessorForm
from contacts.current import ActingRequest, for_customer, needs, typed_in
from contacts.methods import answers
from contacts.permissions import Right
from tenants import ownership
from tenants.views import done, find


@typed_in(SuccessorForm)
@needs(Right.REQUEST_TENANTS)
@for_customer
@answers(["GET", "HEAD", "POST"], find)
def owner(request: ActingRequest, public_id: UUID) -> HttpResponse:
    """Choose among the partner's people who may request tenants."""
    found = find(request, public_id)
    possible = colleagues.members_with(Right.REQUEST_TENANTS, found.partner).exclude(pk=found.owner_id)
    form = SuccessorForm(request.POST or None, possible=list(possible), label=_("New owner"))
    if request.method == "POST" and form.is_valid():
        to = form.chosen()
        sentence = _("%(name)s owns this request now.") % {"name": to}
        return done(request, found, lambda: ownership.change(found, to=to, by=request.user), sentence)
    return render(request, "tenants/owner.html", {"found": found, "form": form})
