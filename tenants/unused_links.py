"""The activation link that nobody uses (R51): after three days a fresh one, after seven another, and the owner is told.

The owner can have one sent too (R53).

Days count from the first delivery of the mail that brought the link, or from when it was written if it never arrived.
May be run at any time, by any number of schedulers; after a pause only the weightiest of what was missed happens.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import transaction
from django.db.models import Min, Q
from django.utils import timezone

from contacts import access_links
from contacts.models import AccessLink, User
from notifications.models import OutgoingEmail
from notifications.outbox import Mail, enqueue
from tenants import access, announcements, deadlines, history, value_add, workflow
from tenants.events import Event
from tenants.models import Notice, Status, TenantRequest

FRESH, TOLD = "fresh_link", "not_activated"


class TooMany(Exception):
    """Several links went to this address within the hour."""


# What happens this long after the first delivery, the weightiest last.
STAGES = ((timedelta(days=3), FRESH), (timedelta(days=7), TOLD))


@dataclass(frozen=True)
class Unused:
    """Who has not set a password, for a registered request, and since when they could."""

    tenant_request: int
    email: str
    since: datetime

    @property
    def stage(self) -> str:
        """The weightiest thing that should have happened by now, or ""."""
        passed = [stage for after, stage in STAGES if self.since + after <= timezone.now()]
        return passed[-1] if passed else ""

    @property
    def key(self) -> str:
        # One link, so one key, to one address: a corrected one begins anew.
        return f"{self.stage}:{self.tenant_request}:{self.since.isoformat()}"


def remind() -> None:
    """Send fresh links, and tell the owners, where that is due."""
    # Where an address was corrected, the last one counts.
    latest = {item.tenant_request: item for item in _unused()}
    due = {pk: item for pk, item in latest.items() if item.stage}
    told = set(Notice.objects.filter(key__in=[item.key for item in due.values()]).values_list("key", flat=True))
    pks = [pk for pk, item in due.items() if item.key not in told]
    rows = TenantRequest.objects.filter(pk__in=pks, status=Status.REGISTERED).order_by("pk")
    deadlines.each(rows, lambda row: _remind(row, due[row.pk]))


def _unused() -> Iterable[Unused]:
    """The links that came with a tenant to people without a password, the oldest first."""
    waiting = User.objects.filter(is_active=True, password__startswith=UNUSABLE_PASSWORD_PREFIX)
    emails = waiting.filter(memberships__isnull=False).values("email")
    linked = OutgoingEmail.objects.filter(template__in=announcements.GIVING_ACCESS, facts__has_key="access_link")
    brought = linked.filter(to_email__in=emails).order_by()
    rows = brought.values_list("about", "to_email").annotate(
        first=Min("sent_at", filter=Q(state=OutgoingEmail.State.ACCEPTED)), written=Min("created_at")
    )
    for about, email, first, written in rows.order_by("written"):
        yield Unused(int(about.partition(":")[2]), email, first or written)


def _remind(row: TenantRequest, unused: Unused) -> None:
    with transaction.atomic():
        fresh = workflow.lock(row)
        user = access.waiting_for(fresh)
        if user is None or user.email != unused.email or value_add.refusal(user.email, fresh):
            return
        if not Notice.is_first(unused.key):
            return
        try:
            link = access_links.renew(user)
        except access_links.Activated:
            return
        history.write(fresh, unused.stage, None)
        enqueue(_mails(unused.stage, fresh, user, None, link))


def send_again(row: TenantRequest, *, by: User) -> User | None:
    """A fresh link because somebody of the partner asked for it (R53); to whom, or None if nobody waits for one.

    Raises TooMany.
    """
    with transaction.atomic():
        fresh = workflow.lock(row)
        user = access.waiting_for(fresh)
        if user is None:
            return None
        if not access_links.send(user.email, tell=lambda link: _mails(FRESH, fresh, user, by, link)):
            raise TooMany
        history.write(fresh, "resend", by)
        return user


def _mails(verb: str, row: TenantRequest, user: User, by: User | None, link: AccessLink | None) -> list[Mail]:
    data = row.submissions.latest("version").data
    event = Event(verb, row, by, timezone.now(), data, tenant=row.tenant, unused_by=user, link=link)
    return announcements.mails(event)
