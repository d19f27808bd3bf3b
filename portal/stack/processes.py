"""Starts processes, watches them, ends them: those that it started and no others."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from portal.stack.console import Trouble, disk_full, is_disk_full
from portal.stack.places import Account

LAST_LINES = 12
# From Linux' <sys/prctl.h>. Loaded here, since a child between fork and exec must not import.
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


class Died(Trouble):
    """A part ended by itself; the text names it and holds its last lines."""


@dataclass
class Part:
    """One process of the stack: how it is started, where its words go, how it is asked to stop."""

    name: str
    command: list[str]
    log: Path
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    account: Account | None = None
    cwd: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.environment,
                cwd=self.cwd,
                # Ctrl-C in the terminal reaches us alone; we end the parts in their order.
                start_new_session=True,
                preexec_fn=self._die_with_us if sys.platform == "linux" else None,
                **(self.account.popen_options() if self.account else {}),
            )

    def _die_with_us(self) -> None:
        """Have Linux stop this part when we are killed ourselves and cannot."""
        LIBC.prctl(PR_SET_PDEATHSIG, int(self.stop_signal))

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def check(self) -> None:
        """Raise Died when the process has ended."""
        if self.process is None or self.process.poll() is None:
            return
        words = last_lines(self.log)
        if is_disk_full(words):
            raise disk_full(self.log.parent)
        raise Died(
            f"{self.name} ended by itself ({_how(self.process.returncode)}). Its last lines, from {self.log}:\n{words}"
        )

    def ask_to_stop(self) -> None:
        if self.process is not None and self.is_alive:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(self.stop_signal)

    def end(self, seconds: float) -> None:
        """Wait for it to stop; after `seconds` end it and whatever it started by force."""
        if self.process is None:
            return
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
        finally:
            # Its session holds only what it started. The group outlives its leader as long as a member lives.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Parts:
    """The parts that run, in the order in which they were started."""

    def __init__(self) -> None:
        self.running: list[Part] = []

    def start(self, part: Part) -> Part:
        self.running.append(part)
        part.start()
        return part

    def watch(self, interval: float = 0.3) -> None:
        """Return never; raise Died as soon as a part has ended."""
        while True:
            for part in self.running:
                part.check()
            time.sleep(interval)

    def stop(self, seconds: float = 10) -> None:
        """End everything, last started first: the servers outlive those who use them."""
        while self.running:
            part = self.running.pop()
            part.ask_to_stop()
            part.end(seconds)


def last_lines(log: Path, count: int = LAST_LINES) -> str:
    with contextlib.suppress(FileNotFoundError), open(log, "rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - 20_000))
        lines = file.read().decode(errors="replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-count:])
    return ""


def _how(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
