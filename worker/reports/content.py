"""Compute what a report says from the recommendations, once for all file formats."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import chain

import msgspec

from shared.advisor.recommendation import Recommendation, RejectedRow
from shared.advisor.vocabulary import Category, Impact
from shared.language.language import Language
from shared.reports.insights import Insights
from shared.reports.manual import is_manual
from shared.savings import Savings, SavingsStatus, count_savings
from worker.reports.blocks import GroupPlace, Part, PartKind
from worker.reports.document import CategoryCounts, CurrencySavings, ReportContent, ReportFacts, Section
from worker.reports.grouping import GroupTotals, Listed, importance, sections_of
from worker.reports.parts.appendix import appendix_part, method_of, rejected_note
from worker.reports.parts.changes import changes_part
from worker.reports.parts.clients import clients_part
from worker.reports.parts.draft import Draft
from worker.reports.parts.findings import findings_parts
from worker.reports.parts.headlines import kpis_of
from worker.reports.parts.quick_wins import quick_wins_part
from worker.reports.parts.retirements import retirements_part
from worker.reports.parts.savings import savings_part
from worker.reports.parts.score import score_part
from worker.reports.parts.summary import (
    category_chart,
    coverage_note,
    impact_chart,
    summary_paragraphs,
    summary_part,
)
from worker.reports.parts.trend import trend_part
from worker.reports.report_types import OUTLINES
from worker.reports.tallies import (
    MAX_DISTINCT_RESOURCES,
    DistinctCount,
    MostImportant,
    RetirementTally,
    SubscriptionTally,
    add_amount,
    group_key,
)
from worker.reports.text_languages import TextLanguages
from worker.reports.wording import clean_text

MAX_LISTED_RECOMMENDATIONS = 10_000
"""PDF and HTML list so many at most: a PDF of 10,000 takes about a gigabyte of memory to make, and nobody reads more."""

MAX_LISTED_REJECTED_ROWS = 200
MAX_LISTED_SUBSCRIPTIONS = 500
TOP_GROUPS = 8
MAX_LISTED_IN_BRIEF = 2_000
"""A brief report lists no resources: so many recommendations are enough to know its most important types by."""

_PARTS: dict[PartKind, Callable[[Draft], Part | None]] = {
    PartKind.SUMMARY: summary_part,
    PartKind.CLIENTS: clients_part,
    PartKind.SAVINGS: savings_part,
    PartKind.CHANGES: changes_part,
    PartKind.TREND: trend_part,
    PartKind.SCORE: score_part,
    PartKind.RETIREMENTS: retirements_part,
    PartKind.QUICK_WINS: quick_wins_part,
    PartKind.APPENDIX: appendix_part,
}


class _Tally:
    """Everything that one pass over the recommendations counts."""

    def __init__(self, max_listed: int) -> None:
        self.total = 0
        self.counts: dict[Category, dict[Impact, int]] = {}
        self.category_savings: dict[Category, dict[str, Decimal]] = {}
        self.savings: dict[str, Decimal] = {}
        self.resources = DistinctCount(MAX_DISTINCT_RESOURCES)
        self.subscriptions = SubscriptionTally()
        self.retirements = RetirementTally()
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
        self.retirements.add(recommendation)
        self.most_important.add(position, recommendation)


def build_content(
    recommendations: Iterable[Recommendation],
    rejected_rows: Iterable[RejectedRow],
    facts: ReportFacts,
    *,
    savings: Savings | None = None,
    insights: Insights | None = None,
    own_texts: Iterable[str] = (),
    max_listed: int = MAX_LISTED_RECOMMENDATIONS,
) -> ReportContent:
    """Return the content of a report.

    ``recommendations`` are those that the report is about (:class:`~worker.reports.report_types.OfType`); they are iterated
    two or three times and must come in the same order each time. Memory grows with ``max_listed``, not with their number.
    ``rejected_rows`` is iterated once. ``savings`` is the count over the same recommendations, where the caller has it
    already; ``insights`` is what the report knows beyond them, and ``own_texts`` are those of the source's texts that are in
    the report's language, for the others are taken for English.
    """
    insights = insights or Insights()
    outline, language = OUTLINES[facts.report_type], Language.of(facts.language)
    facts = _clean_facts(facts, language)
    savings = savings or count_savings(recommendations)
    tally = _counted(recommendations, savings, min(max_listed, MAX_LISTED_IN_BRIEF) if outline.is_brief else max_listed)
    listed = [
        Listed(recommendation, savings.status_of(position, recommendation), savings.reason_of(position))
        for position, recommendation in tally.most_important.kept()
    ]
    categories = _categories(tally, facts.report_type.categories)
    by_currency = _currency_savings(savings)
    main_currency = max(by_currency, key=lambda line: line.counted_rows).currency if by_currency else ""
    totals = _group_totals(listed, tally, recommendations, savings)
    by_hand = (entry.recommendation.problem for entry in listed if is_manual(entry.recommendation))
    texts = TextLanguages(language, chain(own_texts, by_hand))
    sections = sections_of(listed, totals, categories, main_currency, language=language, marks=insights.marks, texts=texts)
    rejected, rejected_total = _first(rejected_rows, MAX_LISTED_REJECTED_ROWS)
    draft = Draft(
        facts=facts,
        language=language,
        is_brief=outline.is_brief,
        total=tally.total,
        listed=len(listed),
        categories=categories,
        savings=savings,
        insights=insights,
        texts=texts,
        sections=sections,
        top_groups=_top_groups(sections, main_currency),
        resources=tally.resources.text(language),
        subscriptions=tally.subscriptions.lines()[:MAX_LISTED_SUBSCRIPTIONS],
        subscription_total=tally.subscriptions.text(language),
        subscription_number=len(tally.subscriptions),
        retirements=tally.retirements.lines(),
        rejected=rejected,
        rejected_total=rejected_total,
    )
    return _content_of(draft, outline.parts, by_currency)


def _counted(recommendations: Iterable[Recommendation], savings: Savings, max_listed: int) -> _Tally:
    tally = _Tally(max_listed)
    for position, (recommendation, status) in enumerate(with_status(recommendations, savings)):
        tally.add(position, recommendation, status)
    return tally


def _group_totals(
    listed: Sequence[Listed], tally: _Tally, recommendations: Iterable[Recommendation], savings: Savings
) -> GroupTotals:
    """Return the totals of the groups that are listed, over all recommendations; another pass where some are not listed."""
    totals = GroupTotals(group_key(entry.recommendation) for entry in listed)
    if len(listed) == tally.total:
        for entry in listed:
            totals.add(entry.recommendation, entry.status)
    else:
        for recommendation, status in with_status(recommendations, savings):
            totals.add(recommendation, status)
    return totals


def _content_of(draft: Draft, kinds: Sequence[PartKind], by_currency: tuple[CurrencySavings, ...]) -> ReportContent:
    """Return what all formats draw: the chapters, and the figures that some formats show in places of their own."""
    return ReportContent(
        facts=draft.facts,
        parts=_parts(draft, kinds),
        total=draft.total,
        listed=draft.listed,
        coverage_note=coverage_note(draft),
        kpis=kpis_of(draft),
        summary=summary_paragraphs(draft),
        categories=draft.categories,
        savings=by_currency,
        not_estimated=draft.savings.not_estimated_number,
        impact_chart=impact_chart(draft),
        category_chart=category_chart(draft),
        sections=draft.sections,
        subscriptions=tuple(draft.subscriptions),
        subscription_total=draft.subscription_total,
        retirements=draft.retirements,
        comparison=draft.insights.comparison,
        trend=draft.insights.trend,
        rejected=draft.rejected,
        rejected_total=draft.rejected_total,
        rejected_note=rejected_note(draft),
        method=method_of(draft),
    )


def _parts(draft: Draft, kinds: Sequence[PartKind]) -> tuple[Part, ...]:
    """Return the chapters that have something to say, in the order of ``kinds``."""
    parts: list[Part] = []
    for kind in kinds:
        if kind is PartKind.FINDINGS:
            parts += findings_parts(draft)
        elif (part := _PARTS[kind](draft)) is not None:
            parts.append(part)
    return tuple(parts)


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


def _categories(tally: _Tally, wanted: frozenset[Category]) -> tuple[CategoryCounts, ...]:
    """Return the categories that are ``wanted``, used or not, and Other only where there is such a recommendation."""
    return tuple(
        CategoryCounts(
            category=category,
            counts={impact: tally.counts.get(category, {}).get(impact, 0) for impact in Impact},
            savings=dict(sorted(tally.category_savings.get(category, {}).items())),
        )
        for category in Category
        if category in tally.counts or (category in wanted and category is not Category.OTHER)
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


def _top_groups(sections: Sequence[Section], main_currency: str) -> tuple[GroupPlace, ...]:
    places = [
        GroupPlace(section_index, group_index)
        for section_index, section in enumerate(sections)
        for group_index in range(len(section.groups))
    ]
    places.sort(key=lambda place: importance(sections[place.section].groups[place.group], main_currency))
    return tuple(places[:TOP_GROUPS])


def _clean_facts(facts: ReportFacts, language: Language) -> ReportFacts:
    return msgspec.structs.replace(
        facts,
        client_name=clean_text(facts.client_name),
        title=clean_text(facts.title),
        scope=clean_text(facts.scope) or language.gettext("All recommendations of the source"),
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
