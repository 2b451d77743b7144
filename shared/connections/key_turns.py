"""Turns at opening private keys: few at once, one of a tenant's, and nobody waits for long.

Each may keep a processor busy for seconds and a thread of the server meanwhile, at the will of whoever sent the file. So
those who wait are few as well: whoever sends bad keys takes neither the turns nor the threads that others need.
"""

import threading
from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from shared.errors import AdvisorReportsError

AT_ONCE = 2
_IN_LINE = 6
_IN_LINE_OF_A_HOLDER = 3
# An ordinary key takes a fraction of a second, so a place in line is worth something.
PATIENCE_S = 5.0


class KeysBusyError(AdvisorReportsError):
    """This server has other keys to open."""

    code = "keys_busy"
    retryable = True

    def __init__(self) -> None:
        super().__init__(
            "This server is too busy to open the private key now.",
            next_step="Nothing was changed: send the same request again in a moment, and keys one after another.",
        )


class KeyTurns:
    """Who opens a key at this moment, and who waits to; of one process."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._holders: set[Hashable] = set()
        self._in_line: Counter[Hashable] = Counter()

    @property
    def in_line(self) -> int:
        """How many wait."""
        return self._in_line.total()

    @contextmanager
    def held(self, holder: Hashable) -> Iterator[None]:
        """Hold a turn for the length of the ``with`` block; raises :class:`KeysBusyError` where none comes soon."""
        with self._changed:
            self._take(holder)
        try:
            yield
        finally:
            with self._changed:
                self._holders.remove(holder)
                self._changed.notify_all()

    def _take(self, holder: Hashable) -> None:
        if not self._is_free(holder):
            if self.in_line >= _IN_LINE or self._in_line[holder] >= _IN_LINE_OF_A_HOLDER:
                raise KeysBusyError
            self._in_line[holder] += 1
            try:
                if not self._changed.wait_for(lambda: self._is_free(holder), PATIENCE_S):
                    raise KeysBusyError
            finally:
                self._in_line[holder] -= 1
                if not self._in_line[holder]:
                    del self._in_line[holder]
        self._holders.add(holder)

    def _is_free(self, holder: Hashable) -> bool:
        return len(self._holders) < AT_ONCE and holder not in self._holders
