"""Makes .venv and installs the locked packages. Needs nothing but Python and its venv module."""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.stack.console import Trouble, is_disk_full, say

ROOT = Path(__file__).resolve().parent.parent.parent
NEEDS_MB = 600


def enter(module: str, arguments: list[str], root: Path = ROOT) -> None:
    """Go on as `python -m module arguments` inside the virtual environment; make that first. Does not return."""
    python = installed(root)
    os.environ["VIRTUAL_ENV"] = str(root / ".venv")
    os.environ["PATH"] = f"{python.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    # One entry and no other: what the caller's Python had on its path is not part of the project.
    os.environ["PYTHONPATH"] = str(root)
    os.environ.pop("PYTHONHOME", None)
    os.chdir(root)
    os.execv(python, [str(python), "-m", module, *arguments])  # noqa: S606  there is no shell to avoid


def installed(root: Path = ROOT) -> Path:
    """Return the Python of .venv, with exactly the packages that requirements-dev.txt locks.

    Raises Trouble: no venv module, a full disk, packages that cannot be had.
    """
    python = root / ".venv" / "bin" / "python"
    stamp = root / ".venv" / "installed"
    wanted = _fingerprint(root)
    if _is_installed(python, stamp, wanted):
        return python
    with _alone(root):
        if not _is_installed(python, stamp, wanted):
            _install(root, python)
            stamp.write_text(wanted)
    return python


def _fingerprint(root: Path) -> str:
    lock = (root / "requirements-dev.txt").read_bytes()
    return f"{hashlib.sha256(lock).hexdigest()} Python {sys.version_info.major}.{sys.version_info.minor}"


def _is_installed(python: Path, stamp: Path, wanted: str) -> bool:
    # A checkout that moved keeps a working .venv; one whose Python was removed from the machine does not.
    return stamp.is_file() and stamp.read_text() == wanted and os.access(python, os.X_OK)


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Let one start install while others wait."""
    with open(root / ".venv.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another start is installing the packages; waiting for it …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install(root: Path, python: Path) -> None:
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        raise Trouble(
            f"This Python has no {missing[0]} module: install it "
            f"(Debian, Ubuntu: apt-get install python3-venv), then start again."
        )
    free = shutil.disk_usage(root).free // 1_000_000
    if free < NEEDS_MB:
        raise Trouble(f"Only {free} MB are free on the disk of {root}: make room for {NEEDS_MB} MB, then start again.")
    say("Making .venv …")
    _run([sys.executable, "-m", "venv", "--clear", str(root / ".venv")], "Python could not make .venv")
    say("Installing the packages of requirements-dev.txt, checked by their hashes …")
    lock = str(root / "requirements-dev.txt")
    if not _install_with_uv(root, python, lock):
        say("uv cannot install here; pip does it, which takes longer …")
        _run(
            [str(python), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", lock],
            "The packages could not be installed",
        )


def _install_with_uv(root: Path, python: Path, lock: str) -> bool:
    """Fetch uv with pip (it knows the machine's own package index), then let it do the rest in seconds."""
    only_uv = root / ".venv" / "uv.txt"
    only_uv.write_text(lock_block(Path(lock).read_text(), "uv"))
    fetched = subprocess.run(
        [str(python), "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps", "-r", str(only_uv)],
        capture_output=True,
    )
    if fetched.returncode:
        return False
    environment = dict(os.environ)
    if not os.access(os.path.expanduser("~"), os.W_OK):
        environment["UV_CACHE_DIR"] = str(root / ".venv" / "cache")
    command = [str(python), "-m", "uv", "pip", "install", "--quiet", "--python", str(python)]
    # Without --system-certs uv fails behind a private certificate authority where pip works.
    command += ["--system-certs", "--require-hashes", "-r", lock]
    return subprocess.run(command, capture_output=True, env=environment).returncode == 0


def lock_block(lock: str, package: str) -> str:
    """Cut one package with its hashes out of a lock file."""
    lines: list[str] = []
    for line in lock.splitlines():
        if line.startswith(f"{package}==") or (lines and line.startswith("    --hash")):
            lines.append(line.removesuffix("\\").rstrip() + " \\")
        elif lines:
            break
    return "\n".join(lines).removesuffix("\\") + "\n"


def _run(command: list[str], otherwise: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 0:
        return
    output = done.stdout + done.stderr
    if is_disk_full(output):
        raise Trouble("The disk is full: make room, then start again.")
    lines = output.strip().splitlines() or ["no reason given"]
    raise Trouble(f"{otherwise}; its last words: {lines[-1].strip()}")
