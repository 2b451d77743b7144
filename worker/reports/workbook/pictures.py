"""Native charts of the workbook: drawn by Excel from cells of the summary, each with a text for those who cannot see it."""

from typing import Any, NamedTuple

from shared.advisor.vocabulary import Impact
from worker.reports.charts.shapes import IMPACT_COLOURS

_FONT = {"name": "Calibri", "size": 10, "color": "#1B2733"}
_TITLE_FONT = {"name": "Calibri", "size": 12, "bold": True, "color": "#1B2733"}
_GRID = {"visible": True, "line": {"color": "#DDE3E9"}}
_WIDTH, _HEIGHT = 520, 280

Cells = tuple[int, int, int, int]
"""First row, first column, last row, last column."""


class Frame(NamedTuple):
    """Where a chart hangs, and what is said of it."""

    workbook: Any
    sheet: Any
    at: tuple[int, int]
    """Row and column of its upper left corner."""
    title: str
    alt: str


def impact_ring(frame: Frame, names: Cells, values: Cells) -> None:
    """Insert a ring with the share of each impact, in the order of :class:`Impact`."""
    chart = frame.workbook.add_chart({"type": "doughnut"})
    slices = values[3] - values[1] + 1
    bold = {**_FONT, "bold": True}
    labels = [{"font": {**bold, "color": "#FFFFFF" if impact is Impact.HIGH else _FONT["color"]}} for impact in Impact]
    points = [{"fill": {"color": IMPACT_COLOURS[impact]}, "border": {"color": "#FFFFFF"}} for impact in Impact]
    chart.add_series(
        {
            "name": frame.title,
            "categories": [frame.sheet.name, *names],
            "values": [frame.sheet.name, *values],
            "points": points[:slices],
            # Of nothing there is no slice, so its zero would hang in the air.
            "data_labels": {"value": True, "num_format": "#,##0;;", "font": bold, "custom": labels[:slices]},
        }
    )
    chart.set_hole_size(55)
    chart.set_legend({"position": "right", "font": _FONT})
    _insert(frame, chart)


def impact_bars(frame: Frame, names: Cells, columns: dict[Impact, tuple[int, int]]) -> None:
    """Insert one bar for each category, divided by impact; ``columns`` are the heading's cells."""
    chart = frame.workbook.add_chart({"type": "bar", "subtype": "stacked"})
    for impact, (row, column) in columns.items():
        chart.add_series(
            {
                "name": [frame.sheet.name, row, column],
                "categories": [frame.sheet.name, *names],
                "values": [frame.sheet.name, names[0], column, names[2], column],
                "fill": {"color": IMPACT_COLOURS[impact]},
                "gap": 60,
            }
        )
    _as_bars(chart)
    chart.set_legend({"position": "bottom", "font": _FONT})
    _insert(frame, chart)


def amount_bars(frame: Frame, names: Cells, series: dict[str, tuple[int, str]]) -> None:
    """Insert bars of amounts; ``series`` name the column of each and its colour."""
    chart = frame.workbook.add_chart({"type": "bar"})
    for name, (column, colour) in series.items():
        chart.add_series(
            {
                "name": name,
                "categories": [frame.sheet.name, *names],
                "values": [frame.sheet.name, names[0], column, names[2], column],
                "fill": {"color": colour},
                "data_labels": {"value": True, "num_format": "#,##0", "font": _FONT},
                "gap": 60,
            }
        )
    _as_bars(chart)
    # Every bar has its amount at its end: an axis of large numbers would only be crowded.
    chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}})
    chart.set_plotarea({"layout": {"x": 0.34, "y": 0.15, "width": 0.55, "height": 0.68}})
    chart.set_legend({"position": "bottom", "font": _FONT} if len(series) > 1 else {"none": True})
    _insert(frame, chart)


def course(frame: Frame, names: Cells, columns: dict[str, tuple[int, str]]) -> None:
    """Insert lines over time; ``columns`` name the column of each line and its colour."""
    chart = frame.workbook.add_chart({"type": "line"})
    markers = ("circle", "diamond", "square", "triangle")
    for number, (name, (column, colour)) in enumerate(columns.items()):
        chart.add_series(
            {
                "name": name,
                "categories": [frame.sheet.name, *names],
                "values": [frame.sheet.name, names[0], column, names[2], column],
                "line": {"color": colour, "width": 2},
                # Lines differ by their marks too, for those who cannot tell the colours.
                "marker": {
                    "type": markers[number % len(markers)],
                    "size": 6,
                    "fill": {"color": colour},
                    "border": {"color": colour},
                },
            }
        )
    chart.set_x_axis({"num_font": _FONT, "num_format": "yyyy-mm-dd", "text_axis": True})
    chart.set_y_axis({"num_font": _FONT, "min": 0, "major_gridlines": _GRID})
    chart.set_legend({"position": "bottom", "font": _FONT})
    _insert(frame, chart)


def _as_bars(chart: Any) -> None:
    chart.set_y_axis({"reverse": True, "num_font": _FONT, "line": {"none": True}, "major_tick_mark": "none"})
    chart.set_x_axis({"num_font": _FONT, "num_format": "#,##0", "major_gridlines": _GRID})


def _insert(frame: Frame, chart: Any) -> None:
    chart.set_title({"name": frame.title, "name_font": _TITLE_FONT, "overlay": False})
    chart.set_size({"width": _WIDTH, "height": _HEIGHT})
    chart.set_chartarea({"border": {"color": "#DDE3E9"}})
    frame.sheet.insert_chart(*frame.at, chart, {"description": frame.alt, "object_position": 2})


CHART_ROWS = _HEIGHT // 20 + 2
"""How many rows of usual height a chart covers."""
