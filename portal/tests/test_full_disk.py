"""What a start says when there is no room left: met for real, on a disk of one megabyte."""

import errno
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.stack import environment, places, up
from portal.stack.console import Trouble, in_one_sentence
from portal.stack.guards import free_port
from portal.stack.install import ROOT

NOT_COPIED = shutil.ignore_patterns(".git", ".venv*", ".data", ".*_cache", "__pycache__", ".hypothesis", "staticfiles")
BARE = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/nonexistent"}
MOUNT = 'mount -t tmpfs -o size=1m,mode=755 tmpfs "$0"'


def on_a_small_disk(folder: Path, *command: str | Path, before: str = "true") -> subprocess.CompletedProcess[str]:
    """Run a command that finds a disk of one megabyte at `folder`: it alone, and until it ends."""
    script = f'{MOUNT} && {before} && exec "$@"'
    words = ["unshare", "-m", "sh", "-c", script, folder, *command]
    return subprocess.run(words, env=BARE, capture_output=True, text=True, check=False, timeout=60)


def may_mount() -> bool:
    if not shutil.which("unshare"):
        return False
    folder = places.short_folder()
    try:
        return on_a_small_disk(folder, "true").returncode == 0
    finally:
        places.remove(folder)


small_disk = pytest.mark.skipif(not may_mount(), reason="only who may mount has a disk of one megabyte")


@pytest.fixture
def checkout() -> Iterator[Path]:
    folder = places.short_folder()
    folder.chmod(0o755)
    shutil.copytree(ROOT, folder / "portal", ignore=NOT_COPIED)
    (folder / "portal" / ".venv").symlink_to(ROOT / ".venv")
    (folder / "portal" / ".data").mkdir()
    yield folder / "portal"
    shutil.rmtree(folder)


def start(checkout: Path, before: str = "true") -> tuple[int, str]:
    """What bin/up answers whose .data is on the small disk."""
    ports = [f"--port={free_port()}", f"--mailbox-port={free_port()}"]
    data = checkout / ".data"
    done = on_a_small_disk(data, sys.executable, checkout / "bin" / "up", *ports, before=before)
    return done.returncode, done.stderr


@small_disk
def test_a_start_without_enough_room_says_how_much_is_needed_and_where(checkout: Path) -> None:
    code, said = start(checkout)

    assert code == 1
    assert re.fullmatch(
        rf"Only [01] MB are free on the disk of {checkout}/.data: make room for 200 MB, then start again.\n", said
    )


@small_disk
def test_a_start_on_a_disk_that_is_full_is_told_in_one_sentence(checkout: Path) -> None:
    code, said = start(checkout, before='(head -c 2000000 /dev/zero > "$0/rest" 2>/dev/null || true)')

    assert code == 1
    assert said.count("\n") == 1
    assert "make room" in said
    assert "Traceback" not in said


@small_disk
def test_secrets_that_found_no_room_leave_nothing_half_written(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from portal.stack import environment, console\n"
        "folder = Path(sys.argv[1])\n"
        "try: environment.kept_keys(folder / 'keys.json')\n"
        "except OSError as error: print(console.in_one_sentence(error), (folder / 'keys.json').exists())\n"
    )
    full = '(head -c 2000000 /dev/zero > "$0/rest" 2>/dev/null || true)'

    words = ("env", f"PYTHONPATH={ROOT}", sys.executable, "-c", code, tmp_path)
    done = on_a_small_disk(tmp_path, *words, before=full)

    assert (done.stdout, done.stderr) == ("The disk is full (writing here): make room, then start again. False\n", "")


def test_enough_room_is_no_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(up, "NEEDS_MB", 0)

    assert up._check_room(tmp_path) is None


def test_too_little_room_is_told_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(up, "NEEDS_MB", 10**9)

    with pytest.raises(Trouble, match=rf"^Only \d+ MB are free on the disk of {tmp_path}: make room for 1000000000 MB"):
        up._check_room(tmp_path)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a device that is always full")
def test_a_write_that_finds_no_room_is_one_sentence() -> None:
    with pytest.raises(OSError) as caught, open("/dev/full", "w") as full:
        full.write("x")

    assert str(in_one_sentence(caught.value)) == "The disk is full (writing here): make room, then start again."


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, "The disk is full (writing /data/keys.json): make room, then start again."),
        (errno.EDQUOT, "The disk is full (writing /data/keys.json): make room, then start again."),
        (errno.EACCES, "/data/keys.json cannot be written by you: start this as the owner of the checkout."),
        (errno.EPERM, "/data/keys.json cannot be written by you: start this as the owner of the checkout."),
        (errno.EROFS, "/data/keys.json cannot be written by you: start this as the owner of the checkout."),
        (errno.EMFILE, "The machine refuses: [Errno 24] Too many open files: '/data/keys.json'."),
    ],
)
def test_what_the_machine_refuses_is_one_sentence_that_says_what_to_do(number: int, sentence: str) -> None:
    error = OSError(number, os.strerror(number), "/data/keys.json")

    assert str(in_one_sentence(error)) == sentence


def test_kept_secrets_are_read_again(tmp_path: Path) -> None:
    made = environment.kept_keys(tmp_path / "keys.json")

    assert environment.kept_keys(tmp_path / "keys.json") == made
