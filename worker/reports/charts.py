"""Charts as data, and the small SVG images they become.

The same image stands in the PDF and in the HTML page: real text in the report's font, colours that differ in lightness
as well as in hue (so they hold in greyscale and for colour-blind readers), a value beside every bar, and a title and
description for those who listen. Text is ``currentColor`` and shapes carry a class, so a page with a dark background can
recolour both.
"""

import math
import unicodedata
from collections.abc import Iterable, Mapping
from xml.sax.saxutils import escape, quoteattr

import msgspec

from shared.advisor.vocabulary import Impact

IMPACT_COLOURS = {Impact.HIGH: "#8a1c3c", Impact.MEDIUM: "#e0912f", Impact.LOW: "#9fc5d8", Impact.OTHER: "#d9dde3"}
ACCENT_COLOUR = "#0b6e8f"
TEXT_COLOUR = "#1b2733"
RULE_COLOUR = "#e3e8ed"
FONT_STACK = "'Noto Sans', system-ui, sans-serif"

_BAR_HEIGHT = 15
_ROW_HEIGHT = 27
_MAX_LABEL_COLUMNS = 80


class StackedRow(msgspec.Struct, frozen=True):
    """One bar of a stacked chart: its name, and how many recommendations of each impact it holds."""

    label: str
    counts: dict[Impact, int]


class StackedBars(msgspec.Struct, frozen=True, tag="stacked_bars"):
    """Recommendations per category, each bar divided by impact."""

    title: str
    description: str
    rows: tuple[StackedRow, ...]


class BarRow(msgspec.Struct, frozen=True):
    """One bar: its name, its length (in any unit, but one for the whole chart), and its value in words."""

    label: str
    value: float
    text: str


class Bars(msgspec.Struct, frozen=True, tag="bars"):
    """Bars of one measure, the longest first."""

    title: str
    description: str
    rows: tuple[BarRow, ...]


class Donut(msgspec.Struct, frozen=True, tag="donut"):
    """The share of each impact in all recommendations."""

    title: str
    description: str
    counts: dict[Impact, int]


Chart = StackedBars | Bars | Donut


def svg(chart: Chart) -> str:
    """Return the chart as one SVG element with a title and a description, ready to stand alone or inside HTML."""
    match chart:
        case StackedBars():
            return _stacked_bars(chart)
        case Bars():
            return _bars(chart)
        case Donut():
            return _donut(chart)


def _stacked_bars(chart: StackedBars) -> str:
    width, left, right, top = 520, 142, 46, 30
    longest = max((sum(row.counts.values()) for row in chart.rows), default=0) or 1
    scale = (width - left - right) / longest
    shapes = [_legend(left, 8, _impacts_in(row.counts for row in chart.rows))]
    for index, row in enumerate(chart.rows):
        y = top + index * _ROW_HEIGHT
        shapes.append(_text(left - 10, y + 12, row.label, anchor="end"))
        x = float(left)
        for impact in Impact:
            if count := row.counts.get(impact, 0):
                length = count * scale
                # A hair of white between two parts keeps them apart where they are printed in greyscale.
                shapes.append(_impact_bar(x, y, max(length - 1, 0.6), impact))
                x += length
        total = sum(row.counts.values())
        shapes.append(_text(x + 6, y + 12, f"{total:,}", weight=600 if total else 400))
    axis = f'<line x1="{left}" x2="{left}" y1="{top - 6}" y2="{top + len(chart.rows) * _ROW_HEIGHT - 6}" '
    shapes.append(axis + f'class="rule" stroke="{RULE_COLOUR}" stroke-width="1"/>')
    return _image(chart.title, chart.description, width, top + len(chart.rows) * _ROW_HEIGHT, shapes)


def _bars(chart: Bars) -> str:
    width = 520
    right = 12 + 6.6 * max((len(row.text) for row in chart.rows), default=0)
    longest = max((row.value for row in chart.rows), default=0) or 1
    shapes = []
    for index, row in enumerate(chart.rows):
        y = index * 38
        shapes.append(_text(0, y + 12, _fitting(row.label, _MAX_LABEL_COLUMNS)))
        length = max(row.value / longest * (width - right), 1.5)
        shapes.append(_bar(0, y + 18, length, ACCENT_COLOUR, "accent", height=10))
        shapes.append(_text(length + 7, y + 27, row.text, weight=600))
    return _image(chart.title, chart.description, width, max(len(chart.rows) * 38, 20), shapes)


def _donut(chart: Donut) -> str:
    radius, stroke, centre = 52.0, 22, 66
    circumference = 2 * math.pi * radius
    total = sum(chart.counts.values())
    ring = f'<circle cx="{centre}" cy="{centre}" r="{radius:g}" fill="none" stroke-width="{stroke}" '
    shapes = [f'{ring}class="rule" stroke="{RULE_COLOUR}"/>']
    turned = 0.0
    present = [(impact, chart.counts[impact]) for impact in Impact if chart.counts.get(impact)]
    for impact, count in present:
        share = count / total
        gap = 1.2 if len(present) > 1 else 0
        shapes.append(
            f'{ring}class="ring impact-{impact.value.lower()}" stroke="{IMPACT_COLOURS[impact]}" '
            f'stroke-dasharray="{max(share * circumference - gap, 0.4):.2f} {circumference:.2f}" '
            f'transform="rotate({turned * 360 - 90:.3f} {centre} {centre})"/>'
        )
        turned += share
    shapes.append(_text(centre, centre + 3, f"{total:,}", anchor="middle", weight=700, size=19))
    shapes.append(_text(centre, centre + 18, "in all", anchor="middle", size=9.5))
    for index, (impact, count) in enumerate(present):
        y = centre - len(present) * 12 + index * 24 + 4
        shapes.append(_impact_bar(158, y, 11, impact, height=11))
        shapes.append(_text(176, y + 10, f"{impact.value} impact"))
        shapes.append(_text(318, y + 10, f"{count:,}", anchor="end", weight=600))
        shapes.append(_text(362, y + 10, _percent(count, total), anchor="end"))
    return _image(chart.title, chart.description, 372, 132, shapes)


def _percent(count: int, total: int) -> str:
    share = 100 * count / total
    if 0 < share < 1:
        return "< 1 %"
    return "> 99 %" if 99 < share < 100 else f"{share:.0f} %"


def _impacts_in(all_counts: Iterable[Mapping[Impact, int]]) -> list[Impact]:
    seen: set[Impact] = set()
    for counts in all_counts:
        seen.update(impact for impact, count in counts.items() if count)
    return [impact for impact in Impact if impact in seen]


def _legend(x: float, y: float, impacts: list[Impact]) -> str:
    parts = []
    for impact in impacts:
        parts.append(_impact_bar(x, y - 7, 9, impact, height=9))
        parts.append(_text(x + 14, y + 1.5, f"{impact.value} impact", size=10))
        x += 34 + 5.4 * len(f"{impact.value} impact")
    return "".join(parts)


def _impact_bar(x: float, y: float, width: float, impact: Impact, *, height: float = _BAR_HEIGHT) -> str:
    return _bar(x, y, width, IMPACT_COLOURS[impact], f"impact-{impact.value.lower()}", height=height)


def _bar(x: float, y: float, width: float, colour: str, name: str, *, height: float = _BAR_HEIGHT) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:g}" rx="1.5" class="{name}" fill="{colour}"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", weight: int = 400, size: float = 11) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" font-weight="{weight}" text-anchor="{anchor}" '
        f'fill="currentColor">{escape(text)}</text>'
    )


def _fitting(text: str, max_columns: int) -> str:
    """Cut ``text`` with an ellipsis to so many columns; Chinese, Japanese and Korean characters take two."""
    columns = 0
    for index, character in enumerate(text):
        columns += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if columns > max_columns:
            return text[: max(index - 1, 0)].rstrip() + "…"
    return text


def _image(title: str, description: str, width: int, height: int, shapes: list[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label={quoteattr(f"{title}. {description}")} color="{TEXT_COLOUR}" font-family="{FONT_STACK}">'
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>{''.join(shapes)}</svg>"
    )
