"""Child processes: started in one group under a watchdog, their lines passed on, stopped in order."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from shared.errors import AdvisorReportsError

LineSink = Callable[[str, str], None]
"""Takes the name of a process and one line that it printed."""

_POLL_S = 0.02
_LINES_KEPT = 40
_LAST_WORDS_S = 5.0


START_TIMEOUT_S = 60.0
"""What a slow machine with other things to do may take to start one process."""


class ServerFailedError(AdvisorReportsError):
    """A process of the local stack could not be started, or ended on its own."""

    code = "local_server_failed"


def ignore_line(_name: str, _line: str) -> None:
    """Drop a line."""


@dataclass(eq=False)
class Child:
    """One running process and the last lines that it printed."""

    name: str
    popen: subprocess.Popen[bytes]
    stop_signal: signal.Signals
    grace_s: float
    wave: int = 0
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=_LINES_KEPT))
    reader: threading.Thread | None = None

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self.popen.poll() is None

    def pump(self, sink: LineSink) -> None:
        """Pass every line on until the process closes its output."""
        stream = self.popen.stdout
        if stream is None:
            return
        with stream:
            for raw in stream:
                line = raw.decode(errors="replace").rstrip()
                self.lines.append(line)
                sink(self.name, line)

    def wait_until(self, ready: Callable[[], bool], *, timeout_s: float) -> None:
        """Return as soon as ``ready`` says so; raise :class:`ServerFailedError` if the process ends or time runs out."""
        deadline = time.monotonic() + timeout_s
        while not ready():
            if not self.alive:
                if self.reader is not None:
                    # Its last words may be on their way still.
                    self.reader.join(_LAST_WORDS_S)
                raise ServerFailedError(self._describe(f"ended with code {self.popen.returncode} while starting"))
            if time.monotonic() > deadline:
                raise ServerFailedError(self._describe(f"was not ready within {timeout_s:g} s"))
            time.sleep(_POLL_S)

    def stop(self) -> None:
        """Ask the process to end and wait; after the grace time kill it and all its descendants."""
        if not self.alive:
            return
        descendants = []
        with contextlib.suppress(psutil.NoSuchProcess):
            descendants = psutil.Process(self.pid).children(recursive=True)
        self.popen.send_signal(self.stop_signal)
        try:
            self.popen.wait(self.grace_s)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
        for process in descendants:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    def _describe(self, what: str) -> str:
        said = "\n".join(f"  {line}" for line in self.lines)
        return f"{self.name} {what}." + (f" It said:\n{said}" if said else "")


class ProcessGroup:
    """All processes of one stack; when this process dies, the watchdog ends them."""

    def __init__(self, sink: LineSink = ignore_line) -> None:
        self._sink = sink
        self._children: list[Child] = []
        self._lock = threading.Lock()
        self._stop_lock = threading.Lock()
        self._stopping = False
        self._watchdog = subprocess.Popen(
            # Isolated and with an empty environment: nothing that measures or patches child processes gets into it.
            [sys.executable, "-I", str(Path(__file__).with_name("watchdog.py")), str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            process_group=0,
        )
        if self._watchdog.stdout is None or self._watchdog.stdout.readline() != b"watching\n":
            raise ServerFailedError("The watchdog of the local stack did not start.")

    def spawn(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        user: str | None = None,
        stdin: bytes = b"",
        stop_signal: signal.Signals = signal.SIGTERM,
        grace_s: float = 8.0,
        wave: int = 0,
    ) -> Child:
        """Start a process in the group.

        ``user`` is whom root becomes for it; ``stdin`` is given to it once, for what must not be seen in its arguments.
        At the end all processes of the highest ``wave`` are stopped first.
        """
        with self._lock:
            if self._stopping:
                raise ServerFailedError(f"{name} was not started because the stack is stopping.")
            popen = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=None if environment is None else dict(environment),
                cwd=folder,
                user=user,
                extra_groups=[] if user else None,
                process_group=self._watchdog.pid,
            )
            child = Child(name, popen, stop_signal, grace_s, wave)
            self._children.append(child)
        child.reader = threading.Thread(target=child.pump, args=(self._sink,), name=f"lines of {name}", daemon=True)
        child.reader.start()
        if popen.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                popen.stdin.write(stdin)
                popen.stdin.close()
        return child

    def together(self, *acts: Callable[[], Any]) -> list[Any]:
        """Do all ``acts`` at once and return their results; the first that fails stops the whole group.

        So does Ctrl-C: nobody then waits for servers that are still coming up.
        """
        pool = ThreadPoolExecutor(len(acts))
        try:
            futures = [pool.submit(act) for act in acts]
            for done in as_completed(futures):
                done.result()
            return [future.result() for future in futures]
        except BaseException:
            self.stop()
            raise
        finally:
            pool.shutdown(wait=True)

    def forget(self, child: Child) -> None:
        """Take an ended process off the list of what is to be stopped."""
        with self._lock:
            self._children.remove(child)

    def stop(self) -> None:
        """Stop everything, wave by wave from the highest; safe to call twice and from several threads."""
        # Whoever comes second waits, instead of killing what the first is ending in order.
        with self._stop_lock:
            with self._lock:
                self._stopping = True
                children = list(self._children)
                self._children.clear()
            for wave in sorted({child.wave for child in children}, reverse=True):
                of_wave = [child for child in children if child.wave == wave]
                with ThreadPoolExecutor(len(of_wave)) as pool:
                    for stopped in [pool.submit(child.stop) for child in of_wave]:
                        stopped.result()
            self._kill_rest()

    def _kill_rest(self) -> None:
        # A grandchild whose parent crashed is still in the group; the watchdog goes with it.
        if self._watchdog.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._watchdog.pid, signal.SIGKILL)
            self._watchdog.wait()
        for stream in (self._watchdog.stdin, self._watchdog.stdout):
            if stream is not None:
                stream.close()
