"""PostgreSQL and Redis for one run of the portal or of its tests."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from portal.stack import places, postgres, redis_server
from portal.stack.guards import free_port
from portal.stack.processes import Parts
from portal.stack.site import Site, prepare

DATABASE = "portal"


class Servers:
    """The servers that a run starts for itself, with their data in `folder`; `parts` watches them."""

    def __init__(self, folder: Path, parts: Parts, account: places.Account) -> None:
        self.folder = folder
        self.parts = parts
        self.account = account
        self.logs = folder / "logs"
        self.logs.mkdir(exist_ok=True)
        self._sockets: list[Path] = []

    def postgres(self, options: list[str] | None = None) -> postgres.Cluster:
        """Start PostgreSQL; return it when it answers. Raises Trouble."""
        binaries = postgres.find(self.account, self.folder)
        cluster = postgres.Cluster(self.folder / "postgres", self.account, binaries, self._socket(), options)
        cluster.make()
        cluster.wait(self.parts.start(cluster.part(self.logs / "postgres.log")))
        return cluster

    def redis(self) -> str:
        """Start Redis; return its address when it answers. Raises Trouble."""
        folder = self.folder / "redis"
        folder.mkdir(mode=0o700, exist_ok=True)
        socket = self._socket(ours=True) / "redis"
        part = redis_server.part(redis_server.find(self.folder), folder, socket, self.logs / "redis.log")
        redis_server.wait(self.parts.start(part), f"unix://{socket}")
        return f"unix://{socket}"

    def _socket(self, *, ours: bool = False) -> Path:
        self._sockets.append(places.short_folder(None if ours else self.account))
        return self._sockets[-1]

    def forget_sockets(self) -> None:
        while self._sockets:
            places.remove(self._sockets.pop())


@contextlib.contextmanager
def running_site() -> Iterator[Site]:
    """A whole portal on free ports, with servers and demo data of its own; all of it is gone afterwards."""
    with thrown_away() as servers:
        cluster = servers.postgres(postgres.THROW_AWAY)
        cluster.make_roles(DATABASE)
        site = Site.make(
            servers.folder,
            database_url=cluster.url("web", DATABASE),
            owner_database=cluster.url("owner", DATABASE),
            redis_url=servers.redis(),
            ports=(free_port(), free_port(), free_port()),
        )
        prepare(site)
        site.start(servers.parts)
        yield site


@contextlib.contextmanager
def thrown_away() -> Iterator[Servers]:
    """Servers in a folder of the system's temporary one; all of it is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="arxus-test-"))
    # The database's user has to get through to its own folder in it.
    folder.chmod(0o711)
    servers = Servers(folder, Parts(), places.database_account())
    try:
        yield servers
    finally:
        servers.parts.stop()
        servers.forget_sockets()
        places.remove(folder)
