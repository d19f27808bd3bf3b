"""Who did what to a draft, for which company (R05)."""

from typing import Any
from uuid import uuid4

from django.contrib.admin.models import LogEntry
from django.urls import reverse
from structlog.testing import capture_logs

from conftest import make_user
from contacts.models import Company, Group, Membership, User
from tenants import drafts, workflow
from tenants.models import Remark, TenantRequest
from tenants.tests.test_wizard import Browser, Login, at_bakery, text

__all__ = ["at_bakery"]


def logged(capture: Any, event: str) -> list[dict[str, Any]]:
    return [entry for entry in capture if entry["event"] == event]


def test_r05_a_step_kept_says_who_and_for_which_company(
    at_bakery: Browser, login: Login, draft: TenantRequest, nordwave: Company, customer: Company
) -> None:
    bea = make_user("bea@nordwave.example", "Bea", "Smits")
    Membership.objects.create(user=bea, company=nordwave, groups=[Group.TENANTS])
    lines = draft.history.count()

    with capture_logs() as logs:
        Browser(login(bea), bea, customer).post("step", draft.public_id, "message", message="By a colleague.")

    draft.refresh_from_db()
    assert (draft.changed_by, draft.owner.first_name) == (bea, "Alice")
    [kept] = logged(logs, "step_kept")
    assert kept == {
        "event": "step_kept",
        "log_level": "info",
        "step": "message",
        "number": draft.number,
        "by": str(bea.public_id),
        "company": str(customer.public_id),
    }
    assert draft.history.count() == lines, "no line for each keystroke"
    page = text(at_bakery.get("step", draft.public_id, "message"))
    assert "Bea Smits typed here last, on " in page


def test_r05_suggestions_taken_over_are_one_line_of_the_history(
    at_bakery: Browser, taken: TenantRequest, sam: User, alice: User, customer: Company
) -> None:
    remarks = [
        Remark(field="tenant.tenant_name", text="Taken.", suggestion="bakkerijdesmetaalst"),
        Remark(field="message.reference", text="Typing error.", suggestion="PO-11874"),
    ]
    back = workflow.request_changes(taken, by=sam, version=1, remarks=remarks)

    at_bakery.post("suggestions", back.public_id)

    [line] = back.history.filter(verb="use_suggestions")
    assert (line.by, line.for_company) == (alice, customer)
    assert TenantRequest.objects.get().changed_by == alice
    page = text(at_bakery.get("request", back.public_id))
    assert "took over what Arxus suggested" in page


def test_r05_suggestions_that_are_refused_leave_no_line(at_bakery: Browser, taken: TenantRequest, sam: User) -> None:
    remarks = [Remark(field="tenant.tenant_name", text="No hyphen.", suggestion="de-smet")]
    back = workflow.request_changes(taken, by=sam, version=1, remarks=remarks)

    at_bakery.post("suggestions", back.public_id)

    assert not back.history.filter(verb="use_suggestions").exists()


def test_r05_a_deleted_draft_leaves_who_did_it_with_the_customer(
    at_bakery: Browser, draft: TenantRequest, alice: User, customer: Company
) -> None:
    with capture_logs() as logs:
        at_bakery.post("delete", draft.public_id)

    assert not TenantRequest.objects.exists()
    line = LogEntry.objects.get()
    assert (line.user, line.object_id) == (alice, str(customer.pk))
    assert line.get_change_message() == f"For Bakkerij De Smet bv. Deleted the draft {draft.number}."
    [deleted] = logged(logs, "draft_deleted")
    assert (deleted["number"], deleted["by"]) == (draft.number, str(alice.public_id))


def test_t28_a_draft_deleted_twice_is_deleted_once(at_bakery: Browser, draft: TenantRequest) -> None:
    at_bakery.post("delete", draft.public_id)

    again = at_bakery.post("delete", draft.public_id)
    looked_at = at_bakery.get("request", draft.public_id)

    assert {answer.headers["Location"] for answer in (again, looked_at)} == {reverse("tenants:requests")}
    assert "This was deleted already. Nothing else was changed." in text(at_bakery.get("requests"))
    assert LogEntry.objects.count() == 1


def test_r05_what_was_sent_meanwhile_is_neither_deleted_nor_said_to_be(sent: TenantRequest, alice: User) -> None:
    drafts.delete(sent, by=alice)

    assert TenantRequest.objects.filter(pk=sent.pk).exists()
    assert not LogEntry.objects.exists()


def test_t01_what_was_typed_into_a_deleted_draft_comes_back(
    at_bakery: Browser, draft: TenantRequest, bob: User
) -> None:
    drafts.delete(draft, by=bob)
    typed = {"message": "Two lines,\nand <b>more</b>.", "reference": "PO-77"}

    gone = at_bakery.post("step", draft.public_id, "message", **typed)
    never = at_bakery.post("step", uuid4(), "message", **typed)

    assert (gone.status_code, never.status_code) == (404, 404)
    assert "A colleague may have deleted the draft while you typed." in gone.text
    assert ("PO-77" in gone.text, "Two lines,<br>and &lt;b&gt;more&lt;/b&gt;." in gone.text) == (True, True)
    assert text(gone) == text(never)


def test_t01_where_nothing_was_typed_a_deleted_draft_is_the_usual_page(
    at_bakery: Browser, draft: TenantRequest, bob: User
) -> None:
    drafts.delete(draft, by=bob)

    for answer in (
        at_bakery.get("step", draft.public_id, "message"),
        at_bakery.post("step", draft.public_id, "message"),
    ):
        assert (answer.status_code, "This page does not exist" in answer.text) == (404, True)


def test_a_number_has_no_characters_that_are_mistaken_for_another(customer: Company, alice: User) -> None:
    pairs = ("0O", "0Q", "0D", "1I", "1L", "2Z", "5S", "6G", "8B", "UV")

    number = drafts.start(customer, by=alice).number

    assert drafts.ALPHABET == "23456789CDFHJKMNPQRTVWXY"
    assert [pair for pair in pairs if set(pair) <= set(drafts.ALPHABET)] == []
    assert set(number[6:]) <= set(drafts.ALPHABET)
