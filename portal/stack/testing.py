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
# Each has a few connections to the one PostgreSQL, which takes 60.
MOST_WORKERS = 8
# How options of pytest begin that choose a few tests, want the terminal, or say themselves how many processes.
ONE_PROCESS = (
    *("-k", "--lf", "--last-failed", "--sw", "--stepwise"),
    *("-s", "--capture=no", "--pdb", "--trace"),
    *("-n", "--numprocesses", "--tx", "-pno:xdist", "no:xdist"),
)


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


def in_parallel(arguments: list[str], processors: int = 0) -> list[str]:
    """Spread the suite, or a folder of it, over the processors.

    What is chosen more narrowly runs at once, in one process: a second one, with a database of its own, would not pay.
    """
    workers = min(processors or _processors(), MOST_WORKERS)
    chosen = any(Path(argument.split("::")[0]).is_file() for argument in arguments)
    if workers == 1 or chosen or any(argument.startswith(ONE_PROCESS) for argument in arguments):
        return arguments
    return [f"-n{workers}", "--dist=loadfile", *arguments]


def _processors() -> int:
    """How many this process may use, which in a container can be fewer than there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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
