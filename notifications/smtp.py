"""The conversation with the mail server, and what its answers mean for one mail.

smtplib's own sendmail() does not tell "try again" from "no such mailbox" (SMTPRecipientsRefused covers 451 and 550), so
each command is given and judged here. Connecting may take 5 seconds, a command 10, the answer after the final dot 60:
giving up there means sending twice, so it is waited for, and the lease is kept meanwhile.
"""

import re
import selectors
import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from django.conf import settings

from notifications.message import Ready

CONNECT_TIMEOUT, COMMAND_TIMEOUT, FINAL_TIMEOUT, KEEP_EVERY = 5, 10, 60, 5  # seconds
_NEEDS_LOGIN = (530, 534, 535, 538)


class Verdict(Enum):
    ACCEPTED = "the server has taken it"
    LATER = "the server asks to try this mail again"
    REFUSED = "no such mailbox"
    FAILED = "the server does not take this mail"
    UNREACHABLE = "the server cannot be talked to"
    UNKNOWN = "no answer after the end of the mail: it may have arrived"
    MISCONFIGURED = "the server takes no mail from us"


# After these the same connection takes another mail.
_GOES_ON = (Verdict.ACCEPTED, Verdict.LATER, Verdict.REFUSED, Verdict.FAILED)


@dataclass(frozen=True)
class Answer:
    verdict: Verdict
    words: str


class _Said(Exception):
    """Ends a conversation with an answer."""

    def __init__(self, verdict: Verdict, words: str) -> None:
        super().__init__(words)
        self.answer = Answer(verdict, words)


class Connection:
    """One connection for several mails, opened when the first is sent."""

    def __init__(self) -> None:
        self._server: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self._server:
            with suppress(OSError, smtplib.SMTPException):
                self._server.quit()
        self._close()

    def send(self, ready: Ready, *, keep: Callable[[], None]) -> Answer:
        """Send one mail. `keep` is called between the steps and while waiting; what it raises ends the conversation."""
        usable = False
        try:
            answer = self._converse(ready, keep)
            usable = answer.verdict in _GOES_ON and not answer.words.startswith("421")
        finally:
            if not usable:
                self._close()
        return answer

    def _converse(self, ready: Ready, keep: Callable[[], None]) -> Answer:
        try:
            return self._say(ready, keep)
        except _Said as said:
            return said.answer

    def _say(self, ready: Ready, keep: Callable[[], None]) -> Answer:
        try:
            server = self._open()
            keep()
            _expect(server.mail(ready.sender), at="MAIL")
            keep()
            _expect(server.rcpt(ready.to), at="RCPT")
            keep()
            _expect(server.docmd("DATA"), at="DATA", code=354)
            server.send(re.sub(rb"(?m)^\.", b"..", ready.content))
            keep()
        except (OSError, smtplib.SMTPException) as error:
            raise _Said(*_trouble(error)) from None
        try:
            server.send(b".\r\n")
            _wait(server, keep)
            code, words = server.getreply()
        except (OSError, smtplib.SMTPException) as error:
            raise _Said(Verdict.UNKNOWN, _words(error)) from None
        _expect((code, words), at="DATA")
        return Answer(Verdict.ACCEPTED, _reply(code, words))

    def _open(self) -> smtplib.SMTP:
        if self._server:
            try:
                _expect(self._server.rset(), at="RSET")
            except (OSError, smtplib.SMTPException, _Said):
                self._close()  # a server may end a connection between two mails
        self._server = self._server or _connect()
        return self._server

    def _close(self) -> None:
        if self._server:
            self._server.close()
        self._server = None


def _connect() -> smtplib.SMTP:
    host, port, name = settings.EMAIL_HOST, settings.EMAIL_PORT or 0, urlsplit(settings.SITE_URL).hostname
    server: smtplib.SMTP
    if settings.EMAIL_USE_SSL:
        tls = ssl.create_default_context()
        server = smtplib.SMTP_SSL(host, port, local_hostname=name, timeout=CONNECT_TIMEOUT, context=tls)
    else:
        server = smtplib.SMTP(host, port, local_hostname=name, timeout=CONNECT_TIMEOUT)
    try:
        if server.sock:
            server.sock.settimeout(COMMAND_TIMEOUT)
            # The final dot is a small packet after a large one: it must not wait for the server to acknowledge that.
            server.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if settings.EMAIL_USE_TLS:
            server.starttls(context=ssl.create_default_context())
        server.ehlo_or_helo_if_needed()
        if settings.EMAIL_HOST_USER:
            server.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
    except BaseException:
        server.close()
        raise
    return server


def _expect(reply: tuple[int, bytes], *, at: str, code: int = 250) -> None:
    got, words = reply
    if got == code or (at == "RCPT" and got == 251):
        return
    if 400 <= got < 500:
        verdict = Verdict.LATER
    elif got in _NEEDS_LOGIN or (at == "MAIL" and got != 552):  # 552: this mail is too large
        verdict = Verdict.MISCONFIGURED
    elif got >= 500:
        verdict = Verdict.REFUSED if at == "RCPT" else Verdict.FAILED
    else:
        verdict = Verdict.UNREACHABLE
    raise _Said(verdict, _reply(got, words))


def _trouble(error: Exception) -> tuple[Verdict, str]:
    """What an error before the final dot means; a server that says no for good to a stranger's greeting means us."""
    if isinstance(error, smtplib.SMTPResponseException):
        for_good = error.smtp_code >= 500
    else:
        for_good = type(error) in (smtplib.SMTPException, smtplib.SMTPNotSupportedError)
    return Verdict.MISCONFIGURED if for_good else Verdict.UNREACHABLE, _words(error)


def _wait(server: smtplib.SMTP, keep: Callable[[], None]) -> None:
    """Wait until the server answers, and keep the lease. Raises TimeoutError."""
    if server.sock is None:
        raise smtplib.SMTPServerDisconnected("The connection was closed")
    until = time.monotonic() + FINAL_TIMEOUT
    with selectors.DefaultSelector() as selector:
        selector.register(server.sock, selectors.EVENT_READ)
        while time.monotonic() < until:
            if selector.select(min(KEEP_EVERY, max(0, until - time.monotonic()))):
                return
            keep()
    raise TimeoutError(f"No answer within {FINAL_TIMEOUT} seconds")


def _reply(code: int, words: bytes) -> str:
    return " ".join(f"{code} {words.decode(errors='replace')}".split())[:500]


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        return _reply(error.smtp_code, said if isinstance(said, bytes) else said.encode())
    return " ".join(f"{type(error).__name__}: {error}".split())[:500]
