"""What a reviewer writes while the partner goes on: nothing of it is lost, and what changed is said (R34)."""

from collections.abc import Callable

import pytest
from django.test import Client

from contacts.models import User
from tenants import drafts, workflow
from tenants.models import Remark, TenantRequest
from tenants.tests.conftest import ALL_TICKED
from tenants.tests.test_admin import address, decide
from tenants.tests.test_announcements import correct
from tenants.transitions import Verb

NEW, NEWER = "theo@bakkerijdesmet.example", "t.lambert@bakkerijdesmet.example"
REASON = "A long and careful reason."


@pytest.fixture
def of_sam(login: Callable[[User], Client], sam: User) -> Client:
    return login(sam)


def write(client: Client, found: TenantRequest, **typed: str) -> None:
    """Look at the mails of a rejection, on the page as it is now."""
    typed = {"version": str(found.version), "comment": REASON, "preview": "yes"} | typed
    client.post(address("decide", found, Verb.REJECT), typed)


def test_r34_a_reason_comes_back_when_a_person_was_corrected_meanwhile(
    taken: TenantRequest, of_sam: Client, alice: User
) -> None:
    write(of_sam, taken)
    correct(taken, alice, email=NEW)

    page = of_sam.get(address("decide", taken, Verb.REJECT))

    assert REASON in page.text
    assert "Alice Peeters corrected a person since you opened it." in page.text
    assert "it was written about version 1." in page.text
    assert f'<ins class="diff">{NEW}</ins>' in page.text


def test_r34_so_does_it_when_the_request_was_sent_again(
    taken: TenantRequest, of_sam: Client, alice: User, sam: User
) -> None:
    write(of_sam, taken)
    back = workflow.request_changes(taken, by=sam, version=1, remarks=[Remark(text="Look again.")])
    drafts.keep_step(back, "message", back.answers["message"] | {"reference": "PO-2"})
    workflow.submit(TenantRequest.objects.get(pk=back.pk), by=alice, sent=ALL_TICKED)

    page = of_sam.get(address("decide", taken, Verb.REJECT))

    assert REASON in page.text
    assert "This request was sent again since you opened it." in page.text


def test_r34_it_is_compared_with_the_version_that_was_open(taken: TenantRequest, of_sam: Client, alice: User) -> None:
    second = correct(taken, alice, email=NEW)
    write(of_sam, second)
    correct(second, alice, email=NEWER)

    page = of_sam.get(address("decide", taken, Verb.REJECT))

    assert f'<del class="diff">{NEW}</del>' in page.text
    assert f'<ins class="diff">{NEWER}</ins>' in page.text


def test_r34_looking_at_the_mails_again_says_it_before_it_counts_for_the_new_version(
    taken: TenantRequest, of_sam: Client, alice: User
) -> None:
    correct(taken, alice, email=NEW)

    page = of_sam.post(address("decide", taken, Verb.REJECT), {"version": "1", "comment": REASON, "preview": "yes"})

    assert "Alice Peeters corrected a person since you opened it." in page.text


def test_r34_a_decision_about_the_older_version_is_refused_with_what_happened(
    taken: TenantRequest, of_sam: Client, alice: User
) -> None:
    correct(taken, alice, email=NEW)

    answer = decide(of_sam, taken, Verb.REJECT)

    assert answer.status_code == 409
    assert "Alice Peeters corrected a person since you opened it." in answer.text


def test_r34_whoever_wrote_nothing_has_opened_it_now(taken: TenantRequest, of_sam: Client, alice: User) -> None:
    of_sam.post(address("decide", taken, Verb.APPROVE), {"version": "1", "comment": "", "preview": "yes"})
    correct(taken, alice, email=NEW)

    page = of_sam.get(address("decide", taken, Verb.APPROVE))

    assert "since you opened it" not in page.text


def test_r33_of_what_cannot_happen_any_more_only_the_words_are_left(
    taken: TenantRequest, of_sam: Client, sam: User
) -> None:
    write(of_sam, taken)
    workflow.reject(taken, by=sam, version=1, comment="No.")

    page = of_sam.get(address("decide", taken, Verb.REJECT)).text

    assert "<strong>You rejected this request just now.</strong>" in page
    assert f"<dt>Why is it not accepted?</dt><dd>{REASON}</dd>" in page
    assert "The request ends here." not in page
    assert "as it goes out" not in page
    assert "<textarea" not in page
