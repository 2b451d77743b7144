"""One stack at a time on the data of this repository."""

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from shared.errors import AdvisorReportsError


class AlreadyRunningError(AdvisorReportsError):
    """Another process runs the stack on the same data."""

    code = "local_stack_running"


@dataclass
class StackLock:
    """A lock that the system itself releases when its holder ends, however it ends: no stale file can block a start."""

    path: Path
    _file: IO[str] | None = None

    def acquire(self) -> None:
        """Take the lock; raise :class:`AlreadyRunningError` with the holder's process id and address."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = self.path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = _facts(file.read())
            file.close()
            where = f", its API at {holder['api']}" if holder.get("api") else ""
            raise AlreadyRunningError(
                f"The stack is running already: process {holder.get('pid', 'unknown')}{where}.",
                next_step="Use it, or end it with Ctrl-C in its terminal and start again.",
            ) from None
        self._file = file
        self.note()

    def note(self, **facts: str) -> None:
        """Write down what the next one who wants the lock should be told."""
        if self._file is not None:
            self._file.seek(0)
            self._file.truncate()
            json.dump({"pid": os.getpid(), **facts}, self._file)
            self._file.flush()

    def release(self) -> None:
        """Give the lock back."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _facts(text: str) -> dict[str, object]:
    try:
        facts = json.loads(text)
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}
