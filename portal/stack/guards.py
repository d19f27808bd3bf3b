"""What bin/up looks at before it begins: options, ports, whether it runs already. Needs nothing but Python."""

import argparse
import contextlib
import fcntl
import os
import random
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from portal.stack.console import Trouble


@dataclass(frozen=True)
class Options:
    fresh: bool
    port: int
    mailbox_port: int
    smtp_port: int
    requests: int = 0

    @property
    def site_url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def mailbox_url(self) -> str:
        return f"http://localhost:{self.mailbox_port}"


def read_options(arguments: list[str]) -> Options:
    parser = argparse.ArgumentParser(prog="bin/up", description="Start the portal with all it needs; Ctrl-C ends it.")
    parser.add_argument("--fresh", action="store_true", help="throw the demo's data away and begin anew")
    parser.add_argument("--port", type=_port, default=8000, help="of the portal (8000)")
    parser.add_argument("--mailbox-port", type=_port, default=8025, help="of the page with the demo's mails (8025)")
    parser.add_argument("--smtp-port", type=_port, default=0, help="that takes the demo's mails (a free one)")
    parser.add_argument("--requests", type=_number, default=0, help="file so many more demo requests, 10000 at most")
    return Options(**vars(parser.parse_args(arguments)))


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 1 to 65535")
    return int(text)


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 10_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of requests: give one up to 10000")
    return int(text)


def check_ports(options: Options) -> None:
    """Raise Trouble when a port that we need is taken."""
    if options.port == options.mailbox_port:
        raise Trouble(f"--port and --mailbox-port are both {options.port}: give two different ones.")
    for name, port in (("--port", options.port), ("--mailbox-port", options.mailbox_port)):
        _check_port(name, port)
    if options.smtp_port:
        _check_port("--smtp-port", options.smtp_port)


def _check_port(name: str, port: int) -> None:
    try:
        with socket.socket() as ours:
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            ours.bind(("127.0.0.1", port))
        # Somebody on ::1 alone would not hinder us, but would answer the browser that asks for localhost.
        taken = _somebody_answers(port)
    except PermissionError as error:
        raise Trouble(f"Port {port} is for root alone: choose one above 1023 with {name}.") from error
    except OSError:
        taken = True
    if taken:
        raise Trouble(f"Port {port} is taken by another program: end that one, or choose another port with {name}.")


def _somebody_answers(port: int) -> bool:
    try:
        socket.create_connection(("::1", port), timeout=1).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    """A port that nobody has, for somebody who takes it in a while.

    Below those that systems give away by themselves: until it is taken, no connection of another program gets it.
    """
    for port in random.sample(range(10_000, 32_000), 100):
        with contextlib.suppress(OSError), socket.socket() as ours:
            ours.bind(("127.0.0.1", port))
            return port
    raise Trouble("Of a hundred ports on 127.0.0.1 not one is free: end what holds them, then start again.")


def alone(folder: Path, url: str) -> IO[str]:
    """Take the lock that one bin/up holds while it runs; return it, to be kept open. Raises Trouble when it is taken.

    The system gives it back when its holder ends, however it ends: there is no pid file that could be stale.
    """
    folder.mkdir(exist_ok=True)
    lock = open(folder / "up.lock", "a+")  # noqa: SIM115  it stays open as long as we run
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip() or "in another terminal"
        lock.close()
        raise Trouble(f"bin/up runs already, {holder}: use that one, or end it with Ctrl-C first.") from None
    lock.truncate(0)
    lock.write(f"as process {os.getpid()} at {url}")
    lock.flush()
    return lock
