"""The group of Arxus staff who keep partners and their people; made after every migration."""

from typing import Any

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission

PARTNER_KEEPERS = "Partner management"
_PERMISSIONS = [
    "view_company",
    "add_company",
    "change_company",
    "view_user",
    "add_user",
    "change_user",
    "view_membership",
    "add_membership",
    "change_membership",
    "delete_membership",
    "view_contact",
    "change_relation",
]


def make_partner_keepers(**_: Any) -> None:
    """Give the group at least these permissions; what the admin added to it stays."""
    create_permissions(apps.get_app_config("contacts"), verbosity=0)  # Django's own turn may come after ours.
    group, _made = Group.objects.get_or_create(name=PARTNER_KEEPERS)
    group.permissions.add(*Permission.objects.filter(content_type__app_label="contacts", codename__in=_PERMISSIONS))
