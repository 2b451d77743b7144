"""The charts of a telephone: as wide as its screen, every label above its bar; nothing is cut or too small to read."""

from collections.abc import Iterable

from shared.advisor.vocabulary import Impact
from worker.reports.charts.shapes import (
    TRACK_COLOUR,
    bar,
    fitting,
    hatched,
    image,
    impact_bar,
    in_lines,
    rule,
    text,
    width_of,
)
from worker.reports.charts.values import ChangeBars, ScoreBars, StackedBars, Timeline, Waterfall

NARROW = 288
"""What a screen of 320 pixels leaves between its margins."""

_ROW = 42.0
_LABEL_COLUMNS = 44
_WORD_WIDTH = 6.2


def narrow_stacked_bars(chart: StackedBars) -> str:
    """Draw bars divided by impact, each under its name."""
    shapes, top = _legend((entry.impact, entry.label) for entry in chart.legend)
    longest = max((sum(row.counts.values()) for row in chart.rows), default=0) or 1
    scale = (NARROW - 12 - max((width_of(row.text) for row in chart.rows), default=0)) / longest
    for index, row in enumerate(chart.rows):
        y, x = top + index * _ROW, 0.0
        shapes.append(text(0, y + 10, fitting(row.label, _LABEL_COLUMNS)))
        for entry in chart.legend:
            if count := row.counts.get(entry.impact, 0):
                shapes.append(impact_bar(x, y + 16, count * scale - 1, entry.impact, height=13))
                x += count * scale
        shapes.append(text(x + 6, y + 27, row.text, weight=600 if x else 400))
    return image(chart.title, chart.description, NARROW, top + len(chart.rows) * _ROW, shapes)


def narrow_change_bars(chart: ChangeBars, accent: str) -> str:
    """Draw what is gone to the left of a middle line and what came to its right, each pair under its name."""
    gone_room = 10 + max((width_of(row.gone_text) for row in chart.rows), default=0)
    came_room = 10 + max((width_of(row.came_text) for row in chart.rows), default=0)
    half = max((NARROW - gone_room - came_room) / 2, 20)
    middle, top = gone_room + half, 26.0
    longest = max((max(row.gone, row.came) for row in chart.rows), default=0) or 1
    second = 15 + width_of(chart.gone_label, 10) + 16
    shapes = [
        hatched(0, 2, 10, 9, accent),
        text(15, 10.5, chart.gone_label, size=10),
        bar(second, 2, 10, accent, "accent", height=9),
        text(second + 15, 10.5, chart.came_label, size=10),
    ]
    for index, row in enumerate(chart.rows):
        y = top + index * _ROW
        shapes.append(text(0, y + 10, fitting(row.label, _LABEL_COLUMNS)))
        gone, came = row.gone / longest * half, row.came / longest * half
        shapes.append(rule(middle, y + 14, middle, y + 33))
        if gone:
            shapes.append(hatched(middle - gone, y + 17, gone - 0.5, 13, accent))
        if came:
            shapes.append(bar(middle + 0.5, y + 17, came, accent, "accent", height=13))
        shapes.append(text(middle - gone - 6, y + 28, row.gone_text, anchor="end", weight=600 if gone else 400))
        shapes.append(text(middle + came + 6, y + 28, row.came_text, weight=600 if came else 400))
    return image(chart.title, chart.description, NARROW, top + len(chart.rows) * _ROW, shapes)


def narrow_score_bars(chart: ScoreBars, accent: str) -> str:
    """Draw scores as filled parts of a track from 0 to 100, name and what can be gained above it."""
    track = NARROW - 10 - max((width_of(row.text) for row in chart.rows), default=0)
    shapes = []
    for index, row in enumerate(chart.rows):
        y, height = index * _ROW, 14.0 if index == 0 else 10.0
        room = int((NARROW - 12 - width_of(row.note, 10)) / _WORD_WIDTH)
        shapes += [
            text(0, y + 11, fitting(row.label, max(room, 10)), weight=700 if index == 0 else 400),
            text(NARROW, y + 11, row.note, anchor="end", size=10, quiet=True),
            bar(0, y + 17, track, TRACK_COLOUR, "track", height=height),
            bar(0, y + 17, min(max(row.value, 0), 100) / 100 * track, accent, "accent", height=height),
            text(track + 8, y + 21 + height / 2, row.text, weight=700 if index == 0 else 600),
        ]
    return image(chart.title, chart.description, NARROW, max(len(chart.rows) * _ROW, 20), shapes)


def narrow_waterfall(chart: Waterfall, accent: str) -> str:
    """Draw the steps under one another, from left to right; what is taken off is hatched."""
    highest = max((step.value for step in chart.steps), default=0) or 1
    scale, level, y, shapes = NARROW / highest, 0.0, 0.0, list[str]()
    for step in chart.steps:
        length = step.value * scale
        lines = in_lines(step.label, max(int((NARROW - 12 - width_of(step.text)) / _WORD_WIDTH), 10))
        shapes += [text(0, y + 10 + number * 14, words) for number, words in enumerate(lines)]
        shapes.append(text(NARROW, y + 10, step.text, anchor="end", weight=600))
        y += 2 + 14 * len(lines)
        if step.kind == "less":
            level -= step.value
            shapes.append(hatched(max(level, 0) * scale, y, length, 15, accent))
        else:
            level = step.value if step.kind != "part" else level
            shapes.append(bar(0, y, length, accent, "accent", is_pale=step.kind == "part"))
        y += 28
    return image(chart.title, chart.description, NARROW, max(y, 20), shapes)


def narrow_timeline(chart: Timeline, accent: str) -> str:
    """Draw the days in their order, what happens under each."""
    ordered = sorted(chart.events, key=lambda event: event.day)
    shapes, y, today_told = list[str](), 0.0, False
    for event in ordered:
        if event.day >= chart.today and not today_told:
            shapes += _today(chart.today_text, y)
            y, today_told = y + 24, True
        filled = event.day >= chart.today
        fill = f'class="accent" fill="{accent}"' if filled else f'class="accent-line" fill="none" stroke="{accent}"'
        shapes.append(f'<circle cx="6" cy="{y + 8:.1f}" r="4" {fill} stroke-width="1.6"/>')
        shapes.append(text(20, y + 12, event.day_text, weight=600))
        shapes.append(text(NARROW, y + 12, event.note, anchor="end", size=10, quiet=True))
        lines = in_lines(event.label, int((NARROW - 20) / _WORD_WIDTH))
        shapes += [text(20, y + 27 + number * 14, words) for number, words in enumerate(lines)]
        y += 28 + 14 * len(lines)
    if not today_told:
        shapes += _today(chart.today_text, y)
        y += 24
    return image(chart.title, chart.description, NARROW, y, shapes)


def _today(words: str, y: float) -> list[str]:
    return [text(20, y + 11, words, size=10), rule(28 + width_of(words, 10), y + 7.5, NARROW, y + 7.5, dashed=True)]


def _legend(entries: Iterable[tuple[Impact, str]]) -> tuple[list[str], float]:
    """Return the key in as many lines as it takes, and where the chart begins under it."""
    shapes, x, y = list[str](), 0.0, 9.0
    for impact, label in entries:
        width = 14 + width_of(label, 9.4)
        if x and x + width > NARROW:
            x, y = 0.0, y + 17
        shapes.append(impact_bar(x, y - 7, 9, impact, height=9))
        shapes.append(text(x + 14, y + 1.5, label, size=10))
        x += width + 18
    return shapes, y + 16
