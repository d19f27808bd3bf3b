"""Second factors: open to everyone, demanded of Arxus staff on every way in (DOMAIN §9, complaint 10)."""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import qrcode
from allauth.account.authentication import get_authentication_records
from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from contacts.current import unsealed
from contacts.models import User

# All that staff reach before their second factor: to set one up or to give it, and the way out.
WITHOUT = {
    "account_login",
    "account_logout",
    "account_reauthenticate",
    "mfa_index",
    "mfa_activate_totp",
    "mfa_authenticate",
    "mfa_reauthenticate",
    "mfa_view_recovery_codes",
    "mfa_download_recovery_codes",
}


def demanded_of(user: User | AnonymousUser) -> bool:
    return settings.STAFF_SECOND_FACTOR and (user.is_staff or user.is_superuser)


def was_given(request: HttpRequest) -> bool:
    """True if the second factor was given in this session."""
    return any(record["method"] == "mfa" for record in get_authentication_records(request, request.user))


class SecondFactorMiddleware:
    """Lets staff without a second factor in this session reach nothing but the pages that are about it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponseBase | None:
        if not demanded_of(request.user) or was_given(request):
            return None
        if request.resolver_match and request.resolver_match.view_name in WITHOUT:
            return None
        if Authenticator.objects.filter(user=request.user, type=Authenticator.Type.TOTP).exists():
            return redirect(f"{reverse('mfa_reauthenticate')}?{urlencode({'next': request.get_full_path()})}")
        messages.info(request, gettext("Arxus staff log in with a second factor. Set yours up to go on."))
        return redirect("mfa_activate_totp")


class MFAAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "cannot_delete_authenticator": _(
            "Arxus staff always log in with a second factor, so it cannot be switched off. You can replace it."
        ),
        "incorrect_code": _("This code does not fit. Type the one that the app shows now."),
    }

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return not demanded_of(authenticator.user)

    def get_totp_issuer(self) -> str:
        return "Arxus"

    def build_totp_svg(self, url: str) -> str:
        """Draw the QR code as SVG to stand in the page: our policy allows no data: addresses."""
        code = qrcode.QRCode(border=3)
        code.add_data(url)
        matrix = code.get_matrix()
        dark = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(matrix) for x, on in enumerate(row) if on)
        return format_html(
            '<svg class="qr" viewBox="0 0 {0} {0}" width="208" height="208" shape-rendering="crispEdges" role="img" '
            'aria-label="{1}"><path fill="#fff" d="M0 0h{0}v{0}H0z"/><path fill="#000" d="{2}"/></svg>',
            len(matrix),
            gettext("QR code for your authenticator app"),
            dark,
        )

    def encrypt(self, text: str) -> str:
        """Keep secrets unreadable in the database: whoever copies it must not have the second factors too."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()


def _cipher() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(urlsafe_b64encode(sha256(b"second factor:" + key.encode()).digest())) for key in keys])


@method_decorator(reauthentication_required(app="allauth.mfa"), name="dispatch")
class SetUpAuthenticator(ActivateTOTPView):
    """Sets up the authenticator app or, where there is one already, puts a new one in its place.

    allauth knows only "off, then on again": somebody with a new phone must not be without a second factor in between.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return FormView.dispatch(self, request, *args, **kwargs)

    def _present(self) -> Any:
        return Authenticator.objects.filter(user=self.request.user, type=Authenticator.Type.TOTP)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"replaces": self._present().exists()}

    def form_valid(self, form: Any) -> HttpResponse:
        with transaction.atomic():
            self._present().delete()
            response = super().form_valid(form)
        # The code was right, so the second factor was given; the session gets a new id with its new powers.
        record_authentication(self.request, self.request.user, "mfa", type=Authenticator.Type.TOTP)
        self.request.session.cycle_key()
        return response


set_up_authenticator = unsealed(SetUpAuthenticator.as_view())
