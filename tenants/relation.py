"""A customer no longer knows Arxus (R14): everything that follows, planned first, shown, and then done in one go."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from contacts import relation, value_add
from contacts.models import Company, Invitation, Membership, User
from notifications import outbox
from notifications.models import OutgoingEmail
from notifications.outbox import Mail
from tenants import announcements, owners, workflow
from tenants.models import OPEN, Kind, Remark, Status, TenantRequest, TenantRequestQuerySet
from tenants.persons import Cast
from tenants.questions import ContactsStep
from tenants.value_add import customers_people
from tenants.verb_events import other_contacts_event


class PlanChanged(relation.RelationRefused):
    """What would happen is no longer what was shown."""

    def __init__(self) -> None:
        super().__init__(_("Something changed since this page was shown. Read what happens now, then decide."))


@dataclass(frozen=True)
class Returned:
    """An open request that names people of the customer: the fields that name them, and who they are."""

    tenant_request: TenantRequest
    people: dict[str, str]
    mails: list[Mail] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys(self.people.values()))


@dataclass(frozen=True)
class Plan:
    """What happens when a customer no longer knows Arxus."""

    company: Company
    domains: list[str]
    registering: list[TenantRequest]
    returned: list[Returned]
    drafts: list[Returned]
    memberships: list[Membership]
    invitations: list[Invitation]
    mails: list[OutgoingEmail]

    @property
    def refusal(self) -> str:
        return _held_by(self.registering)

    @property
    def digest(self) -> str:
        """Equal as long as the page that showed it still tells the truth."""
        shown = [
            self.domains,
            [found.pk for found in self.registering],
            [[one.tenant_request.pk, one.tenant_request.status, one.people] for one in [*self.returned, *self.drafts]],
            [membership.pk for membership in self.memberships],
            [invitation.pk for invitation in self.invitations],
            [str(mail.pk) for mail in self.mails],
        ]
        return hashlib.sha256(json.dumps(shown).encode()).hexdigest()


def plan(company: Company, domains: list[str], *, by: User) -> Plan:
    """Look at everything that would follow if the customer did not know Arxus, and these were its domains."""
    then = copy(company)
    then.relation, then.email_domains = Company.Relation.VAP, domains
    rows = _unfinished(company).select_related("company", "partner", "owner", "assignee").with_last_submission()
    open_rows = list(rows.order_by("pk"))
    cast = Cast(then, by)
    before = cast if all(found.with_arxus for found in open_rows) else Cast(company, by)
    named = {found.pk: _people(found, before, cast) for found in open_rows}
    affected = [found for found in open_rows if named[found.pk]]
    memberships = list(company.memberships.select_related("user").order_by("pk"))
    return Plan(
        company=company,
        domains=domains,
        registering=[found for found in open_rows if found.status == Status.REGISTERING],
        returned=_returned([found for found in affected if found.is_open], named, by),
        drafts=[Returned(found, named[found.pk]) for found in affected if found.status == Status.DRAFT],
        memberships=memberships,
        invitations=list(company.invitations.pending().order_by("pk")),
        mails=[mail for mail in _waiting(company, memberships) if _would_stop(mail, then, cast, memberships)],
    )


def held(company: Company) -> str:
    """Why a relation stays as it is for now, whichever it is, or ""."""
    return _held_by(TenantRequest.objects.filter(company=company, status=Status.REGISTERING))


def _held_by(registering: Iterable[TenantRequest]) -> str:
    numbers = ", ".join(found.number for found in registering)
    sentence = _(
        "Arxus is setting a tenant up for this customer (%(numbers)s): the relation can change once that ended."
    )
    return sentence % {"numbers": numbers} if numbers else ""


def _unfinished(company: Company) -> TenantRequestQuerySet:
    return TenantRequest.objects.filter(company=company, status__in=[Status.DRAFT, *OPEN])


def _people(found: TenantRequest, before: Cast, cast: Cast) -> dict[str, str]:
    """The fields of a request that name somebody of the customer, with their names.

    What Arxus has counts as it was sent; what the partner has, as it stands there now.
    """
    if found.with_arxus:
        data = found.sent_data  # type: ignore[attr-defined]  # with_last_submission() brought it along
        contacts = data["contacts"]
        roles = customers_people(contacts, cast.customer.email_domains)
        people = {f"contacts.{role}": _name(contacts[role]) for role in roles}
        login = data.get("tenant", {})
    else:
        typed, login = found.answers.get("contacts", {}), found.answers.get("tenant", {})
        refs = {role: str(typed.get(role) or "") for role in ContactsStep.ROLES}
        people = {f"contacts.{role}": before[ref].name for role, ref in refs.items() if ref in before.keys() - cast}
    email = str(login.get("login_email", "")).strip().lower()
    if found.kind == Kind.CREATE and email and not cast.is_partners(email):
        people["tenant.login_email"] = str(login.get("login_name", ""))
    return people


def _name(person: dict[str, Any]) -> str:
    return f"{person['first_name']} {person['last_name']}"


def _returned(rows: list[TenantRequest], named: dict[int, dict[str, str]], by: User) -> list[Returned]:
    """What is asked for other people, with the mails that say so; what is looked up for them is looked up once."""
    hearing = owners.hearing_each(rows)
    already = _asked_already(rows)
    returned = []
    for found in rows:
        people, mails = named[found.pk], []
        if found.status != Status.REGISTERING:
            comment, remarks = _said(found, people)
            known: dict[str, Any] = {"owners": hearing[found.pk], "data": getattr(found, "sent_data", None)}
            event = other_contacts_event(found, by, remarks, comment, already.get(found.pk, []), **known)
            mails = announcements.mails(event)
        returned.append(Returned(found, people, mails))
    return returned


def _asked_already(rows: list[TenantRequest]) -> dict[int, list[Remark]]:
    """What the partner has been asked to change in the requests that it has."""
    versions = {found.pk: found.version for found in rows if found.status == Status.CHANGES_REQUESTED}
    remarks: dict[int, list[Remark]] = {}
    for remark in Remark.objects.filter(tenant_request__in=versions) if versions else []:
        if remark.version == versions[remark.tenant_request_id]:
            remarks.setdefault(remark.tenant_request_id, []).append(remark)
    return remarks


def _said(found: TenantRequest, people: dict[str, str]) -> tuple[str, list[Remark]]:
    """What the owner reads, in the owner's language."""
    with translation.override(found.owner.language):
        words = {"customer": found.company, "partner": found.partner}
        comment = _(
            "%(customer)s is now a customer that does not know Arxus: Arxus writes to nobody there, and every contact"
            " has to be a person of %(partner)s."
        )
        ask = _("Choose somebody of %(partner)s instead of %(name)s.")
        hand = _("Write somebody of %(partner)s instead of %(name)s: Arxus hands the first login to your company.")
        remarks = [
            Remark(field=key, text=(hand if key.startswith("tenant") else ask) % (words | {"name": name}))
            for key, name in people.items()
        ]
        return comment % words, remarks


def _waiting(company: Company, memberships: Iterable[Membership]) -> "QuerySet[OutgoingEmail]":
    """The mails about the customer's requests, and to its members about their accounts, that have not left yet."""
    about = [announcements.about(found) for found in TenantRequest.objects.filter(company=company).only("pk")]
    accounts = [f"account:{membership.user_id}" for membership in memberships]
    rows = OutgoingEmail.objects.filter(state=OutgoingEmail.State.WAITING).filter(about__in=[*about, *accounts])
    rows = rows.exclude(to_email__in=User.objects.filter(is_staff=True).values("email"))
    return rows.defer("text", "html").order_by("created_at")


def _would_stop(mail: OutgoingEmail, then: Company, cast: Cast, memberships: Sequence[Membership]) -> bool:
    if mail.about.startswith("account:"):
        return value_add.is_at(mail.to_email, then.email_domains) or not _works_elsewhere(mail, memberships)
    return not cast.is_partners(mail.to_email)


def _works_elsewhere(mail: OutgoingEmail, memberships: Iterable[Membership]) -> bool:
    return (
        Membership.objects.filter(user=mail.facts.get("account", 0))
        .exclude(pk__in=[membership.pk for membership in memberships])
        .exists()
    )


def no_longer_knows(company: Company, domains: list[str], *, by: User, seen: str) -> Plan:
    """Do what the plan with this digest said. Raises RelationRefused, and then nothing has changed."""
    with transaction.atomic():
        # The requests before their customer, as sending does: so the two wait for each other instead of for ever.
        kept = set(_unfinished(company).select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
        fresh = relation.locked(company)
        if fresh.relation == Company.Relation.VAP:
            raise relation.RelationRefused(_("%(customer)s does not know Arxus already.") % {"customer": fresh})
        found = plan(fresh, domains, by=by)
        if found.refusal:
            raise relation.RelationRefused(found.refusal)
        if found.digest != seen or not kept.issuperset(one.tenant_request.pk for one in found.returned):
            raise PlanChanged
        relation.no_longer_knows(fresh, domains, by=by)
        for one in found.returned:
            comment, remarks = _said(one.tenant_request, one.people)
            workflow.ask_for_other_contacts(one.tenant_request, by=by, remarks=remarks, comment=comment)
        _end_memberships(found, by)
        fresh.invitations.pending().update(withdrawn_at=timezone.now())
        outbox.withhold(
            OutgoingEmail.objects.filter(pk__in=[mail.pk for mail in found.mails]), value_add.sentence(fresh)
        )
        LogEntry.objects.log_actions(by.pk, [fresh], CHANGE, change_message=_log(found), single_object=True)
        return found


def _end_memberships(found: Plan, by: User) -> None:
    """Their access ends on the next request, and their links with it: a link dies with a membership it was made for."""
    Membership.objects.filter(pk__in=[membership.pk for membership in found.memberships]).delete()
    ended = _("No longer belongs to %(company)s, which does not know Arxus.") % {"company": found.company}
    for membership in found.memberships:
        LogEntry.objects.log_actions(by.pk, [membership.user], CHANGE, change_message=ended, single_object=True)


def _log(found: Plan) -> str:
    said = {
        "returned": ", ".join(one.tenant_request.number for one in found.returned) or "–",
        "members": len(found.memberships),
        "mails": len(found.mails),
    }
    return (
        _(
            "The customer no longer knows Arxus. Back at the partner: %(returned)s. Memberships ended: %(members)s."
            " Mails withheld: %(mails)s."
        )
        % said
    )
