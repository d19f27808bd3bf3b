"""R27: the owner is changed by colleagues, follows the request, and is replaced when a membership ends."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group as AuthGroup
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from conftest import make_company, make_contact, make_user
from contacts import colleagues
from contacts.models import Company, Contact, Group, Membership, User
from contacts.staff import PARTNER_KEEPERS
from contacts.tests.conftest import Browser
from notifications.models import OutgoingEmail
from notifications.outbox import deliver
from notifications.tests.smtp_sink import Sink
from tenants import drafts, named, ownership, still_true, workflow
from tenants.models import Remark, TenantRequest
from tenants.transitions import TransitionRefused, is_involved

Browse = Callable[[User], Browser]


@pytest.fixture
def browse() -> Browse:
    def _browse(user: User) -> Browser:
        browser = Browser()
        browser.force_login(user)
        browser.user, browser.company = user, user.memberships.get().company
        return browser

    return _browse


@pytest.fixture
def eva(nordwave: Company) -> User:
    """Alice's colleague, who may request tenants."""
    user = make_user("eva@nordwave.example", "Eva", "Smets", language="nl")
    Membership.objects.create(user=user, company=nordwave, groups=[Group.TENANTS])
    return user


@pytest.fixture
def fred(nordwave: Company) -> User:
    """A second administrator."""
    user = make_user("fred@nordwave.example", "Fred", "Adams", language="fr")
    Membership.objects.create(user=user, company=nordwave, groups=[Group.FULL])
    return user


def owner_page(row: TenantRequest) -> str:
    return f"/tenants/{row.public_id}/owner/"


def told() -> list[tuple[str, str]]:
    return sorted(OutgoingEmail.objects.values_list("to_email", "template"))


# --- Changing the owner


def test_r27_a_colleague_changes_the_owner(
    sent: TenantRequest,
    alice: User,
    eva: User,
    fred: User,
    customer: Company,
    browse: Browse,
) -> None:
    OutgoingEmail.objects.all().delete()
    browser = browse(fred).work_for(customer)
    assert owner_page(sent) in browser.get(f"/tenants/{sent.public_id}/").text

    answer = browser.send(owner_page(sent), {"to": str(eva.public_id)})

    assert (answer.status_code, answer["Location"]) == (302, f"/tenants/{sent.public_id}/")
    sent.refresh_from_db()
    assert sent.owner == eva
    assert told() == [("alice@nordwave.example", "owner_former"), ("eva@nordwave.example", "owner_new")]
    line = sent.history.first()
    assert line
    assert (line.verb, line.by, line.for_company, line.comment) == (
        "change_owner",
        fred,
        customer,
        "Alice Peeters → Eva Smets",
    )
    assert "Alice Peeters → Eva Smets" in browser.get(f"/tenants/{sent.public_id}/").text


def test_r27_who_makes_oneself_the_owner_gets_no_mail(sent: TenantRequest, alice: User, eva: User) -> None:
    OutgoingEmail.objects.all().delete()

    ownership.change(sent, to=eva, by=eva)

    assert told() == [("alice@nordwave.example", "owner_former")]


def test_r27_only_those_who_may_request_tenants_can_own(
    sent: TenantRequest,
    alice: User,
    bob: User,
    eva: User,
    mallory: User,
    customer: Company,
    browse: Browse,
) -> None:
    browser = browse(alice).work_for(customer)
    shown = browser.get(owner_page(sent)).text
    assert "eva@nordwave.example" in shown

    for wrong in (bob, mallory, alice):
        assert wrong.email not in shown.partition("<main")[2]
        page = browser.send(owner_page(sent), {"to": str(wrong.public_id)})
        assert list(page.context["form"].errors) == ["to"]
        with pytest.raises(TransitionRefused):
            ownership.change(sent, to=wrong, by=alice)
    sent.refresh_from_db()
    assert sent.owner == alice


def test_r27_bob_and_mallory_change_no_owner(
    sent: TenantRequest,
    bob: User,
    eva: User,
    mallory: User,
    customer: Company,
    rival_customer: Company,
    browse: Browse,
) -> None:
    choice = {"to": str(eva.public_id)}

    assert browse(bob).work_for(customer).send(owner_page(sent), choice).status_code == 403
    assert browse(mallory).work_for(rival_customer).get(owner_page(sent)).status_code == 404
    assert browse(mallory).work_for(rival_customer).send(owner_page(sent), choice).status_code == 404
    assert not sent.history.filter(verb="change_owner").exists()


def test_r31_follows_the_owner(sent: TenantRequest, eva: User, alice: User, sam: User) -> None:
    ownership.change(sent, to=eva, by=alice)
    sent.refresh_from_db()

    assert is_involved(sent, eva)
    assert not is_involved(sent, sam)


def test_r27_mails_that_wait_go_to_the_new_owner(taken: TenantRequest, alice: User, eva: User, sam: User) -> None:
    OutgoingEmail.objects.all().delete()
    remark = Remark(field="tenant.tenant_name", text="Leave out the town.")
    workflow.request_changes(taken, by=sam, version=1, remarks=[remark])

    ownership.change(taken, to=eva, by=alice)

    old = OutgoingEmail.objects.get(to_email=alice.email, template="changes_requested")
    new = OutgoingEmail.objects.get(to_email=eva.email, template="changes_requested")
    assert still_true.contradiction(old) == "The request has another owner now."
    assert still_true.contradiction(new) is None
    assert "Beste Eva Smets," in new.text
    assert "Leave out the town." in new.text


@pytest.mark.parametrize("state", ["draft", "sent", "registering", "registered"])
def test_r27_in_each_state_the_mails_that_wait_can_be_told_anew(
    state: str, request: pytest.FixtureRequest, alice: User, eva: User
) -> None:
    row = request.getfixturevalue(state)

    ownership.change(row, to=eva, by=alice)

    expected = {
        "draft": {"owner_new"},
        "sent": {"owner_new", "confirmation_owner"},
        # What has come to pass already is not told again (R45).
        "registering": {"owner_new", "approved"},
        "registered": {"owner_new", "registered_owner"},
    }
    assert {template for email, template in told() if email == eva.email} == expected[state]


@pytest.mark.parametrize(("verb", "template"), [("fail", "hitch"), ("cancel", "cancelled"), ("reject", "rejected")])
def test_r27_what_ended_or_hitched_is_told_to_the_new_owner(
    registering: TenantRequest, alice: User, eva: User, sam: User, verb: str, template: str
) -> None:
    getattr(workflow, verb)(registering, by=sam, version=1, comment="Microsoft is closed today.")

    ownership.change(registering, to=eva, by=alice)

    told_anew = OutgoingEmail.objects.get(to_email=eva.email, template=template)
    assert "Microsoft is closed today." in told_anew.text
    assert still_true.contradiction(told_anew) is None


def test_r45_a_mail_that_left_is_not_told_again(sent: TenantRequest, alice: User, eva: User) -> None:
    OutgoingEmail.objects.update(state="accepted")

    ownership.change(sent, to=eva, by=alice)

    assert [template for email, template in told() if email == eva.email] == ["owner_new"]


# --- Leaving


def test_r27_a_leavers_open_requests_and_drafts_get_a_new_owner(
    sent: TenantRequest,
    alice: User,
    fred: User,
    eva: User,
    customer: Company,
    other_customer: Company,
    browse: Browse,
) -> None:
    draft = drafts.start(other_customer, by=alice)
    closed = drafts.start(customer, by=alice)
    TenantRequest.objects.filter(pk=closed.pk).update(status="withdrawn")
    OutgoingEmail.objects.all().delete()
    browser = browse(fred)
    page = browser.get(f"/colleagues/{alice.public_id}/end/")
    assert {line.split(" ")[0] for line in page.context["in_hand"]} == {sent.number, draft.number}
    assert [key for key, _words in page.context["form"].fields["to"].choices] == [
        str(fred.public_id),
        str(eva.public_id),
    ]

    browser.send(f"/colleagues/{alice.public_id}/end/", {"to": str(eva.public_id)})

    owners = dict(TenantRequest.objects.values_list("number", "owner__email"))
    assert owners == {sent.number: eva.email, draft.number: eva.email, closed.number: alice.email}
    assert told() == [(alice.email, "account_membership_ended"), (eva.email, "owner_new")]
    mail = OutgoingEmail.objects.get(to_email=eva.email)
    assert sent.number in mail.text
    assert draft.number in mail.text
    goodbye = OutgoingEmail.objects.get(to_email=alice.email).text
    assert "Eva Smets goes on with the requests" in " ".join(goodbye.split())


def test_r27_by_default_an_administrator_gets_them(sent: TenantRequest, alice: User, fred: User, eva: User) -> None:
    colleagues.end(Membership.objects.get(user=alice), by=alice)

    sent.refresh_from_db()
    assert sent.owner == fred


def test_r27_who_cannot_own_any_more_is_not_given_them(sent: TenantRequest, alice: User, fred: User, bob: User) -> None:
    with pytest.raises(colleagues.Refused):
        colleagues.end(Membership.objects.get(user=alice), by=fred, to=bob)

    sent.refresh_from_db()
    assert sent.owner == alice
    assert Membership.objects.filter(user=alice).exists()


def test_r27_mallory_gets_nothing_of_a_leaver(
    sent: TenantRequest,
    alice: User,
    fred: User,
    mallory: User,
    browse: Browse,
) -> None:
    page = browse(fred).send(f"/colleagues/{alice.public_id}/end/", {"to": str(mallory.public_id)})

    assert list(page.context["form"].errors) == ["to"]
    sent.refresh_from_db()
    assert sent.owner == alice


def test_r27_the_leavers_contact_roles_are_listed(
    sent: TenantRequest,
    alice: User,
    fred: User,
    customer: Company,
    nordwave: Company,
) -> None:
    draft = drafts.start(customer, by=fred)
    drafts.keep_step(draft, "contacts", {"technical": f"user:{alice.public_id}", "dpo": f"user:{alice.public_id}"})
    row = make_contact(nordwave, "Alice", "Peeters", alice.email)
    other = drafts.start(customer, by=fred)
    drafts.keep_step(other, "contacts", {"commercial": f"contact:{row.public_id}"})

    assert sorted(colleagues.named_as(alice, nordwave)) == sorted(
        [
            f"{draft.number} for Bakkerij De Smet bv names Alice Peeters as Technical contact, Data protection officer:"
            " choose somebody else there.",
            f"{other.number} for Bakkerij De Smet bv names Alice Peeters as Commercial contact (may sign):"
            " choose somebody else there.",
        ]
    )


def test_r27_a_sent_request_that_names_the_leaver_is_listed(
    sent: TenantRequest, nordwave: Company, customer: Company, alice: User, mallory: User, cloudhoek: Company
) -> None:
    theo = make_user("theo.lambert@bakkerijdesmet.example", "Theo", "Lambert")
    Membership.objects.create(user=theo, company=customer)

    assert colleagues.named_as(theo, customer) == [
        f"{sent.number} for Bakkerij De Smet bv names Theo Lambert as Technical contact and is with Arxus: correct the"
        " person there, or Arxus sends it back."
    ]
    assert colleagues.named_as(theo, cloudhoek) == []


# --- By staff


@pytest.fixture
def pia(db: None) -> User:
    user = make_user("pia@arxus.example", "Pia", "Peters", is_staff=True)
    user.groups.add(AuthGroup.objects.get(name=PARTNER_KEEPERS))
    return user


def _posted(client: Client, row: Company | User) -> dict[str, Any]:
    """The admin's form as the page shows it, with every membership as it is."""
    page = client.get(reverse(f"admin:contacts_{row._meta.model_name}_change", args=[row.pk]))
    data: dict[str, Any] = {}
    formsets = [inline.formset for inline in page.context["inline_admin_formsets"]]
    for form in [page.context["adminform"].form, *(form for formset in formsets for form in formset)]:
        for bound in form:
            value = bound.value()
            if value not in (None, False):
                data[bound.html_name] = "on" if value is True else value
    for formset in formsets:
        for bound in formset.management_form:
            data[bound.html_name] = bound.value()
    return data


@pytest.mark.parametrize("how", ["deactivate", "end"])
def test_r27_the_same_happens_when_staff_end_it(
    how: str, sent: TenantRequest, alice: User, fred: User, pia: User, login: Callable[[User], Client]
) -> None:
    OutgoingEmail.objects.all().delete()
    browser = login(pia)
    data = _posted(browser, alice)
    if how == "deactivate":
        data.pop("is_active")
    else:
        data["memberships-0-DELETE"] = "on"

    answer = browser.post(reverse("admin:contacts_user_change", args=[alice.pk]), data)

    assert answer.status_code == 302
    sent.refresh_from_db()
    assert sent.owner == fred
    line = sent.history.first()
    assert line
    assert (line.by, line.for_company) == (pia, None)
    ended = [(alice.email, "account_membership_ended")] if how == "end" else []
    assert told() == sorted([*ended, (fred.email, "owner_new")])
    alice.refresh_from_db()
    assert (alice.is_active, alice.memberships.exists()) == ((False, True) if how == "deactivate" else (True, False))


@pytest.mark.parametrize(("how", "page"), [("deactivate", "user"), ("end", "user"), ("end", "company")])
def test_r27_staff_read_what_names_the_leaver(
    how: str,
    page: str,
    customer: Company,
    nordwave: Company,
    alice: User,
    fred: User,
    pia: User,
    login: Callable[[User], Client],
) -> None:
    draft = drafts.start(customer, by=fred)
    row = make_contact(nordwave, "Alice", "Peeters", alice.email)
    drafts.keep_step(draft, "contacts", {"commercial": f"contact:{row.public_id}"})
    browser, on = login(pia), alice if page == "user" else nordwave
    data = _posted(browser, on)
    if how == "deactivate":
        data.pop("is_active")
    else:
        rows = [name for name in data if name.endswith("-id") and data[name] == alice.memberships.get().pk]
        data[rows[0].replace("-id", "-DELETE")] = "on"

    answer = browser.post(reverse(f"admin:contacts_{page}_change", args=[on.pk]), data, follow=True)

    assert [str(m) for m in answer.context["messages"] if "has to name" in str(m)] == [
        f"Nordwave IT bv has to name others than Alice Peeters: {draft.number} for Bakkerij De Smet bv names Alice"
        " Peeters as Commercial contact (may sign): choose somebody else there. The contact Alice Peeters of Nordwave"
        " IT bv is archived too."
    ]
    row.refresh_from_db()
    assert (row.archived_at is not None, row.archived_by) == (True, pia)


def test_r27_a_contact_of_a_leaver_is_gone_from_what_was_sent(
    sent: TenantRequest, customer: Company, nordwave: Company, fred: User, bob: User
) -> None:
    theirs = make_contact(nordwave, "Bob", "Claes", bob.email)
    data = sent.submissions.latest("version").data
    data["contacts"]["dpo"] = data["contacts"]["technical"] | {
        "ref": f"contact:{theirs.public_id}",
        "first_name": "Bob",
        "last_name": "Claes",
        "email": bob.email,
    }
    data["contacts"]["roles"].append("dpo")
    assert named.outdated(sent, data) == []

    colleagues.end(Membership.objects.get(user=bob), by=fred)

    assert [(one.place.slug, one.gone) for one in named.outdated(sent, data)] == [("dpo", True)]


def test_deactivating_the_last_administrator_is_possible_and_leaves_the_owner(
    sent: TenantRequest, alice: User, pia: User, login: Callable[[User], Client]
) -> None:
    browser = login(pia)
    data = _posted(browser, alice)
    data.pop("is_active")

    page = browser.post(reverse("admin:contacts_user_change", args=[alice.pk]), data, follow=True)

    assert "Nordwave IT bv has no administrator now" in page.text
    sent.refresh_from_db()
    assert sent.owner == alice


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", ["en", "nl", "fr"])
def test_r41_the_mails_of_a_change_reach_their_readers(
    draft: TenantRequest, alice: User, fred: User, eva: User, other_customer: Company, smtp: Sink, language: str
) -> None:
    User.objects.update(language=language)
    drafts.start(other_customer, by=alice)
    one = drafts.start(other_customer, by=alice)
    ownership.change(one, to=User.objects.get(pk=eva.pk), by=fred)
    colleagues.end(Membership.objects.get(user=alice), by=fred, to=User.objects.get(pk=eva.pk))

    deliver()

    assert sorted((mail.to, mail.message["Content-Language"]) for mail in smtp.inbox) == sorted(
        [(eva.email, language), (eva.email, language), (alice.email, language), (alice.email, language)]
    )


def test_t12_a_rivals_requests_are_nobodys_to_hand_over(
    alice: User, fred: User, mallory: User, nordwave: Company, rival_customer: Company
) -> None:
    """Somebody works for two partners and leaves one: what they own at the other stays theirs."""
    Membership.objects.create(user=alice, company=rival_customer.partner, groups=[Group.FULL])
    theirs = drafts.start(rival_customer, by=alice)
    make_company("Third nv", "BE0202239951", partner=nordwave)

    assert colleagues.in_hand(alice, nordwave) == []
    colleagues.end(Membership.objects.get(user=alice, company=nordwave), by=fred)

    theirs.refresh_from_db()
    assert theirs.owner == alice


def test_r27_taking_the_right_from_whoever_owns_requests_says_who_hears_of_them(
    draft: TenantRequest, alice: User, bob: User, nordwave: Company
) -> None:
    eva = make_user("eva@nordwave.example", "Eva", "Smets")
    Membership.objects.create(user=eva, company=nordwave, groups=[Group.FULL])
    browser = Browser()
    browser.force_login(eva)
    browser.user, browser.company = eva, nordwave

    saved = browser.send(f"/colleagues/{alice.public_id}/", {"groups": ["read_only"]})

    said = "Alice Peeters still owns one request: administrators hear about it now."
    assert said in browser.get(saved["Location"]).text


# --- What the new owner reads


def new_owners_mail(email: str) -> str:
    return " ".join(OutgoingEmail.objects.get(to_email=email, template="owner_new").text.split())


def test_r26_the_new_owner_reads_that_a_contact_has_to_be_corrected(
    taken: TenantRequest, theo: Contact, alice: User, fred: User
) -> None:
    Contact.objects.filter(pk=theo.pk).update(archived_at=timezone.now())
    fred.language = "en"

    ownership.change(taken, to=fred, by=alice)

    mail = new_owners_mail(fred.email)
    assert mail.count("With you: contact to correct") == 1
    assert mail.count("A contact is no longer as sent: correct the person") == 1
    assert mail.count("draft") == 0
    assert mail.count("Alice Peeters passed this request on to you.") == 1


def test_r27_a_leaver_who_is_a_contact_is_to_be_corrected_by_the_new_owner(
    with_colleague: TenantRequest, alice: User, fred: User
) -> None:
    User.objects.filter(pk=fred.pk).update(language="en")

    colleagues.end(Membership.objects.get(user=alice), by=fred, to=make_admin(alice))

    assert new_owners_mail("gita@nordwave.example").count("With you: contact to correct") == 1


def make_admin(beside: User) -> User:
    user = make_user("gita@nordwave.example", "Gita", "Roels")
    Membership.objects.create(user=user, company=beside.memberships.get().company, groups=[Group.FULL])
    return user
