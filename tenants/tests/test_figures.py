"""The figures of the overview."""

from datetime import date, datetime

import pytest
import time_machine

from contacts.models import Company
from tenants import figures, working_days
from tenants.models import Tenant, TenantRequest


def counted(partner: Company) -> list[tuple[date, int, int]]:
    return [(month.first, month.sent, month.ready) for month in figures.months(partner)]


@pytest.mark.parametrize("today", [date(2026, 2, 28), date(2027, 1, 1)])
def test_six_months_end_with_this_one(registered: TenantRequest, today: date) -> None:
    at = working_days.start_of(today)
    TenantRequest.objects.update(sent_at=at)
    Tenant.objects.update(registered_at=at)

    with time_machine.travel(at):
        found = counted(registered.partner)

    assert found[-1] == (today.replace(day=1), 1, 1)
    assert [sent for _first, sent, _ready in found] == [0, 0, 0, 0, 0, 1]
    assert found[0][0] == {2: date(2025, 9, 1), 1: date(2026, 8, 1)}[today.month]


def test_a_month_begins_at_midnight_in_belgium(sent: TenantRequest) -> None:
    TenantRequest.objects.update(sent_at=datetime.fromisoformat("2026-10-31T23:30:00+00:00"))

    with time_machine.travel("2026-11-25T09:00:00+00:00"):
        assert counted(sent.partner)[-1] == (date(2026, 11, 1), 1, 0)


def test_nothing_sent_is_no_chart_and_a_rival_counts_nothing_t12(
    sent: TenantRequest, cloudhoek: Company, django_assert_num_queries: object
) -> None:
    with django_assert_num_queries(1):
        assert figures.months(cloudhoek) == []


def test_the_tallest_bar_fills_the_drawing(sent: TenantRequest) -> None:
    [bar] = figures.months(sent.partner)[-1].bars

    assert (bar["name"], bar["height"], bar["y"]) == ("sent", 90, 10)
