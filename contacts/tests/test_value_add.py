"""R14: nobody at the customer of a Value Add Partner is written to, and no partner can silence another one's people."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from conftest import make_company, make_contact, make_user
from contacts import access_links, value_add
from contacts.account_mails import account_mail
from contacts.customer_forms import CustomerForm
from contacts.login import change_address
from contacts.models import Company, Group, Invitation, Membership, User
from contacts.value_add import is_at
from notifications.models import OutgoingEmail
from notifications.outbox import ResendRefused, deliver, enqueue, resend
from notifications.tests.smtp_sink import Sink

DOMAINS = ["studio.example", "xn--bcker-gra.example", "gmail.com"]
ELAN = "Studio Elan bv does not know Arxus, so nobody there is written to."


@pytest.fixture
def studio(valora: Company) -> Company:
    """Studio Elan, which knows nothing of Arxus."""
    fields = {"relation": "vap", "email_domains": ["studio.example"]}
    return make_company("Studio Elan bv", "BE0451406524", partner=valora, **fields)


def account(email: str, *companies: Company) -> User:
    user = make_user(email, "Els", "Elan")
    for company in companies:
        Membership.objects.create(user=user, company=company, groups=[Group.READ_ONLY])
    return user


@pytest.mark.parametrize(
    ("email", "there"),
    [
        ("els@studio.example", True),
        ("Els@STUDIO.Example", True),
        ("els@mail.studio.example", True),
        ("els@a.b.studio.example", True),
        ("els@studio.example.", True),
        ("els@bäcker.example", True),
        ("els@BÄCKER.example", True),
        ("els@studio。example", True),
        ("els@xn--bcker-gra.example", True),
        ("els@post.xn--bcker-gra.example", True),
        ('"els@elsewhere.example"@studio.example', True),
        ('"x@studio.example"@elsewhere.example', False),
        ("els@evilstudio.example", False),
        ("els@studio.example.evil.example", False),
        ("els@studio.examples", False),
        ("els@example", False),
        ("els@xn--bckr-gra.example", False),
        ("els@gmail.com", False),
        ("els@mail.gmail.com", False),
        ("studio.example", True),
        ("", False),
        ("@", False),
        ("els@..studio.example", False),
    ],
)
def test_r14_t16_an_address_is_at_the_domain_or_below_it(email: str, there: bool) -> None:
    assert is_at(email, DOMAINS) is there


_LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)


@given(local=st.text(max_size=12), below=st.lists(_LABEL, max_size=3), dot=st.sampled_from(["", "."]), up=st.booleans())
def test_r14_whatever_stands_before_the_domain_it_is_found(local: str, below: list[str], dot: str, up: bool) -> None:
    domain = ".".join([*below, "studio.example"]) + dot

    assert is_at(f"{local}@{domain.upper() if up else domain}", DOMAINS)


@given(email=st.text(max_size=40), before=_LABEL)
def test_t16_only_whole_labels_count_and_nothing_breaks(email: str, before: str) -> None:
    assert not is_at(f"els@{before}studio.example", DOMAINS)
    assert not is_at(f"els@studio.example.{before}.test", DOMAINS)
    is_at(email, DOMAINS)


# --- Account mails


def what_became_of(user: User, template: str = "account_password_changed", **more: str) -> tuple[str, str]:
    [row] = enqueue([account_mail(template, user, **more)])
    deliver()
    row.refresh_from_db()
    return row.state, row.outcome


pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("template", ["account_password_changed", "account_second_factor_removed"])
def test_r14_account_mails_to_a_member_of_the_customer_are_withheld(studio: Company, smtp: Sink, template: str) -> None:
    els = account("els@private.example", studio)

    assert what_became_of(els, template) == ("withheld", ELAN)
    assert smtp.inbox == []


def test_r14_account_mails_to_an_address_at_its_domain_are_withheld(studio: Company, smtp: Sink) -> None:
    els = account("els@mail.studio.example")

    assert what_became_of(els) == ("withheld", ELAN)
    assert smtp.inbox == []


@pytest.mark.parametrize("password", [None, "four unrelated words, lower case"])
def test_r14_a_link_to_set_a_password_does_not_leave(studio: Company, smtp: Sink, password: str | None) -> None:
    els = account("els@studio.example")
    els.set_password(password)
    els.save()

    access_links.send(els.email)
    deliver()

    assert smtp.inbox == []
    assert OutgoingEmail.objects.get().outcome == ELAN


def test_r14_a_changed_address_is_told_to_neither_where_one_is_at_the_customer(studio: Company, smtp: Sink) -> None:
    els = account("els@private.example", studio.partner)

    change_address(els, "els@studio.example")
    deliver()

    assert [arrived.to for arrived in smtp.inbox] == []
    assert OutgoingEmail.objects.filter(state="withheld").count() == 2


def test_r14_asked_again_just_before_sending(studio: Company, smtp: Sink) -> None:
    """Queued while the customer knew Arxus, due when it does not any more."""
    Company.objects.filter(pk=studio.pk).update(relation="reseller")
    els = account("els@studio.example", studio)
    [row] = enqueue([account_mail("account_password_changed", els)])
    assert row.state == "waiting"
    Company.objects.filter(pk=studio.pk).update(relation="vap")

    deliver()

    row.refresh_from_db()
    assert (row.state, row.outcome, smtp.inbox) == ("withheld", ELAN, [])


def test_r14_what_was_withheld_is_not_sent_again_by_hand(studio: Company, alice: User) -> None:
    els = account("els@studio.example", studio)
    [row] = enqueue([account_mail("account_password_changed", els)])

    with pytest.raises(ResendRefused, match="does not know Arxus"):
        resend(row, alice)

    assert OutgoingEmail.objects.count() == 1


def test_t16_a_rival_cannot_silence_people_by_claiming_their_domain(
    cloudhoek: Company, nordwave: Company, customer: Company, smtp: Sink
) -> None:
    claimed = ["nordwave.example", "bakkerijdesmet.example"]
    make_company("MARKER claim", "BE0417497106", partner=cloudhoek, relation="vap", email_domains=claimed)
    colleague = account("eva@nordwave.example", nordwave)
    at_bakery = account("els@bakkerijdesmet.example", customer)

    assert what_became_of(colleague)[0] == what_became_of(at_bakery)[0] == "accepted"
    assert len(smtp.inbox) == 2


def test_t16_nor_people_of_arxus(studio: Company, sam: User, smtp: Sink) -> None:
    Company.objects.filter(pk=studio.pk).update(email_domains=["arxus.example"])

    assert what_became_of(sam)[0] == "accepted"


def test_r14_a_partners_own_claim_counts_for_its_own_people(studio: Company, valora: Company, smtp: Sink) -> None:
    lent = account("lent@studio.example", valora)

    assert what_became_of(lent) == ("withheld", ELAN)


def test_r14_who_works_for_a_partner_and_for_the_customer_is_a_person_of_the_partner(
    studio: Company, valora: Company, smtp: Sink
) -> None:
    both = account("jo@private.example", valora, studio)

    assert what_became_of(both)[0] == "accepted"


def test_of_a_customer_that_knows_arxus_people_are_written_to(customer: Company, smtp: Sink) -> None:
    els = account("els@bakkerijdesmet.example", customer)

    assert value_add.refusal(els.email, value_add.of_account(els.pk)) is None
    assert what_became_of(els)[0] == "accepted"


# --- Invitations


def invite(company: Company, by: User, email: str) -> OutgoingEmail:
    user = make_user(email, "Els", "Elan")
    fields = {"first_name": "Els", "last_name": "Elan", "language": "en", "groups": [], "invited_by": by}
    until = timezone.now() + timedelta(days=7)
    invitation = Invitation.objects.create(
        company=company, email=email, sent_at=timezone.now(), expires_at=until, **fields
    )
    context = {"company": company, "url": "/invitations/x/", "until": "then", "by": by}
    facts = {"invitation": invitation.pk}
    return enqueue([account_mail("account_invitation", user, context=context, facts=facts)])[0]


def test_r14_an_invitation_to_somebody_at_the_customer_is_withheld(
    studio: Company, valora: Company, vera: User
) -> None:
    assert invite(valora, vera, "els@mail.studio.example").outcome == ELAN
    assert invite(studio, vera, "els@elsewhere.example").outcome == ELAN


def test_t16_a_rivals_claim_stops_no_invitation(
    cloudhoek: Company, valora: Company, vera: User, studio: Company
) -> None:
    """Of somebody new, and of somebody who works for a customer of the rival already."""
    claimed = ["valora.example", "private.example"]
    make_company("MARKER claim", "BE0417497106", partner=cloudhoek, relation="vap", email_domains=claimed)

    assert invite(valora, vera, "new@valora.example").state == "waiting"
    new = User.objects.get(email="new@valora.example")
    assert enqueue([account_mail("account_password_set", new)])[0].state == "waiting"


# --- What a customer's domains may be

DETAILS = {
    "country": "BE",
    "enterprise_number": "0451.406.524",
    "legal_name": "Studio Elan bv",
    "street": "Molenstraat 14",
    "box": "",
    "postal_code": "9300",
    "town": "Aalst",
    "phone": "053 00 00 20",
    "industry": "media",
    "microsoft_language": "nl",
}


@pytest.mark.parametrize("domains", ["valora.example", "studio.example, private.example", "mail.example"])
def test_r14_what_is_the_partners_own_cannot_be_the_customers(
    valora: Company, vera: User, studio: Company, domains: str
) -> None:
    make_contact(valora, "Kurt", "Baert", "kurt@private.example")
    account("eva@mail.example", valora)
    for instance in (None, studio):
        form = CustomerForm(DETAILS | {"relation": "vap", "email_domains": domains}, partner=valora, instance=instance)

        assert "is of Valora nv itself" in str(form.errors["email_domains"])


def test_r14_domains_of_a_customer_that_knows_arxus_are_not_judged(valora: Company, vera: User) -> None:
    form = CustomerForm(DETAILS | {"relation": "reseller", "email_domains": "valora.example"}, partner=valora)

    assert "email_domains" not in form.errors


def test_r14_t16_whoever_invites_another_partners_person_silences_none_of_their_mails(
    alice: User, nordwave: Company, cloudhoek: Company, mallory: User
) -> None:
    make_company(
        "Shadow Three bv", "BE0458053301", partner=cloudhoek, relation="vap", email_domains=["nordwave.example"]
    )
    Invitation.objects.create(
        company=cloudhoek,
        email=alice.email,
        first_name="Ann",
        last_name="Test",
        language="nl",
        invited_by=mallory,
        sent_at=timezone.now(),
        expires_at=timezone.now() + timedelta(days=7),
    )

    [mail] = enqueue([account_mail("account_password_changed", alice)])

    assert mail.state == "waiting"
    assert value_add.refusal(alice.email, value_add.of_account(alice.pk)) is None
