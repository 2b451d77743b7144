"""The servers of a test run: started once, when the first test asks, and shared by all its processes.

Under pytest-xdist the controlling process owns them. Its worker processes ask over a socket, so that a run without any
integration test starts nothing, and no worker's end takes the servers from another.
"""

import os
import secrets
import shutil
import tempfile
import threading
from dataclasses import dataclass
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any

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
        self._folder: Path | None = None
        self._shares = 0
        self.lines: list[str] = []

    def share(self) -> Share:
        """Return a share that nobody else has, with a freshly copied, migrated database."""
        with self._lock:
            servers = self._servers or self._start()
            number = self._shares
            self._shares += 1
            database = f"advisor_test_{number}"
            servers.create_database(database, template=TEMPLATE)
            return Share(
                servers.environment(
                    database, profile="testing", broker_database=number, container=f"advisor-reports-{number}"
                )
            )

    def superuser(self) -> tuple[int, str]:
        """Return port and password of the database's superuser."""
        with self._lock:
            servers = self._servers or self._start()
            return servers.postgres.port, servers.postgres.passwords.superuser

    def stop(self) -> None:
        """Stop what was started and remove its files."""
        with self._lock:
            if self._servers is not None:
                self._servers.stop()
                self._servers = None
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)
                self._folder = None

    def _start(self) -> Servers:
        # Named by this process, so that a run finds the folders of runs that were killed and clears them away.
        parent = Path(tempfile.gettempdir())
        _remove_folders_of_dead_runs(parent)
        self._folder = Path(tempfile.mkdtemp(prefix=f"advisor-tests-{os.getpid()}-", dir=parent))
        # PostgreSQL runs as somebody else when the tests run as root.
        self._folder.chmod(0o711)
        group = ProcessGroup(lambda name, line: self.lines.append(f"{name}: {line}"))
        self._servers = Servers(
            group, self._folder, postgres_folder=self._folder / "postgres", passwords=Passwords(), durable=False
        )
        self._servers.start()
        self._servers.create_database(TEMPLATE)
        return self._servers


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


def _remove_folders_of_dead_runs(parent: Path) -> None:
    for folder in parent.glob("advisor-tests-*"):
        pid = folder.name.split("-")[2]
        if pid.isdigit() and not _alive(int(pid)) and folder.stat().st_uid == os.geteuid():
            shutil.rmtree(folder, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
