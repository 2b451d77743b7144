"""When to try again: at once a few times, then longer and longer; a receiver that names a time is obeyed."""

import random
from collections.abc import Mapping
from datetime import datetime

from shared import retry_after

LONG_WAITS_S = (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
"""Between the attempts at once and each further round of them; some three days in all."""
AT_ONCE_S = 45.0
"""A worker is kept by one delivery no longer than about this; what is left goes onto the long schedule."""
_JITTER = 0.2
_FIRST_SHORT_S = 0.5
_LONGEST_SHORT_S = 8.0
_LONGEST_RETRY_AFTER_S = 24 * 3600.0


def short_wait_s(failures: int) -> float:
    """Return the wait after so many failed attempts at once."""
    return _jittered(min(_FIRST_SHORT_S * 2.0 ** (failures - 1), _LONGEST_SHORT_S))


def long_wait_s(step: int, *, retry_after_s: float | None = None) -> float | None:
    """Return the wait after round ``step`` (from 0), not below what the receiver asked for; ``None`` after the last."""
    if step >= len(LONG_WAITS_S):
        return None
    return max(_jittered(LONG_WAITS_S[step]), retry_after_s or 0.0)


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that a receiver asks for, a day at most; ``None`` where it asks for nothing."""
    return retry_after.retry_after_s(headers, now, longest_s=_LONGEST_RETRY_AFTER_S)


def _jittered(seconds: float) -> float:
    return seconds * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - spreads load, guards nothing
