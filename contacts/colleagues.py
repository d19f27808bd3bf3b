"""Who works for a company: giving groups, ending a membership, and what passes to somebody else then (R27)."""

from collections.abc import Callable, Iterable

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import history
from contacts.account_mails import account_mail
from contacts.models import Company, Contact, Group, Membership, User, group_labels
from contacts.permissions import Right, groups_with, rights_of
from notifications.outbox import enqueue

# Other apps append what a member has in hand, as sentences, and as what requests name them, for whoever ends the
# membership; and how all of it passes to `to` (by whom it was done comes last).
IN_HAND: list[Callable[[User, Company], Iterable[str]]] = []
NAMED_AS: list[Callable[[User, Company], Iterable[str]]] = []
HAND_OVER: list[Callable[[User, Company, User, User], None]] = []


class Refused(Exception):
    """It is not done; the text says why, and what to do first."""


def administrators(company: Company) -> QuerySet[User]:
    """Those who may do everything there, and log in."""
    return User.objects.filter(
        memberships__in=Membership.objects.filter(company=company, groups__contains=[Group.FULL]), is_active=True
    ).order_by("last_name", "first_name", "pk")


def members_with(right: Right, company: Company) -> QuerySet[User]:
    """The active members of a partner whose groups give a right."""
    rows = Membership.objects.filter(company=company, groups__overlap=groups_with(right))
    return User.objects.filter(memberships__in=rows, is_active=True).order_by("last_name", "first_name", "pk")


def successors(leaver: User, company: Company, *, by: User) -> list[User]:
    """Who can take over what a leaver had in hand: first whoever ends the membership, if an administrator, then the
    other administrators, then everybody else who may request tenants."""
    first = [user for user in administrators(company) if user != leaver]
    first.sort(key=lambda user: user != by)
    others = members_with(Right.REQUEST_TENANTS, company).exclude(pk__in=[leaver.pk, *(user.pk for user in first)])
    return [*first, *others]


def lock(company_id: int) -> None:
    """Until the transaction ends nobody else changes who works there: two administrators could remove each other."""
    Company.objects.select_for_update(no_key=True).get(pk=company_id)


def is_last_administrator(user: User, company: Company) -> bool:
    """Customers have none: their partner's people see to their access."""
    administering = administrators(company)
    if company.is_customer or user not in administering:
        return False
    return not administering.exclude(pk=user.pk).exists()


@transaction.atomic
def set_groups(membership: Membership, groups: list[str], *, by: User) -> None:
    """Give a member these groups and no others. Raises Refused."""
    fresh = _locked(membership, by)
    if Group.FULL not in groups:
        _keep_an_administrator(fresh)
    fresh.groups = [str(group) for group in Group if group in groups]
    fresh.save(update_fields=["groups"])
    said = {"name": fresh.name, "groups": ", ".join(group_labels(groups)) or _("none")}
    history.wrote(by, fresh.company, _("Permission groups of %(name)s: %(groups)s.") % said)


@transaction.atomic
def end(membership: Membership, *, by: User, to: User | None = None) -> None:
    """End a membership; what the member had in hand passes to `to`, else to an administrator. Raises Refused."""
    fresh = _locked(membership, by)
    user, company = fresh.user, fresh.company
    if not by.is_staff:  # whose page checks all that it changes at once (admin_forms.py)
        _keep_an_administrator(fresh)
    archive_contacts(user, company, by=by)
    successor = hand_over(user, company, by=by, to=to)
    fresh.delete()
    history.wrote(by, company, _("Ended the access of %(name)s.") % {"name": fresh.name})
    if company.relation != Company.Relation.VAP:  # R14
        context = {"company": company, "by": by, "by_reader": by == user, "successor": successor}
        enqueue([account_mail("account_membership_ended", user, context=context)])


def hand_over(user: User, company: Company, *, by: User, to: User | None = None) -> User | None:
    """Pass on what somebody has in hand at a company that they leave, in the caller's transaction; says to whom, if
    there was something and somebody."""
    if not in_hand(user, company):
        return None
    possible = successors(user, company, by=by)
    if to is not None and to not in possible:
        raise Refused(_("%(name)s cannot take it over any more. Choose somebody else.") % {"name": to})
    successor = to or next(iter(possible), None)
    if successor is not None:
        for pass_on in HAND_OVER:
            pass_on(user, company, successor, by)
    return successor


def in_hand(user: User, company: Company) -> list[str]:
    """Sentences: what passes to somebody else when this member leaves."""
    return [sentence for held in IN_HAND for sentence in held(user, company)]


def named_as(user: User, company: Company) -> list[str]:
    """Sentences: which requests name this member, and as what."""
    return [sentence for named in NAMED_AS for sentence in named(user, company)]


def contacts_of(user: User, company: Company) -> list[Contact]:
    """The contacts, of a partner or of its customers, that are this member: the address, and one of the names at least,
    since people share addresses. A customer's contact is one whether they log in or not."""
    if company.is_customer:
        return []
    rows = Contact.objects.active().filter(Q(company=company) | Q(company__partner=company), email=user.email)
    names = Q(first_name__iexact=user.first_name) | Q(last_name__iexact=user.last_name)
    return list(rows.filter(names).select_related("company"))


def archive_contacts(user: User, company: Company, *, by: User) -> list[Contact]:
    """Whoever leaves can no longer be chosen, be it from their account or from a contact of the same person (R12)."""
    rows = contacts_of(user, company)
    for contact in rows:
        contact.archived_at, contact.archived_by = timezone.now(), by
        contact.save(update_fields=["archived_at", "archived_by"])
        history.noted_by(
            by, contact.company, contact, _("Archived: the person left %(company)s.") % {"company": company}
        )
    return rows


def to_replace(user: User, company: Company) -> str:
    """What has to be done by the partner once this member has left, in one text; asked before they do."""
    archived = [
        _("The contact %(name)s of %(company)s is archived too.") % _said(row) for row in contacts_of(user, company)
    ]
    return " ".join([*named_as(user, company), *archived])


def _said(contact: Contact) -> dict[str, object]:
    return {"name": contact, "company": contact.company}


def _locked(membership: Membership, by: User) -> Membership:
    lock(membership.company_id)
    fresh = Membership.objects.select_related("user", "company__partner").filter(pk=membership.pk).first()
    if fresh is None:
        raise Refused(_("This person does not belong to the company any more."))
    if not by.is_staff and by != fresh.user and Right.MANAGE_USERS not in rights_of(by, fresh.company):
        raise Refused(_("You can no longer manage users: a colleague took the Full Role from you."))
    return fresh


def _keep_an_administrator(membership: Membership) -> None:
    if is_last_administrator(membership.user, membership.company):
        sentence = _("%(name)s is the last administrator of %(company)s. Give somebody else the Full Role first.")
        raise Refused(sentence % {"name": membership.name, "company": membership.company})
