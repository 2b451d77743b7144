"""What a report knows beyond its recommendations, made up to fit them: changes, a year's course, decisions, clients."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import msgspec

from shared.advisor.recommendation import Recommendation
from shared.advisor.vocabulary import Category, Impact
from shared.comparison.in_memory import as_change
from shared.comparison.marks import Mark, MarkStatus
from shared.comparison.result import (
    AgeGroup,
    Change,
    ChangeKind,
    Comparison,
    MatchedBy,
    SavingsBridge,
    SnapshotFacts,
    Trend,
    TrendPoint,
)
from shared.reports.insights import ClientTotals, Insights, RollUp
from shared.savings import Savings, count_savings
from worker.reports.document import CategoryScore, Coverage

_CLIENTS = ("Contoso Ltd", "Fabrikam, Inc.", "Northwind Traders", "Tailspin Toys", "Adventure Works", "Woodgrove Bank")
SCORES = (
    CategoryScore(category=None, score=Decimal(64), potential_increase=Decimal(21)),
    CategoryScore(category=Category.COST, score=Decimal(71), potential_increase=Decimal(9)),
    CategoryScore(category=Category.SECURITY, score=Decimal(48), potential_increase=Decimal(31)),
    CategoryScore(category=Category.RELIABILITY, score=Decimal(62), potential_increase=Decimal(18)),
    CategoryScore(category=Category.OPERATIONAL_EXCELLENCE, score=Decimal(83), potential_increase=Decimal(6)),
    CategoryScore(category=Category.PERFORMANCE, score=Decimal(92)),
)
COVERAGE = Coverage(subscriptions_read=9, subscriptions_wanted=10, dismissed=14, postponed=6, excluded=3)


def insights_for(
    rows: Sequence[Recommendation], savings: Savings, today: datetime, *, clients: int = 0, client: str = "Contoso Ltd"
) -> Insights:
    """Return insights that fit ``rows``: every eleventh is new, every seventeenth changed, and so on."""
    return Insights(
        comparison=comparison_for(rows, savings, today),
        trend=trend_for(rows, savings, today),
        marks=marks_for(rows, today.date()),
        roll_up=roll_up_for(rows, savings, today, clients, client) if clients else None,
    )


def comparison_for(rows: Sequence[Recommendation], savings: Savings, today: datetime) -> Comparison:
    """Return a comparison with a snapshot of a month before."""
    changes = {
        ChangeKind.NEW: [_change(row, ChangeKind.NEW) for row in rows[::11]],
        ChangeKind.RETURNED: [_change(row, ChangeKind.RETURNED) for row in rows[5::60]],
        ChangeKind.RESOLVED: [_change(row, ChangeKind.RESOLVED) for row in rows[3::7]],
        ChangeKind.CHANGED: [
            _change(row, ChangeKind.CHANGED, impact_before=Impact.LOW, changed=("impact",)) for row in rows[8::17]
        ],
        ChangeKind.POSTPONED: [_change(row, ChangeKind.POSTPONED) for row in rows[9::90]],
        ChangeKind.DISMISSED: [_change(row, ChangeKind.DISMISSED) for row in rows[10::120]],
    }
    counts = {kind: len(found) for kind, found in changes.items()}
    appeared = counts[ChangeKind.NEW] + counts[ChangeKind.RETURNED]
    matched = len(rows) - appeared
    return Comparison(
        earlier=_snapshot(today - timedelta(days=31), matched + counts[ChangeKind.RESOLVED]),
        current=_snapshot(today, len(rows)),
        matched_by=MatchedBy.FINGERPRINT,
        matched=matched,
        counts=counts,
        unchanged=max(matched - counts[ChangeKind.CHANGED] - counts[ChangeKind.POSTPONED] - counts[ChangeKind.DISMISSED], 0),
        bridges=tuple(_bridge(line.currency, line.counted_amount) for line in savings.by_currency if line.counted_amount),
        ages=_ages(len(rows)),
        changes={kind: tuple(found[:200]) for kind, found in changes.items()},
    )


def _ages(total: int) -> tuple[AgeGroup, ...]:
    older = {label: total * share // 100 for label, share in (("90", 23), ("180", 31), ("365", 24), ("older", 10))}
    return tuple(AgeGroup(label=label, count=count) for label, count in {"30": total - sum(older.values()), **older}.items())


def trend_for(rows: Sequence[Recommendation], savings: Savings, today: datetime) -> Trend:
    """Return twelve months that end with ``rows``, falling slowly."""
    high = sum(row.impact is Impact.HIGH for row in rows)
    points = []
    for month in range(12):
        factor = Decimal(100 + (11 - month) * 6 + (month % 3) * 4 - (8 if month == 11 else 0)) / 100
        points.append(
            TrendPoint(
                snapshot_id=UUID(int=month),
                taken_at=today - timedelta(days=30 * (11 - month)),
                total=int(len(rows) * factor),
                by_category={},
                by_impact={Impact.HIGH.value: int(high * factor)},
                savings={
                    line.currency: (line.counted_amount * factor).quantize(Decimal("0.01"))
                    for line in savings.by_currency
                    if line.counted_amount
                },
            )
        )
    return Trend(points=tuple(points))


def marks_for(rows: Sequence[Recommendation], today: date) -> dict[bytes, Mark]:
    """Return a mark for every seventh finding."""
    planned = Mark(
        status=MarkStatus.PLANNED, owner="Ada Lovelace", due_on=today + timedelta(days=40), note="next maintenance window"
    )
    choices = (planned, Mark(status=MarkStatus.ACCEPTED), Mark(status=MarkStatus.REJECTED, note="needed for audits"))
    return {row.fingerprint: choices[number % 3] for number, row in enumerate(rows[::7])}


def roll_up_for(rows: Sequence[Recommendation], savings: Savings, today: datetime, clients: int, client: str) -> RollUp:
    """Return ``client`` with all of ``rows``, and other clients that have a part of them each."""
    others = [name for name in _CLIENTS if name != client]
    totals = []
    for number in range(clients):
        own = rows[number :: number + 2] if number else rows
        round_, place = divmod(number - 1, len(others))
        name = others[place] + (f" {round_ + 1}" if round_ else "") if number else client
        totals.append(
            ClientTotals(
                client_id=UUID(int=number),
                client_name=name,
                snapshot_id=UUID(int=number),
                taken_at=today - timedelta(days=number % 4),
                total=len(own),
                by_category={},
                by_impact={Impact.HIGH.value: sum(row.impact is Impact.HIGH for row in own)},
                savings=count_savings(own) if number else savings,
            )
        )
    return RollUp(clients=tuple(totals))


def _change(
    row: Recommendation, kind: ChangeKind, *, impact_before: Impact | None = None, changed: tuple[str, ...] = ()
) -> Change:
    return msgspec.structs.replace(as_change(kind, row, None, changed), impact_before=impact_before)


def _snapshot(taken_at: datetime, findings: int) -> SnapshotFacts:
    return SnapshotFacts(
        snapshot_id=None, taken_at=taken_at, taken_at_is_exact=True, source_format="cli_json", findings=findings
    )


def _bridge(currency: str, after: Decimal) -> SavingsBridge:
    """Return how a sum that was a fifth larger became this one."""
    cent = Decimal("0.01")
    realised, lost = (after * Decimal("0.31")).quantize(cent), (after * Decimal("0.04")).quantize(cent)
    found, grown = (after * Decimal("0.12")).quantize(cent), (after * Decimal("0.03")).quantize(cent)
    return SavingsBridge(
        currency=currency,
        before=after + realised + lost - found - grown,
        realised=realised,
        lost=lost,
        newly_found=found,
        grown=grown,
        after=after,
    )
