"""What somebody did lately for one company and its customers, from every trail there is, newest first."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, Model, Q, QuerySet
from django.db.models.functions import Cast
from django.utils.dateparse import parse_datetime

from contacts.models import Company, Contact, User

SIZE = 25


@dataclass(frozen=True)
class Act:
    """One line: what was done to what (a name), when; `url` leads there where one works for its company."""

    at: datetime
    what: str
    words: str
    pk: int


@dataclass(frozen=True)
class Page:
    rows: list[Act]
    before: str


# (rows of one trail, the name of its time, how a row is told): other apps append theirs.
Trail = tuple[QuerySet[Any], str, Callable[[Any], Act]]
TRAILS: list[Callable[[User, Company], Trail]] = []


def page(user: User, company: Company, cursor: str = "") -> Page:
    """The newest acts, or those before a cursor that an earlier page gave; each trail costs one query."""
    start = _read(cursor)
    found: list[tuple[datetime, int, int, Act]] = []
    for number, trail in enumerate(TRAILS):
        rows, name, told = trail(user, company)
        if start:
            rows = rows.filter(_before(start, number, name))
        for row in rows.order_by(f"-{name}", "-pk")[: SIZE + 1]:
            act = told(row)
            found.append((act.at, -number, act.pk, act))
    found.sort(key=lambda line: line[:3], reverse=True)
    shown = found[:SIZE]
    last = shown[-1] if len(found) > SIZE else None
    return Page([line[3] for line in shown], _write(last) if last else "")


def _before(start: tuple[datetime, int, int], number: int, name: str) -> Q:
    at, trail, pk = start
    condition = Q(**{f"{name}__lt": at})
    if number > trail:
        condition |= Q(**{name: at})
    elif number == trail:
        condition |= Q(**{name: at, "pk__lt": pk})
    return condition


def _write(line: tuple[datetime, int, int, Act]) -> str:
    return base64.urlsafe_b64encode(json.dumps([line[0].isoformat(), -line[1], line[2]]).encode()).decode()


def _read(cursor: str) -> tuple[datetime, int, int] | None:
    """A cursor that is none of ours leads to the first page."""
    try:
        at, trail, pk = json.loads(base64.urlsafe_b64decode(cursor[:200]))
        when = parse_datetime(at)
        ours = when is not None and when.tzinfo and isinstance(trail, int) and isinstance(pk, int) and abs(pk) < 2**62
    except (ValueError, TypeError):
        return None
    return (when, trail, pk) if ours and when else None


def _in_company(user: User, company: Company) -> Trail:
    """What contacts/history.py wrote about the company, its customers, and their contacts."""
    companies = Company.objects.filter(Q(pk=company.pk) | Q(partner=company))
    contacts = Contact.objects.filter(company__in=companies)
    types = ContentType.objects.get_for_models(Company, Contact)
    rows = LogEntry.objects.filter(user=user).filter(
        Q(content_type=types[Company], object_id__in=_keys(companies))
        | Q(content_type=types[Contact], object_id__in=_keys(contacts))
    )
    return rows, "action_time", lambda row: Act(row.action_time, row.object_repr, row.get_change_message(), row.pk)


def _keys(rows: QuerySet[Any, Any]) -> Any:
    model: type[Model] = rows.model
    return rows.order_by().annotate(key=Cast(model._meta.pk.name, CharField())).values("key")


TRAILS.append(_in_company)
