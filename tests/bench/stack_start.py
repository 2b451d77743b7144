"""From the command to an API that answers: everything installed, data new or kept from before."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from infra.local import places
from tests.bench.measure import Contender, Finding, Options, timed

_READY = re.compile(r"ready after [\d.]+ s")


def measure(options: Options) -> Iterator[Finding]:
    """Yield the seconds of a first start (databases are made) and of a later one."""
    new, kept = Contender("new", lambda: 0.0), Contender("kept", lambda: 0.0)
    for _ in range(options.rounds_or(3)):
        with places.scratch_folder("bench") as folder:
            new.figures.append(_start(folder / "data"))
            kept.figures.append(_start(folder / "data"))
    yield Finding("first start: new data", new.median, "s", 10, at_most=True, note=new.spread)
    yield Finding("later start: data kept", kept.median, "s", 10, at_most=True, note=kept.spread)


def _start(data: Path) -> float:
    """Return the seconds from running the command to its saying that all is up; end it again."""
    with timed() as watch:
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.local", "start", "--data", str(data)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=places.REPOSITORY,
        )
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if _READY.search(line):
                break
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=60)
    if process.returncode or not said or not _READY.search(said[-1]):
        raise RuntimeError(f"the stack did not start and end well:\n{''.join(said[-40:])}{rest[-2000:]}")
    return watch.seconds
