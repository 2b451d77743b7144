"""Tables on slides, as many rows as can be read from the last row of chairs."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from pptx.enum.text import MSO_ANCHOR
from pptx.util import Inches

from worker.reports.blocks import Cell, ColumnKind, Table
from worker.reports.charts import Timeline
from worker.reports.presentation.pen import INK, WHITE, Box, Pen, Style, describe, rgb
from worker.reports.wording import shortened

MAX_ROWS = 9
_ROW_HEIGHT, _LARGE_ROW_HEIGHT = Inches(0.38), Inches(0.5)
_MAX_LARGE_ROWS = 8
_MAX_CELL_CHARS = 110
_NUMBERS = frozenset({ColumnKind.COUNT, ColumnKind.AMOUNT})


class Shown(NamedTuple):
    """What of a table is on its slide: how many of its rows, without the one that sums up, and how high they are."""

    rows: int
    total: int
    height: int


def add_table(slide: Any, table: Table, box: Box, pen: Pen, header_colour: str) -> Shown:
    """Put the first rows of a table on a slide, and its last where that sums up the others; return what is there."""
    kept = [index for index, column in enumerate(table.columns) if column.kind is not ColumnKind.PAGE]
    rows = table.rows
    if len(rows) > MAX_ROWS:
        rows = rows[: MAX_ROWS - 1] + rows[-1:] if table.has_total else rows[:MAX_ROWS]
    columns = [table.columns[index] for index in kept]
    grid = [[Cell(column.title) for column in columns], *([row[index] for index in kept] for row in rows)]
    is_large = len(grid) <= _MAX_LARGE_ROWS and len(grid) * _LARGE_ROW_HEIGHT <= box.height
    height = _LARGE_ROW_HEIGHT if is_large else _ROW_HEIGHT
    frame = _frame(slide, len(grid), [column.share for column in columns], box, height)
    describe(frame, table.heading or columns[0].title)
    frame.table.last_row = table.has_total
    for number, row in enumerate(grid):
        is_header, is_total = number == 0, table.has_total and number == len(grid) - 1
        for index, cell in enumerate(row):
            style = Style(
                13 if is_large else 11,
                WHITE if is_header else INK,
                bold=is_header or is_total or cell.impact is not None,
                is_right=columns[index].kind in _NUMBERS,
                language=cell.language,
            )
            _fill(frame.table.cell(number, index), cell.text, style, header_colour if is_header else WHITE, pen)
    return Shown(len(rows) - table.has_total, len(table.rows) - table.has_total, height * len(grid))


def height_of(table: Table) -> int:
    """Return how high a small table is, with its header."""
    return int(_ROW_HEIGHT * (len(table.rows) + 1))


def add_timeline(slide: Any, timeline: Timeline, box: Box, pen: Pen, header_colour: str) -> None:
    """Put the days of a timeline on a slide as a table: no chart of Office draws them."""
    events = timeline.events[:MAX_ROWS]
    if not events:
        return
    frame = _frame(slide, len(events), (1.3, 2.7, 1.9), box, _LARGE_ROW_HEIGHT)
    describe(frame, f"{timeline.title}. {timeline.description}")
    frame.table.first_row, frame.table.first_col = False, True
    for number, event in enumerate(events):
        _fill(frame.table.cell(number, 0), event.day_text, Style(12, header_colour, bold=True), WHITE, pen)
        _fill(frame.table.cell(number, 1), event.label, Style(12), WHITE, pen)
        _fill(frame.table.cell(number, 2), event.note, Style(12, is_right=True), WHITE, pen)


def _frame(slide: Any, rows: int, shares: Sequence[float], box: Box, row_height: int) -> Any:
    frame = slide.shapes.add_table(rows, len(shares), box.left, box.top, box.width, row_height * rows)
    frame.table.horz_banding = False
    for index, share in enumerate(shares):
        frame.table.columns[index].width = int(box.width * share / sum(shares))
    for row in frame.table.rows:
        row.height = row_height
    return frame


def _fill(cell: Any, text: str, style: Style, ground: str, pen: Pen) -> None:
    cell.fill.solid()
    cell.fill.fore_color.rgb = rgb(ground)
    cell.margin_top = cell.margin_bottom = Inches(0.03)
    cell.vertical_anchor = MSO_ANCHOR.MIDDLE
    pen.write(cell.text_frame, (shortened(text, _MAX_CELL_CHARS) or "–").split("\n"), style)
