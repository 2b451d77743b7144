"""Cron expressions of five fields, read in a time zone.

What they mean where clocks change is what Debian's cron does. An expression that names a time of day (neither minute nor
hour begin with a star) runs once a day that it names: a time that is skipped runs right after the gap, a time that comes
twice runs the first time. Any other expression runs whenever the wall clock shows a time that it names, in either hour of
two.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from shared.errors import InvalidRequestError

MAX_EXPRESSION_CHARS = 100
_FIELDS = 5
# Any moment will do to find out whether an expression can be read.
_SOME_TIME = datetime(2026, 1, 1)  # noqa: DTZ001 - of the wall clock
_SECOND = timedelta(seconds=1)
# Zones never change twice within this time and back; longer waits are walked through in steps of it.
_STEP = timedelta(days=7)


class CronExpressionError(InvalidRequestError):
    """A cron expression cannot be read, or names no time that ever comes."""

    code = "cron_expression_invalid"

    def __init__(self, expression: str, reason: str) -> None:
        super().__init__(
            f"The cron expression '{expression[:MAX_EXPRESSION_CHARS]}' is not valid: {reason}.",
            next_step="Give minute, hour, day of month, month and day of week, such as `0 7 * * MON` or `30 6 L * *`.",
        )


def check(expression: str) -> str:
    """Return the expression with single spaces; raises :class:`CronExpressionError` where it can not be used."""
    words = expression.split() if len(expression) <= MAX_EXPRESSION_CHARS else []
    if not words:
        raise CronExpressionError(expression, f"it must have 1 to {MAX_EXPRESSION_CHARS} characters")
    if len(words) != _FIELDS:
        raise CronExpressionError(expression, f"it must have {_FIELDS} fields, separated by spaces")
    tidy = " ".join(words)
    try:
        next(CronSim(tidy, _SOME_TIME))
    except CronSimError as error:
        raise CronExpressionError(expression, str(error)[:1].lower() + str(error)[1:]) from error
    except (StopIteration, RuntimeError):
        raise CronExpressionError(expression, "no such day ever comes") from None
    return tidy


def occurrences(expression: str, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Yield the moments (UTC) that ``expression`` names in ``zone``, from the first after ``after`` on, without end."""
    return _named_times(expression, zone, after) if names_a_time(expression) else _matching_times(expression, zone, after)


@lru_cache(maxsize=8192)
def first_after(expression: str, zone: ZoneInfo, after: datetime) -> datetime | None:
    """Return the first of :func:`occurrences`, ``None`` where there is none; many schedules share their hours."""
    return next(occurrences(expression, zone, after), None)


@lru_cache(maxsize=4096)
def names_a_time(expression: str) -> bool:
    """Return whether an expression names times of the day, which neither are lost nor come twice where clocks change."""
    minute, hour = expression.split()[:2]
    return not minute.startswith("*") and not hour.startswith("*")


def _named_times(expression: str, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    last = after
    for local in CronSim(expression, after.astimezone(zone)):
        moment = local.astimezone(UTC)
        # Within the second of two equal hours the library begins in the first, and a gap gathers several times into one.
        if moment > last:
            last = moment
            yield moment


def _matching_times(expression: str, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Walk along stretches of constant offset: within each, the wall clock runs as evenly as UTC."""
    moment = after.astimezone(UTC)
    while True:
        offset = _offset(zone, moment)
        for local in CronSim(expression, (moment + offset).replace(tzinfo=None)):
            found = local.replace(tzinfo=UTC) - offset
            change = _change_between(zone, moment, found)
            if change is not None:
                # A second before, so that the first moment under the new offset may be one of those looked for.
                moment = change - _SECOND
                offset = _offset(zone, change)
                first = next(CronSim(expression, (moment + offset).replace(tzinfo=None))).replace(tzinfo=UTC) - offset
                if first == change:
                    yield change
                moment = change
                break
            moment = found
            yield found


def _change_between(zone: ZoneInfo, begin: datetime, end: datetime) -> datetime | None:
    """Return the first moment after ``begin``, and no later than ``end``, at which the zone's offset is another."""
    while begin < end:
        stop = min(begin + _STEP, end)
        before = _offset(zone, begin)
        if _offset(zone, stop) != before:
            low, high = int(begin.timestamp()), int(stop.timestamp())
            while high - low > 1:
                middle = (low + high) // 2
                if _offset(zone, datetime.fromtimestamp(middle, UTC)) == before:
                    low = middle
                else:
                    high = middle
            return datetime.fromtimestamp(high, UTC)
        begin = stop
    return None


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()
