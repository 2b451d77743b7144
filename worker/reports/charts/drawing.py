"""Draw a chart of any kind."""

from worker.reports.charts.bars import draw_bars, draw_change_bars, draw_score_bars, draw_stacked_bars
from worker.reports.charts.donut import draw_donut
from worker.reports.charts.lines import draw_lines
from worker.reports.charts.narrow import (
    NARROW,
    narrow_change_bars,
    narrow_score_bars,
    narrow_stacked_bars,
    narrow_timeline,
    narrow_waterfall,
)
from worker.reports.charts.shapes import ACCENT_COLOUR, TEXT_FONT
from worker.reports.charts.timeline import draw_timeline
from worker.reports.charts.values import (
    Bars,
    ChangeBars,
    Chart,
    Donut,
    Lines,
    ScoreBars,
    StackedBars,
    Timeline,
    Waterfall,
)
from worker.reports.charts.waterfall import draw_waterfall


def svg(chart: Chart, accent: str = ACCENT_COLOUR, font: str = TEXT_FONT) -> str:
    """Return the chart as one SVG element with a title and a description, ready to stand alone or inside HTML.

    ``accent`` is the colour of what is not coloured by impact, as ``#rrggbb``; ``font`` the family that comes first.
    """
    drawn = _drawn(chart, accent)
    return (
        drawn
        if font == TEXT_FONT
        else drawn.replace(f"font-family=\"'{TEXT_FONT}'", f"font-family=\"'{font}', '{TEXT_FONT}'", 1)
    )


def narrow_svg(chart: Chart, accent: str = ACCENT_COLOUR) -> str:
    """Return the same chart for the screen of a telephone, as one SVG element of the class ``small``."""
    return _drawn_narrow(chart, accent).replace("<svg ", '<svg class="small" ', 1)


def _drawn_narrow(chart: Chart, accent: str) -> str:  # noqa: PLR0911  (one line a kind)
    match chart:
        case StackedBars():
            return narrow_stacked_bars(chart)
        case Bars():
            return draw_bars(chart, accent, NARROW)
        case Donut():
            return draw_donut(chart)
        case Waterfall():
            return narrow_waterfall(chart, accent)
        case Lines():
            return draw_lines(chart, accent, NARROW)
        case ChangeBars():
            return narrow_change_bars(chart, accent)
        case ScoreBars():
            return narrow_score_bars(chart, accent)
        case Timeline():
            return narrow_timeline(chart, accent)


def _drawn(chart: Chart, accent: str) -> str:  # noqa: PLR0911  (one line a kind)
    match chart:
        case StackedBars():
            return draw_stacked_bars(chart)
        case Bars():
            return draw_bars(chart, accent)
        case Donut():
            return draw_donut(chart)
        case Waterfall():
            return draw_waterfall(chart, accent)
        case Lines():
            return draw_lines(chart, accent)
        case ChangeBars():
            return draw_change_bars(chart, accent)
        case ScoreBars():
            return draw_score_bars(chart, accent)
        case Timeline():
            return draw_timeline(chart, accent)
