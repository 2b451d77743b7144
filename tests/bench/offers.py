"""Offers in any number, for benches: of all kinds, over many subscriptions, sizes, terms and look-backs."""

from collections.abc import Iterator
from decimal import Decimal
from hashlib import blake2b

import msgspec

from shared.advisor.recommendation import Recommendation
from tests.unit.savings.offers import finding, plan, reservation, resizing

_SUBSCRIPTIONS = 2_000
_KINDS = (finding, reservation, plan, resizing)


def offers(count: int) -> Iterator[Recommendation]:
    """Yield offers of all kinds over many subscriptions: reservations of 32 sizes in two terms and three look-backs."""
    patterns = [make(1) for make in _KINDS]
    for number in range(count):
        kind = number % len(patterns)
        yield msgspec.structs.replace(
            patterns[kind],
            fingerprint=blake2b(number.to_bytes(8), digest_size=16).digest(),
            subscription_id=f"{number // 24 % _SUBSCRIPTIONS:08x}-0000-4000-8000-000000000000",
            resource_id=f"/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm{number}",
            annual_savings=Decimal(number % 9_973),
            sku=f"Standard_D{number % 32}s_v5" if _KINDS[kind] is reservation else patterns[kind].sku,
            term=("P1Y", "P3Y")[number % 2],
            lookback_days=(7, 30, 60)[number % 3],
        )
