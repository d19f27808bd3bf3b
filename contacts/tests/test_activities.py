"""What a colleague did lately, for one's own company alone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from contacts import activities, history
from contacts.models import Company, Group, Membership, User
from contacts.tests.conftest import Browser
from tenants import drafts

Browse = Callable[[User], Browser]
PERSON = {
    "salutation": "",
    "first_name": "An",
    "last_name": "De Smet",
    "email": "an@bakkerijdesmet.example",
    "language": "fr",
}


def lately(user: User) -> str:
    return f"/colleagues/{user.public_id}/activity/"


def test_it_tells_what_was_done_for_the_company_and_its_customers(
    alice: User, customer: Company, browse: Browse
) -> None:
    browser = browse(alice).work_for(customer)
    browser.send("/contacts/new/", PERSON)
    draft = drafts.start(customer, by=alice)
    history.wrote(alice, customer.partner, "Invited somebody.")

    rows = browser.work_for(customer.partner).get(lately(alice)).context["page"].rows

    assert [(row.what, row.words) for row in rows] == [
        ("Nordwave IT bv", "For Nordwave IT bv. Invited somebody."),
        (f"{draft.number}, Bakkerij De Smet bv", "started the draft"),
        ("An De Smet", "For Bakkerij De Smet bv. Added."),
    ]


def test_t12_what_somebody_did_for_another_company_is_not_told(
    alice: User, mallory: User, nordwave: Company, cloudhoek: Company, rival_customer: Company, browse: Browse
) -> None:
    Membership.objects.create(user=mallory, company=nordwave, groups=[Group.FULL])
    drafts.start(rival_customer, by=mallory)
    history.wrote(mallory, cloudhoek, "MARKER")
    history.wrote(mallory, rival_customer, "MARKER")

    page = browse(alice).get(lately(mallory))

    assert page.context["page"].rows == []
    assert "MARKER" not in page.text


def test_only_who_manages_users_reads_it(alice: User, bob: User, mallory: User, browse: Browse) -> None:
    assert browse(bob).get(lately(alice)).status_code == 403
    assert browse(bob).get(lately(bob)).status_code == 403
    assert browse(mallory).get(lately(alice)).status_code == 404


@pytest.mark.parametrize("count", [1, 60])
def test_its_pages_hold_everything_once_and_cost_the_same(
    count: int, alice: User, customer: Company, browse: Browse, django_assert_max_num_queries: Any
) -> None:
    now = timezone.now()
    for number in range(count):
        history.wrote(alice, customer, f"No {number}.")
        line = drafts.start(customer, by=alice).history.get()
        # Two trails, and pairs of lines at the very same time.
        line.at = now - timedelta(minutes=number // 2)
        line.save()
    for number, entry in enumerate(LogEntry.objects.all()):
        entry.action_time = now - timedelta(minutes=number // 2)
        entry.save()
    browser = browse(alice)
    seen, before = [], ""

    for _ in range(count // 10 + 1):
        with django_assert_max_num_queries(8):
            page = browser.get(lately(alice), {"before": before}).context["page"]
        seen += [(row.what, row.pk) for row in page.rows]
        before = page.before
        if not before:
            break

    assert before == ""
    assert len(seen) == len(set(seen)) == 2 * count


@pytest.mark.parametrize("cursor", ["x", "\0", "W10=", "bnVsbA==", "WzEsMiwzXQ==", "é", "9" * 5000])
def test_t39_a_cursor_that_is_none_of_ours_leads_to_the_first_page(
    alice: User, nordwave: Company, browse: Browse, cursor: str
) -> None:
    history.wrote(alice, nordwave, "Once.")

    assert len(browse(alice).get(lately(alice), {"before": cursor}).context["page"].rows) == 1
    assert activities.page(alice, nordwave, cursor).before == ""
