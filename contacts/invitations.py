"""Invitations that wait for an answer: who may accept which, and what accepting makes (T14, T15).

Nothing joins a company by itself: not an address, not its domain, not a link that was opened (T16).
"""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat
from django.utils import formats, timezone
from django.utils.translation import gettext, override

from contacts import history, relation
from contacts.models import Company, Invitation, InvitationQuerySet, Membership, User
from notifications.models import LOST, OutgoingEmail


class Closed(Exception):
    """The invitation cannot be accepted any more; the text says why."""


def for_user(user: User) -> InvitationQuerySet:
    """What somebody can accept now: by the address they log in with, and no other."""
    if user.is_staff or not user.is_active:
        return Invitation.objects.none()
    return waiting(user.email)


def waiting(email: str) -> InvitationQuerySet:
    """What waits for whoever has this address, with what is said of it."""
    rows = Invitation.objects.open().filter(email=email).exclude(company__relation=Company.Relation.VAP)
    return rows.select_related("company__partner", "invited_by")


def said_of(invitation: Invitation, language: str) -> dict[str, Any]:
    """What mails say of it: who invites, to which company, until when."""
    with override(language):
        until = formats.date_format(timezone.localtime(invitation.expires_at), "l j F Y, H:i")
    return {"by": invitation.invited_by, "company": invitation.company, "until": until}


def too_old(user: User) -> InvitationQuerySet:
    """What somebody could have accepted, of those that nobody withdrew."""
    if user.is_staff:
        return Invitation.objects.none()
    rows = Invitation.objects.pending().filter(email=user.email, expires_at__lte=timezone.now())
    return rows.exclude(company__relation=Company.Relation.VAP).select_related("company", "invited_by")


def not_arrived(pending: Iterable[Invitation]) -> set[int]:
    """Those whose newest mail its reader does not have, by their key; one query, whoever has an account (R52)."""
    emails = {invitation.pk: invitation.email for invitation in pending}
    abouts = User.objects.filter(email__in=emails.values()).values(
        about=Concat(Value("account:"), Cast("pk", CharField()))
    )
    mails = OutgoingEmail.objects.filter(about__in=abouts, facts__invitation__in=list(emails)).order_by("created_at")
    states = dict(mails.values_list("facts__invitation", "state"))
    return {pk for pk, state in states.items() if state in LOST}


@transaction.atomic
def accept(invitation: Invitation, *, user: User) -> Membership:
    """Make the membership that somebody was invited to; twice is once. Raises Closed."""
    reader = User.objects.select_for_update().get(pk=user.pk)
    fresh = Invitation.objects.select_for_update(of=("self",)).select_related("invited_by").get(pk=invitation.pk)
    relation.locked(fresh.company)
    if not for_user(reader).filter(pk=fresh.pk).exists():
        raise Closed(gettext("This invitation was withdrawn, has been answered, or is too old. Ask for a new one."))
    membership, made = Membership.objects.select_related("company").get_or_create(
        user=reader, company_id=fresh.company_id, defaults={"groups": fresh.groups}
    )
    fresh.accepted_at = timezone.now()
    fresh.save(update_fields=["accepted_at"])
    if membership.called:
        membership.called = ""
        membership.save(update_fields=["called"])
    if made:
        history.wrote(reader, membership.company, gettext("Accepted the invitation of %s.") % fresh.invited_by)
    return membership


def withdraw(invitation: Invitation, *, by: User) -> bool:
    """Its links die and its waiting mail is withheld; False if it was answered or withdrawn before."""
    rows = Invitation.objects.pending().filter(pk=invitation.pk)
    withdrawn = bool(rows.update(withdrawn_at=timezone.now()))
    if withdrawn:
        history.wrote(by, invitation.company, gettext("Withdrew the invitation of %s.") % invitation.email)
    return withdrawn


def withhold(mail: OutgoingEmail) -> str | None:
    """Why the mail of an invitation must not leave any more; a guard of the outbox."""
    if "invitation" not in mail.facts:
        return None
    if Invitation.objects.open().filter(pk=mail.facts["invitation"]).exists():
        return None
    return gettext("The invitation was withdrawn, answered, or is too old.")
