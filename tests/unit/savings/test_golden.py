"""Real answers of Advisor, counted here a second time, by hand and from the raw JSON."""

import json
import os
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shared.advisor.exports import ExportPart, open_exports
from shared.advisor.recommendation import Recommendation
from shared.savings import NoteCode, count_savings
from shared.savings.policy import SavingsPolicy
from shared.savings.result import SavingsKind
from tests.unit.advisor.reading import rows_of

FOLDER = os.environ.get("ADVISOR_SAMPLES", "")
pytestmark = pytest.mark.skipif(not FOLDER, reason="ADVISOR_SAMPLES does not name the folder of the real samples")

CLI, COST = "az-cli-list-359.json", "rest-list-cost-12.json"

# One line for each thing that can be bought, as read off the files: its best offer at thirty days.
BY_HAND = {
    CLI: {"B2s Canada": 8, "B2s Australia": 3, "P1 v3": 788, "D4s v5": 2056, "D8s v5": 2056, "L8s v3": 3432, "E4s v5": 1327},
    COST: {"B4ms": 903},
}
PLAN = {CLI: 471, COST: 817}
NAIVE = {CLI: 47_847, COST: 5_541}


def rows_in(name: str) -> list[Recommendation]:
    return rows_of(open_exports([ExportPart(Path(FOLDER) / name, name)])).accepted


def raw_offers(name: str) -> list[dict[str, str]]:
    data = (Path(FOLDER) / name).read_bytes()
    document = json.loads(data.decode("utf-16" if data[:2] == b"\xff\xfe" else "utf-8-sig"))
    items = document["value"] if isinstance(document, dict) else document
    extended = [(item.get("properties") or item).get("extendedProperties") or {} for item in items]
    return [offer for offer in extended if "annualSavingsAmount" in offer]


def counted_from_raw(offers: Sequence[dict[str, str]], **wanted: str) -> int:
    """Count the offers of one look-back (and term, where wanted) by dictionaries of maxima alone."""
    best: defaultdict[tuple[str, ...], int] = defaultdict(int)
    for offer in offers:
        if all(offer[name] == value for name, value in wanted.items()):
            plan = offer["sku"] == "Compute_Savings_Plan"
            key = ("plan",) if plan else (offer["reservedResourceType"], offer["region"], offer["sku"])
            best[key] = max(best[key], int(offer["annualSavingsAmount"]))
    planned = best.pop(("plan",), 0)
    return max(planned, sum(best.values()))


@pytest.mark.parametrize("name", [CLI, COST])
def test_the_total_is_the_one_made_by_hand(name: str) -> None:
    (line,) = count_savings(rows_in(name)).by_currency
    by_hand = max(sum(BY_HAND[name].values()), PLAN[name])
    assert by_hand == {CLI: 9_670, COST: 903}[name]
    assert (line.currency, line.counted_amount, line.counted_number) == ("USD", Decimal(by_hand), len(BY_HAND[name]))
    assert line.naive_amount == sum(int(offer["annualSavingsAmount"]) for offer in raw_offers(name)) == NAIVE[name]
    assert {part.kind: part.counted_amount for part in line.by_kind} == {
        SavingsKind.RESERVATION: by_hand, SavingsKind.SAVINGS_PLAN: 0,
    }  # fmt: skip
    assert line.retail_amount == 0


@pytest.mark.parametrize("name", [CLI, COST])
@pytest.mark.parametrize("term", ["P1Y", "P3Y"])
def test_a_policy_of_one_term_counts_that_term_alone(name: str, term: str) -> None:
    (line,) = count_savings(rows_in(name), msgspec.convert({"term": term}, SavingsPolicy)).by_currency
    assert line.counted_amount == counted_from_raw(raw_offers(name), lookbackPeriod="30", term=term)


@pytest.mark.parametrize(("name", "counted"), [(CLI, 471), (COST, 817)])
def test_on_the_path_of_savings_plans_the_plan_is_what_counts(name: str, counted: int) -> None:
    (line,) = count_savings(rows_in(name), msgspec.convert({"path": "savings_plans"}, SavingsPolicy)).by_currency
    assert line.counted_amount == counted


def test_without_the_plan_a_missing_look_back_is_stood_in_for_with_a_note() -> None:
    rows = [row for row in rows_in(COST) if row.lookback_days != 30]
    savings = count_savings(rows)
    assert savings.by_currency[0].counted_amount == 880  # 60 days, three years
    assert {note.code: note.count for note in savings.notes}[NoteCode.LOOKBACK_FALLBACK] == 1


def test_the_same_offers_from_a_portal_csv_say_what_the_csv_lacks() -> None:
    """The portal shows one row for each subscription and type: its best offer, without term, look-back and scope."""
    lacking: dict[str, Any] = {"term": "", "lookback_days": None, "scope": "", "sku": "", "region": "", "extras": {},
                               "recommendation_type_id": "", "resource_id": ""}  # fmt: skip
    best: dict[str, Recommendation] = {}
    for row in rows_in(COST):
        if row.annual_savings is not None:
            best[row.problem] = max(row, best.get(row.problem, row), key=lambda one: one.annual_savings or 0)
    savings = count_savings(msgspec.structs.replace(row, **lacking) for row in best.values())
    assert savings.by_currency[0].counted_amount == 903
    assert {note.code for note in savings.notes} >= {
        NoteCode.COMMITMENT_WITHOUT_TERM, NoteCode.LOOKBACK_UNKNOWN, NoteCode.SCOPE_UNKNOWN,
    }  # fmt: skip
