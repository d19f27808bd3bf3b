import smtplib
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from portal.stack.guards import free_port
from portal.stack.mailbox import Mailbox, sink
from portal.stack.mailbox_pages import MAIL_POLICY, Server

EVIL = "<script>document.title='owned'</script>"


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    """A mailbox with two mails: a plain one, then one that is out to harm."""
    port = free_port()
    with sink(tmp_path / "mails", port), smtplib.SMTP("127.0.0.1", port, timeout=5) as smtp:
        for subject, html in (("First", ""), (f"Second {EVIL}", f"<head></head><p>Déjà vu{EVIL}</p>")):
            mail = EmailMessage()
            mail["Subject"], mail["To"], mail["From"] = subject, '"Zoë <b>" <zoe@example.com>', "portal@arxus.example"
            mail.set_content(f"Open http://localhost:8000/activate/1?a=1&b=2 {EVIL}")
            if html:
                mail.add_alternative(html, subtype="html")
            smtp.send_message(mail)
    return Mailbox(tmp_path / "mails")


@pytest.fixture
def url(mailbox: Mailbox) -> Iterator[str]:
    with Server(mailbox, 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()
        thread.join()


def read(url: str, **headers: str) -> tuple[int, str, str]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=5) as answer:
            return answer.status, answer.headers["Content-Security-Policy"], answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Security-Policy"], error.read().decode()


def test_the_newest_mail_comes_first(mailbox: Mailbox) -> None:
    assert [mail.subject for mail in mailbox.newest()] == [f"Second {EVIL}", "First"]


def test_what_a_mail_holds_is_never_markup_of_the_page(url: str, mailbox: Mailbox) -> None:
    for path in ("/", f"/mails/{mailbox.newest()[0].name}"):
        status, policy, page = read(url + path)

        assert status == 200
        assert "<script" not in page
        assert "default-src 'none'" in policy


def test_the_html_of_a_mail_has_a_policy_of_its_own(url: str, mailbox: Mailbox) -> None:
    status, policy, html = read(f"{url}/mails/{mailbox.newest()[0].name}/html")

    assert (status, policy) == (200, MAIL_POLICY)
    assert html == f'<head><base target="_blank"></head><p>Déjà vu{EVIL}</p>\n'


def test_links_to_the_demo_can_be_followed_from_the_text(url: str, mailbox: Mailbox) -> None:
    _, _, page = read(f"{url}/mails/{mailbox.newest()[1].name}")

    assert '<a href="http://localhost:8000/activate/1?a=1&amp;b=2" target="_blank"' in page


@pytest.mark.parametrize("path", ["/mails/1", "/mails/../up.lock", "/mails/%2e%2e/keys.json", "/css/keys.json", "/x"])
def test_only_mails_and_styles_are_served(url: str, path: str) -> None:
    assert read(url + path)[0] == 404


def test_another_name_for_this_machine_does_not_read_mails(url: str) -> None:
    assert read(url, Host="evil.example")[0] == 421


def test_a_full_disk_lets_the_portal_try_again(tmp_path: Path) -> None:
    port = free_port()
    with sink(tmp_path / "mails", port), smtplib.SMTP("127.0.0.1", port, timeout=5) as smtp:
        (tmp_path / "mails").rmdir()

        with pytest.raises(smtplib.SMTPDataError) as refused:
            smtp.sendmail("a@example.com", ["b@example.com"], "Subject: x\r\n\r\nx")

    assert refused.value.smtp_code == 452


@pytest.mark.browser
def test_a_mail_is_read_in_a_browser(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("link", name="Second").click()

    expect(page.get_by_role("heading", level=1)).to_have_text(f"Second {EVIL}")
    expect(page.frame_locator("iframe").get_by_text("Déjà vu")).to_be_visible()
    assert page.title().startswith("Second <script>")


def test_the_sink_gives_its_port_back(tmp_path: Path) -> None:
    port = free_port()
    with sink(tmp_path, port):
        pass

    with socket.create_server(("127.0.0.1", port)):
        pass
