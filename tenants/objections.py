"""What somebody who is named in a request says is not right (R37): raised without a login, settled by staff.

The link is signed for one request and one address. It lets its reader say something, and read nothing that the mail
around it did not say.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from contacts.models import User
from notifications.models import OutgoingEmail
from notifications.outbox import Mail, digest, enqueue
from tenants import announcements, history, objection_links, value_add
from tenants.events import Event
from tenants.models import OPEN, Objection, Status, TenantRequest
from tenants.transitions import TransitionRefused, decides_about_oneself, lacks_the_right
from tenants.workflow import PreviewChanged, lock

MOST = 5  # that one person may have open


@dataclass(frozen=True)
class Objector:
    """Whose link was opened: the person as the request named them last, and whether it still does."""

    person: dict[str, Any]
    named: bool

    @property
    def name(self) -> str:
        return f"{self.person['first_name']} {self.person['last_name']}"


def find(public_id: UUID, token: str) -> tuple[TenantRequest, Objector] | None:
    """The request and the contact for whom the link was made, or None."""
    found = TenantRequest.objects.sent().select_related("partner").filter(public_id=public_id).first()
    if found is None:
        return None
    for at, sent in enumerate(found.submissions.order_by("-version")):
        contacts = sent.data["contacts"]
        for person in (contacts[role] for role in contacts["roles"]):
            if objection_links.fits(found, person["email"], token):
                return found, Objector(person, named=at == 0)
    return None


def refusal(tenant_request: TenantRequest, objector: Objector) -> str:
    """Why nothing can be said now, as a sentence; "" if it can."""
    if tenant_request.status == Status.REGISTERED:
        return _("The tenant is ready. Reply to the mail: the service desk answers.")
    if tenant_request.status not in OPEN:
        return _("This request has ended, so nothing more happens with it.")
    if not objector.named and (last := unsettled(tenant_request, objector).last()):
        said = _("You are no longer named in this request. Arxus still settles what you wrote on %(at)s.")
        why = said % {"at": date_format(localtime(last.raised_at), "j F Y, H:i")}
        if value_add.refusal(last.email, tenant_request):
            return why
        return f"{why} {_('You get a mail that says how, at the address where you got the link.')}"
    if not objector.named:
        return _("You are no longer named in this request, so there is nothing to settle.")
    if unsettled(tenant_request, objector).count() >= MOST:
        return _("Arxus has what you wrote and looks at it. Should something be urgent, reply to the mail.")
    return ""


def unsettled(tenant_request: TenantRequest, objector: Objector) -> QuerySet[Objection]:
    """What this person said that Arxus has not settled yet."""
    return tenant_request.objections.filter(email=objector.person["email"], settled_at=None)


def object_to(tenant_request: TenantRequest, objector: Objector, text: str) -> Objection:
    """Keep what somebody says is not right, and tell owner, reviewer and objector; the same said twice is once."""
    with transaction.atomic():
        fresh = lock(tenant_request)
        if known := unsettled(fresh, objector).filter(text=text).first():
            return known
        if why := refusal(fresh, objector):
            raise TransitionRefused(why, "status")
        now = timezone.now()
        objection = Objection.objects.create(
            tenant_request=fresh, email=objector.person["email"], name=objector.name, text=text, raised_at=now
        )
        history.write(fresh, "objection", None, comment=f"{objection.name}: {text}", at=now)
        enqueue(announcements.mails(_event("objection", fresh, None, objection)))
        return objection


def refusal_to_settle(objection: Objection, by: User) -> TransitionRefused | None:
    tenant_request = objection.tenant_request
    if why := lacks_the_right(by):
        return why
    if objection.settled_at:
        who = {"who": objection.settled_by}
        return TransitionRefused(_("%(who)s settled this already. Nothing was changed.") % who, "repetition")
    if tenant_request.status not in OPEN:
        return TransitionRefused(_("This request has ended, so nothing is left to settle."), "status")
    return decides_about_oneself(tenant_request, by)


def preview(objection: Objection, *, by: User, reason: str) -> list[Mail]:
    """The mail to the objector as it would go out now (R32)."""
    objection.settlement = reason
    return announcements.mails(_event("objection_settled", objection.tenant_request, by, objection))


def settle(objection: Objection, *, by: User, reason: str, seen: str = "") -> Objection:
    """Settle an objection with a reason, which the objector reads; the request may go on."""
    with transaction.atomic():
        fresh = lock(objection.tenant_request)
        row = Objection.objects.select_for_update().get(pk=objection.pk)
        row.tenant_request = fresh
        if why := refusal_to_settle(row, by):
            raise why
        row.settlement, row.settled_by, row.settled_at = reason, by, timezone.now()
        mails = announcements.mails(_event("objection_settled", fresh, by, row))
        if seen and digest(mails) != seen:
            raise PreviewChanged(mails)
        row.save(update_fields=["settlement", "settled_by", "settled_at"])
        history.write(fresh, "objection_settled", by, comment=f"{row.name}: {reason}")
        enqueue(mails)
        return row


def answer_elsewhere(fresh: TenantRequest, former: Collection[str]) -> None:
    """Answers that wait for addresses which were corrected since go to the new ones too (R26)."""
    answers = OutgoingEmail.objects.filter(template__in=["objection_receipt", "objection_settled"], state="waiting")
    for objection in fresh.objections.filter(email__in=former):
        if answers.filter(facts__objection=objection.pk, to_email=objection.email).exists():
            # Once settled, that it has come is no news any more.
            verb = "objection_settled" if objection.settled_at else "objection"
            event = _event(verb, fresh, objection.settled_by, objection)
            mails = announcements.mails(event, only="objector")
            enqueue(mail for mail in mails if mail.to_email != objection.email)


def _event(verb: str, tenant_request: TenantRequest, by: User | None, objection: Objection) -> Event:
    data = tenant_request.submissions.latest("version").data
    # Elsewhere it is the day by which the partner answers.
    target = tenant_request.due_on if tenant_request.with_arxus else None
    return Event(verb, tenant_request, by, timezone.now(), data, due_on=target, objection=objection)
