"""Waiting for conditions."""

import time
from collections.abc import Callable
from typing import TypeVar

_Found = TypeVar("_Found")

# A slow machine with other things to do is no failure; a test that hangs is.
PATIENCE_S = 180.0
_LOOK_EVERY_S = 0.02
# Whoever looks all the time takes the machine from what is waited for: a look that costs more is made less often.
_PAUSE_PER_LOOK = 4
_LONGEST_PAUSE_S = 0.2


def until(look: Callable[[], _Found | None], what: str, *, timeout_s: float = PATIENCE_S) -> _Found:
    """Return what ``look`` finds as soon as it is true; fail after ``timeout_s`` seconds with ``what`` was awaited."""
    deadline = time.monotonic() + timeout_s
    while True:
        begun = time.monotonic()
        if found := look():
            return found
        now = time.monotonic()
        assert now < deadline, f"waited {timeout_s:g} s for {what}"
        time.sleep(min(max(_LOOK_EVERY_S, (now - begun) * _PAUSE_PER_LOOK), _LONGEST_PAUSE_S))
