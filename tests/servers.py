"""The servers of a test run: started once, when the first test asks, and shared by all its processes.

Under pytest-xdist the controlling process owns them. Its worker processes ask over a socket, so that a run without any
integration test starts nothing, and no worker's end takes the servers from another.
"""

import contextlib
import itertools
import secrets
import threading
from dataclasses import dataclass
from multiprocessing.connection import Client, Connection, Listener
from typing import Any

import redis

from infra.local import places
from infra.local.postgres import Passwords
from infra.local.processes import ProcessGroup
from infra.local.servers import Servers

TEMPLATE = "advisor_template"


@dataclass(frozen=True)
class Share:
    """A database, a broker database and a blob container that nobody else has, as environment variables."""

    number: int
    database: str
    environment: dict[str, str]


class TestServers:
    """The servers of this test run, started on the first :meth:`share`."""

    __test__ = False

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._servers: Servers | None = None
        self._ended = contextlib.ExitStack()
        self._shared = 0
        self._taken: set[int] = set()

    def share(self) -> Share:
        """Return a share that nobody else has, with a freshly copied, migrated database."""
        with self._lock:
            servers = self._servers or self._start()
            # A broker has few databases, so those given back are used again; nothing else is.
            number = next(number for number in itertools.count() if number not in self._taken)
            self._taken.add(number)
            self._shared += 1
            database = f"advisor_test_{self._shared}"
            servers.postgres.create_database(database, template=TEMPLATE)
            container = f"advisor-reports-{self._shared}"
            servers.create_container(container)
            environment = servers.environment(database, profile="testing", broker_database=number, container=container)
            return Share(number, database, environment)

    def give_back(self, share: Share) -> None:
        """Remove the share's database and messages, whoever may still be connected."""
        with self._lock:
            if self._servers is None:
                return
            self._servers.postgres.drop_database(share.database)
            with redis.Redis.from_url(share.environment["BROKER_URL"]) as broker:
                broker.flushdb()
            self._taken.discard(share.number)

    def superuser(self) -> tuple[int, str]:
        """Return port and password of the database's superuser."""
        with self._lock:
            servers = self._servers or self._start()
            return servers.postgres.port, servers.postgres.passwords.superuser

    def stop(self) -> None:
        """Stop what was started and remove its files."""
        with self._lock:
            self._ended.close()
            self._servers = None

    def _start(self) -> Servers:
        folder = self._ended.enter_context(places.scratch_folder("tests"))
        postgres_folder = folder / "postgres"
        servers = Servers(ProcessGroup(), folder, postgres_folder=postgres_folder, passwords=Passwords(), durable=False)
        self._ended.callback(servers.stop)
        servers.start()
        servers.create_database(TEMPLATE)
        self._servers = servers
        return servers


class Counter:
    """Hands out shares to the worker processes of a parallel run."""

    def __init__(self, servers: TestServers) -> None:
        self._servers = servers
        self._key = secrets.token_bytes(32)
        self._listener = Listener(("127.0.0.1", 0), authkey=self._key)
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def address(self) -> dict[str, Any]:
        """Return what a worker process needs to ask; travels as xdist's ``workerinput``."""
        host, port = self._listener.address
        return {"host": host, "port": port, "key": self._key.hex()}

    def close(self) -> None:
        """Serve nobody any more."""
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: "Connection[Any, Any]") -> None:
        with connection:
            question, *about = connection.recv()
            try:
                connection.send(getattr(self._servers, question)(*about))
            except Exception as error:  # noqa: BLE001  (the worker's test shows it)
                connection.send(RuntimeError(f"The servers of the test run did not start: {error}"))


@dataclass
class AskingServers:
    """The same, as a worker process of a parallel run sees it."""

    address: dict[str, Any]

    def share(self) -> Share:
        """Ask the controlling process for a share."""
        answer = self._ask("share")
        assert isinstance(answer, Share)
        return answer

    def give_back(self, share: Share) -> None:
        """Tell the controlling process that a share is no longer needed."""
        self._ask("give_back", share)

    def superuser(self) -> tuple[int, str]:
        """Ask the controlling process for port and password of the superuser."""
        port, password = self._ask("superuser")
        return int(port), str(password)

    def _ask(self, question: str, *about: object) -> Any:
        with Client((self.address["host"], self.address["port"]), authkey=bytes.fromhex(self.address["key"])) as connection:
            connection.send((question, *about))
            answer = connection.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer
