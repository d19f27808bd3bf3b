"""The review page: what a reviewer reads, and that nothing on it is dangerous or dear."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from contacts.models import Company, User
from notifications.models import OutgoingEmail
from tenants import drafts, suggested, workflow
from tenants.models import Remark, TenantRequest
from tenants.review import acts
from tenants.review.queue import days_used, is_late
from tenants.tests.conftest import ALL_TICKED
from tenants.tests.test_admin import address
from tenants.tests.test_queue import another


@pytest.fixture
def answered(taken: TenantRequest, sam: User, alice: User) -> TenantRequest:
    """Sent back by Sam with three remarks; sent again with two of them answered."""
    remarks = [
        Remark(field="tenant.tenant_name", text="Taken at Microsoft.", suggestion="desmetaalst"),
        Remark(field="contacts.authority_reference", text="Two digits are swapped.", suggestion="VM-2026-041"),
        Remark(field="microsoft.primary_phone", text="Does not answer."),
    ]
    workflow.request_changes(taken, by=sam, version=1, remarks=remarks)
    fresh = TenantRequest.objects.get(pk=taken.pk)
    suggested.use_suggestions(fresh, fresh.remarks.filter(field="tenant.tenant_name"), by=fresh.owner)
    contacts = fresh.answers["contacts"] | {"authority_reference": "VM-2026-140"}
    drafts.keep_step(fresh, "contacts", contacts)
    return workflow.submit(fresh, by=alice, sent=ALL_TICKED)


def page_of(client: Client, tenant_request: TenantRequest) -> Any:
    return client.get(address("change", tenant_request))


def test_r23_a_request_for_the_same_name_that_came_later_is_shown_though_the_check_still_says_otherwise(
    taken: TenantRequest, rival_customer: Company, mallory: User, login: Callable[[User], Client], sam: User
) -> None:
    taken.checks.filter(kind="name").update(result="passed", sentence="Well formed; no other request has it.")
    other = another(taken, "TR-26-RIVAL", company=rival_customer, partner=rival_customer.partner)
    TenantRequest.objects.filter(pk=other.pk).update(name_key=taken.name_key)

    page = login(sam).get(address("change", taken)).text
    TenantRequest.objects.filter(pk=other.pk).update(status="withdrawn")
    after = login(sam).get(address("change", taken)).text

    assert f"TR-26-RIVAL of Cloudhoek bv, for {rival_customer}, wants the same tenant." in page
    assert f'href="{address("change", other)}"' in page
    assert "wants the same tenant" not in after


def test_r22_the_reviewer_sees_what_changed_and_what_became_of_each_remark(
    answered: TenantRequest, login: Callable[[User], Client], sam: User
) -> None:
    page = page_of(login(sam), answered).context["page"]

    assert [(row.label, row.before, row.after, [words for _r, words in row.remarks]) for row in page.answers] == [
        (
            "Commercial contact (may sign)",
            "Ground for signing: mandate VM-2026-014 of 2 September 2026",
            "Ground for signing: mandate VM-2026-140 of 2 September 2026",
            ["Another value than the suggested one"],
        ),
        (
            "Tenant name",
            "bakkerijdesmet.onmicrosoft.com",
            "desmetaalst.onmicrosoft.com",
            ["Suggestion taken over"],
        ),
        ("Phone number of the primary contact", "", "", ["Left as it was"]),
    ]
    assert page.answered == 2


def test_r22_the_page_shows_what_was_sent_and_not_what_is_being_typed(
    taken: TenantRequest, login: Callable[[User], Client], sam: User
) -> None:
    workflow.request_changes(taken, by=sam, version=1, remarks=[Remark(text="Look again.")])
    drafts.keep_step(taken, "message", {"message": "MARKER half a sentence"})

    page = page_of(login(sam), taken)

    assert "MARKER" not in page.text
    assert "Look again." in page.text


def test_statements_are_shown_with_who_when_from_where_and_in_which_words(
    taken: TenantRequest, login: Callable[[User], Client], sam: User
) -> None:
    page = page_of(login(sam), taken).text

    for statement in taken.statements.all():
        assert str(escape(statement.text)) in page
    assert page.count("Accepted by Alice Peeters") == 2
    assert page.count("192.0.2.17") == 2


def test_a_closed_decision_is_shown_with_its_reason(
    sent: TenantRequest, login: Callable[[User], Client], sam: User
) -> None:
    page = page_of(login(sam), sent)

    assert page.text.count('aria-disabled="true"') == 3
    assert page.context["page"].reasons == ["Nobody has taken this request. Take it first, then decide."]


def test_r42_the_registration_mail_shows_no_link_to_log_in(
    registered: TenantRequest, login: Callable[[User], Client], sam: User
) -> None:
    mail = OutgoingEmail.objects.get(template="credentials")

    page = login(sam).get(address("mail", registered, mail.pk)).text

    assert "/activate/" not in page


PAYLOAD = "<img src=x onerror=alert(1)>\"'><svg/onload=alert(2)>{{7*7}}{% debug %}"


def test_t70_what_people_typed_is_inert_on_every_page_of_the_review(
    answered: TenantRequest, login: Callable[[User], Client], sam: User
) -> None:
    client = login(sam)
    submission = answered.submissions.latest("version")
    data = submission.data
    data["customer"]["legal_name"] = data["message"]["message"] = data["tenant"]["login_name"] = PAYLOAD
    data["contacts"]["technical"]["job_title"] = data["contacts"]["authority_reference"] = PAYLOAD
    submission.save()
    answered.company.legal_name = answered.partner.legal_name = PAYLOAD
    answered.company.save()
    answered.partner.save()
    answered.statements.update(text=PAYLOAD)
    answered.remarks.update(text=PAYLOAD, suggestion=PAYLOAD)
    answered.checks.update(sentence=PAYLOAD, override_reason=PAYLOAD, result="problem")
    answered.history.update(comment=PAYLOAD)
    OutgoingEmail.objects.update(to_name=PAYLOAD, outcome=PAYLOAD, state="refused")
    User.objects.filter(email="alice@nordwave.example").update(first_name=PAYLOAD[:50])
    TenantRequest.objects.update(wanted=PAYLOAD)
    queue = reverse("admin:tenants_tenantrequest_changelist")

    pages = [
        address("change", answered),
        address("asked", answered),
        queue,
        f"{queue}?q={PAYLOAD}",
        reverse("admin:index"),
    ]
    pages += [address("decide", answered, verb) for verb in ("approve", "reject", "request_changes")]
    pages += [address("override", answered, "directory")]

    for path in pages:
        text = client.get(path).text
        assert ("<img src=x" in text, "<svg/onload" in text) == (False, False), path
    assert client.get(pages[0]).text.count("&lt;img src=x") > 10


def test_the_page_asks_as_many_questions_however_much_there_is(
    answered: TenantRequest, login: Callable[[User], Client], sam: User, django_assert_max_num_queries: Any
) -> None:
    client = login(sam)
    mails = OutgoingEmail.objects.count()
    # What is no longer true is not sent again; a confirmation is, three times an hour.
    confirmation = OutgoingEmail.objects.filter(template="confirmation").first()
    for _ in range(mails):
        OutgoingEmail.objects.update(state="accepted", created_at=timezone.now() - timedelta(hours=2))
        acts.send_again(answered, confirmation, by=sam)

    with django_assert_max_num_queries(15):
        client.get(address("change", answered))


@pytest.mark.parametrize("fixture", ["registering", "registered"])
def test_the_page_of_a_later_status_asks_no_more(
    request: pytest.FixtureRequest,
    login: Callable[[User], Client],
    sam: User,
    django_assert_max_num_queries: Any,
    fixture: str,
) -> None:
    tenant_request, client = request.getfixturevalue(fixture), login(sam)

    with django_assert_max_num_queries(15):
        client.get(address("change", tenant_request))


@pytest.mark.parametrize("pk", ["0", "999999", "x", "1'", "9" * 30])
def test_a_request_that_does_not_exist_is_a_404(login: Callable[[User], Client], sam: User, pk: str) -> None:
    assert login(sam).get(f"/admin/tenants/tenantrequest/{pk}/change/").status_code == 404


def test_r35_the_age_counts_working_days_of_arxus(taken: TenantRequest) -> None:
    taken.held_since, taken.due_on = datetime(2026, 11, 22, 9, tzinfo=UTC), date(2026, 11, 25)

    with time_machine.travel(datetime(2026, 11, 25, 12, tzinfo=UTC)):
        assert (days_used(taken), is_late(taken)) == (2, False)
    with time_machine.travel(datetime(2026, 11, 26, 12, tzinfo=UTC)):
        assert (days_used(taken), is_late(taken)) == (3, True)
