"""The portal's own processes – web, worker, beat, mailbox – and what has to be ready before they start."""

import hashlib
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from portal.stack import environment
from portal.stack.console import Trouble, disk_full, is_disk_full, say
from portal.stack.install import ROOT
from portal.stack.processes import Part, Parts, last_lines

PYTHON = sys.executable


@dataclass(frozen=True)
class Site:
    """One running portal: its folder, the environment of its parts, and the database address that may migrate."""

    folder: Path
    environment: dict[str, str]
    owner_database: str
    port: int
    mailbox_port: int
    smtp_port: int

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def mails(self) -> Path:
        return self.folder / "mails"

    @property
    def url(self) -> str:
        return self.environment["SITE_URL"]

    @classmethod
    def make(
        cls, folder: Path, *, database_url: str, owner_database: str, redis_url: str, ports: tuple[int, int, int]
    ) -> "Site":
        """Describe a portal that keeps its files in `folder`; `ports` are those of web, mailbox and SMTP."""
        port, mailbox_port, smtp_port = ports
        variables = environment.make(
            site_url=f"http://localhost:{port}",
            database_url=database_url,
            redis_url=redis_url,
            smtp_port=smtp_port,
            keys=environment.kept_keys(folder / "keys.json"),
        )
        variables |= {"STATIC_ROOT": str(folder / "static"), "MEDIA_ROOT": str(folder / "files")}
        return cls(folder, variables, owner_database, port, mailbox_port, smtp_port)

    def start(self, parts: Parts) -> None:
        """Start every part; return when the web answers. Raises Trouble when a part ends first."""
        started = [parts.start(part) for part in self.parts()]
        self._wait(next(part for part in started if part.name == "web"), parts.running)

    def parts(self) -> list[Part]:
        ports = [str(self.mailbox_port), str(self.smtp_port)]
        celery = [PYTHON, "-m", "celery", "--quiet", "-A", "portal.celery"]
        schedule = str(self.folder / "beat-schedule")
        return [
            self._part("mailbox", [PYTHON, "-m", "portal.stack.mailbox", str(self.mails), *ports]),
            self._part(
                "web",
                [
                    PYTHON,
                    "-m",
                    "gunicorn",
                    "-c",
                    "python:portal.gunicorn",
                    "-b",
                    f"127.0.0.1:{self.port}",
                    "portal.wsgi",
                ],
            ),
            self._part("worker", [*celery, "worker", "--concurrency=2", "--without-gossip", "--without-mingle"]),
            self._part("beat", [*celery, "beat", "--schedule", schedule]),
        ]

    def _part(self, name: str, command: list[str]) -> Part:
        return Part(name, command, self.logs / f"{name}.log", environment=self.environment, cwd=ROOT)

    def manage(self, *arguments: str, as_owner: bool = False) -> str:
        """Run a management command; return what it says. Raises Trouble with its last lines."""
        environment = self.environment | ({"DATABASE_URL": self.owner_database} if as_owner else {})
        log = self.logs / "manage.log"
        done = subprocess.run(
            [PYTHON, "manage.py", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        log.write_text(done.stdout + done.stderr)
        if done.returncode:
            if is_disk_full(done.stderr):
                raise disk_full(self.folder)
            raise Trouble(f"manage.py {arguments[0]} failed. Its last lines, from {log}:\n{last_lines(log)}")
        return done.stdout

    def _wait(self, web: Part, everything: Iterable[Part], seconds: float = 60) -> None:
        """Return when the web answers. Raises Trouble when a part ends first."""
        end = time.monotonic() + seconds
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/healthz", headers={"Host": f"localhost:{self.port}"}
        )
        # Not through a proxy that the environment names.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while time.monotonic() < end:
            for part in everything:
                part.check()
            try:
                opener.open(request, timeout=5).close()
                return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.1)
        raise Trouble(f"The web does not answer. Its last lines, from {web.log}:\n{last_lines(web.log)}")


@dataclass(frozen=True)
class Step:
    """Something to be done before a start, and again only when its sources or its results are not as they were."""

    name: str
    says: str
    sources: tuple[str, ...]
    results: tuple[str, ...]
    command: tuple[str, ...]
    in_database: bool = False
    as_owner: bool = False

    def fingerprint(self, site: Site) -> str:
        digest = hashlib.sha256()
        for path in _files(ROOT, ("requirements.txt", "portal/settings.py", *self.sources)):
            digest.update(f"{path.relative_to(ROOT)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
        for path in (*_files(ROOT, self.results), *_files(site.folder, self.results)):
            digest.update(f"\0{path}".encode())
        return digest.hexdigest()


STEPS = (
    Step(
        "catalogues",
        "Compiling the message catalogues …",
        ("locale/**/*.po",),
        ("locale/**/*.mo",),
        ("compile_catalogues",),
    ),
    Step(
        "static",
        "Collecting the static files …",
        ("static/**/*",),
        ("static/staticfiles.json",),
        ("collectstatic", "--noinput", "--clear", "--verbosity=0"),
    ),
    Step(
        "migrations", "Migrating the database …", ("*/migrations/*.py",), (), ("migrate", "--verbosity=0"), True, True
    ),
    Step(
        "demo",
        "Writing the demo's data …",
        ("*/management/commands/seed_demo.py", "tenants/demo/*.py"),
        (),
        ("seed_demo",),
        True,
    ),
)


def prepare(site: Site, *, steps: Iterable[Step] = STEPS) -> None:
    """Do the steps whose sources changed since this folder's last start. Raises Trouble."""
    kept = site.folder / "steps.json"
    done: dict[str, str] = json.loads(kept.read_text()) if kept.exists() else {}
    for step in steps:
        # What became of somebody else's database since the last start we cannot know.
        remembered = not (step.in_database and os.environ.get("DATABASE_URL"))
        if remembered and done.get(step.name) == step.fingerprint(site):
            continue
        say(step.says)
        site.manage(*step.command, as_owner=step.as_owner)
        done[step.name] = step.fingerprint(site)
        new = kept.with_suffix(".new")
        new.write_text(json.dumps(done))
        new.replace(kept)


def _files(folder: Path, patterns: Iterable[str]) -> list[Path]:
    found = {path for pattern in patterns for path in folder.glob(pattern)}
    return sorted(path for path in found if path.is_file() and ".venv" not in path.parts)
