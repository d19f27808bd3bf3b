import html
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from contacts.current import seal_value
from contacts.models import Company, Group, Membership, User
from contacts.seal import KEPT_KEY, KEPT_MOST
from contacts.tests import sealed_urls

pytestmark = pytest.mark.urls("contacts.tests.sealed_urls")
Login = Callable[[User], Client]


@pytest.fixture(autouse=True)
def written() -> Iterator[list]:
    sealed_urls.written.clear()
    return sealed_urls.written


@pytest.fixture
def browser(alice: User, customer: Company, login: Login) -> Client:
    """Alice's, in which she works for the bakery."""
    client = login(alice)
    switch(client, customer)
    return client


def switch(client: Client, company: Company) -> None:
    assert client.post("/switch/", {"company": str(company.public_id)}).status_code == 302


def hidden(page: str) -> dict[str, list[str]]:
    """What the one form that goes on would post."""
    form = page.split('<form method="post" action="/write/')[1].split("</form>")[0]
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', form):
        found.setdefault(html.unescape(name), []).append(html.unescape(value))
    return found


def test_r03_a_form_of_the_acting_company_is_written(
    browser: Client, alice: User, customer: Company, written: list
) -> None:
    answer = browser.post("/write/", {"note": "x", "_seal": seal_value(alice, customer)})

    assert answer.text == "written"
    assert written == [("Bakkerij De Smet bv", {"note": ["x"]})]


def test_r03_t03_a_switch_in_another_tab_refuses_the_form_and_keeps_it(
    browser: Client, alice: User, customer: Company, other_customer: Company, written: list
) -> None:
    seal = seal_value(alice, customer)
    switch(browser, other_customer)

    answer = browser.post("/write/", {"note": "loaf & <b>crust</b>", "_seal": seal})

    assert answer.status_code == 409
    assert "You switched company in another tab" in answer.text
    assert "Work for Bakkerij De Smet bv and go on" in answer.text
    assert "Stay with Garage Lambrecht nv" in answer.text
    assert "loaf &amp; &lt;b&gt;crust&lt;/b&gt;" in answer.text
    assert written == []


def test_r03_going_on_switches_back_and_writes_in_one_step(
    browser: Client, alice: User, customer: Company, other_customer: Company, written: list
) -> None:
    data = {"note": 'two\r\nlines "quoted"', "kind": ["a", "b"], "_stop": "1", "_seal": seal_value(alice, customer)}
    switch(browser, other_customer)

    page = browser.post("/write/?from=list", data)
    answer = browser.post("/write/?from=list", hidden(page.text))

    assert 'action="/write/?from=list"' in page.text
    assert answer.text == "written"
    assert written == [("Bakkerij De Smet bv", {"note": ['two\r\nlines "quoted"'], "kind": ["a", "b"]})]
    assert browser.get("/whoami/").json()["company"] == "Bakkerij De Smet bv"


def test_r03_big_text_survives_the_refusal(
    browser: Client, alice: User, customer: Company, other_customer: Company, written: list
) -> None:
    text = "<é>" * 100_000
    switch(browser, other_customer)

    page = browser.post("/write/", {"note": text, "_seal": seal_value(alice, customer)})
    browser.post("/write/", hidden(page.text))

    assert written == [("Bakkerij De Smet bv", {"note": [text]})]


def test_r03_what_was_typed_is_shown_with_its_labels(
    browser: Client, alice: User, customer: Company, other_customer: Company
) -> None:
    switch(browser, other_customer)

    page = browser.post(
        "/write/", {"note": "bread", "kind": "b", "agreed": "on", "other": "x", "_seal": seal_value(alice, customer)}
    )

    assert page.context["typed"].shown() == [("Your note", "bread"), ("What it is", "A pear"), ("You agree", "Yes")]


def test_r03_files_are_to_be_chosen_again(
    browser: Client, alice: User, customer: Company, other_customer: Company
) -> None:
    switch(browser, other_customer)
    file = SimpleUploadedFile("overeenkomst.pdf", b"%PDF-1.7", "application/pdf")

    page = browser.post("/write/", {"note": "x", "agreement": file, "_seal": seal_value(alice, customer)})

    assert page.status_code == 409
    assert "Choose the file again." in page.text
    assert "overeenkomst.pdf could not be kept" in page.text
    assert 'type="file" id="file_1" name="agreement"' in page.text
    assert 'enctype="multipart/form-data"' in page.text


@pytest.mark.parametrize("seal", ["", "nonsense", "a.b:c", "\0", "é" * 1000])
def test_r03_a_missing_or_forged_seal_is_refused(browser: Client, customer: Company, written: list, seal: str) -> None:
    answer = browser.post("/write/", {"note": "bread", "_seal": seal})

    assert answer.status_code == 409
    assert "Nothing was saved" in answer.text
    assert "bread" in answer.text
    assert "Go on for Bakkerij De Smet bv" in answer.text
    assert written == []


def test_r03_a_form_without_seal_goes_on_in_one_step(browser: Client, written: list) -> None:
    page = browser.post("/write/", {"note": "bread"})

    browser.post("/write/", hidden(page.text))

    assert written == [("Bakkerij De Smet bv", {"note": ["bread"]})]


def test_r03_a_changed_seal_is_refused(
    browser: Client, alice: User, customer: Company, other_customer: Company, written: list
) -> None:
    signature = seal_value(alice, customer).partition(":")[2]
    forged = f"{alice.public_id.hex}.{other_customer.public_id.hex}:{signature}"

    answer = browser.post("/write/", {"note": "x", "_seal": forged, "_switch_back": "1"})

    assert answer.status_code == 409
    assert written == []


def test_r03_somebody_elses_seal_is_refused_for_good(
    browser: Client, bob: User, customer: Company, written: list
) -> None:
    answer = browser.post("/write/", {"note": "x", "_seal": seal_value(bob, customer), "_switch_back": "1"})

    assert answer.status_code == 409
    assert "This page was opened by somebody else" in answer.text
    assert "_switch_back" not in answer.text
    assert written == []


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_r03_every_method_that_writes_needs_the_seal(
    browser: Client, alice: User, customer: Company, written: list, method: str
) -> None:
    send = getattr(browser, method)

    refused = send("/write/")
    done = send("/write/", headers={"X-Seal": seal_value(alice, customer)})

    assert (refused.status_code, done.status_code) == (409, 200)
    assert len(written) == 1


def test_r03_a_script_sends_the_seal_as_header(
    browser: Client, alice: User, customer: Company, other_customer: Company, written: list
) -> None:
    headers = {"HX-Request": "true", "X-Seal": seal_value(alice, customer)}
    switch(browser, other_customer)

    answer = browser.post("/write/", {"note": "x"}, headers=headers)

    assert answer.status_code == 409
    assert "You switched company in another tab." in answer.text
    assert "<html" not in answer.text
    assert written == []


def test_r03_a_script_without_seal_is_refused(browser: Client, written: list) -> None:
    answer = browser.post("/write/", {"note": "x"}, headers={"HX-Request": "true"})

    assert answer.status_code == 409
    assert written == []


def test_t07_an_open_form_of_a_removed_member_writes_nothing(
    browser: Client, alice: User, customer: Company, cloudhoek: Company, written: list
) -> None:
    Membership.objects.create(user=alice, company=cloudhoek, groups=[Group.FULL])
    alice.memberships.filter(company=customer.partner).delete()

    for extra in ({}, {"_switch_back": "1"}):
        answer = browser.post("/write/", {"note": "x", "_seal": seal_value(alice, customer)} | extra)
        assert answer.status_code == 403
        assert "Bakkerij" not in answer.text
    assert written == []


def test_t07_an_open_form_of_somebody_without_company_writes_nothing(
    browser: Client, alice: User, customer: Company, written: list
) -> None:
    alice.memberships.all().delete()

    answer = browser.post("/write/", {"note": "rye & oats", "_seal": seal_value(alice, customer)})

    assert answer.status_code == 403
    assert written == []
    assert given_back(answer) == [("Your note", "rye & oats")]


def test_t08_an_open_form_of_somebody_lowered_writes_nothing(
    browser: Client, alice: User, customer: Company, written: list
) -> None:
    alice.memberships.update(groups=[Group.READ_ONLY])

    answer = browser.post("/write/", {"note": "rye & oats", "kind": "b", "_seal": seal_value(alice, customer)})

    assert answer.status_code == 403
    assert written == []
    assert given_back(answer) == [("Your note", "rye & oats"), ("What it is", "A pear")]
    assert "Nothing was saved: your permissions changed while the page was open." in answer.text


def given_back(answer: Any) -> list[tuple[str, str]]:
    pairs = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", answer.text)
    return [(html.unescape(label), html.unescape(value)) for label, value in pairs]


def test_a_choice_without_words_shows_no_key_of_ours(
    browser: Client, alice: User, customer: Company, other_customer: Company
) -> None:
    seal = seal_value(alice, customer)
    switch(browser, other_customer)

    answer = browser.post("/write/", {"kind": "contact:0de17f39", "_seal": seal})

    assert given_back(answer)[-1:] == [("What it is", "as you chose")]


# --- A session that ended, or began anew, while a form was open


def test_r03_an_expired_session_loses_nothing(alice: User, customer: Company, browser: Client, written: list) -> None:
    data = {"note": "bread", "kind": ["a", "b"], "_seal": seal_value(alice, customer)}
    browser.logout()

    refused = browser.post("/write/?x=1", data)
    browser.force_login(alice)
    page = browser.get("/kept/")
    done = browser.post("/write/?x=1", hidden(page.text))

    assert (refused.status_code, refused["Location"]) == (302, "/account/login/?next=/kept/")
    assert "What you typed is kept: log in, and go on with it." in Client().get(refused["Location"]).text
    assert "You were logged out" in page.text
    assert "Go on for Bakkerij De Smet bv" in page.text
    assert done.text == "written"
    assert written == [("Bakkerij De Smet bv", {"note": ["bread"], "kind": ["a", "b"]})]
    assert KEPT_KEY not in browser.session


def test_r03_what_an_expired_session_kept_can_be_dropped(
    alice: User, customer: Company, browser: Client, written: list
) -> None:
    browser.logout()
    browser.post("/write/", {"note": "bread", "_seal": seal_value(alice, customer)})
    browser.force_login(alice)

    answer = browser.post("/kept/")

    assert answer["Location"] == "/"
    assert browser.get("/kept/").status_code == 302
    assert written == []


def test_r03_what_was_kept_is_never_shown_to_somebody_else(
    alice: User, bob: User, customer: Company, browser: Client, written: list
) -> None:
    browser.logout()
    browser.post("/write/", {"note": "bread", "_seal": seal_value(alice, customer)})

    browser.force_login(bob)

    assert KEPT_KEY not in browser.session
    assert browser.get("/kept/").status_code == 302


def test_t07_what_was_kept_for_a_company_lost_since_goes_nowhere(
    alice: User, customer: Company, browser: Client
) -> None:
    browser.logout()
    browser.post("/write/", {"note": "bread", "_seal": seal_value(alice, customer)})
    browser.force_login(alice)
    alice.memberships.all().delete()

    page = browser.get("/kept/")

    assert "You no longer work for this company" in page.text
    assert "bread" in page.text
    assert "_switch_back" not in page.text
    assert "Bakkerij" not in page.text


def test_r03_strangers_keep_nothing(client: Client, db: None) -> None:
    answer = client.post("/write/", {"note": "x" * 1000, "_seal": "forged"})

    assert answer["Location"] == "/account/login/?next=/write/"
    assert list(client.session.keys()) == []


def test_r03_what_is_too_long_to_keep_is_shown_to_be_copied(alice: User, customer: Company, client: Client) -> None:
    answer = client.post("/write/", {"note": "x" * KEPT_MOST, "_seal": seal_value(alice, customer)})

    assert answer.status_code == 413
    assert "too long to be kept" in answer.text
    assert "x" * KEPT_MOST in answer.text
    assert KEPT_KEY not in client.session


def test_r03_a_script_of_an_ended_session_is_told(alice: User, customer: Company, client: Client) -> None:
    answer = client.post("/write/", {"note": "x"}, headers={"X-Seal": seal_value(alice, customer)})

    assert answer.status_code == 401
    assert "You were logged out" in answer.text


@pytest.fixture
def strict(alice: User, customer: Company) -> Client:
    """A browser of Alice's that checks CSRF tokens, as real ones do."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    return client


def test_r03_a_login_in_another_tab_keeps_what_was_typed(
    strict: Client, alice: User, customer: Company, written: list
) -> None:
    page = strict.post(
        "/write/", {"note": "bread", "csrfmiddlewaretoken": "o" * 64, "_seal": seal_value(alice, customer)}
    )
    done = strict.post("/write/", hidden(page.text))

    assert page.status_code == 403
    assert "You logged in again in another tab" in page.text
    assert done.text == "written"
    assert written == [("Bakkerij De Smet bv", {"note": ["bread"]})]


@pytest.mark.parametrize("whose", ["nobody", "bob", "mallory"])
def test_r03_a_failed_csrf_check_never_goes_on_for_another(
    strict: Client, bob: User, mallory: User, customer: Company, written: list, whose: str
) -> None:
    seals = {"nobody": "", "bob": seal_value(bob, customer), "mallory": seal_value(mallory, customer)}

    page = strict.post("/write/", {"note": "bread", "_seal": seals[whose]})

    assert page.status_code == 403
    assert "This page is too old" in page.text
    assert "_switch_back" not in page.text
    assert written == []
