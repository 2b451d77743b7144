"""What charts show: numbers for lengths and places, and the words that stand beside them."""

from datetime import date
from typing import Literal

import msgspec

from shared.advisor.vocabulary import Impact


class LegendEntry(msgspec.Struct, frozen=True):
    """What one impact is called in the report's language."""

    impact: Impact
    label: str


class StackedRow(msgspec.Struct, frozen=True):
    """One bar of a stacked chart: its name, how many of each impact it holds, and their number in words."""

    label: str
    counts: dict[Impact, int]
    text: str


class StackedBars(msgspec.Struct, frozen=True, tag="stacked_bars"):
    """Recommendations per category, each bar divided by impact."""

    title: str
    description: str
    legend: tuple[LegendEntry, ...]
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


class Slice(msgspec.Struct, frozen=True):
    """One part of a ring: an impact, its name, its number, and number and share in words."""

    impact: Impact
    label: str
    value: int
    text: str
    share: str


class Donut(msgspec.Struct, frozen=True, tag="donut"):
    """The share of each impact in all recommendations, with their number in the middle."""

    title: str
    description: str
    slices: tuple[Slice, ...]
    total: str
    total_note: str


class WaterfallStep(msgspec.Struct, frozen=True):
    """One column: a sum to stand on, or what is taken off the one before."""

    label: str
    value: float
    text: str
    kind: Literal["start", "less", "result", "part"]
    """``part`` is a share of the result, drawn beside it from the ground up."""


class Waterfall(msgspec.Struct, frozen=True, tag="waterfall"):
    """How one sum becomes another."""

    title: str
    description: str
    steps: tuple[WaterfallStep, ...]


class Series(msgspec.Struct, frozen=True):
    """One line: its name and a value for every place on the axis, ``None`` where there is none."""

    label: str
    values: tuple[float | None, ...]
    text: str
    """The last value in words."""


class Lines(msgspec.Struct, frozen=True, tag="lines"):
    """Values over time, up to three lines on one axis that begins at zero."""

    title: str
    description: str
    labels: tuple[str, ...]
    """The places on the axis, the earliest first."""
    series: tuple[Series, ...]
    top_text: str
    """The largest value in words, as the axis shows it."""


class ChangeRow(msgspec.Struct, frozen=True):
    """What left and what came: both lengths in one unit, both in words."""

    label: str
    gone: float
    gone_text: str
    came: float
    came_text: str


class ChangeBars(msgspec.Struct, frozen=True, tag="change_bars"):
    """Bars on both sides of a middle line: what is gone on the left, what came on the right."""

    title: str
    description: str
    gone_label: str
    came_label: str
    rows: tuple[ChangeRow, ...]


class ScoreRow(msgspec.Struct, frozen=True):
    """One score of 0 to 100, in words too, with what can be gained."""

    label: str
    value: float
    text: str
    note: str = ""


class ScoreBars(msgspec.Struct, frozen=True, tag="score_bars"):
    """Scores on a common scale of 0 to 100, the first of them drawn large."""

    title: str
    description: str
    rows: tuple[ScoreRow, ...]


class TimelineEvent(msgspec.Struct, frozen=True):
    """One day with what happens on it."""

    day: date
    day_text: str
    label: str
    note: str = ""


class Timeline(msgspec.Struct, frozen=True, tag="timeline"):
    """Days in their order, with today among them; at most some ten events."""

    title: str
    description: str
    today: date
    today_text: str
    events: tuple[TimelineEvent, ...]


Chart = StackedBars | Bars | Donut | Waterfall | Lines | ChangeBars | ScoreBars | Timeline
