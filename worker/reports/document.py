"""What a report says, as one typed value: every renderer reads this and computes nothing of its own.

``parts`` are the report as it is read, chapter by chapter, in its language. ``sections`` hold what is too much for words:
all listed recommendations, as values (Decimal, date, counts), which renderers write with the report's language. All of it
can be encoded as JSON.
"""

from datetime import date, datetime
from decimal import Decimal

import msgspec

from shared.advisor.recommendation import RejectedRow
from shared.advisor.vocabulary import Category, Impact
from shared.branding.branding import PLAIN, Branding
from shared.comparison.marks import Mark
from shared.comparison.result import Comparison, Trend
from shared.reports import ReportType
from shared.savings import NoteCode
from worker.reports.blocks import Kpi, Paragraph, Part
from worker.reports.charts import Donut, StackedBars


class SourceFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One file, or one collection, that the recommendations came from."""

    file_name: str
    kind: str
    """What it is in words, such as "Azure portal CSV"."""
    exported_at: datetime | None = None
    """When Azure made it, aware, UTC; ``None`` where the source does not say."""
    accepted: int
    rejected: int
    notes: tuple[str, ...] = ()
    """What a reader of the report should know about the source, such as that it is not complete; whole sentences."""


class CategoryScore(msgspec.Struct, frozen=True, kw_only=True):
    """Advisor's own score of one category, from 0 to 100."""

    category: Category | None
    """``None`` for the score of everything."""
    score: Decimal
    potential_increase: Decimal | None = None
    """Points that following every recommendation would add."""
    impacted_resources: int | None = None


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """How much of what was asked for could be read, and what Advisor's users had set aside."""

    subscriptions_read: int
    subscriptions_wanted: int
    dismissed: int = 0
    postponed: int = 0
    excluded: int = 0
    """Left out because Advisor's own configuration excludes their subscription or resource group."""

    @property
    def is_partial(self) -> bool:
        """Whether some subscription could not be read."""
        return self.subscriptions_read < self.subscriptions_wanted


class ReportFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a report before its recommendations are read."""

    client_name: str
    title: str
    created_at: datetime
    """Aware, UTC. Given by the caller, so that the same input makes the same report."""
    sources: tuple[SourceFacts, ...]
    report_type: ReportType = ReportType.DETAILED
    scope: str = ""
    """What the report is about in words, ``""`` for all recommendations of the source."""
    language: str = "en"
    """Tag of the language that the report is written in."""
    branding: Branding = PLAIN
    coverage: Coverage | None = None
    """``None`` for files, which do not say how much they cover."""
    scores: tuple[CategoryScore, ...] = ()
    """Advisor's scores, that of everything first; empty where the source has none."""
    scored_on: date | None = None


class CategoryCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many recommendations one category holds, by impact, and the savings counted in it by currency."""

    category: Category
    counts: dict[Impact, int]
    savings: dict[str, Decimal]

    @property
    def total(self) -> int:
        """Recommendations of every impact."""
        return sum(self.counts.values())


class CurrencySavings(msgspec.Struct, frozen=True, kw_only=True):
    """The savings a year in one currency that do not overlap, and how many offers were left out because they do."""

    currency: str
    counted: Decimal
    counted_rows: int
    alternative_rows: int


class Resource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One affected resource of a recommendation group; one recommendation of Advisor's."""

    name: str
    type: str
    resource_group: str
    subscription: str
    portal_url: str
    """Address in the Azure portal, ``""`` where the source gives no resource id."""
    impact: Impact
    savings: Decimal | None
    currency: str
    is_alternative: bool
    """The amount overlaps with another that was counted: it is shown, but stands in no sum."""
    detail: str
    """What tells this offer from its neighbours: SKU, region, term, retirement date."""
    updated: date | None
    mark: Mark | None = None
    """What was decided about this finding."""
    is_manual: bool = False
    """Added by hand, not found by Advisor."""
    reason: NoteCode | None = None
    """Why the amount does not count, where it does not."""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """The recommendations of one type, in one category."""

    title: str
    solution: str
    """``""`` where Advisor's solution only repeats the problem."""
    benefits: str
    impact: Impact
    """The highest of its recommendations."""
    total: int
    """Recommendations of this type, listed here or not."""
    savings: dict[str, Decimal]
    alternatives: int
    not_estimated: int
    """Cost recommendations without an amount."""
    is_commitment: bool = False
    """A reservation or a savings plan: it saves by binding the client."""
    cost_implication: str = ""
    """What following it costs, as Advisor has it: ``none``, ``low``, ``medium``, ``high``; ``""`` where it does not say."""
    learn_more_url: str = ""
    """Microsoft's page on it, ``""`` where the source names none."""
    title_language: str = ""
    """Tag of the language that the title is in, ``""`` for the report's own; so for the other two texts."""
    solution_language: str = ""
    benefits_language: str = ""
    resources: tuple[Resource, ...]

    @property
    def left_out(self) -> int:
        """Recommendations of this type that only the Excel and CSV files hold."""
        return self.total - len(self.resources)


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """One category with its groups, the most important first."""

    summary: CategoryCounts
    groups: tuple[Group, ...]
    listed: int


class SubscriptionLine(msgspec.Struct, frozen=True, kw_only=True):
    """One subscription that the report covers."""

    name: str
    subscription_id: str
    recommendations: int
    high_impact: int


class Retirement(msgspec.Struct, frozen=True, kw_only=True):
    """A feature that Azure retires, and how many recommendations speak of it."""

    feature: str
    day: date | None
    recommendations: int


class ReportContent(msgspec.Struct, frozen=True, kw_only=True):
    """A whole report, ready to be rendered."""

    facts: ReportFacts
    parts: tuple[Part, ...]
    """The report as its type wants it: which chapters, in which order."""
    total: int
    """Recommendations in all."""
    listed: int
    """Recommendations that ``sections`` hold: all, or the most important ones of very many."""
    coverage_note: str
    """What could not be read and what had been set aside, ``""`` where there is nothing to say."""
    kpis: tuple[Kpi, ...]
    summary: tuple[str, ...]
    """Paragraphs of the executive summary."""
    categories: tuple[CategoryCounts, ...]
    savings: tuple[CurrencySavings, ...]
    not_estimated: int
    """Cost recommendations without an amount."""
    impact_chart: Donut
    category_chart: StackedBars
    sections: tuple[Section, ...]
    subscriptions: tuple[SubscriptionLine, ...]
    subscription_total: str
    retirements: tuple[Retirement, ...]
    """The next first, those without a date last."""
    comparison: Comparison | None = None
    trend: Trend | None = None
    rejected: tuple[RejectedRow, ...]
    """The first of the rows that could not be read."""
    rejected_total: int
    rejected_note: str
    method: tuple[Paragraph, ...]
    """How the numbers were made: paragraphs with a label each."""
