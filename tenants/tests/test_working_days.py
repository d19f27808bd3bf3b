from datetime import UTC, date, datetime

import pytest

from tenants import working_days


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        (date(2026, 11, 19), 2, date(2026, 11, 23)),  # over a weekend
        (date(2026, 11, 22), 2, date(2026, 11, 25)),  # a Sunday counts from Monday
        (date(2026, 11, 10), 1, date(2026, 11, 12)),  # Armistice Day is none
        (date(2026, 12, 24), 1, date(2026, 12, 28)),  # Christmas, then a weekend
        (date(2026, 4, 3), 1, date(2026, 4, 7)),  # Easter Monday
    ],
)
def test_add_counts_belgian_working_days(start: date, days: int, end: date) -> None:
    assert working_days.add(start, days) == end


def test_between_counts_the_working_days_used() -> None:
    assert working_days.between(date(2026, 11, 20), date(2026, 11, 20)) == 0
    assert working_days.between(date(2026, 11, 20), date(2026, 11, 23)) == 1
    assert working_days.between(date(2026, 11, 10), date(2026, 11, 12)) == 1


def test_today_is_the_day_in_belgium() -> None:
    late_in_utc = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)

    assert working_days.today(late_in_utc) == date(2026, 7, 2)
