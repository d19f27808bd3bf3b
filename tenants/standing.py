"""The three answers that come first everywhere: who has a request, what happens next, and by when.

They are said to somebody: only the owner who can act is "you"; others read who does it, and whether they can too.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime

from django.contrib.humanize.templatetags.humanize import apnumber
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from contacts.acting import Acting
from contacts.models import Group
from tenants.models import Status, TenantRequest, WaitsFor
from tenants.questions import details_fingerprint
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


def standing(tenant_request: TenantRequest, acting: Acting | None = None, remarks: int | None = None) -> Standing:
    """Say it of a row of with_standing() to somebody of the partner, or of the customer; `remarks` is how many of a
    reviewer's still have no answer, where that is known."""
    reader = Reader(tenant_request, acting)
    if reader.corrects:
        return _to_correct(tenant_request, reader)
    stands = _STANDINGS[Status(tenant_request.status)](tenant_request, reader, remarks)
    if reader.names_another:
        return _to_name(tenant_request, reader, stands)
    if reader.sees_to_a_mail:
        what = reader.does(_("You see to a mail that did not arrive"), _("%(name)s sees to a mail that did not arrive"))
        return replace(stands, next=what, then=stands.next)
    if tenant_request.objected_to and tenant_request.waits_for_arxus and not reader.of_customer:
        return replace(stands, next=_("Arxus settles what a contact says is not right"))
    return stands


def task(tenant_request: TenantRequest, acting: Acting) -> str:
    """What the partner has to do now: to its owner as a request, to others as what the owner does."""
    reader = Reader(tenant_request, acting)
    if not reader.does_it or (tenant_request.status == Status.DRAFT and not tenant_request.may_be_sent):
        return standing(tenant_request, acting).next
    if tenant_request.status == Status.DRAFT:
        return _("Finish the request and send it")
    if reader.corrects:
        return _("Correct a contact who is not as sent any more")
    if reader.names_another:
        return _("Name another contact")
    if reader.sees_to_a_mail:
        return _("See to a mail that did not arrive")
    if tenant_request.status == Status.REGISTERING:
        return _("Forward Microsoft’s invitation to the customer’s administrator")
    return _("Answer the remarks and send again")


@dataclass(frozen=True)
class Badge:
    """The status as a badge: the look of a status, and its words."""

    status: str
    words: str


def badge(tenant_request: TenantRequest, acting: Acting | None) -> Badge:
    """What is with the partner is "with you" to the partner's people alone, and looks so whatever the status."""
    reader = Reader(tenant_request, acting)
    if tenant_request.status == Status.CHANGES_REQUESTED and reader.of_customer:
        words = _("With %(partner)s: changes needed") % {"partner": tenant_request.partner}
        return Badge(tenant_request.status, words)
    if reader.corrects:
        return Badge(Status.CHANGES_REQUESTED, _("With you: contact to correct"))
    look = Status.CHANGES_REQUESTED if tenant_request.to_forward else tenant_request.status
    return Badge(look, tenant_request.partner_words)


class Reader:
    """Whoever reads where a request stands, and the words for the part of its owner."""

    def __init__(self, tenant_request: TenantRequest, acting: Acting | None) -> None:
        self.request, self.acting = tenant_request, acting
        self.is_owner = bool(acting and tenant_request.owner_id == acting.user.pk)
        self.can_act = bool(acting and acting.can_request_tenants)
        self.of_customer = bool(acting and acting.is_customers_own_user)

    @property
    def corrects(self) -> bool:
        """Whether the partner has to correct a contact before Arxus can go on (R26); the customer is not told (R06)."""
        waits = self.request.outdated and self.request.with_arxus
        return waits and not self.request.to_forward and not self.of_customer

    @property
    def names_another(self) -> bool:
        """Whether a contact of a tenant left, or is not as sent any more: Arxus goes on writing to the old address."""
        return self.request.outdated and self.request.status == Status.REGISTERED and not self.of_customer

    @property
    def sees_to_a_mail(self) -> bool:
        return self.request.lost_a_mail and not self.request.to_forward and not self.of_customer

    @property
    def does_it(self) -> bool:
        """Whether it is for them to do: the owner, as long as their groups allow it."""
        return self.is_owner and self.can_act

    @property
    def who(self) -> str:
        """The partner has it: you, or somebody by name."""
        if self.does_it:
            return _("You")
        if not self.request.owner_acts:
            return self.request.partner.legal_name
        return _("%(partner)s: %(name)s") % {"partner": self.request.partner, "name": self.request.owner}

    def does(self, yours: str, theirs: str) -> str:
        """What the owner does: `yours` to the owner, else `theirs`, which names them as %(name)s."""
        if self.does_it:
            return yours
        if self.is_owner or not self.request.owner_acts:
            # The owner's groups were changed since: it is for a colleague now.
            theirs = theirs % {"name": _("A colleague with “%(group)s”") % {"group": Group.TENANTS.label}}
            return _("%(sentence)s; you can") % {"sentence": theirs} if self.can_act else theirs
        sentence = theirs % {"name": self.request.owner}
        return _("%(sentence)s; you can too") % {"sentence": sentence} if self.can_act else sentence

    def gets(self, yours: str, theirs: str) -> str:
        """What the owner gets; in the place of one who can no longer act, the administrators get the mails (R28)."""
        if not self.request.owner_acts:
            return theirs % {"name": _("an administrator of %(partner)s") % {"partner": self.request.partner}}
        return yours if self.is_owner else theirs % {"name": self.request.owner}


def _draft(r: TenantRequest, reader: Reader, remarks: int | None) -> Standing:
    asking = [step.slug for step in steps_of(r) if step.form]
    done = sum(slug in r.answers for slug in asking)
    # A copy, or details that were changed since: the customer is to be looked at again.
    if "customer" in r.answers and r.answers["customer"].get("confirmed") != details_fingerprint(r.company):
        done -= 1
    then = _("%(done)s of %(steps)s steps are kept") % {"done": done, "steps": len(asking)}
    what = reader.does(_("You finish it and send it to Arxus"), _("%(name)s finishes it and sends it to Arxus"))
    if not r.may_be_sent:
        what = _("It can be sent once Arxus has switched Tenant Configuration on again")
    return Standing(reader.who, r.created_at, what, then, None, "", 0)


def _to_validate(r: TenantRequest, reader: Reader, remarks: int | None) -> Standing:
    who = _("Arxus: %(name)s") % {"name": r.assignee} if r.assignee else _("Arxus")
    then = _("then Arxus sets the tenant up at Microsoft, or asks for changes")
    if r.connects:
        then = _("then the customer’s administrator is invited, or Arxus asks for changes")
    note = reader.gets(
        _("the target of Arxus; you get a mail with the result"),
        _("the target of Arxus; %(name)s gets a mail with the result"),
    )
    return Standing(who, r.held_since, _("Arxus checks the request"), then, r.due_on, note, 1)


def _changes_requested(r: TenantRequest, reader: Reader, remarks: int | None) -> Standing:
    note = _("without an answer it is withdrawn after that day")
    label = _("Being checked: changes needed")
    if reader.of_customer:
        # What Arxus asked is between the partner and Arxus (R06).
        what = _("%(partner)s answers Arxus and sends it again") % {"partner": r.partner}
        return Standing(r.partner.legal_name, r.held_since, what, "", r.due_on, note, 1, label)
    yours, theirs = _("You answer the remarks and send again"), _("%(name)s answers the remarks and sends again")
    if remarks == 1:
        yours, theirs = _("You answer one remark and send again"), _("%(name)s answers one remark and sends again")
    elif remarks == 0:
        yours, theirs = _("You check the answers and send again"), _("%(name)s checks the answers and sends again")
    elif remarks:
        yours = _("You answer %(n)s remarks and send again") % {"n": apnumber(remarks)}
        # The name comes later.
        said = {"n": apnumber(remarks), "name": "%(name)s"}
        theirs = _("%(name)s answers %(n)s remarks and sends again") % said
    back = _("then back to %(name)s, who knows the request") % {"name": r.assignee} if r.assignee else ""
    return Standing(reader.who, r.held_since, reader.does(yours, theirs), back, r.due_on, note, 1, label)


def _registering(r: TenantRequest, reader: Reader, remarks: int | None) -> Standing:
    if r.waits_for != WaitsFor.ARXUS:
        return _with_others(r, reader)
    who = _("Arxus: %(name)s") % {"name": r.assignee} if r.assignee else _("Arxus")
    then = _("then the technical contact gets access to this portal")
    note = reader.gets(
        _("the target of Arxus; you get a mail when the tenant is ready"),
        _("the target of Arxus; %(name)s gets a mail when the tenant is ready"),
    )
    what = _("Arxus connects the tenant at Microsoft") if r.connects else _("Arxus sets the tenant up at Microsoft")
    return Standing(who, r.held_since, what, then, r.due_on, note, 2)


def _with_others(r: TenantRequest, reader: Reader) -> Standing:
    """Arxus has done its part for now, and its target stands still (R35)."""
    then = _("then Arxus registers it")
    note = _("Arxus’s target goes on when it is back with Arxus")
    if r.waits_for == WaitsFor.MICROSOFT:
        return Standing(_("Microsoft"), r.held_since, _("Microsoft finishes its part"), then, None, note, 2)
    if r.to_forward:
        what = reader.does(
            _("You forward Microsoft’s invitation to the customer’s administrator"),
            _("%(name)s forwards Microsoft’s invitation to the customer’s administrator"),
        )
        then = _("then they accept it, and Arxus registers the tenant")
        note = _("the text to forward is ready to copy") if reader.can_act else ""
        return Standing(reader.who, r.held_since, what, then, None, note, 2, r.partner_words)
    who = _("The customer’s administrator")
    what = _("They accept Microsoft’s invitation")
    if r.invitation_forwarded and r.forwarded_at:
        day = date_format(localtime(r.forwarded_at), "j F Y")
        then = _("forwarded on %(day)s; then Arxus registers it") % {"day": day}
    return Standing(who, r.held_since, what, then, None, note, 2, r.partner_words)


def _to_correct(r: TenantRequest, reader: Reader) -> Standing:
    what = reader.does(
        _("You correct a contact who is not as sent any more"),
        _("%(name)s corrects a contact who is not as sent any more"),
    )
    then = _("until then Arxus can neither approve nor register it")
    note = _("Arxus’s target goes on meanwhile: %(day)s") % {"day": date_format(r.due_on, "j F Y")} if r.due_on else ""
    station = 1 if r.status == Status.TO_VALIDATE else 2
    return Standing(reader.who, None, what, then, None, note, station, _("With you: contact to correct"))


def _to_name(r: TenantRequest, reader: Reader, ready: Standing) -> Standing:
    what = reader.does(_("You name another contact"), _("%(name)s names another contact"))
    then = _("the tenant is ready; a contact has left or changed, and Arxus still writes to the old address")
    return replace(ready, who=reader.who, next=what, then=then)


def _registered(r: TenantRequest, reader: Reader, remarks: int | None) -> Standing:
    return Standing(_("Nobody"), None, _("The tenant is ready"), _("next: its subscriptions"), None, "", 4)


def _rejected(r: TenantRequest, reader: Reader, remarks: int | None) -> Standing:
    then = _("the reason is below; you can copy it and start again") if reader.can_act else ""
    return Standing(_("Nobody"), None, _("Nothing more happens"), then, None, "", 1, _("Not accepted"))


def _withdrawn(r: TenantRequest, reader: Reader, remarks: int | None) -> Standing:
    then = _("you can copy it and start again") if reader.can_act else ""
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
