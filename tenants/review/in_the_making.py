"""A decision in the making: what somebody typed so far, and the mails that would follow from it.

What is typed stays in the session until the decision is made, so that the frames show the same mails as the page and a
refusal loses nothing. The page carries a digest of the mails it shows; the verb refuses if they are no longer the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts import seal
from contacts.models import Language
from notifications.outbox import Mail, digest
from tenants import value_add
from tenants.review.decision_forms import DecisionForm
from tenants.review.decisions import Decision
from tenants.review.page import ReviewPage
from tenants.transitions import TransitionRefused, Verb
from tenants.words import without_password

KEPT = 5


@dataclass
class Draft:
    """A decision in the making: what was typed, and the mails that follow from it."""

    decision: Decision
    page: ReviewPage
    form: DecisionForm
    # Whether there is something that somebody typed.
    kept: bool = False
    # Whether that is what somebody typed whose session ended meanwhile.
    back: bool = False
    # The version that it is about, where a page said so.
    about: int | None = None
    mails: list[Mail] = field(default_factory=list)
    # Why there are no mails to show.
    refused: TransitionRefused | None = None
    # Whether it can be decided as it stands; an act may mail nobody.
    ready: bool = False

    @property
    def digest(self) -> str:
        return digest(self.mails) if self.ready else ""

    @property
    def readers(self) -> str:
        """The readers by name, as a button can say them."""
        names = [mail.to_name for mail in self.sendable]
        if len(names) < 3:
            return _(" and ").join(names)
        more = ngettext("%(n)s other", "%(n)s others", len(names) - 1) % {"n": len(names) - 1}
        return _("%(name)s and %(more)s") % {"name": names[0], "more": more}

    @property
    def button(self) -> str:
        if not self.mails:
            if self.form.said().get("comment"):
                return _("Write it down; nobody gets a mail, your line is kept in the history")
            return _("Write it down; nobody gets a mail")
        return str(self.decision.act) % {"readers": self.readers}

    @property
    def sendable(self) -> list[Mail]:
        return [mail for mail in self.mails if mail.to_email not in self.withheld]

    @cached_property
    def withheld(self) -> dict[str, str]:
        """Whose mail is kept back as soon as it is promised, and why (R14)."""
        return value_add.unwritten(self.page.tenant_request, [mail.to_email for mail in self.mails])

    @property
    def shown(self) -> list[tuple[int, Mail, str, str]]:
        """Each mail with its place, its language, and why it is kept back, if it is."""
        return [
            (n, mail, str(Language(mail.language).label), self.withheld.get(mail.to_email, ""))
            for n, mail in enumerate(self.mails)
        ]

    def compose(self) -> "Draft":
        """Write the mails that the verb would send now, if what was typed is complete."""
        if self.form.is_bound and self.form.is_valid():
            try:
                self.mails = self.decision.mails(self.page, self.form.said())
                self.ready = True
            except TransitionRefused as refused:
                self.refused = refused
        return self


def draft(request: HttpRequest, decision: Decision, page: ReviewPage) -> Draft:
    """The decision with what was typed last; approving needs no word to have a mail."""
    posted = seal.kept_for(request, _address(decision, page))
    back = posted is not None
    if posted is None:
        posted = request.session.get("decisions", {}).get(_key(decision, page), {})
    typed = _theirs(posted) or None
    kept = any(typed.values()) if typed else False
    # Whoever only looks in, and typed nothing, has opened it now.
    about = version_of(posted) if "version" in posted and (kept or request.method == "POST") else None
    if typed is None and decision.verb == Verb.APPROVE:
        typed = {}
    form = decision.form(typed, tenant_request=page.tenant_request, sent=page.sent)
    return Draft(decision, page, form, kept, back, about).compose()


def version_of(posted: Mapping[str, str]) -> int:
    """The version that a form was made for; 0, which was never sent, if that is not said."""
    version = posted.get("version", "")
    return int(version) if version.isdecimal() and len(version) < 6 else 0


def keep(request: HttpRequest, decision: Decision, page: ReviewPage) -> None:
    """Keep what was typed until it is decided, in the session of whoever typed it; the latest few decisions only."""
    if not (typed := _theirs(request.POST)):
        return  # a button without a form
    seal.drop_kept_for(request, _address(decision, page))
    kept = request.session.get("decisions", {})
    kept.pop(_key(decision, page), None)
    about = {"version": request.POST["version"]} if "version" in request.POST else {}
    kept[_key(decision, page)] = typed | about
    request.session["decisions"] = dict(list(kept.items())[-KEPT:])


_OURS = (
    *("csrfmiddlewaretoken", seal.WRITER, "version", "status", "stop_asked", "seen"),
    *("decide", "preview", "another", "stock", "use", "take"),
)


def _theirs(posted: Mapping[str, str]) -> dict[str, str]:
    """What somebody typed, without the passwords: those are refused, so nothing may keep them (R42)."""
    return {name: without_password(name, value) for name, value in posted.items() if name not in _OURS}


def forget(request: HttpRequest, decision: Decision, page: ReviewPage) -> None:
    kept = request.session.get("decisions", {})
    if kept.pop(_key(decision, page), None) is not None:
        request.session["decisions"] = kept


def _key(decision: Decision, page: ReviewPage) -> str:
    return f"{page.tenant_request.pk}:{decision.verb}"


def _address(decision: Decision, page: ReviewPage) -> str:
    return reverse("admin:tenants_tenantrequest_decide", args=[page.tenant_request.pk, decision.verb])
