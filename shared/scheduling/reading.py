"""What a schedule's row says, as typed values."""

import msgspec

from shared.database.tables import Schedule
from shared.scheduling.rules import Rules
from shared.scheduling.timing import Timing, When


def when_of(schedule: Schedule) -> When:
    """Return when a schedule runs; raises :class:`msgspec.ValidationError` for what no release has written."""
    when: When = msgspec.convert(schedule.timing, When)
    return when


def timing_of(schedule: Schedule) -> Timing:
    """Return all moments of a schedule; raises as :func:`when_of` does."""
    return Timing(
        when=when_of(schedule),
        zone_name=schedule.time_zone,
        starts_at=schedule.starts_at,
        ends_at=schedule.ends_at,
    )


def rules_of(schedule: Schedule) -> Rules:
    """Return the policies of a schedule; raises :class:`msgspec.ValidationError` for what no release has written."""
    return msgspec.convert(schedule.rules, Rules)
