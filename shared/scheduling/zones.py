"""Time zones by their IANA names."""

import logging
from datetime import UTC, tzinfo
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from shared.errors import InvalidRequestError

_log = logging.getLogger(__name__)


class TimeZoneUnknownError(InvalidRequestError):
    """A name is not that of a time zone."""

    code = "time_zone_unknown"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is no time zone '{name[:60]}'.", next_step="Give an IANA name, such as `Europe/Berlin` or `UTC`."
        )


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo:
    """Return the zone of an IANA name; raises :class:`TimeZoneUnknownError`."""
    # Asked by the list first: names come from callers, and a path must not be tried as one.
    if name not in _names():
        raise TimeZoneUnknownError(name)
    return ZoneInfo(name)


@lru_cache(maxsize=1024)
def zone_or_utc(name: str) -> tzinfo:
    """Return the zone of a name that was accepted before; UTC, with a warning, where the time zone database lost it."""
    try:
        return zone_of(name)
    except TimeZoneUnknownError:
        _log.warning(
            "a time zone is no more: its people are served by UTC",
            extra={"action": "time_zone_gone", "time_zone": name[:60]},
        )
        return UTC


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())
