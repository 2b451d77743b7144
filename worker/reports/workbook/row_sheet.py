"""A sheet of many rows: frozen header, filters, widths; it continues on a further sheet where Excel's limit is reached."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from shared.language.language import Language
from worker.reports.columns import Column, Kind, Value
from worker.reports.workbook.cells import Formats, cell_text, check, write_value

MAX_SHEET_ROWS = 1_048_575
"""Excel's limit of 1,048,576 rows, less the header. More continue on a further sheet."""

MAX_LINKS = 65_000
"""Excel opens at most 65,530 links a sheet; rows beyond have the resource's id without the link."""

_MAX_LINKS_OF_LARGE = 20_000
"""xlsxwriter keeps every link in memory, some 0.7 kB each, also where it writes rows straight to disk."""

_MAX_LINK_CHARS = 2_079
_MAX_LINK_TEXT = 2_000
_PRINTED_COLUMNS = 12
_MAX_NAME_CHARS = 31
_FORBIDDEN_IN_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\", " "))


class Book(NamedTuple):
    """What all sheets of one workbook share."""

    workbook: Any
    formats: Formats
    language: Language
    is_large: bool
    """Rows are written straight to disk, and sheets have filters but no tables: xlsxwriter cannot do both."""
    max_rows: int = MAX_SHEET_ROWS

    def add_sheet(self, name: str, number: int = 1, *, after: Any = None) -> Any:
        """Return a new sheet, at the end or just ``after`` another; ``number`` tells apart those of one name."""
        suffix = "" if number == 1 else f" {number}"
        clean = " ".join(name.translate(_FORBIDDEN_IN_NAMES).split())[: _MAX_NAME_CHARS - len(suffix)]
        # Excel refuses apostrophes at the ends, and only there.
        sheet = self.workbook.add_worksheet(clean.strip(" '") + suffix)
        if after is not None:
            self._move(sheet, after)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&L&A&R&P / &N")
        if self.language.direction == "rtl":
            sheet.right_to_left()
        return sheet

    def _move(self, sheet: Any, after: Any) -> None:
        """Let ``sheet`` stand right of ``after``; print titles and filters find their sheet by its number."""
        sheets = self.workbook.worksheets_objs
        sheets.remove(sheet)
        sheets.insert(sheets.index(after) + 1, sheet)
        for index, moved in enumerate(sheets):
            moved.index = index


class RowSheet:
    """One list of rows in a workbook."""

    def __init__(self, book: Book, name: str, columns: Sequence[Column], *, key: str) -> None:
        """Begin the sheet; ``name`` is what people read, ``key`` (ASCII letters) names its table."""
        self._book = book
        self._name = name
        self._key = key
        self._columns = columns
        self._titles = _distinct([book.language.gettext(column.title) for column in columns])
        self._formats = [book.formats.of_kind[column.kind] for column in columns]
        self._max_links = min(MAX_LINKS, _MAX_LINKS_OF_LARGE) if book.is_large else MAX_LINKS
        self._number = 0
        self._sheet: Any = None
        self._start_sheet()

    def add(self, values: Sequence[Value], *, currency: str = "", link_column: int = -1, link: str = "") -> None:
        """Write one row: amounts are of ``currency``, the text of ``link_column`` leads to ``link`` where there is one."""
        if self._row == self._book.max_rows:
            self._close_sheet()
            self._start_sheet()
        self._row += 1
        sheet, row, formats = self._sheet, self._row, self._formats
        for index, value in enumerate(values):
            if value is None or value == "":
                continue
            if index == link_column and link and self._links < self._max_links and len(link) < _MAX_LINK_CHARS:
                text = cell_text(str(value))[:_MAX_LINK_TEXT]
                check(sheet.write_url(row, index, link, self._book.formats.link, text))
                self._links += 1
            elif currency and self._columns[index].kind is Kind.AMOUNT:
                write_value(sheet, row, index, value, self._book.formats.amount(currency))
            else:
                write_value(sheet, row, index, value, formats[index])

    def finish(self, words_if_empty: str, note: str = "") -> None:
        """Close the last sheet; one without rows says so, and ``note`` stands below the last row."""
        if self._number == 1 and self._row == 0:
            write_value(self._sheet, 1, 0, words_if_empty, self._book.formats.muted)
            return
        self._close_sheet()
        if note:
            write_value(self._sheet, self._row + 2, 0, note, self._book.formats.muted)

    def _start_sheet(self) -> None:
        self._number += 1
        self._row = 0
        self._links = 0
        self._sheet = sheet = self._book.add_sheet(self._name, self._number, after=self._sheet)
        sheet.freeze_panes(1, 0)
        for index, column in enumerate(self._columns):
            sheet.set_column(index, index, column.width)
        sheet.set_row(0, 22)
        sheet.repeat_rows(0)
        formats = self._book.formats
        for index, column in enumerate(self._columns):
            is_number = column.kind in {Kind.AMOUNT, Kind.NUMBER}
            write_value(sheet, 0, index, self._titles[index], formats.header_right if is_number else formats.header)

    def _close_sheet(self) -> None:
        last_column = len(self._columns) - 1
        self._sheet.print_area(0, 0, self._row, min(last_column, _PRINTED_COLUMNS - 1))
        if self._book.is_large:
            self._sheet.autofilter(0, 0, self._row, last_column)
            return
        formats = self._book.formats
        columns = [
            {
                "header": title,
                "header_format": formats.header_right if column.kind in {Kind.AMOUNT, Kind.NUMBER} else formats.header,
                "format": formats.of_kind[column.kind],
            }
            for title, column in zip(self._titles, self._columns, strict=True)
        ]
        options = {"name": f"{self._key}_{self._number}", "style": "Table Style Light 1", "columns": columns}
        check(self._sheet.add_table(0, 0, self._row, last_column, options))


def _distinct(titles: Sequence[str]) -> list[str]:
    """Return the headings, those that a language has twice told apart: a table refuses equal ones, whatever their case."""
    seen: dict[str, int] = {}
    result = []
    for title in titles:
        seen[title.casefold()] = number = seen.get(title.casefold(), 0) + 1
        result.append(title if number == 1 else f"{title} {number}")
    return result
