"""Real worker processes, started, watched and killed."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Self

import psutil

from tests.integration.jobs.waiting import PATIENCE_S, until

_REPOSITORY = Path(__file__).parents[3]
ALL_QUEUES = ("priority", "health_checks", "default", "reports")

QUICK = {
    "JOB_LEASE_S": "2",
    "JOB_REPUBLISH_AFTER_S": "2",
    "SWEEP_INTERVAL_S": "0.3",
    "WORKER_SOFT_SHUTDOWN_S": "1",
}
"""Settings under which a lost job is found in seconds instead of a minute."""


def code_at_end(worker: subprocess.Popen[bytes], log: Callable[[], bytes]) -> int:
    """Return the exit code of a worker told to end; where it hangs, fail with the stacks of its threads and its ``log``."""
    try:
        return worker.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        before = log()
        # Celery's own: prints the stack of every thread of the main process.
        worker.send_signal(signal.SIGUSR1)
        with contextlib.suppress(AssertionError):
            until(lambda: b"=====" in log()[len(before) :], "stacks", timeout_s=5)
        left = [f"{child.pid} {child.status()}" for child in _below(worker.pid)]
        raise AssertionError(f"the worker does not end; below it: {left}\n{log().decode(errors='replace')}") from None


class Worker:
    """One worker of Celery with its children; what it prints is kept in a file."""

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        queues: tuple[str, ...] = ALL_QUEUES,
        pool: str = "prefork",
        concurrency: int = 2,
        include: tuple[str, ...] = (),
    ) -> None:
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the worker)
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "celery", "-A", "worker.celery_app", "worker", "-n", "tested@%h"),
                *("-Q", ",".join(queues), "--pool", pool, "--concurrency", str(concurrency)),
                *(("--include", ",".join(include)) if include else ()),
                *("--without-gossip", "--without-mingle", "--without-heartbeat"),
            ],
            env={**environment, **QUICK, "REMAP_SIGTERM": "SIGQUIT"},
            cwd=_REPOSITORY,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._log.close()

    def wait_ready(self) -> Self:
        """Wait until the worker takes messages."""
        until(lambda: self._ended() or b" ready." in self.log(), "a worker to be ready")
        return self

    def children(self) -> list[psutil.Process]:
        """Return all processes below the main one."""
        return _below(self.process.pid)

    def kill(self) -> None:
        """Kill the worker and its children as a power cut would."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def end(self) -> int:
        """Ask every process of the worker to end, as Container Apps does, and return the exit code."""
        os.killpg(self.process.pid, signal.SIGTERM)
        return code_at_end(self.process, self.log)

    def log(self) -> bytes:
        """Return everything printed so far."""
        return os.pread(self._log.fileno(), os.fstat(self._log.fileno()).st_size, 0)

    def _ended(self) -> bool:
        code = self.process.poll()
        assert code is None, f"the worker ended with code {code}:\n{self.log().decode()}"
        return False


def _below(pid: int) -> list[psutil.Process]:
    try:
        found: list[psutil.Process] = psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    return found
