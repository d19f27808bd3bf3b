"""bin/up itself, in a checkout of its own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.stack import places
from portal.stack.guards import free_port
from portal.stack.install import ROOT

# Nothing of the environment of the tests: bin/up has to find everything by itself.
BARE = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
NOT_COPIED = shutil.ignore_patterns(".git", ".venv*", ".data", ".*_cache", "__pycache__", ".hypothesis", "staticfiles")


@pytest.fixture(scope="module")
def checkout() -> Iterator[Path]:
    folder = places.short_folder()
    # Where the database's user can walk to; the other case is in test_places.py.
    folder.chmod(0o755)
    shutil.copytree(ROOT, folder / "portal", ignore=NOT_COPIED)
    (folder / "portal" / ".venv").symlink_to(ROOT / ".venv")
    yield folder / "portal"
    shutil.rmtree(folder)


class Up:
    def __init__(self, checkout: Path) -> None:
        self.ports = [f"--port={free_port()}", f"--mailbox-port={free_port()}"]
        self.process = subprocess.Popen(
            [sys.executable, checkout / "bin" / "up", *self.ports],
            env=BARE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # Tests that run in the background are born deaf to Ctrl-C; whoever types it is not.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        self.said = ""
        while "Ctrl-C ends it." not in self.said:
            line = self.process.stdout.readline()
            assert line, self.process.stderr.read()
            self.said += line

    def children(self) -> dict[int, str]:
        """Everything that it started, to the last grandchild."""
        ps = ["ps", "-ww", "-eo", "pid=,ppid=,args="]
        table = subprocess.run(ps, capture_output=True, text=True, check=True).stdout
        rows = [line.split(None, 2) for line in table.splitlines()]
        found: dict[int, str] = {}
        wanted = {self.process.pid}
        while wanted:
            children = {int(pid): args for pid, parent, args in rows if int(parent) in wanted}
            found |= children
            wanted = set(children)
        return found

    def end(self) -> tuple[int, str]:
        _, errors = self.process.communicate(timeout=90)
        return self.process.returncode, errors


@pytest.fixture
def up(checkout: Path) -> Iterator[Up]:
    started = Up(checkout)
    yield started
    if started.process.poll() is None:
        started.process.terminate()
        started.end()


def living(pids: dict[int, str]) -> list[str]:
    return [args for pid, args in pids.items() if Path(f"/proc/{pid}").exists()]


def test_ctrl_c_ends_all_that_was_started_and_nothing_else(checkout: Path, up: Up) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as other:
        second = subprocess.run(
            [sys.executable, checkout / "bin" / "up"], env=BARE, capture_output=True, text=True, check=False
        )
        started = up.children()

        up.process.send_signal(signal.SIGINT)
        code, errors = up.end()

        assert (code, errors) == (0, "")
        assert len(started) > 6
        assert living(started) == []
        assert other.poll() is None
        other.kill()
    assert second.stderr.startswith(f"bin/up runs already, as process {up.process.pid} at http://localhost:")
    assert second.stderr.count("\n") == 1


def test_a_part_that_dies_is_named_and_ends_the_rest(up: Up) -> None:
    started = up.children()
    [beat] = [pid for pid, args in started.items() if "portal.celery beat" in args]
    os.kill(beat, signal.SIGKILL)
    code, errors = up.end()

    assert code == 1
    assert errors.startswith("beat ended by itself (killed by SIGKILL). Its last lines, from ")
    assert living(started) == []


def test_a_stale_pid_is_forgotten_and_its_present_owner_left_alone(checkout: Path, up: Up) -> None:
    up.process.send_signal(signal.SIGTERM)
    up.end()
    keys = checkout / ".data" / "keys.json"
    before = json.loads(keys.read_text())
    stale = checkout / ".data" / "postgres" / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{stale.parent}\n{int(time.time())}\n5432\n/tmp\n\n0 0\nready\n")

    again = Up(checkout)
    again.process.send_signal(signal.SIGTERM)
    again.end()

    # A second start does nothing twice.
    assert [line for line in again.said.splitlines() if line.endswith("…")] == [
        "Starting PostgreSQL …",
        "Starting Redis …",
        "Starting web, worker, beat and mailbox …",
    ]
    assert (keys.stat().st_mode & 0o777, json.loads(keys.read_text())) == (0o600, before)


def test_fresh_empties_no_database_of_somebody_else(checkout: Path) -> None:
    environment = BARE | {"DATABASE_URL": "postgres://somebody@localhost/theirs"}
    ports = [f"--port={free_port()}", f"--mailbox-port={free_port()}"]
    command = [sys.executable, checkout / "bin" / "up", "--fresh", *ports]

    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert done.stderr == (
        "--fresh does not empty the database that DATABASE_URL names: do that yourself, or unset it.\n"
    )
