import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from portal.stack.console import Trouble
from portal.stack.install import ROOT
from portal.stack.processes import Died, Part, Parts

SLEEP = "import time; print('up', flush=True); time.sleep(60)"


@pytest.fixture
def part(tmp_path: Path) -> Callable[..., Part]:
    def _part(code: str, name: str = "worker") -> Part:
        return Part(name, [sys.executable, "-c", code], tmp_path / f"{name}.log")

    return _part


def wait_until(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def is_running(pid: int) -> bool:
    try:
        # A zombie counts as gone: whoever adopted it has not looked yet.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_part_that_dies_is_named_with_its_last_lines(part: Callable[..., Part]) -> None:
    parts = Parts()
    parts.start(part(SLEEP, "web"))
    parts.start(part("print('one'); print('the reason'); raise SystemExit(3)"))

    with pytest.raises(Died, match=r"worker ended by itself \(exit code 3\).*worker.log:\n  one\n  the reason$"):
        parts.watch(interval=0.02)
    parts.stop()


def test_a_part_that_is_killed_says_by_what(part: Callable[..., Part]) -> None:
    part = part("import os; os.kill(os.getpid(), 9)")
    part.start()
    assert wait_until(lambda: not part.is_alive)

    with pytest.raises(Died, match="killed by SIGKILL"):
        part.check()


def test_a_part_that_dies_of_a_full_disk_is_told_as_such(part: Callable[..., Part]) -> None:
    part = part("raise OSError(28, 'No space left on device')")
    part.start()
    assert wait_until(lambda: not part.is_alive)

    with pytest.raises(Trouble, match=r"^The disk that holds .* is full: make room there, then start again\.$"):
        part.check()


def test_stopping_ends_all_that_was_started_and_nothing_else(part: Callable[..., Part], tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", SLEEP], stdout=subprocess.DEVNULL)
    grandchild = tmp_path / "grandchild"
    stubborn = (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"child = subprocess.Popen([sys.executable, '-c', {SLEEP!r}])\n"
        f"open({str(grandchild)!r}, 'w').write(str(child.pid))\n"
        "time.sleep(60)"
    )
    parts = Parts()
    started = [parts.start(part(SLEEP, "web")), parts.start(part(stubborn, "worker"))]
    assert wait_until(lambda: grandchild.exists() and grandchild.read_text() != "")

    parts.stop(seconds=0.3)

    assert [each.is_alive for each in started] == [False, False]
    assert wait_until(lambda: not is_running(int(grandchild.read_text())))
    assert other.poll() is None
    other.kill()
    other.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells children that their parent is gone")
def test_parts_end_when_their_starter_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from portal.stack.processes import Part\n"
        f"part = Part('x', [sys.executable, '-c', {SLEEP!r}], pathlib.Path({str(tmp_path / 'log')!r}))\n"
        "part.start(); print(part.process.pid, flush=True); sys.stdin.read()"
    )
    starter = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    pid = int(starter.stdout.readline())
    assert wait_until(lambda: (tmp_path / "log").read_text() == "up\n")

    os.kill(starter.pid, signal.SIGKILL)

    assert wait_until(lambda: not is_running(pid))
    starter.communicate()
