"""What a part of a report is made of: paragraphs, figures, tables. Every renderer draws these few kinds and knows no others.

Words are final here, in the report's language; cells keep their numbers beside the words, for formats that calculate.
"""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

import msgspec

from shared.advisor.vocabulary import Impact
from worker.reports.charts import Chart


class PartKind(StrEnum):
    """What a part is about; stable, for anchors and for choosing."""

    SUMMARY = "summary"
    CLIENTS = "clients"
    SAVINGS = "savings"
    CHANGES = "changes"
    TREND = "trend"
    SCORE = "score"
    RETIREMENTS = "retirements"
    QUICK_WINS = "quick_wins"
    FINDINGS = "findings"
    """One category with every recommendation; there are several such parts."""
    APPENDIX = "appendix"


class GroupPlace(msgspec.Struct, frozen=True):
    """Where a group stands: the index of its section, and its index there."""

    section: int
    group: int


class Kpi(msgspec.Struct, frozen=True, kw_only=True):
    """One headline figure: its name, its value in words (one or two lines), and what it means."""

    label: str
    values: tuple[str, ...]
    note: str


class KpiRow(msgspec.Struct, frozen=True, tag="kpis"):
    """Up to four headline figures side by side."""

    kpis: tuple[Kpi, ...]


class Paragraph(msgspec.Struct, frozen=True, tag="paragraph"):
    """A paragraph, under a heading of its own where it has one."""

    text: str
    heading: str = ""
    label: str = ""
    """What it is about, in a word or two that begin it."""
    tone: Literal["lead", "body", "note"] = "body"
    """``lead`` is what a hurried reader reads; a ``note`` qualifies what stands before it."""
    points: tuple[str, ...] = ()
    """A list below the text, to be taken in at a glance."""

    @property
    def lines(self) -> tuple[str, ...]:
        """The text and its points, for formats without lists."""
        return tuple(line for line in (self.text, *(f"•\u00a0{point}" for point in self.points)) if line)


class ColumnKind(StrEnum):
    """What a column holds, which decides how it is aligned and written."""

    TEXT = "text"
    COUNT = "count"
    AMOUNT = "amount"
    DATE = "date"
    IMPACT = "impact"
    PAGE = "page"
    """Where the group stands that the row's first cell leads to; only paper fills it."""


class Column(msgspec.Struct, frozen=True):
    """One column: its heading, what it holds, and its share of the width."""

    title: str
    kind: ColumnKind = ColumnKind.TEXT
    share: float = 1.0


class Cell(msgspec.Struct, frozen=True):
    """One cell: its words, and what machines want of it."""

    text: str
    note: str = ""
    """A second, quieter line."""
    number: Decimal | None = None
    currency: str = ""
    day: date | None = None
    impact: Impact | None = None
    url: str = ""
    place: GroupPlace | None = None
    """The group that the text leads to."""
    language: str = ""
    """Tag of the language that the text is in, "" for the report's own."""


class Table(msgspec.Struct, frozen=True, tag="table"):
    """A table under its heading."""

    heading: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    has_total: bool = False
    """The last row sums up the others."""
    note: str = ""
    """What the table leaves out, or how to read it."""
    is_excerpt: bool = False
    """The same rows, and further ones, are in the table of a figure of this part."""


class Figure(msgspec.Struct, frozen=True, tag="figure"):
    """A chart under its heading."""

    heading: str
    chart: Chart
    width: float = 1.0
    """The share of the column that it takes."""
    table: Table | None = None
    """All that the chart draws the most important of, for formats that calculate."""


class Findings(msgspec.Struct, frozen=True, tag="findings"):
    """All groups of a section with their resources, to be drawn from ``ReportContent.sections``."""

    section: int


Block = KpiRow | Paragraph | Figure | Table | Findings


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A chapter of the report."""

    kind: PartKind
    key: str
    """Unique within the report, for anchors: the kind, or the category of findings."""
    title: str
    facts: str = ""
    """One quiet line under the title."""
    blocks: tuple[Block, ...]
