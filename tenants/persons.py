"""Who can be named in a request: contacts of the customer and of the partner, and the partner's colleagues."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from contacts import people, value_add
from contacts.models import Company, Contact, ContactRole, User
from tenants import named, working_days
from tenants.models import WITH_ARXUS, Status, TenantRequest, TenantRequestQuerySet

# Where somebody else can still be chosen.
EDITABLE = (Status.DRAFT, Status.CHANGES_REQUESTED)


@dataclass(frozen=True)
class Person:
    """Somebody as a request names them; `ref` says which contact or user that is, `own` whether R12 calls them the
    partner's own."""

    ref: str
    first_name: str
    last_name: str
    email: str
    phone: str
    job_title: str
    language: str
    company: str
    own: bool

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Cast(Mapping[str, Person]):
    """Everybody who can be named for one customer, by `ref`; `by` is who fills in the request, `day` when.

    Two queries, however many people there are.
    """

    def __init__(self, customer: Company, by: User, day: date | None = None) -> None:
        partner = customer.partner
        assert partner is not None  # noqa: S101 – a constraint of the table
        rows = partner.memberships.select_related("user").order_by("user__last_name")
        members = [row.user for row in rows]
        colleagues = [row.user for row in rows if row.user.is_active and not row.called]
        unknowing = customer.relation == Company.Relation.VAP
        everybody = list(Contact.objects.filter(company__in=[customer, partner]))
        contacts = [contact for contact in everybody if contact.archived_at is None]
        # By ref, those who can be chosen no more: a draft may still name them.
        self.archived = {f"contact:{c.public_id}": c.full_name for c in everybody if c.archived_at}
        known = {c.email for c in contacts if c.company_id == partner.pk}
        # R12: whoever is deactivated or archived is no person of the customer by being entered there once more.
        addresses = {c.email for c in everybody if c.company_id == partner.pk} | {user.email for user in members}

        def own(email: str) -> bool:
            return email in addresses or people.has_domain_of(email, partner)

        self.customer, self.partner, self.by = customer, partner, by
        self.day = day or working_days.today()
        self._people: dict[str, Person] = {}
        for contact in contacts:
            of_partner = contact.company_id == partner.pk or own(contact.email)
            if not unknowing or (of_partner and not value_add.is_at(contact.email, customer.email_domains)):
                # Where the customer knows nothing, everybody is a person of the partner (R14), wherever entered.
                at = partner if unknowing or contact.company_id == partner.pk else customer
                self._add(f"contact:{contact.public_id}", contact, at, of_partner)
        for user in colleagues:
            if user.email not in known and not (unknowing and value_add.is_at(user.email, customer.email_domains)):
                self._add(f"user:{user.public_id}", user, partner, own=True)

    def _add(self, ref: str, row: Contact | User, company: Company, own: bool) -> None:
        self._people[ref] = Person(
            ref=ref,
            first_name=row.first_name,
            last_name=row.last_name,
            email=row.email,
            phone=str(row.phone or ""),
            job_title=row.job_title,
            language=row.language,
            company=company.legal_name,
            own=own,
        )

    def __getitem__(self, ref: str) -> Person:
        return self._people[ref]

    def __iter__(self) -> Any:
        return iter(self._people)

    def __len__(self) -> int:
        return len(self._people)

    def is_self(self, person: Person) -> bool:
        return person.email == self.by.email

    def is_partners(self, email: str) -> bool:
        """Whether an address is the partner's own (R12), and not at a customer that knows nothing of Arxus."""
        if value_add.is_at(email, self.customer.email_domains):
            return False
        return people.has_domain_of(email, self.partner) or any(p.own and p.email == email for p in self.values())

    def choices(self) -> list[tuple[str, Any]]:
        """For a select: nobody chosen yet, then the customer's people, then the partner's."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for person in self.values():
            label = ", ".join(part for part in (person.name, person.job_title, person.email) if part)
            groups.setdefault(person.company, []).append((person.ref, label))
        return [("", _("Nobody chosen")), *groups.items()]


def named_in(contact: Contact) -> list[str]:
    """Sentences that say which open requests name a contact, for whoever archives them."""
    open_rows = _naming(contact).filter(status__in=[*EDITABLE, *WITH_ARXUS])
    return [
        _("%(number)s names them: choose somebody else there.") % {"number": row.number}
        if row.status in EDITABLE
        else _("%(number)s is with Arxus and names them: Arxus may send it back.") % {"number": row.number}
        for row in open_rows[:10]
    ]


def contact_of(contact: Contact) -> list[tuple[str, str]]:
    """For which registered tenants a contact is named: a sentence, and where another one is."""
    rows = _naming(contact).filter(status=Status.REGISTERED).select_related("company")
    sentence = _("%(number)s: contact for %(wanted)s of %(customer)s.")
    return [
        (
            sentence % {"number": row.number, "wanted": row.wanted, "customer": row.company},
            f"{reverse('tenants:open', args=[row.public_id])}?step=contacts",
        )
        for row in rows[:10]
    ]


def sent_with(contact: Contact | User) -> list[people.SentWith]:
    """What Arxus has, or has registered, with a contact or a colleague as they were when it was sent (R26); drafts are
    filled afresh, and so is what is sent again."""
    rows = _naming(contact).filter(status__in=[*WITH_ARXUS, Status.REGISTERED]).order_by("-changed_at", "-pk")
    found = [(row, _sent_as(row, contact)) for row in rows.with_last_submission().select_related("company")[:10]]
    return [_sent_with(row, role, contact) for row, role in found if role]


def _sent_as(row: TenantRequest, contact: Contact | User) -> str | None:
    """The first role that the contact was sent in."""
    contacts = row.sent_data["contacts"]  # type: ignore[attr-defined]  # with_last_submission() brought it along
    ref = _ref(contact)
    return next((role for role in contacts["roles"] if contacts[role]["ref"] == ref), None)


def _sent_with(row: TenantRequest, role: str, contact: Contact | User) -> people.SentWith:
    then = named.who(row.sent_data["contacts"][role])  # type: ignore[attr-defined]  # as above
    said = {"number": row.number, "customer": row.company, "then": then, "status": row.partner_words}
    outdated = ""
    if then != named.now(contact):
        outdated = _("%(number)s for %(customer)s still names %(then)s: Arxus can neither approve nor register it so.")
        if row.status == Status.REGISTERED:
            outdated = _("%(number)s for %(customer)s still names %(then)s: Arxus goes on writing to this address.")
    address = f"{reverse('tenants:open', args=[row.public_id])}?person={role}"
    line = _("%(number)s for %(customer)s (%(status)s)")
    return people.SentWith(line % said, address, outdated % said if outdated else "")


def _ref(who: Contact | User) -> str:
    return f"{'user' if isinstance(who, User) else 'contact'}:{who.public_id}"


def _naming(who: Contact | User) -> TenantRequestQuerySet:
    ref = _ref(who)
    if isinstance(who, User):
        # A colleague is named from the account, by the partner alone.
        rows = TenantRequest.objects.filter(partner__in=who.memberships.values("company"))
    else:
        rows = TenantRequest.objects.filter(company__in=[who.company, *who.company.customers.all()])
    return rows.filter(reduce(or_, (Q(**{f"answers__contacts__{role}": ref}) for role in ContactRole.values)))


def named_as(user: User, company: Company) -> list[str]:
    """Sentences that say which requests name a member of a company who leaves it, and as what (R27)."""
    companies = [company, *company.customers.all()]
    rows = Contact.objects.active().filter(email=user.email, company__in=companies)
    refs = {f"user:{user.public_id}", *(f"contact:{row.public_id}" for row in rows)}
    chosen = reduce(or_, (Q(**{f"answers__contacts__{role}__in": sorted(refs)}) for role in ContactRole.values))
    sent = Q(status__in=[*WITH_ARXUS, Status.REGISTERED], submissions__version=F("version"))
    sent &= Q(submissions__emails__contains=[user.email])
    found = TenantRequest.objects.of(company).filter(Q(status__in=EDITABLE) & chosen | sent).distinct()
    told = [(row, _roles_of(row, user, refs)) for row in found.with_last_submission().select_related("company")[:50]]
    membership = company.memberships.filter(user=user).select_related("user").first()
    name = membership.name if membership else str(user)
    return [_named_sentence(row, name, roles) for row, roles in told if roles]


def _roles_of(row: TenantRequest, user: User, refs: set[str]) -> list[str]:
    if row.status in EDITABLE:
        answers = row.answers.get("contacts", {})
        return [role for role in ContactRole.values if answers.get(role) in refs]
    contacts = row.sent_data["contacts"]  # type: ignore[attr-defined]  # with_last_submission() brought it along
    return [role for role in contacts["roles"] if contacts[role]["email"] == user.email]


def _named_sentence(row: TenantRequest, name: str, roles: list[str]) -> str:
    labels = ", ".join(str(ContactRole(role).label) for role in roles)
    said = {"number": row.number, "customer": row.company, "name": name, "roles": labels}
    if row.status in EDITABLE:
        return _("%(number)s for %(customer)s names %(name)s as %(roles)s: choose somebody else there.") % said
    if row.status == Status.REGISTERED:
        sentence = _("%(number)s for %(customer)s, registered, names %(name)s as %(roles)s: change the contacts there.")
        return sentence % said
    sentence = _(
        "%(number)s for %(customer)s names %(name)s as %(roles)s and is with Arxus: correct the person there, or Arxus "
        "sends it back."
    )
    return sentence % said


def same_person(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two snapshots speak of the same person: a corrected spelling or address is no other person (R15).

    The same contact, whose name and address were both changed, has become somebody else; and an address alone proves
    nothing, since people share some.
    """
    first, last = (_folded(one, name) == _folded(other, name) for name in ("first_name", "last_name"))
    same_address = one["email"] == other["email"]
    if one.get("ref") and one.get("ref") == other.get("ref"):
        return same_address or (first and last)
    return (first and last) or (same_address and (first or last))


def _folded(person: Mapping[str, Any], name: str) -> str:
    return str(person[name]).casefold()
