"""Work done over and over by several threads while servers end sessions and tokens roll over."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from tests.integration.jobs.waiting import until

# From a server's end of a connection until this machine has heard of it.
_NOTICED_WITHIN_S = 0.3
# Those who are asked need the machine too.
_BREATH_S = 0.04


@dataclass(frozen=True)
class Failure:
    """One piece of work that failed, with its begin and end in seconds of the monotonic clock."""

    began: float
    ended: float
    reason: str


@dataclass
class Load:
    """Does ``work`` again and again in ``threads`` threads while the context is open; ``work`` raises where it fails."""

    work: Callable[[], object]
    threads: int = 3
    done: int = 0
    failures: list[Failure] = field(default_factory=list)
    kills: list[tuple[float, float]] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._running = [threading.Thread(target=self._run) for _ in range(self.threads)]
        for thread in self._running:
            thread.start()
        return self

    def __exit__(self, _kind: type | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        self._ended.set()
        for thread in self._running:
            thread.join()

    def kill(self, act: Callable[[], object]) -> None:
        """Do ``act``, which ends connections, and remember when: what was in flight then may fail."""
        began = time.monotonic()
        act()
        self.kills.append((began, time.monotonic()))

    def kill_until(self, act: Callable[[], object], look: Callable[[], bool], what: str) -> None:
        """Do ``act`` time and again, with work done in between, until ``look`` is true."""

        def kill_and_look() -> bool:
            self.kill(act)
            self.go_on()
            return look()

        until(kill_and_look, what)

    def go_on(self, times: int = 10) -> None:
        """Wait until the work was done ``times`` times more."""
        enough = self.done + times
        until(lambda: self.done >= enough, f"work to be done {times} times (failures: {self.failures[-3:]})")

    def unexcused(self, ended: Iterable[float] = ()) -> list[Failure]:
        """Return the failures of work that was not in flight at a kill, nor when a server ``ended`` connections."""
        kills = [*self.kills, *((instant, instant) for instant in ended)]
        return [
            failure
            for failure in self.failures
            if not any(failure.began <= end + _NOTICED_WITHIN_S and begin <= failure.ended for begin, end in kills)
        ]

    def _run(self) -> None:
        while not self._ended.wait(_BREATH_S):
            began = time.monotonic()
            try:
                self.work()
            except Exception as error:  # noqa: BLE001  (whatever it is, the test shows it)
                failure = Failure(began, time.monotonic(), f"{type(error).__name__}: {error}"[:500])
                with self._lock:
                    self.failures.append(failure)
            else:
                with self._lock:
                    self.done += 1
