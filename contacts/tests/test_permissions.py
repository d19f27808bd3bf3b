import pytest

from conftest import make_user
from contacts.models import Company, Group, Membership, User
from contacts.permissions import Right, rights_of

MATRIX = {
    Group.FULL: set(Right),
    Group.TENANTS: {Right.VIEW, Right.VIEW_DRAFTS, Right.EDIT_CUSTOMERS, Right.REQUEST_TENANTS},
    Group.CUSTOMERS: {Right.VIEW, Right.VIEW_DRAFTS, Right.EDIT_CUSTOMERS},
    Group.TECHNICAL: {Right.VIEW},
    Group.READ_ONLY: {Right.VIEW},
}


@pytest.mark.parametrize("group", list(Group))
def test_rights_at_the_partner_hold_at_its_customers(nordwave: Company, customer: Company, group: Group) -> None:
    user = make_user("new@nordwave.example", "Nele", "Nieuw")
    Membership.objects.create(user=user, company=nordwave, groups=[group])

    assert rights_of(user, nordwave) == MATRIX[group]
    assert rights_of(user, customer) == MATRIX[group]


@pytest.mark.parametrize("group", list(Group))
def test_r06_a_customers_own_user_only_reads(customer: Company, group: Group) -> None:
    user = make_user("theo.lambert@bakkerijdesmet.example", "Theo", "Lambert")
    Membership.objects.create(user=user, company=customer, groups=[group])

    assert rights_of(user, customer) == {Right.VIEW}


def test_rights_add_up_over_groups(nordwave: Company) -> None:
    user = make_user("new@nordwave.example", "Nele", "Nieuw")
    Membership.objects.create(user=user, company=nordwave, groups=[Group.READ_ONLY, Group.CUSTOMERS])

    assert rights_of(user, nordwave) == MATRIX[Group.CUSTOMERS]


def test_without_a_group_there_is_no_right(nordwave: Company, customer: Company) -> None:
    user = make_user("new@nordwave.example", "Nele", "Nieuw")
    Membership.objects.create(user=user, company=nordwave)

    assert rights_of(user, nordwave) == set()
    assert rights_of(user, customer) == set()


def test_r04_no_rights_at_a_rival(alice: User, cloudhoek: Company, rival_customer: Company) -> None:
    assert rights_of(alice, cloudhoek) == set()
    assert rights_of(alice, rival_customer) == set()


def test_t09_the_deactivated_have_no_rights(alice: User, customer: Company) -> None:
    alice.is_active = False

    assert rights_of(alice, customer) == set()


def test_a_customers_user_has_no_rights_at_the_partner(
    customer: Company, nordwave: Company, other_customer: Company
) -> None:
    user = make_user("theo.lambert@bakkerijdesmet.example", "Theo", "Lambert")
    Membership.objects.create(user=user, company=customer, groups=[Group.FULL])

    assert rights_of(user, nordwave) == set()
    assert rights_of(user, other_customer) == set()
