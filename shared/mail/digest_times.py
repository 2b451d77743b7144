"""When digests are due: at an hour that recipients choose, by their own clock."""

from datetime import datetime, timedelta, tzinfo

from shared.database.tables.mail import Digest


def next_digest_at(cadence: Digest, *, hour: int, weekday: int, zone: tzinfo, after: datetime) -> datetime | None:
    """Return the first moment behind ``after`` at which a digest is due, ``None`` where there are none.

    ``weekday`` counts from 1, Monday, and matters to weekly ones. An hour that a change of the clock leaves out comes as
    late as the clock was put forward; one that comes twice counts the first time.
    """
    if cadence is Digest.NONE:
        return None
    local = after.astimezone(zone)
    for days in range(9):
        day = local.date() + timedelta(days=days)
        if cadence is Digest.WEEKLY and day.isoweekday() != weekday:
            continue
        due = datetime(day.year, day.month, day.day, hour, tzinfo=zone).astimezone(after.tzinfo)
        if due > after:
            return due
    raise AssertionError("a week has every weekday")  # pragma: no cover
