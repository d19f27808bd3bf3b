"""What a mail shows of what was sent: the table of it, what changed, and what was stated; in the active language."""

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from contacts.models import Language
from tenants import statements, summary
from tenants.models import Kind, Statement

if TYPE_CHECKING:
    from tenants.events import Event, Reader

Pairs = list[tuple[str, list[str]]]


def sent(event: "Event", reader: "Reader") -> Pairs:
    """Everything that was sent, as the table of a mail: (term, lines)."""
    steps = {
        section.step: [(row.label, _lines(row, event.data, reader)) for row in section.rows]
        for section in summary.sections(event.data)
    }
    company = [line for _term, lines in steps["customer"][:4] for line in lines]
    kind = [str(Kind(event.tenant_request.kind).label)]
    tenant, contacts, microsoft = steps.get("tenant") or steps["existing"], steps["contacts"], steps["microsoft"]
    last = [*steps["customer"][4:], *steps.get("message", [])]
    agreement = steps.get("agreement", [])
    return [(_("Company"), company), (_("What"), kind), *tenant, *contacts, *microsoft, *agreement, *last]


def _lines(row: summary.Row, data: dict[str, Any], reader: "Reader") -> list[str]:
    lines = [line for text in row.lines for line in text.splitlines() if line.strip()]
    if row.step in ("contacts", "microsoft") or {"login_name", "admin_email"} & set(row.fields):
        # Address and phone stand on one line in pages; a mail is narrower.
        lines[1:2] = lines[1].split(" · ", 1)
    if row.step == "contacts" and data["contacts"][row.fields[0]]["email"] == reader.email:
        lines[0] = _("%(name)s (you)") % {"name": lines[0]}
    return lines


def changes(event: "Event") -> Pairs:
    if event.previous is None:
        return []
    return [
        (change.label, [*_told(_("Before: %(words)s"), change.before), *_told(_("Now: %(words)s"), change.after)])
        for change in summary.changes(event.previous, event.data)
    ]


def set_right(event: "Event") -> Pairs:
    labels = {"domain": _("Domain"), "tenant_id": _("Tenant id")}
    return [
        (labels[name], [_("Before: %(words)s") % {"words": before}, _("Now: %(words)s") % {"words": after}])
        for name, before, after in event.corrected
    ]


def _told(sentence: str, words: str) -> list[str]:
    # Name, address, and the rest: a mail is too narrow for all of a person on one line.
    first, *more = [line for part in words.split(" · ", 2) for line in part.splitlines() if line.strip()] or [""]
    return [sentence % {"words": first or _("nothing")}, *more]


def stated(event: "Event", language: str) -> list[dict[str, str]]:
    """The statements that count for this sending, in the reader's language, with who accepted them and when.

    The words that were accepted are kept with the statement; where they are in another language, that is said.
    """
    tenant_request, by = event.tenant_request, event.sender or event.by
    if event.verb not in ("submit", "correct_person", "change_contacts") or by is None:
        return []
    names = {"partner": str(tenant_request.partner), "customer": str(tenant_request.company)}
    asked_for = statements.applying(event.data, by=by, **names)
    if event.statements is None:
        # What colleagues stated goes on counting for contacts who stay; with what is sent, its sender's alone.
        rows = tenant_request.statements.select_related("by")
        given = list(rows if event.verb == "change_contacts" else rows.filter(by=by))
    else:
        given = list(event.statements)
    pairs = [(asked.text, statements.accepted_for(asked, given)) for asked in asked_for]
    texts = [text for text, accepted in pairs if accepted]
    said = [_accepted(accepted, language) for _text, accepted in pairs if accepted]
    # Several that were accepted at once are signed once, below the last of them.
    return [
        {"text": text, "by": "" if [mine] == said[at + 1 : at + 2] else mine}
        for at, (text, mine) in enumerate(zip(texts, said, strict=True))
    ]


def _accepted(statement: Statement, language: str) -> str:
    at = timezone.localtime(statement.at)
    who_and_when = f"{statement.by}, {summary.day(at.date())}, {date_format(at, 'H:i')}"
    if statement.language == language:
        return who_and_when
    other = Language(statement.language).label
    return _("%(who_and_when)s; accepted in this language: %(language)s") % {
        "who_and_when": who_and_when,
        "language": other,
    }
