import base64
import re
from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from structlog.testing import capture_logs

from conftest import make_company, make_contact, make_user
from contacts.current import SESSION_KEY, seal_value
from contacts.models import Company, Contact, Group, Membership, User
from notifications.models import OutgoingEmail
from tenants import assignment, checks, drafts, workflow
from tenants.models import Remark, Statement, Status, TenantRequest
from tenants.persons import Cast
from tenants.questions import details_fingerprint
from tenants.steps import STEPS
from tenants.tests.conftest import ALL_TICKED, do, reached
from tenants.tests.hostile import HOSTILE
from tenants.tests.test_directory import load
from tenants.tests.test_workflow import may, state
from tenants.transitions import Verb

Login = Callable[[User], Client]
THEO = "theo.lambert@bakkerijdesmet.example"


class Browser:
    """Somebody's browser while they work for one company: every POST carries the seal of that company."""

    def __init__(self, client: Client, user: User, company: Company) -> None:
        self.client, self.seal = client, seal_value(user, company)
        session = client.session
        session[SESSION_KEY] = company.pk
        session.save()

    def get(self, name: str, *args: Any, **query: Any) -> Any:
        return self.client.get(reverse(f"tenants:{name}", args=args), query)

    def send(self, public_id: Any, **ticked: str) -> Any:
        """Open the last page and send what it shows."""
        return self.post("check", public_id, seen=seen(self.get("check", public_id)), **ticked)

    def post(self, name: str, *args: Any, **typed: Any) -> Any:
        return self.client.post(reverse(f"tenants:{name}", args=args), typed | {"_seal": self.seal})


def seen(page: Any) -> str:
    """The digest that the last page carries along."""
    found = re.search(r'name="seen" value="(\w+)"', page.content.decode())
    return found[1] if found else ""


@pytest.fixture
def at_bakery(login: Login, alice: User, customer: Company) -> Browser:
    """Alice works for the bakery."""
    return Browser(login(alice), alice, customer)


def text(response: Any) -> str:
    """What a person reads of a page, on one line."""
    page = re.sub(
        r"<(script|style|svg|head).*?</\1>", " ", response.content.decode().replace("<wbr>", ""), flags=re.DOTALL
    )
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_r12_two_people_of_the_partner_are_named_in_one_sentence(
    at_bakery: Browser, draft: TenantRequest, alice: User, bob: User
) -> None:
    own = {"dpo": f"user:{bob.public_id}", "watchlist": f"user:{alice.public_id}"}
    drafts.keep_step(draft, "contacts", draft.answers["contacts"] | own)

    page = text(at_bakery.get("check", draft.public_id))

    assert "to name Bob Claes / Alice Peeters of Nordwave IT bv here as contact." in page


@pytest.mark.parametrize(
    ("name", "slug", "asks"),
    [
        ("step", "contacts", "?step=contacts"),
        ("check", "", ""),
        ("correct_person", "technical", "?person=technical"),
        ("change_contacts", "", "?step=contacts"),
        ("withdraw", "", ""),
    ],
)
def test_r04_an_old_link_at_ones_own_company_leads_to_the_button_of_its_customer(
    login: Login, alice: User, mallory: User, nordwave: Company, draft: TenantRequest, name: str, slug: str, asks: str
) -> None:
    path = reverse(f"tenants:{name}", args=[draft.public_id, *filter(None, [slug])])

    answer = login(alice).get(path)
    rival, nobody = login(mallory).get(path), login(mallory).get(path.replace(str(draft.public_id), str(uuid4())))

    assert answer.headers["Location"] == reverse("tenants:open", args=[draft.public_id]) + asks
    assert (rival.status_code, text(rival)) == (nobody.status_code, text(nobody))


def test_r20_a_request_is_a_row_from_its_first_step(at_bakery: Browser, alice: User, customer: Company) -> None:
    answer = at_bakery.post("start")

    made = TenantRequest.objects.get()
    assert answer.url == reverse("tenants:step", args=[made.public_id, "customer"])
    assert (made.status, made.company, made.owner) == (Status.DRAFT, customer, alice)
    assert re.fullmatch(r"TR-\d\d-[2-9B-DF-HJKMNP-TV-Z]{5}", made.number)


def test_r01_at_ones_own_company_one_is_asked_to_switch_first(login: Login, alice: User, nordwave: Company) -> None:
    own = Browser(login(alice), alice, nordwave)

    assert own.post("start").status_code == 409
    assert TenantRequest.objects.count() == 0


def test_r20_each_step_is_kept_as_it_was_typed(at_bakery: Browser, draft: TenantRequest) -> None:
    answer = at_bakery.post("step", draft.public_id, "tenant", tenant_name="Desmet-Academie", login_phone="x")

    assert answer.status_code == 200
    assert "Leave out the hyphen: “desmetacademie” is possible." in text(answer)
    assert 'value="Desmet-Academie"' in answer.content.decode()
    assert TenantRequest.objects.get().answers["tenant"]["tenant_name"] == "Desmet-Academie"


def test_save_and_stop_keeps_what_is_not_right_yet(at_bakery: Browser, draft: TenantRequest) -> None:
    answer = at_bakery.post("step", draft.public_id, "tenant", tenant_name="Desmet-Academie", stop="1")

    assert answer.url == reverse("tenants:requests")
    assert 'value="Desmet-Academie"' in at_bakery.get("step", draft.public_id, "tenant").content.decode()


def test_r20_another_step_is_a_button_that_keeps_the_one_that_is_left(at_bakery: Browser, draft: TenantRequest) -> None:
    page = at_bakery.get("step", draft.public_id, "tenant").content.decode()
    answer = at_bakery.post("step", draft.public_id, "tenant", tenant_name="Desmet-Academie", to="message")

    assert 'form="answers" name="to" value="message"' in page
    assert answer.url == reverse("tenants:step", args=[draft.public_id, "message"])
    assert TenantRequest.objects.get().answers["tenant"]["tenant_name"] == "Desmet-Academie"
    # What was typed is kept even where nobody knows the way.
    assert at_bakery.post("step", draft.public_id, "tenant", tenant_name="desmetaalst", to="nowhere").status_code == 404
    assert TenantRequest.objects.get().answers["tenant"]["tenant_name"] == "desmetaalst"


@pytest.mark.parametrize("button", [{"stop": "1"}, {"to": "contacts"}])
def test_going_away_from_the_customers_details_does_not_confirm_them(
    at_bakery: Browser, customer: Company, alice: User, button: dict[str, str]
) -> None:
    draft = drafts.start(customer, by=alice)
    confirmed = details_fingerprint(customer)

    left = at_bakery.post("step", draft.public_id, "customer", confirmed=confirmed, **button)
    unconfirmed = "customer" in TenantRequest.objects.get().answers
    at_bakery.post("step", draft.public_id, "customer", confirmed=confirmed)

    assert (left.status_code, unconfirmed) == (302, False)
    assert TenantRequest.objects.get().answers["customer"] == {"confirmed": confirmed}


def test_a_script_keeps_a_step_while_somebody_types(at_bakery: Browser, draft: TenantRequest) -> None:
    read = drafts.reading(draft, "tenant")
    answer = at_bakery.post("step", draft.public_id, "tenant", tenant_name="Not-A-Name", keep="1", _read=read)

    kept = TenantRequest.objects.get().answers["tenant"]["tenant_name"]
    assert (answer.status_code, kept) == (200, "Not-A-Name")
    assert "Kept at" in text(answer)
    # Errors are for "Save and go on": nobody is corrected while typing.
    assert "to correct" not in text(answer)


def test_a_script_in_an_old_tab_writes_nothing_over_what_was_kept_since(
    at_bakery: Browser, draft: TenantRequest
) -> None:
    old = drafts.reading(draft, "tenant")
    drafts.keep_step(draft, "tenant", draft.answers["tenant"] | {"tenant_name": "desmetaalst"})

    by_script = at_bakery.post("step", draft.public_id, "tenant", tenant_name="typed", keep="1", _read=old)

    assert by_script.status_code == 409
    assert "Not kept: this step was changed since" in text(by_script)
    assert TenantRequest.objects.get().answers["tenant"]["tenant_name"] == "desmetaalst"


@pytest.mark.parametrize("button", [{}, {"to": "contacts"}, {"stop": "1"}])
def test_an_old_page_writes_over_a_colleagues_answers_only_when_that_is_meant(
    at_bakery: Browser, draft: TenantRequest, bob: User, button: dict[str, str]
) -> None:
    old = drafts.reading(draft, "message")
    drafts.keep_step(draft, "message", {"reference": "PO-2", "message": "From Bob."}, by=bob)

    page = at_bakery.post("step", draft.public_id, "message", reference="PO-1", _read=old, **button)

    assert page.status_code == 409
    assert "Bob Claes changed this step on " in text(page)
    assert 'value="PO-1"' in page.content.decode()
    assert TenantRequest.objects.get().answers["message"]["reference"] == "PO-2"
    now = re.findall(r'name="_read" value="(\w+)"', page.content.decode())[0]
    at_bakery.post("step", draft.public_id, "message", reference="PO-1", _read=now, **button)
    assert TenantRequest.objects.get().answers["message"]["reference"] == "PO-1"


@pytest.mark.parametrize("how", [{}, {"keep": "1"}])
def test_ones_own_other_tab_is_asked_too_and_a_page_never_about_itself(
    at_bakery: Browser, draft: TenantRequest, how: dict[str, str]
) -> None:
    pages = [at_bakery.get("step", draft.public_id, "message").content.decode() for _tab in range(2)]
    first, second = (dict(re.findall(r'name="(_read|_page)" value="([\w-]+)"', page)) for page in pages)

    def save(tab: dict[str, str], reference: str) -> int:
        return at_bakery.post("step", draft.public_id, "message", reference=reference, **tab, **how).status_code

    kept = [save(first, "PO-1"), save(first, "PO-2"), save(second, "PO-3")]

    assert kept == [200 if how else 302] * 2 + [409]
    assert TenantRequest.objects.get().answers["message"]["reference"] == "PO-2"
    asked = text(at_bakery.post("step", draft.public_id, "message", reference="PO-3", **second))
    assert "You changed this step on" in asked
    assert ("Not kept yet." in asked, "What you typed is kept." in asked) == (True, False)


def test_r20_what_a_script_sent_first_and_arrives_last_does_not_win(at_bakery: Browser, draft: TenantRequest) -> None:
    page = at_bakery.get("step", draft.public_id, "message").content.decode()
    tab = dict(re.findall(r'name="(_read|_page)" value="([\w-]+)"', page))

    at_bakery.post("step", draft.public_id, "message", reference="PO-whole", _nth="2", **tab)
    late = at_bakery.post("step", draft.public_id, "message", reference="PO-wh", _nth="1", keep="1", **tab)

    assert late.status_code == 200
    assert TenantRequest.objects.get().answers["message"]["reference"] == "PO-whole"
    again = at_bakery.post("step", draft.public_id, "message", reference="PO-other", _nth="3", keep="1", **tab)
    assert (again.status_code, TenantRequest.objects.get().answers["message"]["reference"]) == (200, "PO-other")


def test_a_step_says_who_was_chosen_and_was_archived_since(
    at_bakery: Browser, draft: TenantRequest, theo: Contact, bob: User
) -> None:
    drafts.keep_step(draft, "contacts", draft.answers["contacts"] | {"dpo": f"user:{bob.public_id}"})
    Contact.objects.filter(pk=theo.pk).update(archived_at=timezone.now())
    bob.memberships.all().delete()

    page = text(at_bakery.get("step", draft.public_id, "contacts"))

    assert "Theo Lambert was archived: choose somebody else." in page
    assert "Whoever was chosen here can be chosen no more: choose somebody else." in page


def test_a_draft_counts_its_steps_alike_on_its_pages_and_in_the_list(
    at_bakery: Browser, draft: TenantRequest, customer: Company
) -> None:
    before = text(at_bakery.get("step", draft.public_id, "message")), text(at_bakery.get("requests"))
    Company.objects.filter(pk=customer.pk).update(phone="+3253000099")
    after = text(at_bakery.get("step", draft.public_id, "message")), text(at_bakery.get("requests"))

    assert ("5 done" in before[0], "5 of 5 steps are kept" in before[1]) == (True, True)
    assert ("4 done" in after[0], "4 of 5 steps are kept" in after[1]) == (True, True)


def test_an_old_page_in_which_nobody_typed_writes_nothing_and_goes_on(
    at_bakery: Browser, draft: TenantRequest, bob: User
) -> None:
    before = dict(draft.answers["tenant"])
    old = drafts.reading(draft, "tenant")
    drafts.keep_step(draft, "tenant", before | {"login_name": "Bob Claes"}, by=bob)

    answer = at_bakery.post("step", draft.public_id, "tenant", _read=old, to="contacts", **before)

    assert answer.url == reverse("tenants:step", args=[draft.public_id, "contacts"])
    assert TenantRequest.objects.get().answers["tenant"]["login_name"] == "Bob Claes"


def test_a_new_contact_is_added_from_the_step_which_is_kept(at_bakery: Browser, draft: TenantRequest) -> None:
    answer = at_bakery.post("step", draft.public_id, "contacts", authority="mandate", new_contact="1")

    here = reverse("tenants:step", args=[draft.public_id, "contacts"])
    assert answer.url == f"{reverse('contacts:contact_add')}?{urlencode({'next': here})}"
    assert TenantRequest.objects.get().answers["contacts"]["authority"] == "mandate"


def test_r12_one_reads_while_choosing_that_an_agreement_is_needed(
    at_bakery: Browser, draft: TenantRequest, bob: User
) -> None:
    drafts.keep_step(draft, "contacts", draft.answers["contacts"] | {"dpo": f"user:{bob.public_id}"})

    page = text(at_bakery.get("step", draft.public_id, "contacts"))

    assert "Bob Claes works for Nordwave IT bv. Before sending we ask you to state" in page


def test_what_a_person_lacks_is_said_with_the_place_where_it_is_added(
    at_bakery: Browser, draft: TenantRequest, alice: User, bob: User
) -> None:
    answers = draft.answers["contacts"]
    User.objects.filter(pk__in=[alice.pk, bob.pk]).update(job_title="")

    own = at_bakery.post("step", draft.public_id, "contacts", **answers | {"commercial": f"user:{alice.public_id}"})
    other = at_bakery.post("step", draft.public_id, "contacts", **answers | {"commercial": f"user:{bob.public_id}"})

    assert "Alice Peeters has no job title yet. Add it under “Edit Alice Peeters”, below this field." in text(own)
    assert f'href="{reverse("contacts:profile")}?next=' in own.content.decode()
    assert "Bob Claes has no job title yet. Ask them to add it in their profile, or choose somebody else." in text(
        other
    )


def test_the_last_page_says_who_hears_of_it_when_it_is_sent_again(
    at_bakery: Browser, taken: TenantRequest, sam: User
) -> None:
    back = do(Verb.REQUEST_CHANGES, taken, sam)
    drafts.keep_step(back, "tenant", back.answers["tenant"] | {"tenant_name": "desmetaalst"})

    page = text(at_bakery.get("check", back.public_id))

    assert "Theo Lambert reads in Dutch what changed." in page
    assert "gets a confirmation" not in page


def test_r15_the_partner_reads_what_was_stated(at_bakery: Browser, sent: TenantRequest) -> None:
    page = text(at_bakery.get("request", sent.public_id))

    assert "Statements accepted People named to Microsoft Nordwave IT bv may name the people above" in page
    assert "Accepted by Alice Peeters" in page


def test_t24_fields_that_are_not_asked_are_ignored(at_bakery: Browser, draft: TenantRequest, alice: User) -> None:
    extra = {"status": "registered", "company": "1", "owner": "1", "version": "9", "created_by": "1"}

    at_bakery.post("step", draft.public_id, "message", reference="PO-1", **extra)

    after = TenantRequest.objects.get()
    assert (after.status, after.version, after.owner, after.company) == (Status.DRAFT, 0, alice, draft.company)
    assert after.answers["message"] == {"reference": "PO-1"}


def test_t11_a_contact_of_another_company_cannot_be_chosen(
    at_bakery: Browser, draft: TenantRequest, rival_customer: Company
) -> None:
    theirs = Contact.objects.create(
        company=rival_customer, first_name="R", last_name="X", email="r@x.example", language="nl"
    )

    answer = at_bakery.post("step", draft.public_id, "contacts", technical=f"contact:{theirs.public_id}")

    assert "This person can no longer be chosen. Choose another one." in text(answer)


def test_t34_sending_early_leads_to_what_is_missing(at_bakery: Browser, customer: Company, alice: User) -> None:
    begun = drafts.start(customer, by=alice)

    answer = at_bakery.post("check", begun.public_id, naming="on")

    assert "Not ready to send yet" in text(answer)
    assert reverse("tenants:step", args=[begun.public_id, "contacts"]) in answer.content.decode()
    assert TenantRequest.objects.get().status == Status.DRAFT


def test_r15_statements_are_never_ticked_beforehand(at_bakery: Browser, draft: TenantRequest) -> None:
    page = at_bakery.get("check", draft.public_id).content.decode()

    assert re.findall(r'<input[^>]*type="checkbox"[^>]*>', page) != []
    assert "checked" not in page


def test_r21_without_every_tick_nothing_is_sent_and_ticks_are_kept(at_bakery: Browser, draft: TenantRequest) -> None:
    answer = at_bakery.send(draft.public_id, naming="on")

    assert "Tick this box, or change what is stated here." in text(answer)
    assert answer.content.decode().count("checked") == 1
    assert TenantRequest.objects.get().status == Status.DRAFT


ANOTHER_SIGNATORY = {"signatory_last_name": "Janssens", "signatory_email": "jo@bakkerijdesmet.example"}


def ticked_boxes(page: Any) -> list[str]:
    """The names of the boxes that are ticked on the last page."""
    boxes = re.findall(r'<input[^>]*type="checkbox"[^>]*>', page.content.decode())
    return [re.findall(r'name="(\w+)"', box)[0] for box in boxes if "checked" in box]


@pytest.mark.parametrize("button", ["stop", "keep"])
def test_r15_ticks_belong_to_the_draft(at_bakery: Browser, draft: TenantRequest, button: str) -> None:
    read, shown = drafts.reading(draft, "check"), seen(at_bakery.get("check", draft.public_id))

    at_bakery.post("check", draft.public_id, naming="on", seen=shown, _read=read, **{button: "1"})

    assert ticked_boxes(at_bakery.get("check", draft.public_id)) == ["naming"]
    assert (TenantRequest.objects.get().status, Statement.objects.count()) == (Status.DRAFT, 0)


def test_r15_a_tick_counts_for_the_words_that_were_read(at_bakery: Browser, draft: TenantRequest) -> None:
    shown = seen(at_bakery.get("check", draft.public_id))
    at_bakery.post("check", draft.public_id, naming="on", authority="on", seen=shown, stop="1")
    drafts.keep_step(draft, "microsoft", draft.answers["microsoft"] | ANOTHER_SIGNATORY)

    assert ticked_boxes(at_bakery.get("check", draft.public_id)) == ["authority"]


def test_r15_a_colleagues_ticks_are_not_shown_as_ones_own(
    at_bakery: Browser, login: Login, draft: TenantRequest, nordwave: Company, customer: Company
) -> None:
    shown = seen(at_bakery.get("check", draft.public_id))
    at_bakery.post("check", draft.public_id, naming="on", authority="on", seen=shown, stop="1")
    bea = make_user("bea@nordwave.example", "Bea", "Smits")
    Membership.objects.create(user=bea, company=nordwave, groups=[Group.TENANTS])

    assert ticked_boxes(Browser(login(bea), bea, customer).get("check", draft.public_id)) == []


def test_r15_ticks_that_were_sent_are_not_ticked_again(at_bakery: Browser, draft: TenantRequest, sam: User) -> None:
    at_bakery.send(draft.public_id, naming="on", authority="on")
    back = do(Verb.REQUEST_CHANGES, assignment.take(TenantRequest.objects.get(), by=sam), sam)
    drafts.keep_step(back, "microsoft", back.answers["microsoft"] | ANOTHER_SIGNATORY)

    page = at_bakery.get("check", back.public_id)

    assert 'name="naming"' in page.content.decode()
    assert ticked_boxes(page) == []


@pytest.mark.parametrize("button", [{}, {"stop": "1"}])
def test_r15_a_tick_for_a_page_that_showed_something_else_is_not_kept_for_what_it_shows_now(
    at_bakery: Browser, draft: TenantRequest, button: dict[str, str]
) -> None:
    old = seen(at_bakery.get("check", draft.public_id))
    drafts.keep_step(draft, "contacts", {"commercial": draft.answers["contacts"]["technical"]}, whole=False)

    at_bakery.post("check", draft.public_id, naming="on", authority="on", seen=old, **button)

    assert ticked_boxes(at_bakery.get("check", draft.public_id)) == []
    assert Statement.objects.count() == 0


def test_an_old_tab_keeps_no_tick_over_what_was_kept_since(at_bakery: Browser, draft: TenantRequest) -> None:
    read = drafts.reading(draft, "check")
    shown = seen(at_bakery.get("check", draft.public_id))
    at_bakery.post("check", draft.public_id, naming="on", authority="on", seen=shown, stop="1")

    late = at_bakery.post("check", draft.public_id, seen="x", _read=read, keep="1")

    assert late.status_code == 409
    assert ticked_boxes(at_bakery.get("check", draft.public_id)) == ["naming", "authority"]


def test_sending_leads_to_the_requests_page_with_the_day(at_bakery: Browser, draft: TenantRequest) -> None:
    answer = at_bakery.send(draft.public_id, naming="on", authority="on")

    page = text(at_bakery.client.get(answer.url))
    assert "Sent. Arxus answers by" in page
    assert "With Arxus: being checked" in page
    assert Statement.objects.filter(kind="naming", by__email="alice@nordwave.example", ip_address="127.0.0.1").exists()


@pytest.mark.parametrize(
    ("proxies", "forwarded", "place"),
    [
        (0, "203.0.113.9", "127.0.0.1"),  # a forged header, which nobody of ours wrote
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.66, 203.0.113.9", "203.0.113.9"),  # the first one is what the client claimed
        (1, "2001:db8::17", "2001:db8::17"),
        (1, "no address", None),
        (2, "203.0.113.9", None),  # too few proxies: that is not to be believed
    ],
)
def test_r15_a_statement_keeps_the_place_of_the_person_and_not_of_the_proxy(
    at_bakery: Browser, draft: TenantRequest, settings: Any, proxies: int, forwarded: str, place: str | None
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    at_bakery.client.defaults["HTTP_X_FORWARDED_FOR"] = forwarded

    at_bakery.send(draft.public_id, naming="on", authority="on")

    assert set(Statement.objects.values_list("ip_address", flat=True)) == {place}


def test_t28_a_second_click_ends_on_the_same_page(at_bakery: Browser, draft: TenantRequest) -> None:
    shown = seen(at_bakery.get("check", draft.public_id))
    first = at_bakery.post("check", draft.public_id, naming="on", authority="on", seen=shown)
    second = at_bakery.post("check", draft.public_id, naming="on", authority="on", seen=shown)

    assert (first.status_code, first.url) == (second.status_code, second.url)
    assert OutgoingEmail.objects.filter(template="confirmation").count() == 2


def test_t29_what_another_page_said_is_not_taken_for_what_was_sent(at_bakery: Browser, draft: TenantRequest) -> None:
    old = seen(at_bakery.get("check", draft.public_id))
    drafts.keep_step(draft, "message", {"reference": "PO-2"})
    at_bakery.send(draft.public_id, naming="on", authority="on")

    late = at_bakery.post("check", draft.public_id, naming="on", authority="on", seen=old)

    assert late.status_code == 409
    said = text(late)
    assert "This request was sent meanwhile You sent it to Arxus on " in said
    assert "Should anything else change, ask Arxus to send it back: +32" in said
    assert draft.submissions.get().data["message"]["reference"] == "PO-2"


def test_who_types_in_a_withdrawn_request_reads_who_did_it_and_that_it_can_be_copied(
    at_bakery: Browser, taken: TenantRequest, sam: User, alice: User, theo: Contact
) -> None:
    back = do(Verb.REQUEST_CHANGES, taken, sam)
    typed = back.answers["contacts"]
    workflow.withdraw(back, by=alice)

    late = at_bakery.post("step", back.public_id, "contacts", **typed)

    said = text(late)
    assert (late.status_code, "This request has ended meanwhile You withdrew it on " in said) == (409, True)
    assert ("You can copy it, and type this there." in said, "Copy and start again" in said) == (True, True)
    assert ("Technical contact Theo Lambert" in said, "contact:" in said) == (True, False)


def test_r12_the_partners_own_contact_needs_statement_and_agreement(
    at_bakery: Browser, draft: TenantRequest, bob: User
) -> None:
    contacts = draft.answers["contacts"] | {"technical": f"user:{bob.public_id}"}
    drafts.keep_step(draft, "contacts", contacts)

    asked = text(at_bakery.get("check", draft.public_id))
    refused = at_bakery.send(draft.public_id, naming="on", authority="on", own_contacts="on")
    agreed = {"agreement_reference": "AG-7", "agreement_signed_on": "1 3 2026"}
    sent = at_bakery.send(draft.public_id, naming="on", authority="on", own_contacts="on", **agreed)

    assert "to name Bob Claes of Nordwave IT bv here as contact" in asked
    assert "Choose one: upload the agreement, or state that you keep it." in text(refused)
    assert sent.status_code == 302
    assert TenantRequest.objects.get().submissions.get().agreement.reference == "AG-7"


def test_r13_oneself_as_commercial_contact_takes_full_responsibility(
    at_bakery: Browser, draft: TenantRequest, alice: User
) -> None:
    User.objects.filter(pk=alice.pk).update(job_title="account manager")
    contacts = {"commercial": f"user:{alice.public_id}", "authority": "director"}
    drafts.keep_step(draft, "contacts", draft.answers["contacts"] | contacts)

    page = text(at_bakery.get("check", draft.public_id))

    assert "I, Alice Peeters, sign as commercial contact for Bakkerij De Smet bv" in page
    assert "Nordwave IT bv and I bear full legal responsibility" in page


def test_r13_a_colleague_as_commercial_contact_needs_a_mandate(
    at_bakery: Browser, draft: TenantRequest, bob: User
) -> None:
    User.objects.filter(pk=bob.pk).update(job_title="sales")
    contacts = {"commercial": f"user:{bob.public_id}", "authority": "director"}
    drafts.keep_step(draft, "contacts", draft.answers["contacts"] | contacts)

    page = text(at_bakery.get("check", draft.public_id))

    assert "Bob Claes works for Nordwave IT bv, so only a mandate counts." in page


def test_r15_sent_again_by_somebody_else_statements_are_asked_anew(
    login: Login, taken: TenantRequest, sam: User, nordwave: Company, customer: Company
) -> None:
    back = do(Verb.REQUEST_CHANGES, taken, sam)
    carl = User.objects.create_user("carl@nordwave.example", "x", first_name="Carl", last_name="Thys")
    Membership.objects.create(user=carl, company=nordwave, groups=[Group.TENANTS])
    theirs = Browser(login(carl), carl, customer).get("check", back.public_id).content.decode()
    mine = Browser(login(taken.owner), taken.owner, customer).get("check", back.public_id).content.decode()

    assert (theirs.count('type="checkbox"'), mine.count('type="checkbox"')) == (2, 0)


def test_r15_another_person_voids_a_statement_a_corrected_spelling_does_not(
    at_bakery: Browser, taken: TenantRequest, sam: User, customer: Company, theo: Contact
) -> None:
    back = do(Verb.REQUEST_CHANGES, taken, sam)
    Contact.objects.filter(email="an@bakkerijdesmet.example").update(first_name="Anne")
    corrected = at_bakery.get("check", back.public_id).content.decode()
    contacts = back.answers["contacts"] | {"commercial": f"contact:{theo.public_id}"}
    drafts.keep_step(back, "contacts", contacts)
    replaced = at_bakery.get("check", back.public_id).content.decode()

    assert (corrected.count('type="checkbox"'), replaced.count('type="checkbox"')) == (0, 1)


@pytest.mark.parametrize("typed", ["bakkerijdesmet.onmicrosoft.com", "bakkerijdesmet\u200b.\u200bonmicrosoft.com"])
def test_the_list_finds_a_name_as_pages_and_mails_write_it(at_bakery: Browser, sent: TenantRequest, typed: str) -> None:
    assert sent.number in text(at_bakery.get("requests", q=typed, status="all"))


def test_r24_the_name_is_permanent_and_one_is_told_before_sending(at_bakery: Browser, draft: TenantRequest) -> None:
    assert "It cannot be changed afterwards, not by Arxus either." in text(
        at_bakery.get("step", draft.public_id, "tenant")
    )


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("Desmet-Academie", "Leave out the hyphen: “desmetacademie” is possible."),
        ("x" * 28, "Use 27 letters and digits at most; this name has 28."),
        ("ab", "Use 3 to 27 letters a to z and digits, starting with a letter."),
        ("1abc", "Use only letters a to z and digits, starting with a letter: “abc” is possible."),
        ("de smet", "Use only letters a to z and digits, starting with a letter: “desmet” is possible."),
        ("bäckerei", "Use only letters a to z and digits, starting with a letter: “bckerei” is possible."),
        ("   ", "Write the name that the tenant gets."),
        ("😀😀😀", "Use 3 to 27 letters a to z and digits, starting with a letter."),
        ("abc\u202edef", "Use only letters a to z and digits, starting with a letter: “abcdef” is possible."),
        ("<b>abc</b>", "Use only letters a to z and digits, starting with a letter: “babcb” is possible."),
    ],
)
def test_r24_a_name_is_refused_with_what_to_type(
    at_bakery: Browser, draft: TenantRequest, typed: str, sentence: str
) -> None:
    answer = at_bakery.post("step", draft.public_id, "tenant", tenant_name=typed)

    assert escape(sentence) in answer.content.decode() or sentence in text(answer)


def test_r23_a_draft_only_warns_of_the_partners_other_request(
    at_bakery: Browser, sent: TenantRequest, alice: User
) -> None:
    other = drafts.start(sent.company, by=alice)

    answer = at_bakery.post("step", other.public_id, "tenant", **sent.answers["tenant"])

    said = [str(message) for message in get_messages(answer.wsgi_request)]
    assert answer.url == reverse("tenants:step", args=[other.public_id, "message"])
    assert said == [
        f"{sent.number} asks for bakkerijdesmet already, for Bakkerij De Smet bv."
        f" Ask for another one, or go on with {sent.number}."
    ]


def test_r23_the_page_that_sends_says_that_the_name_is_taken_and_leads_to_its_step(
    at_bakery: Browser, draft: TenantRequest, alice: User, django_assert_max_num_queries: Any
) -> None:
    second = drafts.start(draft.company, by=alice)
    for slug, typed in draft.answers.items():
        at_bakery.post("step", second.public_id, slug, **typed)
    workflow.submit(draft, by=alice, sent=ALL_TICKED)

    with django_assert_max_num_queries(8):
        page = at_bakery.get("check", second.public_id)

    assert f"{draft.number} asks for bakkerijdesmet already, for Bakkerij De Smet bv." in text(page)
    assert reverse("tenants:step", args=[second.public_id, "tenant"]) in page.content.decode()
    at_bakery.post("step", second.public_id, "tenant", **draft.answers["tenant"] | {"tenant_name": "desmetaalst"})
    assert "Check your answers" in text(at_bakery.get("check", second.public_id))


def test_r23_a_tenant_that_is_ready_is_named_with_its_customer(
    at_bakery: Browser, registered: TenantRequest, alice: User
) -> None:
    name = {"tenant_name": "bakkerijdesmet"}
    second = drafts.start(registered.company, by=alice)

    answer = at_bakery.post("step", second.public_id, "tenant", **registered.answers["tenant"] | name)

    [said] = [str(message) for message in get_messages(answer.wsgi_request)]
    assert said == (
        f"bakkerijdesmet.onmicrosoft.com is a tenant of Bakkerij De Smet bv already ({registered.number})."
        " Ask for another one."
    )


def test_r24_a_name_is_taken_in_any_case_and_with_its_ending(at_bakery: Browser, draft: TenantRequest) -> None:
    typed = draft.answers["tenant"] | {"tenant_name": " BakkerijDeSmet.onmicrosoft.com "}

    answer = at_bakery.post("step", draft.public_id, "tenant", **typed)

    assert answer.url == reverse("tenants:step", args=[draft.public_id, "message"])


@pytest.mark.parametrize("slug", ["customer", "contacts", "microsoft", "tenant", "message"])
@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_t38_t39_no_field_answers_500_or_loses_what_was_typed(
    at_bakery: Browser, draft: TenantRequest, slug: str, value: str
) -> None:
    form = next(step.form for step in STEPS if step.slug == slug)
    typed = dict.fromkeys(form.base_fields, value)

    answer = at_bakery.post("step", draft.public_id, slug, **typed)
    again = at_bakery.get("step", draft.public_id, slug)
    check = at_bakery.get("check", draft.public_id)

    assert {answer.status_code, again.status_code, check.status_code} <= {200, 302}
    if slug == "message" and value.strip() and "\x00" not in value and "\n" not in value:
        assert escape(value) in again.content.decode()


def test_t01_t02_mallory_finds_nothing(
    login: Login, draft: TenantRequest, sent: TenantRequest, mallory: User, rival_customer: Company
) -> None:
    browser = Browser(login(mallory), mallory, rival_customer)
    names = ("request", "check", "suggestions", "withdraw", "delete", "open")
    before = TenantRequest.objects.values_list("changed_at", "status", "answers").get(pk=sent.pk)

    answers = [browser.get(name, sent.public_id).status_code for name in names if name != "suggestions"]
    answers += [browser.post(name, sent.public_id).status_code for name in names]
    answers += [browser.post("step", sent.public_id, "tenant", tenant_name="evil").status_code]

    assert set(answers) == {404, 405} or set(answers) == {404}
    assert TenantRequest.objects.values_list("changed_at", "status", "answers").get(pk=sent.pk) == before


def test_t02_a_request_of_another_customer_is_a_404_and_not_a_silent_switch(
    login: Login, sent: TenantRequest, alice: User, other_customer: Company
) -> None:
    browser = Browser(login(alice), alice, other_customer)

    assert browser.get("request", sent.public_id).status_code == 404
    assert browser.client.session[SESSION_KEY] == other_customer.pk


def test_r04_the_address_in_mails_offers_the_switch_in_one_post(
    login: Login, sent: TenantRequest, alice: User, other_customer: Company
) -> None:
    browser = Browser(login(alice), alice, other_customer)

    page = text(browser.get("open", sent.public_id))
    after = browser.client.post(reverse("tenants:open", args=[sent.public_id]), follow=True)

    assert f"Work for Bakkerij De Smet bv and open {sent.number}" in page
    assert "With Arxus: being checked" in text(after)


def test_a_reader_sees_no_drafts_and_cannot_write(
    login: Login, draft: TenantRequest, bob: User, customer: Company
) -> None:
    browser = Browser(login(bob), bob, customer)

    assert browser.get("request", draft.public_id).status_code == 404
    assert browser.post("start").status_code == 403
    assert draft.number not in text(browser.get("requests", status="all"))


def test_r06_a_customers_own_user_sees_status_and_summary_only(
    login: Login, taken: TenantRequest, sam: User, customer: Company, nordwave: Company
) -> None:
    do(Verb.REQUEST_CHANGES, taken, sam)
    theirs = User.objects.create_user("it@bakkerijdesmet.example", "x", first_name="I", last_name="T")
    Membership.objects.create(user=theirs, company=customer, groups=[Group.FULL])
    drafts.start(customer, by=taken.owner)
    browser = Browser(login(theirs), theirs, customer)

    page, listed = text(browser.get("request", taken.public_id)), text(browser.get("requests", status="all"))

    assert "bakkerijdesmet" in page
    assert "Too close to another one." not in page
    assert "ServiceNow" not in page
    assert "theo.lambert@bakkerijdesmet.example Confirmation" not in page
    assert TenantRequest.objects.get(status=Status.DRAFT).number not in listed
    assert browser.get("withdraw", taken.public_id).status_code == 403


def test_r44_the_partner_reads_which_mail_went_to_whom(at_bakery: Browser, sent: TenantRequest) -> None:
    page = text(at_bakery.get("request", sent.public_id))

    assert "Theo Lambert theo.lambert@bakkerijdesmet.example Confirmation not yet Waiting" in page


def test_r10_the_finding_stands_beside_the_contact_and_blocks_nothing(
    at_bakery: Browser, draft: TenantRequest, sam: User
) -> None:
    load(sam, ("somebody@else.example", True, False))

    page = text(at_bakery.get("step", draft.public_id, "contacts"))
    answer = at_bakery.post("step", draft.public_id, "contacts", **draft.answers["contacts"])

    assert "Not a ServiceNow user yet. You can go on: Arxus arranges this." in page
    assert answer.status_code == 302


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("somebody@else.example", True, False), "Not a ServiceNow user yet. Arxus arranges this. Looked up today at"),
        ((THEO, False, False), "This ServiceNow user is not active. Arxus arranges this."),
        ((THEO, True, True), "This ServiceNow user is locked. Arxus arranges this."),
        ((THEO, True, False), "Active in ServiceNow. Looked up today at"),
        (None, "Could not be checked yet. Arxus looks again. Incidents are handled in ServiceNow."),
    ],
)
def test_r10_after_sending_the_finding_stands_beside_the_contact_too(
    at_bakery: Browser, taken: TenantRequest, sam: User, row: tuple[str, bool, bool] | None, said: str
) -> None:
    if row:
        load(sam, row)

    page = at_bakery.get("request", taken.public_id)

    assert [finding["key"] for finding in page.context["findings"]] == ["contacts.technical"]
    assert said in text(page)


def test_r10_the_partner_reads_when_a_servicenow_user_was_asked_for(
    at_bakery: Browser, taken: TenantRequest, sam: User
) -> None:
    load(sam, ("somebody@else.example", True, False))
    taken.checks.filter(kind="directory").update(asked_on=date(2026, 11, 20), case_number="CS0041873")

    page = text(at_bakery.get("request", taken.public_id))

    assert "Not a ServiceNow user yet. Arxus arranges this. A user was asked for on 20 November." in page
    assert "CS0041873" not in page


def test_r36_suggestions_are_taken_over_with_one_click(at_bakery: Browser, taken: TenantRequest, sam: User) -> None:
    back = do(Verb.REQUEST_CHANGES, taken, sam)

    page = text(at_bakery.get("request", back.public_id))
    answer = at_bakery.post("suggestions", back.public_id, remark=str(back.remarks.get().pk))

    assert "Use “desmetaalst”" in page
    assert "Taken over; not sent yet." in text(at_bakery.client.get(answer.url))
    assert TenantRequest.objects.get().answers["tenant"]["tenant_name"] == "desmetaalst"


def test_r36_a_suggestion_takes_no_newer_answer_away_unasked(
    at_bakery: Browser, taken: TenantRequest, sam: User
) -> None:
    back = do(Verb.REQUEST_CHANGES, taken, sam)
    remark = str(back.remarks.get().pk)
    at_bakery.post("step", back.public_id, "tenant", **back.answers["tenant"] | {"tenant_name": "Eigenkeuze"})

    page = text(at_bakery.get("request", back.public_id))
    old = [at_bakery.post("suggestions", back.public_id, **typed) for typed in ({"remark": remark}, {})]
    kept = TenantRequest.objects.get().answers["tenant"]["tenant_name"]
    at_bakery.post("suggestions", back.public_id, remark=remark, instead="Eigenkeuze")

    assert "Typed since Eigenkeuze" in page
    assert "Use “desmetaalst” instead of “Eigenkeuze”" in page
    assert [answer.status_code for answer in old] == [302, 302]
    assert "Something else was typed there since, so it stays: Tenant name." in text(at_bakery.client.get(old[0].url))
    assert (kept, TenantRequest.objects.get().answers["tenant"]["tenant_name"]) == ("Eigenkeuze", "desmetaalst")


def test_r36_what_is_answered_is_asked_no_more(at_bakery: Browser, taken: TenantRequest, sam: User) -> None:
    remarks = [
        Remark(field="tenant.tenant_name", text="Taken.", suggestion="desmetaalst"),
        Remark(field="message.reference", text="Typing error.", suggestion="PO-11874"),
    ]
    back = workflow.request_changes(taken, by=sam, version=1, remarks=remarks)
    before = text(at_bakery.get("request", back.public_id))

    at_bakery.post("suggestions", back.public_id)

    after = text(at_bakery.get("request", back.public_id))
    assert ("Use both suggestions" in before, "You answer two remarks and send again" in before) == (True, True)
    assert ("Use both suggestions" in after, "You check the answers and send again" in after) == (False, True)


def test_withdrawing_says_first_whom_it_mails(at_bakery: Browser, sent: TenantRequest) -> None:
    page = text(at_bakery.get("withdraw", sent.public_id))
    answer = at_bakery.post("withdraw", sent.public_id)

    assert "Theo Lambert, theo.lambert@bakkerijdesmet.example" in page
    assert "Withdrawn. Nothing more happens." in text(at_bakery.client.get(answer.url))


def test_a_request_that_was_sent_cannot_be_deleted(at_bakery: Browser, sent: TenantRequest) -> None:
    at_bakery.post("delete", sent.public_id)

    assert TenantRequest.objects.filter(pk=sent.pk).exists()


def test_a_draft_is_deleted_after_a_page_that_says_so(at_bakery: Browser, draft: TenantRequest) -> None:
    page = text(at_bakery.get("delete", draft.public_id))
    at_bakery.post("delete", draft.public_id)

    assert "Everything typed in it is gone then." in page
    assert not TenantRequest.objects.exists()


def test_the_next_request_starts_with_what_the_last_one_said(at_bakery: Browser, sent: TenantRequest) -> None:
    at_bakery.post("start")
    made = TenantRequest.objects.get(status=Status.DRAFT)

    contacts = at_bakery.get("step", made.public_id, "contacts").content.decode()
    tenant = at_bakery.get("step", made.public_id, "tenant").content.decode()

    assert "VM-2026-014" in contacts
    assert 'value="bakkerijdesmet"' not in tenant


def test_the_last_page_says_what_can_be_changed_after_sending(at_bakery: Browser, draft: TenantRequest) -> None:
    page = text(at_bakery.get("check", draft.public_id))

    assert "Once sent, you can correct people and withdraw; the rest only if Arxus asks." in page


def test_the_overview_of_a_partner_leads_to_each_customer(
    login: Login, sent: TenantRequest, alice: User, nordwave: Company
) -> None:
    page = text(Browser(login(alice), alice, nordwave).client.get("/"))

    assert "Waits for others" in page
    assert f"Bakkerij De Smet bv · {sent.number}" in page


def test_t12_lists_hold_nothing_of_a_rival(
    login: Login, rival_customer: Company, mallory: User, alice: User, customer: Company, nordwave: Company
) -> None:
    drafts.start(rival_customer, by=mallory)
    client = login(alice)

    for company in (nordwave, customer):
        browser = Browser(client, alice, company)
        for url in ("/", "/tenants/?status=all", "/tenants/?q=MARKER&status=all", "/customers/", "/contacts/"):
            assert "MARKER" not in text(browser.client.get(url)).replace("q=MARKER", ""), url


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"authority": ""}, "Choose on what ground this person may sign."),
        ({"authority_reference": ""}, "Write the reference of the mandate, as it stands on the document."),
        ({"authority_date": ""}, "Write the date of the mandate, such as 3 11 2026."),
        ({"authority_date": "31 2 2026"}, "There is no 31 February 2026: that month has 28 days."),
        ({"authority_date": "2026-04-31"}, "There is no 31 April 2026: that month has 30 days."),
        ({"authority_date": "0/4/2026"}, "There is no 0 April 2026: that month has 30 days."),
        ({"authority_date": "12.31.2026"}, "There is no month 31: write day, month and year, such as 3 11 2026."),
        ({"authority_date": "31 2 0000"}, "Write day, month and year as numbers, such as 3 11 2026."),
        ({"authority_date": "31 2 26"}, "Write day, month and year as numbers, such as 3 11 2026."),
        ({"authority": "other", "authority_reference": ""}, "Describe in one sentence why this person may sign."),
    ],
)
def test_r11_the_partner_states_on_what_ground_somebody_signs(
    at_bakery: Browser, draft: TenantRequest, typed: dict[str, str], sentence: str
) -> None:
    answer = at_bakery.post("step", draft.public_id, "contacts", **(draft.answers["contacts"] | typed))

    assert sentence in text(answer)


def test_r18_t37_sending_is_limited_per_user_and_hour(
    at_bakery: Browser, sent: TenantRequest, alice: User, settings: Any
) -> None:
    settings.SENDINGS_PER_HOUR = 1
    drafts.start(sent.company, by=alice)
    draft = TenantRequest.objects.get(status=Status.DRAFT)
    for slug, typed in sent.answers.items():
        drafts.keep_step(draft, slug, typed | ({"tenant_name": "another"} if slug == "tenant" else {}))

    with capture_logs() as logs:
        answer = at_bakery.send(draft.public_id, naming="on", authority="on")

    assert answer.status_code == 429
    assert "You have sent many requests within the last hour. This one is kept" in text(answer)
    assert re.search(r"name=\"naming\"[^>]*checked|checked[^>]*name=\"naming\"", answer.content.decode())
    assert TenantRequest.objects.get(pk=draft.pk).status == Status.DRAFT
    assert reached(logs) == [{"limit": "sendings_per_hour", "user": alice.pk}]


def test_t37_a_customer_has_so_many_open_requests(
    at_bakery: Browser, draft: TenantRequest, other_customer: Company, alice: User, settings: Any
) -> None:
    settings.OPEN_REQUESTS_PER_COMPANY = 1
    for number, company in (("TR-26-HERE", draft.company), ("TR-26-ELSE", other_customer)):
        row = TenantRequest.objects.get(pk=draft.pk)
        row.pk, row.public_id, row.number, row.company = None, uuid4(), number, company
        row.status, row.name_key, row.version, row.sent_at = "to_validate", number, 1, timezone.now()
        row.save()

    with capture_logs() as logs:
        refused = at_bakery.send(draft.public_id, naming="on", authority="on")
    TenantRequest.objects.filter(number="TR-26-HERE").update(status="withdrawn")
    taken = at_bakery.send(draft.public_id, naming="on", authority="on")

    assert (refused.status_code, taken.status_code) == (429, 302)
    assert "Bakkerij De Smet bv has many open requests already. This one is kept" in text(refused)
    assert reached(logs) == [{"limit": "open_requests_per_company", "user": alice.pk}]


def test_t37_what_was_sent_before_is_answered_whatever_the_count(
    sent: TenantRequest, sam: User, alice: User, settings: Any
) -> None:
    taken = assignment.take(sent, by=sam)
    remark = Remark(field="tenant.tenant_name", text="Taken.", suggestion="desmetaalst")
    back = workflow.request_changes(taken, by=sam, version=1, remarks=[remark])
    settings.OPEN_REQUESTS_PER_COMPANY = 0

    again = workflow.submit(back, by=alice, sent=ALL_TICKED)

    assert again.status == Status.TO_VALIDATE


def test_r15_nobody_states_what_they_did_not_read(at_bakery: Browser, draft: TenantRequest, theo: Contact) -> None:
    page = at_bakery.get("check", draft.public_id).content.decode()
    shown = re.search(r'name="seen" value="(\w+)"', page)
    assert shown
    contacts = draft.answers["contacts"] | {"commercial": f"contact:{theo.public_id}"}
    drafts.keep_step(draft, "contacts", contacts)

    answer = at_bakery.post("check", draft.public_id, seen=shown[1], naming="on", authority="on")

    assert answer.status_code == 409
    assert "Something changed since you opened this page, so nothing was sent." in text(answer)
    assert (TenantRequest.objects.get().status, Statement.objects.count()) == (Status.DRAFT, 0)


def test_r34_the_last_page_says_what_a_colleague_changed_meanwhile(
    at_bakery: Browser, draft: TenantRequest, theo: Contact, bob: User
) -> None:
    page = at_bakery.get("check", draft.public_id).text
    was = re.search(r'name="_was" value="([^"]+)"', page)
    contacts = draft.answers["contacts"] | {"commercial": f"contact:{theo.public_id}"}
    drafts.keep_step(draft, "contacts", contacts, by=bob)

    answer = at_bakery.post("check", draft.public_id, seen=seen_in(page), _was=was and was[1], naming="on")
    forged = at_bakery.post("check", draft.public_id, seen=seen_in(page), _was="e30:1:x", naming="on")

    (change,) = answer.context["changes"]
    assert (change.label, "An De Smet" in change.before, "Theo Lambert" in change.after) == (
        "Commercial contact (may sign)",
        True,
        True,
    )
    assert f"{bob} changed this since you opened the page, so nothing was sent." in text(answer)
    assert (forged.status_code, forged.context["changes"]) == (409, [])


def test_r17_who_is_a_contact_gets_the_confirmation_and_no_copy(
    at_bakery: Browser, draft: TenantRequest, alice: User
) -> None:
    before = at_bakery.get("check", draft.public_id).context["told"]
    User.objects.filter(pk=alice.pk).update(job_title="manager")
    drafts.keep_step(draft, "contacts", draft.answers["contacts"] | {"technical": f"user:{alice.public_id}"})

    after = at_bakery.get("check", draft.public_id).context["told"]

    assert before[-1] == "You get a copy."
    assert "You get a confirmation in English." in after
    assert "You get a copy." not in after


def test_r17_the_copy_goes_to_the_owner(at_bakery: Browser, draft: TenantRequest, bob: User) -> None:
    TenantRequest.objects.filter(pk=draft.pk).update(owner=bob)

    assert at_bakery.get("check", draft.public_id).context["told"][-1] == "Bob Claes gets a copy."


def test_r23_a_clash_of_names_is_not_called_missing(
    at_bakery: Browser, sent: TenantRequest, customer: Company, alice: User
) -> None:
    again = drafts.start(customer, by=alice)
    for slug, typed in sent.answers.items():
        drafts.keep_step(again, slug, typed)
    TenantRequest.objects.filter(pk=again.pk).update(name_key=sent.name_key)

    page = at_bakery.get("check", again.public_id)

    assert "This keeps the request from being sent" in text(page)
    assert "missing" not in text(page)


def seen_in(page: str) -> str:
    found = re.search(r'name="seen" value="(\w+)"', page)
    return found[1] if found else ""


def test_one_name_with_two_addresses_is_said_at_the_field(
    at_bakery: Browser, draft: TenantRequest, customer: Company
) -> None:
    twin = make_contact(customer, "Theo", "Lambert", "theo@private.example", job_title="manager")
    drafts.keep_step(draft, "contacts", draft.answers["contacts"] | {"commercial": f"contact:{twin.public_id}"})

    page = at_bakery.get("step", draft.public_id, "contacts")

    findings = page.context["form"].fields["commercial"].findings
    assert findings[0]["strong"] == f"Theo Lambert is chosen with two addresses: {THEO} and theo@private.example."
    assert findings[0]["strong"] in text(page).replace("\u200b", "")


def test_r15_a_contact_who_became_somebody_else_is_stated_anew(
    at_bakery: Browser, taken: TenantRequest, sam: User, an: Contact
) -> None:
    back = do(Verb.REQUEST_CHANGES, taken, sam)

    Contact.objects.filter(pk=an.pk).update(
        first_name="Piet", last_name="Janssens", email="piet@bakkerijdesmet.example"
    )

    assert at_bakery.get("check", back.public_id).content.decode().count('type="checkbox"') == 1


@pytest.mark.parametrize(
    ("days", "words"), [(1, "one working day"), (2, "two working days"), (3, "three working days")]
)
def test_the_pages_promise_what_the_setting_says(
    at_bakery: Browser, draft: TenantRequest, settings: Any, days: int, words: str
) -> None:
    settings.TARGET_WORKING_DAYS = days

    begun, last = text(at_bakery.get("start")), text(at_bakery.get("check", draft.public_id))

    assert f"Arxus checks it within {words}, and tells you the result by mail." in begun
    assert f"Arxus answers within {words}, by " in last


def test_r11_another_ground_is_stated_anew(at_bakery: Browser, taken: TenantRequest, sam: User) -> None:
    back = do(Verb.REQUEST_CHANGES, taken, sam)

    other = {"authority": "other", "authority_reference": "By agreement of the board"}
    drafts.keep_step(back, "contacts", back.answers["contacts"] | other)

    assert at_bakery.get("check", back.public_id).content.decode().count('type="checkbox"') == 1


def test_r53_the_link_is_sent_again_only_for_the_tenants_own_contact(
    at_bakery: Browser, sent: TenantRequest, cloudhoek: Company
) -> None:
    victim = User.objects.create_user("theo.lambert@bakkerijdesmet.example", None, first_name="Real", last_name="Name")
    Membership.objects.create(user=victim, company=cloudhoek, groups=[Group.FULL])

    answer = at_bakery.post("resend_activation", sent.public_id)
    draft = drafts.start(sent.company, by=sent.owner)
    on_draft = at_bakery.post("resend_activation", draft.public_id)

    assert "Real Name" not in text(at_bakery.client.get(answer.url))
    assert (on_draft.status_code, victim.access_links.count()) == (302, 0)


def test_a_step_saved_after_somebody_sent_says_so(at_bakery: Browser, draft: TenantRequest, alice: User) -> None:
    stale = TenantRequest.objects.get(pk=draft.pk)
    workflow.submit(draft, by=alice, sent=ALL_TICKED)

    assert drafts.keep_step(stale, "message", {"message": "late"}) is False
    answer = at_bakery.post("step", draft.public_id, "message", message="typed too late")
    assert (answer.status_code, "typed too late" in text(answer)) == (409, True)
    drafts.delete(stale, by=alice)
    assert TenantRequest.objects.filter(pk=draft.pk).exists()


@pytest.mark.parametrize("name", ["a\0b", "\x85", "é"])
def test_t39_a_page_that_bears_a_name_of_its_own_making_gets_another(
    at_bakery: Browser, draft: TenantRequest, name: str
) -> None:
    answers = [
        at_bakery.post("step", draft.public_id, "message", reference="PO-7", _page=name),
        at_bakery.post("check", draft.public_id, _page=name),
    ]

    fresh = TenantRequest.objects.get()
    assert [answer.status_code for answer in answers] == [302, 200]
    assert fresh.answers["message"]["reference"] == "PO-7"
    assert all(name not in kept["page"] for kept in fresh.answers["kept"].values())


def test_r36_a_value_that_the_field_refuses_is_left_to_the_partner(
    at_bakery: Browser, taken: TenantRequest, sam: User
) -> None:
    remarks = [
        Remark(field="customer.legal_name", text="Not as registered.", suggestion="nv"),
        Remark(field="contacts.technical", text="Another person.", suggestion="Bob"),
        Remark(field="tenant.tenant_name", text="No hyphen.", suggestion="de-smet"),
    ]
    back = workflow.request_changes(taken, by=sam, version=1, remarks=remarks)
    before = dict(back.answers)

    answer = at_bakery.post("suggestions", back.public_id)

    assert TenantRequest.objects.get().answers == before
    assert "Nothing was taken over" in text(at_bakery.client.get(answer.url))


def test_r36_of_several_values_one_reads_how_many_the_fields_took(
    at_bakery: Browser, taken: TenantRequest, sam: User
) -> None:
    remarks = [
        Remark(field="tenant.tenant_name", text="No hyphen.", suggestion="de-smet"),
        Remark(field="message.reference", text="Typing error.", suggestion="PO-11874"),
    ]
    back = workflow.request_changes(taken, by=sam, version=1, remarks=remarks)

    answer = at_bakery.post("suggestions", back.public_id)

    assert TenantRequest.objects.get().answers["message"]["reference"] == "PO-11874"
    assert "1 of 2 are taken over. The fields refuse the others" in text(at_bakery.client.get(answer.url))


def test_r25_details_of_the_customer_edited_later_do_not_block(sent: TenantRequest, customer: Company) -> None:
    Company.objects.filter(pk=customer.pk).update(phone="+3253000099")

    assert {check.kind: check.result for check in checks.run(sent)}["complete"] == "passed"


def test_r14_nobody_at_a_value_add_partners_customer_can_be_named(valora: Company, vera: User) -> None:
    customer = make_company(
        "Studio Elan bv", "BE0451406524", partner=valora, relation="vap", email_domains=["studio.example"]
    )
    make_contact(valora, "Jan", "Elan", "jan@studio.example")
    make_contact(valora, "Jo", "Wit", "jo@valora.example")

    assert {person.name for person in Cast(customer, vera).values()} == {"Jo Wit", "Vera Wouters"}


def test_pages_of_a_request_sent_back_or_ready_stay_within_eight_queries(
    at_bakery: Browser, taken: TenantRequest, sam: User, django_assert_max_num_queries: Any
) -> None:
    back = do(Verb.REQUEST_CHANGES, taken, sam)
    # Nobody's own people, and one of the partner's own, for whom an agreement is chosen.
    drafts.keep_step(back, "contacts", back.answers["contacts"] | {"technical": f"user:{taken.owner.public_id}"})
    urls = [reverse(f"tenants:{name}", args=[back.public_id]) for name in ("request", "check")]
    urls += [reverse("tenants:step", args=[back.public_id, slug]) for slug in ("contacts", "tenant", "message")]

    for url in urls:
        with django_assert_max_num_queries(8, info=url):
            assert at_bakery.client.get(url).status_code == 200


def test_the_page_of_a_ready_tenant_stays_within_eight_queries(
    at_bakery: Browser, registered: TenantRequest, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(8):
        assert at_bakery.get("request", registered.public_id).status_code == 200


@pytest.mark.parametrize("made_up", ['["\\ud800","1"]', "[" * 1500, "[" * 90_000, '["2026","x"]', '{"a":1}', "null"])
def test_t39_a_cursor_that_is_none_of_ours_leads_to_the_first_page(
    at_bakery: Browser, sent: TenantRequest, made_up: str
) -> None:
    cursor = base64.urlsafe_b64encode(made_up.encode()).decode().rstrip("=")

    for path in ("/tenants/", "/customers/", "/contacts/"):
        assert at_bakery.client.get(path, {"after": cursor}).status_code in (200, 302, 403), path
    assert sent.number in text(at_bakery.get("requests", after=cursor))


# What a partner's POST says beside the seal.
POSTS = {
    Verb.WITHDRAW: ("withdraw", (), {}),
    Verb.NAME_ANOTHER: ("name_another", ("technical",), {}),
    Verb.SUBMIT: ("check", (), {"naming": "on", "authority": "on", "seen": "another page"}),
}


@pytest.mark.parametrize("status", list(Status))
def test_t23_a_partners_post_that_the_table_refuses_is_answered_409_and_changes_nothing(
    in_status: Callable[[Status], TenantRequest],
    people: dict[str, User],
    login: Login,
    customer: Company,
    status: Status,
) -> None:
    found = in_status(status)
    before = state(found)

    answers = {
        (kind, verb): Browser(login(people[kind]), people[kind], customer)
        .post(name, found.public_id, *args, **typed)
        .status_code
        for kind in people
        for verb, (name, args, typed) in POSTS.items()
        if not may(verb, status, kind)
    }

    # 403: may read here at most, or the form is of a company that is not theirs; 302: to the login page.
    by_kind = {"owner": 409, "colleague": 409, "both": 409, "deactivated": 302}
    expected = {(kind, verb): by_kind.get(kind, 403) for kind, verb in answers}
    if status == Status.WITHDRAWN:
        # Done already by the same person is no refusal: it ends on the same page (T28).
        expected["owner", Verb.WITHDRAW] = 302
    assert (state(found), answers) == (before, expected)
