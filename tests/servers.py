"""The servers of a test run: started once, when the first test asks, and shared by all its processes.

Under pytest-xdist the controlling process owns them. Its worker processes ask over a socket, so that a run without any
integration test starts nothing, and no worker's end takes the servers from another.
"""

import contextlib
import secrets
import threading
from dataclasses import dataclass
from multiprocessing.connection import Client, Connection, Listener
from typing import Any

from infra.local import places
from infra.local.postgres import Passwords
from infra.local.processes import ProcessGroup
from infra.local.servers import Servers

TEMPLATE = "advisor_template"


@dataclass(frozen=True)
class Share:
    """What one test process gets: its own database, broker database and blob container, as environment variables."""

    environment: dict[str, str]


class TestServers:
    """The servers of this test run, started on the first :meth:`share`."""

    __test__ = False

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._servers: Servers | None = None
        self._ended = contextlib.ExitStack()
        self._shares = 0

    def share(self) -> Share:
        """Return a share that nobody else has, with a freshly copied, migrated database."""
        with self._lock:
            servers = self._servers or self._start()
            number = self._shares
            self._shares += 1
            database = f"advisor_test_{number}"
            servers.create_database(database, template=TEMPLATE)
            container = f"advisor-reports-{number}"
            servers.create_container(container)
            return Share(servers.environment(database, profile="testing", broker_database=number, container=container))

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
            question = connection.recv()
            try:
                connection.send(self._servers.share() if question == "share" else self._servers.superuser())
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

    def superuser(self) -> tuple[int, str]:
        """Ask the controlling process for port and password of the superuser."""
        port, password = self._ask("superuser")
        return int(port), str(password)

    def _ask(self, question: str) -> Any:
        with Client((self.address["host"], self.address["port"]), authkey=bytes.fromhex(self.address["key"])) as connection:
            connection.send(question)
            answer = connection.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer
