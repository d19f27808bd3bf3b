"""The decisions that are open on a request now, and why another one is closed (R30)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants import access, checks, sending, transitions, waiting, workflow
from tenants.models import Check
from tenants.transitions import TRANSITIONS, Verb

if TYPE_CHECKING:
    from tenants.review.page import ReviewPage

_OPENING = {
    Verb.APPROVE: gettext_lazy("Approve…"),
    Verb.REGISTER: gettext_lazy("Register…"),
    Verb.REOPEN: gettext_lazy("Reopen…"),
    Verb.CORRECT_REGISTRATION: gettext_lazy("Correct the registration…"),
    Verb.REQUEST_CHANGES: gettext_lazy("Ask for changes…"),
    Verb.FAIL: gettext_lazy("Report a hitch…"),
    Verb.REJECT: gettext_lazy("Reject…"),
    Verb.CANCEL: gettext_lazy("Cancel…"),
}


@dataclass(frozen=True)
class Door:
    """A decision of the present status: open, or closed with the reason."""

    verb: Verb
    label: str
    why: str


def doors_of(page: "ReviewPage") -> list[Door]:
    """The decisions of this status, with the reason beside each one that is closed."""
    return [
        Door(verb, str(label), closed(verb, page))
        for verb, label in _OPENING.items()
        if page.status in TRANSITIONS[verb].sources
    ]


def refusal(verb: str, page: "ReviewPage", version: int | None = None) -> transitions.TransitionRefused | None:
    """Why the reader may not decide this now, or say whom the request waits for."""
    if verb == waiting.ACT:
        return waiting.refusal(page.tenant_request, page.reader, version)
    return transitions.refusal(Verb(verb), page.tenant_request, page.reader, version)


def closed(verb: str, page: "ReviewPage") -> str:
    """Why a decision is closed now, as far as can be known before it is tried; "" if it is open."""
    if why := refusal(verb, page):
        return why.sentence
    if verb in (Verb.APPROVE, Verb.REGISTER) and page.open_objections:
        return transitions.objected(page.open_objections[0])
    if verb == Verb.APPROVE and page.blocking:
        return _blocked(page.blocking)
    found = page.tenant_request
    if verb == Verb.REOPEN and (other := sending.clash(found, found.name_key, found.wanted_id)):
        return workflow.name_taken(other).sentence
    if verb == Verb.REGISTER:
        if blocking := [check for check in page.blocking if check.kind in checks.ON_REGISTERING]:
            return _("Registering waits for one check: %(sentence)s") % {"sentence": blocking[0].sentence}
        if isinstance(page.granted, access.Refused):
            return str(page.granted)
    return ""


def _blocked(blocking: Iterable[Check]) -> str:
    sentences = [check.sentence for check in blocking]
    if len(sentences) == 1:
        return _("Approving waits for one check: %(sentence)s") % {"sentence": sentences[0]}
    said = {"n": len(sentences), "sentence": sentences[0]}
    return _("Approving waits for %(n)s checks, the first: %(sentence)s") % said
