"""An oracle for cron expressions that knows nothing of any cron library: it looks at the wall clock.

Every quarter of an hour of two years is written down as the wall clock of a zone shows it; an expression is a predicate on
what it shows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

BEGIN = datetime(2025, 12, 31, 21, 7, 13, tzinfo=UTC)
END = datetime(2028, 1, 2, tzinfo=UTC)
_QUARTER = timedelta(minutes=15)


@dataclass(frozen=True)
class Case:
    """An expression, and what it names in plain Python; minutes are quarters of an hour."""

    expression: str
    minutes: frozenset[int]
    hours: frozenset[int]
    on: Callable[[date], bool]

    @property
    def names_a_time(self) -> bool:
        """Return whether it names times of the day rather than a rhythm."""
        return not any(field.startswith("*") for field in self.expression.split()[:2])

    def expected(self, zone_name: str) -> list[datetime]:
        """Return all moments between :data:`BEGIN` and :data:`END`."""
        return self._named(ZoneInfo(zone_name)) if self.names_a_time else self._shown(zone_name)

    def _shown(self, zone_name: str) -> list[datetime]:
        return [
            moment
            for moment, minute, hour, day in _clock(zone_name)
            if minute in self.minutes and hour in self.hours and self.on(day)
        ]

    def _named(self, zone: ZoneInfo) -> list[datetime]:
        moments = set()
        day = BEGIN.date() - timedelta(days=1)
        while day <= END.date() + timedelta(days=1):
            if self.on(day):
                moments |= {_first(zone, day, hour, minute) for hour in self.hours for minute in self.minutes}
            day += timedelta(days=1)
        return sorted(moment for moment in moments if BEGIN < moment <= END)


def _first(zone: ZoneInfo, day: date, hour: int, minute: int) -> datetime:
    """Return when the clock first shows that time, or the end of the gap that swallowed it."""
    wall = datetime.combine(day, time(hour, minute))
    moment = wall.replace(tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall:
        return moment
    # Read with the offset before the gap, the moment lies behind it by as much as the time lay inside.
    while (moment - _QUARTER).astimezone(zone).utcoffset() == moment.astimezone(zone).utcoffset():
        moment -= _QUARTER
    return moment


@cache
def _clock(zone_name: str) -> list[tuple[datetime, int, int, date]]:
    zone = ZoneInfo(zone_name)
    moment = BEGIN.replace(minute=15, second=0)
    shown = []
    while moment <= END:
        local = moment.astimezone(zone)
        shown.append((moment, local.minute, local.hour, local.date()))
        moment += _QUARTER
    return shown
