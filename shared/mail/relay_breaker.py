"""The breaker of this process's relay: one that fails several times in a row is left alone for a while.

Each attempt at a relay that hangs costs a thread as long as the relay may take: a thousand mails that wait would keep all
other work waiting as well. What is sent meanwhile is put off without an attempt, and one mail then tries for all.
"""

import random
import threading
import time
from collections.abc import Callable

OPENS_AFTER = 5
"""Failures in a row."""
_FIRST_S = 15.0
_LONGEST_S = 300.0
_MOST_DOUBLINGS = 10
_SPREAD_S = 30.0


class RelayBreaker:
    """Counts failures of the relay itself; what it says of a mail or an address is none."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._open_until = 0.0

    def wait_s(self) -> float | None:
        """Return ``None`` where a mail may be sent now, else the seconds to wait; who is let in tries for all."""
        now = self._clock()
        with self._lock:
            if self._failures < OPENS_AFTER:
                return None
            if now < self._open_until:
                return self._open_until - now + random.uniform(0, _SPREAD_S)  # noqa: S311 - spreads load
            # Nobody else tries until this one has ended.
            self._open_until = now + self._pause_s()
            return None

    def worked(self) -> None:
        """Take down that the relay answered."""
        with self._lock:
            self._failures, self._open_until = 0, 0.0

    def failed(self) -> None:
        """Take down that it could not be used."""
        with self._lock:
            self._failures += 1
            if self._failures >= OPENS_AFTER:
                self._open_until = self._clock() + self._pause_s()

    def _pause_s(self) -> float:
        beyond = max(self._failures - OPENS_AFTER, 0)
        return min(_FIRST_S * 2.0 ** min(beyond, _MOST_DOUBLINGS), _LONGEST_S)


breaker = RelayBreaker()
