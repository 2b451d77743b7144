"""Faults on demand: what goes wrong, at which requests, how often."""

import re
import threading
from dataclasses import dataclass, field
from enum import StrEnum


class Fault(StrEnum):
    """One way in which a service fails its callers."""

    THROTTLED = "429 with Retry-After"
    THROTTLED_SILENTLY = "429 without Retry-After"
    BROKEN = "500"
    AWAY = "503"
    SLOW = "an answer after a while"
    CUT = "half an answer"
    HUNG_UP = "no answer"
    TOKEN_REFUSED = "401, although the token is good"
    REPEATED_PAGE = "the page before once more"
    TRUNCATED = "rows left out, said so, no token"
    ELSEWHERE = "a next link to another host"
    FORBIDDEN = "403"


@dataclass
class _Planned:
    fault: Fault
    path: re.Pattern[str]
    skip: int
    times: int


@dataclass
class FaultPlan:
    """The faults still to come; safe to use while requests are served."""

    planned: list[_Planned] = field(default_factory=list)
    happened: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def plan(self, fault: Fault, *, path: str = "", skip: int = 0, times: int = 1) -> None:
        """Let ``times`` requests whose path matches ``path`` (a regular expression) fail, after ``skip`` that do not."""
        with self._lock:
            self.planned.append(_Planned(fault, re.compile(path, re.IGNORECASE), skip, times))

    def next(self, path: str) -> Fault | None:
        """Return the fault that this request meets, if any."""
        with self._lock:
            for planned in self.planned:
                if not planned.path.search(path):
                    continue
                if planned.skip > 0:
                    planned.skip -= 1
                    continue
                planned.times -= 1
                if planned.times == 0:
                    self.planned.remove(planned)
                self.happened.append(planned.fault)
                return planned.fault
        return None
