"""Counts, amounts and scores of a connection's subscriptions at a glance, without reading the recommendations themselves.

Amounts are added as Advisor shows them one by one; offers that exclude one another are not told apart, which only a report
does. Dismissed and postponed recommendations, and what configurations leave out, are not counted.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from shared.advisor.vocabulary import category_of, impact_of
from shared.azure import queries
from shared.azure.put_aside import PutAside, Rules
from shared.azure.resource_graph import GROUP, ResourceGraph
from shared.azure.scores import OVERALL, ScoreRow, overall_of, score_in, weighted

_NAMES_AT_ONCE = 400
# So many resource groups are left out in one question; where there are more, fewer subscriptions are asked for at once.
_GROUPS_AT_ONCE = 200
_CENT = Decimal("0.01")


class CategoryCount(msgspec.Struct, frozen=True):
    """How many recommendations one category and impact have."""

    category: str
    impact: str
    recommendations: int


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """What a look at a connection's subscriptions brought."""

    as_of: datetime
    subscriptions_wanted: int
    subscriptions_read: int
    recommendations: int
    counts: tuple[CategoryCount, ...]
    annual_savings: dict[str, str]
    """Decimal numbers as text, by currency; before overlapping offers are told apart."""
    scores: dict[str, str]
    """Percent as text, by category and ``Overall``; weighted by consumption over the subscriptions."""


class _Counted(msgspec.Struct):
    category: str | None = None
    impact: str | None = None
    currency: str | None = None
    recommendations: int = 0
    savings: float | None = None


class _Visible(msgspec.Struct, rename="camel"):
    subscription_id: str


_counted_rows = msgspec.json.Decoder(list[_Counted])
_visible_rows = msgspec.json.Decoder(list[_Visible])
_put_aside_rows = msgspec.json.Decoder(list[PutAside])
_score_rows = msgspec.json.Decoder(list[ScoreRow])


def look(
    graph: ResourceGraph, subscription_ids: Sequence[str], *, on_progress: Callable[[int], None] = lambda _done: None
) -> Statistics:
    """Return the statistics of ``subscription_ids``; ``on_progress`` is told how many of them are done.

    Raises :class:`~shared.azure.errors.AzureCallError`.
    """
    as_of, adding = datetime.now(UTC), _Adding()
    ordered = sorted({one.lower() for one in subscription_ids})
    for at in range(0, len(ordered), GROUP):
        adding.take(graph, ordered[at : at + GROUP])
        on_progress(min(at + GROUP, len(ordered)))
    return adding.statistics(as_of, len(ordered))


class _Adding:
    """Adds up group by group."""

    def __init__(self) -> None:
        self.read = 0
        self._counts: Counter[tuple[str, str]] = Counter()
        self._savings: dict[str, Decimal] = {}
        self._scores: list[tuple[str, Decimal, Decimal]] = []

    def take(self, graph: ResourceGraph, group: Sequence[str]) -> None:
        """Add one group of subscriptions."""
        visible = graph.rows(queries.SUBSCRIPTIONS, group, _visible_rows, asked_for="list subscriptions")
        shown = sorted({one.subscription_id.lower() for one in visible} & set(group))
        self.read += len(shown)
        if not shown:
            return
        rules = Rules()
        rules.add(graph.rows(queries.PUT_ASIDE, shown, _put_aside_rows, asked_for="read what is put aside"))
        if counted := [one for one in shown if not rules.excludes(one)]:
            self._count_but_put_aside(graph, counted, rules)
        for row in graph.rows(queries.SCORES, shown, _score_rows, asked_for="read Advisor's scores"):
            if (score := score_in(row)) is not None:
                self._scores.append((score.category, score.percent, score.consumption_units or Decimal(0)))

    def statistics(self, as_of: datetime, wanted: int) -> Statistics:
        """Return what was added up."""
        counts = [CategoryCount(category, impact, count) for (category, impact), count in self._counts.items() if count > 0]
        return Statistics(
            as_of=as_of,
            subscriptions_wanted=wanted,
            subscriptions_read=self.read,
            recommendations=sum(one.recommendations for one in counts),
            counts=tuple(sorted(counts, key=lambda one: (one.category, one.impact))),
            annual_savings={
                currency: str(amount.quantize(_CENT)) for currency, amount in sorted(self._savings.items()) if amount > 0
            },
            scores=self._mean_scores(),
        )

    def _count_but_put_aside(self, graph: ResourceGraph, counted: Sequence[str], rules: Rules) -> None:
        outside = [group for group in rules.excluded_groups() if group[0] in counted]
        if len(outside) > _GROUPS_AT_ONCE and len(counted) > 1:
            middle = len(counted) // 2
            for half in (counted[:middle], counted[middle:]):
                self._count_but_put_aside(graph, half, rules)
            return
        self._count(graph, counted, queries.counts(without_groups=outside), sign=1)
        for names in _chunks(rules.suppressed_names()):
            self._count(graph, counted, queries.counts(names, without_groups=outside), sign=-1)

    def _count(self, graph: ResourceGraph, subscriptions: Sequence[str], query: str, *, sign: int) -> None:
        for row in graph.summary(query, subscriptions, _counted_rows, asked_for="count recommendations"):
            self._counts[str(category_of(row.category or "")), str(impact_of(row.impact or ""))] += (
                sign * row.recommendations
            )
            if row.savings and row.currency:
                currency = row.currency.upper()
                self._savings[currency] = self._savings.get(currency, Decimal(0)) + sign * Decimal(str(row.savings))

    def _mean_scores(self) -> dict[str, str]:
        by_category: dict[str, list[tuple[Decimal, Decimal]]] = {}
        for category, percent, units in self._scores:
            if category != OVERALL:
                by_category.setdefault(category, []).append((percent, units))
        means = {category: weighted(values) for category, values in sorted(by_category.items())}
        overall = overall_of(self._scores)
        if overall is not None:
            means[OVERALL] = overall
        return {category: str(mean.quantize(_CENT)) for category, mean in means.items()}


def _chunks(names: list[str]) -> Iterator[list[str]]:
    for at in range(0, len(names), _NAMES_AT_ONCE):
        yield names[at : at + _NAMES_AT_ONCE]
