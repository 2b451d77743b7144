"""Waiting for conditions."""

import time
from collections.abc import Callable
from typing import TypeVar

_Found = TypeVar("_Found")

# A slow machine with other things to do is no failure; a test that hangs is.
PATIENCE_S = 180.0
_LOOK_EVERY_S = 0.02


def until(look: Callable[[], _Found | None], what: str, *, timeout_s: float = PATIENCE_S) -> _Found:
    """Return what ``look`` finds as soon as it is true; fail after ``timeout_s`` seconds with ``what`` was awaited."""
    deadline = time.monotonic() + timeout_s
    while not (found := look()):
        assert time.monotonic() < deadline, f"waited {timeout_s:g} s for {what}"
        time.sleep(_LOOK_EVERY_S)
    return found
