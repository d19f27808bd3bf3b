"""The gallery: every mail that there is a template for, in every language, made of nothing that the database holds."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contacts.models import Company, User
from notifications.models import OutgoingEmail
from tenants.gallery.samples import SAMPLES, mail_of
from tenants.gallery.views import NAMES
from tenants.models import TenantRequest
from tenants.tests.test_announcements import readable

FOLDER = Path(settings.BASE_DIR) / "templates" / "emails"
TEMPLATES = sorted(path.stem for path in FOLDER.glob("[!_]*.html"))
INDEX = reverse("admin:tenants_tenantrequest_gallery")
WITH_A_LINK = ("credentials", "fresh_link", "account_activation", "account_reset", "account_invited")


def page_of(template: str) -> str:
    return reverse("admin:tenants_tenantrequest_gallery_mail", args=[template])


def frame_of(template: str, language: str = "nl") -> str:
    return reverse("admin:tenants_tenantrequest_gallery_frame", args=[template, language])


def test_every_mail_has_a_sample_and_a_name() -> None:
    assert sorted(SAMPLES) == sorted(NAMES) == TEMPLATES
    assert {path.name.removesuffix(".subject.txt") for path in FOLDER.glob("*.subject.txt")} == set(TEMPLATES)


@pytest.mark.parametrize("language", ["en", "nl", "fr"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_r41_every_sample_is_whole_in_every_language(template: str, language: str) -> None:
    # Without a database: nothing is read, nothing can be written.
    mail = mail_of(template, language)

    why = {"en": "You get this mail because", "nl": "U krijgt deze mail omdat", "fr": "Vous recevez cet e-mail parce"}
    assert (mail.template, mail.language) == (template, language)
    assert why[language] in readable(mail)
    assert mail.subject
    assert f'lang="{language}"' in mail.html
    for part in (mail.subject, mail.text, re.sub(r"<style.*?</style>", "", mail.html, flags=re.DOTALL)):
        assert not re.search(r"\{\{|\{%|%\(\w+\)s|\bNone\b|\{'|\(\)|  ,", part), part
    assert not re.search(r"<(?!http)/?\w|&\w+;", mail.text)


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_french_colon_stands_apart(template: str) -> None:
    mail = mail_of(template, "fr")

    assert re.findall(r".*[^\s\xa0\u202f]:(?:\s|$)", mail.text) == []


def test_whoever_is_named_no_longer_is_not_said_to_be_named_still() -> None:
    assert "still named" not in mail_of("no_longer_named", "en").text


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_languages_of_a_sample_differ(template: str) -> None:
    mails = [mail_of(template, language) for language in ("en", "nl", "fr")]

    assert len({mail.text for mail in mails}) == len({mail.subject for mail in mails}) == 3


@pytest.mark.parametrize("template", WITH_A_LINK)
def test_r42_a_mail_with_a_link_to_log_in_shows_its_placeholder(
    template: str, login: Callable[[User], Client], sam: User
) -> None:
    client = login(sam)

    frame, page = client.get(frame_of(template)), client.get(page_of(template))

    assert 'href="[[access_link]]"' in frame.text
    assert "[[access_link]]" in page.text
    assert "/activate/" not in frame.text + page.text


def test_the_confirmation_says_what_was_stated() -> None:
    said = readable(mail_of("confirmation_owner", "en"))

    assert "may sign for Bakkerij De Smet bv on the ground given above" in said
    assert "Alice Peeters, " in said


def test_the_list_leads_to_every_mail_and_the_mails_lead_to_the_list(
    login: Callable[[User], Client], sam: User
) -> None:
    client = login(sam)

    text = client.get(INDEX).text

    assert [template for template in TEMPLATES if f'href="{page_of(template)}"' not in text] == []
    assert f'href="{INDEX}"' in client.get(reverse("admin:notifications_outgoingemail_changelist")).text


def test_a_mail_is_shown_in_every_language_as_subject_text_and_html(login: Callable[[User], Client], sam: User) -> None:
    client = login(sam)

    page, frame = client.get(page_of("rejected")), client.get(frame_of("rejected", "fr"))

    for language in ("en", "nl", "fr"):
        mail = mail_of("rejected", language)
        assert mail.subject in page.text
        assert f'src="{frame_of("rejected", language)}"' in page.text
    assert page.text.count("<iframe") == page.text.count("<pre") == page.text.count(" sandbox ") == 3
    assert frame.text == mail_of("rejected", "fr").html
    assert "sandbox" in frame["Content-Security-Policy"]


def test_looking_writes_nothing_and_reads_no_row_of_a_request(
    taken: TenantRequest, login: Callable[[User], Client], sam: User
) -> None:
    User.objects.filter(email="alice@nordwave.example").update(language="fr", first_name="MARKER")
    Company.objects.update(legal_name="MARKER")
    client = login(sam)
    before = OutgoingEmail.objects.count()

    with CaptureQueriesContext(
        connection,
    ) as asked:
        texts = [client.get(path).text for template in TEMPLATES for path in (page_of(template), frame_of(template))]

    tables = {name for query in asked for name in re.findall(r'(?:FROM|INTO|UPDATE) "(\w+)"', query["sql"])}
    assert {name for name in tables if name.startswith(("tenants_", "notifications_"))} == set()
    assert not [query for query in asked if re.match(r"INSERT|UPDATE|DELETE", query["sql"])]
    assert (OutgoingEmail.objects.count(), "MARKER" in "".join(texts)) == (before, False)


def test_the_gallery_asks_few_questions(
    login: Callable[[User], Client], sam: User, django_assert_max_num_queries: Any
) -> None:
    client = login(sam)

    for path in (INDEX, page_of("confirmation"), frame_of("credentials")):
        with django_assert_max_num_queries(15):
            client.get(path)


@pytest.mark.parametrize("path", [INDEX, page_of("rejected"), frame_of("rejected")])
def test_nobody_but_staff_who_read_mails_sees_the_gallery(
    login: Callable[[User], Client], alice: User, mallory: User, sam: User, kim: User, path: str
) -> None:
    desk = User.objects.create_user("desk@arxus.example", "x", is_staff=True)

    others = [client.get(path).status_code for client in (Client(), login(alice), login(mallory), login(desk))]
    staff = [login(user).get(path).status_code for user in (sam, kim)]

    assert others[:3] == [Client().get(reverse("admin:index")).status_code] * 3
    assert (others[3], staff) == (403, [200, 200])


@pytest.mark.parametrize("path", [page_of("_layout"), page_of("nothing"), frame_of("nothing"), frame_of("named", "de")])
def test_what_is_no_mail_is_a_404(login: Callable[[User], Client], sam: User, path: str) -> None:
    assert login(sam).get(path).status_code == 404


def test_a_gallery_is_only_read(login: Callable[[User], Client], sam: User) -> None:
    client = login(sam)

    assert [client.post(path).status_code for path in (INDEX, page_of("rejected"), frame_of("rejected"))] == [405] * 3
