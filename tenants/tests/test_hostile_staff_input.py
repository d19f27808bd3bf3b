"""Every field of every form of staff, filled with what nobody types by mistake: no 500, nothing lost (T38, T39)."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from contacts.models import User
from tenants import waiting
from tenants.models import DirectoryImport, Status, TenantRequest
from tenants.review.decisions import DECISIONS
from tenants.review.send_back_form import RemarkForm
from tenants.tests.hostile import HOSTILE
from tenants.tests.test_admin import address
from tenants.transitions import TRANSITIONS, Verb

# The fixture that leads a request to a status from which staff decide.
IN_STATUS = {
    Status.TO_VALIDATE: "taken",
    Status.REGISTERING: "registering",
    Status.REGISTERED: "registered",
    Status.REJECTED: "rejected",
}
each_value = pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))


def shown_again(value: str, html: str) -> bool:
    """Whether the page shows what was typed; what PostgreSQL or a text area cannot hold is another matter."""
    return not value.strip() or "\x00" in value or value != value.strip() or escape(value) in html


@each_value
@pytest.mark.parametrize("verb", list(DECISIONS))
def test_t38_t39_no_decision_answers_500_or_loses_what_was_typed(
    request: pytest.FixtureRequest,
    login: Callable[[User], Client],
    sam: User,
    kim: User,
    verb: str,
    value: str,
) -> None:
    status = Status.REGISTERING if verb == waiting.ACT else TRANSITIONS[Verb(verb)].sources[0]
    found = request.getfixturevalue(IN_STATUS[status])
    before = found.status
    client = login(kim if verb == Verb.CORRECT_REGISTRATION else sam)
    typed = dict.fromkeys(DECISIONS[verb].form.base_fields, value)
    typed |= {f"remarks-0-{name}": value for name in RemarkForm.base_fields}
    typed |= {"remarks-TOTAL_FORMS": value, "remarks-INITIAL_FORMS": value, "version": value, "seen": value}

    answers = [client.post(address("decide", found, verb), typed | {name: "yes"}) for name in ("preview", "decide")]
    again = client.get(address("decide", found, verb))

    assert {answer.status_code for answer in [*answers, again]} <= {200, 409}
    assert shown_again(value, again.text)
    found.refresh_from_db()
    assert found.status == before


@each_value
def test_t38_t39_nothing_beside_the_decisions_answers_500(
    taken: TenantRequest, login: Callable[[User], Client], sam: User, kim: User, value: str
) -> None:
    client = login(kim)
    posts = [
        (address("override", taken, "directory"), {"reason": value, "seen": value}),
        (address("asked", taken), {"asked_on": value, "case_number": value}),
        (address("checks", taken), {"kind": value}),
        (address("take", taken), {"from": value}),
        (address("started", taken), {"started": value}),
        (
            reverse("admin:tenants_directoryimport_add"),
            {"dated": value, "file": SimpleUploadedFile("x.csv", value.encode("utf-8", "replace"))},
        ),
    ]
    pages = [(reverse("admin:tenants_tenantrequest_changelist"), {"q": value, "who": value, "assignee": value})]

    answers = [(path, client.post(path, data).status_code) for path, data in posts]
    answers += [(path, client.get(path, data).status_code) for path, data in pages]

    assert [(path, code) for path, code in answers if code not in (200, 302, 404, 409)] == []
    assert DirectoryImport.objects.count() == 0
