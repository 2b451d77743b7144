"""How long Azure asks to be left alone: in each of the ways in which its services say so, and never beyond reason."""

from collections.abc import Mapping
from datetime import UTC, datetime

from shared.retry_after import retry_after_s

LONGEST_S = 120.0
"""A service that names a longer time has its reasons, yet nobody waits an hour on its word without looking again."""

_IN_MILLISECONDS = ("retry-after-ms", "x-ms-retry-after-ms")


def asked_wait_s(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that an answer asks to wait, :data:`LONGEST_S` at most; ``None`` where it names no time."""
    for name in _IN_MILLISECONDS:
        given = str(headers.get(name) or "").strip()
        if given.isascii() and given.isdigit():
            return min(float(given[:9]) / 1000, LONGEST_S)
    return retry_after_s(headers, datetime.now(UTC), longest_s=LONGEST_S)
