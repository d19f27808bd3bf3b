"""Inviting somebody to work for a company: the row, and the mail that fits whoever has the address.

The inviter sees the same answer, and the same pending row, whether the address has an account or not.
"""

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, override

from contacts import access_links, colleagues, history, invitations
from contacts.account_mails import account_mail, desk_phone
from contacts.login import open_account
from contacts.models import AccessLink, Company, Invitation, User
from contacts.people import phone_in_words
from notifications import links
from notifications.outbox import Mail, enqueue
from notifications.rendering import one_line

LIFETIME = timedelta(days=7)


@transaction.atomic
def invite(company: Company, *, by: User, email: str, **said: Any) -> Invitation:
    """Invite an address; one that is invited already is invited anew, as it is said now.

    `said`: first_name, last_name, language, groups.
    """
    colleagues.lock(company.pk)
    now = timezone.now()
    invitation = Invitation.objects.pending().filter(company=company, email=email).first()
    invitation = invitation or Invitation(company=company, email=email)
    for name, value in said.items():
        setattr(invitation, name, value)
    invitation.invited_by, invitation.sent_at, invitation.expires_at = by, now, now + LIFETIME
    invitation.save()
    history.wrote(by, company, gettext("Invited %(email)s.") % {"email": email})
    _mail(invitation)
    return invitation


@transaction.atomic
def send_again(invitation: Invitation, *, by: User) -> bool:
    """Send it once more, good for seven days from now; False if it was answered or withdrawn meanwhile."""
    fresh = Invitation.objects.select_for_update().pending().filter(pk=invitation.pk).first()
    if fresh is None:
        return False
    said = {name: getattr(fresh, name) for name in ("first_name", "last_name", "language", "groups")}
    invite(fresh.company, by=by, email=fresh.email, **said)
    return True


def _mail(invitation: Invitation) -> None:
    """One mail, whoever it is for. What one kind of reader needs is done for the others too, and undone, so that no
    clock tells them apart; staff and the deactivated get nothing."""
    with transaction.atomic():
        user, opened = _account(invitation)
        if not access_links.has_activated(user) and not user.memberships.exists():
            # The mail speaks as this company does; what another one said of the same address stays there.
            user.first_name, user.last_name = invitation.first_name, invitation.last_name
            user.language = invitation.language
        new = opened or _waits_for_nothing_else(user, invitation)
        if new:
            enqueue([_to_a_new_person(invitation, user)])
        else:
            enqueue([_to_somebody_known(invitation, user)])
        if user.is_staff or not user.is_active:
            transaction.set_rollback(True)
    if not new:
        with transaction.atomic():
            nobody = open_account(f"{uuid.uuid4().hex}@nobody.example", "No", "Body", "en")
            access_links.issue(nobody, AccessLink.Purpose.ACTIVATION)
            transaction.set_rollback(True)


def _account(invitation: Invitation) -> tuple[User, bool]:
    known = User.objects.filter(email=invitation.email).first()
    if known:
        return known, False
    try:
        with transaction.atomic():
            names = invitation.first_name, invitation.last_name, invitation.language
            return open_account(invitation.email, *names), True
    except IntegrityError:  # invited by two companies in the same moment
        return User.objects.get(email=invitation.email), False


def _waits_for_nothing_else(user: User, invitation: Invitation) -> bool:
    """Whether somebody without a password can get an activation link: the one that they were given elsewhere must not
    die because a stranger invites them."""
    if access_links.has_activated(user) or user.memberships.exists():
        return False
    since = timezone.now() - access_links.LIFETIMES[access_links.Purpose.ACTIVATION]
    living = user.access_links.filter(used_at=None, replaced_at=None, created_at__gt=since)
    return not living.exclude(invitation=invitation).exists()


def _to_a_new_person(invitation: Invitation, user: User) -> Mail:
    link = access_links.issue(user, AccessLink.Purpose.ACTIVATION, invitation=invitation)
    facts = {"invitation": invitation.pk, "access_link": str(link.pk)}
    return account_mail("account_invited", user, context=context(invitation, user), facts=facts)


def _to_somebody_known(invitation: Invitation, user: User) -> Mail:
    url = settings.SITE_URL + reverse("contacts:invitation", args=[invitation.public_id])
    words = context(invitation, user) | {"url": url, "has_password": user.has_usable_password()}
    return account_mail("account_invitation", user, context=words, facts={"invitation": invitation.pk})


def context(invitation: Invitation, user: User) -> dict[str, Any]:
    """What the mail of an invitation may say to its reader."""
    company = invitation.company
    with override(user.language):
        groups = ", ".join(invitation.group_labels)
    return invitations.said_of(invitation, user.language) | {
        "short": links.finish_text(one_line(str(company.partner or company), 25)),
        "groups": groups,
        "whom": _whom(invitation, user.language),
    }


def _whom(invitation: Invitation, language: str) -> str:
    """Who answers questions, with where they are called: the inviter, else the service desk."""
    by, at = invitation.invited_by, invitation.company.partner or invitation.company
    if by.phone:
        return f"{by}, {at}, {phone_in_words(str(by.phone))}"
    with override(language):
        desk = gettext("the Arxus service desk, %(phone)s") % {"phone": desk_phone()}
        return gettext("%(by)s, %(company)s, or %(desk)s") % {"by": by, "company": at, "desk": desk}
