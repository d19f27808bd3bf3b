"""What became of each remark: what a partner changed since a request was sent back (R22, R36)."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from tenants import summary
from tenants.models import Remark, Submission, TenantRequest
from tenants.remark_fields import remark_fields


@dataclass(frozen=True)
class Answer:
    """What became of one row of the request since it was sent back, beside what the reviewer had said about it."""

    label: str
    before: str
    after: str
    remarks: list[tuple[Remark, str]]


def what_became(
    tenant_request: TenantRequest, before: Submission, sent: Submission, remarks: Sequence[Remark]
) -> list[Answer]:
    """What the last sending says differently, with the remarks it answers; then the remarks left as they were."""
    rows = []
    for change in summary.changes(before.data, sent.data):
        about = [(row, _taken_over(row, tenant_request, sent)) for row in remarks if row.field in change.keys]
        rows.append(Answer(change.label, *_what_differs(change.before, change.after), about))
    answered = {remark.pk for row in rows for remark, _words in row.remarks}
    labels = dict(remark_fields())
    for remark in remarks:
        if remark.pk not in answered:
            rows.append(Answer(str(labels.get(remark.field, remark.field)), "", "", [(remark, _("Left as it was"))]))
    return rows


def _taken_over(remark: Remark, tenant_request: TenantRequest, sent: Submission) -> str:
    if not remark.suggestion:
        return _("Changed")
    step, _dot, name = remark.field.partition(".")
    values = (sent.data.get(step, {}).get(name), tenant_request.answers.get(step, {}).get(name))
    taken = remark.suggestion.strip().casefold() in [str(value).casefold() for value in values]
    return _("Suggestion taken over") if taken else _("Another value than the suggested one")


def _what_differs(before: str, after: str) -> tuple[str, str]:
    """Of two rows only the parts that the other one lacks."""
    parts = [text.split(" · ") for text in (before, after)]
    one = " · ".join(part for part in parts[0] if part not in parts[1])
    other = " · ".join(part for part in parts[1] if part not in parts[0])
    return one, other
