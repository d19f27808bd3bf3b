"""Who owns a request: changed by colleagues, and passed on when somebody leaves (R27). The mails follow the owner."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from contacts import colleagues
from contacts.models import Company, User
from contacts.permissions import Right, rights_of
from notifications.models import OutgoingEmail
from notifications.outbox import enqueue
from tenants import access, announcements, history, owner_mails, still_true
from tenants.events import Event
from tenants.models import OPEN, Status, TenantRequest, TenantRequestQuerySet
from tenants.transitions import TransitionRefused, Verb, lacks_the_right_of_partners
from tenants.workflow import lock

IN_HAND = (Status.DRAFT, *OPEN)
# The events whose mail is written anew for a new owner, if it had not left yet. All else, reminders for one, he hears
# from the mail that says where the request stands.
TOLD_AGAIN = (
    *(Verb.SUBMIT, Verb.REQUEST_CHANGES, Verb.APPROVE, Verb.REJECT, Verb.WITHDRAW, Verb.REGISTER),
    *(Verb.FAIL, Verb.CANCEL, Verb.REOPEN),
)


def change(tenant_request: TenantRequest, *, to: User, by: User) -> TenantRequest:
    """Make `to` the owner; both owners are told, save whoever does it."""
    with transaction.atomic():
        # Nobody leaves at this moment: what they have would not be passed on.
        colleagues.lock(tenant_request.partner_id)
        fresh = lock(tenant_request)
        if why := refusal(fresh, to, by):
            raise why
        before = fresh.owner
        _pass_on(fresh, to, by)
        if to != by:
            enqueue([owner_mails.new_owner(_as_they_stand([fresh]), to, before, by)])
        if before != by and Right.VIEW in rights_of(before, fresh.company):
            enqueue([owner_mails.former_owner(fresh, before, by)])
        return fresh


def refusal(tenant_request: TenantRequest, to: User, by: User) -> TransitionRefused | None:
    if why := lacks_the_right_of_partners(tenant_request, by):
        return why
    if to == tenant_request.owner:
        return TransitionRefused(_("%(name)s owns this request already.") % {"name": to}, "repetition")
    if Right.REQUEST_TENANTS not in rights_of(to, tenant_request.partner):
        sentence = _("%(name)s can no longer request tenants for %(partner)s. Choose somebody else.")
        return TransitionRefused(sentence % {"name": to, "partner": tenant_request.partner})
    return None


def in_hand(user: User, company: Company) -> list[str]:
    """For whoever ends a membership: the open requests and drafts of the one who leaves."""
    return [
        _("%(number)s for %(customer)s: %(words)s")
        % {"number": row.number, "customer": row.company, "words": row.partner_words}
        for row in _in_hand(user, company).select_related("company")
    ]


def hand_over(user: User, company: Company, to: User, by: User) -> None:
    """Give everything that a leaver has in hand to `to`, in the caller's transaction; told in one mail."""
    passed = []
    for row in _in_hand(user, company).order_by("pk"):
        fresh = lock(row)
        if fresh.owner == user and fresh.status in IN_HAND:
            _pass_on(fresh, to, by)
            passed.append(fresh)
    if passed and to != by:
        enqueue([owner_mails.new_owner(_as_they_stand(passed, leaver=user), to, user, by)])


def _as_they_stand(passed: Iterable[TenantRequest], leaver: User | None = None) -> list[TenantRequest]:
    """The same rows with what says who has them; whoever leaves cannot be chosen any more in a moment."""
    rows = TenantRequest.objects.with_standing().with_last_submission().select_related("company", "partner", "owner")
    found = list(rows.filter(pk__in=[row.pk for row in passed]).order_by("pk"))
    for row in found:
        contacts = (row.sent_data or {}).get("contacts", {})  # type: ignore[attr-defined]  # annotated
        refs = {contacts[role]["ref"] for role in contacts.get("roles", ())}
        row.outdated |= bool(leaver and row.with_arxus and f"user:{leaver.public_id}" in refs)
    return found


def _in_hand(user: User, company: Company) -> TenantRequestQuerySet:
    """At the partner alone: people of a customer own nothing."""
    return TenantRequest.objects.filter(partner=company, owner=user, status__in=IN_HAND)


def _pass_on(fresh: TenantRequest, to: User, by: User) -> None:
    before = fresh.owner
    waiting = [mail.facts["verb"] for mail in _waiting(fresh, before) if still_true.contradiction(mail) is None]
    fresh.owner = to
    fresh.save(update_fields=["owner"])
    history.write(fresh, "change_owner", by, comment=_("%(before)s → %(to)s") % {"before": before, "to": to})
    for verb in dict.fromkeys(waiting):
        if event := _once_more(fresh, verb):
            enqueue(announcements.mails(event, only="owner"))


def _waiting(fresh: TenantRequest, owner: User) -> Iterable[OutgoingEmail]:
    """What the owner was to hear and has not left yet; it does not leave any more (still_true.contradiction)."""
    rows = OutgoingEmail.objects.filter(about=announcements.about(fresh), to_email=owner.email)
    rows = rows.filter(state=OutgoingEmail.State.WAITING, facts__roles__contains=["owner"])
    return rows.filter(facts__verb__in=TOLD_AGAIN).order_by("created_at")


def _once_more(fresh: TenantRequest, verb: str) -> Event | None:
    """What happened, from what was written down, for whoever owns the request now."""
    line = fresh.history.filter(verb=verb).select_related("by").first()
    if line is None:
        return None
    sent = {row.version: row.data for row in fresh.submissions.filter(version__gte=line.version - 1)}
    said: dict[str, Any] = {"due_on": fresh.due_on, "comment": line.comment, "owners": [fresh.owner]}
    if verb == Verb.SUBMIT:
        said["previous"] = sent.get(line.version - 1)
    if verb == Verb.REQUEST_CHANGES:
        said["remarks"] = list(fresh.remarks.filter(version=line.version))
    if verb == Verb.REGISTER:
        try:
            said |= {
                "tenant": fresh.tenant,
                "granted": access.plan(fresh, sent[line.version]["contacts"]["technical"]),
            }
        except access.Refused:
            return None
    return Event(verb, fresh, line.by, line.at, sent[line.version], **said)
