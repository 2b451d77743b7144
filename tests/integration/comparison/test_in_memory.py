"""Two exports compared without a database come to the same as two snapshots in it."""

import random

import msgspec
import pytest

from shared.advisor.recommendation import Recommendation
from shared.advisor.standing import Standing
from shared.advisor.vocabulary import Impact
from shared.comparison.in_memory import ExportSide, compare_exports
from shared.comparison.result import ChangeKind, Comparison
from shared.savings import count_savings
from tests.integration.comparison.conftest import Estate
from tests.unit.savings.offers import finding, plan, reservation, resizing

replace = msgspec.structs.replace


def some_rows(rng: random.Random) -> list[Recommendation]:
    """Findings of all kinds of which two draws share many, with other amounts, impacts and standings."""
    rows = []
    for number in range(40):
        if rng.random() < 0.3:
            continue
        make = (finding, reservation, plan, resizing)[number % 4]
        currency, impact = rng.choice(["USD", "EUR"]), rng.choice([Impact.HIGH, Impact.LOW])
        row = make(
            rng.choice([0, 5, 5, 7]), name=f"r{number}", subscription_id=f"s{number % 3}", currency=currency, impact=impact,
            resource_group=rng.choice(["", "rg"]) if number % 8 == 0 else "rg",
            standing=rng.choice([Standing.ACTIVE, Standing.ACTIVE, Standing.ACTIVE, Standing.POSTPONED, Standing.DISMISSED]),
        )  # fmt: skip
        rows.append(row)
    return rows


def comparable(comparison: Comparison) -> tuple[Comparison, dict[ChangeKind, list[bytes]]]:
    """What both ways tell: sums, and the changes as sets, since those of equal importance come in any order."""
    changes = {
        kind: sorted(msgspec.json.encode(replace(change, first_seen_at=None)) for change in comparison.changes[kind])
        for kind in ChangeKind
    }
    facts = [
        replace(side, snapshot_id=None, taken_at=None, taken_at_is_exact=False)
        for side in (comparison.earlier, comparison.current)
    ]
    return replace(comparison, changes={}, ages=(), earlier=facts[0], current=facts[1]), changes


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("earlier_format", ["rest_json", "portal_csv"])
def test_both_ways_come_to_the_same(estate: Estate, seed: int, earlier_format: str) -> None:
    rng = random.Random(seed)
    then, now = some_rows(rng), some_rows(rng)
    if earlier_format == "portal_csv":
        then = [replace(row, fingerprint=bytes([1]) + row.fingerprint[1:]) for row in then]
    in_database = estate.compare(estate.snapshot(then, earlier_format), estate.snapshot(now))
    sides = [
        ExportSide(rows, count_savings(row for row in rows if row.standing is Standing.ACTIVE), source_format, None)
        for rows, source_format in ((then, earlier_format), (now, "rest_json"))
    ]
    one, other = comparable(compare_exports(*sides)), comparable(in_database)
    assert one[0] == other[0]
    for kind in ChangeKind:
        assert one[1][kind] == other[1][kind]
