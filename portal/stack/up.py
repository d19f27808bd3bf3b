"""bin/up: the whole portal on this machine, with demo data and a mailbox; Ctrl-C ends it."""

import os
import shutil
import signal
import sys
from pathlib import Path
from types import FrameType

from portal.stack import guards, places
from portal.stack.console import Trouble, in_one_sentence, say
from portal.stack.guards import Options
from portal.stack.install import ROOT
from portal.stack.processes import Parts
from portal.stack.servers import DATABASE, Servers
from portal.stack.site import Site, prepare

NEEDS_MB = 200


def main(arguments: list[str]) -> int:
    options = guards.read_options(arguments)
    lock = guards.alone(ROOT / ".data", options.site_url)
    guards.check_ports(options)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    account = places.database_account()
    folder = places.data_folder(ROOT, account)
    if options.fresh:
        _empty(folder)
    _check_room(folder)
    with lock:
        _run(options, Servers(folder, Parts(), account))
    return 0


def _run(options: Options, servers: Servers) -> None:
    parts = servers.parts
    try:
        site = _site(options, servers)
        prepare(site)
        if options.requests:
            say(f"Filing the demo's requests up to {options.requests}, some ten a second …")
            site.manage("seed_demo", "--requests", str(options.requests))
        say("Starting web, worker, beat and mailbox …")
        site.start(parts)
        _welcome(options, servers.folder)
        parts.watch()
    except (KeyboardInterrupt, SystemExit):
        say("\nEnding what was started …")
    finally:
        _ignore_signals()
        parts.stop()
        servers.forget_sockets()
    say("All of it has ended.")


def _site(options: Options, servers: Servers) -> Site:
    """Start the servers that the environment does not name, and describe the portal that uses them."""
    web_database = os.environ.get("DATABASE_URL") or ""
    owner_database = os.environ.get("DATABASE_OWNER_URL") or web_database
    if not web_database:
        say("Starting PostgreSQL …")
        cluster = servers.postgres()
        cluster.make_roles(DATABASE)
        web_database, owner_database = cluster.url("web", DATABASE), cluster.url("owner", DATABASE)
    redis_url = os.environ.get("REDIS_URL")
    if not redis_url:
        say("Starting Redis …")
        redis_url = servers.redis()
    return Site.make(
        servers.folder,
        database_url=web_database,
        owner_database=owner_database,
        redis_url=redis_url,
        ports=(options.port, options.mailbox_port, options.smtp_port or guards.free_port()),
    )


def _empty(folder: Path) -> None:
    """Throw our data away; what another program keeps for us is not ours to empty."""
    if os.environ.get("DATABASE_URL"):
        raise Trouble("--fresh does not empty the database that DATABASE_URL names: do that yourself, or unset it.")
    say(f"Throwing away the data in {folder} …")
    for path in folder.iterdir():
        if path.name == "up.lock":
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _check_room(folder: Path) -> None:
    free = shutil.disk_usage(folder).free // 1_000_000
    if free < NEEDS_MB:
        raise Trouble(
            f"Only {free} MB are free on the disk of {folder}: make room for {NEEDS_MB} MB, then start again."
        )


def _welcome(options: Options, folder: Path) -> None:
    from tenants.demo import LOGINS, PASSWORD, SIGHTS

    say("")
    say(f"The portal   {options.site_url}")
    say(f"Its mails    {options.mailbox_url}")
    say("")
    say(f'Log in with the password "{PASSWORD}" as')
    width = max(len(login.email) for login in LOGINS)
    for login in LOGINS:
        say(f"  {login.email:<{width}}  {login.who}")
    say("")
    say("To see, log in as, and open (while working for one's own company)")
    width = max(len(sight.see) for sight in SIGHTS)
    for sight in SIGHTS:
        say(f"  {sight.see:<{width}}  {sight.first_name:<7}  {sight.path}")
    say("")
    say(f"Data and logs are in {folder}. Ctrl-C ends it.")


def _leave(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _ignore_signals() -> None:
    """From here on everything ends; a second Ctrl-C must not leave half of it running."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Trouble as trouble:
        sys.exit(str(trouble))
    except OSError as error:
        sys.exit(str(in_one_sentence(error)))
    except KeyboardInterrupt:
        sys.exit(130)
