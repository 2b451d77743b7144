"""The pieces that all charts are drawn of: texts, bars, hatching, and the image around them."""

import unicodedata
from xml.sax.saxutils import escape, quoteattr

from shared.advisor.vocabulary import Impact

IMPACT_COLOURS = {Impact.HIGH: "#8a1c3c", Impact.MEDIUM: "#e0912f", Impact.LOW: "#9fc5d8", Impact.OTHER: "#d9dde3"}
ACCENT_COLOUR = "#0b6e8f"
TEXT_COLOUR = "#1b2733"
RULE_COLOUR = "#dde3e9"
TRACK_COLOUR = "#e3e8ed"
TEXT_FONT = "Noto Sans"
FONT_STACK = f"'{TEXT_FONT}', system-ui, sans-serif"

WIDTH = 560
"""Width of a chart that fills the column of text."""

BAR_HEIGHT = 15.0


def text(
    x: float, y: float, words: str, *, anchor: str = "start", weight: int = 400, size: float = 11, quiet: bool = False
) -> str:
    """Return one line of text; ``quiet`` ones stand back."""
    opacity = ' fill-opacity="0.72"' if quiet else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" font-weight="{weight}" text-anchor="{anchor}" '
        f'fill="currentColor"{opacity}>{escape(words)}</text>'
    )


def bar(
    x: float, y: float, width: float, colour: str, name: str, *, height: float = BAR_HEIGHT, is_pale: bool = False
) -> str:
    """Return a filled bar of the class ``name``; a pale one has an outline, so that it is seen on any ground."""
    paleness = f' fill-opacity="0.3" stroke="{colour}" stroke-width="1"' if is_pale else ""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.6):.1f}" height="{height:.1f}" rx="1.5" class="{name}" '
        f'fill="{colour}"{paleness}/>'
    )


def impact_bar(x: float, y: float, width: float, impact: Impact, *, height: float = BAR_HEIGHT) -> str:
    """Return a bar in the colour of an impact."""
    return bar(x, y, width, IMPACT_COLOURS[impact], f"impact-{impact.value.lower()}", height=height)


def hatched(x: float, y: float, width: float, height: float, colour: str) -> str:
    """Return a hatched bar, which tells itself from a filled one in any light."""
    width, height = max(width, 0.6), max(height, 0.6)
    lines, step = [], 5.0
    offset = step
    while offset < width + height:
        x1, y1 = x + max(0.0, offset - height), y + min(height, offset)
        x2, y2 = x + min(width, offset), y + max(0.0, offset - width)
        lines.append(f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}")
        offset += step
    return (
        f'<path d="{"".join(lines)}" class="accent-line" stroke="{colour}" stroke-width="1.1" fill="none"/>'
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="1.5" fill="none" class="accent-line" '
        f'stroke="{colour}" stroke-width="1"/>'
    )


def rule(x1: float, y1: float, x2: float, y2: float, *, width: float = 1, dashed: bool = False) -> str:
    """Return a thin line of the axis or the grid."""
    dashes = ' stroke-dasharray="2 3"' if dashed else ""
    return (
        f'<line x1="{x1:.1f}" x2="{x2:.1f}" y1="{y1:.1f}" y2="{y2:.1f}" class="rule" stroke="{RULE_COLOUR}" '
        f'stroke-width="{width:g}"{dashes}/>'
    )


def columns_of(words: str) -> int:
    """Return how many columns a text takes; Chinese, Japanese and Korean characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in words)


def width_of(words: str, size: float = 11) -> float:
    """Return about how wide a text is in Noto Sans; seldom less than it is."""
    wide = columns_of(words) - len(words)
    return ((len(words) - wide) * 0.6 + wide) * size


def fitting(words: str, max_columns: int) -> str:
    """Cut ``words`` with an ellipsis to so many columns."""
    columns = 0
    for index, character in enumerate(words):
        columns += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if columns > max_columns:
            return words[: max(index - 1, 0)].rstrip() + "…"
    return words


def in_lines(words: str, max_columns: int, *, lines: int = 2) -> list[str]:
    """Break ``words`` at spaces into at most so many lines; the last is cut where it is too long."""
    broken: list[str] = []
    for word in words.split():
        if broken and columns_of(f"{broken[-1]} {word}") <= max_columns:
            broken[-1] += f" {word}"
        else:
            broken.append(word)
    if len(broken) > lines:
        broken[lines - 1 :] = [" ".join(broken[lines - 1 :])]
    return [fitting(line, max_columns) for line in broken]


def image(title: str, description: str, width: float, height: float, shapes: list[str]) -> str:
    """Return the whole image."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" '
        f'role="img" aria-label={quoteattr(f"{title}. {description}")} color="{TEXT_COLOUR}" font-family="{FONT_STACK}">'
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>{''.join(shapes)}</svg>"
    )
