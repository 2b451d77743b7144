"""When a schedule runs: by a cron expression, at an interval, or once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Annotated

import msgspec

from shared.errors import InvalidRequestError
from shared.scheduling import cron
from shared.scheduling.zones import zone_of

MIN_INTERVAL_S = 60
MAX_INTERVAL_S = 366 * 86_400
# Counting further helps nobody, and a long outage must not make the tick slow.
COUNTED_AT_MOST = 2000
_FIRST_YEAR, _LAST_YEAR = 1970, 2200


class TimingError(InvalidRequestError):
    """A timing contradicts itself or never comes."""

    code = "timing_invalid"


class Cron(msgspec.Struct, frozen=True, tag="cron", tag_field="kind", forbid_unknown_fields=True):
    """The moments that a cron expression names in the schedule's time zone."""

    expression: Annotated[str, msgspec.Meta(min_length=1, max_length=cron.MAX_EXPRESSION_CHARS)]


class Interval(msgspec.Struct, frozen=True, tag="interval", tag_field="kind", forbid_unknown_fields=True):
    """Every so many seconds from the start on, by elapsed time: clocks that change do not matter."""

    every_s: Annotated[int, msgspec.Meta(ge=MIN_INTERVAL_S, le=MAX_INTERVAL_S)]


class Once(msgspec.Struct, frozen=True, tag="once", tag_field="kind", forbid_unknown_fields=True):
    """One moment."""

    at: Annotated[datetime, msgspec.Meta(tz=True)]


When = Cron | Interval | Once


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """All moments of one schedule."""

    when: When
    zone_name: str = "UTC"
    starts_at: datetime
    """No run before it; intervals count from it."""
    ends_at: datetime | None = None

    def after(self, moment: datetime) -> datetime | None:
        """Return the first run time after ``moment``, ``None`` where none is left."""
        if isinstance(self.when, Cron):
            begin = max(moment.astimezone(UTC), self.starts_at.astimezone(UTC) - _INSTANT)
            found = cron.first_after(self.when.expression, zone_of(self.zone_name), begin)
            return None if found is None or (self.ends_at is not None and found > self.ends_at) else found
        return next(self.walk(moment), None)

    def walk(self, after: datetime) -> Iterator[datetime]:
        """Yield the run times (UTC) after ``after``, in order."""
        for moment in self._unbounded(max(after.astimezone(UTC), self.starts_at.astimezone(UTC) - _INSTANT)):
            if self.ends_at is not None and moment > self.ends_at:
                return
            yield moment

    def newest(self, after: datetime, until: datetime, count: int) -> list[datetime]:
        """Return the last ``count`` run times after ``after`` and no later than ``until``, the earliest first."""
        span = timedelta(hours=1)
        while True:
            begin = max(after, until - span)
            found: list[datetime] = []
            for moment in self.walk(begin):
                if moment > until:
                    break
                found.append(moment)
            if len(found) >= count or begin == after:
                return found[-count:]
            span *= 4

    def count(self, after: datetime, until: datetime) -> int:
        """Return how many run times lie after ``after`` and no later than ``until``; no more than 2,000 are counted."""
        counted = 0
        for moment in islice(self.walk(after), COUNTED_AT_MOST):
            if moment > until:
                break
            counted += 1
        return counted

    def _unbounded(self, after: datetime) -> Iterator[datetime]:
        match self.when:
            case Cron(expression):
                yield from cron.occurrences(expression, zone_of(self.zone_name), after)
            case Interval(every_s):
                begin = self.starts_at.astimezone(UTC)
                number = max((after - begin) // timedelta(seconds=every_s) + 1, 0)
                while True:
                    yield begin + timedelta(seconds=every_s * number)
                    number += 1
            case Once(at):
                if at > after:
                    yield at.astimezone(UTC)


_INSTANT = timedelta(microseconds=1)


def check_moment(moment: datetime) -> datetime:
    """Return the moment, which no zone moves out of the calendar; raises :class:`TimingError` for one far away."""
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise TimingError(
            f"The year {moment.year} is out of reach.", next_step=f"Choose one from {_FIRST_YEAR} to {_LAST_YEAR}."
        )
    return moment


def checked(timing: Timing) -> Timing:
    """Return the timing, tidied.

    Raises :class:`TimingError`, :class:`~shared.scheduling.cron.CronExpressionError` or
    :class:`~shared.scheduling.zones.TimeZoneUnknownError`.
    """
    zone_of(timing.zone_name)
    at = timing.when.at if isinstance(timing.when, Once) else None
    for moment in (timing.starts_at, timing.ends_at, at):
        if moment is not None:
            check_moment(moment)
    if timing.ends_at is not None and timing.ends_at <= timing.starts_at:
        raise TimingError("The schedule ends before it starts.", next_step="Give an end after the start, or none.")
    if isinstance(timing.when, Cron):
        return msgspec.structs.replace(timing, when=Cron(cron.check(timing.when.expression)))
    return timing
