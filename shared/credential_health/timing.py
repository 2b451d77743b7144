"""When a credential is checked next: at its own place in the interval, later after refusals, sooner after outages."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
LONGEST_WAIT = timedelta(hours=24)
"""After refusals, unless the interval is longer."""
SOON = timedelta(minutes=15)
"""After an outage, and where one more good check ends an incident."""
_FIRST_REST = timedelta(minutes=1)
_LONGEST_REST = timedelta(minutes=15)
_MOST_DOUBLINGS = 10


def fraction_of(credential_id: UUID) -> float:
    """Return the credential's place in the interval, 0 to 1: always the same, and evenly spread."""
    # The last bits of an id are random, the first ones its time.
    return (credential_id.int & 0xFFFF_FFFF) / 0x1_0000_0000


def regular(credential_id: UUID, not_before: datetime, interval: timedelta) -> datetime:
    """Return the first time from ``not_before`` on that is at the credential's place in the interval."""
    return not_before + (_EPOCH + interval * fraction_of(credential_id) - not_before) % interval


def after_good(credential_id: UUID, now: datetime, interval: timedelta) -> datetime:
    """Return the next regular time, half an interval away at least."""
    return regular(credential_id, now + interval / 2, interval)


def after_refusal(credential_id: UUID, now: datetime, interval: timedelta, failures: int) -> datetime:
    """Return a time that is twice as far away after each refusal in a row, so that nobody's account is locked."""
    longest = max(LONGEST_WAIT, interval)
    wait = min(interval * _doubled(failures), longest)
    return regular(credential_id, now + wait - interval / 2, interval)


def after_outage(credential_id: UUID, now: datetime, interval: timedelta, outages: int) -> datetime:
    """Return a time soon, then later and later, up to the interval; not all at the same moment."""
    wait = min(SOON * _doubled(outages), interval)
    return now + wait * (0.8 + 0.4 * fraction_of(credential_id))


def rest_after_refusal(failures: int) -> timedelta:
    """Return how long a refused credential is left alone, also by those who ask by hand."""
    return min(_FIRST_REST * _doubled(failures), _LONGEST_REST)


def _doubled(times: int) -> int:
    return 1 << min(max(times - 1, 0), _MOST_DOUBLINGS)
