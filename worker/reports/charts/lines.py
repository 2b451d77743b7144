"""Values over time, as lines that differ in dash and mark as well as in colour."""

import math

from shared.advisor.vocabulary import Impact
from worker.reports.charts.shapes import IMPACT_COLOURS, WIDTH, image, rule, text, width_of
from worker.reports.charts.values import Lines, Series

_HEIGHT = 130.0
_TOP = 34.0
_DASHES = ("", "6 4", "2 3")
_BETWEEN_LABELS = 8


def draw_lines(chart: Lines, accent: str, width: float = WIDTH) -> str:
    """Draw up to three lines over one axis, a mark at every value, and the last value beside each line's end."""
    right = 14 + max((width_of(series.text) for series in chart.series), default=0)
    left = 10 + width_of(chart.top_text, 9.5)
    # The key takes a further line where the chart is too narrow for it.
    places, top = _key(chart, width)
    ground = top + _HEIGHT
    highest = max((value for series in chart.series for value in series.values if value is not None), default=0) or 1
    step = (width - left - right) / max(len(chart.labels) - 1, 1)
    shapes = [
        rule(left, top, width - right, top, dashed=True),
        rule(left, ground, width - right, ground),
        text(left - 8, top + 3.5, chart.top_text, anchor="end", size=9.5, quiet=True),
        text(left - 8, ground + 3.5, "0", anchor="end", size=9.5, quiet=True),
    ]
    label_room = _BETWEEN_LABELS + max((width_of(label, 9.5) for label in chart.labels), default=0)
    every = max(math.ceil(label_room / step), 1)
    last = len(chart.labels) - 1
    for index, label in enumerate(chart.labels):
        if (last - index) % every == 0:
            shapes.append(text(left + index * step, ground + 17, label, anchor="middle", size=9.5))
    colours = (accent, IMPACT_COLOURS[Impact.HIGH], IMPACT_COLOURS[Impact.MEDIUM])
    names = ("accent", "impact-high", "impact-medium")
    ends = list[float]()
    for number, series in enumerate(chart.series[:3]):
        dash = f' stroke-dasharray="{_DASHES[number]}"' if _DASHES[number] else ""
        line = f'class="{names[number]}-line" stroke="{colours[number]}" stroke-width="2" fill="none"{dash}'
        x, y = places[number]
        shapes += [
            f'<path d="M{x:.1f} {y:g}H{x + 22:.1f}" {line}/>',
            _mark(number, x + 11, y, colours[number], names[number]),
        ]
        shapes.append(text(x + 28, y + 4, series.label, size=10))
        points = _points(series, left, step, ground, highest)
        path = "".join(f"{'L' if joined else 'M'}{px:.1f} {py:.1f}" for px, py, joined in points)
        if path:
            shapes.append(f'<path d="{path}" {line} stroke-linejoin="round"/>')
        shapes += [_mark(number, px, py, colours[number], names[number]) for px, py, _ in points]
        if points:
            y = points[-1][1]
            while any(abs(y - end) < 13 for end in ends):
                y -= 13
            ends.append(y)
            shapes.append(text(points[-1][0] + 9, y + 4, series.text, weight=600))
    return image(chart.title, chart.description, width, ground + 24, shapes)


def _key(chart: Lines, width: float) -> tuple[list[tuple[float, float]], float]:
    """Return where the name of each line stands, and where the drawing begins under them."""
    left = 10 + width_of(chart.top_text, 9.5) if width >= WIDTH else 0.0
    places, x, y = list[tuple[float, float]](), left, 8.0
    for series in chart.series:
        room = 28 + width_of(series.label, 9.4)
        if x > left and x + room > width:
            x, y = left, y + 17
        places.append((x, y))
        x += room + 20
    return places, _TOP - 8 + y


def _points(series: Series, left: float, step: float, ground: float, highest: float) -> list[tuple[float, float, bool]]:
    """Return the places of the values, and whether each is joined to the one before."""
    points, joined = [], False
    for index, value in enumerate(series.values):
        if value is None:
            joined = False
            continue
        points.append((left + index * step, ground - value / highest * _HEIGHT, joined))
        joined = True
    return points


def _mark(number: int, x: float, y: float, colour: str, name: str) -> str:
    """Return a disc, a square or a diamond."""
    if number == 0:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.2" class="{name}" fill="{colour}"/>'
    turn = f' transform="rotate(45 {x:.1f} {y:.1f})"' if number == 2 else ""
    return f'<rect x="{x - 2.9:.1f}" y="{y - 2.9:.1f}" width="5.8" height="5.8" class="{name}" fill="{colour}"{turn}/>'
