"""The three answers that come first everywhere: who has a request, what happens next, and by when."""

from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.humanize.templatetags.humanize import apnumber
from django.utils.translation import gettext as _

from contacts.models import User
from tenants.models import Status, TenantRequest, WaitsFor
from tenants.steps import steps_of


@dataclass(frozen=True)
class Standing:
    """`who` has it since `since`; `next` happens, `then` says more; `by` is a target of Arxus or a deadline."""

    who: str
    since: datetime | None
    next: str
    then: str
    by: date | None
    by_note: str
    # Which of the four stations of the track it has reached; a request that ended early stays where it was.
    station: int
    label: str = ""

    @property
    def stations(self) -> list[dict[str, str]]:
        """The track: sent, checked, set up, ready; each done, now or to do."""
        words = [_("Sent"), _("Being checked"), _("Set up at Microsoft"), _("Tenant ready")]
        if self.label:
            words[self.station] = self.label
        states = ["done" if at < self.station else "now" if at == self.station else "to_do" for at in range(4)]
        return [{"words": word, "state": state} for word, state in zip(words, states, strict=True)]


def standing(tenant_request: TenantRequest, reader: User | None = None, remarks: int = 0) -> Standing:
    """Say it for a partner's user; `remarks` is how many a reviewer left."""
    return _STANDINGS[Status(tenant_request.status)](tenant_request, reader, remarks)


def _owner(tenant_request: TenantRequest, reader: User | None) -> str:
    return _("You") if reader and tenant_request.owner_id == reader.pk else str(tenant_request.owner)


def _draft(r: TenantRequest, reader: User | None, remarks: int) -> Standing:
    asking = [step.slug for step in steps_of(r) if step.form]
    done = sum(slug in r.answers for slug in asking)
    then = _("%(done)s of %(steps)s steps are kept") % {"done": done, "steps": len(asking)}
    return Standing(_owner(r, reader), r.created_at, _("You finish it and send it to Arxus"), then, None, "", 0)


def _to_validate(r: TenantRequest, reader: User | None, remarks: int) -> Standing:
    who = _("Arxus: %(name)s") % {"name": r.assignee} if r.assignee else _("Arxus")
    then = _("then Arxus sets the tenant up at Microsoft, or asks you for changes")
    if r.connects:
        then = _("then the customer’s administrator is invited, or Arxus asks you for changes")
    note = _("the target of Arxus; you get a mail with the result")
    return Standing(who, r.held_since, _("Arxus checks the request"), then, r.due_on, note, 1)


def _changes_requested(r: TenantRequest, reader: User | None, remarks: int) -> Standing:
    answer = _("You answer the remarks and send again")
    if remarks:
        one, more = _("You answer one remark and send again"), _("You answer %(n)s remarks and send again")
        answer = one if remarks == 1 else more % {"n": apnumber(remarks)}
    back = _("then back to %(name)s, who knows the request") % {"name": r.assignee} if r.assignee else ""
    note = _("without an answer it is withdrawn after that day")
    label = _("Being checked: changes needed")
    return Standing(_owner(r, reader), r.held_since, answer, back, r.due_on, note, 1, label)


def _registering(r: TenantRequest, reader: User | None, remarks: int) -> Standing:
    if r.waits_for != WaitsFor.ARXUS:
        return _with_others(r)
    who = _("Arxus: %(name)s") % {"name": r.assignee} if r.assignee else _("Arxus")
    then = _("then the technical contact gets access to this portal")
    note = _("the target of Arxus; you get a mail when the tenant is ready")
    what = _("Arxus connects the tenant at Microsoft") if r.connects else _("Arxus sets the tenant up at Microsoft")
    return Standing(who, r.held_since, what, then, r.due_on, note, 2)


def _with_others(r: TenantRequest) -> Standing:
    """Arxus has done its part for now, and its target stands still (R35)."""
    then = _("then Arxus registers it")
    note = _("Arxus’s target goes on when it is back with Arxus")
    if r.waits_for == WaitsFor.MICROSOFT:
        return Standing(_("Microsoft"), r.held_since, _("Microsoft finishes its part"), then, None, note, 2)
    if r.to_forward:
        what = _("Microsoft’s invitation is forwarded and accepted")
        note = _("the text to forward is in the mail to the owner; the service desk sends it again")
        return Standing(r.partner.legal_name, r.held_since, what, then, None, note, 2, r.partner_words)
    who = _("The customer’s administrator")
    what = _("They accept Microsoft’s invitation")
    return Standing(who, r.held_since, what, then, None, note, 2, r.partner_words)


def _registered(r: TenantRequest, reader: User | None, remarks: int) -> Standing:
    return Standing(_("Nobody"), None, _("The tenant is ready"), _("next: its subscriptions"), None, "", 4)


def _rejected(r: TenantRequest, reader: User | None, remarks: int) -> Standing:
    then = _("the reason is below; you can copy it and start again")
    return Standing(_("Nobody"), None, _("Nothing more happens"), then, None, "", 1, _("Not accepted"))


def _withdrawn(r: TenantRequest, reader: User | None, remarks: int) -> Standing:
    then = _("you can copy it and start again")
    return Standing(_("Nobody"), None, _("Nothing more happens"), then, None, "", 1, _("Withdrawn"))


_STANDINGS = {
    Status.DRAFT: _draft,
    Status.TO_VALIDATE: _to_validate,
    Status.CHANGES_REQUESTED: _changes_requested,
    Status.REGISTERING: _registering,
    Status.REGISTERED: _registered,
    Status.REJECTED: _rejected,
    Status.WITHDRAWN: _withdrawn,
}
