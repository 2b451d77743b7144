"""The next run times of a timing, with what is odd about some of them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from shared.scheduling import cron
from shared.scheduling.timing import Cron, Timing
from shared.scheduling.zones import zone_of

SHOWN = 10
_HALF_A_DAY = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Upcoming:
    """One run time to come."""

    at: datetime
    """In UTC."""
    local: datetime
    """The same moment in the schedule's time zone."""
    note: str | None
    """What the change of clocks around it means for it."""


def upcoming(timing: Timing, after: datetime, count: int = SHOWN) -> list[Upcoming]:
    """Return the next ``count`` run times after ``after``."""
    zone = zone_of(timing.zone_name)
    return [
        Upcoming(moment, moment.astimezone(zone), _note(timing, zone, moment))
        for moment in islice(timing.walk(after), count)
    ]


def _note(timing: Timing, zone: ZoneInfo, moment: datetime) -> str | None:
    before, offset, later = (
        (moment + shift).astimezone(zone).utcoffset() or timedelta() for shift in (-_HALF_A_DAY, timedelta(), _HALF_A_DAY)
    )
    if before == offset == later:
        return None
    local = moment.astimezone(zone)
    names_a_time = isinstance(timing.when, Cron) and cron.names_a_time(timing.when.expression)
    if _comes_twice(zone, local):
        which = "second" if local.fold else "first"
        once = "; it runs the first time only" if names_a_time else ""
        return f"Clocks are set back: {local:%H:%M} comes twice on this day, this is the {which}{once}."
    gap_ends = before < offset and _is_first_after_gap(zone, moment)
    if gap_ends and names_a_time:
        return f"Clocks are set forward: the time before {local:%H:%M} is skipped on this day, so it runs right after."
    direction = "forward" if before < later else "back"
    return f"Clocks are set {direction} within half a day of this run."


def _comes_twice(zone: ZoneInfo, local: datetime) -> bool:
    naive = local.replace(tzinfo=None)
    first, second = (naive.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    # In a gap, too, the two differ; yet neither of them reads as the time that was asked for.
    return first < second and first.astimezone(zone).replace(tzinfo=None) == naive


def _is_first_after_gap(zone: ZoneInfo, moment: datetime) -> bool:
    before = (moment - timedelta(minutes=1)).astimezone(zone).utcoffset()
    return before != moment.astimezone(zone).utcoffset()
