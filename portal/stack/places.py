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
        """Whether this user may read the folder: asked of the system itself, which knows more than mode bits."""
        command = ["/bin/sh", "-c", 'cd "$0" && test -r .', str(folder)]
        done = subprocess.run(command, cwd="/", capture_output=True, **self.popen_options())
        return done.returncode == 0


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
    if not here.exists():
        here.mkdir(mode=0o711)
    if account.can_enter(here):
        return here
    name = hashlib.sha256(os.fsencode(root)).hexdigest()[:12]
    folder = var_tmp / f"arxus-portal-{os.geteuid()}-{name}"
    folder.mkdir(mode=0o755, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise Trouble(f"{folder} is not ours: have it removed, then start again.")
    return folder


def short_folder(account: Account) -> Path:
    """Make a private folder for a socket, whose path must end before 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="arxus-", dir="/tmp" if os.path.isdir("/tmp") else None))  # noqa: S108
    if not account.is_us:
        os.chown(folder, account.uid, account.gid)
    return folder


def remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
