from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from contacts.models import User
from notifications.models import MailServer, OutgoingEmail
from notifications.outbox import Mail, enqueue

pytestmark = pytest.mark.django_db
Make = Callable[..., Mail]
LIST = "/admin/notifications/outgoingemail/"
THEO = "theo@bakkerijdesmet.example"


@pytest.fixture(autouse=True)
def _password_is_enough(settings) -> None:
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def row(mail: Make) -> OutgoingEmail:
    [row] = enqueue([mail(html="<p>MARKER [[access_link]]</p>", about="tenant_request:42")])
    OutgoingEmail.objects.update(state="accepted")
    return row


@pytest.fixture
def staff(login: Callable[[User], Client], sam: User) -> Client:
    return login(sam)


def address(name: str, row: OutgoingEmail) -> str:
    return reverse(f"admin:notifications_outgoingemail_{name}", args=[row.pk])


@pytest.mark.parametrize("query", ["zoe", "ZOË straße", "zoe strasse", "Angefragt", "tr 26 7k4mq", "TR267K4MQ"])
def test_mails_are_found_without_accents_and_by_a_number_however_it_is_typed(
    staff: Client, row: OutgoingEmail, mail: Make, query: str
) -> None:
    [other] = enqueue([mail("z@x.example", subject="Ängefragt: TR-26-7K4MQ", to_name="Zoë Straße")])

    assert list(staff.get(LIST, {"q": query}).context["cl"].result_list) == [other]


def test_dates_of_mails_read_as_on_the_other_pages(staff: Client, row: OutgoingEmail) -> None:
    OutgoingEmail.objects.update(sent_at=datetime(2026, 11, 20, 15, 12, tzinfo=UTC))

    assert "20 Nov 2026, 16:12" in staff.get(LIST).text


@pytest.mark.parametrize("query", [THEO, "Nordwave", "tenant_request:42"])
def test_mails_are_found_by_address_subject_and_what_they_are_about(
    staff: Client, row: OutgoingEmail, mail: Make, query: str
) -> None:
    enqueue([mail("other@x.example", subject="Something else", to_name="")])

    found = staff.get(LIST, {"q": query}).context["cl"].result_list

    assert [mail.pk for mail in found] == [row.pk]


def test_the_page_shows_the_mail_in_a_sandboxed_frame(staff: Client, row: OutgoingEmail) -> None:
    page = staff.get(address("change", row)).content.decode()

    assert f'<iframe class="mail-frame" sandbox src="{address("body", row)}"' in page
    assert "MARKER" not in page
    assert "Dear Theo," in page


def test_r42_the_frame_has_its_own_policy_and_no_link(staff: Client, row: OutgoingEmail) -> None:
    response = staff.get(address("body", row))

    assert response.content.decode() == "<p>MARKER (added while sending)</p>"
    assert response["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'; sandbox"
    )
    assert response["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize("name", ["change", "body"])
def test_partners_do_not_read_mails_in_the_admin(
    row: OutgoingEmail, alice: User, login: Callable[[User], Client], name: str
) -> None:
    response = login(alice).get(address(name, row))

    assert (response.status_code == 200, b"MARKER" in response.content) == (False, False)


def test_staff_without_the_permission_see_and_send_nothing(
    row: OutgoingEmail, sam: User, login: Callable[[User], Client]
) -> None:
    sam.groups.clear()
    client = login(sam)

    assert client.get(address("body", row)).status_code == 403
    assert client.post(address("again", row)).status_code == 403
    assert OutgoingEmail.objects.count() == 1


@pytest.mark.parametrize("name", ["change", "delete"])
def test_not_even_a_superuser_changes_a_mail(
    row: OutgoingEmail, sam: User, login: Callable[[User], Client], name: str
) -> None:
    User.objects.filter(pk=sam.pk).update(is_superuser=True)
    client = login(sam)

    assert client.post(address(name, row), {"subject": "x", "post": "yes"}).status_code == 403
    assert client.get(f"{LIST}add/").status_code == 403
    row.refresh_from_db()
    assert row.subject == "Nordwave asked us for a tenant"


def test_r44_staff_send_a_mail_again(staff: Client, row: OutgoingEmail, sam: User) -> None:
    assert staff.get(address("again", row)).status_code == 405
    assert address("again", row) in staff.get(address("change", row)).content.decode()

    staff.post(address("again", row))
    staff.post(address("again", row))  # a second click finds the first one waiting

    again = OutgoingEmail.objects.get(state="waiting")
    assert again.facts == {"sent_again": {"of": str(row.pk), "by": str(sam.pk)}}
    assert OutgoingEmail.objects.count() == 2


@pytest.fixture
def of_account(mail: Make) -> OutgoingEmail:
    [row] = enqueue([mail(about="account:7", template="account_reset")])
    OutgoingEmail.objects.filter(pk=row.pk).update(state="accepted")
    return row


def test_f42_a_mail_about_an_account_is_said_to_have_come_back_and_that_is_taken_back(
    staff: Client, of_account: OutgoingEmail, sam: User
) -> None:
    assert address("back", of_account) in staff.get(address("change", of_account)).text
    assert "Nobody is mailed about it." in staff.get(address("back", of_account)).text

    page = staff.post(address("back", of_account), follow=True).text

    of_account.refresh_from_db()
    assert (of_account.state, of_account.outcome) == ("bounced", "Written down by Sam De Wolf, Arxus.")
    assert OutgoingEmail.objects.count() == 1
    assert (address("back", of_account) in page, address("not_back", of_account) in page) == (False, True)
    assert LogEntry.objects.get(object_id=str(of_account.pk)).change_message == "Came back"
    assert (
        "Only a mail that their server accepted can come back."
        in staff.post(address("back", of_account), follow=True).text
    )

    staff.post(address("not_back", of_account))

    of_account.refresh_from_db()
    assert (of_account.state, of_account.told_at) == ("accepted", None)
    again = staff.post(address("not_back", of_account), follow=True).text
    assert "Nobody wrote down that this mail came back." in again


@pytest.mark.parametrize("state", ["waiting", "refused", "withheld"])
def test_f42_only_what_was_accepted_can_come_back(staff: Client, of_account: OutgoingEmail, state: str) -> None:
    OutgoingEmail.objects.update(state=state)

    staff.post(address("back", of_account))

    of_account.refresh_from_db()
    assert (of_account.state, "It came back…" in staff.get(address("change", of_account)).text) == (state, False)


def test_f42_who_may_not_send_mails_again_says_nothing_of_them(
    of_account: OutgoingEmail, sam: User, alice: User, login: Callable[[User], Client]
) -> None:
    sam.groups.clear()

    assert [login(sam).post(address(name, of_account)).status_code for name in ("back", "not_back")] == [403, 403]
    assert login(alice).post(address("back", of_account)).status_code in (302, 403)
    of_account.refresh_from_db()
    assert of_account.state == "accepted"


def test_t37_t52_staff_read_why_a_mail_is_not_sent_again(staff: Client, row: OutgoingEmail) -> None:
    for _time in range(3):
        staff.post(address("again", row))
        OutgoingEmail.objects.update(state="accepted")

    page = staff.post(address("again", row), follow=True).content.decode()

    assert "This mail was sent again 3 times within the hour." in page
    assert OutgoingEmail.objects.count() == 4


def test_f40_the_list_says_that_no_mail_leaves(staff: Client, row: OutgoingEmail) -> None:
    MailServer.objects.create(words="535 Wrong password", paused_until=row.created_at)

    page = staff.get(LIST).content.decode()

    assert "No mail leaves: the mail server cannot be used. It said: 535 Wrong password" in page


def test_the_list_needs_the_same_queries_for_one_and_for_fifty(
    staff: Client, row: OutgoingEmail, mail: Make, django_assert_max_num_queries
) -> None:
    with django_assert_max_num_queries(12) as one:
        staff.get(LIST)
    enqueue([mail(f"p{number}@x.example") for number in range(49)])
    with django_assert_max_num_queries(12) as fifty:
        staff.get(LIST)

    assert len(fifty.captured_queries) == len(one.captured_queries)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_browser_shows_a_mail_with_its_styles_and_runs_nothing(
    live_server: LiveServer, page: Page, login: Callable[[User], Client], sam: User, mail: Make
) -> None:
    html = (
        '<p style="color: rgb(1, 2, 3)">Dear Theo,</p><script>document.querySelector("p").textContent = "ran"</script>'
    )
    [row] = enqueue([mail(html=html)])
    cookie = login(sam).cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])

    page.goto(live_server.url + address("change", row))

    shown = page.frame_locator("iframe.mail-frame").locator("p")
    assert shown.inner_text() == "Dear Theo,"
    assert shown.evaluate("shown => getComputedStyle(shown).color") == "rgb(1, 2, 3)"
