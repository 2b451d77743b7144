"""Compute what a report says from the recommendations, once for all file formats."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

import msgspec

from shared.advisor.recommendation import Recommendation, RejectedRow
from shared.advisor.vocabulary import Category, Impact
from shared.savings import Savings, SavingsStatus, count_savings
from worker.reports.charts import Donut, StackedBars, StackedRow
from worker.reports.document import (
    CategoryCounts,
    CurrencySavings,
    GroupPlace,
    ReportContent,
    ReportFacts,
    Section,
)
from worker.reports.grouping import GroupTotals, importance, sections_of
from worker.reports.summary import (
    impact_totals,
    kpis_of,
    left_out_note,
    method_of,
    rejected_note,
    savings_charts_of,
    summary_paragraphs,
)
from worker.reports.tallies import (
    MAX_DISTINCT_RESOURCES,
    DistinctCount,
    MostImportant,
    SubscriptionTally,
    add_amount,
    group_key,
)
from worker.reports.wording import clean_text

MAX_LISTED_RECOMMENDATIONS = 10_000
"""PDF and HTML list so many at most: a PDF of 10,000 takes about a gigabyte of memory to make, and nobody reads more."""

MAX_LISTED_REJECTED_ROWS = 200
MAX_LISTED_SUBSCRIPTIONS = 500
TOP_GROUPS = 8


class _Tally:
    """Everything that one pass over the recommendations counts."""

    def __init__(self, max_listed: int) -> None:
        self.total = 0
        self.counts: dict[Category, dict[Impact, int]] = {}
        self.category_savings: dict[Category, dict[str, Decimal]] = {}
        self.savings: dict[str, Decimal] = {}
        self.resources = DistinctCount(MAX_DISTINCT_RESOURCES)
        self.subscriptions = SubscriptionTally()
        self.most_important = MostImportant(max_listed)

    def add(self, position: int, recommendation: Recommendation, status: SavingsStatus) -> None:
        self.total += 1
        by_impact = self.counts.setdefault(recommendation.category, {})
        by_impact[recommendation.impact] = by_impact.get(recommendation.impact, 0) + 1
        if status is SavingsStatus.COUNTED and recommendation.annual_savings is not None:
            by_currency = self.category_savings.setdefault(recommendation.category, {})
            add_amount(by_currency, recommendation.currency, recommendation.annual_savings)
        self.resources.add(*_resource_key(recommendation))
        self.subscriptions.add(recommendation)
        self.most_important.add(position, recommendation)


def build_content(
    recommendations: Iterable[Recommendation],
    rejected_rows: Iterable[RejectedRow],
    facts: ReportFacts,
    *,
    savings: Savings | None = None,
    max_listed: int = MAX_LISTED_RECOMMENDATIONS,
) -> ReportContent:
    """Return the content of a report.

    ``recommendations`` is iterated two or three times and must yield the same rows in the same order each time; memory
    grows with ``max_listed``, not with their number. ``rejected_rows`` is iterated once. ``savings`` is the count over the
    same recommendations, where the caller has it already.
    """
    savings = savings or count_savings(recommendations)
    tally = _Tally(max_listed)
    for position, (recommendation, status) in enumerate(with_status(recommendations, savings)):
        tally.add(position, recommendation, status)
    kept = tally.most_important.kept()
    listed = [(recommendation, savings.status_of(position, recommendation)) for position, recommendation in kept]

    totals = GroupTotals(group_key(recommendation) for recommendation, _ in listed)
    counted_from = listed if len(listed) == tally.total else with_status(recommendations, savings)
    for recommendation, status in counted_from:
        totals.add(recommendation, status)

    categories = _categories(tally)
    rejected, rejected_total = _first(rejected_rows, MAX_LISTED_REJECTED_ROWS)
    by_currency = _currency_savings(savings)
    main_currency = max(by_currency, key=lambda line: line.counted_rows).currency if by_currency else ""
    sections = sections_of(listed, totals, categories, main_currency)
    subscriptions = str(tally.subscriptions)
    return ReportContent(
        facts=_clean_facts(facts),
        total=tally.total,
        listed=len(listed),
        left_out_note=left_out_note(tally.total, len(listed)),
        kpis=kpis_of(
            tally.total, categories, resources=str(tally.resources), subscriptions=subscriptions, savings=by_currency
        ),
        summary=summary_paragraphs(
            facts,
            tally.total,
            categories,
            subscriptions=subscriptions,
            savings=by_currency,
            not_estimated=savings.not_estimated_number,
        ),
        categories=categories,
        savings=by_currency,
        not_estimated=savings.not_estimated_number,
        impact_chart=_impact_chart(categories),
        category_chart=_category_chart(categories),
        savings_charts=savings_charts_of(sections),
        top_groups=_top_groups(sections, main_currency),
        sections=sections,
        subscriptions=tuple(tally.subscriptions.lines()[:MAX_LISTED_SUBSCRIPTIONS]),
        subscription_total=subscriptions,
        rejected=rejected,
        rejected_total=rejected_total,
        rejected_note=rejected_note(len(rejected), rejected_total),
        method=method_of(by_currency, savings, facts.sources),
    )


def with_status(
    recommendations: Iterable[Recommendation], savings: Savings
) -> Iterator[tuple[Recommendation, SavingsStatus]]:
    """Yield each recommendation with what became of its amount in ``savings``."""
    for ordinal, recommendation in enumerate(recommendations):
        yield recommendation, savings.status_of(ordinal, recommendation)


def _resource_key(recommendation: Recommendation) -> tuple[str, ...]:
    if recommendation.resource_id:
        return (recommendation.resource_id,)
    return (
        recommendation.subscription_id or recommendation.subscription_name,
        recommendation.resource_group,
        recommendation.resource_type,
        recommendation.resource_name,
    )


def _categories(tally: _Tally) -> tuple[CategoryCounts, ...]:
    """Return Advisor's five categories, used or not, and Other only where there is such a recommendation."""
    return tuple(
        CategoryCounts(
            category=category,
            counts={impact: tally.counts.get(category, {}).get(impact, 0) for impact in Impact},
            savings=dict(sorted(tally.category_savings.get(category, {}).items())),
        )
        for category in Category
        if category is not Category.OTHER or category in tally.counts
    )


def _currency_savings(savings: Savings) -> tuple[CurrencySavings, ...]:
    return tuple(
        CurrencySavings(
            currency=clean_text(line.currency),
            counted=line.counted_amount,
            counted_rows=line.counted_number,
            alternative_rows=line.alternative_number,
        )
        for line in savings.by_currency
    )


def _impact_chart(categories: Sequence[CategoryCounts]) -> Donut:
    totals = impact_totals(categories)
    return Donut(
        title="Recommendations by impact",
        description=", ".join(f"{impact.value}: {count:,}" for impact, count in totals.items()) or "None",
        counts=totals,
    )


def _category_chart(categories: Sequence[CategoryCounts]) -> StackedBars:
    return StackedBars(
        title="Recommendations by category and impact",
        description="; ".join(
            f"{line.category.title}: {line.total:,} ("
            + ", ".join(f"{impact.value} {count:,}" for impact, count in line.counts.items() if count)
            + ")"
            if line.total
            else f"{line.category.title}: none"
            for line in categories
        ),
        rows=tuple(StackedRow(line.category.title, line.counts) for line in categories),
    )


def _top_groups(sections: Sequence[Section], main_currency: str) -> tuple[GroupPlace, ...]:
    places = [
        GroupPlace(section_index, group_index)
        for section_index, section in enumerate(sections)
        for group_index in range(len(section.groups))
    ]
    places.sort(key=lambda place: importance(sections[place.section].groups[place.group], main_currency))
    return tuple(places[:TOP_GROUPS])


def _clean_facts(facts: ReportFacts) -> ReportFacts:
    return msgspec.structs.replace(
        facts,
        client_name=clean_text(facts.client_name),
        title=clean_text(facts.title),
        scope=clean_text(facts.scope),
        sources=tuple(
            msgspec.structs.replace(source, file_name=clean_text(source.file_name), kind=clean_text(source.kind))
            for source in facts.sources
        ),
    )


def _first(rows: Iterable[RejectedRow], limit: int) -> tuple[tuple[RejectedRow, ...], int]:
    """Return the first ``limit`` rows, cleaned for print, and the number of all."""
    kept: list[RejectedRow] = []
    total = 0
    for row in rows:
        total += 1
        if len(kept) < limit:
            kept.append(
                msgspec.structs.replace(
                    row, column=clean_text(row.column), value=clean_text(row.value), reason=clean_text(row.reason)
                )
            )
    return tuple(kept), total
