"""What access the technical contact gets when the tenant is registered (R50)."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from contacts import access_links
from contacts.login import open_account
from contacts.models import AccessLink, Company, Group, Membership, User
from tenants.models import Status, TenantRequest


class Refused(Exception):
    """This person cannot be given access; the text says why and what to do."""


@dataclass(frozen=True)
class Plan:
    """`kind`: new (an account and an activation link), added (an account gets access), already (nothing to do).

    `home` is where the access is given: at the customer, or at the partner for a person of the partner.
    """

    kind: str
    person: dict[str, Any]
    home: Company
    user: User | None = None


def plan(tenant_request: TenantRequest, person: dict[str, Any]) -> Plan:
    """Say what granting would do. Raises Refused for a deactivated account and for staff."""
    home = tenant_request.partner if person["own"] else tenant_request.company
    user = User.objects.filter(email=person["email"]).first()
    if user is None:
        return Plan("new", person, home)
    if user.is_staff:
        message = _("%(name)s works for Arxus and cannot be the technical contact. Send the request back.")
        raise Refused(message % {"name": user})
    if not user.is_active:
        message = _("The account of %(name)s is deactivated. Activate it, or send the request back for another person.")
        raise Refused(message % {"name": user})
    companies = [tenant_request.company, tenant_request.partner]
    if user.memberships.filter(company__in=companies).exists():
        return Plan("already" if user.has_usable_password() else "new", person, home, user)
    return Plan("added" if user.has_usable_password() else "new", person, home, user)


def waiting_for(tenant_request: TenantRequest) -> User | None:
    """The technical contact of a registered request, while they have not set a password yet (R53)."""
    sent = tenant_request.submissions.latest("version")
    user = User.objects.filter(email=sent.data["contacts"]["technical"]["email"], is_active=True).first()
    return user if user and not access_links.has_activated(user) else None


def asked_by(link: AccessLink) -> str | None:
    """Who asked that the owner of an activation link has access, for the page where they set their password."""
    rows = TenantRequest.objects.filter(status=Status.REGISTERED, submissions__emails__contains=[link.email])
    found = rows.select_related("partner").order_by("-changed_at").first()
    if found is None:
        return None
    message = _("%(partner)s asked for it, in request %(number)s.")
    return message % {"partner": found.partner, "number": found.number}


def grant(planned: Plan) -> AccessLink | None:
    """Carry the plan out, in the caller's transaction; returns the activation link of an account without a password."""
    user = planned.user
    if user is None:
        person = planned.person
        user = open_account(person["email"], person["first_name"], person["last_name"], person["language"])
    if planned.kind != "already":
        Membership.objects.get_or_create(user=user, company=planned.home, defaults={"groups": [Group.TECHNICAL]})
    return access_links.issue(user, AccessLink.Purpose.ACTIVATION) if planned.kind == "new" else None
