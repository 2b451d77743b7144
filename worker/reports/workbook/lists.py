"""The sheets with one row for every recommendation, offer, change and rejected row."""

from collections.abc import Iterable

from shared.advisor.commitments import commitment_of
from shared.advisor.recommendation import Recommendation, RejectedRow
from shared.comparison.result import Change, ChangeKind, Comparison
from shared.language.language import Language
from shared.language.marking import marked
from shared.savings import offers
from shared.savings.result import SavingsKind
from worker.reports import terms
from worker.reports.columns import (
    RECOMMENDATION_COLUMNS,
    REJECTED_COLUMNS,
    RESOURCE_COLUMN,
    Column,
    Kind,
    RowWriter,
    Value,
)
from worker.reports.judged import Judged
from worker.reports.parts.changes_tables import HEADINGS
from worker.reports.source_words import reason_words
from worker.reports.wording import portal_url
from worker.reports.workbook.row_sheet import Book, RowSheet

OFFER_COLUMNS = (
    Column(marked("Savings status"), width=26),
    Column(marked("Savings a year"), Kind.AMOUNT, 16),
    Column(marked("Currency"), width=10),
    Column(marked("Why not counted"), width=60),
    Column(marked("How"), width=34),
    Column(marked("Recommendation"), width=60),
    Column(marked("Resource"), width=34),
    Column(marked("Subscription"), width=28),
    Column(marked("Term"), width=8),
    Column(marked("Look-back days"), Kind.NUMBER, 15),
    Column(marked("SKU"), width=18),
    Column(marked("Region"), width=14),
    Column(marked("Scope"), width=10),
)
_OFFER_RESOURCE = 6
CHANGE_COLUMNS = (
    Column(marked("Change"), width=18),
    Column(marked("Category"), width=21),
    Column(marked("Impact"), width=10),
    Column(marked("Impact before"), width=14),
    Column(marked("Recommendation"), width=60),
    Column(marked("Recommendation before"), width=40),
    Column(marked("Resource"), width=34),
    Column(marked("Resource type"), width=36),
    Column(marked("Subscription"), width=28),
    Column(marked("Savings a year"), Kind.AMOUNT, 16),
    Column(marked("Currency"), width=10),
    Column(marked("Savings before"), Kind.AMOUNT, 16),
    Column(marked("Currency before"), width=16),
    Column(marked("First seen (UTC)"), Kind.MOMENT, 18),
)
_CHANGE_RESOURCE = 6


class RecommendationSheet:
    """Every recommendation."""

    def __init__(self, book: Book, writer: RowWriter) -> None:
        self._writer = writer
        self._language = book.language
        self._rows = RowSheet(book, book.language.gettext("Recommendations"), RECOMMENDATION_COLUMNS, key="Recommendations")

    def add(self, row: Judged) -> None:
        """Write one row."""
        self._rows.add(
            self._writer.values(row),
            currency=row.recommendation.currency,
            link_column=RESOURCE_COLUMN,
            link=portal_url(row.recommendation.resource_id),
        )

    def finish(self) -> None:
        """Close the sheet."""
        self._rows.finish(self._language.gettext("No recommendations."))


class OfferSheet:
    """Every amount that Advisor names, counted or not, and why."""

    def __init__(self, book: Book, writer: RowWriter) -> None:
        self._writer = writer
        self._language = book.language
        self._kinds = {kind: book.language.gettext(words) for kind, words in terms.KIND_TITLES.items()}
        self._rows = RowSheet(book, book.language.gettext("Savings"), OFFER_COLUMNS, key="Savings")

    def add(self, row: Judged) -> None:
        """Write one row, unless the recommendation has no amount."""
        recommendation = row.recommendation
        if recommendation.annual_savings is None:
            return
        values = (
            self._writer.status(row.status),
            recommendation.annual_savings,
            recommendation.currency,
            self._writer.reason(row.reason),
            self._kinds[_kind_of(recommendation)],
            recommendation.problem,
            recommendation.resource_name,
            recommendation.subscription_name or recommendation.subscription_id,
            recommendation.term,
            recommendation.lookback_days,
            recommendation.sku,
            recommendation.region,
            recommendation.scope,
        )
        link = portal_url(recommendation.resource_id)
        self._rows.add(values, currency=recommendation.currency, link_column=_OFFER_RESOURCE, link=link)

    def finish(self) -> None:
        """Close the sheet."""
        self._rows.finish(self._language.gettext("Advisor estimated no savings for these recommendations."))


def _kind_of(recommendation: Recommendation) -> SavingsKind:
    commitment = commitment_of(recommendation)
    if commitment is not None:
        return SavingsKind(commitment.kind.value)
    return SavingsKind.RIGHTSIZING if offers.is_rightsizing(recommendation) else SavingsKind.OTHER


def write_changes(book: Book, comparison: Comparison | None, no_comparison_reason: str) -> None:
    """Write the sheet with what changed since the earlier data, or why there is nothing to compare with."""
    language = book.language
    rows = RowSheet(book, language.gettext("Changes"), CHANGE_COLUMNS, key="Changes")
    if comparison is None:
        rows.finish(no_comparison_reason or language.gettext("There is no earlier data to compare with."))
        return
    listed = 0
    for kind in ChangeKind:
        for change in comparison.changes.get(kind, ()):
            listed += 1
            rows.add(
                _change_values(change, language),
                currency=change.currency,
                link_column=_CHANGE_RESOURCE,
                link=portal_url(change.resource_id),
            )
    left_out = sum(comparison.counts.values()) - listed
    note = language.gettext(
        "The most important changes are listed; {number} more are in the API.", number=language.number(left_out)
    )
    rows.finish(language.gettext("Nothing changed."), note if left_out > 0 else "")


def _change_values(change: Change, language: Language) -> tuple[Value, ...]:
    say = language.gettext
    return (
        say(HEADINGS[change.kind]),
        say(terms.CATEGORY_TITLES[change.category]),
        say(terms.IMPACT_TITLES[change.impact]),
        say(terms.IMPACT_TITLES[change.impact_before]) if change.impact_before else "",
        change.problem,
        change.problem_before,
        change.resource_name,
        change.resource_type,
        change.subscription_name or change.subscription_id,
        change.annual_savings,
        change.currency,
        change.annual_savings_before,
        change.currency_before,
        change.first_seen_at,
    )


def write_rejected(book: Book, rejected_rows: Iterable[RejectedRow]) -> None:
    """Write the sheet with the rows of the sources that could not be read."""
    rows = RowSheet(book, book.language.gettext("Rejected rows"), REJECTED_COLUMNS, key="Rejected_rows")
    for row in rejected_rows:
        reason = reason_words(row, book.language)
        rows.add((row.file_name, row.line, row.column, row.value, reason, row.reason_code))
    rows.finish(book.language.gettext("Every row of the sources was read."))
