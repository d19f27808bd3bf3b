"""The file of ServiceNow users that staff bring: read, previewed, applied whole or not at all (R10)."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts.models import User
from tenants import working_days
from tenants.directory import STALE_AFTER
from tenants.models import DirectoryEntry, DirectoryImport

LARGEST = 5 * 1024 * 1024
# So many problems are named; a file in the wrong shape has one in every line.
MOST_PROBLEMS = 20
# Of so many files that were in force last what they say is kept: a wrong one, or several in a row, can be taken back.
KEPT = 5
_HEADS = {
    "email": ("email", "emailaddress", "mail"),
    "user_name": ("username", "userid", "user"),
    "active": ("active", "isactive"),
    "locked_out": ("lockedout", "locked", "islocked"),
}
_YES, _NO = ("true", "1", "yes", "y", "ja", "oui"), ("false", "0", "no", "n", "nee", "non", "")


@dataclass
class Reading:
    """What a file says: rows of [email, user name, active, locked]; problems with their line."""

    rows: list[tuple[str, str, bool, bool]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    # Users without an address: ServiceNow has such accounts, and nobody can be found by them.
    without_address: int = 0


def read(content: bytes) -> Reading:
    """Read a CSV file with a header line, in UTF-8, with comma, semicolon or tab; never raises for what is in it."""
    reading = Reading()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        reading.problems.append(_("This file is not in UTF-8. Export it again as “CSV UTF-8”."))
        return reading
    if "\x00" in text:
        reading.problems.append(_("This is not a text file. Export it as “CSV UTF-8”."))
        return reading
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        _read_lines(lines, reading)
    except csv.Error as error:
        reading.problems.append(_("Line %(n)s: %(error)s.") % {"n": lines.line_num, "error": error})
    if not reading.rows and not reading.problems:
        reading.problems.append(_("The file names nobody with an address."))
    return reading


def _delimiter(text: str) -> str:
    head = text.partition("\n")[0]
    return max(",;\t", key=head.count)


def _read_lines(lines: Iterator[list[str]], reading: Reading) -> None:
    columns = _columns(next(lines, []))
    missing = [name for name in _HEADS if name not in columns]
    if missing:
        message = _("The first line has to name the columns %(all)s. Not there: %(missing)s.")
        reading.problems.append(message % {"all": ", ".join(_HEADS), "missing": ", ".join(missing)})
        return
    for cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        try:
            row = _row(cells, columns)
        except ValidationError as error:
            if len(reading.problems) == MOST_PROBLEMS:
                reading.problems.append(_("There are more problems after this one."))
                return
            number = lines.line_num  # type: ignore[attr-defined]  # of the csv reader
            reading.problems.append(_("Line %(n)s: %(error)s") % {"n": number, "error": error.messages[0]})
        else:
            if row[0]:
                reading.rows.append(row)
            else:
                reading.without_address += 1


def _columns(head: list[str]) -> dict[str, int]:
    """Where each column stands, however its name is spelled."""
    plain = ["".join(char for char in name.lower() if char.isalnum()) for name in head]
    found = {name: next((plain.index(s) for s in spellings if s in plain), None) for name, spellings in _HEADS.items()}
    return {name: at for name, at in found.items() if at is not None}


def _row(cells: list[str], columns: dict[str, int]) -> tuple[str, str, bool, bool]:
    if len(cells) <= max(columns.values()):
        said = ngettext("it has %(n)s column only.", "it has %(n)s columns only.", len(cells))
        raise ValidationError(said % {"n": len(cells)})
    email = cells[columns["email"]].strip().lower()
    user_name = cells[columns["user_name"]].strip()
    if email:
        try:
            if len(email) > 254:
                raise ValidationError("")
            validate_email(email)
        except ValidationError:
            raise ValidationError(_("“%(text)s” is no address.") % {"text": email[:80]}) from None
    if not user_name or len(user_name) > 100:
        raise ValidationError(_("the user name is missing, or longer than 100 characters."))
    return email, user_name, _truth(cells[columns["active"]]), _truth(cells[columns["locked_out"]])


def _truth(text: str) -> bool:
    word = text.strip().lower()
    if word not in (*_YES, *_NO):
        raise ValidationError(_("“%(text)s” is neither true nor false.") % {"text": text[:40]})
    return word in _YES


def keep(reading: Reading, *, file_name: str, dated: date, by: User) -> DirectoryImport:
    """Keep what was read, for the preview; nothing changes yet."""
    name = "".join(char for char in file_name if char.isprintable())[-255:] or "users.csv"
    rows = reading.rows
    return DirectoryImport.objects.create(file_name=name, dated=dated, rows=rows, users=len(rows), by=by)


class ImportRefused(Exception):
    """Why a file cannot be applied, in a sentence."""


class ComparisonChanged(ImportRefused):
    """The file that it was compared with is no longer in force."""


def apply(file: DirectoryImport, *, by: User, instead_of: int | None) -> DirectoryImport:
    """Put a file in force, whole or not at all; also one that was in force before, once more.

    `instead_of` is the key of the file in force that `by` has seen it compared with. Raises ImportRefused. The entries
    of the files that were in force last stay, so that each can come back; older ones go, their rows are a record.
    """
    with transaction.atomic():
        # One after the other: of two files applied at once, the later one is in force, and complete.
        list(DirectoryImport.objects.select_for_update().order_by("pk").values_list("pk"))
        fresh, before = DirectoryImport.objects.get(pk=file.pk), current()
        if fresh == before:
            raise ImportRefused(_("This file is in force already."))
        if instead_of != (before.pk if before else None):
            raise ComparisonChanged(_changed(before))
        if not fresh.rows and not may_return(fresh, before):
            raise ImportRefused(_("This file names nobody, or what it said is gone. Bring it again."))
        DirectoryEntry.objects.bulk_create(
            (
                DirectoryEntry(file=fresh, email=email, user_name=user_name, active=active, locked=locked)
                for email, user_name, active, locked in fresh.rows
            ),
            batch_size=2000,
        )
        fresh.applied_at, fresh.applied_by, fresh.rows = timezone.now(), by, []
        fresh.save(update_fields=["applied_at", "applied_by", "rows"])
        DirectoryEntry.objects.exclude(file__in=kept()).delete()
    return fresh


def _changed(now: DirectoryImport | None) -> str:
    if now is None:
        return _("No file is in force any more. Look at this one again, then put it in force.")
    said = {"name": now.applied_by or now.by, "day": date_format(now.dated, "j F Y")}
    sentence = _("%(name)s put another file, of %(day)s, in force since you opened this page. Compare once more.")
    return sentence % said


def kept() -> list[int]:
    """The files that were in force last, whose entries stay."""
    was_in_force = DirectoryImport.objects.exclude(applied_at=None).order_by("-applied_at")
    return list(was_in_force.values_list("pk", flat=True)[:KEPT])


def may_return(file: DirectoryImport, in_force: DirectoryImport | None) -> bool:
    """Whether a file that was replaced can be put in force again: what it said is still there."""
    return bool(file.applied_at) and file != in_force and file.entries.exists()


def rows_of(file: DirectoryImport) -> list[tuple[str, str, bool, bool]]:
    """What a file says: before it is applied, or as long as it can come back."""
    if not file.applied_at:
        return [tuple(row) for row in file.rows]
    return list(file.entries.order_by("pk").values_list("email", "user_name", "active", "locked"))


def current() -> DirectoryImport | None:
    """The file in force."""
    return DirectoryImport.objects.exclude(applied_at=None).order_by("-applied_at").first()


@dataclass(frozen=True)
class InForce:
    file: DirectoryImport
    last_day: date
    stale: bool

    @property
    def ends_soon(self) -> bool:
        """Whether it is too old by the next working day, so that somebody should bring a new one today."""
        return self.last_day < working_days.add(working_days.today(), 1)


def in_force() -> InForce | None:
    """The file in force, the last day on which it is believed, and whether that day is over."""
    if (file := current()) is None:
        return None
    last_day = file.dated + STALE_AFTER
    return InForce(file, last_day, working_days.today() > last_day)


def doubts(file: DirectoryImport, before: DirectoryImport | None) -> list[str]:
    """What makes a file doubtful without making it wrong, beside the one in force: somebody should look first."""
    found = []
    if working_days.today() - file.dated > STALE_AFTER:
        found.append(_("This file is more than seven days old: every check with it would answer “unknown”."))
    if before is not None and file.dated < before.dated:
        found.append(_("This file is older than the one in force: who came or left since is not in it."))
    return found


@dataclass(frozen=True)
class Fewer:
    """A file names far fewer users than the one in force: it may be a part of one."""

    named: int
    known: int

    def __str__(self) -> str:
        said = ngettext(
            "It names %(new)s user, the one in force %(known)s.",
            "It names %(new)s users, the one in force %(known)s.",
            self.named,
        )
        return said % {"new": self.named, "known": self.known}


def far_fewer(file: DirectoryImport, in_force: DirectoryImport | None) -> Fewer | None:
    """Whether a file names less than half of the users of the one in force: somebody has to say that it is complete."""
    known = in_force.entries.count() if in_force else 0
    named = len(file.rows) or file.entries.count()
    return Fewer(named, known) if 0 < named < known / 2 else None


def clear_old_previews() -> None:
    """What nobody applied within a day is thrown away: it holds people's addresses."""
    DirectoryImport.objects.filter(applied_at=None, uploaded_at__lt=timezone.now() - timedelta(days=1)).delete()
