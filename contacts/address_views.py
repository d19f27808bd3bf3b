"""The pages on which somebody changes the address of their account: asking for it, and the one behind the link."""

from typing import cast

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from contacts import access_links, addresses, limits, people
from contacts.access_views import COOKIE, token_of, unindexed
from contacts.account_forms import LOGIN_AS, AddressForm
from contacts.current import unsealed
from contacts.models import User

LIMIT = "5/h/user"


@unsealed
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required(app="contacts")  # type: ignore[untyped-decorator]  # allauth has no types here
def change_address(request: HttpRequest) -> HttpResponse:
    """Mail a link to the new address; the answer is the same whoever has it (T55)."""
    user, status = cast(User, request.user), 200
    form = AddressForm(request.POST if request.method == "POST" else None, user=user)
    if form.is_bound and form.is_valid():
        if not limits.is_reached(request, "address", LIMIT):
            addresses.ask(user, form.cleaned_data["email"])
            return redirect("account_change_address")
        form.add_error(None, _("Several mails went out within the hour. Ask for this one a little later."))
        status = 429
    asked = addresses.asked(user)
    context = {"form": form, "asked": asked, "until": asked and access_links.until(asked)}
    return render(request, "contacts/address.html", context, status=status)


@unsealed
@login_not_required
@unindexed
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, purpose: str) -> HttpResponse:
    """The page behind the link. Its button counts for whoever is logged in to the account: no scanner is (T42)."""
    token = token_of(request, purpose)
    link = access_links.find(purpose, token)
    if link is None:
        return _gone(request)
    is_owner = request.user == link.user
    context = {"link": link, "until": access_links.until(link), "is_owner": is_owner}
    if request.method != "POST" or not is_owner:
        status = 403 if request.method == "POST" else 200
        return render(request, "contacts/address_confirm.html", context, status=status)
    try:
        user = addresses.confirm(token, by=link.user)
    except addresses.Refused as refused:
        return render(request, "contacts/address_confirm.html", context | {"refused": refused}, status=409)
    return _changed(request, user) if user else _gone(request)


def _changed(request: HttpRequest, user: User) -> HttpResponse:
    named = sum(1 for sent in people.sent_with(user) if sent.outdated)
    logout(request)
    request.session[LOGIN_AS] = user.email
    messages.success(request, _("Your address is changed. Log in with the new one, and the password you have."))
    if named:
        # Which ones is nothing for a page that anybody at this screen can read.
        said = ngettext(
            "A request that was sent still names your former address: your profile says which, and where to correct"
            " it.",
            "%(n)s requests that were sent still name your former address: your profile says which, and where to"
            " correct it.",
            named,
        )
        messages.warning(request, said % {"n": named})
    response = redirect("account_login")
    response.delete_cookie(COOKIE, path=request.path)
    return response


def _gone(request: HttpRequest) -> HttpResponse:
    """One page for every link that does not work (T45)."""
    return render(request, "contacts/address_gone.html", status=410)
