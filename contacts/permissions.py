"""What the permission groups of a membership allow."""

from enum import StrEnum

from contacts.models import Company, Group, Membership, User


class Right(StrEnum):
    """What one may do in a company."""

    VIEW = "view"
    VIEW_DRAFTS = "view drafts"
    # Customers and contacts.
    EDIT_CUSTOMERS = "edit customers"
    # Draft, send and withdraw tenant requests.
    REQUEST_TENANTS = "request tenants"
    MANAGE_USERS = "manage users"


_READ = frozenset({Right.VIEW})
_CUSTOMERS = _READ | {Right.VIEW_DRAFTS, Right.EDIT_CUSTOMERS}
_TENANTS = _CUSTOMERS | {Right.REQUEST_TENANTS}

RIGHTS: dict[Group, frozenset[Right]] = {
    Group.FULL: frozenset(Right),
    Group.CUSTOMERS: _CUSTOMERS,
    Group.TENANTS: _TENANTS,
    Group.TECHNICAL: _READ,
    Group.READ_ONLY: _READ,
}


def groups_with(right: Right) -> list[Group]:
    """The groups that give a right."""
    return [group for group, rights in RIGHTS.items() if right in rights]


def rights_by(membership: Membership) -> frozenset[Right]:
    """What a membership allows, in its own company and, where that is a partner, in each of its customers.

    Members of a customer read and nothing more, whatever their groups (R06).
    """
    rights = frozenset[Right]().union(*(RIGHTS[Group(group)] for group in membership.groups))
    return rights & _READ if membership.company.is_customer else rights


def rights_of(user: User, company: Company) -> frozenset[Right]:
    """What the user may do in the company, asked of the database now; nothing for staff and the deactivated."""
    if not user.is_active or user.is_staff:
        return frozenset()
    memberships = user.memberships.select_related("company").filter(company__in=[company.pk, company.partner_id])
    return frozenset[Right]().union(*(rights_by(membership) for membership in memberships))
