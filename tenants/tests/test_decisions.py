"""What a decision's page shows and keeps, and that its mails are those that go out."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from contacts.models import User
from notifications.models import OutgoingEmail
from notifications.outbox import digest
from tenants import assignment, workflow, working_days
from tenants.models import Remark, Tenant, TenantRequest
from tenants.remark_fields import remark_fields
from tenants.review import suggestions
from tenants.tests.test_admin import TYPED, address, decide, show
from tenants.tests.test_wizard import Browser
from tenants.transitions import Verb


@pytest.fixture
def browser_of_sam(login: Callable[[User], Client], sam: User) -> Client:
    return login(sam)


@pytest.fixture
def approvable(taken: TenantRequest, pass_checks: Callable[[TenantRequest], None]) -> TenantRequest:
    pass_checks(taken)
    return taken


@pytest.mark.parametrize("verb", [Verb.REQUEST_CHANGES, Verb.REJECT, Verb.APPROVE])
def test_r32_what_is_sent_is_what_was_shown_byte_for_byte(
    approvable: TenantRequest, browser_of_sam: Client, verb: Verb
) -> None:
    OutgoingEmail.objects.all().delete()
    page = show(browser_of_sam, approvable, verb)
    shown = page.context["draft"]

    decide(browser_of_sam, approvable, verb, seen=shown.digest)

    sent = OutgoingEmail.objects.all()
    assert {(m.to_email, m.subject, m.html, m.text) for m in sent} == {
        (m.to_email, m.subject, m.html, m.text) for m in shown.mails
    }
    assert f'name="seen" value="{digest(sent)}"' in page.text


@pytest.mark.parametrize("verb", [Verb.REQUEST_CHANGES, Verb.REJECT, Verb.APPROVE])
def test_r32_a_reviewer_may_take_a_while_to_read(
    approvable: TenantRequest, login: Callable[[User], Client], sam: User, verb: Verb
) -> None:
    morning = working_days.start_of(working_days.today()) + timedelta(days=1, hours=9)
    with time_machine.travel(morning):
        browser = login(sam)
        seen = show(browser, approvable, verb).context["draft"].digest

    with time_machine.travel(morning + timedelta(minutes=50)):
        assert decide(browser, approvable, verb, seen=seen).status_code == 302


def test_r32_the_mails_of_a_registration_are_shown_too(registering: TenantRequest, browser_of_sam: Client) -> None:
    OutgoingEmail.objects.all().delete()
    shown = show(browser_of_sam, registering, Verb.REGISTER).context["draft"]

    answer = decide(browser_of_sam, registering, Verb.REGISTER, seen=shown.digest)

    assert answer.status_code == 302
    assert digest(OutgoingEmail.objects.all()) == shown.digest


def test_r32_each_mail_has_a_frame_with_a_policy_of_its_own(taken: TenantRequest, browser_of_sam: Client) -> None:
    draft = show(browser_of_sam, taken, Verb.REQUEST_CHANGES).context["draft"]
    mail = address("decision_mail", taken, "request_changes", draft.digest, 0)

    frame = browser_of_sam.get(mail)

    assert frame.text == draft.mails[0].html
    assert "Too close to another one." in frame.text
    assert "sandbox" in frame["Content-Security-Policy"]
    assert f'src="{mail}"' in browser_of_sam.get(address("decide", taken, "request_changes")).text


def test_r32_a_frame_of_an_older_preview_shows_no_mail(taken: TenantRequest, browser_of_sam: Client) -> None:
    old = show(browser_of_sam, taken, Verb.REJECT).context["draft"].digest
    show(browser_of_sam, taken, Verb.REJECT, comment="Another reason.")

    frame = browser_of_sam.get(address("decision_mail", taken, "reject", old, 0))

    assert (frame.status_code, "Another reason." in frame.text) == (409, False)


def test_r32_text_changed_after_the_preview_is_shown_again_first(taken: TenantRequest, browser_of_sam: Client) -> None:
    seen = show(browser_of_sam, taken, Verb.REJECT).context["draft"].digest

    answer = decide(browser_of_sam, taken, Verb.REJECT, seen=seen, comment="Quite another reason.")

    assert (answer.status_code, TenantRequest.objects.get(pk=taken.pk).status) == (409, "to_validate")
    fresh = answer.context["draft"]
    assert "Quite another reason." in fresh.mails[0].text
    assert (
        decide(browser_of_sam, taken, Verb.REJECT, seen=fresh.digest, comment="Quite another reason.").status_code
        == 302
    )


def test_r32_what_changed_outside_is_shown_again_first(
    taken: TenantRequest, browser_of_sam: Client, alice: User
) -> None:
    seen = show(browser_of_sam, taken, Verb.REQUEST_CHANGES).context["draft"].digest
    User.objects.filter(pk=alice.pk).update(first_name="Alicia")

    answer = decide(browser_of_sam, taken, Verb.REQUEST_CHANGES, seen=seen)

    assert (answer.status_code, taken.remarks.count()) == (409, 0)
    assert "Something changed since you read the mail." in answer.text
    assert "Send back and mail Alicia Peeters" in answer.text


def test_r32_nothing_is_sent_without_a_preview(taken: TenantRequest, browser_of_sam: Client) -> None:
    page = browser_of_sam.get(address("decide", taken, "reject"))
    answer = decide(browser_of_sam, taken, Verb.REJECT, seen="")

    assert 'name="decide"' not in page.text
    assert (answer.status_code, taken.history.filter(verb="reject").count()) == (409, 0)


@pytest.mark.parametrize(
    ("verb", "typed", "sentence"),
    [
        (
            Verb.REQUEST_CHANGES,
            {"remarks-0-text": "", "remarks-0-field": "", "remarks-0-suggestion": ""},
            "Write at least one remark: what has to change?",
        ),
        (Verb.REQUEST_CHANGES, {"remarks-0-text": " "}, "Write what has to change here."),
        (Verb.REQUEST_CHANGES, {"remarks-0-field": ""}, "Choose the field that this value is for."),
        (
            Verb.REQUEST_CHANGES,
            {"remarks-0-field": "tenant.status"},
            "“tenant.status” is not among the answers offered.",
        ),
        (Verb.REQUEST_CHANGES, {"comment": "See www.evil.example"}, "Leave out web and e-mail addresses."),
        (Verb.REQUEST_CHANGES, {"comment": "x" * 501}, "500 characters at most; this has 501."),
        (Verb.REJECT, {"comment": "  "}, "Write the reason: the partner has to know why."),
        (Verb.REJECT, {"comment": "\x00"}, ""),
    ],
)
def test_r32_a_decision_that_lacks_something_says_what_and_keeps_the_rest(
    taken: TenantRequest, browser_of_sam: Client, verb: Verb, typed: dict[str, str], sentence: str
) -> None:
    answer = decide(browser_of_sam, taken, verb, seen="x", **typed)

    assert (answer.status_code, TenantRequest.objects.get(pk=taken.pk).status) == (200, "to_validate")
    assert sentence in answer.text
    assert answer.text.count("<title>Error: ") == 1


@pytest.mark.parametrize("forms", ["-1", "nonsense", "999999", ""])
def test_a_broken_management_form_is_no_error(taken: TenantRequest, browser_of_sam: Client, forms: str) -> None:
    answer = decide(browser_of_sam, taken, Verb.REQUEST_CHANGES, seen="x", **{"remarks-TOTAL_FORMS": forms})

    assert answer.status_code in (200, 409)
    assert TenantRequest.objects.get(pk=taken.pk).status == "to_validate"


def test_another_remark_keeps_what_was_typed_and_complains_of_nothing(
    taken: TenantRequest, browser_of_sam: Client
) -> None:
    typed = TYPED[Verb.REQUEST_CHANGES] | {"comment": "Nearly there.", "another": "yes"}

    page = browser_of_sam.post(address("decide", taken, "request_changes"), typed | {"remarks-0-suggestion": "x y"})

    assert page.text.count('name="remarks-1-text"') == 1
    assert 'value="x y"' in page.text
    assert "Nearly there." in page.text
    assert "is-invalid" not in page.text


def test_what_was_typed_is_there_when_somebody_comes_back(taken: TenantRequest, browser_of_sam: Client) -> None:
    show(browser_of_sam, taken, Verb.REJECT, comment="A long and careful reason.")

    page = browser_of_sam.get(address("decide", taken, "reject"))

    assert "A long and careful reason." in page.text


def test_what_was_typed_is_gone_once_it_was_decided(taken: TenantRequest, browser_of_sam: Client) -> None:
    decide(browser_of_sam, taken, Verb.REJECT)

    assert browser_of_sam.session["decisions"] == {}


@pytest.mark.parametrize(
    ("field", "value", "warning"),
    [
        ("tenant.tenant_name", "desmetaalst", ""),
        ("tenant.tenant_name", "Desmet Aalst!", "The field would refuse this value, "),
        ("contacts.authority_reference", "VM-2026-041", ""),
        ("microsoft.primary_email", "an@nordwave.example", "The field would refuse this value, "),
        ("tenant.delegated", "no", ""),
        ("tenant.delegated", "maybe", "This is chosen from a list"),
        ("contacts.technical", "Theo Lambert", "This is chosen from a list"),
        ("customer.legal_name", "Bakkerij bv", ""),
        ("customer.legal_name", "bv", "The field would refuse this value, "),
    ],
)
def test_r36_a_suggestion_that_the_field_would_refuse_is_warned_of(
    taken: TenantRequest, field: str, value: str, warning: str
) -> None:
    sent = taken.submissions.select_related("tenant_request", "sent_by").get()

    said = suggestions.warning_about(sent, field, value)

    assert said.startswith(warning)
    assert bool(said) == bool(warning)


def test_r36_the_warning_stands_beside_the_value_and_stops_nothing(
    taken: TenantRequest, browser_of_sam: Client
) -> None:
    typed = {"remarks-0-suggestion": "Desmet Aalst!"}
    page = show(browser_of_sam, taken, Verb.REQUEST_CHANGES, **typed)

    assert "The field would refuse this value, so it cannot be taken over: " in page.text
    assert decide(browser_of_sam, taken, Verb.REQUEST_CHANGES, **typed).status_code == 302


@pytest.mark.parametrize(
    ("field", "value", "one_click"),
    [
        ("tenant.tenant_name", "desmetaalst", True),
        ("tenant.tenant_name", "Desmet Aalst!", False),
        ("contacts.technical", "Theo Lambert", False),
        ("customer.legal_name", "Bakkerij De Smet-Aalst bv", True),
        ("customer.legal_name", "bv", False),
    ],
)
def test_r36_what_cannot_be_taken_over_is_neither_mailed_nor_shown_as_if_it_could(
    taken: TenantRequest,
    browser_of_sam: Client,
    login: Callable[[User], Client],
    alice: User,
    field: str,
    value: str,
    one_click: bool,
) -> None:
    typed = {"remarks-0-field": field, "remarks-0-suggestion": value}
    seen = show(browser_of_sam, taken, Verb.REQUEST_CHANGES, **typed).context["draft"]

    decide(browser_of_sam, taken, Verb.REQUEST_CHANGES, seen=seen.digest, **typed)

    mail = " ".join(seen.mails[0].text.split())
    browser = Browser(login(alice), alice, taken.company)
    page = browser.get("request", taken.public_id)
    assert value in mail
    assert ("In the portal you take a suggestion over with one click." in mail) == one_click
    assert ("it cannot be taken over with one click." in mail) != one_click
    assert ("it cannot be taken over with one click." in page.text) != one_click
    assert (reverse("tenants:suggestions", args=[taken.public_id]) in page.text) == one_click


def test_every_field_offered_for_a_remark_has_words_in_the_mail(taken: TenantRequest, sam: User) -> None:
    for key, _label in remark_fields():
        assert workflow.preview(Verb.REQUEST_CHANGES, taken, by=sam, remarks=[Remark(field=key, text="x")])


def test_approving_is_closed_while_a_check_blocks(taken: TenantRequest, browser_of_sam: Client) -> None:
    page = browser_of_sam.get(address("decide", taken, "approve"))

    assert page.status_code == 200
    assert "Approving waits for one check: " in page.text
    assert 'name="decide"' not in page.text


def test_a_check_that_fails_inside_approving_is_written_down(approvable: TenantRequest, browser_of_sam: Client) -> None:
    seen = show(browser_of_sam, approvable, Verb.APPROVE).context["draft"].digest
    approvable.submissions.update(data=_with_name(approvable, "x"))

    answer = decide(browser_of_sam, approvable, Verb.APPROVE, seen=seen)

    assert answer.status_code == 409
    assert approvable.checks.get(kind="name").result == "problem"


def _with_name(tenant_request: TenantRequest, name: str) -> dict[str, Any]:
    data = tenant_request.submissions.get().data
    return data | {"tenant": data["tenant"] | {"tenant_name": name}}


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"tenant_id": "3f9a"}, "This is no GUID"),
        ({"domain": "contoso.com"}, "The initial domain ends in .onmicrosoft.com."),
        ({"domain": "another"}, "bakkerijdesmet.onmicrosoft.com was asked for."),
        ({"agreement": ""}, "Say whether the agreement was accepted."),
        ({"first_login": ""}, "Write to whom it was handed over, and how."),
        ({"correlation_id": "x" * 65}, "This is no GUID"),
    ],
)
def test_registering_asks_for_what_microsoft_gave(
    registering: TenantRequest, browser_of_sam: Client, typed: dict[str, str], sentence: str
) -> None:
    page = show(browser_of_sam, registering, Verb.REGISTER, **typed)

    assert sentence in page.text
    assert page.context["draft"].mails == []


def test_another_domain_than_the_wanted_one_has_to_be_confirmed(
    registering: TenantRequest, browser_of_sam: Client
) -> None:
    other = "another.onmicrosoft.com"
    asking = show(browser_of_sam, registering, Verb.REGISTER, domain="Another")

    answer = decide(browser_of_sam, registering, Verb.REGISTER, domain="Another", domain_confirmed=other)

    assert f'name="domain_confirmed" value="{other}"' in re.sub(r'class="[^"]*" ', "", asking.text)
    assert answer.status_code == 302
    assert TenantRequest.objects.get(pk=registering.pk).tenant.domain == "another.onmicrosoft.com"


def test_a_confirmed_domain_is_no_confirmation_of_the_one_typed_afterwards(
    registering: TenantRequest, browser_of_sam: Client
) -> None:
    ticked = {"domain_confirmed": "another.onmicrosoft.com"}
    assert show(browser_of_sam, registering, Verb.REGISTER, domain="Another", **ticked).context["draft"].mails

    page = show(browser_of_sam, registering, Verb.REGISTER, domain="Athird", **ticked)
    answer = decide(browser_of_sam, registering, Verb.REGISTER, seen="x", domain="Athird", **ticked)

    assert page.context["draft"].mails == []
    assert "The tenant really has athird.onmicrosoft.com" in page.text
    assert page.context["form"]["domain_confirmed"].value() is False
    assert (answer.status_code, Tenant.objects.count()) == (200, 0)


def test_r31_whoever_lost_the_request_to_a_colleague_takes_it_over_on_the_page_and_keeps_the_text(
    taken: TenantRequest, browser_of_sam: Client, sam: User, kim: User
) -> None:
    seen = show(browser_of_sam, taken, Verb.REJECT).context["draft"].digest
    assignment.take(taken, by=kim)

    refused = decide(browser_of_sam, taken, Verb.REJECT, seen=seen)
    button = re.search(r'<button class="btn btn-primary" name="take" value="(\d+)">Take over from (.+?)<', refused.text)
    assert button
    typed = {"comment": "Not a customer of theirs.", "take": button[1]}
    page = browser_of_sam.post(address("decide", taken, "reject"), typed, follow=True)

    assert (refused.status_code, button[2]) == (409, "Kim Janssens")
    assert TenantRequest.objects.get(pk=taken.pk).assignee == sam
    assert "Kim Janssens is told by mail." in page.text
    assert "Not a customer of theirs." in page.text
    assert page.context["draft"].ready


def test_r31_a_page_of_what_nobody_has_offers_to_take_it(sent: TenantRequest, browser_of_sam: Client) -> None:
    page = browser_of_sam.get(address("decide", sent, "reject"))
    after = browser_of_sam.post(address("decide", sent, "reject"), {"take": ""}, follow=True)

    assert 'name="take" value=""' in page.text
    assert (after.context["form"].is_bound, "is-invalid" in after.text) == (False, False)
    assert 'name="take"' not in after.text


def test_r31_taking_over_on_the_page_is_from_whoever_it_named(
    taken: TenantRequest, browser_of_sam: Client, kim: User
) -> None:
    assignment.take(taken, by=kim)

    answer = browser_of_sam.post(address("decide", taken, "reject"), {"comment": "No.", "take": "999999"})

    assert (answer.status_code, TenantRequest.objects.get(pk=taken.pk).assignee) == (409, kim)
    assert "Kim Janssens has taken this request since you opened it." in answer.text


def test_a_login_of_staff_as_technical_contact_closes_registering_with_a_sentence(
    registering: TenantRequest, browser_of_sam: Client
) -> None:
    make = User.objects.create_user
    make("theo.lambert@bakkerijdesmet.example", "x", first_name="Theo", last_name="Lambert", is_staff=True)

    page = browser_of_sam.get(address("decide", registering, "register"))

    assert (page.status_code, 'name="decide"' in page.text) == (200, False)
    assert "works for Arxus and cannot be the technical contact." in page.text
