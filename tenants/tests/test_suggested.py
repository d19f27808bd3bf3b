"""A reviewer's suggested values, where the customer's details are what they change (R36)."""

import pytest
from django.contrib.admin.models import LogEntry

from contacts.models import Company, User
from tenants import suggested, workflow
from tenants.models import Remark, TenantRequest
from tenants.steps import Answers
from tenants.tests.test_wizard import Browser, at_bakery, text  # noqa: F401 – the fixture is used by its name


def sent_back(taken: TenantRequest, sam: User, **values: str) -> TenantRequest:
    remarks = [Remark(field=f"customer.{name}", text="As registered?", suggestion=it) for name, it in values.items()]
    return workflow.request_changes(taken, by=sam, version=1, remarks=remarks)


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("legal_name", "Bakkerij De Smet nv", "Bakkerij De Smet nv"),
        ("enterprise_number", "0417.497.106", "BE0417497106"),
        ("phone", "053 00 00 99", "+3253000099"),
    ],
)
def test_r36_a_detail_of_the_customer_is_one_click_too(
    taken: TenantRequest,
    sam: User,
    at_bakery: Browser,  # noqa: F811
    name: str,
    value: str,
    kept: str,
) -> None:
    back = sent_back(taken, sam, **{name: value})
    page = text(at_bakery.get("request", back.public_id))

    at_bakery.post("suggestions", back.public_id)

    after = text(at_bakery.get("request", back.public_id))
    company = Company.objects.get(pk=back.company_id)
    assert str(getattr(company, name)) == kept
    assert ("It changes the customer’s details" in page, "Taken over; not sent yet." in after) == (True, True)
    # The customer is confirmed as it is now.
    answers = Answers(TenantRequest.objects.select_related("company__partner", "partner").get(pk=back.pk), back.owner)
    assert [missing.step.slug for missing in answers.missing] == ["customer"]


@pytest.mark.parametrize(("name", "value"), [("legal_name", "bv"), ("enterprise_number", "0404.616.495")])
def test_r36_what_the_customers_page_would_refuse_stays_with_the_partner(
    taken: TenantRequest, sam: User, alice: User, name: str, value: str
) -> None:
    back = sent_back(taken, sam, **{name: value})
    before = Company.objects.get(pk=back.company_id)

    assert suggested.use_suggestions(back, back.remarks.all(), by=alice) == 0

    after = Company.objects.get(pk=back.company_id)
    assert getattr(after, name) == getattr(before, name)


def test_r05_whose_click_changed_the_customer_is_kept(taken: TenantRequest, sam: User, alice: User) -> None:
    back = sent_back(taken, sam, legal_name="Bakkerij De Smet nv")

    suggested.use_suggestions(back, back.remarks.all(), by=alice)

    line = LogEntry.objects.order_by("-pk")[0]
    assert (line.user, line.change_message) == (alice, "For Bakkerij De Smet bv. Changed: Legal name.")
