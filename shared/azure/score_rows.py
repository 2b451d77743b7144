"""Scores as rows of a snapshot, each with its history; they go the way of all bulk rows."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from itertools import islice
from uuid import UUID

import msgspec
from sqlalchemy.orm import Session

from shared.azure.scores import LATEST, Score, ScoreRow, scores_in
from shared.snapshots.ahead import prepared_ahead
from shared.snapshots.staging import Stage, driver_connection

_BATCH = 5_000
_COLUMNS = (
    "subscription_id",
    "category",
    "level",
    "scored_at",
    "percent",
    "as_given",
    "consumption_units",
    "impacted_resources",
    "potential_increase",
    "history",
)
_NULL = "\\N"

_rows = msgspec.json.Decoder(list[ScoreRow])


def write_scores(session: Session, tenant_id: UUID, snapshot_id: UUID, pages: Iterable[bytes]) -> int:
    """Write the scores on ``pages`` (JSON arrays of Azure's rows) with a snapshot in the caller's transaction.

    Each is written once, however often its row stands there; returns how many there were.
    """
    stage = Stage(driver_connection(session), "advisor_score", _COLUMNS, tenant_id, snapshot_id)
    written = 0
    for batch, count in prepared_ahead(_batches(pages)):
        stage.write(batch)
        written += count
    return written


def _batches(pages: Iterable[bytes]) -> Iterator[tuple[bytes, int]]:
    remaining = _lines(pages)
    while batch := list(islice(remaining, _BATCH)):
        yield "".join(batch).encode(), len(batch)


def _lines(pages: Iterable[bytes]) -> Iterator[str]:
    seen: set[str] = set()
    for page in pages:
        for row in _rows.decode(page):
            if (key := row.id.lower()) not in seen:
                seen.add(key)
                if scores := list(scores_in(row)):
                    yield _line(scores)


def _line(scores: list[Score]) -> str:
    # Where Azure names no latest score, the newest of the history is.
    latest = next((score for score in scores if score.level == LATEST), None) or max(scores, key=lambda one: one.scored_at)
    history = ",".join([_entry(score) for score in scores if score.level != LATEST])
    # Ids, words of ours and numbers: nothing of it needs escaping.
    values = (
        latest.subscription_id,
        latest.category,
        LATEST,
        _iso(latest.scored_at),
        f"{latest.percent:f}",
        f"{latest.as_given:f}",
        _NULL if latest.consumption_units is None else f"{latest.consumption_units:f}",
        _NULL if latest.impacted_resources is None else str(latest.impacted_resources),
        _NULL if latest.potential_increase is None else f"{latest.potential_increase:f}",
        f"[{history}]",
    )
    return "\t".join(values) + "\n"


def _entry(score: Score) -> str:
    """Return a score of the history as JSON; words of ours and numbers again."""
    return (
        f'{{"level":"{score.level}","scored_at":"{_iso(score.scored_at)}",'
        f'"percent":"{score.percent:f}","as_given":"{score.as_given:f}"}}'
    )


@lru_cache(maxsize=4096)
def _iso(moment: datetime) -> str:
    # All scores have the same days.
    return moment.isoformat()
