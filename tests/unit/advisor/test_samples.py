"""Real answers of Advisor are read without a single rejected row."""

import os
from decimal import Decimal
from pathlib import Path

import pytest

from shared.advisor.exports import ExportKind, ExportPart, UnreadableExportError, open_export, open_exports
from shared.savings import count_savings
from tests.unit.advisor.reading import Read, rows_of

FOLDER = os.environ.get("ADVISOR_SAMPLES", "")
pytestmark = pytest.mark.skipif(not FOLDER, reason="ADVISOR_SAMPLES does not name the folder of the real samples")


def sample(*names: str) -> Read:
    return rows_of(open_exports([ExportPart(Path(FOLDER) / name, name) for name in names]))


@pytest.mark.parametrize(
    ("names", "kind", "count"),
    [
        (["az-cli-list-359.json"], ExportKind.CLI_JSON, 359),
        (["rest-list-cost-12.json"], ExportKind.REST_JSON, 12),
        (["rest-list-page1-200.json", "rest-list-page2-38.json"], ExportKind.REST_JSON, 238),
        (["arg-joined-rows-2.json"], ExportKind.RESOURCE_GRAPH_JSON, 2),
    ],
)
def test_samples_are_read_whole(names: list[str], kind: ExportKind, count: int) -> None:
    got = sample(*names)
    assert (got.export.kind, len(got.accepted), got.rejected, got.export.notes) == (kind, count, [], ())
    assert len({one.fingerprint for one in got.accepted}) == count
    assert all(one.subscription_id and one.resource_name and one.resource_type for one in got.accepted)


def test_subscription_rows_of_the_samples_are_kept() -> None:
    rows = sample("az-cli-list-359.json").accepted
    assert sum(not one.resource_group for one in rows) == 40


def test_suppressed_rows_of_the_samples_say_so() -> None:
    rows = sample("rest-list-page1-200.json", "rest-list-page2-38.json").accepted
    assert sum("suppressionIds" in one.extras for one in rows) == 2


@pytest.mark.parametrize(
    ("name", "counted", "naive", "priced", "not_estimated"),
    [("az-cli-list-359.json", 9_670, 47_847, 38, 0), ("rest-list-cost-12.json", 903, 5_541, 8, 4)],
)
def test_savings_of_the_samples(name: str, counted: int, naive: int, priced: int, not_estimated: int) -> None:
    savings = count_savings(sample(name).accepted)
    (total,) = savings.by_currency
    assert total.currency == "USD"
    assert (total.counted_amount, total.naive_amount) == (Decimal(counted), Decimal(naive))
    assert (total.naive_number, savings.not_estimated_number) == (priced, not_estimated)


@pytest.mark.parametrize("name", ["metadata-1426-types.json", "spec-list-suppressions-2025-05-01-preview.json"])
def test_other_answers_of_advisor_are_refused(name: str) -> None:
    with pytest.raises(UnreadableExportError) as caught:
        open_export(Path(FOLDER) / name, file_name=name)
    assert caught.value.code == "export_not_recommendations"
