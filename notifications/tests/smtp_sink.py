"""A mail server for tests: a real one on loopback, which keeps what it gets and misbehaves when told to."""

import asyncio
import email
import email.policy
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd writes down every line that it gets
STAGES = ("connect", "ehlo", "auth", "mail", "rcpt", "data", "dot", "rset")


@dataclass
class Arrived:
    """A mail as its reader has it."""

    sender: str
    to: str
    message: EmailMessage

    @property
    def subject(self) -> str:
        return self.message["Subject"]

    @property
    def message_id(self) -> str:
        return self.message["Message-ID"]

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    def _part(self, kind: str) -> str:
        return self.message.get_body((kind,)).get_content().replace("\r\n", "\n")


@dataclass
class Fault:
    stage: str
    reply: str = ""
    seconds: float = 0
    drop: bool = False
    taken: bool = False
    to: str = ""
    times: int = 1


@dataclass
class Sink:
    """What it took is in `inbox`; `misbehave("rcpt", "550 5.1.1 No such mailbox")` makes it difficult."""

    port: int = 0
    inbox: list[Arrived] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    reached: dict[str, threading.Event] = field(default_factory=lambda: {stage: threading.Event() for stage in STAGES})
    let_go: threading.Event = field(default_factory=threading.Event)

    def misbehave(self, stage: str, reply: str = "", **how: Any) -> None:
        """At this stage, `times` times: answer so, after so many `seconds`; or `drop` the connection; or `to` one only.

        `seconds=inf` is silence, until the test ends or sets `let_go`. With `taken` the mail arrives all the same.
        """
        assert stage in STAGES
        self.faults.append(Fault(stage, reply, **how))

    def to(self, address: str) -> list[Arrived]:
        return [arrived for arrived in self.inbox if arrived.to == address]

    def wait_for(self, stage: str) -> None:
        assert self.reached[stage].wait(20), f"The mail server was not brought to {stage}."

    async def turn(self, server: "_Server", stage: str, to: str = "", take: Callable[[], None] = lambda: None) -> str:
        """What a fault answers at this stage; nothing if there is none."""
        fault = next((fault for fault in self.faults if fault.stage == stage and fault.to in ("", to)), None)
        if fault and fault.taken:
            take()
        self.reached[stage].set()
        if fault is None:
            return ""
        fault.times -= 1
        if not fault.times:
            self.faults.remove(fault)
        until = time.monotonic() + fault.seconds
        while time.monotonic() < until and not self.let_go.is_set():
            await asyncio.sleep(0.02)
        if fault.drop:
            server.transport.abort()
            return "421 dropped"
        return fault.reply


class _Server(SMTP):
    """aiosmtpd with faults where it has no hook."""

    sink: Sink

    async def _handle_client(self) -> None:
        if reply := await self.sink.turn(self, "connect"):
            await self.push(reply)
            self.transport.close()
            return
        await super()._handle_client()

    async def smtp_DATA(self, arg: str) -> None:
        if reply := await self.sink.turn(self, "data"):
            await self.push(reply)
            return
        await super().smtp_DATA(arg)


class _Handler:
    def __init__(self, sink: Sink) -> None:
        self.sink = sink

    async def handle_EHLO(
        self, server: Any, session: Any, _envelope: Any, hostname: str, answers: list[str]
    ) -> list[str]:
        session.host_name = hostname
        reply = await self.sink.turn(server, "ehlo")
        return [reply] if reply else answers

    async def handle_MAIL(self, server: Any, _session: Any, envelope: Any, address: str, _options: list[str]) -> str:
        if reply := await self.sink.turn(server, "mail"):
            return reply
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: Any, _session: Any, envelope: Any, address: str, _options: list[str]) -> str:
        if reply := await self.sink.turn(server, "rcpt", address):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_RSET(self, server: Any, _session: Any, _envelope: Any) -> str:
        return await self.sink.turn(server, "rset") or "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:
        def take() -> None:
            message = email.message_from_bytes(envelope.content, policy=email.policy.default)
            self.sink.inbox.append(Arrived(envelope.mail_from, envelope.rcpt_tos[0], message))

        reply = await self.sink.turn(server, "dot", envelope.rcpt_tos[0], take)
        if not reply:
            take()
        return reply or "250 2.0.0 Taken"


class _Controller(Controller):
    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.servers: list[SMTP] = []
        super().__init__(_Handler(sink), hostname="127.0.0.1", port=_free_port())

    def factory(self) -> SMTP:
        def check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
            if reply := next((fault.reply for fault in self.sink.faults if fault.stage == "auth"), ""):
                return AuthResult(success=False, handled=False, message=reply)
            return AuthResult(success=True)

        server = _Server(self.handler, authenticator=check, auth_require_tls=False, hostname="sink.example")
        server.sink = self.sink
        self.servers.append(server)
        return server

    def stop(self, no_assert: bool = False) -> None:
        """Hang up on those who are still there, then stop."""
        self.sink.let_go.set()
        for server in self.servers:
            if transport := server.transport:
                self.loop.call_soon_threadsafe(transport.abort)
        until = time.monotonic() + 5
        while time.monotonic() < until and any(server.transport for server in self.servers):
            time.sleep(0.01)
        super().stop(no_assert)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def smtp(settings: Any) -> Iterator[Sink]:
    """The mail server that deliver() talks to; `smtp.inbox` has what it took."""
    sink = Sink()
    controller = _Controller(sink)
    controller.start()
    for reached in sink.reached.values():
        reached.clear()  # the controller tries its server once itself
    sink.port = controller.port
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    yield sink
    controller.stop()
