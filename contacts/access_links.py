"""Links with which somebody sets a password, activation and reset, or takes another address (R42, R51, R52).

A link is an HMAC under LINK_KEY over its row's id, the address, the password hash and the purpose. It is made while a
mail is being delivered and nowhere else: what the database holds is not enough to make one, and a used link no longer
fits, because the password hash changed. One for another address fits the address that it replaces alone.
"""

import hmac
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import CharField, Min, OuterRef, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, JSONObject
from django.utils import formats, timezone
from django.utils.translation import gettext, override

from contacts import invitations, limits
from contacts.account_mails import account_mail
from contacts.models import AccessLink, Invitation, User
from notifications.models import OutgoingEmail
from notifications.outbox import Mail, enqueue

Purpose = AccessLink.Purpose
PATHS = {Purpose.ACTIVATION: "activate", Purpose.RESET: "reset", Purpose.ADDRESS: "new-address"}
# Counted from the first delivery: a mail server that lets us wait must not use up the reader's time.
LIFETIMES = {
    Purpose.ACTIVATION: timedelta(hours=72),
    Purpose.RESET: timedelta(minutes=30),
    # It opens nothing by itself, and a new mailbox may not be read yet.
    Purpose.ADDRESS: timedelta(hours=72),
}
# However long delivering took, and even if it never was written down.
LONGEST = timedelta(days=14)
PER_HOUR = 3  # links to one address

# Sentences that say who asked for a link, by the apps that know: the first answer is shown on its page.
ORIGINS: list[Callable[[AccessLink], str | None]] = []


class Activated(Exception):
    """Somebody has set a password, or may not any more: no activation link is of use."""


def has_activated(user: User) -> bool:
    return user.has_usable_password()


@transaction.atomic
def issue(user: User, purpose: str, *, invitation: Invitation | None = None, email: str = "") -> AccessLink:
    """Make the link that replaces the user's earlier ones of this purpose; they live on if the transaction fails.

    With an invitation, setting the password accepts it; `email` is the address that takes the place of the present one.
    """
    User.objects.select_for_update().get(pk=user.pk)
    return _issue(user, purpose, invitation, email)


def _issue(user: User, purpose: str, invitation: Invitation | None = None, email: str = "") -> AccessLink:
    AccessLink.objects.filter(user=user, purpose=purpose, used_at=None, replaced_at=None).update(
        replaced_at=timezone.now()
    )
    companies = list(user.memberships.values_list("company_id", flat=True))
    return AccessLink.objects.create(
        user=user, purpose=purpose, email=email or user.email, companies=companies, invitation=invitation
    )


def address(link: AccessLink) -> str:
    """The link itself. Only for delivering a mail: never store, log or show it (R42)."""
    return f"{settings.SITE_URL}/{PATHS[Purpose(link.purpose)]}/{link.pk}/{_mac(link)}/"


def _mac(link: AccessLink) -> str:
    parts = [link.purpose, str(link.pk), link.email, link.user.password]
    if link.purpose == Purpose.ADDRESS:
        parts.append(link.user.email)
    digest = hmac.digest(settings.LINK_KEY.encode(), "\0".join(parts).encode(), sha256)
    return urlsafe_b64encode(digest).decode().rstrip("=")


@dataclass(frozen=True)
class Last:
    """The activation link that works last of somebody without a password: when its mail left, None while it waits, and
    until when it works, or worked."""

    delivered: datetime | None
    until: datetime

    @property
    def is_over(self) -> bool:
        return self.until <= timezone.now()


def with_last_link(users: QuerySet[User]) -> QuerySet[User]:
    """Bring along, in the same query, what last_of() says."""
    mails = OutgoingEmail.objects.annotate(of=KeyTextTransform("access_link", "facts")).order_by("sent_at")
    mails = mails.filter(of=Cast(OuterRef("pk"), CharField()), to_email=OuterRef("email"))
    delivered = Subquery(mails.filter(state=OutgoingEmail.State.ACCEPTED).values("sent_at")[:1])
    links = AccessLink.objects.filter(user=OuterRef("pk"), purpose=Purpose.ACTIVATION, used_at=None, replaced_at=None)
    line = JSONObject(created="created_at", delivered=delivered, invited="invitation__expires_at")
    return users.annotate(last_link=Subquery(links.values(line=line)[:1]))


def last_of(user: User) -> Last | None:
    """What an owner reads of the link (R53), of a row of with_last_link(); None where none can be used."""
    said = getattr(user, "last_link", None)
    if said is None:
        return None
    at = {name: datetime.fromisoformat(moment) if moment else None for name, moment in said.items()}
    created = at["created"] or timezone.now()
    return Last(at["delivered"], _until(Purpose.ACTIVATION, created, at["delivered"], at["invited"]))


def until(link: AccessLink) -> datetime:
    """When the link stops working: while its mail waits, this much from now; never later than its invitation."""
    delivered = OutgoingEmail.objects.filter(
        to_email=link.email, facts__access_link=str(link.pk), state=OutgoingEmail.State.ACCEPTED
    ).aggregate(first=Min("sent_at"))["first"]
    invited = link.invitation.expires_at if link.invitation else None
    return _until(Purpose(link.purpose), link.created_at, delivered, invited)


def _until(purpose: Purpose, created: datetime, delivered: datetime | None, invited: datetime | None) -> datetime:
    ends = [(delivered or timezone.now()) + LIFETIMES[purpose], created + LONGEST]
    # It does what the invitation allows, and no longer.
    return min([*ends, invited] if invited else ends)


def find(purpose: str, token: str) -> AccessLink | None:
    """The living link behind `token`, as it stands in an address, else None: for whatever reason, in the same way.

    A token that is nobody's costs the same work as one that is too old, so that no answer comes sooner (T45).
    """
    key, _, mac = token.rstrip("/").partition("/")
    link = (
        AccessLink.objects.filter(pk=_uuid(key), purpose=purpose).select_related("user", "invitation__company").first()
    )
    judged = link or _nobodys(purpose)
    fits = hmac.compare_digest(_mac(judged).encode(), mac.encode(errors="replace"))
    lives = _lives(judged)
    return link if fits and lives else None


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)


def _nobodys(purpose: str) -> AccessLink:
    return AccessLink(purpose=purpose, email="", user=User(pk=0), created_at=timezone.now())


def _lives(link: AccessLink) -> bool:
    young = timezone.now() < until(link)
    return why_dead(link) is None and young


def why_dead(link: AccessLink) -> str | None:
    """Why a link must not be used, nor delivered any more; its age aside."""
    companies = set(link.user.memberships.values_list("company_id", flat=True))
    if link.used_at:
        return gettext("The link in this mail has been used.")
    if link.replaced_at:
        return gettext("A newer link has taken the place of the one in this mail.")
    if not link.user.is_active:
        return gettext("The account may no longer log in.")
    if link.purpose != Purpose.ADDRESS and link.email != link.user.email:
        return gettext("The account has another address now.")
    if set(link.companies) - companies:
        return gettext("The person no longer belongs to the company.")
    if link.invitation and not link.invitation.is_open:
        return gettext("The invitation was withdrawn, answered, or is too old.")
    return None


def use(purpose: str, token: str, password: str) -> User | None:
    """Set the password and use up the link; None, and nothing changed, if it does not live (any more).

    All sessions of the user end with the old password hash. Of several calls at once exactly one succeeds: the others
    wait for the user's row and then find that the link no longer fits.
    """
    link = find(purpose, token)
    if link is None:
        return None
    # Takes its time, by intent: so not while others wait for the row.
    hashed = make_password(password)
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=link.user_id)
        # Whoever was slower lets the row go at once: others wait for it.
        link = find(purpose, token) if locked.password == link.user.password else None
        if link is None:
            return None
        user = link.user
        user.password = hashed
        user.save(update_fields=["password"])
        if link.invitation and not _join(link.invitation, user):
            transaction.set_rollback(True)
            return None
        now = timezone.now()
        AccessLink.objects.filter(pk=link.pk).update(used_at=now)
        user.access_links.filter(used_at=None, replaced_at=None).update(replaced_at=now)
        enqueue([account_mail("account_password_set", user)])
        return user


def _join(invitation: Invitation, user: User) -> bool:
    """Whoever got the account by an invitation bears the names that it was written with."""
    try:
        invitations.accept(invitation, user=user)
    except invitations.Closed:
        return False
    user.first_name, user.last_name = invitation.first_name, invitation.last_name
    user.language = invitation.language
    user.save(update_fields=["first_name", "last_name", "language"])
    return True


def send(email: str, *, tell: Callable[[AccessLink], list[Mail]] | None = None, on_page: bool = False) -> bool:
    """Mail a fresh link to the account with this address (R52); True if there is one and it may have it.

    `tell` words the mail where it is about more than the account; `on_page` says that it was asked for at the login.
    For every other address the same is done and then undone, so that no clock tells who has an account.
    """
    with transaction.atomic():
        known = User.objects.select_for_update().filter(email=email).first()
        user = known or User(pk=0, email=email, is_active=False)
        purpose = Purpose.RESET if user.has_usable_password() else Purpose.ACTIVATION
        links = user.access_links.exclude(purpose=Purpose.ADDRESS)
        lately = links.filter(created_at__gt=timezone.now() - timedelta(hours=1)).count()
        link = _issue(user, purpose)
        enqueue(tell(link) if tell else [_link_mail(link, invitations.waiting(email).first(), on_page=on_page)])
        allowed = user.is_active and lately < PER_HOUR
        if not allowed:
            transaction.set_rollback(True)
    if user.is_active and not allowed:
        # The page says nothing of it: that there is an account is nobody's business (R52, T55).
        limits.note("links_per_hour", user.pk)
    return allowed


def renew(user: User) -> AccessLink | None:
    """Issue a fresh activation link, because nobody used the one before (R51), in the caller's transaction.

    None if a link of the last day is there: whoever just asked for one does not see it die. Raises Activated.
    """
    fresh = User.objects.select_for_update().get(pk=user.pk)
    if has_activated(fresh) or not fresh.is_active:
        raise Activated
    living = fresh.access_links.filter(purpose=Purpose.ACTIVATION, used_at=None, replaced_at=None)
    if living.filter(created_at__gt=timezone.now() - timedelta(days=1)).exists():
        return None
    return _issue(fresh, Purpose.ACTIVATION)


def _link_mail(link: AccessLink, invitation: Invitation | None, *, on_page: bool) -> Mail:
    """With an invitation that waits for the reader, who is offered it once logged in (T14, T16)."""
    said = invitation and invitations.said_of(invitation, link.user.language)
    context = {"invitation": said, "on_page": on_page}
    return account_mail(f"account_{link.purpose}", link.user, context=context, facts={"access_link": str(link.pk)})


def withhold(mail: OutgoingEmail) -> str | None:
    """Why a mail with a link must not leave (T09, R51); a guard of the outbox."""
    if "access_link" not in mail.facts:
        return None
    link = AccessLink.objects.filter(pk=mail.facts["access_link"]).select_related("user", "invitation").first()
    return why_dead(link) if link else gettext("The link in this mail no longer exists.")


def fill_address(mail: OutgoingEmail) -> str:
    return address(_link_in(mail))


def fill_until(mail: OutgoingEmail) -> str:
    """Until when the link works, in the reader's language, as far as is known when the mail leaves."""
    with override(mail.language):
        return formats.date_format(timezone.localtime(until(_link_in(mail))), "l j F Y, H:i")


def _link_in(mail: OutgoingEmail) -> AccessLink:
    return AccessLink.objects.select_related("user", "invitation").get(pk=mail.facts["access_link"])
