"""What a reviewer reads about a request, on one page: built here, drawn by templates/admin/tenants/tenantrequest/."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Prefetch, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import User
from notifications.models import LOST, OutgoingEmail
from tenants import (
    absence,
    access,
    announcements,
    assignment,
    checks,
    history,
    sending,
    statements,
    summary,
    transitions,
    waiting,
    workflow,
)
from tenants.models import Check, Objection, Remark, Status, Submission, Tenant, TenantRequest
from tenants.remark_fields import remark_fields
from tenants.review import acts
from tenants.review.queue import SEVERITY, days_used, is_late, severity
from tenants.transitions import TRANSITIONS, Verb

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


@dataclass(frozen=True)
class Answer:
    """What became of one row of the request since it was sent back, beside what the reviewer had said about it."""

    label: str
    before: str
    after: str
    remarks: list[tuple[Remark, str]]


class ReviewPage:
    """A request as `reader`, who works for Arxus, sees it."""

    def __init__(self, tenant_request: TenantRequest, reader: User) -> None:
        self.tenant_request, self.reader = tenant_request, reader
        self.submissions: list[Submission] = list(tenant_request.submissions.all())
        self.sent = self.submissions[-1]
        self.before = self._compared_with()

    def _compared_with(self) -> Submission | None:
        """What the reviewer read before: corrections of a person (R26) go with the sending that they correct."""
        rows = self.submissions
        sending = max(at for at, row in enumerate(rows) if row.corrected_at is None)
        if self.sent.corrected_at and (sending == 0 or self.status != Status.TO_VALIDATE):
            return rows[sending]
        return rows[sending - 1] if sending else None

    @cached_property
    def tenant(self) -> Tenant | None:
        if self.status != Status.REGISTERED:
            return None
        return Tenant.objects.filter(tenant_request=self.tenant_request).select_related("registered_by").first()

    @cached_property
    def granted(self) -> access.Plan | access.Refused:
        """The access that registering would give to the technical contact, or why it cannot."""
        try:
            return access.plan(self.tenant_request, self.sent.data["contacts"]["technical"])
        except access.Refused as refused:
            return refused

    @property
    def name(self) -> str:
        return self.tenant.domain if self.tenant else self.tenant_request.name_key or self.tenant_request.wanted

    @property
    def status(self) -> Status:
        return Status(self.tenant_request.status)

    @property
    def days_used(self) -> int:
        return days_used(self.tenant_request)

    @property
    def late(self) -> bool:
        return is_late(self.tenant_request)

    @property
    def came_back(self) -> bool:
        """Whether it returned to whoever sent it back (R31)."""
        return self.status == Status.TO_VALIDATE and self.tenant_request.free_from is not None

    # What changed

    @cached_property
    def answers(self) -> list[Answer]:
        """What the last sending says differently, with the remarks it answers; then the remarks left as they were."""
        if self.before is None:
            return []
        rows = []
        for change in summary.changes(self.before.data, self.sent.data):
            about = [(remark, self._taken_over(remark)) for remark in self.remarks if remark.field in change.keys]
            rows.append(Answer(change.label, *_what_differs(change.before, change.after), about))
        answered = {remark.pk for row in rows for remark, _words in row.remarks}
        labels = dict(remark_fields())
        for remark in self.remarks:
            if remark.pk not in answered:
                rows.append(
                    Answer(str(labels.get(remark.field, remark.field)), "", "", [(remark, _("Left as it was"))])
                )
        return rows

    @cached_property
    def remarks(self) -> list[Remark]:
        """What was remarked on the sending before the last one."""
        if self.before is None:
            return []
        return list(self.tenant_request.remarks.filter(version=self.before.version).select_related("by"))

    @cached_property
    def open_remarks(self) -> list[Remark]:
        """What the partner has been asked to change now."""
        if self.status != Status.CHANGES_REQUESTED:
            return []
        return list(self.tenant_request.remarks.filter(version=self.sent.version).select_related("by"))

    @property
    def answered(self) -> int:
        return len({remark.pk for row in self.answers if row.before or row.after for remark, _words in row.remarks})

    @property
    def sent_back_by(self) -> User | None:
        return self.remarks[0].by if self.remarks else None

    def _taken_over(self, remark: Remark) -> str:
        if not remark.suggestion:
            return _("Changed")
        step, _dot, name = remark.field.partition(".")
        values = (self.sent.data.get(step, {}).get(name), self.tenant_request.answers.get(step, {}).get(name))
        taken = remark.suggestion.strip().casefold() in [str(value).casefold() for value in values]
        return _("Suggestion taken over") if taken else _("Another value than the suggested one")

    # What was sent

    @cached_property
    def sections(self) -> list[summary.Section]:
        """What was typed; the agreement stands among the statements."""
        return [section for section in summary.sections(self.sent.data) if section.step != "agreement"]

    @cached_property
    def changed_keys(self) -> set[str]:
        if self.before is None:
            return set()
        return {key for change in summary.changes(self.before.data, self.sent.data) for key in change.keys}

    @cached_property
    def statements(self) -> list[dict[str, Any]]:
        rows = self.tenant_request.statements.select_related("by").order_by("-version", "pk")
        return [{"row": row, "title": statements.TITLES.get(row.kind, row.kind)} for row in rows]

    # Checks

    @cached_property
    def checks(self) -> list[dict[str, Any]]:
        """The findings, worst first; those of the directory with what was asked for."""
        rows = [c for c in self.tenant_request.checks.select_related("overridden_by") if c.kind in checks.CHECKS]
        order = list(checks.CHECKS)
        rows.sort(key=lambda row: (SEVERITY.index(severity(row)), order.index(row.kind)))
        reader, found = self.reader, self.tenant_request
        return [
            {
                "row": row,
                "title": checks.CHECKS[row.kind].title,
                "override": not row.lets_through and acts.refusal_to_override(row, found, reader),
                "asks": row.kind == "directory" and row.result in (Check.Result.PROBLEM, Check.Result.UNKNOWN),
            }
            for row in rows
        ]

    @property
    def blocking(self) -> list[Check]:
        return [line["row"] for line in self.checks if not line["row"].lets_through]

    @cached_property
    def objections(self) -> list[Objection]:
        return list(self.tenant_request.objections.select_related("settled_by"))

    @property
    def open_objections(self) -> list[Objection]:
        return [objection for objection in self.objections if not objection.settled_at]

    # What can be done now

    @cached_property
    def doors(self) -> list[Door]:
        """The decisions of this status, with the reason beside each one that is closed."""
        return [
            Door(verb, str(label), closed(verb, self))
            for verb, label in _OPENING.items()
            if self.status in TRANSITIONS[verb].sources
        ]

    @property
    def reasons(self) -> list[str]:
        """Why decisions are closed, each reason once."""
        return list(dict.fromkeys(door.why for door in self.doors if door.why))

    @property
    def may_take(self) -> bool:
        return assignment.refusal_to_take(self.tenant_request, self.reader) is None

    @property
    def may_hand_over(self) -> bool:
        return assignment.refusal_to_hand_over(self.tenant_request, self.reader) is None

    @property
    def keeper_away(self) -> bool:
        """Whether whoever has it is not back yet."""
        keeper = self.tenant_request.assignee
        return self.tenant_request.with_arxus and keeper is not None and absence.is_away(keeper)

    @property
    def may_release(self) -> bool:
        return self.tenant_request.assignee_id == self.reader.pk and self.tenant_request.is_open

    @property
    def may_work(self) -> bool:
        return acts.may_decide(self.reader)

    @property
    def may_look_again(self) -> bool:
        return self.may_work and self.tenant_request.with_arxus

    @property
    def may_start(self) -> bool:
        return acts.refusal_to_start(self.tenant_request, self.reader) is None

    @property
    def may_say_who_has_it(self) -> bool:
        return waiting.refusal(self.tenant_request, self.reader) is None

    @cached_property
    def next(self) -> TenantRequest | None:
        """The next one in the queue, that nobody else keeps; after the last the first."""
        rows = (acts.free_for(self.reader) | acts.waiting().filter(assignee=self.reader)).exclude(
            pk=self.tenant_request.pk
        )
        since, pk = self.tenant_request.held_since, self.tenant_request.pk
        later = rows.filter(Q(held_since__gt=since) | Q(held_since=since, pk__gt=pk)) if since else rows.none()
        return later.first() or rows.first()

    # What happened

    @cached_property
    def mails(self) -> list[dict[str, Any]]:
        names = announcements.MAIL_NAMES | announcements.STAFF_MAIL_NAMES
        told = (*LOST, OutgoingEmail.State.WITHHELD)
        on_the_way = (OutgoingEmail.State.WAITING, OutgoingEmail.State.SENDING)
        return [
            {
                "row": mail,
                "words": names.get(mail.template, mail.template),
                "hint": mail.outcome if mail.state in told else "",
                "held_until": mail.due_at if mail.due_at > timezone.now() and mail.state in on_the_way else None,
                "again": self.may_work and mail.state not in on_the_way,
            }
            for mail in acts.mails_about(self.tenant_request)
        ]

    @property
    def stop_asked(self) -> dict[str, Any] | None:
        """Who asked to stop, in which words, while that is open."""
        if not self.tenant_request.stop_asked_at:
            return None
        return next((event for event in self.events if event["verb"] == "ask_to_stop"), None)

    @cached_property
    def events(self) -> list[dict[str, Any]]:
        lines = self.tenant_request.history.select_related("by", "for_company")
        return [
            {
                "verb": line.verb,
                "who": _("You") if line.by_id == self.reader.pk else line.by or _("The portal"),
                "words": _("sent it again") if _is_again(line) else history.WORDS.get(line.verb, line.verb),
                "company": line.for_company,
                "at": line.at,
                "quote": line.comment,
                "tone": "amber" if line.verb == Verb.REQUEST_CHANGES else "blue",
            }
            for line in lines
        ]


def _is_again(line: Any) -> bool:
    return line.verb == Verb.SUBMIT and line.version > 1


def _what_differs(before: str, after: str) -> tuple[str, str]:
    """Of two rows only the parts that the other one lacks."""
    parts = [text.split(" · ") for text in (before, after)]
    one = " · ".join(part for part in parts[0] if part not in parts[1])
    other = " · ".join(part for part in parts[1] if part not in parts[0])
    return one, other


def refusal(verb: str, page: ReviewPage, version: int | None = None) -> transitions.TransitionRefused | None:
    """Why the reader may not decide this now, or say whom the request waits for."""
    if verb == waiting.ACT:
        return waiting.refusal(page.tenant_request, page.reader, version)
    return transitions.refusal(Verb(verb), page.tenant_request, page.reader, version)


def closed(verb: str, page: ReviewPage) -> str:
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


def load(pk: int, reader: User) -> ReviewPage | None:
    """The page of a request that was sent; drafts are the partner's alone."""
    rows = TenantRequest.objects.sent().select_related("company", "partner", "owner", "assignee")
    sendings = Prefetch("submissions", Submission.objects.select_related("sent_by", "agreement__stated_by"))
    found = rows.prefetch_related(sendings).filter(pk=pk).first()
    return ReviewPage(found, reader) if found else None
