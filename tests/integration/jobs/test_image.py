"""What the worker image does, without an image: its command, its variables, its health check, and the order to end."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from infra.local import ports
from tests.integration.jobs.waiting import until
from tests.integration.jobs.workers import code_at_end
from tests.unit.infra.templates import ROOT, image_environment, image_health_check


@pytest.mark.usefixtures("measured_processes")
@pytest.mark.parametrize("role", ["reports", "interactive"])
def test_a_worker_is_well_and_ends_cleanly_when_every_process_is_told_to(environment: dict[str, str], role: str) -> None:
    port = ports.choose()
    # Fonts lie elsewhere here, and so does Python.
    given = {name: value for name, value in image_environment().items() if name not in {"PATH", "FONTS_DIR"}}
    variables = environment | given | {"WORKER_METRICS_PORT": str(port), "WORKER_SOFT_SHUTDOWN_S": "1"}
    with tempfile.TemporaryFile() as log:
        worker = subprocess.Popen(
            [sys.executable, "-m", "worker", "serve", role, "--concurrency", "2"],
            cwd=ROOT,
            env=variables,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )

        def said() -> bytes:
            return os.pread(log.fileno(), 1 << 20, 0)

        try:
            until(lambda: b" ready." in said() or worker.poll() is not None, "a worker to be ready")
            assert worker.poll() is None, said()
            until(lambda: is_well(variables), "the health check to pass")
            processes = [psutil.Process(worker.pid), *psutil.Process(worker.pid).children(recursive=True)]
            assert len(processes) > 1 or role == "interactive"
            # As Container Apps do.
            for process in processes:
                process.send_signal(signal.SIGTERM)
            assert code_at_end(worker, said) == 0, said()
            assert b"WorkerLostError" not in said()
        finally:
            if worker.poll() is None:
                os.killpg(worker.pid, signal.SIGKILL)
                worker.wait()


def is_well(variables: dict[str, str]) -> bool:
    _python, *arguments = image_health_check()
    done = subprocess.run([sys.executable, *arguments], env=variables, cwd=Path("/"), capture_output=True, check=False)
    return done.returncode == 0
