"""Charts of horizontal bars."""

from worker.reports.charts.shapes import (
    BAR_HEIGHT,
    TRACK_COLOUR,
    WIDTH,
    bar,
    fitting,
    hatched,
    image,
    impact_bar,
    rule,
    text,
    width_of,
)
from worker.reports.charts.values import Bars, ChangeBars, LegendEntry, ScoreBars, StackedBars

_ROW = 27.0
_MAX_LABEL_COLUMNS = 80
_SIDE_LABEL_COLUMNS = 34
_MAX_SIDE_LABEL_WIDTH = 190.0


def draw_stacked_bars(chart: StackedBars) -> str:
    """Draw bars divided by impact, their totals at the end."""
    left = min(max((width_of(row.label) for row in chart.rows), default=0), _MAX_SIDE_LABEL_WIDTH) + 12
    right, top = 50, 32
    longest = max((sum(row.counts.values()) for row in chart.rows), default=0) or 1
    scale = (WIDTH - left - right) / longest
    shapes = [_legend(left, 9, chart.legend)]
    for index, row in enumerate(chart.rows):
        y = top + index * _ROW
        shapes.append(text(left - 10, y + 12, fitting(row.label, _SIDE_LABEL_COLUMNS), anchor="end"))
        x = left
        for entry in chart.legend:
            if count := row.counts.get(entry.impact, 0):
                length = count * scale
                # A hair of white between two parts keeps them apart where they are printed in greyscale.
                shapes.append(impact_bar(x, y, length - 1, entry.impact))
                x += length
        shapes.append(text(x + 6, y + 12, row.text, weight=600 if x > left else 400))
    height = top + len(chart.rows) * _ROW
    shapes.append(rule(left, top - 6, left, height - 6))
    return image(chart.title, chart.description, WIDTH, height, shapes)


def draw_bars(chart: Bars, accent: str, width: float = WIDTH) -> str:
    """Draw each bar under its label, the value at its end."""
    right = 12 + max((width_of(row.text) for row in chart.rows), default=0)
    longest = max((row.value for row in chart.rows), default=0) or 1
    shapes = []
    for index, row in enumerate(chart.rows):
        y = index * 38
        shapes.append(text(0, y + 12, fitting(row.label, min(_MAX_LABEL_COLUMNS, int(width / 6.2)))))
        length = max(row.value / longest * (width - right), 1.5)
        shapes.append(bar(0, y + 18, length, accent, "accent", height=10))
        shapes.append(text(length + 7, y + 27, row.text, weight=600))
    return image(chart.title, chart.description, width, max(len(chart.rows) * 38, 20), shapes)


def draw_change_bars(chart: ChangeBars, accent: str) -> str:
    """Draw what is gone as hatched bars to the left of a middle line, and what came as filled ones to its right."""
    left = min(max((width_of(row.label) for row in chart.rows), default=0), _MAX_SIDE_LABEL_WIDTH) + 12
    gone_room = 10 + max((width_of(row.gone_text) for row in chart.rows), default=0)
    came_room = 10 + max((width_of(row.came_text) for row in chart.rows), default=0)
    half = (WIDTH - left - gone_room - came_room) / 2
    middle, top = left + gone_room + half, 32
    longest = max((max(row.gone, row.came) for row in chart.rows), default=0) or 1
    shapes = [
        hatched(left, 2, 10, 9, accent),
        text(left + 15, 10.5, chart.gone_label, size=10),
        bar(middle + 6, 2, 10, accent, "accent", height=9),
        text(middle + 21, 10.5, chart.came_label, size=10),
    ]
    for index, row in enumerate(chart.rows):
        y = top + index * _ROW
        shapes.append(text(left - 10, y + 12, fitting(row.label, _SIDE_LABEL_COLUMNS), anchor="end"))
        gone, came = row.gone / longest * half, row.came / longest * half
        if gone:
            shapes.append(hatched(middle - gone, y, gone - 0.5, BAR_HEIGHT, accent))
        if came:
            shapes.append(bar(middle + 0.5, y, came, accent, "accent"))
        shapes.append(text(middle - gone - 6, y + 12, row.gone_text, anchor="end", weight=600 if gone else 400))
        shapes.append(text(middle + came + 6, y + 12, row.came_text, weight=600 if came else 400))
    height = top + len(chart.rows) * _ROW
    shapes.append(rule(middle, top - 6, middle, height - 6))
    return image(chart.title, chart.description, WIDTH, height, shapes)


def draw_score_bars(chart: ScoreBars, accent: str) -> str:
    """Draw scores as filled parts of a track from 0 to 100, the first one as a figure with a larger track."""
    # The first label is bold, and bolder still in a browser's own fonts.
    widths = (width_of(row.label, 11 if index else 12.5) for index, row in enumerate(chart.rows))
    left = min(max(widths, default=0), _MAX_SIDE_LABEL_WIDTH) + 14
    note_room = 12 + max((width_of(row.note, 10) for row in chart.rows), default=0)
    value_room = 12 + max((width_of(row.text) for row in chart.rows), default=0)
    track = max(WIDTH - left - note_room - value_room, 80)
    shapes = []
    y = 0.0
    for index, row in enumerate(chart.rows):
        height = 20.0 if index == 0 else 11.0
        share = min(max(row.value, 0), 100) / 100
        weight = 700 if index == 0 else 400
        shapes += [
            text(left - 12, y + height / 2 + 4, fitting(row.label, _SIDE_LABEL_COLUMNS), anchor="end", weight=weight),
            bar(left, y, track, TRACK_COLOUR, "track", height=height),
            bar(left, y, share * track, accent, "accent", height=height),
            text(left + track + 8, y + height / 2 + 4, row.text, weight=700 if index == 0 else 600),
            text(WIDTH, y + height / 2 + 4, row.note, anchor="end", size=10, quiet=True),
        ]
        y += height + (18 if index == 0 else 15)
    return image(chart.title, chart.description, WIDTH, max(y, 20), shapes)


def _legend(x: float, y: float, entries: tuple[LegendEntry, ...]) -> str:
    parts = []
    for entry in entries:
        parts.append(impact_bar(x, y - 7, 9, entry.impact, height=9))
        parts.append(text(x + 14, y + 1.5, entry.label, size=10))
        x += 32 + width_of(entry.label, 9.4)
    return "".join(parts)
