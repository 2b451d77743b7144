"""Counts over recommendations that stay small however many there are."""

import heapq
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import msgspec

from shared.advisor.recommendation import Recommendation
from shared.advisor.vocabulary import Category, Impact
from shared.language.language import Language
from worker.reports.document import CategoryCounts, Retirement, SubscriptionLine
from worker.reports.wording import clean_text

MAX_DISTINCT_RESOURCES = 250_000
MAX_DISTINCT_SUBSCRIPTIONS = 20_000
MAX_DISTINCT_RETIREMENTS = 2_000

IMPACT_ORDER = {impact: rank for rank, impact in enumerate(Impact)}
CATEGORY_ORDER = {category: rank for rank, category in enumerate(Category)}

GroupKey = tuple[Category, str]


def group_key(recommendation: Recommendation) -> GroupKey:
    """Return what a recommendation is grouped by: its category and type id, or its text where the source has no type id."""
    return recommendation.category, (
        recommendation.recommendation_type_id.lower() or " ".join(recommendation.problem.casefold().split())
    )


class DistinctCount:
    """Counts different keys exactly up to a limit, and says "more than" beyond it."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._seen: set[int] = set()
        self._is_over = False

    def add(self, *key: str) -> None:
        """Count ``key`` (compared without case) unless it was counted before."""
        # Hashes of 64 bits stand for the keys: a collision among 250,000 has a chance of about two in a billion.
        hashed = hash(tuple(part.lower() for part in key))
        if hashed not in self._seen:
            if len(self._seen) < self._limit:
                self._seen.add(hashed)
            else:
                self._is_over = True

    def __len__(self) -> int:
        return len(self._seen)

    def text(self, language: Language) -> str:
        """Return the count in words."""
        return _at_least(len(self._seen), self._is_over, language)


class SubscriptionTally:
    """Recommendations and high-impact ones of each subscription."""

    def __init__(self) -> None:
        self._lines: dict[str, _SubscriptionCounts] = {}
        self._is_over = False

    def add(self, recommendation: Recommendation) -> None:
        """Count one recommendation for its subscription; one that names none counts for no subscription."""
        key = (recommendation.subscription_id or recommendation.subscription_name).lower()
        if not key:
            return
        counts = self._lines.get(key)
        if counts is None:
            if len(self._lines) >= MAX_DISTINCT_SUBSCRIPTIONS:
                self._is_over = True
                return
            counts = self._lines[key] = _SubscriptionCounts(recommendation.subscription_id)
        counts.name = counts.name or recommendation.subscription_name
        counts.recommendations += 1
        counts.high_impact += recommendation.impact is Impact.HIGH

    def lines(self) -> list[SubscriptionLine]:
        """Return the subscriptions, the one with the most recommendations first."""
        lines = [
            SubscriptionLine(
                name=clean_text(counts.name),
                subscription_id=clean_text(counts.subscription_id),
                recommendations=counts.recommendations,
                high_impact=counts.high_impact,
            )
            for counts in self._lines.values()
        ]
        return sorted(lines, key=lambda line: (-line.recommendations, line.name.lower(), line.subscription_id))

    def __len__(self) -> int:
        return len(self._lines)

    def text(self, language: Language) -> str:
        """Return the number of subscriptions in words."""
        return _at_least(len(self._lines), self._is_over, language)


class _SubscriptionCounts(msgspec.Struct):
    subscription_id: str
    name: str = ""
    recommendations: int = 0
    high_impact: int = 0


class RetirementTally:
    """Recommendations that speak of each retiring feature."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, date | None], list[int | str]] = {}

    def add(self, recommendation: Recommendation) -> None:
        """Count one recommendation, where it speaks of a retirement."""
        feature, day = recommendation.retiring_feature, recommendation.retirement_date
        if not feature and day is None:
            return
        key = (" ".join((feature or recommendation.problem).casefold().split()), day)
        known = self._counts.get(key)
        if known is not None:
            known[1] = int(known[1]) + 1
        elif len(self._counts) < MAX_DISTINCT_RETIREMENTS:
            self._counts[key] = [feature or recommendation.problem, 1]

    def lines(self) -> tuple[Retirement, ...]:
        """Return the features, the earliest date first, those without a date last."""
        lines = [
            Retirement(feature=clean_text(str(name)), day=day, recommendations=int(count))
            for (_, day), (name, count) in self._counts.items()
        ]
        return tuple(sorted(lines, key=lambda line: (line.day or date.max, -line.recommendations, line.feature)))


class MostImportant:
    """Keeps the ``limit`` most important recommendations of a stream with their positions.

    Higher impact comes first, then the larger amount, then the earlier row. Amounts of different currencies are compared
    as numbers: this decides only which rows are listed where not all can be.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._heap: list[tuple[int, Decimal, int, Recommendation]] = []

    def add(self, position: int, recommendation: Recommendation) -> None:
        """Offer one recommendation; ``position`` is its place in the stream and must be unique."""
        amount = recommendation.annual_savings
        entry = (
            -IMPACT_ORDER[recommendation.impact],
            amount if amount is not None else Decimal(-1),
            -position,
            recommendation,
        )
        if len(self._heap) < self._limit:
            heapq.heappush(self._heap, entry)
        elif self._limit:
            heapq.heappushpop(self._heap, entry)

    def kept(self) -> list[tuple[int, Recommendation]]:
        """Return positions and recommendations in the order of the stream."""
        return sorted(
            ((-position, recommendation) for _, _, position, recommendation in self._heap), key=lambda kept: kept[0]
        )


def add_amount(amounts: dict[str, Decimal], currency: str, amount: Decimal) -> None:
    """Add ``amount`` to the sum of its own currency."""
    amounts[currency] = amounts.get(currency, Decimal(0)) + amount


def impact_totals(categories: Sequence[CategoryCounts]) -> dict[Impact, int]:
    """Return the recommendations of each impact over ``categories``, without impacts that have none."""
    totals = {impact: sum(category.counts.get(impact, 0) for category in categories) for impact in Impact}
    return {impact: count for impact, count in totals.items() if count}


def _at_least(number: int, is_over: bool, language: Language) -> str:
    text = language.number(number)
    return language.gettext("more than {number}", number=text) if is_over else text
