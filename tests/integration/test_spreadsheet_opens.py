"""Excel reports open in LibreOffice as they are, with every value where it belongs."""

import csv
import shutil
import subprocess
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from shared.advisor.recommendation import Recommendation
from shared.language.language import Language
from shared.savings import count_savings
from tests.unit.reports import samples
from worker.reports import xlsx
from worker.reports.columns import RECOMMENDATION_COLUMNS, RowWriter
from worker.reports.content import build_content
from worker.reports.judged import judged
from worker.reports.workbook.ordering import importance
from worker.reports.xlsx import render_xlsx

SOFFICE = shutil.which("soffice")

pytestmark = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed here; CI installs it")

# Comma, double quote, UTF-8, from the first line, no formats, values as stored, every sheet to a file of its own.
ALL_SHEETS_AS_CSV = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"


def convert(path: Path, target: str, folder: Path) -> None:
    subprocess.run(
        [
            str(SOFFICE),
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",  # a profile of its own, for tests run in parallel
            "--headless",
            "--convert-to",
            target,
            "--outdir",
            str(folder),
            str(path),
        ],
        check=True,
        capture_output=True,
        timeout=180,
    )


def sheet_as_csv(rows: Sequence[Recommendation], folder: Path) -> list[list[str]]:
    content = build_content(rows, samples.REJECTED, samples.facts())
    savings = count_savings(rows)
    render_xlsx(content, judged(rows, savings), samples.REJECTED, folder / "report.xlsx", savings=savings)
    convert(folder / "report.xlsx", ALL_SHEETS_AS_CSV, folder)
    with (folder / "report-Recommendations.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


ODD = (
    samples.recommendation(problem="=1+1", resource_name="+cmd|' /C calc'!A0", subscription_name="@SUM(1)", solution="-1"),
    samples.recommendation(problem='quote " comma , and\nline', resource_name="<b>&amp;</b>", solution="_x0041_"),
    samples.recommendation(annual_savings=Decimal("5332.10"), currency="USD", resource_id="/subscriptions/1/x y"),
)


@pytest.mark.parametrize("max_table_rows", [20_000, 0])
def test_libreoffice_reads_every_value_as_it_was_written(
    max_table_rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx, "MAX_TABLE_ROWS", max_table_rows)
    rows = [*ODD, *samples.LONG_NAMES, *samples.recommendations(60)]
    header, *found = sheet_as_csv(rows, tmp_path)

    assert header == [column.title for column in RECOMMENDATION_COLUMNS]
    assert len(found) == len(rows)
    titles = ("Recommendation", "Solution", "Resource", "Subscription", "Resource id", "Savings status")
    writer = RowWriter(Language.of())
    for line, row in zip(found, sorted(judged(rows, count_savings(rows)), key=importance), strict=True):
        wanted = dict(zip(header, writer.values(row), strict=True))
        read = dict(zip(header, line, strict=True))
        assert {title: read[title] for title in titles} == {title: wanted[title] for title in titles}
        amount = row.recommendation.annual_savings
        assert (Decimal(read["Savings a year"]) if read["Savings a year"] else None) == amount


def test_libreoffice_prints_the_workbook(tmp_path: Path) -> None:
    content = build_content(samples.recommendations(20), (), samples.facts())
    rows = samples.recommendations(20)
    savings = count_savings(rows)
    render_xlsx(content, judged(rows, savings), (), tmp_path / "report.xlsx", savings=savings)
    convert(tmp_path / "report.xlsx", "pdf", tmp_path)

    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
