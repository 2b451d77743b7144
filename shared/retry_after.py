"""The time that a service asks its callers to wait before they come again."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_MOST_DIGITS = 9


def retry_after_s(headers: Mapping[str, str], now: datetime, *, longest_s: float) -> float | None:
    """Return the seconds that ``Retry-After`` (RFC 9110, 10.2.3) asks for, a number or a date, ``longest_s`` at most;
    ``None`` where it says nothing that can be understood. Names of ``headers`` are found in lower case.
    """
    given = headers.get("retry-after", "").strip()
    if given.isascii() and given.isdigit():
        # Whoever writes more digits than these means for ever.
        return longest_s if len(given) > _MOST_DIGITS else min(float(given), longest_s)
    try:
        at = parsedate_to_datetime(given)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return min(max((at - now).total_seconds(), 0.0), longest_s)
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
