"""Comparing two exports without a database, by the rules of :mod:`shared.comparison.comparing`.

Two files know no history: nothing has returned, and no finding has an age.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from shared.advisor.recommendation import Recommendation
from shared.advisor.standing import Standing
from shared.advisor.vocabulary import Category, Impact
from shared.comparison.keys import is_portal
from shared.comparison.result import (
    MAX_LISTED_CHANGES,
    Change,
    ChangeKind,
    Comparison,
    MatchedBy,
    SavingsBridge,
    SnapshotFacts,
)
from shared.savings.result import Savings

Key = bytes | tuple[str, ...]

_Rank = tuple[bool, Decimal, Decimal]
_ZERO = Decimal(0)
_IMPACTS = list(Impact)


@dataclass(frozen=True)
class ExportSide:
    """One export: its recommendations, in the order in which ``savings`` was counted over the open ones of them."""

    recommendations: Iterable[Recommendation]
    savings: Savings
    source_format: str
    taken_at: datetime | None


class _Findings:
    """One side's findings, one for each key, and what counts of each."""

    def __init__(self, side: ExportSide, *, across_sources: bool) -> None:
        self.best: dict[Key, Recommendation] = {}
        self.counted: defaultdict[tuple[Key, str], Decimal] = defaultdict(Decimal)
        self.subscriptions: dict[str, str] = {}
        self.categories: set[Category] = set()
        ranks: dict[Key, _Rank] = {}
        for row, counted in _with_counted(side):
            key = _cross_key(row) if across_sources else row.fingerprint
            rank = (
                row.standing is Standing.ACTIVE,
                Decimal(-1) if counted is None else counted,
                Decimal(-1) if row.annual_savings is None else row.annual_savings,
            )
            if key not in ranks or _stands_for_more(rank, row, ranks[key], self.best[key]):
                self.best[key], ranks[key] = row, rank
            if counted is not None:
                self.counted[key, row.currency] += counted
            if subscription := (row.subscription_id or row.subscription_name).lower():
                self.subscriptions.setdefault(subscription, row.subscription_name or row.subscription_id)
            self.categories.add(row.category)

    def is_open(self, key: Key) -> bool:
        """Return whether the finding is there and nobody put it aside."""
        return key in self.best and self.best[key].standing is Standing.ACTIVE

    @property
    def open_number(self) -> int:
        """How many findings are open."""
        return sum(1 for row in self.best.values() if row.standing is Standing.ACTIVE)


def compare_exports(earlier: ExportSide, current: ExportSide) -> Comparison:
    """Return what changed from one export to the other; holds one recommendation for each finding of both."""
    across = is_portal(earlier.source_format) != is_portal(current.source_format)
    then, now = (_Findings(side, across_sources=across) for side in (earlier, current))
    changes: defaultdict[ChangeKind, list[Change]] = defaultdict(list)
    unchanged = 0
    for key in {**now.best, **then.best}:
        change = _change(key, then, now, with_text=not across)
        if change is not None:
            changes[change.kind].append(change)
        elif then.is_open(key) and now.is_open(key):
            unchanged += 1
    for listed in changes.values():
        listed.sort(key=_importance)
    return Comparison(
        earlier=_facts(earlier, then),
        current=_facts(current, now),
        matched_by=MatchedBy.CROSS_SOURCE if across else MatchedBy.FINGERPRINT,
        matched=unchanged + len(changes[ChangeKind.CHANGED]),
        counts={kind: len(changes[kind]) for kind in ChangeKind},
        unchanged=unchanged,
        bridges=tuple(_bridges(then, now)),
        ages=(),
        changes={kind: tuple(changes[kind][:MAX_LISTED_CHANGES]) for kind in ChangeKind},
        only_then=_names(then.subscriptions, now.subscriptions),
        only_now=_names(now.subscriptions, then.subscriptions),
        only_categories_then=tuple(one for one in Category if one in then.categories - now.categories),
        only_categories_now=tuple(one for one in Category if one in now.categories - then.categories),
    )


def _with_counted(side: ExportSide) -> Iterator[tuple[Recommendation, Decimal | None]]:
    ordinal = 0
    for row in side.recommendations:
        if row.standing is not Standing.ACTIVE:
            yield row, None
            continue
        yield row, row.annual_savings if side.savings.reason_of(ordinal) is None else None
        ordinal += 1


def _stands_for_more(rank: _Rank, row: Recommendation, other_rank: _Rank, other: Recommendation) -> bool:
    return rank > other_rank or (rank == other_rank and row.fingerprint < other.fingerprint)


def _cross_key(row: Recommendation) -> tuple[str, ...]:
    return (
        row.category.value,
        re.sub(r"\s+", " ", row.problem).lower(),
        (row.subscription_id or row.subscription_name).lower(),
        row.resource_group.lower(),
        row.resource_name.lower() if row.resource_group else "",
    )


def _change(key: Key, then: _Findings, now: _Findings, *, with_text: bool) -> Change | None:
    row, before = now.best.get(key), then.best.get(key)
    if not then.is_open(key):
        if row is None or not now.is_open(key):
            return None
        return as_change(ChangeKind.RETURNED if before else ChangeKind.NEW, row, before)
    if row is None:
        assert before is not None  # noqa: S101 - what was open was there
        return as_change(ChangeKind.RESOLVED, before, None)
    assert before is not None  # noqa: S101 - likewise
    if row.standing is not Standing.ACTIVE:
        kind = ChangeKind.POSTPONED if row.standing is Standing.POSTPONED else ChangeKind.DISMISSED
        return as_change(kind, row, before)
    money = (row.annual_savings, row.currency) != (before.annual_savings, before.currency)
    differs = {
        "impact": row.impact is not before.impact,
        "savings": money,
        "text": with_text and row.problem != before.problem,
    }
    changed = tuple(name for name, is_other in differs.items() if is_other)
    return as_change(ChangeKind.CHANGED, row, before, changed) if changed else None


def as_change(kind: ChangeKind, row: Recommendation, before: Recommendation | None, changed: tuple[str, ...] = ()) -> Change:
    """Return the change of one finding from what it was ``before`` to ``row``."""
    return Change(
        kind=kind,
        fingerprint=row.fingerprint,
        category=row.category,
        impact=row.impact,
        problem=row.problem,
        resource_name=row.resource_name,
        resource_type=row.resource_type,
        resource_id=row.resource_id,
        subscription_id=row.subscription_id,
        subscription_name=row.subscription_name,
        annual_savings=row.annual_savings,
        currency=row.currency,
        impact_before=before.impact if before else None,
        annual_savings_before=before.annual_savings if before else None,
        currency_before=before.currency if before else "",
        problem_before=before.problem if before else "",
        changed=changed,
    )


def _importance(change: Change) -> tuple[int, bool, Decimal, str, str]:
    amount = change.annual_savings
    return _IMPACTS.index(change.impact), amount is None, -(amount or _ZERO), change.problem, change.resource_name


def _bridges(then: _Findings, now: _Findings) -> Iterator[SavingsBridge]:
    sums: defaultdict[str, defaultdict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for key, currency in {**then.counted, **now.counted}:
        before, after = (side.counted.get((key, currency), _ZERO) for side in (then, now))
        amounts = sums[currency]
        amounts["before"] += before
        amounts["after"] += after
        if key not in now.best:
            amounts["realised"] += before
        elif not then.is_open(key):
            amounts["newly_found"] += after
        else:
            amounts["grown" if after > before else "lost"] += abs(after - before)
    for currency, amounts in sorted(sums.items(), key=lambda entry: (-entry[1]["after"], entry[0])):
        names = ("before", "realised", "lost", "newly_found", "grown", "after")
        yield SavingsBridge(currency=currency, **{name: amounts[name] for name in names})


def _facts(side: ExportSide, findings: _Findings) -> SnapshotFacts:
    return SnapshotFacts(
        snapshot_id=None,
        taken_at=side.taken_at,
        taken_at_is_exact=side.taken_at is not None,
        source_format=side.source_format,
        findings=findings.open_number,
    )


def _names(mine: dict[str, str], theirs: dict[str, str]) -> tuple[str, ...]:
    return tuple(sorted(name for key, name in mine.items() if key not in theirs))
