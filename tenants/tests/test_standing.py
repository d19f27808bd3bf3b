"""Who has a request and what comes next, as it reads to its owner, to colleagues and to the customer's own people."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from conftest import make_user
from contacts.acting import Acting
from contacts.models import Company, Group, Membership, User
from contacts.permissions import rights_by
from tenants import drafts, waiting, workflow
from tenants.models import Remark, TenantRequest
from tenants.standing import badge, standing, task
from tenants.tests.conftest import LINK
from tenants.tests.test_wizard import Browser, text


def acting(user: User, company: Company) -> Acting:
    membership = user.memberships.select_related("company").get()
    return Acting(user, membership, company, rights_by(membership))


@pytest.fixture
def carol(nordwave: Company) -> User:
    """Alice's colleague, who may do what Alice may."""
    made = make_user("carol@nordwave.example", "Carol", "Baert")
    Membership.objects.create(user=made, company=nordwave, groups=[Group.TENANTS])
    return made


@pytest.fixture
def asked(taken: TenantRequest, sam: User) -> TenantRequest:
    """Alice's request, of which Sam asks one thing."""
    remark = Remark(field="tenant.tenant_name", text="Too close to another one.")
    return workflow.request_changes(taken, by=sam, version=1, remarks=[remark])


def row(found: TenantRequest) -> TenantRequest:
    return TenantRequest.objects.with_standing().get(pk=found.pk)


def said(found: TenantRequest, user: User, remarks: int | None = None) -> tuple[str, str]:
    stands = standing(row(found), acting(user, found.company), remarks)
    return stands.who, stands.next


def test_only_the_owner_is_you(asked: TenantRequest, alice: User, bob: User, carol: User) -> None:
    whose = "Nordwave IT bv: Alice Peeters"

    assert said(asked, alice, 2) == ("You", "You answer two remarks and send again")
    assert said(asked, carol, 2) == (whose, "Alice Peeters answers two remarks and sends again; you can too")
    assert said(asked, bob, 1) == (whose, "Alice Peeters answers one remark and sends again")


def test_an_owner_who_may_no_longer_act_reads_whose_it_is_now(asked: TenantRequest, alice: User) -> None:
    alice.memberships.update(groups=[Group.READ_ONLY])

    assert said(asked, alice)[1] == "A colleague with “Tenant Configuration” answers the remarks and sends again"


def test_r28_colleagues_read_that_the_owner_can_no_longer_act(
    asked: TenantRequest, alice: User, bob: User, carol: User
) -> None:
    alice.memberships.update(groups=[Group.READ_ONLY])
    theirs = "A colleague with “Tenant Configuration” answers the remarks and sends again"

    assert said(asked, carol) == ("Nordwave IT bv", f"{theirs}; you can")
    assert said(asked, bob) == ("Nordwave IT bv", theirs)


def test_r28_who_gets_the_mail_of_an_owner_who_has_gone(taken: TenantRequest, alice: User, bob: User) -> None:
    alice.memberships.update(groups=[])

    note = standing(row(taken), acting(bob, taken.company)).by_note

    assert note == "the target of Arxus; an administrator of Nordwave IT bv gets a mail with the result"


def test_a_draft_is_finished_by_its_owner(draft: TenantRequest, alice: User, carol: User) -> None:
    assert said(draft, alice) == ("You", "You finish it and send it to Arxus")
    assert said(draft, carol)[1] == "Alice Peeters finishes it and sends it to Arxus; you can too"


def test_the_mail_with_the_result_goes_to_the_owner(taken: TenantRequest, alice: User, bob: User) -> None:
    notes = [standing(row(taken), acting(user, taken.company)).by_note for user in (alice, bob)]

    assert notes == [
        "the target of Arxus; you get a mail with the result",
        "the target of Arxus; Alice Peeters gets a mail with the result",
    ]


def test_who_only_reads_is_not_told_to_copy(rejected: TenantRequest, alice: User, bob: User) -> None:
    then = [standing(row(rejected), acting(user, rejected.company)).then for user in (alice, bob)]

    assert then == ["the reason is below; you can copy it and start again", ""]


def test_an_invitation_is_forwarded_by_whoever_requests_tenants_there(
    vap_approved: TenantRequest, sam: User, vera: User, valora: Company
) -> None:
    found = waiting.wait_for(vap_approved, by=sam, version=1, whom="customer", link=LINK)
    walt = make_user("walt@valora.example", "Walt", "Dierckx")
    Membership.objects.create(user=walt, company=valora, groups=[Group.FULL])

    assert said(found, vera)[1] == "You forward Microsoft’s invitation to the customer’s administrator"
    assert task(row(found), acting(vera, valora)) == "Forward Microsoft’s invitation to the customer’s administrator"
    theirs = "Vera Wouters forwards Microsoft’s invitation to the customer’s administrator; you can too"
    assert (said(found, walt)[1], task(row(found), acting(walt, valora))) == (theirs, theirs)


def test_a_task_is_asked_of_the_owner_and_told_to_others(
    asked: TenantRequest, alice: User, bob: User, carol: User
) -> None:
    tasks = [task(row(asked), acting(user, asked.partner)) for user in (alice, carol, bob)]

    assert tasks == [
        "Answer the remarks and send again",
        "Alice Peeters answers the remarks and sends again; you can too",
        "Alice Peeters answers the remarks and sends again",
    ]


def test_r06_the_customers_own_people_read_that_the_partner_has_it(
    asked: TenantRequest, login: Callable[[User], Client]
) -> None:
    theirs = make_user("it@bakkerijdesmet.example", "Ivo", "Tack")
    Membership.objects.create(user=theirs, company=asked.company, groups=[Group.FULL])
    browser = Browser(login(theirs), theirs, asked.company)

    page, listed = text(browser.get("request", asked.public_id)), text(browser.get("requests"))

    assert said(asked, theirs) == ("Nordwave IT bv", "Nordwave IT bv answers Arxus and sends it again")
    assert badge(row(asked), acting(theirs, asked.company)).words == "With Nordwave IT bv: changes needed"
    assert all("With you" not in words and "emark" not in words for words in (page, listed))


@pytest.mark.parametrize(
    ("who", "title"),
    [
        ("alice", "One thing waits for you"),
        ("carol", "One thing waits for Nordwave IT bv"),
        ("bob", "One thing waits for Nordwave IT bv"),
    ],
)
def test_the_overview_counts_what_is_the_readers_own(
    asked: TenantRequest, login: Callable[[User], Client], request: pytest.FixtureRequest, who: str, title: str
) -> None:
    page = text(login(request.getfixturevalue(who)).get("/"))

    assert title in page


def test_the_overview_says_how_many_are_the_readers_own(
    asked: TenantRequest, carol: User, customer: Company, login: Callable[[User], Client]
) -> None:
    drafts.start(customer, by=carol)

    page = text(login(carol).get("/"))

    assert "Two things wait for Nordwave IT bv" in page
    assert "One of them is yours." in page


def test_the_overview_of_who_only_reads_asks_for_nothing(bob: User, login: Callable[[User], Client]) -> None:
    page: Any = login(bob).get("/")

    assert "Nothing waits for Nordwave IT bv" in text(page)
    assert "Go to the customers" not in text(page)
