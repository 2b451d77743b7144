"""Excel reports, read back with another library."""

import re
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import msgspec
import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from shared.advisor.recommendation import Recommendation, RejectedRow
from shared.advisor.vocabulary import Category, Impact
from shared.comparison.result import ChangeKind
from shared.language.language import Language
from shared.language.tags import LANGUAGES
from shared.savings import count_savings
from tests.generators.insights import insights_for
from tests.unit.reports import samples
from worker.reports import xlsx
from worker.reports.columns import RECOMMENDATION_COLUMNS
from worker.reports.content import build_content
from worker.reports.document import Coverage
from worker.reports.judged import judged
from worker.reports.workbook import row_sheet
from worker.reports.workbook.ordering import importance
from worker.reports.xlsx import render_xlsx

COLUMN = {column.title: index for index, column in enumerate(RECOMMENDATION_COLUMNS, start=1)}
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")', "{=1}", "'=1")


def workbook_of(
    rows: Sequence[Recommendation],
    folder: Path,
    rejected: Sequence[RejectedRow] = samples.REJECTED,
    max_sheet_rows: int = row_sheet.MAX_SHEET_ROWS,
) -> openpyxl.Workbook:
    content = build_content(rows, rejected, samples.facts())
    savings = count_savings(rows)
    render_xlsx(
        content,
        judged(rows, savings),
        rejected,
        folder / "report.xlsx",
        savings=savings,
        max_sheet_rows=max_sheet_rows,
    )
    return openpyxl.load_workbook(folder / "report.xlsx")


@pytest.fixture
def small_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a few rows be many, so that they are written straight to disk."""
    monkeypatch.setattr(xlsx, "MAX_TABLE_ROWS", 5)


def cell(sheet: Worksheet, title: str, row: int = 2) -> object:
    return sheet.cell(row, COLUMN[title]).value


def test_the_workbook_has_its_seven_sheets_and_empty_ones_say_so(tmp_path: Path) -> None:
    book = workbook_of((), tmp_path, ())
    names = ["Summary", "Recommendations", "Savings", "Resources", "Changes", "Rejected rows", "How to read"]

    assert book.sheetnames == names
    assert all(str(book[name]["A2"].value).endswith(".") for name in names[1:6])


def test_amounts_dates_and_counts_are_numbers_and_dates(tmp_path: Path) -> None:
    row = samples.recommendation(
        annual_savings=Decimal("5332.10"), currency="USD", lookback_days=30, retirement_date=date(2028, 9, 8),
        updated_at=datetime(2025, 2, 1, 14, 38, tzinfo=UTC),
    )  # fmt: skip
    sheet = workbook_of([row], tmp_path)["Recommendations"]

    assert cell(sheet, "Savings a year") == 5332.10
    assert cell(sheet, "Look-back days") == 30
    assert cell(sheet, "Updated (UTC)") == datetime(2025, 2, 1, 14, 38)  # noqa: DTZ001  (Excel has no time zones)
    assert cell(sheet, "Retirement date") == datetime(2028, 9, 8)  # noqa: DTZ001
    assert cell(sheet, "Savings status") == "Counted"


@pytest.mark.parametrize("is_large", [False, True])
def test_no_cell_is_a_formula_whatever_it_begins_with(
    is_large: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx, "MAX_TABLE_ROWS", 0 if is_large else 1000)
    rows = [
        samples.recommendation(problem=text, resource_name=text, subscription_name=text, extras={text: text})
        for text in FORMULAS
    ]
    rejected = [
        RejectedRow(line=1, column=text, value=text, reason_code=text, reason=text, file_name=text) for text in FORMULAS
    ]
    book = workbook_of(rows, tmp_path, rejected)

    assert [cell(book["Recommendations"], "Resource", row) for row in range(2, len(FORMULAS) + 2)] == sorted(FORMULAS)
    kinds = {cell.data_type for sheet in book for line in sheet.iter_rows() for cell in line}
    assert "f" not in kinds
    with zipfile.ZipFile(tmp_path / "report.xlsx") as archive:
        sheets = [archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
    assert not any(b"<f>" in sheet for sheet in sheets)


def test_a_sheet_is_a_table_with_a_frozen_header(tmp_path: Path) -> None:
    book = workbook_of(samples.recommendations(30), tmp_path)

    sheet = book["Recommendations"]
    assert sheet.freeze_panes == "A2"
    assert [table.ref for table in sheet.tables.values()] == ["A1:AG31"]
    assert list(book["Rejected rows"].tables) == ["Rejected_rows_1"]


@pytest.mark.usefixtures("small_tables")
def test_a_large_sheet_has_filters_and_a_frozen_header(tmp_path: Path) -> None:
    rows = samples.recommendations(30)
    sheet = workbook_of(rows, tmp_path)["Recommendations"]

    assert sheet.auto_filter.ref == "A1:AG31"
    assert sheet.freeze_panes == "A2"
    ordered = sorted(judged(rows, count_savings(rows)), key=importance)
    assert [cell(sheet, "Resource", row) for row in range(2, 32)] == [row.recommendation.resource_name for row in ordered]


@pytest.mark.usefixtures("small_tables")
def test_more_rows_than_a_sheet_holds_continue_on_the_next(tmp_path: Path) -> None:
    book = workbook_of(samples.recommendations(25), tmp_path, max_sheet_rows=10)

    names = ["Recommendations", "Recommendations 2", "Recommendations 3"]
    assert [book[name].max_row for name in names] == [11, 11, 6]
    assert book.sheetnames[1:5] == [*names, "Savings"], "beside each other, though the offers are written at the same time"
    assert {sheet.print_title_rows for sheet in book.worksheets if sheet.title in names} == {"$1:$1"}
    assert "Rejected rows 2" in book.sheetnames


def test_resources_with_an_id_are_links_to_the_portal(tmp_path: Path) -> None:
    sheet = workbook_of([samples.recommendation(resource_id="/subscriptions/1/vm x")], tmp_path)["Recommendations"]

    link = sheet.cell(2, COLUMN["Resource"]).hyperlink
    assert link is not None
    assert f"{link.target}#{link.location}" == "https://portal.azure.com/#resource/subscriptions/1/vm%20x"


def test_beyond_excels_number_of_links_names_stay_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_sheet, "MAX_LINKS", 2)
    rows = [samples.recommendation(resource_id="/subscriptions/1", resource_name=f"vm-{number}") for number in range(4)]
    sheet = workbook_of(rows, tmp_path)["Recommendations"]

    assert [bool(sheet.cell(row, COLUMN["Resource"]).hyperlink) for row in range(2, 6)] == [True, True, False, False]
    assert cell(sheet, "Resource", 5) == "vm-3"


@pytest.mark.parametrize("character", ["x", "\U0001f680"])
def test_a_text_longer_than_a_cell_is_cut_and_marked(character: str, tmp_path: Path) -> None:
    sheet = workbook_of([samples.recommendation(solution=character * 40_000)], tmp_path)["Recommendations"]

    text = str(cell(sheet, "Solution"))
    assert text.endswith("[shortened]")
    assert len(text.encode("utf-16-le")) // 2 <= 32_767


@pytest.mark.parametrize("is_large", [False, True])
def test_control_characters_and_lone_surrogates_are_shown_as_replaced(
    is_large: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx, "MAX_TABLE_ROWS", 0 if is_large else 1000)
    row = samples.recommendation(resource_name="a\x00b\x1bc\ud800", problem="_x0041_ & <b>", solution="two\nlines")
    sheet = workbook_of([row], tmp_path)["Recommendations"]

    assert cell(sheet, "Resource") == "a\ufffdb\ufffdc\ufffd"
    assert cell(sheet, "Solution") == "two\nlines"
    # openpyxl leaves Excel's own escape of a literal _x0041_ as it is.
    assert str(cell(sheet, "Recommendation")).replace("_x005F_", "_") == "_x0041_ & <b>"


def test_dates_before_excels_first_are_texts(tmp_path: Path) -> None:
    sheet = workbook_of([samples.recommendation(retirement_date=date(1601, 1, 1))], tmp_path)["Recommendations"]

    assert cell(sheet, "Retirement date") == "1601-01-01"


def test_rejected_rows_stand_with_file_line_and_reason(tmp_path: Path) -> None:
    row = RejectedRow(line=7, column="Impact", value="Huge", reason_code="bad", reason="Why.", file_name="a.csv")
    sheet = workbook_of((), tmp_path, [row])["Rejected rows"]

    assert [cell.value for cell in sheet[2]] == ["a.csv", 7, "Impact", "Huge", "Why.", "bad"]


def test_the_summary_has_the_counted_savings_as_a_number(tmp_path: Path) -> None:
    rows = samples.recommendations(100)
    sheet = workbook_of(rows, tmp_path)["Summary"]

    counted = count_savings(rows).by_currency[0].counted_amount
    assert float(counted) in [cell.value for line in sheet.iter_rows() for cell in line]


def test_what_the_source_said_beyond_the_columns_is_kept(tmp_path: Path) -> None:
    sheet = workbook_of([samples.recommendation(extras={"score": "30", "empty": ""})], tmp_path)["Recommendations"]

    assert cell(sheet, "Other fields") == "score: 30"


def test_no_partial_files_stay_behind(tmp_path: Path) -> None:
    workbook_of(samples.recommendations(10), tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["report.xlsx"]


def column_of(sheet: Worksheet, title: str) -> list[object]:
    index = next(cell.column for cell in sheet[1] if cell.value == title)
    return [line[index - 1] for line in sheet.iter_rows(min_row=2, values_only=True)]


def test_every_offer_says_whether_it_counts_and_why_not(tmp_path: Path) -> None:
    rows = samples.recommendations(300)
    savings = count_savings(rows)
    sheet = workbook_of(rows, tmp_path)["Savings"]

    statuses, amounts = column_of(sheet, "Savings status"), column_of(sheet, "Savings a year")
    assert len(amounts) == sum(row.annual_savings is not None for row in rows)
    counted = sum(Decimal(str(amount)) for amount, status in zip(amounts, statuses, strict=True) if status == "Counted")
    assert counted == savings.by_currency[0].counted_amount
    for status, reason in zip(statuses, column_of(sheet, "Why not counted"), strict=True):
        assert bool(reason) is (status != "Counted")
    assert "Reservations" in column_of(sheet, "How")


def test_each_resource_has_one_row_with_the_number_of_its_recommendations(tmp_path: Path) -> None:
    row = samples.recommendation
    rows = [
        row(resource_name="vm", impact=Impact.LOW, impact_as_given="Low", annual_savings=Decimal(5), currency="EUR"),
        row(resource_name="VM", problem="Another", annual_savings=Decimal(7), currency="USD", fingerprint=b"1" * 16),
        row(resource_name="other"),
        row(resource_name="contoso production", resource_type="Subscription"),
    ]
    sheet = workbook_of(rows, tmp_path)["Resources"]

    assert [line[:1] + line[4:10] for line in sheet.iter_rows(min_row=2, values_only=True)] == [
        ("vm", 2, 1, 0, 1, 5, "EUR"),
        ("vm", 2, 1, 0, 1, 7, "USD"),
        ("other", 1, 1, 0, 0, None, None),
    ]


def test_amounts_have_the_decimal_places_of_their_currency_and_never_lose_a_digit(tmp_path: Path) -> None:
    exact = Decimal("12345678901234567.89")
    rows = [
        samples.recommendation(annual_savings=amount, currency=currency, fingerprint=currency.encode() * 4)
        for amount, currency in ((Decimal(1200), "JPY "), (Decimal("1.5"), "KWD "), (exact, "USD "))
    ]
    rows = [msgspec.structs.replace(row, currency=row.currency.strip()) for row in rows]
    sheet = workbook_of(rows, tmp_path)["Recommendations"]

    formats = [sheet.cell(row, COLUMN["Savings a year"]).number_format for row in (3, 4)]
    assert formats == ["#,##0", "#,##0.000"]
    assert cell(sheet, "Savings a year") == str(exact)


def test_the_summary_says_what_could_not_be_read(tmp_path: Path) -> None:
    rows = samples.recommendations(3)
    facts = msgspec.structs.replace(samples.facts(), coverage=Coverage(subscriptions_read=9, subscriptions_wanted=10))
    savings = count_savings(rows)
    content = build_content(rows, (), facts, savings=savings)
    render_xlsx(content, judged(rows, savings), (), tmp_path / "report.xlsx", savings=savings)
    sheet = openpyxl.load_workbook(tmp_path / "report.xlsx")["Summary"]

    assert any("9 of 10 subscriptions" in str(cell.value) for [cell] in sheet.iter_rows(max_col=1))


def test_workbook_that_cannot_be_written_leaves_nothing_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "report.xlsx").mkdir()
    with pytest.raises(IsADirectoryError):
        workbook_of(samples.recommendations(3), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["report.xlsx"]


def test_amounts_of_the_summary_name_their_currency(tmp_path: Path) -> None:
    rows = [
        samples.recommendation(
            category=Category.COST, fingerprint=bytes([number]) * 16, annual_savings=Decimal("1234.5"), currency=currency
        )
        for number, currency in enumerate(("USD", "JPY", ""))
    ]
    sheet = workbook_of(rows, tmp_path)["Summary"]
    formats = {cell.number_format for [cell] in sheet.iter_rows(min_col=2, max_col=2) if cell.value == 1234.5}

    assert formats == {'#,##0.00" USD"', '#,##0" JPY"', "#,##0.00", "#,##0"}
    assert [str(cell.value) for [cell] in sheet.iter_rows(min_row=5, max_row=8, min_col=2, max_col=2)][-1] == "3 currencies"


def test_charts_are_native_and_say_what_they_show(tmp_path: Path) -> None:
    book = workbook_of(samples.recommendations(300), tmp_path)

    assert len(book["Summary"]._charts) == 4
    with zipfile.ZipFile(tmp_path / "report.xlsx") as archive:
        drawing = archive.read("xl/drawings/drawing1.xml").decode()
        sheets = {name: archive.read(name) for name in archive.namelist() if name.startswith("xl/charts/chart")}
    described = re.findall(r'<xdr:cNvPr [^>]*descr="([^"]+)"', drawing)
    assert len(described) == len(sheets) == 4
    assert "High" in described[0]
    assert all(b"Summary" in chart for chart in sheets.values()), "drawn from cells, so that they follow them"


def test_what_changed_stands_in_rows_and_in_the_trend(tmp_path: Path) -> None:
    rows = samples.recommendations(40)
    savings = count_savings(rows)
    insights = insights_for(rows, savings, samples.CREATED_AT)
    assert insights.comparison is not None
    more = msgspec.structs.replace(insights.comparison, counts={ChangeKind.NEW: 1_000})
    insights = msgspec.structs.replace(insights, comparison=more)
    content = build_content(rows, (), samples.facts(), savings=savings, insights=insights)
    render_xlsx(content, judged(rows, savings), (), tmp_path / "report.xlsx", savings=savings)
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")

    assert column_of(book["Changes"], "Change")[:1] == ["New"]
    assert "The most important changes are listed" in str(book["Changes"].cell(book["Changes"].max_row, 1).value)
    assert "Trend" in [line[0].value for line in book["Summary"].iter_rows(max_col=1)]
    assert len(book["Summary"]._charts) == 5


def test_what_a_document_only_draws_stands_in_cells_whole(tmp_path: Path) -> None:
    rows = [
        samples.recommendation(
            category=Category.COST,
            fingerprint=number.to_bytes(16),
            subscription_id=f"00000000-0000-0000-0000-{number:012d}",
            subscription_name=f"Contoso {number:03d}",
            annual_savings=Decimal(number),
            currency="USD",
            retiring_feature=f"Feature {number}",
            retirement_date=date(2030, 1, 1 + number % 28),
        )
        for number in range(1, 81)
    ]
    book = workbook_of(rows, tmp_path)
    lines = list(book["Summary"].iter_rows(max_col=3, values_only=True))

    saved = [line[1] for line in lines if str(line[0]).startswith("Contoso 0")]
    assert (len(saved), sum(saved)) == (80, sum(range(1, 81)))
    retired = [line for line in lines if str(line[0]).startswith("Feature ")]
    assert len(retired) == 80
    assert all(isinstance(line[1], datetime) and line[2] == 1 for line in retired)


@pytest.mark.parametrize("tag", LANGUAGES)
def test_headings_and_words_are_in_the_reports_language(tag: str, tmp_path: Path) -> None:
    rows = samples.recommendations(10)
    facts = msgspec.structs.replace(samples.facts(), language=tag)
    content = build_content(rows, (), facts)
    savings = count_savings(rows)
    render_xlsx(content, judged(rows, savings), (), tmp_path / "report.xlsx", savings=savings)
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")

    assert book.sheetnames[1] == Language.of(tag).gettext("Recommendations")
    assert len(book.sheetnames) == len(set(book.sheetnames)) == 7
