"""An uploaded PDF: judged by its content, named by us, kept outside the web root, and proved whole when it is read."""

import hashlib
import re
import subprocess
import sys
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import BoundedSemaphore
from uuid import uuid4

import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants.models import Agreement

log = structlog.get_logger(__name__)
FOLDER = "agreements"
INSPECTION = Path(__file__).with_name("inspection.py")
# The child limits its own processor time; a machine that is busy may take longer over it.
PATIENCE = 10
# Two at a time in each process: each may take 200 MB.
_turns = BoundedSemaphore(2)
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_PRINT_IT = gettext_lazy("Print it to PDF once more, and choose the new file.")
_WHY = {
    "no_pdf": gettext_lazy("This is not a PDF, whatever its name says."),
    "damaged": gettext_lazy("This PDF is damaged."),
    "encrypted": gettext_lazy("This PDF is protected by a password or against copying."),
    "active": gettext_lazy("There is a script, a form or an action in this PDF that does something when it is opened."),
    "carries_files": gettext_lazy("There are other files inside this PDF."),
    "two_in_one": gettext_lazy("This file is a PDF and something else at once."),
    "no_pages": gettext_lazy("There is no page in this PDF."),
    "too_much": gettext_lazy("This PDF is made in a way that takes too long to check."),
}
# What the answer with a file carries, whatever is in the file (T92).
POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True)
class Document:
    """A PDF that passed: its bytes, and the name to show it by."""

    content: bytes
    shown_name: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


class Damaged(Exception):
    """The file is gone, or no longer what was uploaded."""


def judge(upload: UploadedFile) -> Document:
    """Look into a file that somebody chose. Raises ValidationError with a sentence that says what to do (T87–T91)."""
    name, size, most = upload.name or "", upload.size or 0, settings.AGREEMENT_MB
    if size > most * 1_000_000:
        sentence = _("This file is larger than %(most)s MB. Scan it in grey, or with fewer dots per inch.")
        raise ValidationError(sentence % {"most": most})
    if not size:
        raise ValidationError(_("This file is empty."))
    if not name.lower().endswith(".pdf") or "\0" in name:
        raise ValidationError(_("Arxus takes PDF files only. Save or print the document as a PDF first."))
    upload.seek(0)
    content = upload.read()
    word = _inspect(content)
    if word != "ok":
        log.info("upload_refused", why=word, size=size)
        raise ValidationError(f"{_WHY.get(word, _WHY['too_much'])} {_PRINT_IT}")
    return Document(content, shown_name(name))


def _inspect(content: bytes) -> str:
    """The verdict of a child that has little time and memory, and nothing of ours in its environment (T90)."""
    if not _turns.acquire(timeout=PATIENCE):
        raise ValidationError(_("Arxus is checking many files just now. Choose the file again in a minute."))
    try:
        command = [sys.executable, "-I", str(INSPECTION)]
        done = subprocess.run(command, input=content, capture_output=True, timeout=PATIENCE, env={}, check=False)  # noqa: S603 – nothing in the command is typed
    except subprocess.TimeoutExpired:
        return "too_much"
    finally:
        _turns.release()
    return done.stdout.decode().strip() if done.returncode == 0 else "too_much"


def shown_name(name: str) -> str:
    """A name that means no path, hides no ending and shows as it is read, for whoever saves the file (T91)."""
    last = re.split(r"[/\\]", name)[-1]
    stem = last[: -len(".pdf")] if last.lower().endswith(".pdf") else last
    stem = "".join(char for char in stem if char.isprintable() and unicodedata.category(char)[0] != "C")
    stem = re.sub(r'[<>:"|?*%]', "_", " ".join(stem.split())).strip(" .")[:100]
    if not stem or _RESERVED.fullmatch(stem):
        stem = f"agreement {stem}".strip()
    return f"{stem}.pdf"


# --- On disk, or wherever STORAGES says ------------------------------------------------------------------------------


def store(document: Document) -> str:
    """Write the file under a name of ours; returns that. Raises OSError where there is no room."""
    name = f"{FOLDER}/{uuid4()}.pdf"
    try:
        return default_storage.save(name, ContentFile(document.content))
    except OSError:
        discard(name)
        raise


def discard(name: str) -> None:
    """Remove a file; what cannot be removed now is swept up later."""
    with suppress(OSError):
        default_storage.delete(name)


def read(agreement: Agreement) -> bytes:
    """The bytes that were uploaded, proved by their digest. Raises Damaged."""
    try:
        with default_storage.open(agreement.stored_as) as file:
            content: bytes = file.read()
    except OSError:
        log.error("agreement_damaged", agreement=str(agreement.public_id), why="missing")
        raise Damaged from None
    if hashlib.sha256(content).hexdigest() != agreement.sha256:
        log.error("agreement_damaged", agreement=str(agreement.public_id), why="changed")
        raise Damaged
    return content


def response(agreement: Agreement) -> HttpResponse:
    """The file to be saved, never to be shown by us: nothing in it acts here. Raises Damaged."""
    headers = {
        "Content-Disposition": str(content_disposition_header(True, agreement.shown_name)),
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    return HttpResponse(read(agreement), content_type="application/pdf", headers=headers)


def sweep(older_than: timedelta = timedelta(hours=1)) -> int:
    """Remove files that no agreement knows: what a crash between file and row left behind (F56)."""
    try:
        names = [f"{FOLDER}/{name}" for name in default_storage.listdir(FOLDER)[1]]
    except FileNotFoundError:
        return 0
    before = timezone.now() - older_than
    old = [name for name in names if default_storage.get_modified_time(name) < before]
    known = set(Agreement.objects.filter(stored_as__in=old).values_list("stored_as", flat=True))
    orphans = [name for name in old if name not in known]
    for name in orphans:
        discard(name)
    if orphans:
        log.warning("orphans_swept", count=len(orphans))
    return len(orphans)
