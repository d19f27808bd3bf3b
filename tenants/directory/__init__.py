"""Who is a user of ServiceNow, where incidents are handled (R10).

The answer comes from the file that staff imported last; a live system can take its place behind `look_up()`.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import F, FilteredRelation, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants import working_days
from tenants.models import DirectoryImport

# Older than this, the file says nothing about today (R10).
STALE_AFTER = timedelta(days=7)


@dataclass(frozen=True)
class Finding:
    """What the directory says of one address. `state`: user, inactive, locked, not_a_user, ambiguous or unreachable."""

    state: str
    sentence: str
    dated: date | None


def look_up(email: str) -> Finding:
    """Say whether the person with this address is an active user: one query; never raises for a missing directory."""
    current = DirectoryImport.objects.exclude(applied_at=None).order_by("-applied_at").values("pk")[:1]
    entry = FilteredRelation("entries", condition=Q(entries__email=email.lower()))
    rows = list(
        DirectoryImport.objects.filter(pk=current)
        .annotate(entry=entry)
        .values("dated", found=F("entry__pk"), active=F("entry__active"), locked=F("entry__locked"))[:2]
    )
    if not rows:
        return Finding("unreachable", _("The ServiceNow directory has not been loaded yet."), None)
    dated = rows[0]["dated"]
    if working_days.today() - dated > STALE_AFTER:
        return Finding("unreachable", _("The ServiceNow directory is more than seven days old."), dated)
    if rows[0]["found"] is None:
        return Finding("not_a_user", _("Not a ServiceNow user yet."), dated)
    if len(rows) > 1:
        return Finding("ambiguous", _("Two ServiceNow users have this address."), dated)
    if rows[0]["locked"]:
        return Finding("locked", _("This ServiceNow user is locked."), dated)
    if not rows[0]["active"]:
        return Finding("inactive", _("This ServiceNow user is not active."), dated)
    return Finding("user", _("Active in ServiceNow."), dated)


# What follows, while one fills in a request and once it is sent; who is a user needs nothing.
_GO_ON = {
    "not_a_user": gettext_lazy("You can go on: Arxus arranges this."),
    "inactive": gettext_lazy("You can go on: Arxus arranges this."),
    "locked": gettext_lazy("You can go on: Arxus arranges this."),
    "ambiguous": gettext_lazy("You can go on: Arxus finds out which one."),
    "unreachable": gettext_lazy("You can go on: Arxus looks again after you send."),
}
_SENT = {
    "not_a_user": gettext_lazy("Arxus arranges this."),
    "inactive": gettext_lazy("Arxus arranges this."),
    "locked": gettext_lazy("Arxus arranges this."),
    "ambiguous": gettext_lazy("Arxus finds out which one."),
    "unreachable": gettext_lazy("Arxus looks again."),
}


def advice(email: str, *, sent: bool = False, asked_on: date | None = None) -> dict[str, str]:
    """The finding as a partner reads it beside a contact: the fact, what follows, when it was looked up.

    `asked_on` is when Arxus asked for a user on behalf of a request that was `sent`.
    """
    finding = look_up(email)
    strong = _("Could not be checked yet.") if finding.state == "unreachable" else finding.sentence
    if follows := (_SENT if sent else _GO_ON).get(finding.state):
        strong = f"{strong} {follows}"
    result = {"user": "passed", "unreachable": "unknown"}.get(finding.state, "warning")
    when = date_format(timezone.localtime(), "H:i")
    text = _("Incidents are handled in ServiceNow. Looked up today at %(time)s.") % {"time": when}
    if finding.dated:
        day = date_format(finding.dated, "j F")
        text = _("Looked up today at %(time)s in the directory of %(day)s.") % {"time": when, "day": day}
    if asked_on and finding.state == "not_a_user":
        asked = _("A user was asked for on %(day)s.") % {"day": date_format(asked_on, "j F")}
        text = f"{asked} {text}"
    return {"result": result, "strong": strong, "text": text}
