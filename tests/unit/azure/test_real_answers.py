"""Real answers of Azure pass through the live transformation with the numbers that they have as files."""

import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shared.advisor.exports import ExportPart, open_exports
from shared.advisor.recommendation import Recommendation
from shared.advisor.standing import Standing
from shared.azure.filters import FetchFilter
from shared.azure.live_rows import LiveRows, Terms
from shared.azure.parts import Part
from shared.azure.put_aside import PutAside, Rules
from shared.azure.scores import ScoreRow, score_in
from shared.azure.spool import Spool
from shared.savings import count_savings

FOLDER = os.environ.get("ADVISOR_SAMPLES", "")
pytestmark = pytest.mark.skipif(not FOLDER, reason="ADVISOR_SAMPLES does not name the folder of the real samples")


def _items(*names: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name in names:
        said = msgspec.json.decode((Path(FOLDER) / name).read_bytes())
        found += said["value"] if isinstance(said, dict) else said
    return found


def _live(folder: Path, items: list[dict[str, Any]], rules: Rules | None = None) -> tuple[LiveRows, Part]:
    batch = Spool(folder).batch()
    batch.add(msgspec.json.encode(items))
    part = Part(names={}, rules=rules or Rules(), batch=batch, by_list=True)
    return LiveRows(Terms(FetchFilter(), {}, keep_put_aside=False)), part


def _accepted(live: LiveRows, part: Part) -> list[Recommendation]:
    found = list(live.of(part))
    assert all(isinstance(row, Recommendation) for row in found)
    return [row for row in found if isinstance(row, Recommendation)]


def _of_files(*names: str) -> Iterator[Recommendation]:
    for row in open_exports([ExportPart(Path(FOLDER) / name, name) for name in names]).rows():
        assert isinstance(row, Recommendation)
        yield row


@pytest.mark.parametrize(
    ("names", "count"),
    [
        (["rest-list-cost-12.json"], 12),
        (["rest-list-page1-200.json", "rest-list-page2-38.json"], 238),
        (["arg-joined-rows-2.json"], 2),
    ],
)
def test_rows_are_those_of_the_files(tmp_path: Path, names: list[str], count: int) -> None:
    rows = _accepted(*_live(tmp_path, _items(*names)))
    assert len(rows) == count
    assert [row.fingerprint for row in rows] == [row.fingerprint for row in _of_files(*names)]


def test_savings_are_those_of_the_files(tmp_path: Path) -> None:
    savings = count_savings(_accepted(*_live(tmp_path, _items("rest-list-cost-12.json"))))
    (total,) = savings.by_currency
    assert (total.currency, total.counted_amount, total.naive_amount) == ("USD", Decimal(903), Decimal(5_541))
    assert (total.naive_number, savings.not_estimated_number) == (8, 4)


def test_suppression_ids_without_a_living_suppression_leave_a_row_active(tmp_path: Path) -> None:
    rows = _accepted(*_live(tmp_path, _items("rest-list-page1-200.json", "rest-list-page2-38.json")))
    suppressed = [row for row in rows if "suppressionIds" in row.extras]
    assert len(suppressed) == 2
    assert {row.standing for row in suppressed} == {Standing.ACTIVE}


def test_recommendation_is_left_out_while_its_suppression_lives(tmp_path: Path) -> None:
    items = _items("rest-list-cost-12.json")
    rules = Rules()
    rules.add([
        PutAside(
            id=f"{items[3]['id']}/suppressions/HardcodedSuppressionName",
            type="Microsoft.Advisor/suppressions",
            properties={"ttl": "7.00:00:00", "expirationTimeStamp": "2999-10-24T22:24:43.3216408Z"},
        )
    ])  # fmt: skip
    live, part = _live(tmp_path, items, rules)
    assert len(_accepted(live, part)) == 11
    assert live.counts.left_out == {Standing.POSTPONED: 1}


def test_suppressions_of_the_specification_are_over_by_now() -> None:
    said = msgspec.json.decode((Path(FOLDER) / "spec-list-suppressions-2025-05-01-preview.json").read_bytes())
    rules = Rules()
    rules.add(msgspec.convert(said["responses"]["200"]["body"]["value"], list[PutAside]))
    assert rules.suppressed_names() == []


def test_scores_of_the_specification_are_shares_of_one() -> None:
    said = msgspec.json.decode((Path(FOLDER) / "spec-list-advisor-score-2025-05-01-preview.json").read_bytes())
    rows = msgspec.convert(said["responses"]["200"]["body"]["value"], list[ScoreRow])
    scores = [score for row in rows if (score := score_in(row)) is not None]
    latest = {score.category: score.percent for score in scores}
    assert len(latest) == len(rows) == 6
    assert "Overall" in latest
    assert latest["Cost"] == 100
    assert {former.level for score in scores for former in score.history} == {"day", "week", "month"}
