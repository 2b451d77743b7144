"""Processes of the product as an operator starts them; what they print is kept in files."""

import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import httpx

from infra.local import ports
from tests.integration.jobs.waiting import PATIENCE_S, until

REPOSITORY = Path(__file__).parents[3]


def run(arguments: list[str], environment: Mapping[str, str], output: Path, *, timeout_s: float = PATIENCE_S) -> int:
    """Run ``python ARGUMENTS`` to its end and return its exit code; its output is added to ``output``."""
    with output.open("ab") as kept:
        return subprocess.run(
            [sys.executable, *arguments],
            env=dict(environment),
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=kept,
            stderr=kept,
            timeout=timeout_s,
            check=False,
        ).returncode


class Front:
    """The HTTP front under uvicorn."""

    def __init__(self, environment: Mapping[str, str], output: Path) -> None:
        self._port = ports.choose()
        self._output = output.open("ab")
        command = [sys.executable, "-m", "uvicorn", "function_app.asgi:application", "--host", ports.HOST]
        self.process = subprocess.Popen(
            [*command, "--port", str(self._port), "--no-use-colors"],
            env=dict(environment),
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._output,
        )

    def __enter__(self) -> Self:
        try:
            until(lambda: ports.answers(self._port) or self.process.poll() is not None, "the front to listen")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            # As a platform does: what waits to be exported is sent at the end.
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._output.close()

    def client(self, key: str | None = None) -> httpx.Client:
        """Return a client that sends ``key``, or none."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.Client(base_url=f"http://{ports.HOST}:{self._port}", headers=headers, timeout=PATIENCE_S)


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return ``environment`` without what would let a process of the product measure or log differently."""
    return {name: value for name, value in environment.items() if not name.startswith(("OTEL_", "APPLICATIONINSIGHTS_"))} | {
        "PYTHONUNBUFFERED": "1",
    }
