"""What the automatic checks tell the reviewer."""

from typing import Any

import pytest

from contacts.models import Contact, User
from tenants import checks, drafts, workflow
from tenants.models import Check, TenantRequest
from tenants.tests.conftest import ALL_TICKED


def found(tenant_request: TenantRequest, kind: str) -> tuple[str, str, str]:
    check = Check.objects.get(tenant_request=tenant_request, kind=kind)
    return check.result, check.sentence, check.source


def look_again(sent: TenantRequest, kind: str, slug: str, **changed: Any) -> tuple[str, str, str]:
    """What the check finds in a sending that says this instead."""
    submission = sent.submissions.latest("version")
    submission.data[slug] |= changed
    submission.save()
    checks.run(sent, [kind])
    return found(sent, kind)


def test_r16_a_public_mailbox_is_a_warning(draft: TenantRequest, alice: User, theo: Contact) -> None:
    Contact.objects.filter(pk=theo.pk).update(email="theo.bakker@gmail.com")
    drafts.keep_step(draft, "tenant", {"login_email": "theo.bakker@gmail.com"}, whole=False)

    sent = workflow.submit(draft, by=alice, sent=ALL_TICKED)

    assert found(sent, "addresses") == ("warning", "At a public mailbox provider: theo.bakker@gmail.com.", "")


def test_r16_without_a_public_mailbox_the_check_passes(sent: TenantRequest) -> None:
    assert found(sent, "addresses") == ("passed", "No address is at a public mailbox provider.", "")


def test_the_check_digits_are_calculated_again(sent: TenantRequest) -> None:
    right = found(sent, "vat")
    wrong = look_again(sent, "vat", "customer", enterprise_number="BE0404616495")

    assert right == ("passed", "The check digits are right.", "check digits")
    assert (wrong[0], wrong[2]) == ("problem", "check digits")
    assert wrong[1]


def test_the_check_digits_are_those_of_the_country(sent: TenantRequest) -> None:
    assert look_again(sent, "vat", "customer", country="FR")[0] == "problem"


@pytest.mark.parametrize("word", ["microsoft", "office", "admin"])
def test_r24_a_reserved_word_in_the_name_is_a_warning(sent: TenantRequest, word: str) -> None:
    assert look_again(sent, "name", "tenant", tenant_name=f"desmet{word}") == (
        "warning",
        f"The name contains “{word}”, which Microsoft may refuse.",
        "",
    )


def test_r24_which_words_are_reserved_is_a_setting(sent: TenantRequest, settings: Any) -> None:
    settings.RESERVED_NAMES = ["bakkerij"]

    assert look_again(sent, "name", "tenant")[1] == "The name contains “bakkerij”, which Microsoft may refuse."


def test_r24_a_name_that_microsoft_does_not_take_is_a_problem(sent: TenantRequest) -> None:
    assert look_again(sent, "name", "tenant", tenant_name="de-smet")[:2] == (
        "problem",
        "Not a name that Microsoft takes.",
    )


def test_r24_another_name_passes(sent: TenantRequest) -> None:
    assert found(sent, "name")[0] == "passed"
