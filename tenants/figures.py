"""How many requests a partner sent, and how many tenants it got, month by month: drawn on the overview."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import CharField, Count, Q, QuerySet, Value
from django.db.models.functions import TruncMonth

from contacts.models import Company
from tenants import working_days
from tenants.models import Tenant, TenantRequest

MONTHS = 6
# The drawing: a column's width, the height of the tallest bar, and where the bars stand.
COLUMN, BAR, TALLEST, BASE = 48, 14, 90, 100


@dataclass(frozen=True)
class Month:
    """One month, with the geometry of its two bars."""

    first: date
    sent: int
    ready: int
    x: int
    scale: float

    @property
    def bars(self) -> list[dict[str, object]]:
        pairs = (("sent", self.sent, self.x + 9), ("ready", self.ready, self.x + 9 + BAR + 2))
        heights = [(name, round(number * self.scale), x) for name, number, x in pairs]
        return [{"name": name, "x": x, "y": BASE - height, "height": height} for name, height, x in heights if height]

    @property
    def middle(self) -> int:
        return self.x + COLUMN // 2


def months(partner: Company) -> list[Month]:
    """The last six months of a partner, this one included; empty before anything was sent. One query."""
    first = _months_before(working_days.today().replace(day=1), MONTHS - 1)
    sent = _per_month(TenantRequest.objects.filter(partner=partner), "sent", "sent_at", first)
    ready = _per_month(
        Tenant.objects.filter(tenant_request__partner=partner, live=True), "ready", "registered_at", first
    )
    counts = {(what, month.date()): number for what, month, number in sent.union(ready)}
    if not counts:
        return []
    scale = TALLEST / max(counts.values())
    firsts = [_months_before(first, -n) for n in range(MONTHS)]
    return [
        Month(day, counts.get(("sent", day), 0), counts.get(("ready", day), 0), n * COLUMN, scale)
        for n, day in enumerate(firsts)
    ]


def _per_month(rows: QuerySet[Any], what: str, moment: str, first: date) -> QuerySet[Any, tuple[str, datetime, int]]:
    since = working_days.start_of(first)
    rows = rows.filter(Q(**{f"{moment}__gte": since})).order_by()
    rows = rows.annotate(what=Value(what, CharField()), month=TruncMonth(moment, tzinfo=working_days.BELGIUM))
    return rows.values("what", "month").annotate(number=Count("pk")).values_list("what", "month", "number")


def _months_before(day: date, number: int) -> date:
    years, month = divmod(day.month - 1 - number, 12)
    return day.replace(year=day.year + years, month=month + 1)
