"""Tenants that settings name by their ids: few, because each becomes a label of metrics."""

from uuid import UUID

MOST_NAMED = 50


def tenant_ids_in(text: str) -> frozenset[UUID]:
    """Return the ids that ``text`` lists, separated by commas; raises ``ValueError`` with a sentence."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) > MOST_NAMED:
        raise ValueError(f"must name {MOST_NAMED} tenants at most")
    try:
        return frozenset(UUID(part) for part in parts)
    except ValueError:
        raise ValueError("must list ids of tenants, separated by commas") from None
