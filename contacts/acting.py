"""Who may work for which company, asked of the database now (R04): an own one, or a customer of one's partner."""

from dataclasses import dataclass, field
from typing import Any, cast

from django.db.models import FilteredRelation, Q

from contacts.models import Company, CompanyQuerySet, Membership, User
from contacts.permissions import Right, rights_by


@dataclass(frozen=True)
class Acting:
    """A user who works for a company, by one of their memberships: in it, or in its partner."""

    user: User
    membership: Membership
    company: Company
    rights: frozenset[Right] = field(default_factory=frozenset)

    @property
    def home(self) -> Company:
        return self.membership.company

    @property
    def is_own(self) -> bool:
        return self.company == self.home

    @property
    def is_customers_own_user(self) -> bool:
        """Somebody of the customer itself, who sees less than the partner's people (R06)."""
        return self.home.is_customer

    @property
    def partner(self) -> Company:
        """The partner: the own company, or the one whose customer this is."""
        return self.company.partner or self.company

    @property
    def success_manager(self) -> User | None:
        """Whom the partner's people ask at Arxus; the customer's own ask their partner, or the service desk."""
        manager = None if self.is_customers_own_user else self.partner.success_manager
        return manager if manager and manager.is_active else None

    def can(self, right: Right) -> bool:
        return right in self.rights

    @property
    def can_edit_customers(self) -> bool:
        return self.can(Right.EDIT_CUSTOMERS)

    @property
    def can_request_tenants(self) -> bool:
        return self.can(Right.REQUEST_TENANTS)

    @property
    def can_manage_users(self) -> bool:
        return self.can(Right.MANAGE_USERS)


def memberships_of(user: User, customer_id: int | None = None) -> list[Membership]:
    """The last used first, then the oldest; each with that customer of its company, if it has it, as `chosen`."""
    chosen = FilteredRelation("company__customers", condition=Q(company__customers__id=customer_id))
    rows = user.memberships.annotate(chosen=chosen)
    company = ("company__success_manager", "company__partner__success_manager")
    return list(rows.select_related(*company, "chosen"))  # type: ignore[misc]  # Django knows "chosen"


def chosen_company(memberships: list[Any], company_id: int | None) -> Company | None:
    """The company that was chosen: an own one, or a customer that came along with the membership in its partner."""
    for membership in memberships:
        if membership.company_id == company_id:
            return cast(Company, membership.company)
        # Django sets it only on the row that has one.
        if (chosen := getattr(membership, "chosen", None)) and chosen.pk == company_id:
            chosen.partner = membership.company
            return cast(Company, chosen)
    return None


def acting_for(user: User, memberships: list[Membership], company: Company) -> Acting | None:
    """By membership in the partner, which gives more, else in the company itself; without groups in the latter only."""
    by_company = {membership.company_id: membership for membership in memberships}
    through = by_company.get(company.partner_id or 0)
    if through and (rights := rights_by(through)):
        return Acting(user, through, company, rights)
    if own := by_company.get(company.pk):
        return Acting(user, own, company, rights_by(own))
    return None


def may_act_for(user: User, company: Company) -> bool:
    """Whether the user is a member of the company or, with any permission group, of its partner; asked now (R04)."""
    if not user.is_active or user.is_staff:
        return False
    return acting_for(user, memberships_of(user), company) is not None


def reachable(user: User) -> CompanyQuerySet:
    """All companies that the user may work for."""
    memberships = [] if user.is_staff else memberships_of(user)
    partners = [membership.company_id for membership in memberships if rights_by(membership)]
    own = [membership.company_id for membership in memberships]
    return Company.objects.filter(Q(pk__in=own) | Q(partner__in=partners))
