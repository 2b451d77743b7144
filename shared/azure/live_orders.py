"""What a report is to be fetched with, kept with the report as JSON; ids and choices, never a secret."""

from typing import Any
from uuid import UUID

import msgspec

from shared.azure.filters import FetchFilter
from shared.connections.selection import Selection


class LiveOrder(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One order of a live fetch."""

    connection_id: UUID
    selection: Selection | None = None
    """Which subscriptions; ``None``: those that the connection is set to."""
    filters: FetchFilter = FetchFilter()
    keep_put_aside: bool = False
    """Whether what is dismissed, postponed or excluded comes along, marked, instead of being left out."""
    refresh_first: bool = False
    """Whether Advisor is asked to compute its recommendations anew before they are read."""

    def stored(self) -> dict[str, Any]:
        """Return the order in JSON's own types."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found


def live_order_of(stored: object) -> LiveOrder:
    """Return the order kept with a report; raises :class:`msgspec.ValidationError` for anything else."""
    return msgspec.convert(stored, LiveOrder)
