"""Days as Arxus counts them: Belgian time, Monday to Friday, without public holidays and what Arxus closes besides."""

from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays
from django.conf import settings
from django.utils import timezone

BELGIUM = ZoneInfo("Europe/Brussels")
# What is told of its own accord is told from this hour on: nobody is reminded of a night.
OPENS = time(7)


@cache
def _holidays() -> holidays.HolidayBase:
    return holidays.country_holidays("BE")


def today(now: datetime | None = None) -> date:
    """The day it is in Belgium."""
    return (now or timezone.now()).astimezone(BELGIUM).date()


def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and day not in _holidays() and day not in settings.CLOSING_DAYS


def has_opened(now: datetime | None = None) -> bool:
    """Whether it is a working day, and its morning has come."""
    here = (now or timezone.now()).astimezone(BELGIUM)
    return is_working_day(here.date()) and here.time() >= OPENS


def on_or_after(day: date) -> date:
    """The first working day that is not before `day`."""
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def add(day: date, working_days: int) -> date:
    """The working day that comes `working_days` after `day`; what comes in on a Sunday counts from Monday."""
    day = on_or_after(day)
    for _ in range(working_days):
        day = on_or_after(day + timedelta(days=1))
    return day


def before(day: date, working_days: int) -> date:
    """The working day that comes `working_days` before `day`."""
    for _ in range(working_days):
        day -= timedelta(days=1)
        while not is_working_day(day):
            day -= timedelta(days=1)
    return day


def between(start: date, end: date) -> int:
    """How many working days of Arxus were used from `start` to `end`: 0 on the same day."""
    count = 0
    while start < end:
        start += timedelta(days=1)
        count += is_working_day(start)
    return count


def day_after(moment: datetime) -> datetime:
    """The same time of day, one working day later."""
    today = moment.astimezone(BELGIUM).date()
    return start_of(add(today, 1)) + (moment - start_of(today))


def start_of(day: date) -> datetime:
    """Midnight in Belgium at which `day` begins."""
    return datetime.combine(day, datetime.min.time(), tzinfo=BELGIUM)
