"""Charts as PowerPoint's own, which can be edited: the same values, words and colours as in the other formats."""

from collections.abc import Callable, Sequence
from typing import Any

from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_LEGEND_POSITION
from pptx.util import Pt

from shared.advisor.vocabulary import Impact
from worker.reports.charts import Bars, ChangeBars, Chart, Donut, Lines, ScoreBars, StackedBars, Waterfall
from worker.reports.charts.shapes import IMPACT_COLOURS
from worker.reports.presentation.pen import INK, MUTED, Box, rgb

_SIZE = Pt(12)
_PALE = "#9fb3bf"


def add_chart(slide: Any, chart: Chart, box: Box, accent: str) -> Any:
    """Put a chart on a slide and return its frame; a timeline is none of Office's kinds and raises :class:`TypeError`."""
    for kind, add in _KINDS.items():
        if isinstance(chart, kind):
            return add(slide, chart, box, accent)
    raise TypeError(f"no native chart for {type(chart).__name__}")


def _stacked(slide: Any, chart: StackedBars, box: Box, _accent: str) -> Any:
    data = CategoryChartData(number_format="#,##0")
    rows = chart.rows[::-1]
    data.categories = [f"{row.label}: {row.text}" for row in rows]
    for entry in chart.legend:
        data.add_series(entry.label, [row.counts.get(entry.impact, 0) for row in rows])
    frame, drawn = _new(slide, XL_CHART_TYPE.BAR_STACKED, data, box)
    for entry, series in zip(chart.legend, drawn.plots[0].series, strict=True):
        _paint(series.format, IMPACT_COLOURS[entry.impact])
    _legend(drawn)
    _bare(drawn, gap=45)
    drawn.plots[0].overlap = 100
    return frame


def _bars(slide: Any, chart: Bars, box: Box, accent: str) -> Any:
    return _single(slide, [(row.label, row.value, row.text) for row in chart.rows[::-1]], chart.title, box, accent)


def _scores(slide: Any, chart: ScoreBars, box: Box, accent: str) -> Any:
    rows = [(row.label, row.value, row.text) for row in chart.rows[::-1]]
    frame = _single(slide, rows, chart.title, box, accent)
    frame.chart.value_axis.minimum_scale, frame.chart.value_axis.maximum_scale = 0, 100
    return frame


def _single(slide: Any, rows: Sequence[tuple[str, float, str]], title: str, box: Box, accent: str) -> Any:
    data = CategoryChartData()
    data.categories = [label for label, _, _ in rows]
    data.add_series(title, [value for _, value, _ in rows])
    frame, drawn = _new(slide, XL_CHART_TYPE.BAR_CLUSTERED, data, box)
    series = drawn.plots[0].series[0]
    _paint(series.format, accent)
    for index, (_, _, text) in enumerate(rows):
        _label(series.points[index], text, XL_LABEL_POSITION.OUTSIDE_END)
    _bare(drawn, gap=55)
    return frame


def _donut(slide: Any, chart: Donut, box: Box, _accent: str) -> Any:
    parts = [part for part in chart.slices if part.value]
    data = CategoryChartData(number_format="#,##0")
    data.categories = [part.label for part in parts]
    data.add_series(chart.title, [part.value for part in parts])
    frame, drawn = _new(slide, XL_CHART_TYPE.DOUGHNUT, data, box)
    for index, part in enumerate(parts):
        point = drawn.plots[0].series[0].points[index]
        _paint(point.format, IMPACT_COLOURS[part.impact])
        _label(point, part.text, None, "#ffffff" if part.impact is Impact.HIGH else INK)
    _legend(drawn)
    return frame


def _waterfall(slide: Any, chart: Waterfall, box: Box, accent: str) -> Any:
    """Columns that stand on invisible ones: Office's own kind of waterfall cannot be written by other programs."""
    grounds, level = list[float](), 0.0
    for step in chart.steps:
        if step.kind == "less":
            level -= step.value
            grounds.append(level)
        else:
            level = step.value if step.kind != "part" else level
            grounds.append(0.0)
    data = CategoryChartData(number_format="#,##0")
    data.categories = [step.label for step in chart.steps]
    data.add_series("", grounds)
    data.add_series(chart.title, [step.value for step in chart.steps])
    frame, drawn = _new(slide, XL_CHART_TYPE.COLUMN_STACKED, data, box)
    hidden, shown = drawn.plots[0].series
    hidden.format.fill.background()
    _paint(shown.format, accent)
    for index, step in enumerate(chart.steps):
        point = shown.points[index]
        if step.kind in {"less", "part"}:
            _paint(point.format, _PALE)
        _label(point, step.text, XL_LABEL_POSITION.INSIDE_END, INK if step.kind in {"less", "part"} else "#ffffff")
    _bare(drawn, gap=25)
    drawn.plots[0].overlap = 100
    return frame


def _changes(slide: Any, chart: ChangeBars, box: Box, accent: str) -> Any:
    rows = chart.rows[::-1]
    data = CategoryChartData(number_format="#,##0")
    data.categories = [row.label for row in rows]
    data.add_series(chart.came_label, [row.came for row in rows])
    data.add_series(chart.gone_label, [row.gone for row in rows])
    frame, drawn = _new(slide, XL_CHART_TYPE.BAR_CLUSTERED, data, box)
    came, gone = drawn.plots[0].series
    _paint(came.format, accent)
    _paint(gone.format, _PALE)
    drawn.plots[0].has_data_labels = True
    drawn.plots[0].data_labels.font.size = _SIZE
    _legend(drawn)
    _bare(drawn, gap=60)
    return frame


def _lines(slide: Any, chart: Lines, box: Box, accent: str) -> Any:
    data = CategoryChartData(number_format="#,##0")
    data.categories = chart.labels
    for series in chart.series:
        data.add_series(series.label, series.values)
    frame, drawn = _new(slide, XL_CHART_TYPE.LINE_MARKERS, data, box)
    colours = (accent, IMPACT_COLOURS[Impact.HIGH], IMPACT_COLOURS[Impact.MEDIUM])
    for colour, series in zip(colours, drawn.plots[0].series, strict=False):
        series.format.line.color.rgb = rgb(colour)
        series.format.line.width = Pt(2.25)
        series.smooth = False
        _paint(series.marker.format, colour)
    _legend(drawn)
    drawn.value_axis.minimum_scale = 0
    drawn.value_axis.has_major_gridlines = False
    for axis in (drawn.value_axis, drawn.category_axis):
        axis.tick_labels.font.size = Pt(10)
    return frame


def _new(slide: Any, kind: Any, data: CategoryChartData, box: Box) -> tuple[Any, Any]:
    frame = slide.shapes.add_chart(kind, *box, data)
    chart = frame.chart
    chart.has_title = chart.has_legend = False
    chart.font.size = _SIZE
    chart.font.color.rgb = rgb(INK)
    return frame, chart


def _bare(chart: Any, *, gap: int) -> None:
    """Leave out the axis of values and its grid: every bar has its value beside it or in a legend's row."""
    chart.plots[0].gap_width = gap
    chart.value_axis.visible = False
    chart.value_axis.has_major_gridlines = False
    chart.value_axis.minimum_scale = 0
    chart.category_axis.format.line.color.rgb = rgb(MUTED)
    chart.category_axis.has_major_gridlines = False


def _legend(chart: Any) -> None:
    chart.has_legend = True
    chart.legend.position = XL_LEGEND_POSITION.TOP
    chart.legend.include_in_layout = False
    chart.legend.font.size = _SIZE


def _paint(target: Any, colour: str) -> None:
    target.fill.solid()
    target.fill.fore_color.rgb = rgb(colour)


def _label(point: Any, text: str, position: Any, colour: str = INK) -> None:
    label = point.data_label
    label.has_text_frame = True
    run = label.text_frame.paragraphs[0].add_run()
    run.text = text
    run.font.size, run.font.bold = _SIZE, True
    run.font.color.rgb = rgb(colour)
    if position is not None:
        label.position = position


_KINDS: dict[type[Any], Callable[[Any, Any, Box, str], Any]] = {
    StackedBars: _stacked,
    Bars: _bars,
    ScoreBars: _scores,
    Donut: _donut,
    Waterfall: _waterfall,
    ChangeBars: _changes,
    Lines: _lines,
}
