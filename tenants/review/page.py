"""What a reviewer reads about a request, on one page: built here, drawn by templates/admin/tenants/tenantrequest/."""

from functools import cached_property
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Prefetch, Q, Subquery, Value
from django.db.models.functions import Concat, JSONObject
from django.utils.translation import gettext as _

from contacts.models import User
from tenants import (
    absence,
    access,
    announcements,
    assignment,
    checks,
    lost_mails,
    sending,
    statements,
    summary,
    waiting,
)
from tenants.models import (
    Check,
    DirectoryImport,
    Objection,
    Remark,
    Status,
    Submission,
    Tenant,
    TenantRequest,
    Transition,
)
from tenants.review import acts, happened, registered
from tenants.review.answers import Answer, what_became
from tenants.review.doors import Door, doors_of
from tenants.review.queue import SEVERITY, days_used, is_late, severity
from tenants.transitions import may_decide


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

    def compare_with(self, version: int) -> None:
        """Compare with the version that the reader has opened (R34)."""
        self.before = next((row for row in self.submissions if row.version == version), self.before)

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
        return what_became(self.tenant_request, self.before, self.sent, self.remarks) if self.before else []

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

    @cached_property
    def rivals(self) -> list[TenantRequest]:
        """Other requests for the same name or tenant, of whichever partner, for staff alone (R23).

        As of now: a check knows what it found then. Once it is approved, the name was looked up by that.
        """
        found = self.tenant_request
        if self.status not in (Status.TO_VALIDATE, Status.CHANGES_REQUESTED):
            return []
        others = sending.same_tenant(found.name_key, found.wanted_id).exclude(pk=found.pk)
        return list(others.select_related("partner", "company")[:5])

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
                "take_back": row.overridden_at and acts.refusal_to_take_override_back(row, found, reader) is None,
                "seen": row.overridden_at.isoformat() if row.overridden_at else "",
                "asks": row.kind == "directory" and row.result in (Check.Result.PROBLEM, Check.Result.UNKNOWN),
                "may_look": self.may_look_again or (row.kind == "directory" and self.may_solve),
                "older": row.kind == "directory" and self._has_an_older_file(row),
            }
            for row in rows
        ]

    def _has_an_older_file(self, row: Check) -> bool:
        """Whether another directory file was put in force since: the partner reads what that one says."""
        since = getattr(self.tenant_request, "directory_since", None)
        return bool(since and row.ran_at and row.ran_at < since)

    @property
    def blocking(self) -> list[Check]:
        """What stops approving; of a registered tenant, what is still to be solved."""
        return [line["row"] for line in self.checks if not line["row"].lets_through]

    @property
    def user_missing(self) -> bool:
        """Whether a ServiceNow user is missing, which is Arxus's to solve (R10)."""
        return bool(getattr(self.tenant_request, "user_missing", False))

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
        return doors_of(self)

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
        return may_decide(self.reader)

    @property
    def may_look_again(self) -> bool:
        return self.may_work and self.tenant_request.with_arxus

    @property
    def may_solve(self) -> bool:
        """Whether a missing ServiceNow user of a registered tenant is still to be arranged (R10)."""
        return self.may_work and self.status == Status.REGISTERED

    @property
    def may_start(self) -> bool:
        return acts.refusal_to_start(self.tenant_request, self.reader) is None

    @property
    def may_write_agreement(self) -> bool:
        return registered.refusal_about_agreement(self.tenant_request, self.tenant, self.reader) is None

    @property
    def may_reword_hand_over(self) -> bool:
        return registered.refusal_to_reword(self.tenant_request, self.tenant, self.reader) is None

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
        return happened.mails(self.tenant_request, may_work=self.may_work)

    @property
    def lost_mails(self) -> list[dict[str, str]]:
        """The mails that their readers do not have, and that nobody corrected or sent again since."""
        if self.status not in lost_mails.MATTERS:
            return []
        lines: list[dict[str, str]] = getattr(self.tenant_request, "lost_lines", [])
        return [line | {"words": str(announcements.MAIL_NAMES[line["template"]])} for line in lines]

    @property
    def stop_asked(self) -> dict[str, Any] | None:
        """Who asked to stop, when, in which words, while that is open."""
        at = self.tenant_request.stop_asked_at
        if not at:
            return None
        line = getattr(self.tenant_request, "stop_line", None) or {"who": _("The partner"), "quote": ""}
        return line | {"at": at, "seen": at.isoformat()}

    @cached_property
    def events(self) -> list[dict[str, Any]]:
        return happened.events(self.tenant_request, self.reader)


def load(pk: int, reader: User) -> ReviewPage | None:
    """The page of a request that was sent; drafts are the partner's alone."""
    rows = TenantRequest.objects.sent().select_related("company", "partner", "owner", "assignee")
    sendings = Prefetch("submissions", Submission.objects.select_related("sent_by", "agreement__stated_by"))
    asked = Transition.objects.filter(tenant_request=OuterRef("pk"), verb="ask_to_stop").order_by("-at", "-pk")
    who = Concat("by__first_name", Value(" "), "by__last_name")
    line = Subquery(asked.values(line=JSONObject(who=who, quote="comment"))[:1])
    said = ("template", "to_name", "to_email", "state", "outcome")
    lost = ArraySubquery(lost_mails.unanswered().values(line=JSONObject(**{name: name for name in said})))
    files = DirectoryImport.objects.exclude(applied_at=None).order_by("-applied_at")
    since = Subquery(files.values("applied_at")[:1])
    missing = Check.objects.filter(tenant_request=OuterRef("pk"), kind="directory", result=Check.Result.PROBLEM)
    more = {"directory_since": since, "user_missing": Exists(missing.filter(overridden_at=None))}
    rows = rows.annotate(stop_line=line, lost_lines=lost, **more)
    found = rows.prefetch_related(sendings).filter(pk=pk).first()
    return ReviewPage(found, reader) if found else None
