"""What the admin shows of the packages we use."""

from importlib import import_module
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest

from contacts.account_mails import account_mail
from notifications.outbox import enqueue

# The packages register their own when these modules are imported.
import_module("allauth.account.admin")
import_module("allauth.mfa.admin")
# Addresses are kept in User.email alone (contacts/login.py).
admin.site.unregister(EmailAddress)
admin.site.unregister(Authenticator)


@admin.register(Authenticator)
class AuthenticatorAdmin(admin.ModelAdmin):
    """For a colleague who lost phone and recovery codes: another one removes the second factor, and it is set up anew.

    Its secret is shown to nobody (R42), and nobody removes their own here.
    """

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    list_select_related = ("user",)
    search_fields = ("user__email", "user__last_name")
    fields = readonly_fields = ("user", "type", "created_at", "last_used_at")
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.user != request.user)

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        if obj.type == Authenticator.Type.TOTP:
            enqueue([account_mail("account_second_factor_removed", obj.user)])
