"""Portal CSV files: read row by row, with what only the whole file can tell found out first."""

import csv
import io
from collections.abc import Callable, Iterator
from typing import TextIO

from shared.advisor.amounts import NumberStyle, StyleEvidence
from shared.advisor.csv_records import CsvRecords
from shared.advisor.dates import DateOrder, OrderEvidence
from shared.advisor.encodings import check_text
from shared.advisor.files import ExportFile
from shared.advisor.limits import ReadLimits
from shared.advisor.normalising import Remembered
from shared.advisor.notes import ReadNote
from shared.advisor.portal_header import MAX_HEADER_CHARS, read_header
from shared.advisor.portal_rows import PortalRows, default_category
from shared.advisor.recommendation import Recommendation, RejectedRow

_MAX_HEADER_LINES = 10


class PortalCsv:
    """One portal CSV. Raises :class:`UnreadableExportError` for text that is none, on making or while reading.

    Making it reads the file once, to learn its encoding for certain. How the file writes amounts and dates is learnt on
    first reading, in one more cheap pass, because a row can only be understood by its whole file.
    """

    def __init__(self, file: ExportFile, limits: ReadLimits, *, encoding: str, category: str | None) -> None:
        self._file = file
        self._limits = limits
        with file.open() as stream:
            self._check = check_text(stream, encoding)
        with self._text() as text:
            self.header = read_header(_first_lines(text))
        self._category = default_category(self.header, category)
        self._styles: tuple[NumberStyle, DateOrder] | None = None
        self._unread_dates = 0

    def rows(self, on_progress: Callable[[int], None] | None = None) -> Iterator[Recommendation | RejectedRow]:
        """Yield every data row, accepted or rejected, in the order of the file."""
        if self._styles is None:
            self._styles = self._find_styles()
        # The limit of the csv module is one for the process; it only ever grows.
        csv.field_size_limit(max(csv.field_size_limit(), self._limits.max_cell_chars + 1))
        number_style, date_order = self._styles
        rows = PortalRows(
            self.header,
            self._limits,
            number_style=number_style,
            date_order=date_order,
            category=self._category,
            check_nul=self._check.holds_nul,
        )
        self._unread_dates = 0
        with self._text(on_progress) as text:
            for record in self._records(text):
                row = rows.convert(record)
                if row is not None:
                    self._unread_dates = rows.unread_dates
                    yield row

    def notes(self) -> list[ReadNote]:
        """Return what is worth knowing about the file, completely once its rows were read."""
        notes = []
        if "category" not in self.header.fields and not self._category:
            notes.append(
                ReadNote("category_missing", "The file has no Category column; its recommendations are grouped as Other.")
            )
        elif "category" not in self.header.fields:
            notes.append(ReadNote("category_assumed", f"The file has no Category column; it was taken as {self._category}."))
        if "impact" not in self.header.fields:
            notes.append(ReadNote("impact_missing", "The file has no Business Impact column."))
        if "savings" not in self.header.fields:
            notes.append(ReadNote("savings_missing", "The file has no savings column, so nothing of it is estimated."))
        elif "annual" not in self.header.columns[self.header.fields["savings"]].lower():
            name = self.header.columns[self.header.fields["savings"]]
            notes.append(ReadNote("savings_period_assumed", f"The amounts of the column {name} were taken as per year."))
        if self._check.encoding == "cp1252":
            notes.append(ReadNote("encoding_cp1252", "The file is not UTF-8; it was read as Windows-1252."))
        if self._unread_dates:
            notes.append(
                ReadNote(
                    "dates_unread",
                    f"Dates that can be read in two ways or in none, and are kept as text: {self._unread_dates:,}.",
                )
            )
        return notes

    def _text(self, on_progress: Callable[[int], None] | None = None) -> TextIO:
        return io.TextIOWrapper(self._file.open(on_progress), encoding=self._check.encoding, newline="")

    def _records(self, text: TextIO) -> CsvRecords:
        for _ in range(self.header.line):
            text.readline(MAX_HEADER_CHARS)
        return CsvRecords(text, delimiter=self.header.delimiter, line=self.header.line + 1)

    def _find_styles(self) -> tuple[NumberStyle, DateOrder]:
        """Look at all amounts and dates of the file; each distinct text once."""
        fields = self.header.fields
        amounts, dates = StyleEvidence(), OrderEvidence()
        amount_of, date_of = Remembered(amounts.add), Remembered(dates.add)
        looked_at = [
            (fields[name], memory)
            for name, memory in (("savings", amount_of), ("updated", date_of), ("retirement_date", date_of))
            if name in fields
        ]
        last = max((index for index, _ in looked_at), default=0)
        with self._text() as text:
            for record in self._records(text):
                cells = record.cells
                if len(cells) > last and not record.broken:
                    for index, memory in looked_at:
                        if cells[index]:
                            memory[cells[index].strip()]
        default = NumberStyle.THOUSANDS_COMMA if self.header.writes_thousands_commas else NumberStyle.UNKNOWN
        return amounts.style(default), dates.order()


def _first_lines(text: TextIO) -> list[str]:
    lines: list[str] = []
    while len(lines) < _MAX_HEADER_LINES and (line := text.readline(MAX_HEADER_CHARS)):
        lines.append(line)
    return lines
