"""R14: the customer of a Value Add Partner does not know Arxus, so Arxus writes to nobody there.

Who is somebody there follows from what that customer's partner says of it, and binds that partner's people alone: what
one partner says about its customers never stops the mails of another one's people (T16).
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from contacts.mailboxes import PUBLIC_MAILBOXES
from contacts.models import Company, Contact, Invitation, Membership, User


class Addressed(Protocol):
    """A mail, promised or not yet."""

    @property
    def to_email(self) -> str: ...
    @property
    def facts(self) -> Mapping[str, Any]: ...


def domains_above(email: str) -> list[str]:
    """The domain of an address and those that it belongs to: what a company may have registered."""
    domain = email.rpartition("@")[2].strip().rstrip(".").lower()
    try:
        domain = domain.encode("idna").decode()
    except UnicodeError:
        # No domain of this shape can be registered, nor written to.
        return []
    labels = domain.split(".")
    above = [".".join(labels[at:]) for at in range(len(labels) - 1)]
    return [one for one in above if one not in PUBLIC_MAILBOXES]


def is_at(email: str, domains: Collection[str]) -> bool:
    """Whether an address is at one of these domains, or below one."""
    return not set(domains_above(email)).isdisjoint(domains)


def customers_of(emails: Iterable[str], whose: Q) -> dict[str, Company]:
    """The customer that does not know Arxus and that an address belongs to: by its domains, or as a member's login.

    `whose` says whose customers count: `of_partner()` or `of_account()`. People of Arxus are at no customer. However
    many addresses, it is one query.
    """
    above = {email: set(domains_above(email)) for email in emails}
    logins = [email.lower() for email in above]
    members = Membership.objects.filter(company=OuterRef("pk"), user__email__in=logins)
    members = members.exclude(user__memberships__company__kind=Company.Kind.PARTNER)
    staff = User.objects.filter(email__in=logins, is_staff=True)
    rows: Any = Company.objects.filter(whose, relation=Company.Relation.VAP)
    rows = rows.annotate(
        logins=ArraySubquery(members.values("user__email")), arxus=ArraySubquery(staff.values("email"))
    )
    rows = rows.filter(Q(email_domains__overlap=sorted(set().union(*above.values()))) | Exists(members))
    found: dict[str, Company] = {}
    for company in rows.order_by("pk"):
        for email, domains in above.items():
            there = not domains.isdisjoint(company.email_domains) or email.lower() in company.logins
            if there and email.lower() not in company.arxus:
                found.setdefault(email, company)
    return found


def customer_of(email: str, whose: Q) -> Company | None:
    return customers_of([email], whose).get(email)


def of_partner(partner_id: int) -> Q:
    return Q(partner=partner_id)


def of_account(user_id: int) -> Q:
    """Of the partners for whom, or for whose customer, a user works; without any, of those that invite them, or else of
    everybody.

    Where somebody works, an invitation counts for nothing: anybody can invite them, and would silence their mails.
    Of nobody for people of Arxus, whatever address they take.
    """
    partner = Coalesce("company__partner", "company")
    memberships = Membership.objects.filter(user=user_id)
    invitations = Invitation.objects.pending().filter(email__in=User.objects.filter(pk=user_id).values("email"))
    invited = Q(partner__in=invitations.values(at=partner)) | Q(~Exists(invitations))
    known = Q(partner__in=memberships.values(at=partner)) | (Q(~Exists(memberships)) & invited)
    return known & Q(~Exists(User.objects.filter(pk=user_id, is_staff=True)))


def refusal(email: str, whose: Q) -> str | None:
    """Why Arxus does not write to this address, in a sentence, or None."""
    there = customer_of(email, whose)
    return sentence(there) if there else None


def sentence(customer: Company) -> str:
    return _("%(customer)s does not know Arxus, so nobody there is written to.") % {"customer": customer}


def withhold(mails: Sequence[Addressed]) -> dict[int, str]:
    """Which mails to users about their accounts must not leave, by their place, and why.

    Asked when they are queued and when they are sent.
    """
    found = {place: _refusal_of_account(mail) for place, mail in enumerate(mails) if "account" in mail.facts}
    return {place: why for place, why in found.items() if why}


def _refusal_of_account(mail: Addressed) -> str | None:
    """Asks the same of the database whether there is such an account or not (R52)."""
    account: int = mail.facts["account"]
    whose = of_account(account)
    if "invitation" in mail.facts:
        # An invitation is its company's alone, whomever its reader works for already.
        company = Company.objects.get(invitations=mail.facts["invitation"])
        if company.relation == Company.Relation.VAP:
            return sentence(company)
        whose = of_partner(company.partner_id or company.pk)
    present = User.objects.filter(pk=account).values_list("email", flat=True).first()
    # A mail to a former address speaks of the same account.
    found = (refusal(email, whose) for email in {mail.to_email, present or mail.to_email})
    return next((why for why in found if why), None)


# --- What a customer's domains may be --------------------------------------------------------------------------------


def own_address_at(partner: Company, domains: Iterable[str]) -> str | None:
    """A domain or an address of the partner's own people that these domains would make the customer's."""
    claimed = list(domains)
    mine = [domain for domain in partner.email_domains if is_at(f"@{domain}", claimed)]
    colleagues = User.objects.filter(memberships__company=partner, is_active=True).values_list("email", flat=True)
    contacts = Contact.objects.of(partner).active().values_list("email", flat=True)
    return next((email for email in [*mine, *colleagues, *contacts] if is_at(f"@{email}", claimed)), None)


def own_sentence(partner: Company, own: str) -> str:
    """Why a domain cannot be the customer's."""
    return _("%(own)s is of %(partner)s itself: nobody there could be named or mailed.") % {
        "own": own,
        "partner": partner,
    }


# Other apps append what names somebody at these domains in something open, as sentences ("TR-26-7K4MQ names Tess
# Maes."): whoever makes the domains the customer's reads them first.
NAMED_AT: list[Callable[[Company, Collection[str]], Iterable[str]]] = []


def domains_refusal(company: Company, domains: Collection[str], added: Collection[str]) -> str | None:
    """Why these cannot be the domains of a customer that does not know Arxus, or None."""
    if not domains:
        return _("Write the customer's e-mail domains, so that Arxus never writes to anyone there by mistake.")
    own = own_address_at(company.partner, added) if company.partner and added else None
    return own_sentence(company.partner, own) if company.partner and own else None


def named_at(company: Company, added: Collection[str]) -> str:
    """Who is named in something open and would become somebody at the customer, in sentences."""
    if not company.pk or not added:
        return ""
    return " ".join(said for names in NAMED_AT for said in names(company, added))
