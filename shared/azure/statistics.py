"""Counts, amounts and scores of a connection's subscriptions at a glance, without reading the recommendations themselves.

Amounts are added as Advisor shows them one by one; offers that exclude one another are not told apart, which only a report
does. Dismissed and postponed recommendations, and what configurations leave out, are not counted.
"""

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import TypeVar

import msgspec

from shared.advisor.vocabulary import category_of, impact_of
from shared.azure import groups, queries
from shared.azure.errors import AzureCallError, AzurePermissionError, AzureRefusedError
from shared.azure.put_aside import PutAside, Rules
from shared.azure.resource_graph import IncompleteAnswerError, ResourceGraph, decoded
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


_Row = TypeVar("_Row")


def look(
    graph: ResourceGraph,
    subscription_ids: Sequence[str],
    *,
    on_progress: Callable[[int], None] = lambda _done: None,
    check: Callable[[], None] = lambda: None,
) -> Statistics:
    """Return the statistics of ``subscription_ids``; ``on_progress`` is told how many of them are done.

    A subscription that Resource Graph refuses, or of which it leaves rows out, is left out. ``check`` is called before each
    question, by any thread, and may raise to stop. Raises :class:`~shared.azure.errors.AzureCallError`, also where not one
    could be read.
    """
    as_of, looking = datetime.now(UTC), _Look(graph, check)
    all_groups = groups.groups_of(subscription_ids)
    waiting: deque[Callable[[], _Outcome]] = deque(partial(looking.group, group) for group in all_groups)
    figures, refusals = _Figures(), list[AzureCallError]()
    done = 0

    def take(outcome: _Outcome) -> None:
        nonlocal done
        waiting.extendleft(partial(looking.group, half) for half in outcome.again)
        figures.add(outcome.figures)
        refusals.extend(outcome.refusals)
        done += outcome.done
        on_progress(done)

    groups.in_flight(waiting, take, give_up=looking.given_up.set)
    if refusals and not figures.read:
        raise refusals[0]
    return figures.statistics(as_of, sum(map(len, all_groups)))


@dataclass
class _Figures:
    """What some subscriptions amount to."""

    read: int = 0
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    savings: dict[str, Decimal] = field(default_factory=dict)
    scores: list[tuple[str, Decimal, Decimal]] = field(default_factory=list)

    def add(self, more: "_Figures") -> None:
        """Add those of other subscriptions."""
        self.read += more.read
        for key, count in more.counts.items():
            self.counts[key] += count
        for currency, amount in more.savings.items():
            self.save(currency, amount)
        self.scores.extend(more.scores)

    def save(self, currency: str, amount: Decimal) -> None:
        """Add an amount, which may be below zero."""
        self.savings[currency] = self.savings.get(currency, Decimal(0)) + amount

    def statistics(self, as_of: datetime, wanted: int) -> Statistics:
        """Return what was added up."""
        counts = [CategoryCount(category, impact, count) for (category, impact), count in self.counts.items() if count > 0]
        return Statistics(
            as_of=as_of,
            subscriptions_wanted=wanted,
            subscriptions_read=self.read,
            recommendations=sum(one.recommendations for one in counts),
            counts=tuple(sorted(counts, key=lambda one: (one.category, one.impact))),
            annual_savings={
                currency: str(amount.quantize(_CENT)) for currency, amount in sorted(self.savings.items()) if amount > 0
            },
            scores=self._mean_scores(),
        )

    def _mean_scores(self) -> dict[str, str]:
        by_category: dict[str, list[tuple[Decimal, Decimal]]] = {}
        for category, percent, units in self.scores:
            if category != OVERALL:
                by_category.setdefault(category, []).append((percent, units))
        means = {category: weighted(values) for category, values in sorted(by_category.items())}
        overall = overall_of(self.scores)
        if overall is not None:
            means[OVERALL] = overall
        return {category: str(mean.quantize(_CENT)) for category, mean in means.items()}


@dataclass(frozen=True)
class _Outcome:
    """What became of one group: its figures, why one is left out, smaller groups to try."""

    done: int = 0
    figures: _Figures = field(default_factory=_Figures)
    refusals: tuple[AzureCallError, ...] = ()
    again: tuple[tuple[str, ...], ...] = ()


class _Look:
    """Asks about groups; several threads may do so at once."""

    def __init__(self, graph: ResourceGraph, check: Callable[[], None]) -> None:
        self.given_up = threading.Event()
        self._graph = graph
        self._check = check

    def group(self, group: tuple[str, ...]) -> _Outcome:
        """Read one group of subscriptions, or say that it has to be halved."""
        try:
            return _Outcome(len(group), self._figures(group))
        except (IncompleteAnswerError, AzurePermissionError, AzureRefusedError) as error:
            self._go_on()
            if len(group) == 1 or (isinstance(error, AzurePermissionError) and groups.is_closed(self._graph, group)):
                return _Outcome(len(group), refusals=(error,))
            return _Outcome(again=groups.halves(group))

    def _figures(self, group: tuple[str, ...]) -> _Figures:
        figures = _Figures()
        visible = self._rows(queries.SUBSCRIPTIONS, group, _visible_rows, asked_for=groups.LISTING)
        shown = sorted({one.subscription_id.lower() for one in visible} & set(group))
        figures.read = len(shown)
        if not shown:
            return figures
        rules = Rules()
        rules.add(self._rows(queries.PUT_ASIDE, shown, _put_aside_rows, asked_for="read what is put aside"))
        if counted := [one for one in shown if not rules.excludes(one)]:
            self._count_but_put_aside(figures, counted, rules)
        for row in self._rows(queries.SCORES, shown, _score_rows, asked_for="read Advisor's scores"):
            if (score := score_in(row)) is not None:
                figures.scores.append((score.category, score.percent, score.consumption_units or Decimal(0)))
        return figures

    def _count_but_put_aside(self, figures: _Figures, counted: Sequence[str], rules: Rules) -> None:
        outside = [group for group in rules.excluded_groups() if group[0] in counted]
        if len(outside) > _GROUPS_AT_ONCE and len(counted) > 1:
            middle = len(counted) // 2
            for half in (counted[:middle], counted[middle:]):
                self._count_but_put_aside(figures, half, rules)
            return
        self._count(figures, counted, queries.counts(without_groups=outside), sign=1)
        for names in _chunks(rules.suppressed_names()):
            self._count(figures, counted, queries.counts(names, without_groups=outside), sign=-1)

    def _count(self, figures: _Figures, subscriptions: Sequence[str], query: str, *, sign: int) -> None:
        self._go_on()
        for row in self._graph.summary(query, subscriptions, _counted_rows, asked_for="count recommendations"):
            figures.counts[str(category_of(row.category or "")), str(impact_of(row.impact or ""))] += (
                sign * row.recommendations
            )
            if row.savings and row.currency:
                figures.save(row.currency.upper(), sign * Decimal(str(row.savings)))

    def _rows(
        self, query: str, subscriptions: Sequence[str], decoder: msgspec.json.Decoder[list[_Row]], *, asked_for: str
    ) -> Iterator[_Row]:
        self._go_on()
        for page in self._graph.pages(query, subscriptions, asked_for=asked_for):
            yield from decoded(decoder, page.data)
            self._go_on()

    def _go_on(self) -> None:
        """Return while there is a point in asking on."""
        self._check()
        if self.given_up.is_set():
            raise groups.GivenUpError


def _chunks(names: list[str]) -> Iterator[list[str]]:
    for at in range(0, len(names), _NAMES_AT_ONCE):
        yield names[at : at + _NAMES_AT_ONCE]
