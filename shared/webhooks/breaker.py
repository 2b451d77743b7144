"""The breaker of an endpoint: what fails several times in a row is left alone for a while, and at last disabled.

While it is open nothing is sent; then one delivery tries for all. All acts take the endpoint's row locked.
"""

import random
from datetime import datetime, timedelta

from shared.database.tables import WebhookEndpoint

OPENS_AFTER = 5
"""Failed rounds in a row."""
_FIRST_S = 30.0
_LONGEST_S = 3600.0
_MOST_DOUBLINGS = 10
# Nobody else tries until the one that does has ended, or died.
_TRIAL_S = 180.0
_SPREAD_S = 20.0


def admit(endpoint: WebhookEndpoint, now: datetime) -> datetime | None:
    """Return ``None`` where a delivery may be sent now, else when to come back; whoever is let in tries for all."""
    if endpoint.open_until is None:
        return None
    if endpoint.open_until > now:
        return endpoint.open_until + timedelta(seconds=random.uniform(0, _SPREAD_S))  # noqa: S311 - spreads load
    endpoint.open_until = now + timedelta(seconds=_TRIAL_S)
    return None


def succeeded(endpoint: WebhookEndpoint, now: datetime) -> None:
    """Close the breaker."""
    endpoint.consecutive_failures = 0
    endpoint.failing_since = endpoint.open_until = None
    endpoint.last_success_at = now


def failed(endpoint: WebhookEndpoint, now: datetime, *, disable_after: timedelta) -> bool:
    """Take down one failed round and return whether the endpoint has failed for so long that it should be disabled."""
    endpoint.consecutive_failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    endpoint.last_failure_at = now
    beyond = endpoint.consecutive_failures - OPENS_AFTER
    if beyond >= 0:
        seconds = min(_FIRST_S * 2.0 ** min(beyond, _MOST_DOUBLINGS), _LONGEST_S)
        endpoint.open_until = now + timedelta(seconds=seconds)
    return now - endpoint.failing_since >= disable_after
