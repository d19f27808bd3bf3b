"""Who works for a company: seen, given groups, ended (R04, R27, T08)."""

import threading
from collections.abc import Callable

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client

from conftest import make_contact, make_user
from contacts import colleagues
from contacts.models import Company, Contact, Group, Membership, User
from contacts.permissions import rights_of
from contacts.tests.conftest import Browser
from notifications.models import OutgoingEmail

Browse = Callable[[User], Browser]


@pytest.fixture
def eva(nordwave: Company) -> User:
    """A second administrator of Alice's company."""
    user = make_user("eva@nordwave.example", "Eva", "Smets", language="nl")
    Membership.objects.create(user=user, company=nordwave, groups=[Group.FULL])
    return user


@pytest.fixture
def tom(customer: Company) -> User:
    """Belongs to Alice's customer."""
    user = make_user("tom@bakkerijdesmet.example", "Tom", "Mertens", language="nl")
    Membership.objects.create(user=user, company=customer, groups=[Group.TECHNICAL])
    return user


def at(user: User, page: str = "") -> str:
    return f"/colleagues/{user.public_id}/{page}"


# --- Seeing them


def test_who_manages_users_sees_everybody_with_groups_and_addresses(alice: User, bob: User, browse: Browse) -> None:
    page = browse(alice).get("/colleagues/")

    assert [(str(person), person.here[0].groups) for person in page.context["page"].rows] == [
        ("Bob Claes", ["read_only"]),
        ("Alice Peeters", ["full"]),
    ]
    assert "bob@nordwave.example" in page.text
    assert 'href="/colleagues/invite/"' in page.text


def test_others_see_names_and_groups_alone(alice: User, bob: User, browse: Browse) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)

    page = browse(bob).get("/colleagues/")

    assert [str(person) for person in page.context["page"].rows] == ["Bob Claes"]
    assert "invitations" not in page.context
    assert "/colleagues/invite/" not in page.text
    User.objects.filter(pk=alice.pk).update(is_active=True)
    assert "alice@nordwave.example" not in browse(bob).get("/colleagues/").text


def test_without_a_group_one_reads_whom_to_ask(alice: User, bob: User, browse: Browse) -> None:
    Membership.objects.filter(user=bob).update(groups=[])

    page = browse(bob).get("/colleagues/")

    assert page.status_code == 403
    assert "alice@nordwave.example" in page.text


def test_r06_a_customers_own_user_sees_no_list(alice: User, tom: User, browse: Browse) -> None:
    assert browse(tom).get("/colleagues/").status_code == 403
    assert browse(tom).get(at(tom, "end/")).status_code == 403


def test_t12_mallory_sees_and_reaches_nobody(alice: User, bob: User, mallory: User, tom: User, browse: Browse) -> None:
    browser = browse(mallory)

    assert "nordwave" not in browser.get("/colleagues/").text.lower()
    for user in (alice, bob, tom):
        for page in ("", "end/", "activity/"):
            assert browser.get(at(user, page)).status_code == 404
            assert browser.send(at(user, page), {"groups": ["full"]}).status_code in (404, 405)
    assert Membership.objects.get(user=bob).groups == ["read_only"]


@pytest.mark.parametrize("count", [1, 50])
def test_the_list_costs_the_same_with_many(
    count: int, alice: User, nordwave: Company, browse: Browse, django_assert_max_num_queries: Callable
) -> None:
    browser = browse(alice)
    for number in range(count):
        user = User.objects.create_user(f"p{number}@x.example", first_name="P", last_name=f"N{number:02}")
        Membership.objects.create(user=user, company=nordwave)
        nordwave.invitations.create(
            email=f"i{number}@x.example",
            first_name="I",
            last_name="N",
            language="nl",
            invited_by=alice,
            sent_at=user.date_joined,
            expires_at=user.date_joined,
        )

    with django_assert_max_num_queries(8):
        first = browser.get("/colleagues/")

    assert len(first.context["page"].rows) == min(count + 1, 25)
    if count > 1:
        second = browser.get("/colleagues/", {"after": first.context["page"].after}).context["page"]
        assert str(second.rows[0]) == "P N25"


# --- Groups


def test_an_administrator_gives_groups(alice: User, bob: User, browse: Browse) -> None:
    answer = browse(alice).send(at(bob), {"groups": ["tenants", "read_only"]})

    assert (answer.status_code, answer["Location"]) == (302, "/colleagues/")
    assert Membership.objects.get(user=bob).groups == ["tenants", "read_only"]
    assert OutgoingEmail.objects.count() == 0


@pytest.mark.parametrize("groups", [["root"], ["full", "x\0"], ["full' OR 1=1"]])
def test_an_unknown_group_is_an_error_at_the_field(alice: User, bob: User, browse: Browse, groups: list) -> None:
    page = browse(alice).send(at(bob), {"groups": groups})

    assert list(page.context["form"].errors) == ["groups"]
    assert Membership.objects.get(user=bob).groups == ["read_only"]


def test_the_groups_of_a_partner_mean_nothing_at_a_customer(
    alice: User, tom: User, customer: Company, browse: Browse
) -> None:
    page = browse(alice).work_for(customer).send(at(tom), {"groups": ["full"]})

    assert list(page.context["form"].errors) == ["groups"]
    assert Membership.objects.get(user=tom).groups == ["technical"]


def test_t08_a_lowered_administrator_gives_nothing_any_more(
    alice: User, eva: User, bob: User, browse: Browse, nordwave: Company
) -> None:
    browser = browse(alice)
    assert browser.get(at(bob)).status_code == 200
    colleagues.set_groups(Membership.objects.get(user=alice), [Group.READ_ONLY], by=eva)

    for page, data in (("", {"groups": ["full"]}), ("end/", {}), ("activity/", {})):
        assert browser.send(at(bob, page), data).status_code in (403, 405)
    for path in ("/colleagues/invite/", at(bob, "activity/"), at(bob)):
        assert browser.get(path).status_code == 403
    assert browser.send("/colleagues/invite/", {"email": "x@x.example"}).status_code == 403
    assert Membership.objects.get(user=bob).groups == ["read_only"]


def test_r03_a_form_without_its_seal_changes_nothing(alice: User, bob: User, login: Callable[[User], Client]) -> None:
    assert login(alice).post(at(bob), {"groups": ["full"]}).status_code == 409
    assert Membership.objects.get(user=bob).groups == ["read_only"]


# --- The last administrator (R27)


@pytest.mark.parametrize(("page", "data"), [("", {"groups": ["read_only"]}), ("end/", {})])
def test_r27_the_last_administrator_cannot_go(
    alice: User, bob: User, nordwave: Company, browse: Browse, page: str, data: dict
) -> None:
    answer = browse(alice).send(at(alice, page), data)

    assert "last administrator" in answer.text
    assert "Give somebody else the Full Role first." in answer.text
    assert Membership.objects.get(user=alice).groups == ["full"]


def test_r27_an_administrator_who_may_not_log_in_counts_for_none(
    alice: User, eva: User, nordwave: Company, browse: Browse
) -> None:
    User.objects.filter(pk=eva.pk).update(is_active=False)

    browse(alice).send(at(alice), {"groups": []})

    assert Membership.objects.get(user=alice).groups == ["full"]


def test_r27_one_of_two_administrators_can_go(alice: User, eva: User, nordwave: Company, browse: Browse) -> None:
    answer = browse(alice).send(at(alice, "end/"))

    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert rights_of(alice, nordwave) == frozenset()
    assert list(colleagues.administrators(nordwave)) == [eva]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["demote", "end"])
def test_r27_two_administrators_remove_each_other_and_one_stays(
    alice: User, eva: User, nordwave: Company, act: str
) -> None:
    both = threading.Barrier(2)
    refused = []

    def remove(victim: User, by: User) -> None:
        membership = Membership.objects.select_related("user", "company").get(user=victim)
        both.wait()
        try:
            if act == "demote":
                colleagues.set_groups(membership, [], by=by)
            else:
                colleagues.end(membership, by=by)
        except colleagues.Refused as error:
            refused.append(str(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=remove, args=pair) for pair in ((alice, eva), (eva, alice))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 1
    assert colleagues.administrators(nordwave).count() == 1


# --- Ending a membership


def test_ending_says_what_happens_and_ends_it_at_once(alice: User, bob: User, browse: Browse) -> None:
    bobs = browse(bob)
    browser = browse(alice)
    page = browser.get(at(bob, "end/"))
    assert "Bob Claes, bob@nordwave.example: the access has ended" in page.text
    assert bobs.get("/customers/").status_code == 200

    answer = browser.send(at(bob, "end/"))

    assert (answer.status_code, answer["Location"]) == (302, "/colleagues/")
    assert bobs.get("/customers/").status_code == 403
    mail = OutgoingEmail.objects.get()
    assert (mail.to_email, mail.template) == (bob.email, "account_membership_ended")
    assert "Alice Peeters ended your access to Nordwave IT bv" in " ".join(mail.text.split())


def test_somebody_who_may_only_read_can_leave_by_themselves(alice: User, bob: User, browse: Browse) -> None:
    browser = browse(bob)
    assert at(bob, "end/") in browser.get("/profile/").text
    assert browser.send(at(alice, "end/")).status_code == 403

    assert browser.send(at(bob, "end/")).status_code == 302

    assert not Membership.objects.filter(user=bob).exists()
    assert "You left Nordwave IT bv" in " ".join(OutgoingEmail.objects.get().text.split())


def test_r12_the_contacts_of_whoever_leaves_are_archived(
    alice: User, bob: User, nordwave: Company, customer: Company, browse: Browse
) -> None:
    mine = make_contact(nordwave, "Bob", "Claes", bob.email)
    at_customer = make_contact(customer, "Robert", "Claes", bob.email)
    shared = make_contact(nordwave, "Front", "Desk", bob.email)
    browser = browse(alice)

    page = browser.get(at(bob, "end/"))
    browser.send(at(bob, "end/"))

    assert page.context["contacts"] == [mine, at_customer]
    assert "Bob Claes, bob@nordwave.example, contact of Nordwave IT bv" in page.text
    assert list(Contact.objects.exclude(archived_at=None).values_list("pk", "archived_by").order_by("pk")) == [
        (mine.pk, alice.pk),
        (at_customer.pk, alice.pk),
    ]
    assert list(Contact.objects.active()) == [shared]
    lines = LogEntry.objects.filter(object_id=str(at_customer.pk), object_repr="Robert Claes")
    assert [line.get_change_message() for line in lines] == [
        "For Bakkerij De Smet bv. Archived: the person left Nordwave IT bv."
    ]


def test_a_customers_contact_stays_when_their_access_ends(
    alice: User, tom: User, customer: Company, browse: Browse
) -> None:
    contact = make_contact(customer, "Tom", "Mertens", tom.email)

    browse(alice).work_for(customer).send(at(tom, "end/"))

    assert list(Contact.objects.active()) == [contact]


def test_ending_twice_is_once(alice: User, bob: User, browse: Browse) -> None:
    browser = browse(alice)

    answers = [browser.send(at(bob, "end/")).status_code for _ in range(2)]

    assert answers == [302, 404]
    assert OutgoingEmail.objects.count() == 1


def test_the_partner_ends_the_access_of_a_customers_user(
    alice: User, tom: User, customer: Company, browse: Browse
) -> None:
    browser = browse(alice)
    assert browser.get(at(tom, "end/")).status_code == 404  # R01: only while acting for that customer
    browser.work_for(customer)
    assert "tom@bakkerijdesmet.example" in browser.get("/colleagues/").text
    assert "/colleagues/" in browser.get("/customer/").text

    browser.send(at(tom, "end/"))

    assert not Membership.objects.filter(user=tom).exists()
    assert OutgoingEmail.objects.get().to_email == tom.email


def test_who_may_not_manage_users_sees_no_users_of_a_customer(
    bob: User, alice: User, tom: User, customer: Company, browse: Browse
) -> None:
    browser = browse(bob).work_for(customer)

    assert browser.get("/colleagues/").status_code == 403
    assert browser.send(at(tom, "end/")).status_code == 403
    assert "/colleagues/" not in browser.get("/customer/").text


def test_r14_the_end_of_an_access_at_a_vaps_customer_is_told_to_nobody(
    alice: User, tom: User, customer: Company, browse: Browse
) -> None:
    browser = browse(alice).work_for(customer)
    Company.objects.filter(pk=customer.pk).update(relation="vap")

    browser.send(at(tom, "end/"))

    assert not Membership.objects.filter(user=tom).exists()
    assert not OutgoingEmail.objects.exists()


def test_one_may_not_end_what_one_may_not_manage_any_more(alice: User, eva: User, bob: User) -> None:
    """Between the page and the act somebody took the right away."""
    Membership.objects.filter(user=eva).update(groups=["read_only"])

    with pytest.raises(colleagues.Refused):
        colleagues.end(Membership.objects.get(user=bob), by=eva)

    assert Membership.objects.filter(user=bob).exists()


def test_every_page_about_colleagues_leads_back_under_the_name_of_the_list(
    alice: User, bob: User, customer: Company, browse: Callable[[User], Browser]
) -> None:
    browser = browse(alice)
    own = [browser.get(path).text for path in ("/colleagues/invite/", f"/colleagues/{bob.public_id}/")]
    theirs = browser.work_for(customer).get("/colleagues/invite/").text

    assert all('<a href="/colleagues/">Colleagues</a> ›' in page for page in own)
    assert '<a href="/colleagues/">Users</a> ›' in theirs
