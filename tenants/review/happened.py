"""What happened to a request, as its reviewer reads it: the mails about it, and its history."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import User
from notifications.models import LOST, UNFINISHED, OutgoingEmail
from tenants import announcements, history
from tenants.models import TenantRequest, Transition
from tenants.review import acts
from tenants.transitions import Verb


def mails(tenant_request: TenantRequest, *, may_work: bool) -> list[dict[str, Any]]:
    """Each with what became of it, and whether the reader may send it again."""
    names = announcements.MAIL_NAMES | announcements.STAFF_MAIL_NAMES
    told = (*LOST, OutgoingEmail.State.WITHHELD)
    rows = acts.mails_about(tenant_request)
    lost = {mail.facts.get("lost_mail") for mail in rows}
    return [
        {
            "row": mail,
            "told": str(mail.pk) in lost,
            "words": names.get(mail.template, mail.template),
            "hint": mail.outcome if mail.state in told else "",
            "held_until": mail.due_at if mail.due_at > timezone.now() and mail.state in UNFINISHED else None,
            "again": may_work and mail.state not in UNFINISHED,
        }
        for mail in rows
    ]


def events(tenant_request: TenantRequest, reader: User) -> list[dict[str, Any]]:
    return [
        {
            "verb": line.verb,
            "who": _("You") if line.by_id == reader.pk else line.by or _("The portal"),
            "words": _("sent it again") if _is_again(line) else history.WORDS.get(line.verb, line.verb),
            "company": line.for_company,
            "at": line.at,
            "quote": line.comment,
            "tone": "amber" if line.verb == Verb.REQUEST_CHANGES else "blue",
        }
        for line in tenant_request.history.select_related("by", "for_company")
    ]


def _is_again(line: Transition) -> bool:
    return line.verb == Verb.SUBMIT and line.version > 1
