"""Agreements through the real pages, with real files on a real disk."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DataError, IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from conftest import make_contact
from contacts.mailboxes import PUBLIC_MAILBOXES
from contacts.models import Company, Group, Membership, User
from notifications.models import OutgoingEmail
from portal import settings as production
from tenants import assignment, checks, drafts, sending, tasks, workflow, working_days
from tenants.agreements import documents, keeping
from tenants.agreements.keeping import Given
from tenants.models import Agreement, Remark, Status, Submission, TenantRequest
from tenants.persons import Cast
from tenants.sending import Ticked
from tenants.tests import pdfs
from tenants.tests.test_wizard import Browser, Login, text

ALL = {"naming": "on", "authority": "on", "own_contacts": "on"}
AG7 = {"agreement": "upload", "agreement_reference": "AG-7", "agreement_signed_on": "1 3 2026"}


@pytest.fixture(autouse=True)
def on_disk(settings: Any, tmp_path: Path) -> Path:
    """Files as production keeps them, on a disk of this test alone."""
    settings.MEDIA_ROOT = str(tmp_path / "files")
    settings.STORAGES = settings.STORAGES | {"default": production.STORAGES["default"]}
    return tmp_path / "files"


@pytest.fixture
def at_bakery(login: Login, alice: User, customer: Company) -> Browser:
    return Browser(login(alice), alice, customer)


@pytest.fixture
def with_bob(draft: TenantRequest, bob: User) -> TenantRequest:
    """The draft names Bob, a colleague: it needs the agreement."""
    drafts.keep_step(draft, "contacts", draft.answers["contacts"] | {"technical": f"user:{bob.public_id}"})
    return draft


def pdf(name: str = "Agreement De Smet.pdf", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, pdfs.plain() if content is None else content, "text/html")


def kept(customer: Company, by: User, *, file: bool = True, **fields: Any) -> Agreement:
    document = documents.judge(pdf()) if file else None
    given = {"reference": "AG-7", "signed_on": working_days.today() - timedelta(days=90)} | fields
    return keeping.keep(customer, Given(**given, document=document), by=by)


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


# --- R12 -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ended", [True, False])
def test_r12_the_page_says_that_the_agreement_it_was_sent_with_is_over(
    at_bakery: Browser, with_bob: TenantRequest, alice: User, customer: Company, ended: bool
) -> None:
    agreement = kept(customer, alice)
    at_bakery.send(with_bob.public_id, **ALL, agreement=str(agreement.public_id))
    before = text(at_bakery.get("request", with_bob.public_id))
    if ended:
        keeping.end(agreement, by=alice)
    else:
        Agreement.objects.filter(pk=agreement.pk).update(ends_on=working_days.today() - timedelta(days=1))

    page = at_bakery.get("request", with_bob.public_id)

    said = "The partner ended the signed agreement AG-7" if ended else "was valid until"
    assert said not in before
    assert said in text(page)
    assert "Arxus sends the request back so that you choose it. Keep another agreement" in text(page)
    assert reverse("tenants:agreement_add") in page.text


def test_r12_uploaded_with_the_sending_under_a_name_of_ours(
    at_bakery: Browser, with_bob: TenantRequest, on_disk: Path
) -> None:
    sent = at_bakery.send(with_bob.public_id, **ALL, **AG7, agreement_file=pdf())

    agreement = Submission.objects.get().agreement
    assert sent.status_code == 302
    assert agreement is not None
    assert (agreement.reference, agreement.shown_name) == ("AG-7", "Agreement De Smet.pdf")
    assert re.fullmatch(r"agreements/[0-9a-f-]{36}\.pdf", agreement.stored_as)
    assert (on_disk / agreement.stored_as).stat().st_mode & 0o777 == 0o600
    assert hashlib.sha256((on_disk / agreement.stored_as).read_bytes()).hexdigest() == agreement.sha256


def test_r12_stated_as_kept_with_date_reference_and_end(at_bakery: Browser, with_bob: TenantRequest) -> None:
    stated = AG7 | {"agreement": "kept", "agreement_ends_on": "31 12 2030"}
    at_bakery.send(with_bob.public_id, **ALL, **stated)

    agreement = Agreement.objects.get()
    assert (agreement.uploaded, str(agreement.signed_on), str(agreement.ends_on)) == (False, "2026-03-01", "2030-12-31")
    assert agreement.stated_by.email == "alice@nordwave.example"


def test_r12_an_agreement_is_used_again_until_its_end(
    at_bakery: Browser, with_bob: TenantRequest, customer: Company, alice: User
) -> None:
    known = kept(customer, alice)
    over = kept(customer, alice, file=False, reference="AG-1", ends_on=working_days.today() - timedelta(days=1))

    page = at_bakery.get("check", with_bob.public_id).content.decode()
    sent = at_bakery.send(with_bob.public_id, **ALL, agreement=str(known.public_id))

    assert (str(known.public_id) in page, str(over.public_id) in page) == (True, False)
    assert sent.status_code == 302
    assert Submission.objects.get().agreement == known
    assert Agreement.objects.count() == 2


def test_r12_it_lives_while_a_request_names_it(
    at_bakery: Browser, with_bob: TenantRequest, customer: Company, alice: User, on_disk: Path
) -> None:
    named, unused = kept(customer, alice), kept(customer, alice, reference="AG-8")
    at_bakery.send(with_bob.public_id, **ALL, agreement=str(named.public_id))

    with transaction.atomic():
        refused = at_bakery.post("agreement_delete", named.public_id)
    assert "AG-7 stays: a request names it." in text(at_bakery.client.get(refused.url))
    assert "so it stays" in text(at_bakery.get("agreement_delete", named.public_id))
    assert keeping.delete(named) is False
    assert Agreement.objects.filter(pk__in=[named.pk, unused.pk]).count() == 2


@pytest.mark.django_db(transaction=True)
def test_r12_what_no_request_names_is_deleted_with_its_file(
    at_bakery: Browser, customer: Company, alice: User, on_disk: Path
) -> None:
    unused = kept(customer, alice)
    assert len(files_in(on_disk)) == 1

    at_bakery.post("agreement_delete", unused.public_id)

    assert Agreement.objects.count() == 0
    assert files_in(on_disk) == []


def test_t28_deleted_twice_is_once_and_leads_to_the_list(
    at_bakery: Browser, login: Login, customer: Company, alice: User
) -> None:
    unused = kept(customer, alice, file=False)
    at_bakery.post("agreement_delete", unused.public_id)

    again = at_bakery.post("agreement_delete", unused.public_id)
    shown = at_bakery.get("agreement_delete", unused.public_id)
    elsewhere = Browser(login(alice), alice, customer).post("agreement_delete", unused.public_id)

    assert {answer.headers["Location"] for answer in (again, shown)} == {reverse("tenants:agreements")}
    assert "This was deleted already. Nothing else was changed." in text(at_bakery.get("agreements"))
    assert elsewhere.status_code == 404


def test_t01_what_was_deleted_for_one_customer_is_not_said_of_another(
    at_bakery: Browser, customer: Company, other_customer: Company, alice: User
) -> None:
    unused = kept(customer, alice, file=False)
    at_bakery.post("agreement_delete", unused.public_id)
    elsewhere = Browser(at_bakery.client, alice, other_customer)

    assert elsewhere.post("agreement_delete", unused.public_id).status_code == 404


def test_r12_ended_it_is_no_longer_offered_and_open_requests_wait(
    at_bakery: Browser, with_bob: TenantRequest, customer: Company, alice: User
) -> None:
    named = kept(customer, alice)
    at_bakery.send(with_bob.public_id, **ALL, agreement=str(named.public_id))
    with_bob.refresh_from_db()

    told = text(at_bakery.get("agreement_end", named.public_id))
    at_bakery.post("agreement_end", named.public_id)

    check = next(row for row in checks.run(with_bob) if row.kind == "authority")
    assert with_bob.number in told
    assert check.result == "problem"
    assert check.sentence.startswith("The partner ended the signed agreement AG-7")
    assert list(Agreement.objects.in_use(working_days.today())) == []
    again = at_bakery.get("agreement_end", named.public_id), at_bakery.post("agreement_end", named.public_id)
    assert {answer.headers["Location"] for answer in again} == {reverse("tenants:agreements")}
    said = text(at_bakery.get("agreements"))
    assert (said.count("ended or replaced already"), said.count("can no longer be used")) == (2, 1)


def test_r12_the_check_says_when_it_is_over_as_of_today(
    at_bakery: Browser, with_bob: TenantRequest, customer: Company, alice: User
) -> None:
    named = kept(customer, alice, ends_on=working_days.today())
    at_bakery.send(with_bob.public_id, **ALL, agreement=str(named.public_id))
    with_bob.refresh_from_db()
    before = {row.kind: row.result for row in checks.run(with_bob)}["authority"]

    Agreement.objects.update(ends_on=working_days.today() - timedelta(days=1))
    after = next(row for row in checks.run(with_bob) if row.kind == "authority")

    assert before == "passed"
    assert after.result == "problem"
    assert "was valid until" in after.sentence


@pytest.mark.parametrize(
    ("email", "own"),
    [
        ("bob@nordwave.example", True),
        ("carla@elsewhere.example", True),
        ("gone@elsewhere.example", True),
        ("left@elsewhere.example", True),
        ("anybody@nordwave.example", True),
        ("anybody@sub.nordwave.example", False),
        ("anybody@notnordwave.example", False),
        ("anybody@nordwave.example.evil.example", False),
        ("nordwave@gmail.com", False),
        ("theo@bakerijdesmet.example", False),
        ("mallory@cloudhoek.example", False),
    ],
)
def test_r12_t16_who_is_the_partners_own_wherever_entered(
    nordwave: Company, customer: Company, alice: User, bob: User, mallory: User, email: str, own: bool
) -> None:
    """The address of a user or contact of the partner, deactivated and archived ones too, or its mail domain."""
    nordwave.email_domains = ["nordwave.example", "gmail.com"]
    nordwave.save(update_fields=["email_domains"])
    make_contact(nordwave, "Carla", "Thys", "carla@elsewhere.example")
    make_contact(nordwave, "Gone", "Away", "gone@elsewhere.example", archived_at=alice.date_joined)
    left = User.objects.create_user("left@elsewhere.example", "x", first_name="L", last_name="E", is_active=False)
    Membership.objects.create(user=left, company=nordwave, groups=[Group.READ_ONLY])
    entered = make_contact(customer, "Some", "Body", email)

    person = Cast(customer, alice)[f"contact:{entered.public_id}"]

    assert "gmail.com" in PUBLIC_MAILBOXES
    assert person.own is own


def test_r12_a_contact_of_the_partner_is_its_own_whatever_the_address(
    nordwave: Company, customer: Company, alice: User
) -> None:
    contact = make_contact(nordwave, "Carla", "Thys", "carla@gmail.com")

    assert Cast(customer, alice)[f"contact:{contact.public_id}"].own is True


@pytest.mark.parametrize("lacking", ["own_contacts", "agreement"])
def test_r12_both_the_statement_and_the_agreement_are_needed(
    with_bob: TenantRequest, alice: User, lacking: str
) -> None:
    kinds = [kind for kind in ALL if kind != lacking]
    ticked = Ticked(kinds, "" if lacking == "agreement" else "AG-7", working_days.today())

    with pytest.raises(sending.Incomplete):
        workflow.submit(with_bob, by=alice, sent=ticked)


# --- T35, T36: what a request is sent with ---------------------------------------------------------------------------


def test_t35_without_one_nothing_is_sent_and_what_was_typed_stays(at_bakery: Browser, with_bob: TenantRequest) -> None:
    refused = at_bakery.send(with_bob.public_id, **ALL, agreement="upload", agreement_reference="AG-7")

    with_bob.refresh_from_db()
    assert with_bob.status == Status.DRAFT
    assert "Choose the file." in text(refused)
    assert 'value="AG-7"' in refused.content.decode()


def test_t35_a_foreign_deleted_or_ended_one_is_refused_on_the_server(
    at_bakery: Browser,
    with_bob: TenantRequest,
    customer: Company,
    other_customer: Company,
    rival_customer: Company,
    alice: User,
    mallory: User,
) -> None:
    ended, deleted = kept(customer, alice, reference="AG-1"), kept(customer, alice, reference="AG-2")
    keeping.end(ended, by=alice)
    keeping.delete(deleted)
    over = kept(customer, alice, reference="AG-3", ends_on=working_days.today() - timedelta(days=1))
    cousin, foreign = kept(other_customer, alice), kept(rival_customer, mallory)

    for agreement in (ended, deleted, over, cousin, foreign):
        refused = at_bakery.send(with_bob.public_id, **ALL, agreement=str(agreement.public_id))
        assert "This agreement can no longer be used. Choose another one." in text(refused)
        with pytest.raises(sending.Incomplete, match="can no longer be used"):
            workflow.submit(with_bob, by=alice, sent=Ticked(tuple(ALL), agreement=agreement.public_id))
    with_bob.refresh_from_db()
    assert (with_bob.status, Submission.objects.count()) == (Status.DRAFT, 0)


def test_t36_a_replaced_one_stays_with_what_was_approved(
    at_bakery: Browser, with_bob: TenantRequest, customer: Company, alice: User, sam: User, pass_checks: Any
) -> None:
    named = kept(customer, alice)
    at_bakery.send(with_bob.public_id, **ALL, agreement=str(named.public_id))
    taken = assignment.take(with_bob, by=sam)
    pass_checks(taken)
    approved = workflow.approve(taken, by=sam, version=1)

    newer = pdf("newer.pdf", pdfs.opens_at_its_first_page())
    replaced = at_bakery.post("agreement_replace", named.public_id, **AG7, agreement_file=newer)

    sent = approved.submissions.get()
    fresh = Agreement.objects.exclude(pk=named.pk).get()
    named.refresh_from_db()
    assert replaced.status_code == 302
    assert (named.replaced_by, fresh.uploaded) == (fresh, True)
    assert (sent.agreement, sent.data["agreement"]["sha256"]) == (named, named.sha256)
    assert hashlib.sha256(documents.read(named)).hexdigest() == sent.data["agreement"]["sha256"] != fresh.sha256
    assert keeping.delete(named) is False


def test_t36_a_newer_one_needs_a_new_sending_which_the_reviewer_sees(
    at_bakery: Browser,
    with_bob: TenantRequest,
    customer: Company,
    alice: User,
    sam: User,
    login: Login,
) -> None:
    at_bakery.send(with_bob.public_id, **ALL, **AG7, agreement_file=pdf())
    taken = assignment.take(with_bob, by=sam)
    remark = Remark(field="check.agreement", text="The signature is missing on page 2.")
    workflow.request_changes(taken, by=sam, version=1, remarks=[remark])
    asked = text(at_bakery.get("request", with_bob.public_id))
    newer = AG7 | {"agreement_reference": "AG-8"}
    at_bakery.send(with_bob.public_id, **newer, agreement_file=pdf("two.pdf"))

    page = text(login(sam).get(reverse("admin:tenants_tenantrequest_change", args=[with_bob.pk])))

    assert "The signature is missing on page 2." in asked
    assert "AG-7 of 1 March 2026" in page
    assert "AG-8 of 1 March 2026" in page
    assert "two.pdf" in page


# --- T87–T91: what comes in ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "make", "sentence"),
    [
        ("a.pdf.html", pdfs.plain, "Arxus takes PDF files only."),
        ("a.docm", pdfs.plain, "Arxus takes PDF files only."),
        ("a.pdf", lambda: b"", "This file is empty."),
        ("a.pdf", lambda: b"<html>", "This is not a PDF, whatever its name says. Print it to PDF once more"),
        ("a.pdf", pdfs.script, "does something when it is opened. Print it to PDF once more"),
        ("a.pdf", pdfs.carrying, "There are other files inside this PDF. Print it"),
        ("a.pdf", lambda: pdfs.encrypted(""), "protected by a password or against copying. Print it"),
        ("a.pdf", pdfs.with_zip, "a PDF and something else at once. Print it"),
        ("a.pdf", lambda: pdfs.unpacks_to(100_000_000), "takes too long to check. Print it"),
    ],
)
def test_t87_t88_refused_with_a_sentence_and_nothing_is_lost(
    at_bakery: Browser, with_bob: TenantRequest, on_disk: Path, name: str, make: Callable[[], bytes], sentence: str
) -> None:
    refused = at_bakery.send(with_bob.public_id, **ALL, **AG7, agreement_file=pdf(name, make()))

    page = refused.content.decode()
    assert refused.status_code == 200
    assert sentence in text(refused)
    assert ('value="AG-7"' in page, page.count("checked")) == (True, 4)
    assert (Agreement.objects.count(), files_in(on_disk)) == (0, [])


def test_t89_more_than_ten_megabytes_is_a_sentence_and_takes_no_disk(
    at_bakery: Browser, with_bob: TenantRequest, on_disk: Path
) -> None:
    large = pdf(content=b"%PDF-1.4\n" + b"0" * 10_000_001)

    refused = at_bakery.send(with_bob.public_id, **ALL, **AG7, agreement_file=large)

    assert "This file is larger than 10 MB." in text(refused)
    assert files_in(on_disk) == []


def test_t89_a_body_that_no_page_asks_for_is_413_unread(client: Client) -> None:
    answer = client.generic("POST", "/login/", b"", CONTENT_LENGTH=str(33 * 1024 * 1024), content_type="text/plain")

    assert answer.status_code == 413
    # The forms differ in what they take, so the page names no size.
    assert "The form says how large a file may be" in text(answer)
    assert " MB" not in answer.text


def test_t89_so_many_files_a_customer_and_so_many_megabytes_a_partner(
    at_bakery: Browser, customer: Company, other_customer: Company, alice: User, settings: Any, on_disk: Path
) -> None:
    settings.AGREEMENTS_PER_CUSTOMER = 1
    kept(customer, alice)
    too_many = at_bakery.post("agreement_add", **AG7 | {"agreement_reference": "AG-8"}, agreement_file=pdf())
    settings.AGREEMENTS_MB_PER_PARTNER = 0

    assert "Bakkerij De Smet bv has 1 files already." in text(too_many)
    with pytest.raises(keeping.NotKept, match="take up all the room"):
        kept(other_customer, alice)
    assert len(files_in(on_disk)) == 1


def test_t91_whatever_the_file_is_called_the_name_on_disk_is_ours(
    at_bakery: Browser, customer: Company, on_disk: Path
) -> None:
    at_bakery.post("agreement_add", **AG7, agreement_file=pdf("../../../tmp/übermut\u202e.pdf"))

    agreement = Agreement.objects.get()
    file = at_bakery.get("agreement_file", agreement.public_id)
    assert [path.relative_to(on_disk).as_posix() for path in files_in(on_disk)] == [agreement.stored_as]
    assert agreement.shown_name == "übermut.pdf"
    assert file["Content-Disposition"] == "attachment; filename*=utf-8''%C3%BCbermut.pdf"


# --- T13, T92: what goes out -----------------------------------------------------------------------------------------


def test_t92_served_as_a_file_to_save_and_nothing_else(at_bakery: Browser, customer: Company, alice: User) -> None:
    agreement = kept(customer, alice)

    file = at_bakery.get("agreement_file", agreement.public_id)

    assert hashlib.sha256(file.content).hexdigest() == agreement.sha256
    assert file["Content-Type"] == "application/pdf"
    assert file["Content-Disposition"] == 'attachment; filename="Agreement De Smet.pdf"'
    assert file["X-Content-Type-Options"] == "nosniff"
    assert file["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert "no-store" in file["Cache-Control"]


def test_t13_who_asks_decides_whether_the_file_exists(
    login: Login,
    customer: Company,
    other_customer: Company,
    rival_customer: Company,
    alice: User,
    bob: User,
    mallory: User,
    sam: User,
    client: Client,
) -> None:
    agreement = kept(customer, alice)
    own = User.objects.create_user("an@bakkerijdesmet.example", "x", first_name="An", last_name="De Smet")
    Membership.objects.create(user=own, company=customer, groups=[Group.TECHNICAL])

    def asked(user: User, company: Company) -> int:
        return int(Browser(login(user), user, company).get("agreement_file", agreement.public_id).status_code)

    assert asked(alice, customer) == asked(bob, customer) == 200
    assert asked(alice, other_customer) == 404
    assert asked(mallory, rival_customer) == 404
    assert asked(own, customer) == 404
    assert login(sam).get(reverse("tenants:agreement_file", args=[agreement.public_id])).status_code != 200
    assert client.get(reverse("tenants:agreement_file", args=[agreement.public_id])).status_code == 302


@pytest.mark.parametrize("name", ["agreement_replace", "agreement_end", "agreement_delete", "agreement_file"])
def test_t13_mallory_finds_no_agreement_of_others(
    login: Login, customer: Company, rival_customer: Company, alice: User, mallory: User, name: str
) -> None:
    agreement = kept(customer, alice)
    theirs = Browser(login(mallory), mallory, rival_customer)

    assert theirs.get(name, agreement.public_id).status_code == 404
    if name != "agreement_file":
        assert theirs.post(name, agreement.public_id).status_code == 404
    assert "AG-7" not in text(theirs.get("agreements"))
    agreement.refresh_from_db()
    assert agreement.retired_at is None


def test_t13_staff_read_it_from_the_request_that_names_it_alone(
    at_bakery: Browser, with_bob: TenantRequest, customer: Company, alice: User, sam: User, login: Login
) -> None:
    named, other = kept(customer, alice), kept(customer, alice, reference="AG-8")
    at_bakery.send(with_bob.public_id, **ALL, agreement=str(named.public_id))
    browser = login(sam)

    def get(agreement: Agreement, by: Client = browser) -> Any:
        return by.get(reverse("admin:tenants_tenantrequest_agreement", args=[with_bob.pk, agreement.public_id]))

    page = text(browser.get(reverse("admin:tenants_tenantrequest_change", args=[with_bob.pk])))
    assert get(named).content == documents.read(named)
    assert get(named)["Content-Disposition"].startswith("attachment")
    assert get(other).status_code == 404
    assert get(named, at_bakery.client).status_code != 200
    assert "Download the PDF" in page
    assert named.sha256 in page


def test_r06_the_customers_own_users_see_no_agreements(login: Login, customer: Company, alice: User) -> None:
    own = User.objects.create_user("an@bakkerijdesmet.example", "x", first_name="An", last_name="De Smet")
    Membership.objects.create(user=own, company=customer, groups=[Group.FULL])
    agreement = kept(customer, alice)
    theirs = Browser(login(own), own, customer)

    assert theirs.get("agreements").status_code == 403
    assert "AG-7" not in theirs.get("agreements").content.decode()
    assert theirs.get("agreement_end", agreement.public_id).status_code in (403, 404)
    assert theirs.post("agreement_add", **AG7, agreement_file=pdf()).status_code == 403


def test_read_only_people_read_and_change_nothing(login: Login, customer: Company, alice: User, bob: User) -> None:
    agreement = kept(customer, alice)
    theirs = Browser(login(bob), bob, customer)

    assert "AG-7" in text(theirs.get("agreements"))
    assert theirs.post("agreement_end", agreement.public_id).status_code == 403
    assert theirs.post("agreement_add", **AG7, agreement_file=pdf()).status_code == 403


# --- F55, F56: what breaks on the way --------------------------------------------------------------------------------


def test_f56_a_file_that_changed_or_vanished_is_not_handed_out(
    at_bakery: Browser, customer: Company, alice: User, on_disk: Path
) -> None:
    agreement = kept(customer, alice)
    (on_disk / agreement.stored_as).write_bytes(b"%PDF-1.4 something else")
    changed = at_bakery.get("agreement_file", agreement.public_id)
    told = text(at_bakery.client.get(changed.url))
    (on_disk / agreement.stored_as).unlink()
    vanished = at_bakery.get("agreement_file", agreement.public_id)

    assert (changed.status_code, vanished.status_code) == (302, 302)
    assert "no longer as it was uploaded, so Arxus does not hand it out" in told


def test_f56_the_sweeper_removes_what_no_agreement_knows_after_an_hour(
    customer: Company, alice: User, on_disk: Path
) -> None:
    agreement = kept(customer, alice)
    orphan, young = (Path(on_disk / documents.store(documents.judge(pdf()))) for _n in range(2))
    for path in (orphan, on_disk / agreement.stored_as):
        os.utime(path, (1, 1))

    tasks.sweep_files()

    assert sorted(files_in(on_disk)) == sorted([young, on_disk / agreement.stored_as])


def test_f56_killed_between_file_and_row_leaves_a_file_that_is_swept(db: None, on_disk: Path) -> None:
    """The file is there first: what dies before the row is written leaves no row without its file."""
    script = """
import django, os
django.setup()
from tenants.agreements import documents
documents.store(documents.Document(b"%PDF-1.4", "a.pdf"))
os.kill(os.getpid(), 9)
"""
    surroundings = os.environ | {"DJANGO_SETTINGS_MODULE": "portal.settings", "MEDIA_ROOT": str(on_disk)}
    died = subprocess.run([sys.executable, "-c", script], env=surroundings, check=False)
    left = files_in(on_disk)
    os.utime(left[0], (1, 1))

    tasks.sweep_files()

    assert (died.returncode, len(left)) == (-9, 1)
    assert files_in(on_disk) == []


def test_f56_a_row_that_cannot_be_written_leaves_no_file(customer: Company, alice: User, on_disk: Path) -> None:
    with pytest.raises(DataError), transaction.atomic():
        kept(customer, alice, reference="x" * 101)

    assert (Agreement.objects.count(), files_in(on_disk)) == (0, [])


def test_f55_without_room_on_the_disk_the_form_says_so(
    at_bakery: Browser, with_bob: TenantRequest, on_disk: Path
) -> None:
    shutil.rmtree(on_disk, ignore_errors=True)
    # Nothing can be written below a file: as on a full disk, the system refuses.
    on_disk.write_bytes(b"")

    refused = at_bakery.send(with_bob.public_id, **ALL, **AG7, agreement_file=pdf())

    assert "Arxus could not keep the file just now." in text(refused)
    assert Agreement.objects.count() == 0


# --- The form --------------------------------------------------------------------------------------------------------


def test_a_file_that_passed_is_not_chosen_twice(at_bakery: Browser, with_bob: TenantRequest) -> None:
    refused = at_bakery.send(with_bob.public_id, naming="on", authority="on", **AG7, agreement_file=pdf())
    agreement = Agreement.objects.get()

    page = refused.content.decode()
    assert "Tick this box" in page
    assert re.search(rf'value="{agreement.public_id}"[^>]*checked', page) or re.search(
        rf'checked[^>]*value="{agreement.public_id}"', page
    )
    sent = at_bakery.send(with_bob.public_id, **ALL, agreement=str(agreement.public_id))
    assert sent.status_code == 302
    assert Submission.objects.get().agreement == agreement


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (pdf, "The file is good, but could not be kept: correct the rest, and choose it again."),
        (lambda: pdf(content=pdfs.script()), "There is a script, a form or an action in this PDF"),
    ],
)
def test_a_file_beside_a_wrong_date_is_judged_all_the_same(
    at_bakery: Browser, customer: Company, file: Any, sentence: str
) -> None:
    refused = at_bakery.post("agreement_add", **AG7 | {"agreement_ends_on": "1 1 2020"}, agreement_file=file())

    assert sentence in text(refused)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"agreement_reference": "A\0B"}, "There is a character in it that cannot be read"),
        ({"agreement_reference": "x" * 101}, "100 characters at most; this has 101."),
        ({"agreement_signed_on": "1000000000000000000"}, "Write day, month and year as numbers"),
        ({"agreement_signed_on": "31 12 2090"}, "This day is still to come."),
        ({"agreement_ends_on": "1 1 2020"}, "This agreement is over."),
        ({"agreement": "\u202e😀"}, "This agreement can no longer be used."),
        ({"agreement_reference": ""}, "Write the reference under which you keep it."),
    ],
)
def test_what_is_typed_wrong_is_told_at_its_field(
    at_bakery: Browser, customer: Company, typed: dict[str, str], sentence: str
) -> None:
    refused = at_bakery.post("agreement_add", **AG7 | typed, agreement_file=pdf())

    assert refused.status_code == 200
    assert sentence in text(refused)
    assert Agreement.objects.count() == 0


def test_the_same_agreement_given_twice_is_told(at_bakery: Browser, customer: Company, alice: User) -> None:
    at_bakery.post("agreement_add", **AG7, agreement_file=pdf())
    again = at_bakery.post("agreement_add", **AG7, agreement_file=pdf())

    assert "An agreement AG-7 with this date is kept already." in text(again)
    assert Agreement.objects.count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        Agreement.objects.create(
            company=customer, reference="AG-7", signed_on=Agreement.objects.get().signed_on, stated_by=alice
        )


@pytest.mark.parametrize("page", ["check", "agreement_add"])
def test_r03_after_a_switch_the_file_has_to_be_chosen_again_and_the_rest_is_kept(
    at_bakery: Browser, with_bob: TenantRequest, other_customer: Company, alice: User, page: str, on_disk: Path
) -> None:
    elsewhere = Browser(at_bakery.client, alice, other_customer)
    args = [with_bob.public_id] if page == "check" else []
    url = reverse(f"tenants:{page}", args=args)

    refused = elsewhere.client.post(url, AG7 | {"agreement_file": pdf(), "_seal": at_bakery.seal})

    shown = refused.content.decode()
    assert refused.status_code == 409
    assert "Choose the file again." in shown
    assert "Agreement De Smet.pdf could not be kept. Everything else was." in shown
    assert 'enctype="multipart/form-data"' in shown
    assert 'type="file" id="file_1" name="agreement_file"' in shown
    assert 'name="agreement_reference" value="AG-7"' in shown
    assert (Agreement.objects.count(), files_in(on_disk)) == (0, [])


def test_mails_name_the_agreement_and_carry_no_file(at_bakery: Browser, with_bob: TenantRequest) -> None:
    at_bakery.send(with_bob.public_id, **ALL, **AG7, agreement_file=pdf())

    mails = OutgoingEmail.objects.filter(template__startswith="confirmation")
    assert {mail.to_email for mail in mails} >= {"bob@nordwave.example", "an@bakkerijdesmet.example"}
    for mail in mails:
        assert re.search(r"AG-7 (of 1 March|du 1er mars|van 1 maart) 2026", mail.text)
        assert "Agreement De Smet.pdf" not in mail.text + mail.html


@pytest.mark.parametrize("rows", [1, 50])
def test_pages_stay_within_eight_queries(
    at_bakery: Browser,
    with_bob: TenantRequest,
    customer: Company,
    alice: User,
    rows: int,
    django_assert_max_num_queries: Any,
) -> None:
    day = working_days.today()
    Agreement.objects.bulk_create(
        Agreement(company=customer, reference=f"AG-{n}", signed_on=day, stated_by=alice) for n in range(rows)
    )
    first = Agreement.objects.earliest("pk").public_id
    urls = [reverse("tenants:agreements"), reverse("tenants:check", args=[with_bob.public_id])]
    urls += [reverse(f"tenants:agreement_{name}", args=[first]) for name in ("replace", "end", "delete")]

    for url in urls:
        with django_assert_max_num_queries(8, info=url):
            assert at_bakery.client.get(url).status_code == 200


def test_r05_the_trail_says_who_kept_it_for_which_company(at_bakery: Browser, customer: Company) -> None:
    at_bakery.post("agreement_add", **AG7, agreement_file=pdf())

    line = LogEntry.objects.get(object_id=str(Agreement.objects.get().pk))
    assert (line.user.email, line.change_message) == ("alice@nordwave.example", "For Bakkerij De Smet bv. Added.")
