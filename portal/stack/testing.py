"""bin/test: a PostgreSQL and a Redis that are thrown away afterwards, a Chromium, and pytest (or another command)."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from portal.stack import chromium, environment, places, postgres, redis_server
from portal.stack.console import Trouble, complain, in_one_sentence, say
from portal.stack.processes import Parts

SITE_URL = "http://localhost:8000"
# Nobody listens there: tests that send mail start a sink of their own.
NO_SMTP = 9


def main(arguments: list[str]) -> int:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    with servers() as (database_url, redis_url):
        surroundings = environment.make(
            site_url=SITE_URL,
            database_url=database_url,
            redis_url=redis_url,
            smtp_port=NO_SMTP,
            keys=environment.new_keys(),
        )
        if arguments[:1] == ["--run"]:
            return _run(arguments[1:], surroundings)
        return _tests(arguments, surroundings)


def _tests(arguments: list[str], surroundings: dict[str, str]) -> int:
    browser = chromium.find_or_install()
    surroundings["CHROMIUM"] = browser or "not found"
    code = _run([sys.executable, "-m", "pytest", *in_parallel(arguments)], surroundings)
    if browser:
        return code
    complain(chromium.WHAT_TO_INSTALL)
    # The tests that were left out are listed by portal/tests/footing.py.
    return code or (1 if os.environ.get("CI") == "true" else 0)


def in_parallel(arguments: list[str]) -> list[str]:
    """Spread the whole suite over the processors; a file or a test that is named runs at once, in one process."""
    named = any(Path(argument.split("::")[0]).exists() for argument in arguments)
    chosen = any(argument.startswith(("-n", "--numprocesses", "--pdb", "no:xdist")) for argument in arguments)
    if named or chosen:
        return arguments
    return [f"-n{min(os.cpu_count() or 1, 8)}", "--dist=loadgroup", *arguments]


def _run(command: list[str], surroundings: dict[str, str]) -> int:
    with subprocess.Popen(command, env=surroundings) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                # The terminal sent Ctrl-C to the command too: wait for its own end.
                continue
            except SystemExit:
                process.terminate()
                raise


@contextlib.contextmanager
def servers() -> Iterator[tuple[str, str]]:
    """Run PostgreSQL and Redis, unless the environment names some; yield their addresses. Raises Trouble."""
    folder = Path(tempfile.mkdtemp(prefix="arxus-test-"))
    folder.chmod(0o711)
    parts = Parts()
    sockets: list[Path] = []
    try:
        yield (
            os.environ.get("DATABASE_URL") or _postgres(folder, parts, sockets),
            os.environ.get("REDIS_URL") or _redis(folder, parts, sockets),
        )
    finally:
        parts.stop()
        for made in [folder, *sockets]:
            places.remove(made)


def _postgres(folder: Path, parts: Parts, sockets: list[Path]) -> str:
    account = places.database_account()
    binaries = postgres.find(account, folder)
    cluster = postgres.Cluster(folder / "postgres", account, binaries, postgres.THROW_AWAY)
    sockets.append(cluster.socket)
    cluster.make()
    cluster.wait(parts.start(cluster.part(folder / "postgres.log")))
    # pytest-django makes databases of its own beside this one, which takes a role that may.
    return cluster.url("postgres", "postgres")


def _redis(folder: Path, parts: Parts, sockets: list[Path]) -> str:
    sockets.append(Path(tempfile.mkdtemp(prefix="arxus-")))
    socket = sockets[-1] / "redis"
    url = f"unix://{socket}"
    part = redis_server.part(redis_server.find(folder), folder, socket, folder / "redis.log")
    redis_server.wait(parts.start(part), url)
    return url


def _leave(number: int, _frame: object) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Trouble as trouble:
        sys.exit(str(trouble))
    except OSError as error:
        sys.exit(str(in_one_sentence(error)))
    except KeyboardInterrupt:
        say("")
        sys.exit(130)
