"""Processes of our own that do one thing beside their parent: they know none of its settings and never outlive it.

Each is run as a file, not as a module, so that it starts without importing what its parent did. It is told the id of its
parent and calls :func:`end_with` before all else.
"""

import ctypes
import os
import selectors
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

_NEEDS = ("PATH", "HOME", "LANG", "LC_", "TMPDIR", "TEMP", "SYSTEMROOT", "LD_", "PYTHON", "COVERAGE_")
_POLL_S = 0.2


class ChildProcess:
    """A child that runs, or has ended."""

    def __init__(self, process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
        self._process = process
        self._log = log

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    @property
    def input(self) -> IO[bytes]:
        """What the child reads, where no file was given to it."""
        assert self._process.stdin is not None  # noqa: S101  (a pipe was asked for)
        return self._process.stdin

    def output(self, check: Callable[[], None]) -> Iterator[bytes]:
        """Yield what the child writes until it ends its output; ``check`` is called five times a second and may raise."""
        assert self._process.stdout is not None  # noqa: S101  (a pipe was asked for)
        with selectors.PollSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while True:
                if selector.select(_POLL_S):
                    piece = os.read(self._process.stdout.fileno(), 65_536)
                    if not piece:
                        return
                    yield piece
                check()

    def wait(self) -> int:
        """Wait for the end and return the exit status, below zero for a signal."""
        return self._process.wait()

    def last_words(self) -> str:
        """Wait for the end and return the last line of standard error, or how the process ended where there is none."""
        status = self.wait()
        self._log.seek(0)
        last_line = self._log.read().decode(errors="replace").strip().rpartition("\n")[2]
        return last_line or f"its process ended with status {status}"


@contextmanager
def child_process(file: Path, *, stdin: IO[bytes] | int = subprocess.PIPE) -> Iterator[ChildProcess]:
    """Run ``file`` as a child; it is gone when the block ends, however that ends."""
    with tempfile.TemporaryFile() as log:
        process = None
        try:
            with _interrupts_held():
                # A session of its own makes the child the leader of a process group: nothing of it outlives the kill.
                process = subprocess.Popen(  # noqa: S603  (our own file, no shell)
                    [sys.executable, "-I", str(file), str(os.getpid())],
                    stdin=stdin,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    start_new_session=True,
                    env=_environment(),
                )
            yield ChildProcess(process, log)
        finally:
            if process is not None:
                _end(process)


def end_with(parent: int) -> None:
    """Have the kernel kill this process when its parent ends, however that ends (Linux: prctl(2), PR_SET_PDEATHSIG)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("the process that wanted this one is gone")


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Let Ctrl-C and termination wait until the child has a name: one in between would lose it alive."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _environment() -> dict[str, str]:
    """Return what a process needs to run at all; the settings of this one, secrets among them, stay here."""
    return {name: value for name, value in os.environ.items() if name.startswith(_NEEDS)}


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
    if process.stdin is not None:
        # What was still to be said, nobody is there to hear.
        with suppress(BrokenPipeError):
            process.stdin.close()
