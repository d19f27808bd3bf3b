"""Where the stack keeps its data, and which of the machine's users may read it."""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.stack.console import Trouble

VAR_TMP = Path("/var/tmp")  # noqa: S108  a folder of our own is made in it, and checked


@dataclass(frozen=True)
class Account:
    """The user that PostgreSQL runs as: ourselves, or, since it refuses root, somebody with fewer rights."""

    name: str
    uid: int
    gid: int

    @property
    def is_us(self) -> bool:
        return self.uid == os.geteuid()

    def popen_options(self) -> dict[str, Any]:
        return {} if self.is_us else {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_enter(self, folder: Path) -> bool:
        """Whether this user gets into the folder: asked of the system itself, which knows more than mode bits."""
        command = ["/bin/sh", "-c", 'cd "$0"', str(folder)]
        return subprocess.run(command, cwd="/", capture_output=True, **self.popen_options()).returncode == 0


def database_account() -> Account:
    if os.geteuid() != 0:
        # A container may run us under a number that has no name.
        return Account(str(os.geteuid()), os.geteuid(), os.getegid())
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise Trouble("PostgreSQL refuses to run as root and there is no user nobody: start this as another user.")


def data_folder(root: Path, account: Account, var_tmp: Path = VAR_TMP) -> Path:
    """Return the folder for our data: .data in the checkout, or, where the database's user cannot read that, one of
    ours under the system's var/tmp.

    Raises Trouble when somebody else made a folder of that name first.
    """
    here = root / ".data"
    here.mkdir(exist_ok=True)
    # Open to walk through, whatever the umask; each folder in it says for itself who may read it.
    here.chmod(0o711)
    if account.can_enter(here):
        return here
    name = hashlib.sha256(os.fsencode(root)).hexdigest()[:12]
    folder = var_tmp / f"arxus-portal-{os.geteuid()}-{name}"
    folder.mkdir(exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise Trouble(f"{folder} is not ours: have it removed, then start again.")
    folder.chmod(0o711)
    return folder


def short_folder(account: Account | None = None) -> Path:
    """Make a private folder, of `account` or ours, for a socket: its path must end before 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="arxus-", dir="/tmp" if os.path.isdir("/tmp") else None))  # noqa: S108
    if account is not None and not account.is_us:
        os.chown(folder, account.uid, account.gid)
    return folder


def let_others_read(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644))


def remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
