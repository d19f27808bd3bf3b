"""Who hears what the owner of a request hears: the owner or, once gone, the administrators of the partner (R28).

Gone is also who may no longer request tenants: whoever cannot answer must not be the only one who is asked.
"""

from collections.abc import Sequence
from typing import Any

from contacts.models import Group, Membership, User
from contacts.permissions import Right, groups_with
from tenants.models import TenantRequest


def hearing(tenant_request: TenantRequest) -> list[User]:
    """The owner while they may act on it; else the administrators of the partner; nobody if it has none."""
    return hearing_each([tenant_request])[tenant_request.pk]


def hearing_each(requests: Sequence[TenantRequest]) -> dict[int, list[User]]:
    """The same for several at once: one query, and one more for each partner whose administrators stand in."""
    pairs = [(found.owner_id, found.partner_id) for found in requests]
    rows = Membership.objects.filter(
        user__in=[pair[0] for pair in pairs],
        company__in=[pair[1] for pair in pairs],
        groups__overlap=groups_with(Right.REQUEST_TENANTS),
    )
    working = set(rows.order_by().values_list("user_id", "company_id"))
    present = {
        found.pk for found in requests if found.owner.is_active and (found.owner_id, found.partner_id) in working
    }
    gone = {found.partner_id for found in requests if found.pk not in present}
    standing_in = {partner: _administrators(partner) for partner in gone}
    return {found.pk: [found.owner] if found.pk in present else standing_in[found.partner_id] for found in requests}


def _administrators(partner_id: int) -> list[User]:
    members = User.objects.filter(is_active=True, is_staff=False)
    return list(members.filter(memberships__company=partner_id, memberships__groups__contains=[Group.FULL]))


def as_person(user: User) -> dict[str, Any]:
    """A user in the words in which a request names people."""
    return {name: getattr(user, name) for name in ("email", "first_name", "last_name", "language")}
