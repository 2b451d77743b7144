"""One log of many processes: every line with the name of who said it."""

import sys
import threading
from typing import TextIO

_NAME_WIDTH = 11
_COLOURS = (36, 32, 33, 35, 34, 96, 92, 93)


class InterleavedLog:
    """Writes whole lines, one at a time, each behind the name of its process."""

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False) -> None:
        self._stream = stream or sys.stdout
        self._quiet = quiet
        self._colours: dict[str, int] = {}
        self._lock = threading.Lock()

    def line(self, name: str, text: str) -> None:
        """Write one line of the process ``name``; nothing when the log is quiet."""
        if not self._quiet:
            self.say(text, name)

    def say(self, text: str, name: str = "stack") -> None:
        """Write ``text`` even when the log is quiet."""
        with self._lock:
            self._stream.write(f"{self._prefix(name)} {text}\n")
            self._stream.flush()

    def _prefix(self, name: str) -> str:
        label = f"{name:<{_NAME_WIDTH}}|"
        if not self._stream.isatty():
            return label
        colour = self._colours.setdefault(name, _COLOURS[len(self._colours) % len(_COLOURS)])
        return f"\x1b[{colour}m{label}\x1b[0m"
