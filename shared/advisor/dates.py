"""Dates as exports write them: ISO always, others only in the order that the file itself shows."""

import re
from datetime import UTC, date, datetime
from enum import StrEnum


class DateOrder(StrEnum):
    """Which of day and month a file writes first in dates such as ``3/4/2025``."""

    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"
    UNKNOWN = "unknown"


_SLASHED = re.compile(
    r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?:,?\s+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\s*([AaPp])\.?[Mm]\.?)?)?", re.ASCII
)

_YEAR_FIRST = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})(?:,?\s+(\d{1,2}):(\d{2})(?::(\d{2}))?)?", re.ASCII)


class OrderEvidence:
    """Gathers from the dates of one file which of day and month it writes first."""

    def __init__(self) -> None:
        self._seen: set[DateOrder] = set()

    def add(self, text: str) -> None:
        """Take one date into account; what is no date, or could be either, says nothing."""
        match = _SLASHED.fullmatch(text)
        if match is None or match[2] == ".":
            return
        first, second = int(match[1]), int(match[3])
        if 12 < first <= 31 and second <= 12:
            self._seen.add(DateOrder.DAY_FIRST)
        elif first <= 12 < second <= 31:
            self._seen.add(DateOrder.MONTH_FIRST)

    def order(self) -> DateOrder:
        """Return the one order that was seen, ``UNKNOWN`` if none was or the file contradicts itself."""
        return next(iter(self._seen)) if len(self._seen) == 1 else DateOrder.UNKNOWN


def parse_datetime(text: str, order: DateOrder = DateOrder.UNKNOWN) -> datetime | None:
    """Read a date and time, aware and in UTC; ``None`` for what is none or could be two.

    A time without an offset is UTC, which is what Advisor writes. Points stand only between day, month and year in that
    order (``03.04.2025`` is April everywhere it is written so); with other signs ``order`` decides.
    """
    try:
        moment = _year_first(text) if text[:4].isdecimal() else _slashed(text, order)
        if moment is None:
            return None
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def parse_date(text: str, order: DateOrder = DateOrder.UNKNOWN) -> date | None:
    """Read a date as :func:`parse_datetime` does, without its time."""
    moment = parse_datetime(text, order)
    return None if moment is None else moment.date()


def _year_first(text: str) -> datetime:
    """Read ISO 8601, or a year, month and day with slashes, which are in that order wherever the year leads."""
    match = _YEAR_FIRST.fullmatch(text) if text[4:5] == "/" else None
    if match is None:
        return datetime.fromisoformat(text)
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def _slashed(text: str, order: DateOrder) -> datetime | None:
    match = _SLASHED.fullmatch(text)
    if match is None:
        return None
    first, second = int(match[1]), int(match[3])
    if match[2] == ".":
        order = DateOrder.DAY_FIRST
    if first == second:  # 3/3/2025 is the same either way
        order = DateOrder.DAY_FIRST
    if order is DateOrder.UNKNOWN:
        return None
    day, month = (first, second) if order is DateOrder.DAY_FIRST else (second, first)
    hour, minute, second_of_minute = (int(match[group] or 0) for group in (5, 6, 7))
    if match[8]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match[8] in "Pp" else 0)
    return datetime(int(match[4]), month, day, hour, minute, second_of_minute, tzinfo=UTC)
