"""Scores as rows of a snapshot."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from shared.azure.scores import Score
from shared.database.tables import AdvisorScore

_BATCH = 1000


def write_scores(session: Session, tenant_id: UUID, snapshot_id: UUID, scores: Iterable[Score]) -> int:
    """Write ``scores`` with a snapshot in the caller's transaction, each once, and return how many there were."""
    written = 0
    remaining = _unique(scores)
    while batch := list(islice(remaining, _BATCH)):
        rows: list[dict[str, Any]] = [{"tenant_id": tenant_id, "snapshot_id": snapshot_id, **vars(score)} for score in batch]
        session.execute(insert(AdvisorScore), rows)
        written += len(rows)
    return written


def _unique(scores: Iterable[Score]) -> Iterator[Score]:
    seen: set[tuple[object, ...]] = set()
    for score in scores:
        key = (score.subscription_id, score.category, score.level, score.scored_at)
        if key not in seen:
            seen.add(key)
            yield score
