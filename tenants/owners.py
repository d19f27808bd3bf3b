"""Who hears what the owner of a request hears: the owner or, once gone, the administrators of the partner (R28)."""

from typing import Any

from contacts.models import Group, User
from tenants.models import TenantRequest


def hearing(tenant_request: TenantRequest) -> list[User]:
    """The owner while they work for the partner; else its administrators; nobody if it has none."""
    owner, partner = tenant_request.owner, tenant_request.partner_id
    if owner.is_active and owner.memberships.filter(company=partner).exists():
        return [owner]
    members = User.objects.filter(is_active=True, is_staff=False)
    return list(members.filter(memberships__company=partner, memberships__groups__contains=[Group.FULL]))


def as_person(user: User) -> dict[str, Any]:
    """A user in the words in which a request names people."""
    return {name: getattr(user, name) for name in ("email", "first_name", "last_name", "language")}
