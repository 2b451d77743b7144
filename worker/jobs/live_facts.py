"""What a snapshot that was fetched from Azure knows beyond its recommendations: how much was read, and Advisor's scores."""

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.advisor.vocabulary import Category
from shared.azure.scores import LATEST, OVERALL, overall_of, weighted
from shared.database.tables import AdvisorScore, Snapshot
from worker.reports.document import CategoryScore, Coverage

_ONE_DIGIT = Decimal("0.1")


def coverage_of(snapshot: Snapshot) -> Coverage | None:
    """Return how much of what was asked for was read; ``None`` for a file, which does not say."""
    fetch = snapshot.details.get("fetch")
    if not isinstance(fetch, dict):
        return None
    left_out = fetch.get("left_out", {})
    return Coverage(
        subscriptions_read=fetch.get("subscriptions_read", 0),
        subscriptions_wanted=fetch.get("subscriptions_wanted", 0),
        dismissed=left_out.get("dismissed", 0),
        postponed=left_out.get("postponed", 0),
        excluded=left_out.get("excluded", 0),
    )


def scores_of(
    session: Session, snapshot_id: UUID, subscriptions: Collection[str] = ()
) -> tuple[tuple[CategoryScore, ...], date | None]:
    """Return the scores of a snapshot, that of everything first, and the day of the latest; of ``subscriptions`` only.

    Several subscriptions are weighted by their consumption, category by category, as Microsoft does it.
    """
    wanted = {name.lower() for name in subscriptions}
    latest = select(AdvisorScore).where(AdvisorScore.snapshot_id == snapshot_id, AdvisorScore.level == LATEST)
    rows = [row for row in session.scalars(latest) if not wanted or row.subscription_id.lower() in wanted]
    by_category: dict[str, list[AdvisorScore]] = {}
    for row in rows:
        by_category.setdefault(row.category, []).append(row)
    scores = [_score(category, by_category[category]) for category in Category if category in by_category]
    overall = overall_of([(row.category, row.percent, row.consumption_units or Decimal(0)) for row in rows])
    if overall is not None:
        increase = _only([row.potential_increase for row in by_category.get(OVERALL, ())])
        whole = CategoryScore(category=None, score=round(overall, 0), potential_increase=increase)
        scores.insert(0, whole)
    return tuple(scores), max((row.scored_at.date() for row in rows), default=None)


def _score(category: Category, rows: Sequence[AdvisorScore]) -> CategoryScore:
    increases = [
        (row.potential_increase, row.consumption_units or Decimal(0)) for row in rows if row.potential_increase is not None
    ]
    return CategoryScore(
        category=category,
        score=round(weighted([(row.percent, row.consumption_units or Decimal(0)) for row in rows]), 0),
        potential_increase=weighted(increases).quantize(_ONE_DIGIT) if increases else None,
        impacted_resources=sum(row.impacted_resources or 0 for row in rows),
    )


def _only(values: Sequence[Decimal | None]) -> Decimal | None:
    """Return the one value there is: of several subscriptions, Azure does not say how theirs add up."""
    return values[0].quantize(_ONE_DIGIT) if len(values) == 1 and values[0] is not None else None
