"""Memory of what few distinct values were normalised to, so that a million rows normalise each value once."""

from collections.abc import Callable
from typing import TypeVar

_Value = TypeVar("_Value")
# Enough for every subscription, type and text of a large estate; beyond it the values do not repeat anyway.
_MAX_REMEMBERED = 20_000


class Remembered(dict[str, _Value]):
    """A dict that computes what it lacks and forgets everything when it grows past a bound."""

    def __init__(self, compute: Callable[[str], _Value]) -> None:
        super().__init__()
        self._compute = compute

    def __missing__(self, key: str) -> _Value:
        if len(self) >= _MAX_REMEMBERED:
            self.clear()
        value = self[key] = self._compute(key)
        return value
