"""Hostile files, made here, before the real inspection: in its own process where time and memory are the point."""

import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from pikepdf import Dictionary, Name, String

from tenants.agreements import documents, inspection
from tenants.tests import pdfs

# A process that starts another one, and says what that one took: its memory counts from this small one on.
MEASURE = """
import os, subprocess, sys
child = subprocess.Popen(sys.argv[1:])
_, status, took = os.wait4(child.pid, 0)
print("", took.ru_maxrss // 1024, took.ru_utime + took.ru_stime)
"""


@pytest.mark.parametrize(
    "make",
    [
        pdfs.plain,
        pdfs.opens_at_its_first_page,
        lambda: pdfs.link(Dictionary(S=Name.URI, URI=String("https://bakery.example"))),
        lambda: pdfs.picture(2480, 3508, 2480 * 3508),
        lambda: pdfs.objects(20_000),
        lambda: pdfs.unpacks_to(900_000),
    ],
)
def test_t87_a_plain_document_passes(make: Callable[[], bytes]) -> None:
    assert inspection.verdict(make()) == "ok"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"MZ\x90\x00",
        b"<html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"PK\x03\x04 a letter.docm",
        b"\x89PNG\r\n\x1a\n",
        pdfs.zips_in_a_zip(),
        b"\n" + pdfs.plain(),
        b"GIF89a" + pdfs.plain(),
        b"%PDF-9.9\n" + pdfs.plain()[9:],
    ],
)
def test_t87_what_does_not_begin_as_a_pdf_is_none(content: bytes) -> None:
    assert inspection.verdict(content) == "no_pdf"


@pytest.mark.parametrize(
    ("make", "verdict"),
    [
        (pdfs.script, "active"),
        (pdfs.packed_script, "active"),
        (lambda: pdfs.opening(Dictionary(S=Name.URI, URI=String("https://x.example"))), "active"),
        (lambda: pdfs.link(Dictionary(S=Name.Launch, F=String("cmd.exe"))), "active"),
        (pdfs.escaped_launch, "active"),
        (lambda: pdfs.link(Dictionary(S=Name.SubmitForm, F=String("https://x.example"))), "active"),
        (pdfs.form, "active"),
        (pdfs.carrying, "carries_files"),
        (lambda: pdfs.encrypted(""), "encrypted"),
        (lambda: pdfs.encrypted("secret"), "encrypted"),
        (pdfs.with_html, "two_in_one"),
        (pdfs.with_zip, "two_in_one"),
        (pdfs.with_zip_and_tail, "two_in_one"),
        (lambda: pdfs.plain() + b"MZ and more", "two_in_one"),
    ],
)
def test_t88_what_acts_carries_or_is_two_things_at_once_is_refused(make: Callable[[], bytes], verdict: str) -> None:
    assert inspection.verdict(make()) == verdict


@pytest.mark.parametrize(
    ("make", "verdict"),
    [
        (lambda: pdfs.unpacks_to(2_000_000), "too_much"),
        (lambda: pdfs.unpacks_to(100_000_000), "too_much"),
        (lambda: pdfs.unpacks_to(100_000_000, times=2), "too_much"),
        (lambda: pdfs.picture(30_000, 30_000, 9), "too_much"),
        (lambda: pdfs.picture(30, 30, 4_000_000), "too_much"),
        (lambda: pdfs.packed_objects(60_000), "too_much"),
        (lambda: pdfs.nested(200_000), "damaged"),
        (pdfs.pages_in_a_ring, "damaged"),
        (lambda: pdfs.plain()[:300] + b"%%EOF", "damaged"),
        (lambda: b"%PDF-1.7\n", "damaged"),
        (lambda: pdfs.plain()[:300], "damaged"),
    ],
)
def test_t90_what_is_larger_than_it_looks_is_refused(make: Callable[[], bytes], verdict: str) -> None:
    assert inspection.verdict(make()) == verdict


@pytest.mark.parametrize(
    "make",
    [
        lambda: pdfs.objects(200_000),
        lambda: pdfs.objects(1_000_000),
        lambda: pdfs.packed_objects(100_000),
        lambda: pdfs.unpacks_to(300_000_000),
        lambda: pdfs.picture(30_000, 30_000, 9),
    ],
)
def test_t90_a_bomb_takes_less_than_two_seconds_and_200_megabytes(make: Callable[[], bytes]) -> None:
    command = [sys.executable, "-I", "-S", "-c", MEASURE, sys.executable, "-I", str(documents.INSPECTION)]

    done = subprocess.run(command, input=make(), capture_output=True, env={}, check=True, timeout=30)

    verdict, megabytes, seconds = done.stdout.decode().rpartition("too_much")[2].strip(), *done.stdout.split()[-2:]
    assert done.stdout.startswith(b"too_much"), verdict
    assert int(megabytes) < 200
    assert float(seconds) <= 2.1


def test_t90_whoever_takes_for_ever_is_ended_by_the_clock(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    endless = tmp_path / "endless.py"  # type: ignore[operator]
    endless.write_text(documents.INSPECTION.read_text().replace("judge(content)", "while True: pass"))
    monkeypatch.setattr(documents, "INSPECTION", endless)

    began = time.monotonic()
    with pytest.raises(ValidationError, match="takes too long to check"):
        documents.judge(SimpleUploadedFile("a.pdf", pdfs.plain()))

    assert time.monotonic() - began < documents.PATIENCE


def test_t90_whoever_wants_too_much_memory_gets_none(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    greedy = tmp_path / "greedy.py"  # type: ignore[operator]
    greedy.write_text(documents.INSPECTION.read_text().replace("judge(content)", "bytearray(300_000_000)"))
    monkeypatch.setattr(documents, "INSPECTION", greedy)

    with pytest.raises(ValidationError, match="takes too long to check"):
        documents.judge(SimpleUploadedFile("a.pdf", pdfs.plain()))


def judged(name: str, content: bytes) -> documents.Document:
    upload = SimpleUploadedFile("x", content)
    upload._name = name
    return documents.judge(upload)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("agreement.pdf.html", "PDF files only"),
        ("agreement.svg", "PDF files only"),
        ("agreement", "PDF files only"),
        ("agreement\u202efdp.exe", "PDF files only"),
        ("agreement.PDF\0.exe", "PDF files only"),
        ("agreement.exe\0.PDF", "PDF files only"),
        ("../../agreement.pdf/..", "PDF files only"),
        ("C:\\agreement.pdf\\run.exe", "PDF files only"),
        ("\u202efdp.agreement.exe", "PDF files only"),
        ("agreement.pdf\u200f", "PDF files only"),
        ("agreement.pdf", "print it to PDF once more"),
    ],
)
def test_t87_the_name_and_the_content_both_have_to_be_a_pdfs(name: str, sentence: str) -> None:
    with pytest.raises(ValidationError, match=f"(?i){sentence}"):
        # Not SimpleUploadedFile: it cuts a name down before anybody judges it.
        judged(name, pdfs.plain() if "only" in sentence else b"%PDF-1.4 and no more")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Agreement De Smet.PDF", "Agreement De Smet.pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("/etc/cron.d/x.pdf", "x.pdf"),
        ("C:\\Windows\\system32\\a.pdf", "a.pdf"),
        ("a\0b.pdf", "ab.pdf"),
        ("invoice\u202efdp.exe.pdf", "invoicefdp.exe.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie_ x.pdf"),
        ('"><script>.pdf', "___script_.pdf"),
        ("CON.pdf", "agreement CON.pdf"),
        (".pdf", "agreement.pdf"),
        ("\u202e\u200b.pdf", "agreement.pdf"),
        ("é" * 300 + ".pdf", "é" * 100 + ".pdf"),
    ],
)
def test_t91_a_name_is_shown_as_it_reads_and_means_no_path(typed: str, shown: str) -> None:
    assert documents.shown_name(typed) == shown
