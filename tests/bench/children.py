"""Work measured in a process of its own: cold, and with a peak of memory that is nobody else's."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from infra.local import places


def run_child(module: str, *arguments: str, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Run ``python -m module`` and return the JSON object that it printed last; raises when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        capture_output=True,
        text=True,
        cwd=places.REPOSITORY,
        env={**os.environ, **(environment or {})},
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{module} {' '.join(arguments)} failed:\n{done.stderr[-3000:]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer
