"""The pages behind access links: open one, choose a password, ask for a new one. Of another address: address_views.py.

Opening a link moves it from the address into a signed cookie and writes nothing, however often and by whomever it is
opened (R42, R51). Only a password, typed twice, uses one up here. The cookie is no session: it is limited to this one
page.
"""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.core.internal import ratelimit
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from contacts import access_links, invitations, limits
from contacts.access_links import PATHS, Purpose
from contacts.account_forms import LOGIN_AS, LostForm
from contacts.current import unsealed
from contacts.models import AccessLink
from contacts.passwords import NewPasswordForm

COOKIE = "__Secure-access" if settings.SESSION_COOKIE_SECURE else "access"
_TOKEN = re.compile(r"[\w/-]{1,200}", re.ASCII)
LIMIT = "20/h/ip"


def unindexed(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def _view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["X-Robots-Tag"] = "noindex"
        return response

    return _view


# Every method is answered alike, and without a token of ours: an error would put the address into the log.
@unsealed
@csrf_exempt
@login_not_required
@unindexed
def open_link(request: HttpRequest, purpose: str, token: str) -> HttpResponse:
    """Take the link out of the address bar, whether it is good or not."""
    path = f"/{PATHS[Purpose(purpose)]}/"
    response = redirect(path)
    # Not on the page with the form: from there browsers would post with "Origin: null", which the CSRF check refuses.
    # Its own address holds no secret, and the usual policy tells it to this site only.
    response["Referrer-Policy"] = "no-referrer"
    response.set_signed_cookie(
        COOKIE,
        token if _TOKEN.fullmatch(token) else "",
        salt=purpose,
        path=path,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


@unsealed
@login_not_required
@unindexed
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def choose_password(request: HttpRequest, purpose: str) -> HttpResponse:
    token = token_of(request, purpose)
    link = access_links.find(purpose, token)
    if link is None:
        return _gone(request)
    if request.method == "POST" and request.POST.get("username", link.user.email) != link.user.email:
        # The page of another link, which was opened in this browser before this one.
        return render(request, "contacts/another_link.html", {"email": request.POST["username"]}, status=409)
    form = NewPasswordForm(request.POST or None, user=link.user)
    if request.method == "POST" and form.is_valid():
        if access_links.use(purpose, token, form.cleaned_data["password1"]) is None:
            return _gone(request)
        logout(request)
        request.session[LOGIN_AS] = link.user.email
        messages.success(request, gettext("Your password is set. Log in with it."))
        response = redirect("account_login")
        response.delete_cookie(COOKIE, path=request.path)
        return response
    return render(request, "contacts/choose_password.html", _page(request, link, form))


def token_of(request: HttpRequest, purpose: str) -> str:
    """What open_link() kept."""
    return request.get_signed_cookie(COOKIE, "", salt=purpose) or ""


def _page(request: HttpRequest, link: AccessLink, form: NewPasswordForm) -> dict[str, Any]:
    membership = link.user.memberships.select_related("company__partner").first()
    invitation = link.invitation
    return {
        "invitation": invitation,
        # As the mail calls its reader.
        "name": (invitation.first_name if invitation else "") or link.user.first_name or link.user.email,
        # Offered after the login.
        "waiting": None if invitation else invitations.for_user(link.user).first(),
        "form": form,
        "link": link,
        "company": invitation.company if invitation else membership.company if membership else None,
        "until": access_links.until(link),
        "origin": next((sentence for origin in access_links.ORIGINS if (sentence := origin(link))), None),
        "second_factor": Authenticator.objects.filter(user=link.user, type=Authenticator.Type.TOTP).exists(),
        "somebody_else": request.user.is_authenticated and request.user != link.user,
    }


def _gone(request: HttpRequest) -> HttpResponse:
    """One page for every link that does not work: expired, used, replaced, made up."""
    return render(request, "contacts/link_gone.html", {"form": LostForm()}, status=410)


@unsealed
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def lost(request: HttpRequest) -> HttpResponse:
    """Mail a link to whoever needs one; the answer is the same for every address (R52)."""
    if limits.is_reached(request, "lost", LIMIT):
        return ratelimit.respond_429(request)
    form = LostForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        access_links.send(form.cleaned_data["email"], on_page=True)
        return redirect("account_reset_password_done")
    return render(request, "contacts/lost.html", {"form": form})


@login_not_required
def lost_done(request: HttpRequest) -> HttpResponse:
    return render(request, "contacts/lost_done.html")
