"""The HTTP application in a process of its own."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Self

import httpx

from infra.local import ports
from tests.integration.jobs.waiting import PATIENCE_S, until

_REPOSITORY = Path(__file__).parents[3]


class HttpApp:
    """uvicorn with the application; what it prints is kept in a file."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the process)
        self.port = ports.choose()
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "uvicorn", "function_app.asgi:application"),
                *("--host", ports.HOST, "--port", str(self.port), "--log-level", "warning"),
            ],
            env=dict(environment),
            cwd=_REPOSITORY,
            stdout=self._log,
            stderr=self._log,
        )

    def __enter__(self) -> Self:
        until(lambda: self._ended() or ports.answers(self.port), "the HTTP application to listen")
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE_S)
        self._log.close()

    def caller(self, key: str) -> httpx.Client:
        """Return a client that sends ``key``; threads may share it."""
        headers = {"Authorization": f"Bearer {key}"}
        return httpx.Client(base_url=f"http://{ports.HOST}:{self.port}", headers=headers, timeout=PATIENCE_S)

    def log(self) -> str:
        """Return everything printed so far."""
        return os.pread(self._log.fileno(), os.fstat(self._log.fileno()).st_size, 0).decode()

    def _ended(self) -> bool:
        code = self.process.poll()
        assert code is None, f"the HTTP application ended with code {code}:\n{self.log()}"
        return False
