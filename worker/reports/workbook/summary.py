"""The first sheet: headline figures, counts, savings and the course of time, with their charts beside them."""

from collections.abc import Iterator, Sequence
from typing import Any

from shared.advisor.vocabulary import Impact
from shared.comparison.result import Trend
from shared.savings import Savings
from worker.reports import terms
from worker.reports.blocks import Cell, ColumnKind, Figure, Part, PartKind, Table
from worker.reports.charts.shapes import IMPACT_COLOURS, columns_of
from worker.reports.columns import Kind
from worker.reports.document import ReportContent
from worker.reports.parts.appendix import source_kind
from worker.reports.tallies import impact_totals
from worker.reports.workbook import pictures
from worker.reports.workbook.cells import check, write_value
from worker.reports.workbook.row_sheet import Book

_CHART_COLUMN = 7
_FIRST_WIDTH, _WIDTH = 58, 22
_LINE_HEIGHT, _MAX_LINES = 14, 12
_NOTE_COLUMNS = 5
_ALTERNATIVE_COLOUR = "#9fb3bf"
_MAX_BARS = 12
# A longer table stands at the foot of the sheet, where nothing has to be sought below it.
_MAX_ROWS_BETWEEN = 60
_NUMBERS = frozenset({ColumnKind.COUNT, ColumnKind.AMOUNT})
_TOLD_ELSEWHERE = frozenset({PartKind.SUMMARY, PartKind.TREND, PartKind.FINDINGS, PartKind.APPENDIX})


class SummarySheet:
    """Writes the sheet from top to bottom, as files that are written straight to disk must be."""

    def __init__(self, book: Book, content: ReportContent, savings: Savings) -> None:
        self._book = book
        self._content = content
        self._savings = savings
        self._language = book.language
        self._formats = book.formats
        self._sheet: Any = book.add_sheet(book.language.gettext("Summary"))
        self._row = 0
        self._chart_row = 4
        """The first row beside the tables that no chart covers."""

    def write(self) -> None:
        """Write everything."""
        sheet = self._sheet
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, _FIRST_WIDTH)
        sheet.set_column(1, 6, _WIDTH)
        self._head()
        self._kpis()
        self._counts()
        self._savings_by_currency()
        if self._content.trend is not None and len(self._content.trend.points) > 1:
            self._trend(self._content.trend)
        long = []
        for part, table in _tables_of(self._content.parts):
            if len(table.rows) > _MAX_ROWS_BETWEEN:
                long.append((part, table))
            else:
                self._table(table, part)
        self._sources()
        for part, table in long:
            self._table(table, part)

    def _put(self, column: int, value: Any, cell_format: Any) -> None:
        write_value(self._sheet, self._row, column, value, cell_format)

    def _head(self) -> None:
        facts, language = self._content.facts, self._language
        self._sheet.set_row(0, 30)
        self._sheet.set_row(1, 20)
        self._put(0, facts.title, self._formats.title)
        self._row = 1
        self._put(0, facts.client_name, self._formats.heading)
        self._row = 2
        made = language.gettext("Made on {moment}.", moment=language.moment(facts.created_at))
        self._put(0, f"{made} {facts.scope}", self._formats.muted)
        self._row = 4

    def _kpis(self) -> None:
        for kpi in self._content.kpis:
            self._put(0, kpi.label, self._formats.text)
            self._put(2, kpi.note, self._formats.muted_after)
            for value in kpi.values:
                self._put(1, value, self._formats.strong)
                self._row += 1
        if note := self._content.coverage_note:
            lines = -(-columns_of(note) // (_FIRST_WIDTH + (_NOTE_COLUMNS - 1) * _WIDTH))
            self._sheet.set_row(self._row, _LINE_HEIGHT * lines)
            check(self._sheet.merge_range(self._row, 0, self._row, _NOTE_COLUMNS - 1, note, self._formats.muted_wrapped))
            self._row += 1

    def _heading(self, words: str, names: Sequence[str], texts: int = 1) -> None:
        """Write a heading, and the header of the table below it; the next row is the table's first."""
        self._row += 1
        self._sheet.set_row(self._row, 20)
        self._put(0, words, self._formats.heading)
        self._row += 1
        if any(len(name) > _WIDTH - 3 for name in names[1:]):
            self._sheet.set_row(self._row, 28)
        for index, name in enumerate(names):
            self._put(index, name, self._formats.header if index < texts else self._formats.header_right)
        self._row += 1

    def _counts(self) -> None:
        content, language = self._content, self._language
        totals = impact_totals(content.categories)
        impacts = [impact for impact in Impact if impact is not Impact.OTHER or impact in totals]
        titles = [self._language.gettext(terms.IMPACT_TITLES[impact]) for impact in impacts]
        heading = self._language.gettext("By category and impact")
        self._heading(heading, (self._language.gettext("Category"), *titles, self._language.gettext("Total")))
        first, above = self._row, self._row - 1
        for line in content.categories:
            self._put(0, self._language.gettext(terms.CATEGORY_TITLES[line.category]), self._formats.text)
            for index, impact in enumerate(impacts, start=1):
                self._put(index, line.counts.get(impact, 0), self._formats.count)
            self._put(len(impacts) + 1, line.total, self._formats.count)
            self._row += 1
        last = self._row
        self._put(0, self._language.gettext("All categories"), self._formats.bold)
        for index, impact in enumerate(impacts, start=1):
            self._put(index, totals.get(impact, 0), self._formats.count_bold)
        self._put(len(impacts) + 1, content.total, self._formats.count_bold)
        self._row += 1
        if not content.total:
            return
        pictures.impact_ring(
            self._frame(language.gettext("By impact"), content.impact_chart.description),
            names=(above, 1, above, len(impacts)),
            values=(last, 1, last, len(impacts)),
        )
        pictures.impact_bars(
            self._frame(language.gettext("By category"), content.category_chart.description),
            names=(first, 0, last - 1, 0),
            columns={impact: (above, index) for index, impact in enumerate(impacts, start=1)},
        )

    def _savings_by_currency(self) -> None:
        lines = self._savings.by_currency
        if not lines:
            return
        language = self._language
        names = (
            language.gettext("Currency"),
            language.gettext("Counted a year"),
            language.gettext("Number"),
            language.gettext("Alternatives, not counted"),
            language.gettext("Number"),
        )
        self._heading(language.gettext("Savings a year"), names)
        for line in lines:
            amount = self._formats.amount(line.currency)
            self._put(0, line.currency or self._language.gettext("no currency named"), self._formats.text)
            self._put(1, line.counted_amount, amount)
            self._put(2, line.counted_number, self._formats.count)
            self._put(3, line.alternative_amount, amount)
            self._put(4, line.alternative_number, self._formats.count)
            self._row += 1
        converted = self._savings.converted
        if converted is not None and converted.converted:
            words = self._language.gettext(
                "Converted at the rates of {date}", date=self._language.short_date(converted.as_of)
            )
            self._put(0, f"{converted.currency}, {words}", self._formats.text)
            self._put(1, converted.counted_amount, self._formats.amount(converted.currency))
            self._row += 1

    def _trend(self, trend: Trend) -> None:
        impacts = [impact for impact in Impact if any(point.by_impact.get(impact.value) for point in trend.points)]
        titles = [self._language.gettext(terms.IMPACT_TITLES[impact]) for impact in impacts]
        heading = self._language.gettext("Trend")
        self._heading(heading, (self._language.gettext("Date"), *titles, self._language.gettext("Total")))
        first = self._row
        for point in trend.points:
            self._put(0, point.taken_at.date(), self._formats.of_kind[Kind.DATE])
            for index, impact in enumerate(impacts, start=1):
                self._put(index, point.by_impact.get(impact.value, 0), self._formats.count)
            self._put(len(impacts) + 1, point.total, self._formats.count)
            self._row += 1
        alt = "; ".join(f"{point.taken_at:%Y-%m-%d}: {self._language.number(point.total)}" for point in trend.points)
        columns = {
            title: (index, IMPACT_COLOURS[impact])
            for index, (title, impact) in enumerate(zip(titles, impacts, strict=True), 1)
        }
        columns[self._language.gettext("Total")] = (len(impacts) + 1, "#1B2733")
        pictures.course(self._frame(heading, alt), (first, 0, self._row - 1, 0), columns)

    def _frame(self, title: str, alt: str) -> pictures.Frame:
        """Return the frame of the next chart: beside the tables, below the chart before."""
        row = self._chart_row
        self._chart_row += pictures.CHART_ROWS
        return pictures.Frame(self._book.workbook, self._sheet, (row, _CHART_COLUMN), title, alt)

    def _table(self, table: Table, part: Part) -> None:
        """Write a table of a chapter, its numbers as numbers; small ones about savings get a chart."""
        title = f"{part.title} – {table.heading}" if table.heading else part.title
        kept = [index for index, column in enumerate(table.columns) if column.kind is not ColumnKind.PAGE]
        columns = [table.columns[index] for index in kept]
        texts = next((place for place, column in enumerate(columns) if column.kind in _NUMBERS), len(columns))
        self._heading(title, [column.title for column in columns], texts=max(texts, 1))
        first = self._row
        for number, row in enumerate(table.rows, start=1):
            is_total = table.has_total and number == len(table.rows)
            lines = max(_lines_of(row[index], place) for place, index in enumerate(kept))
            if lines > 1:
                self._sheet.set_row(self._row, _LINE_HEIGHT * min(lines, _MAX_LINES))
            for place, index in enumerate(kept):
                self._cell(place, row[index], table.columns[index].kind, is_total=is_total)
            self._row += 1
        last = min(self._row - 1 - table.has_total, first + _MAX_BARS - 1)
        if part.kind is PartKind.SAVINGS and columns[1].kind is ColumnKind.AMOUNT and first <= last:
            self._chart_of_amounts(title, table, first, last)

    def _chart_of_amounts(self, title: str, table: Table, first: int, last: int) -> None:
        accent = self._content.facts.branding.palette.accent
        colours = iter((accent, _ALTERNATIVE_COLOUR, "#1B2733"))
        series = {
            column.title: (place, next(colours))
            for place, column in enumerate(table.columns[:4])
            if column.kind is ColumnKind.AMOUNT
        }
        alt = "; ".join(f"{row[0].text}: {row[1].text or 0}" for row in table.rows[:_MAX_BARS])
        pictures.amount_bars(self._frame(title, alt), (first, 0, last, 0), series)

    def _cell(self, column: int, cell: Cell, kind: ColumnKind, *, is_total: bool) -> None:
        formats = self._formats
        if cell.number is not None and (cell.currency or kind is ColumnKind.AMOUNT):
            self._put(column, cell.number, formats.amount(cell.currency, is_total=is_total, names_currency=True))
        elif cell.number is not None:
            self._put(column, cell.number, formats.count_bold if is_total else formats.count)
        elif cell.day is not None:
            self._put(column, cell.day, formats.of_kind[Kind.DATE])
        else:
            usual = formats.wrapped_right if kind in _NUMBERS else formats.wrapped
            self._put(column, _words_of(cell), formats.bold if is_total else usual)

    def _sources(self) -> None:
        language = self._language
        names = (
            language.gettext("Source"),
            language.gettext("Kind"),
            language.gettext("Data of"),
            language.gettext("Accepted"),
            language.gettext("Rejected"),
        )
        self._heading(language.gettext("Sources"), names, texts=3)
        for source in self._content.facts.sources:
            self._put(0, source.file_name, self._formats.text)
            self._put(1, source_kind(source.kind, self._language), self._formats.text)
            self._put(2, source.exported_at, self._formats.of_kind[Kind.MOMENT])
            self._put(3, source.accepted, self._formats.count)
            self._put(4, source.rejected, self._formats.count)
            self._row += 1


def _words_of(cell: Cell) -> str:
    words = f"{cell.text} ({cell.note})" if cell.note and cell.text else cell.text or cell.note
    return words.replace("\n", "; ")


def _lines_of(cell: Cell, place: int) -> int:
    """Return how many lines a cell takes; numbers and days always take one."""
    if cell.number is not None or cell.day is not None:
        return 1
    return max(-(-columns_of(_words_of(cell)) // (_WIDTH if place else _FIRST_WIDTH)), 1)


def _tables_of(parts: Sequence[Part]) -> Iterator[tuple[Part, Table]]:
    """Yield the tables of the chapters, and those of what charts draw, each row once."""
    for part in parts:
        if part.kind in _TOLD_ELSEWHERE:
            continue
        for block in part.blocks:
            if isinstance(block, Figure) and block.table is not None:
                yield part, block.table
            elif isinstance(block, Table) and not block.is_excerpt:
                yield part, block
