"""The login policy: what django-allauth does here, and what it does not.

No signup, no user names, no codes by mail. An account's address is User.email and
nothing else: allauth's own table of addresses stays empty, so the two cannot contradict each other.
"""

import time
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from allauth.account.authentication import get_authentication_records
from django.contrib import messages
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from contacts import devices, invitations
from contacts.account_mails import account_mail
from contacts.models import User
from notifications.outbox import enqueue

# allauth's names for the mails that it still sends; every other one belongs to something that is not offered.
MAILS = {
    "account/email/password_changed": "account_password_changed",
    "mfa/email/totp_activated": "account_second_factor_set_up",
    "mfa/email/totp_deactivated": "account_second_factor_removed",
    "mfa/email/recovery_codes_generated": "account_new_recovery_codes",
}


def open_account(email: str, first_name: str, last_name: str, language: str) -> User:
    """Make an account that waits for its activation link (R50)."""
    return User.objects.create_user(email, None, first_name=first_name, last_name=last_name, language=language)


def place_of(request: HttpRequest) -> str | None:
    """The address that a request comes from, as the login and the logs find it: behind as many proxies as are ours.

    None where that cannot be told: what is stated must not fail for want of it.
    """
    try:
        return str(get_adapter().get_client_ip(request))
    except (PermissionDenied, ImproperlyConfigured):
        return None


@transaction.atomic
def change_address(user: User, email: str) -> None:
    """Give the account another address: its links and sessions end, and both addresses are told (T48)."""
    old, user.email = user.email, email.strip().lower()
    if old == user.email:
        return
    user.save(update_fields=["email"])
    user.access_links.filter(used_at=None, replaced_at=None).update(replaced_at=timezone.now())
    context = {"old_email": old, "new_email": user.email}
    enqueue([account_mail("account_address_changed", user, to_email=to, context=context) for to in (old, user.email)])


def _device(request: HttpRequest) -> dict[str, Any]:
    """What the mail about a new device says of the login."""
    browser, system = devices.described(request)
    given = any(record["method"] == "mfa" for record in get_authentication_records(request, request.user))
    return {"ip": place_of(request) or "", "browser": browser, "system": system, "second_factor": given}


def _say_who_invites(request: HttpRequest, user: User, response: HttpResponse) -> None:
    """After the login; the first page of who belongs to no company, and the invitation's own, say it themselves."""
    found = invitations.for_user(user).first() if user.memberships.exists() else None
    if found is None:
        return
    page = reverse("contacts:invitation", args=[found.public_id])
    if response["Location"] != page:
        sentence = _("%(by)s invites you to %(company)s.") % {"by": found.invited_by, "company": found.company}
        link = _("Look at the invitation")
        messages.info(request, format_html('<strong>{}</strong> <a href="{}">{}</a>', sentence, page, link))


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("This address and this password do not belong together. Check both."),
        "enter_current_password": _("This is not your current password."),
        "incorrect_password": _("This is not your password."),
        "incorrect_code": _("This code does not fit. Type the one that the app shows now."),
        "too_many_login_attempts": _("Too many attempts. Wait five minutes, or ask for a link to set a new password."),
        "rate_limited": _("Too many attempts. Wait five minutes."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_ajax(self, request: HttpRequest) -> bool:
        return False

    def get_login_stages(self) -> list[str]:
        return ["allauth.mfa.stages.AuthenticateStage"]

    def is_safe_url(self, url: str) -> bool:
        """Only paths of this site, so that another port or scheme does not pass for it either (T67)."""
        return url.startswith("/") and url.isprintable() and url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count failures per account and place: nobody can lock somebody else out (T57)."""
        return f"{super()._get_login_attempts_cache_key(request, **credentials)}:{self.get_client_ip(request)}"

    def reauthenticate(self, user: User, password: str) -> bool:
        return self.authenticate(self.request, email=user.email, password=password) == user

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Who logged in a moment ago is not asked again."""
        records = get_authentication_records(self.request, self.request.user)
        latest = max((record["at"] for record in records), default=0)
        return time.time() - latest > app_settings.REAUTHENTICATION_TIMEOUT

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        return redirect("account_login")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("contacts:profile")

    def login(self, request: HttpRequest, user: User) -> None:
        request.is_first_login = user.last_login is None  # type: ignore[attr-defined]  # read by post_login below
        super().login(request, user)

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        response = super().post_login(request, user, **kwargs)
        if not devices.knows(request, user) and not request.is_first_login:  # type: ignore[attr-defined]  # see login
            enqueue([account_mail("account_new_device", user, context=_device(request))])
        devices.remember(request, response, user)
        _say_who_invites(request, user, response)
        return response

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        enqueue([account_mail(MAILS[template_prefix], user)])

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        raise NotImplementedError(f"{template_prefix} belongs to something that is not offered.")
