"""What happens to a request, as the mails tell it, and one reader of those mails."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from contacts.models import AccessLink, User
from notifications.models import OutgoingEmail
from tenants import access, working_days
from tenants.models import Invitation, Objection, Remark, Statement, Tenant, TenantRequest


@dataclass(frozen=True)
class Event:
    """What happens to a request, complete enough to tell it: the data are those that count from now on."""

    verb: str
    tenant_request: TenantRequest
    by: User | None
    at: datetime
    data: dict[str, Any]
    # What was sent the time before, where this is a later sending.
    previous: dict[str, Any] | None = None
    # Arxus's target, or the partner's deadline.
    due_on: date | None = None
    comment: str = ""
    # Whose statements count, where that is not `by`.
    sender: User | None = None
    # What was stated, where the caller knows it; else it is looked up.
    statements: Sequence[Statement] | None = None
    remarks: Sequence[Remark] = ()
    tenant: Tenant | None = None
    objection: Objection | None = None
    # Of the addresses that are named no longer, those from which somebody said what Arxus has not settled yet.
    objecting: frozenset[str] = frozenset()
    # The mail that its reader does not have.
    lost: OutgoingEmail | None = None
    granted: access.Plan | None = None
    # Whose access to the customer ends with it.
    access_ended: str = ""
    # Whose activation link nobody has used (R51).
    unused_by: User | None = None
    # Who hears what the owner hears, where the caller knows it; else it is looked up (R28).
    owners: Sequence[User] | None = None
    # What a correction of the tenant changes: name of its field, before, after.
    corrected: Sequence[tuple[str, str, str]] = ()
    # Who had been told that the request ended, where it comes back.
    had_ended: frozenset[str] = frozenset()
    # Microsoft's invitation to the customer's administrator (R35).
    invitation: Invitation | None = None
    # The activation link; only once it was issued, never in a preview.
    link: AccessLink | None = None

    @property
    def line(self) -> str:
        """What the history keeps of it: what a correction changed, and the comment."""
        changes = [f"{before} → {after}" for _name, before, after in self.corrected]
        return " · ".join(filter(None, [*changes, self.comment]))

    @property
    def held_until(self) -> datetime:
        """When those hear of it who are told a working day later."""
        return working_days.day_after(self.at)


@dataclass
class Reader:
    """One address, everything it is told of: the first template is the weightiest."""

    email: str
    name: str
    language: str
    told: list[tuple[str, str]] = field(default_factory=list)

    @property
    def roles(self) -> list[str]:
        """What this person is in the request now."""
        return [role for template, role in self.told if template != "no_longer_named"]

    @property
    def former_roles(self) -> list[str]:
        return [role for template, role in self.told if template == "no_longer_named"]
