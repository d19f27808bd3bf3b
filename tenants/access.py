"""What access the technical contact gets when the tenant is registered (R50)."""

from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import access_links
from contacts.login import open_account
from contacts.models import AccessLink, Company, Group, Membership, User
from contacts.permissions import rights_by
from tenants import value_add
from tenants.models import Status, TenantRequest
from tenants.named import name_of


class Refused(Exception):
    """This person cannot be given access; the text says to staff why and what to do.

    `to_partner` says it to a partner: what is wrong with somebody's account is nobody's business (R44).
    """

    def __init__(self, sentence: str, to_partner: str) -> None:
        super().__init__(sentence)
        self.to_partner = to_partner


@dataclass(frozen=True)
class Plan:
    """`kind`: new (an account and an activation link), added (an account gets access), already (nothing to do).

    `home` is where the access is given: at the customer, or at the partner for a person of the partner. `called` is
    what the partner calls somebody whose account it does not know: what that says is nobody's business (R44).
    """

    kind: str
    person: dict[str, Any]
    home: Company
    user: User | None = None
    called: str = ""


def plan(tenant_request: TenantRequest, person: dict[str, Any]) -> Plan:
    """Say what granting would do. Raises Refused for a deactivated account and for staff."""
    to_partner = _("%(name)s can get no access to the Arxus portal. Choose somebody else, or ask Arxus.")
    to_partner %= {"name": name_of(person)}
    if why := value_add.refusal(person["email"], tenant_request):
        message = _("%(name)s can get no access. %(why)s Send the request back for another person.")
        raise Refused(message % {"name": name_of(person), "why": why}, to_partner)
    unknowing = tenant_request.company.relation == Company.Relation.VAP
    home = tenant_request.partner if person["own"] or unknowing else tenant_request.company
    user = User.objects.filter(email=person["email"]).first()
    if user is None:
        return Plan("new", person, home)
    if user.is_staff:
        message = _("%(name)s works for Arxus and cannot be the technical contact. Send the request back.")
        raise Refused(message % {"name": user}, to_partner)
    if not user.is_active:
        message = _("The account of %(name)s is deactivated. Activate it, or send the request back for another person.")
        raise Refused(message % {"name": user}, to_partner)
    companies = [tenant_request.company, tenant_request.partner]
    memberships = user.memberships.filter(company__in=companies).select_related("company")
    if any(rights_by(membership) for membership in memberships):
        return Plan("already" if user.has_usable_password() else "new", person, home, user)
    called = "" if _is_known(user, tenant_request.partner) else name_of(person)
    return Plan("added" if user.has_usable_password() else "new", person, home, user, called)


def _is_known(user: User, partner: Company) -> bool:
    """Whether a partner opened the account, or its owner joined the partner or one of its customers."""
    return user.memberships.filter(Q(company=partner) | Q(company__partner=partner), called="").exists()


def waiting_for(tenant_request: TenantRequest) -> User | None:
    """The technical contact of a registered request, while they have not set a password yet (R53).

    Of accounts that this request did not give access to, nothing is said.
    """
    if tenant_request.status != Status.REGISTERED:
        return None
    # The page of a request brought it along.
    data = getattr(tenant_request, "sent_data", None) or tenant_request.submissions.latest("version").data
    email = data["contacts"]["technical"]["email"]
    companies = [tenant_request.company_id, tenant_request.partner_id]
    rows = User.objects.filter(email=email, is_active=True, memberships__company__in=companies)
    user = access_links.with_last_link(rows).first()
    return user if user and not access_links.has_activated(user) else None


def move(
    tenant_request: TenantRequest, before: dict[str, Any], after: dict[str, Any]
) -> tuple[Plan, AccessLink | None]:
    """Give the access that nobody has used yet to the corrected address, and end that of the old one (R51).

    Nothing moves where the corrected address has access already: its owner changed the address of the account
    (addresses.py). Raises Refused where nothing waits and no account has that address.
    """
    old, planned = waiting_for(tenant_request), plan(tenant_request, after)
    if old is None and planned.kind == "already":
        return planned, None
    if old is None:
        message = _(
            "No access waits here for a first login any more, so none can move to another address. The address of a"
            " login is changed by whoever logs in with it: in their profile, under “Change your address”. If %(name)s"
            " cannot, change the contacts of the tenant."
        )
        message %= {"name": name_of(before)}
        raise Refused(message, message)
    home = tenant_request.partner if before["own"] else tenant_request.company
    links = old.access_links.filter(companies__contains=[home.pk], used_at=None, replaced_at=None)
    links.update(replaced_at=timezone.now())
    if not _is_named_elsewhere(tenant_request, home, old.email):
        old.memberships.filter(company=home, groups=[Group.TECHNICAL]).delete()
    return planned, grant(planned)


def ending(tenant_request: TenantRequest, before: dict[str, Any], now: dict[str, Any]) -> Membership | None:
    """The access of a replaced technical contact that ends with the role, or None; `before` and `now` are contacts.

    Only what registering gives, at the customer, to somebody whom no registered tenant of it names any more. The
    partner's own people keep theirs: they lose it at the partner (R50).
    """
    email = before["technical"]["email"]
    if email in _addresses(now):
        return None
    company = tenant_request.company
    rows = Membership.objects.filter(company=company, user__email=email, groups=[Group.TECHNICAL])
    found = rows.select_related("user", "company").first()
    return None if found and _is_named_elsewhere(tenant_request, company, email) else found


def end(membership: Membership) -> None:
    """End what ending() found, in the caller's transaction; a link that nobody used dies with it (R51)."""
    links = membership.user.access_links.filter(companies__contains=[membership.company_id])
    links.filter(used_at=None, replaced_at=None).update(replaced_at=timezone.now())
    membership.delete()


def _is_named_elsewhere(tenant_request: TenantRequest, company: Company, email: str) -> bool:
    """Whether another registered tenant of a company has this contact, by what was sent last."""
    others = TenantRequest.objects.of(company).filter(status=Status.REGISTERED).exclude(pk=tenant_request.pk)
    naming = others.filter(submissions__version=F("version"), submissions__emails__contains=[email])
    sent = [row.sent_data for row in naming.with_last_submission()]  # type: ignore[attr-defined]
    return any(email in _addresses(data["contacts"]) for data in sent)


def _addresses(contacts: dict[str, Any]) -> list[str]:
    return [contacts[role]["email"] for role in contacts["roles"]]


def asked_by(link: AccessLink) -> str | None:
    """Who asked that the owner of an activation link has access, for the page where they set their password."""
    rows = TenantRequest.objects.with_last_submission().select_related("partner").order_by("-changed_at")
    rows = rows.filter(status=Status.REGISTERED).filter(Q(company__in=link.companies) | Q(partner__in=link.companies))
    found = rows.filter(sent_data__contacts__technical__email=link.email).first()  # type: ignore[misc]  # annotated
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
        membership, _made = Membership.objects.get_or_create(
            user=user, company=planned.home, defaults={"called": planned.called}
        )
        membership.groups = membership.groups or [Group.TECHNICAL]
        membership.save(update_fields=["groups"])
    return access_links.issue(user, AccessLink.Purpose.ACTIVATION) if planned.kind == "new" else None
