"""What a report knows beyond its own recommendations: what changed, the course of time, decisions, other clients."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from shared.comparison.marks import Mark
from shared.comparison.result import Comparison, Trend
from shared.savings.result import Savings


class ClientTotals(msgspec.Struct, frozen=True, kw_only=True):
    """One client's line of a roll-up."""

    client_id: UUID
    client_name: str
    snapshot_id: UUID | None
    """``None`` for a client of which nothing was imported yet."""
    taken_at: datetime | None
    total: int
    by_category: dict[str, int]
    by_impact: dict[str, int]
    savings: Savings
    """Of this client alone: offers of different clients never overlap."""


class RollUp(msgspec.Struct, frozen=True, kw_only=True):
    """Several clients side by side; the report's own client is the first."""

    clients: tuple[ClientTotals, ...]

    @property
    def counted(self) -> dict[str, Decimal]:
        """The achievable totals of all clients, by currency."""
        sums: dict[str, Decimal] = {}
        for client in self.clients:
            for line in client.savings.by_currency:
                sums[line.currency] = sums.get(line.currency, Decimal(0)) + line.counted_amount
        return dict(sorted(sums.items()))


class Insights(msgspec.Struct, frozen=True, kw_only=True):
    """Everything of a report that does not stand in its recommendations; all of it may be absent."""

    comparison: Comparison | None = None
    no_comparison_reason: str = ""
    """Why there is none, in one plain sentence, such as that this is the client's first snapshot."""
    trend: Trend | None = None
    marks: dict[bytes, Mark] = {}
    """By fingerprint."""
    roll_up: RollUp | None = None
