"""The demo's mailbox: takes every mail by SMTP, keeps it in a folder, shows it on a page. Nothing leaves us."""

import signal
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from types import FrameType
from typing import Any, cast
from zoneinfo import ZoneInfo

from aiosmtpd.controller import Controller

from portal.stack.console import say

BRUSSELS = ZoneInfo("Europe/Brussels")
LARGEST = 10 * 1024 * 1024


class Keep:
    """aiosmtpd's handler: one file per mail, named so that the names sort by time of arrival."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, exist_ok=True)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        name = f"{time.time_ns():020}-{uuid.uuid4().hex[:8]}"
        # What the mail server was told, before what the mail says of itself.
        delivered = "".join(f"Delivered-To: {address}\r\n" for address in envelope.rcpt_tos)
        new = self.folder / f"{name}.new"
        try:
            new.write_bytes(delivered.encode() + envelope.original_content)
            new.rename(self.folder / f"{name}.eml")
        except OSError as error:
            # The portal keeps the mail and tries again.
            return f"452 4.3.1 {error.strerror}"
        return "250 2.0.0 Kept"


@contextmanager
def sink(folder: Path, port: int) -> Iterator[None]:
    """Take mails on this port of localhost."""
    controller = Controller(Keep(folder), hostname="127.0.0.1", port=port, data_size_limit=LARGEST)
    controller.start()
    try:
        yield
    finally:
        controller.stop()


@dataclass(frozen=True)
class Mail:
    name: str
    message: EmailMessage

    @property
    def arrived(self) -> datetime:
        return datetime.fromtimestamp(int(self.name.partition("-")[0]) / 1e9, BRUSSELS)

    @property
    def to(self) -> str:
        return str(self.message.get("To") or self.message.get("Delivered-To") or "")

    @property
    def subject(self) -> str:
        return str(self.message.get("Subject") or "")

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(name, str(value)) for name, value in self.message.items()]

    def body(self, kind: str) -> str | None:
        """Return the part of this kind ("plain", "html") as text, or None."""
        part = self.message.get_body(preferencelist=(kind,))
        if part is None:
            return None
        try:
            return str(part.get_content()).replace("\r\n", "\n")
        except (LookupError, UnicodeError):
            return cast(bytes, part.get_payload(decode=True)).decode(errors="replace")


class Mailbox:
    """The mails in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def newest(self, count: int = 200) -> list[Mail]:
        names = sorted((path.stem for path in self.folder.glob("*.eml")), reverse=True)
        mails = [self.get(name) for name in names[:count]]
        return [mail for mail in mails if mail is not None]

    def get(self, name: str) -> Mail | None:
        try:
            content = (self.folder / f"{name}.eml").read_bytes()
        except (OSError, ValueError):
            return None
        return Mail(name, BytesParser(policy=policy.default).parsebytes(content))


def main(folder: Path, page_port: int, smtp_port: int) -> None:
    from portal.stack.mailbox_pages import Server

    signal.signal(signal.SIGTERM, _leave)
    with sink(folder, smtp_port), Server(Mailbox(folder), page_port) as server:
        say(f"Mails are taken on port {smtp_port} and shown on port {page_port}.")
        server.serve_forever()


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
