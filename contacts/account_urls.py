"""The addresses of login and account: only what is offered, under the names that allauth looks for."""

from allauth.account.views import login, reauthenticate
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp.views import deactivate_totp
from django.urls import path, re_path

from contacts import access_views, account_views, address_views
from contacts.access_links import PATHS, Purpose
from contacts.second_factor import set_up_authenticator

urlpatterns = [
    path("account/login/", login, name="account_login"),
    path("account/logout/", account_views.logout, name="account_logout"),
    path("account/lost/", access_views.lost, name="account_reset_password"),
    path("account/lost/sent/", access_views.lost_done, name="account_reset_password_done"),
    path("account/confirm/", reauthenticate, name="account_reauthenticate"),
    path("account/password/", account_views.change_password, name="account_change_password"),
    path("account/address/", address_views.change_address, name="account_change_address"),
    path("account/second-factor/", mfa.index, name="mfa_index"),
    path("account/second-factor/code/", mfa.authenticate, name="mfa_authenticate"),
    path("account/second-factor/confirm/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("account/second-factor/set-up/", set_up_authenticator, name="mfa_activate_totp"),
    path("account/second-factor/remove/", deactivate_totp, name="mfa_deactivate_totp"),
    path("account/recovery-codes/", recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("account/recovery-codes/new/", recovery_codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path(
        "account/recovery-codes/download/", recovery_codes.download_recovery_codes, name="mfa_download_recovery_codes"
    ),
]
for purpose, name in PATHS.items():
    page = address_views.confirm if purpose == Purpose.ADDRESS else access_views.choose_password
    urlpatterns += [
        path(f"{name}/", page, {"purpose": purpose}, name=name),
        re_path(rf"^{name}/(?P<token>.+)$", access_views.open_link, {"purpose": purpose}),
    ]
