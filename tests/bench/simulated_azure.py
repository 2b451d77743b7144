"""A simulated Azure in a process of its own, so that its memory and its share of a core are not the product's."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class SimulatedAzure:
    """A running one; ``environment`` is how the product finds it."""

    environment: dict[str, str]
    _process: "subprocess.Popen[str]"

    def figures(self, *, quota_next: bool) -> dict[str, Any]:
        """Return what was asked since the last time, and from now on keep the quota or not."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("quota\n" if quota_next else "free\n")
        self._process.stdin.flush()
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found


@contextmanager
def simulated_azure(
    folder: Path, *, subscriptions: int, recommendations: int, latency_ms: float
) -> Iterator[SimulatedAzure]:
    """Start one, wait until it answers, and stop it at the end."""
    command = [
        *(sys.executable, "-m", "tests.simulators.azure_management", "--ca-file", str(folder / "azure.pem")),
        *("--subscriptions", str(subscriptions), "--recommendations", str(recommendations)),
        *("--latency-ms", str(latency_ms)),
    ]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield SimulatedAzure(json.loads(process.stdout.readline()), process)
    finally:
        process.stdin.close()
        process.wait(30)
