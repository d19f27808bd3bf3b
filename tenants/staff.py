"""The two groups of Arxus staff who decide about requests; made after every migration."""

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission

if TYPE_CHECKING:
    from contacts.models import User

VALIDATORS = "Validators"
LEADS = "Validation leads"
_MAILS = ["view_outgoingemail", "resend_outgoingemail"]
_PERMISSIONS = {
    VALIDATORS: ["view_tenantrequest", "decide_tenantrequest", "view_stockremark", *_MAILS],
    LEADS: [
        "view_tenantrequest",
        "decide_tenantrequest",
        "override_check",
        "correct_registration",
        "hand_over_tenantrequest",
        *_MAILS,
        *("view_stockremark", "add_stockremark", "change_stockremark"),
        *("view_company", "change_relation"),
    ],
}
_APPS = ("tenants", "notifications", "contacts")


def validators() -> "list[User]":
    """Those who decide about requests, by name; a superuser only where they are one of them."""
    return _who_can("tenants.decide_tenantrequest")


def leads() -> "list[User]":
    """Those who lead the validators."""
    return _who_can("tenants.override_check")


def _who_can(permission: str) -> "list[User]":
    allowed = ModelBackend().with_perm(permission, is_active=True, include_superusers=False)
    return list(allowed.filter(is_staff=True).order_by("last_name", "first_name", "pk"))


def make_staff_groups(**_: Any) -> None:
    """Give the groups at least these permissions; what the admin added to them stays."""
    for label in _APPS:
        # Django's own receiver makes the permissions too, but may come after this one.
        create_permissions(apps.get_app_config(label), verbosity=0)
    for name, codenames in _PERMISSIONS.items():
        group, _made = Group.objects.get_or_create(name=name)
        group.permissions.add(*Permission.objects.filter(content_type__app_label__in=_APPS, codename__in=codenames))
