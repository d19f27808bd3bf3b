"""bin/test: a PostgreSQL and a Redis that are thrown away afterwards, a Chromium, and pytest (or another command)."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from portal.stack import chromium, environment, postgres
from portal.stack.console import Trouble, complain, in_one_sentence, say
from portal.stack.servers import thrown_away

SITE_URL = "http://localhost:8000"
# Nobody listens there: tests that send mail start a sink of their own.
NO_SMTP = 9


def main(arguments: list[str]) -> int:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    with addresses() as (database_url, redis_url):
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
    return [f"-n{min(os.cpu_count() or 1, 8)}", "--dist=loadfile", *arguments]


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
def addresses() -> Iterator[tuple[str, str]]:
    """Yield the addresses of PostgreSQL and Redis: those of the environment, else of servers of our own."""
    with thrown_away() as servers:
        database_url = os.environ.get("DATABASE_URL")
        if not database_url:
            # pytest-django makes databases of its own, which takes a role that may.
            database_url = servers.postgres(postgres.THROW_AWAY).url("postgres", "postgres")
        yield database_url, os.environ.get("REDIS_URL") or servers.redis()


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
