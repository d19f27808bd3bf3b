"""The world in which test_life.py lets requests live: its people, its clock, its mail, and what each reader knows.

Nothing here asks the code what it ought to do: who is who, which mail fits which status and what a reader makes of a
mail are written down a second time, from DOMAIN §5–7.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine
from django.db import connection
from django.db.models import F

from contacts import colleagues
from contacts.models import AccessLink, Company, Contact, Membership, RelationChange, User
from contacts.relation import RelationRefused
from notifications import outbox
from notifications.models import OutgoingEmail
from notifications.tests.smtp_sink import Sink
from tenants.models import (
    Agreement,
    Check,
    Invitation,
    Notice,
    Objection,
    Remark,
    Statement,
    Submission,
    Tenant,
    TenantRequest,
    Transition,
)
from tenants.sending import Incomplete
from tenants.transitions import TransitionRefused

REFUSED = (TransitionRefused, Incomplete, RelationRefused, colleagues.Refused)
OPEN = {"to_validate", "changes_requested", "registering"}
LIVES = {*OPEN, "registered"}
EVER = {*LIVES, "draft", "rejected", "withdrawn"}
# Which statuses a mail does not contradict (R45).
FITS: dict[str, Collection[str]] = {
    **dict.fromkeys(("confirmation", "confirmation_changed"), LIVES),
    **dict.fromkeys(("confirmation_owner", "received_again", "hitch"), ("to_validate",)),
    **dict.fromkeys(("changes_requested", "changes_reminder", "changes_warning"), ("changes_requested",)),
    **dict.fromkeys(("taken_back", "taken_back_staff", "sent_back_staff"), ("changes_requested",)),
    **dict.fromkeys(("objection", "objection_staff", "objection_receipt"), OPEN),
    **dict.fromkeys(("person_corrected", "objection_settled", "reopened"), LIVES),
    **dict.fromkeys(("credentials", "success", "registered", "registered_owner", "named"), ("registered",)),
    **dict.fromkeys(("invitation", "invitation_to_forward", "stop_asked"), ("registering",)),
    **dict.fromkeys(("assigned", "overdue"), ("to_validate", "registering")),
    **dict.fromkeys(("owner_new", "owner_former", "taken_over", "no_longer_named"), EVER),
    **dict.fromkeys(("mail_lost", "mail_lost_staff"), LIVES),
    **dict.fromkeys(("named_since", "contacts_changed", "not_activated", "fresh_link"), ("registered",)),
    "answer_came": {"to_validate"},
    "approved": {"registering"},
    "rejected": {"rejected"},
    "cancelled": {"withdrawn"},
    "ended": {"rejected", "withdrawn"},
    "registration_corrected": {"registered"},
    "draft_warning": {"draft"},
}
# What a reader makes of the mail that came last. Of others, nothing new about whether the request goes on.
MEANS = {
    **dict.fromkeys(("confirmation", "confirmation_owner", "confirmation_changed", "received_again"), "open"),
    **dict.fromkeys(("changes_requested", "changes_reminder", "changes_warning", "taken_back"), "open"),
    **dict.fromkeys(("approved", "hitch", "reopened", "objection", "objection_receipt"), "open"),
    **dict.fromkeys(("invitation", "invitation_to_forward"), "open"),
    **dict.fromkeys(("ended", "rejected", "cancelled"), "ended"),
    **dict.fromkeys(("credentials", "success", "registered", "registered_owner", "named", "named_since"), "registered"),
    "registration_corrected": "registered",
    **dict.fromkeys(("no_longer_named", "owner_former"), "out"),
}
TO_THE_OWNER = {
    *("confirmation_owner", "received_again", "changes_requested", "changes_reminder", "changes_warning"),
    *("approved", "hitch", "rejected", "cancelled", "registered_owner", "taken_back", "owner_new", "objection"),
}
TO_THE_NAMED = {"confirmation", "confirmation_changed", "credentials", "success", "registered", "named", "invitation"}
ROWS = (
    *(TenantRequest, Transition, Submission, Statement, Remark, Check, Objection, Invitation, Tenant, Notice),
    *(Agreement, OutgoingEmail, Company, Contact, Membership, User, AccessLink, RelationChange),
)


def truth(found: TenantRequest) -> str:
    """What somebody who was told of a request ought to believe now."""
    if found.status in ("rejected", "withdrawn"):
        return "ended"
    return "registered" if found.status == "registered" else "open"


def wall_clock() -> datetime:
    """The time of the database, whatever the clock of this world says."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    return datetime.fromisoformat(str(now))


def everything() -> list[tuple[str, str]]:
    """A digest of each table that a verb can write."""
    tables = [model._meta.db_table for model in ROWS]
    digests = (f"SELECT '{name}', md5(string_agg(t::text, '|' ORDER BY t.id)) FROM {name} t" for name in tables)  # noqa: S608 – names of our own tables
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(digests))
        return list(cursor.fetchall())


@dataclass
class World:
    """Acts happen a minute apart. The database's clock stands still in a test, so its times are put right here."""

    sink: Sink
    customers_people: set[str]
    now: datetime = datetime(2026, 11, 23, 8, tzinfo=UTC)
    # What the readers of mails know, by request and address (R43).
    beliefs: dict[tuple[int, str], str] = field(default_factory=dict)
    # The statuses in which mails were written.
    written_in: dict[Any, str] = field(default_factory=dict)
    known: set[Any] = field(default_factory=set)
    # When customers became known to Arxus again: nothing of before is sent to them (R14).
    known_again: dict[int, datetime] = field(default_factory=dict)

    @contextmanager
    def clock(self) -> Iterator[None]:
        self.now += timedelta(minutes=1)
        with time_machine.travel(self.now, tick=False):
            yield

    def act(self, do: Callable[[], Any], *, by: User | None = None, about: int = 0, one_event: bool = True) -> bool:
        """Do something, or find it refused; a refusal has changed nothing."""
        before, began = everything(), wall_clock()
        with self.clock():
            try:
                do()
            except REFUSED:
                assert everything() == before, "What was refused changed something."
                return False
        self._promised(one_event, began)
        if by and about:
            self.knows(TenantRequest.objects.get(pk=about), by.email)
        return True

    def _promised(self, one_event: bool, began: datetime) -> None:
        rows = list(OutgoingEmail.objects.exclude(pk__in=self.known).order_by("created_at", "pk"))
        ended = wall_clock()
        for place, row in enumerate(rows):
            # One after the other, as they were promised.
            at = self.now + timedelta(microseconds=place)
            # What is due at once got the time of the database, which is not the one of this world.
            due_at = at if began <= row.due_at <= ended else row.due_at
            OutgoingEmail.objects.filter(pk=row.pk).update(created_at=at, due_at=due_at)
        self.known |= {row.pk for row in rows}
        addressed = [(row.about, row.to_email.casefold()) for row in rows]
        assert not one_event or len(set(addressed)) == len(addressed), f"R17: {addressed}"
        for row in rows:
            if found := self.request_of(row):
                self.written_in[row.pk] = truth(found)
                unknowing = found.company.relation == "vap" and row.to_email in self.customers_people
                assert not (unknowing and row.state == "waiting"), f"R14: {row.template} queued for {row.to_email}"

    def request_of(self, mail: OutgoingEmail) -> TenantRequest | None:
        kind, _colon, pk = mail.about.partition(":")
        rows = TenantRequest.objects.select_related("company", "owner")
        return rows.filter(pk=pk).first() if kind == "tenant_request" else None

    def deliver(self) -> None:
        """Let what is due leave: through the outbox and a mail server."""
        stands_at = wall_clock()
        arrived = len(self.sink.inbox)
        with self.clock():
            ahead = self.now - stands_at
            OutgoingEmail.objects.filter(state="waiting").update(due_at=F("due_at") - ahead)
            while outbox.deliver():
                pass
            OutgoingEmail.objects.filter(state="waiting").update(due_at=F("due_at") + ahead)
        for one in self.sink.inbox[arrived:]:
            self._arrived(OutgoingEmail.objects.get(pk=one.message_id.strip("<>").partition("@")[0]))
        assert not OutgoingEmail.objects.filter(state__in=["sending", "failed", "refused"]).exists()

    def _arrived(self, mail: OutgoingEmail) -> None:
        found = self.request_of(mail)
        if found is None or mail.template == "queue_digest":
            return
        what = f"{mail.template} to {mail.to_email} while {found.status}"
        if mail.to_email in self.customers_people:
            assert found.company.relation == "reseller", f"R14: {what}"
            since = self.known_again.get(found.company_id)
            assert since is None or mail.created_at > since, f"R14: {what}, of the time before"
        self._fits(mail, found, what)
        means = MEANS.get(mail.template) or (self.written_in[mail.pk] if mail.template == "owner_new" else "")
        if mail.template == "owner_former" and mail.to_email in self.concerned(found):
            means = ""  # still named in it
        if mail.template == "no_longer_named" and mail.to_email == found.owner.email:
            means = ""  # still the owner
        if means:
            self.beliefs[found.pk, mail.to_email] = means

    def _fits(self, mail: OutgoingEmail, found: TenantRequest, what: str) -> None:
        assert found.status in FITS[mail.template], f"R45: {what}"
        sent = found.submissions.order_by("-version").first()
        if mail.template in ("changes_requested", "changes_reminder", "changes_warning"):
            assert mail.facts["version"] == found.version, f"R45: {what}, of another version"
        if mail.template.startswith("invitation"):
            assert found.waits_for == "customer", f"R45: {what}, which waits for {found.waits_for}"
        if mail.template in TO_THE_OWNER:
            assert mail.to_email == found.owner.email, f"R45: {what}, who does not own it"
        if mail.template == "owner_former":
            assert mail.to_email != found.owner.email, f"R45: {what}, who owns it"
        if sent and mail.template in TO_THE_NAMED:
            assert mail.to_email in sent.emails, f"R45: {what}, who is not named"
        if sent and mail.template == "no_longer_named":
            present = [sent.data["contacts"][role]["email"] for role in ("technical", "commercial")]
            assert mail.to_email not in present, f"R45: {what}, who is named"

    def concerned(self, found: TenantRequest) -> set[str]:
        """Who has to know where a request stands, once told of it: owner, Technical, Commercial."""
        sent = found.submissions.order_by("-version").first()
        named = [sent.data["contacts"][role]["email"] for role in ("technical", "commercial")] if sent else []
        return {found.owner.email, *named}

    def knows(self, found: TenantRequest, email: str) -> None:
        """Whoever does something needs no mail about it."""
        if email in self.concerned(found):
            self.beliefs[found.pk, email] = truth(found)
        elif (found.pk, email) in self.beliefs:
            self.beliefs[found.pk, email] = "out"

    def forget(self, company: Company) -> None:
        """A customer no longer knows Arxus: what its people were told is told no further (R14)."""
        gone = set(TenantRequest.objects.filter(company=company).values_list("pk", flat=True))
        self.beliefs = {
            (pk, email): known
            for (pk, email), known in self.beliefs.items()
            if pk not in gone or email not in self.customers_people
        }

    def settle(self) -> None:
        """Let everything leave that still can; then whoever was told of a request knows how it stands (R43)."""
        while waiting := OutgoingEmail.objects.filter(state="waiting").order_by("due_at").last():
            self.now = max(self.now, waiting.due_at)
            self.deliver()
        for (pk, email), known in self.beliefs.items():
            found = TenantRequest.objects.select_related("owner").get(pk=pk)
            right = {truth(found)} if email in self.concerned(found) else {truth(found), "out"}
            assert known in right, f"R43: {email} was told last: {known}; the request is {found.status}"
