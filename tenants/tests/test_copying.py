"""Copy and start again; a name that was taken at Microsoft, and the second choice."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contacts.current import SESSION_KEY
from contacts.models import Company, User
from tenants import drafts, suggested, workflow
from tenants.models import Remark, Statement, Status, TenantRequest
from tenants.questions import details_fingerprint
from tenants.tests.conftest import ALL_TICKED
from tenants.tests.test_wizard import Browser, at_bakery, text  # noqa: F401 – the fixture is used by its name


@pytest.fixture
def rejected(taken: TenantRequest, sam: User) -> TenantRequest:
    return workflow.reject(taken, by=sam, version=1, comment="Not a customer of yours.")


def test_r20_a_rejected_request_is_copied_with_every_answer_but_what_was_confirmed(
    at_bakery: Browser,  # noqa: F811
    rejected: TenantRequest,
    alice: User,
) -> None:
    answer = at_bakery.post("copy", rejected.public_id)

    draft = TenantRequest.objects.get(status=Status.DRAFT)
    assert answer.url == reverse("tenants:step", args=[draft.public_id, "customer"])
    said = {slug: typed for slug, typed in rejected.answers.items() if slug != drafts.KEPT}
    assert draft.answers == said | {"customer": {}}
    assert (draft.company, draft.kind, draft.owner, draft.version) == (rejected.company, rejected.kind, alice, 0)
    assert (draft.wanted, draft.number != rejected.number) == ("bakkerijdesmet", True)
    assert draft.history.get().comment == rejected.number


def test_r15_a_copy_brings_no_statements_and_asks_them_anew(rejected: TenantRequest, alice: User) -> None:
    copy = drafts.start_again(rejected, by=alice)
    assert Statement.objects.filter(tenant_request=copy).count() == 0
    drafts.keep_step(copy, "customer", {"confirmed": details_fingerprint(copy.company)})

    with pytest.raises(workflow.sending.Incomplete) as incomplete:
        workflow.submit(copy, by=alice, sent=workflow.sending.Ticked())
    assert "tick every box" in str(incomplete.value)
    assert workflow.submit(copy, by=alice, sent=ALL_TICKED).status == Status.TO_VALIDATE


def test_a_registered_request_is_copied_for_another_tenant(registered: TenantRequest, alice: User) -> None:
    copy = drafts.start_again(registered, by=alice)

    assert "tenant_name" not in copy.answers["tenant"]
    assert copy.answers["message"] == {}
    assert copy.answers["contacts"] == registered.answers["contacts"]
    assert copy.wanted == ""


@pytest.mark.parametrize("status", ["to_validate", "changes_requested", "registering", "draft"])
def test_r20_what_goes_on_is_copied_for_another_tenant(
    at_bakery: Browser,  # noqa: F811
    in_status: Callable[[Status], TenantRequest],
    status: str,
) -> None:
    found = in_status(Status(status))
    page = at_bakery.client.get(
        at_bakery.get("request", found.public_id).headers.get("Location", "") or f"/tenants/{found.public_id}/"
    )

    at_bakery.post("copy", found.public_id)

    copy = TenantRequest.objects.exclude(pk=found.pk).get()
    assert "for another tenant" in text(page)
    assert (copy.status, copy.wanted, copy.name_key, copy.version) == (Status.DRAFT, "", "", 0)
    assert (copy.answers["contacts"], copy.answers["message"]) == (found.answers["contacts"], {})
    assert TenantRequest.objects.get(pk=found.pk).status == status


def test_r28_with_the_service_switched_off_a_copy_is_refused_with_a_sentence(
    at_bakery: Browser,  # noqa: F811
    rejected: TenantRequest,
    nordwave: Company,
) -> None:
    Company.objects.filter(pk=nordwave.pk).update(tenant_configuration=False)

    answer = at_bakery.post("copy", rejected.public_id)

    assert (answer.status_code, TenantRequest.objects.count()) == (403, 1)
    assert "Arxus has switched Tenant Configuration off" in text(answer)


def test_a_colleague_without_the_right_copies_nothing_and_sees_no_button(
    login: Callable[[User], Client], bob: User, rejected: TenantRequest
) -> None:
    reader = Browser(login(bob), bob, rejected.company)

    assert "Copy and start again" not in text(reader.get("request", rejected.public_id))
    assert reader.post("copy", rejected.public_id).status_code == 403
    assert TenantRequest.objects.count() == 1


def test_r03_a_copy_needs_the_seal_and_no_get_makes_one(
    login: Callable[[User], Client], alice: User, rejected: TenantRequest
) -> None:
    client = login(alice)
    session = client.session
    session[SESSION_KEY] = rejected.company.pk
    session.save()
    url = reverse("tenants:copy", args=[rejected.public_id])

    assert [client.get(url).status_code, client.post(url).status_code] == [405, 409]
    assert TenantRequest.objects.count() == 1


def test_the_page_of_what_was_rejected_offers_it(
    at_bakery: Browser,  # noqa: F811
    rejected: TenantRequest,
    django_assert_max_num_queries: Any,
) -> None:
    with django_assert_max_num_queries(8):
        page = at_bakery.get("request", rejected.public_id)

    assert "Copy and start again" in text(page)


# A name that is taken


def test_r36_taking_the_second_choice_over_empties_it(registering: TenantRequest, alice: User, sam: User) -> None:
    answers = registering.answers
    answers["tenant"]["second_choice"] = "DesmetAalst"
    TenantRequest.objects.filter(pk=registering.pk).update(answers=answers)
    remark = Remark(field="tenant.tenant_name", text="Taken at Microsoft.", suggestion="desmetaalst")
    back = workflow.request_changes(registering, by=sam, version=1, remarks=[remark])

    assert suggested.use_suggestions(back, back.remarks.all(), by=alice) == 1

    tenant = TenantRequest.objects.get(pk=back.pk).answers["tenant"]
    assert (tenant["tenant_name"], tenant["second_choice"]) == ("desmetaalst", "")
    assert workflow.submit(back, by=alice, sent=ALL_TICKED).name_key == "desmetaalst.onmicrosoft.com"
