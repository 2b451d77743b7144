"""The sheets of the Excel workbook, cell by cell; every cell is written by its type, so no text is ever interpreted."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from shared.advisor.vocabulary import Impact
from worker.reports.columns import Column, Kind, Value, text_of
from worker.reports.document import ReportContent
from worker.reports.errors import RenderingError
from worker.reports.tallies import impact_totals
from worker.reports.wording import moment_text

MAX_CELL_CHARS = 32_767
"""Excel's limit for the text of a cell, in UTF-16 units."""

SHORTENED_MARK = " … [shortened]"

MAX_LINKS = 65_000
"""Excel opens at most 65,530 links a sheet; rows beyond have the resource's id without the link."""

_MAX_LINK_CHARS = 2_079
_FIRST_EXCEL_YEAR = 1900
_GUIDE_COLUMNS = 110
_PRINTED_COLUMNS = 12

_HOW_TO_ADD_UP = (
    "Counted amounts make up the sums. An alternative overlaps with a counted offer and stands in no sum: filter for "
    "Counted, and for one currency, before you add amounts up."
)


class Formats:
    """The cell formats of one workbook."""

    def __init__(self, workbook: Any) -> None:
        base = {"font_name": "Calibri", "font_size": 10, "valign": "top"}
        self.text = workbook.add_format(base)
        self.wrapped = workbook.add_format({**base, "text_wrap": True})
        self.header = workbook.add_format(
            {**base, "bold": True, "font_color": "#FFFFFF", "bg_color": "#0E2B3D", "valign": "vcenter"}
        )
        self.header_right = workbook.add_format(
            {**base, "bold": True, "font_color": "#FFFFFF", "bg_color": "#0E2B3D", "valign": "vcenter", "align": "right"}
        )
        self.title = workbook.add_format({**base, "bold": True, "font_size": 20, "font_color": "#0E2B3D"})
        self.heading = workbook.add_format({**base, "bold": True, "font_size": 13, "font_color": "#0B6E8F"})
        self.muted = workbook.add_format({**base, "font_color": "#586674"})
        self.bold = workbook.add_format({**base, "bold": True, "top": 1, "top_color": "#1B2733"})
        self.count = workbook.add_format({**base, "num_format": "#,##0"})
        self.count_bold = workbook.add_format(
            {**base, "num_format": "#,##0", "bold": True, "top": 1, "top_color": "#1B2733"}
        )
        self.link = workbook.add_format({**base, "font_color": "#0B6E8F", "underline": 1})
        self.of_kind = {
            Kind.TEXT: self.text,
            Kind.AMOUNT: workbook.add_format({**base, "num_format": "#,##0.00"}),
            Kind.NUMBER: self.count,
            Kind.MOMENT: workbook.add_format({**base, "num_format": "yyyy-mm-dd hh:mm", "align": "left"}),
            Kind.DATE: workbook.add_format({**base, "num_format": "yyyy-mm-dd", "align": "left"}),
        }


class RowSheet:
    """A sheet of many rows with a frozen header and filters, which continues on a further sheet where it is full."""

    def __init__(
        self, workbook: Any, name: str, columns: Sequence[Column], formats: Formats, *, is_table: bool, max_rows: int
    ) -> None:
        self._workbook = workbook
        self._name = name
        self._columns = columns
        self._formats = formats
        self._is_table = is_table
        self._max_rows = max_rows
        self._number = 0
        self._start_sheet()

    def add(self, values: Sequence[Value], *, link_column: int = -1, link: str = "") -> None:
        """Write one row; the text of ``link_column`` leads to ``link`` where there is one."""
        if self._row == self._max_rows:
            self._close_sheet()
            self._start_sheet()
        self._row += 1
        for index, value in enumerate(values):
            if index == link_column and link and value and self._links < MAX_LINKS and len(link) < _MAX_LINK_CHARS:
                text = cell_text(str(value))
                _check(self._sheet.write_url(self._row, index, link, self._formats.link, text[:2000]))
                self._links += 1
            else:
                write_value(self._sheet, self._row, index, value, self._formats.of_kind[self._columns[index].kind])

    def finish(self, words_if_empty: str) -> None:
        """Close the last sheet; one without rows says so."""
        if self._number == 1 and self._row == 0:
            write_value(self._sheet, 1, 0, words_if_empty, self._formats.muted)
            return
        self._close_sheet()

    def _start_sheet(self) -> None:
        self._number += 1
        self._row = 0
        self._links = 0
        name = self._name if self._number == 1 else f"{self._name} {self._number}"
        self._sheet = self._workbook.add_worksheet(name)
        self._sheet.freeze_panes(1, 0)
        for index, column in enumerate(self._columns):
            self._sheet.set_column(index, index, column.width)
        self._sheet.set_row(0, 22)
        self._sheet.set_landscape()
        self._sheet.set_paper(9)
        self._sheet.fit_to_pages(1, 0)
        self._sheet.repeat_rows(0)
        for index, column in enumerate(self._columns):
            is_number = column.kind in {Kind.AMOUNT, Kind.NUMBER}
            write_value(
                self._sheet, 0, index, column.title, self._formats.header_right if is_number else self._formats.header
            )

    def _close_sheet(self) -> None:
        last_column = len(self._columns) - 1
        self._sheet.print_area(0, 0, self._row, min(last_column, _PRINTED_COLUMNS - 1))
        if not self._is_table:
            self._sheet.autofilter(0, 0, self._row, last_column)
            return
        columns = [
            {"header": column.title, "header_format": self._formats.header, "format": self._formats.of_kind[column.kind]}
            for column in self._columns
        ]
        name = f"{self._name} {self._number}".replace(" ", "_")
        options = {"name": name, "style": "Table Style Light 1", "columns": columns}
        _check(self._sheet.add_table(0, 0, self._row, last_column, options))


def cell_text(text: str) -> str:
    """Return a text as an Excel cell can hold it; what is longer is cut and marked."""
    clean = text_of(text)
    if len(clean) <= MAX_CELL_CHARS // 2:
        return clean
    units = clean.encode("utf-16-le")
    if len(units) <= 2 * MAX_CELL_CHARS:
        return clean
    room = MAX_CELL_CHARS - len(SHORTENED_MARK)
    return units[: 2 * room].decode("utf-16-le", "ignore") + SHORTENED_MARK


def write_value(sheet: Any, row: int, column: int, value: Value, cell_format: Any) -> None:
    """Write one cell by the type of its value; nothing for an empty one."""
    match value:
        case None | "":
            return
        case str():
            _check(sheet.write_string(row, column, cell_text(value), cell_format))
        case Decimal() | int():
            _check(sheet.write_number(row, column, float(value), cell_format))
        case datetime() | date():
            if value.year < _FIRST_EXCEL_YEAR:
                _check(sheet.write_string(row, column, value.isoformat(), cell_format))
            else:
                _check(sheet.write_datetime(row, column, value, cell_format))


def _check(result: int | None) -> None:
    # xlsxwriter drops a cell that it cannot write and only says so by its result.
    if result not in {0, None}:
        raise RenderingError(
            f"The Excel file could not be made: a cell was refused (code {result}).",
            next_step="Order the CSV file, and report this sentence to whoever runs this installation.",
        )


def write_summary(sheet: Any, content: ReportContent, formats: Formats) -> None:
    """Write the sheet with the headline figures and the counts by category and impact."""
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 6, 18)
    sheet.set_row(0, 30)
    sheet.set_row(1, 20)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    facts = content.facts
    write_value(sheet, 0, 0, facts.title, formats.title)
    write_value(sheet, 1, 0, facts.client_name, formats.heading)
    write_value(sheet, 2, 0, f"Made on {moment_text(facts.created_at)}. {facts.scope}.", formats.muted)
    row = 4
    for kpi in content.kpis:
        write_value(sheet, row, 0, kpi.label, formats.text)
        write_value(sheet, row, 1, "; ".join(kpi.values), formats.text)
        write_value(sheet, row, 2, kpi.note, formats.muted)
        row += 1
    row = _write_counts(sheet, row + 1, content, formats)
    row = _write_savings(sheet, row + 1, content, formats)
    _write_heading(sheet, row + 1, "Sources", formats)
    _write_header(sheet, row + 2, ("Source", "Kind", "Exported (UTC)", "Accepted", "Rejected"), formats, texts=3)
    for index, source in enumerate(facts.sources, start=row + 3):
        write_value(sheet, index, 0, source.file_name, formats.text)
        write_value(sheet, index, 1, source.kind, formats.text)
        write_value(sheet, index, 2, source.exported_at, formats.of_kind[Kind.MOMENT])
        write_value(sheet, index, 3, source.accepted, formats.count)
        write_value(sheet, index, 4, source.rejected, formats.count)


def _write_counts(sheet: Any, row: int, content: ReportContent, formats: Formats) -> int:
    """Write the counts by category and impact; return the row after them."""
    _write_heading(sheet, row, "By category and impact", formats)
    _write_header(sheet, row + 1, ("Category", *(impact.value for impact in Impact), "Total"), formats)
    row += 2
    for line in content.categories:
        write_value(sheet, row, 0, line.category.title, formats.text)
        for index, impact in enumerate(Impact, start=1):
            write_value(sheet, row, index, line.counts.get(impact, 0), formats.count)
        write_value(sheet, row, len(Impact) + 1, line.total, formats.count)
        row += 1
    sums = impact_totals(content.categories)
    write_value(sheet, row, 0, "All categories", formats.bold)
    for index, impact in enumerate(Impact, start=1):
        write_value(sheet, row, index, sums.get(impact, 0), formats.count_bold)
    write_value(sheet, row, len(Impact) + 1, content.total, formats.count_bold)
    return row + 1


def _write_savings(sheet: Any, row: int, content: ReportContent, formats: Formats) -> int:
    """Write the savings by currency; return the row after them."""
    if not content.savings:
        return row
    _write_heading(sheet, row, "Savings a year", formats)
    _write_header(sheet, row + 1, ("Currency", "Counted", "Recommendations", "Alternatives left out"), formats)
    row += 2
    for line in content.savings:
        write_value(sheet, row, 0, line.currency or "not named", formats.text)
        write_value(sheet, row, 1, line.counted, formats.of_kind[Kind.AMOUNT])
        write_value(sheet, row, 2, line.counted_rows, formats.count)
        write_value(sheet, row, 3, line.alternative_rows, formats.count)
        row += 1
    return row


def _write_heading(sheet: Any, row: int, words: str, formats: Formats) -> None:
    sheet.set_row(row, 20)
    write_value(sheet, row, 0, words, formats.heading)


def _write_header(sheet: Any, row: int, names: Sequence[str], formats: Formats, *, texts: int = 1) -> None:
    for index, name in enumerate(names):
        write_value(sheet, row, index, name, formats.header if index < texts else formats.header_right)


def write_guide(sheet: Any, content: ReportContent, formats: Formats) -> None:
    """Write the sheet that tells how to read the others."""
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, _GUIDE_COLUMNS)
    sheet.set_row(0, 30)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    write_value(sheet, 0, 0, "How to read this workbook", formats.title)
    lines = (
        ("Recommendations", "One row for each recommendation and resource. Use the filters in the header."),
        ("Savings a year", "Advisor's estimate for a year in the row's own currency; empty where Advisor gave none."),
        ("Savings status", _HOW_TO_ADD_UP),
        ("Rejected rows", content.rejected_note),
        *content.method,
    )
    for row, (name, words) in enumerate(lines, start=2):
        # Not every program makes a row as high as its wrapped text.
        sheet.set_row(row, 15 * (1 + len(words) // (_GUIDE_COLUMNS - 10)) + 4)
        write_value(sheet, row, 0, name, formats.text)
        write_value(sheet, row, 1, words, formats.wrapped)
