from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from contacts import invitations
from contacts.models import Company, Contact, Group, Membership, User
from notifications.models import OutgoingEmail
from tenants import access, checks, workflow
from tenants.models import Status, TenantRequest
from tenants.persons import Cast, named_in
from tenants.tests.conftest import made_at_microsoft
from tenants.tests.test_corrections import act_for
from tenants.transitions import TransitionRefused

Login = Callable[[User], Client]
THEO = "theo.lambert@bakkerijdesmet.example"


def register(registering: TenantRequest, sam: User) -> str:
    """Register, and say which mail the technical contact got."""
    workflow.register(registering, by=sam, version=1, tenant=made_at_microsoft())
    return OutgoingEmail.objects.get(to_email=THEO, template__in=["credentials", "success"]).template


def groups_of(email: str) -> dict[str, list[str]]:
    rows = Membership.objects.filter(user__email=email).select_related("company")
    return {row.company.legal_name: row.groups for row in rows}


def test_r50_without_an_account_one_is_made_for_this_customer_only(registering: TenantRequest, sam: User) -> None:
    mail = register(registering, sam)

    assert mail == "credentials"
    assert groups_of(THEO) == {"Bakkerij De Smet bv": [Group.TECHNICAL]}
    assert not User.objects.get(email=THEO).has_usable_password()


def test_r50_an_account_without_access_gets_it(registering: TenantRequest, sam: User) -> None:
    User.objects.create_user(THEO, "a password of his own", first_name="Theo", last_name="Lambert")

    mail = register(registering, sam)

    assert (mail, list(groups_of(THEO))) == ("success", ["Bakkerij De Smet bv"])


def test_r50_access_that_exists_stays_as_it_is(registering: TenantRequest, sam: User, customer: Company) -> None:
    theo = User.objects.create_user(THEO, "a password of his own", first_name="Theo", last_name="Lambert")
    Membership.objects.create(user=theo, company=customer, groups=[Group.READ_ONLY])

    mail = register(registering, sam)

    assert (mail, groups_of(THEO)) == ("success", {"Bakkerij De Smet bv": [Group.READ_ONLY]})


def test_r50_somebody_who_never_activated_gets_a_link_again(
    registering: TenantRequest, sam: User, customer: Company
) -> None:
    theo = User.objects.create_user(THEO, None, first_name="Theo", last_name="Lambert")
    Membership.objects.create(user=theo, company=customer, groups=[Group.TECHNICAL])

    assert register(registering, sam) == "credentials"


@pytest.mark.parametrize(
    ("fields", "words"), [({"is_active": False}, "is deactivated"), ({"is_staff": True}, "works for Arxus")]
)
def test_r50_a_deactivated_account_and_staff_are_refused_with_a_sentence(
    registering: TenantRequest, sam: User, fields: dict[str, bool], words: str
) -> None:
    User.objects.create_user(THEO, "x", first_name="Theo", last_name="Lambert", **fields)

    with pytest.raises(TransitionRefused) as refused:
        register(registering, sam)

    assert words in refused.value.sentence
    assert TenantRequest.objects.get(pk=registering.pk).status == Status.REGISTERING


def test_r50_a_person_of_the_partner_gets_access_at_the_partner(registering: TenantRequest, nordwave: Company) -> None:
    person = registering.submissions.get().data["contacts"]["technical"] | {"own": True}

    assert access.plan(registering, person).home == nordwave


def test_r53_the_owner_sees_who_has_not_activated_yet(registered: TenantRequest) -> None:
    waiting = access.waiting_for(registered)
    assert waiting is not None

    waiting.set_password("a password of his own")
    waiting.save()

    assert waiting.email == THEO
    assert access.waiting_for(registered) is None


def test_r25_access_goes_to_the_address_that_was_sent(registering: TenantRequest, sam: User, theo: Contact) -> None:
    """Also where a lead let registering pass the contact who changed since (R26)."""
    Contact.objects.filter(pk=theo.pk).update(email="elsewhere@bakkerijdesmet.example")
    checks.run(registering)
    registering.checks.update(overridden_at=timezone.now(), overridden_by=sam)

    register(registering, sam)

    assert not User.objects.filter(email="elsewhere@bakkerijdesmet.example").exists()


def test_the_page_of_an_activation_link_says_who_asked_for_it(registered: TenantRequest) -> None:
    link = User.objects.get(email=THEO).access_links.get()

    assert access.asked_by(link) == f"Nordwave IT bv asked for it, in request {registered.number}."


def test_archiving_a_contact_says_which_requests_name_them(sent: TenantRequest, theo: Contact, an: Contact) -> None:
    assert named_in(theo) == [f"{sent.number} is with Arxus and names them: Arxus may send it back."]


@pytest.mark.parametrize("password", ["a password of his own", None])
def test_r44_the_account_of_somebody_who_belongs_elsewhere_says_nothing(
    registering: TenantRequest, sam: User, alice: User, rival_customer: Company, login: Login, password: str | None
) -> None:
    stranger = User.objects.create_user(THEO, password, first_name="Theodoor", last_name="Geheim", job_title="spy")
    Membership.objects.create(user=stranger, company=rival_customer, groups=[Group.READ_ONLY])
    register(registering, sam)
    User.objects.filter(pk=stranger.pk).update(is_active=False)

    browser = act_for(login(alice), registering.company)
    request_page = browser.get(f"/tenants/{registering.public_id}/").text
    pages = [browser.get(f"/colleagues/{tail}").text for tail in ("", *_pages_about(stranger))]

    assert all("Theo Lambert" in page for page in [request_page, *pages])
    assert [word for word in ("Theodoor", "Geheim", "spy", "deactivated") for page in pages if word in page] == []
    assert "Theodoor" not in request_page


def test_r44_a_stranger_with_access_is_no_colleague_to_choose(
    alice: User, nordwave: Company, customer: Company
) -> None:
    stranger = User.objects.create_user("zoe@elsewhere.example", first_name="Zoe", last_name="Geheim")
    Membership.objects.create(user=stranger, company=nordwave, groups=[Group.TECHNICAL], called="Z. Smit")

    assert [ref for ref in Cast(customer, alice) if str(stranger.public_id) in ref] == []


def test_r44_whoever_accepts_an_invitation_shows_their_own_name(nordwave: Company, alice: User) -> None:
    stranger = User.objects.create_user("zoe@elsewhere.example", first_name="Zoe", last_name="Geheim")
    Membership.objects.create(user=stranger, company=nordwave, groups=[Group.TECHNICAL], called="Z. Smit")
    fields = {"email": stranger.email, "first_name": "Z.", "last_name": "Smit", "language": "nl", "groups": []}
    sent_at, expires_at = timezone.now(), timezone.now() + timedelta(days=7)
    made = nordwave.invitations.create(**fields, invited_by=alice, sent_at=sent_at, expires_at=expires_at)

    assert invitations.accept(made, user=stranger).name == "Zoe Geheim"


def _pages_about(user: User) -> list[str]:
    return [f"{user.public_id}/{tail}" for tail in ("", "end/", "activity/")]
