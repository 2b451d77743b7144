"""Processes of our own that do one thing beside their parent: they know none of its settings and never outlive it.

Each is run as a file, not as a module, so that it starts without importing what its parent did. It is told the id of its
parent and calls :func:`end_with` before all else.
"""

import ctypes
import logging
import os
import re
import resource
import select
import selectors
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

_log = logging.getLogger(__name__)

_NEEDS = frozenset({"PATH", "HOME", "LANG", "TMPDIR", "TEMP", "SYSTEMROOT", "LD_LIBRARY_PATH", "LD_PRELOAD"})
_NEEDS_WITH = ("LC_", "PYTHON", "COVERAGE_")
_POLL_S = 0.2
# What ends a worker, or stops its job, by an exception wherever its main thread is just then.
_INTERRUPTS = {signal.SIGINT, signal.SIGTERM, signal.SIGUSR1}
_MOST_SAID_BYTES = 4_000
_KIND_OF_ERROR = re.compile(r"[A-Za-z_][\w.]*(?=:|$)")


class ChildProcess:
    """A child that runs, or has ended."""

    def __init__(self, process: subprocess.Popen[bytes], log_file: IO[bytes]) -> None:
        self._process = process
        self._log_file = log_file

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    @property
    def input(self) -> IO[bytes]:
        """What the child reads, where no file was given to it."""
        assert self._process.stdin is not None  # noqa: S101  (a pipe was asked for)
        return self._process.stdin

    def tell(self, message: bytes, check: Callable[[], None]) -> None:
        """Write ``message`` for the child; ``check`` is called five times a second while it does not read, and may raise.

        Raises :class:`BrokenPipeError` where the child has ended.
        """
        pipe, left = self.input.fileno(), memoryview(message)
        os.set_blocking(pipe, False)
        waiting = select.poll()
        waiting.register(pipe, select.POLLOUT)
        while left:
            if waiting.poll(_POLL_S * 1000):
                left = left[os.write(pipe, left[: select.PIPE_BUF]) :]
            else:
                check()

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

    def reason(self) -> str:
        """Wait for the end and return why it came too early: the kind of an error, a signal or a status.

        Nothing of what the child worked on is in it; what it said goes to the log.
        """
        status = self.wait()
        self._log_file.seek(max(0, self._log_file.seek(0, os.SEEK_END) - _MOST_SAID_BYTES))
        said = self._log_file.read().decode(errors="replace").strip()
        _log.warning(
            "a process beside this one ended too early",
            extra={"action": "child_ended", "exit_status": status, "said": said},
        )
        if status < 0:
            return f"its process was ended by signal {-status}"
        kind = _KIND_OF_ERROR.match(said.rpartition("\n")[2])
        return f"{kind[0]} in its process" if kind else f"its process ended with status {status}"


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
    """Have the kernel kill this process when its parent ends, however that ends (Linux: prctl(2), PR_SET_PDEATHSIG).

    No image of its memory, with a customer's data in it, is left behind either.
    """
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _INTERRUPTS)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("the process that wanted this one is gone")


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Let what interrupts this thread wait until the child has a name: in between it would lose it alive."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _INTERRUPTS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _environment() -> dict[str, str]:
    """Return what a process needs to run at all; the settings of this one, secrets among them, stay here."""
    return {name: value for name, value in os.environ.items() if name in _NEEDS or name.startswith(_NEEDS_WITH)}


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
