"""The two groups of Arxus staff who decide about requests; made after every migration."""

from typing import Any

from django.contrib.auth.models import Group, Permission

VALIDATORS = "Validators"
LEADS = "Validation leads"
_PERMISSIONS = {
    VALIDATORS: ["view_tenantrequest", "decide_tenantrequest"],
    LEADS: ["view_tenantrequest", "decide_tenantrequest", "override_check"],
}


def make_staff_groups(**_: Any) -> None:
    """Give the groups at least these permissions; what the admin added to them stays."""
    for name, codenames in _PERMISSIONS.items():
        group, _made = Group.objects.get_or_create(name=name)
        group.permissions.add(*Permission.objects.filter(content_type__app_label="tenants", codename__in=codenames))
