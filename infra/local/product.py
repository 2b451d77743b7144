"""The product's own processes: the HTTP front under uvicorn and the two worker roles."""

import functools
import os
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from infra.local import places, ports
from infra.local.log import InterleavedLog
from infra.local.processes import START_TIMEOUT_S, Child, ProcessGroup, ServerFailedError

APPS_WAVE = 1
"""The product's processes stop before the servers that they need (see :meth:`ProcessGroup.stop`)."""

# A process that keeps dying is shown, not hidden behind restarts.
_RESTARTS = 3
# Lines at once; and a worker that is told to end gives its jobs back after a short while, as in Container Apps.
_OF_EVERY_PROCESS = {"PYTHONUNBUFFERED": "1", "REMAP_SIGTERM": "SIGQUIT"}
_INTERACTIVE_QUEUES = "priority,health_checks,azure_api,default"


@dataclass
class Program:
    """How one process of the product is started, and how to tell that it is ready."""

    name: str
    command: list[str]
    is_ready: Callable[[Child], bool]
    grace_s: float = 10.0


def front(port: int) -> Program:
    """Return the HTTP front on ``port``."""
    command = [sys.executable, "-m", "uvicorn", "function_app.asgi:application", "--host", ports.HOST, "--port", str(port)]
    return Program("api", [*command, "--no-use-colors"], lambda _child: _is_live(port))


def interactive_worker() -> Program:
    """Return the worker that reads exports and does the short, I/O-bound jobs."""
    return _worker("interactive", _INTERACTIVE_QUEUES, pool="threads", concurrency=8)


def reports_worker() -> Program:
    """Return the worker that makes report files, which is CPU-bound."""
    return _worker("reports", "reports", pool="prefork", concurrency=2)


class Product:
    """The running front and workers; one that dies is started again a few times."""

    def __init__(self, group: ProcessGroup, environment: Mapping[str, str], log: InterleavedLog) -> None:
        self._group = group
        self._environment = {**os.environ, **environment, **_OF_EVERY_PROCESS}
        self._log = log
        self._running: dict[str, tuple[Program, Child]] = {}
        self._restarts: dict[str, int] = {}

    def start(self, programs: list[Program]) -> None:
        """Start all ``programs`` at once and return when each is ready."""
        self._group.together(*(functools.partial(self._start, program) for program in programs))

    def watch(self, stop: threading.Event, servers: list[Child]) -> None:
        """Return when ``stop`` is set; start dead processes again until then.

        Raises :class:`ServerFailedError` when a server has died, or a process of the product too often.
        """
        while not stop.wait(0.25):
            for server in servers:
                if not server.alive:
                    raise ServerFailedError(f"{server.name} ended on its own with code {server.popen.returncode}.")
            for program, child in list(self._running.values()):
                if not child.alive:
                    self._revive(program, child)

    def _revive(self, program: Program, child: Child) -> None:
        self._group.forget(child)
        count = self._restarts.get(program.name, 0) + 1
        self._restarts[program.name] = count
        how = f"{program.name} ended on its own with code {child.popen.returncode}"
        if count > _RESTARTS:
            raise ServerFailedError(f"{how}, after {_RESTARTS} restarts.", next_step="The log above says why.")
        self._log.say(f"{how}; starting it again ({count} of {_RESTARTS})")
        try:
            self._start(program)
        except ServerFailedError as error:
            # If it died while starting, the next look counts that as well.
            self._log.say(error.message)

    def _start(self, program: Program) -> None:
        child = self._group.spawn(
            program.name,
            program.command,
            environment=self._environment,
            folder=places.REPOSITORY,
            grace_s=program.grace_s,
            wave=APPS_WAVE,
        )
        self._running[program.name] = (program, child)
        child.wait_until(lambda: program.is_ready(child), timeout_s=START_TIMEOUT_S)


def _worker(role: str, queues: str, *, pool: str, concurrency: int) -> Program:
    command = [
        sys.executable,
        "-m",
        "celery",
        "--quiet",
        "-A",
        "worker.celery_app",
        "worker",
        "-n",
        f"{role}@%h",
        "-Q",
        queues,
    ]
    command += ["--pool", pool, "--concurrency", str(concurrency), "--loglevel", "INFO"]
    # No gossip or mingling: there is nobody to meet, and both cost time at start.
    command += ["--without-gossip", "--without-mingle"]
    return Program(
        role,
        command,
        lambda child: any(f"{role}@" in line and " ready." in line for line in list(child.lines)),
    )


def _is_live(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{ports.HOST}:{port}/health/live", timeout=2) as answer:
            return int(answer.status) == 200
    except (urllib.error.URLError, OSError):
        return False
