"""JSON reports, held against their published schema."""

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from shared.advisor.recommendation import Recommendation
from shared.report_json.schema import report_schema, written_schema
from shared.reports.insights import Insights
from shared.savings import count_savings
from tests.generators.insights import insights_for
from tests.unit.reports import samples
from worker.reports.content import build_content
from worker.reports.document import Coverage
from worker.reports.json_file import render_json
from worker.reports.judged import judged

VALIDATOR = jsonschema_rs.Draft202012Validator(report_schema(), validate_formats=True)


def written(rows: Sequence[Recommendation], folder: Path, insights: Insights | None = None) -> Any:
    savings = count_savings(rows)
    insights = insights or Insights()
    facts = samples.facts(accepted=len(rows), rejected=len(samples.REJECTED))
    content = build_content(rows, samples.REJECTED, facts, savings=savings, insights=insights)
    render_json(content, judged(rows, savings, insights.marks), samples.REJECTED, folder / "report.json", savings=savings)
    report = json.loads((folder / "report.json").read_bytes())
    VALIDATOR.validate(report)
    return report


@pytest.mark.parametrize("rows", [(), samples.recommendations(300), samples.LONG_NAMES], ids=["none", "many", "odd"])
def test_the_file_keeps_to_its_schema_and_holds_every_row(rows: Sequence[Recommendation], tmp_path: Path) -> None:
    report = written(rows, tmp_path)

    assert [row["resource_name"] for row in report["recommendations"]] == [row.resource_name for row in rows]
    assert len(report["rejected_rows"]) == len(samples.REJECTED)


def test_nothing_more_and_nothing_less_than_the_schema_says(tmp_path: Path) -> None:
    report = written([samples.recommendation()], tmp_path)

    definitions = report_schema()["$defs"]
    for part, name in ((report, "JsonReport"), (report["recommendations"][0], "JsonRecommendation")):
        assert list(part) == list(definitions[name]["properties"])
        assert sorted(part) == sorted(definitions[name]["required"])


def test_amounts_are_strings_to_the_last_digit_and_absent_ones_null(tmp_path: Path) -> None:
    rows = [
        samples.recommendation(annual_savings=Decimal("1E+3"), currency="USD"),
        samples.recommendation(annual_savings=Decimal("0.10"), currency="EUR", fingerprint=b"2" * 16),
        samples.recommendation(),
    ]
    report = written(rows, tmp_path)

    assert [row["annual_savings"] for row in report["recommendations"]] == ["1000", "0.10", None]
    assert {line["currency"]: line["counted"] for line in report["savings"]["by_currency"]} == {"USD": "1000", "EUR": "0.10"}


def test_changes_course_and_decisions_are_in_it(tmp_path: Path) -> None:
    rows = samples.recommendations(60)
    insights = insights_for(rows, count_savings(rows), samples.CREATED_AT)
    report = written(rows, tmp_path, insights)

    assert report["changes"]["counts"]["new"] == len([row for row in report["changes"]["listed"] if row["change"] == "new"])
    assert [point["recommendations"] for point in report["trend"]][-1] == len(rows)
    assert sum(row["mark"] is not None for row in report["recommendations"]) == len(insights.marks)
    for bridge in report["changes"]["savings"]:
        amounts = {name: Decimal(bridge[name]) for name in bridge if name != "currency"}
        moved = amounts["newly_found"] + amounts["grown"] - amounts["realised"] - amounts["lost"]
        assert amounts["before"] + moved == amounts["after"]


def test_what_could_not_be_read_is_told(tmp_path: Path) -> None:
    facts = msgspec.structs.replace(samples.facts(), coverage=Coverage(subscriptions_read=9, subscriptions_wanted=10))
    savings = count_savings(())
    render_json(build_content((), (), facts), judged((), savings), (), tmp_path / "report.json", savings=savings)
    report = json.loads((tmp_path / "report.json").read_bytes())
    VALIDATOR.validate(report)

    coverage = report["summary"]["coverage"]
    assert (coverage["subscriptions_read"], coverage["subscriptions_wanted"]) == (9, 10)


def test_every_alternative_says_why_it_does_not_count(tmp_path: Path) -> None:
    report = written(samples.recommendations(300), tmp_path)

    for row in report["recommendations"]:
        assert (row["not_counted_because"] is not None) is (row["savings_status"] == "alternative")
    [usd] = report["savings"]["by_currency"]
    assert sum(Decimal(kind["counted"]) for kind in usd["by_kind"]) == Decimal(usd["counted"])


def test_recommendations_can_be_read_line_by_line(tmp_path: Path) -> None:
    rows = samples.recommendations(30)
    written(rows, tmp_path)

    lines = (tmp_path / "report.json").read_text(encoding="utf-8").splitlines()
    alone = [json.loads(line.rstrip(",")) for line in lines if line.startswith('{"category":')]
    assert [row["fingerprint"] for row in alone] == [row.fingerprint.hex() for row in rows]


def test_what_json_cannot_carry_is_replaced(tmp_path: Path) -> None:
    row = written([samples.recommendation(resource_name="vm\ud800", extras={"a\x00": "b\udfff"})], tmp_path)

    assert row["recommendations"][0]["resource_name"] == "vm\ufffd"
    assert row["recommendations"][0]["other_fields"] == {"a\ufffd": "b\ufffd"}


def test_the_schema_in_the_documentation_is_the_one_that_is_served() -> None:
    documented = Path(__file__).parents[3] / "docs" / "report-schema.json"
    assert documented.read_bytes() == written_schema(), (
        "write it anew: python -m shared.report_json > docs/report-schema.json"
    )
