import pytest
from django.db import transaction

from contacts.access_links import Purpose, address, issue
from contacts.account_mails import account_mail
from contacts.login import AccountAdapter, change_address, open_account
from contacts.models import Company, Group, Membership, User
from notifications.models import OutgoingEmail
from notifications.outbox import deliver, enqueue
from notifications.tests.smtp_sink import Sink

TEMPLATES = [
    *("account_activation", "account_reset", "account_address_confirm"),
    *("account_password_set", "account_password_changed"),
    *("account_second_factor_set_up", "account_second_factor_removed", "account_new_recovery_codes"),
    *("account_new_device", "account_address_changed"),
]
GREETINGS = {"en": "Dear Theo Lambert,", "nl": "Beste Theo Lambert,", "fr": "Bonjour Theo Lambert,"}


@pytest.fixture
def newcomer(customer: Company) -> User:
    user = open_account("theo.lambert@bakkerijdesmet.example", "Theo", "Lambert", "nl")
    Membership.objects.create(user=user, company=customer, groups=[Group.TECHNICAL])
    return user


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", ["en", "nl", "fr"])
def test_r41_every_account_mail_reaches_its_reader_in_their_language(newcomer: User, smtp: Sink, language: str) -> None:
    User.objects.update(language=language)
    newcomer.refresh_from_db()
    link = issue(newcomer, Purpose.ACTIVATION)
    words = {"ip": "192.0.2.7", "old_email": "theo@before.example", "new_email": newcomer.email}

    for template in TEMPLATES:
        facts = {"access_link": str(link.pk)} if template in TEMPLATES[:3] else {}
        enqueue([account_mail(template, newcomer, context=words, facts=facts)])
        deliver()

    assert len(smtp.inbox) == len(TEMPLATES) == len({mail.subject for mail in smtp.inbox})
    for mail in smtp.inbox:
        assert mail.to == newcomer.email
        assert (GREETINGS[language] in mail.text, mail.message["Content-Language"]) == (True, language)
        assert "[[" not in mail.text + mail.html
    assert address(link) in smtp.inbox[0].text
    assert f'href="{address(link)}"' in smtp.inbox[0].html


@pytest.mark.django_db(transaction=True)
def test_t09_mails_to_who_may_no_longer_log_in_are_withheld(newcomer: User, smtp: Sink) -> None:
    enqueue([account_mail("account_password_changed", newcomer)])
    User.objects.update(is_active=False)

    deliver()

    mail = OutgoingEmail.objects.get()
    assert (mail.state, mail.outcome) == ("withheld", "The account may no longer log in.")
    assert smtp.inbox == []


def test_t48_a_changed_address_is_told_to_both(newcomer: User) -> None:
    with transaction.atomic():
        change_address(newcomer, "Theo@Elsewhere.example")

    assert {mail.to_email for mail in OutgoingEmail.objects.all()} == {
        "theo.lambert@bakkerijdesmet.example",
        "theo@elsewhere.example",
    }
    newcomer.refresh_from_db()
    assert newcomer.email == "theo@elsewhere.example"


def test_the_mails_of_allauth_that_nobody_gets_are_an_error(newcomer: User) -> None:
    with pytest.raises(NotImplementedError):
        AccountAdapter().send_mail("account/email/email_confirmation", newcomer.email, {})


def test_r18_no_name_becomes_a_link_in_an_account_mail(newcomer: User, customer: Company) -> None:
    User.objects.update(first_name="evil.test", last_name="http://evil.test")
    Company.objects.filter(pk=customer.pk).update(legal_name="www.evil.test [[access_link]]")
    newcomer.refresh_from_db()

    mail = account_mail("account_activation", newcomer)

    assert "evil.test" not in mail.text + mail.html
    assert mail.text.count("[[access_link]]") == 2
