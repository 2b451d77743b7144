"""CSV reports."""

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from shared.advisor.recommendation import Recommendation
from shared.savings import count_savings
from tests.unit.reports import samples
from worker.reports.columns import RECOMMENDATION_COLUMNS
from worker.reports.csv_file import render_csv
from worker.reports.errors import RenderingCancelledError
from worker.reports.judged import judged
from worker.reports.progress import EveryFewRows


def written(rows: Sequence[Recommendation], folder: Path) -> list[dict[str, str]]:
    render_csv(judged(rows, count_savings(rows)), folder / "report.csv")
    with (folder / "report.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_file_begins_with_a_byte_order_mark_and_has_crlf_line_ends(tmp_path: Path) -> None:
    written([samples.recommendation()], tmp_path)

    content = (tmp_path / "report.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbfCategory,Impact,")
    assert content.count(b"\r\n") == content.count(b"\n") == 2


def test_without_recommendations_the_header_stands_alone(tmp_path: Path) -> None:
    assert written((), tmp_path) == []
    header = (tmp_path / "report.csv").read_text(encoding="utf-8-sig").strip().split(",")
    assert header == [column.title for column in RECOMMENDATION_COLUMNS]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
def test_a_text_that_could_be_a_formula_gets_an_apostrophe(start: str, tmp_path: Path) -> None:
    row = written([samples.recommendation(problem=f"{start}1+1", extras={"=x": "y"})], tmp_path)[0]

    assert row["Recommendation"] == f"'{start}1+1"
    assert row["Other fields"] == "'=x: y"


@pytest.mark.parametrize("separator", [";", "|", "\t"])
@pytest.mark.parametrize(
    "text", ["a{}=1+1", "a{} =1", 'a{}"=1', "{}@x", "a\n=1", "a\r\n+1", 'a{}""-1', "{}{}=1", "a{}\uff1d1"], ids=repr
)
def test_no_separator_of_another_language_makes_a_formula_of_a_part(separator: str, text: str, tmp_path: Path) -> None:
    written([samples.recommendation(problem=text.replace("{}", separator), extras={"a": text})], tmp_path)

    lines = (tmp_path / "report.csv").read_text(encoding="utf-8-sig").splitlines()
    cells = [cell.lstrip(' "') for line in lines for cell in line.split(separator)]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\uff1d"))] == []


def test_texts_that_are_no_formula_stay_as_they_are(tmp_path: Path) -> None:
    text = "Use A; B - or C | D, =E 1+1"
    assert written([samples.recommendation(problem=text)], tmp_path)[0]["Recommendation"] == text


def test_negative_amounts_stay_numbers(tmp_path: Path) -> None:
    row = written([samples.recommendation(annual_savings=Decimal("-1E+3"), currency="USD")], tmp_path)[0]

    assert row["Savings a year"] == "-1000"


def test_times_are_iso_8601_in_utc(tmp_path: Path) -> None:
    row = written([samples.recommendation(updated_at=datetime(2025, 2, 1, 4, tzinfo=UTC))], tmp_path)[0]

    assert row["Updated (UTC)"] == "2025-02-01T04:00:00Z"


def test_every_script_and_every_odd_character_survives_or_is_replaced(tmp_path: Path) -> None:
    rows = [*samples.LONG_NAMES, samples.recommendation(resource_name='a,b"c\nd\x00\ud800')]
    names = [row["Resource"] for row in written(rows, tmp_path)]

    assert names == [*(row.resource_name for row in samples.LONG_NAMES), 'a,b"c\nd\ufffd\ufffd']


def test_a_cancelled_file_stops_within_a_few_thousand_rows(tmp_path: Path) -> None:
    reported: list[int] = []
    rows = samples.recommendations(1) * 10_000

    with pytest.raises(RenderingCancelledError):
        render_csv(
            judged(rows, count_savings(rows)),
            tmp_path / "report.csv",
            on_rows=EveryFewRows(lambda: len(reported) > 1, reported.append),
        )

    assert reported == [2_000, 4_000]
