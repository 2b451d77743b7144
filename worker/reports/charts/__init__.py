"""Charts as data, and the small SVG images they become.

The same image stands in the PDF and in the HTML page: real text in the report's font, parts that differ in lightness or in
pattern as well as in hue (so they hold in greyscale and for colour-blind readers), a value beside every mark, and a title
and description for those who listen. Every word arrives with the data: nothing here speaks a language of its own. Text is
``currentColor`` and shapes carry a class, so a page with a dark background can recolour both.
"""

from worker.reports.charts.drawing import narrow_svg, svg
from worker.reports.charts.values import (
    BarRow,
    Bars,
    ChangeBars,
    ChangeRow,
    Chart,
    Donut,
    LegendEntry,
    Lines,
    ScoreBars,
    ScoreRow,
    Series,
    Slice,
    StackedBars,
    StackedRow,
    Timeline,
    TimelineEvent,
    Waterfall,
    WaterfallStep,
)

__all__ = [
    "BarRow",
    "Bars",
    "ChangeBars",
    "ChangeRow",
    "Chart",
    "Donut",
    "LegendEntry",
    "Lines",
    "ScoreBars",
    "ScoreRow",
    "Series",
    "Slice",
    "StackedBars",
    "StackedRow",
    "Timeline",
    "TimelineEvent",
    "Waterfall",
    "WaterfallStep",
    "narrow_svg",
    "svg",
]
