"""Scores as rows of a snapshot: some fifty a subscription, so they go the way of all bulk rows."""

from collections.abc import Iterable, Iterator
from itertools import islice
from uuid import UUID

import msgspec
from sqlalchemy.orm import Session

from shared.azure.scores import Score, ScoreRow, scores_in
from shared.snapshots.staging import Stage, driver_connection

_BATCH = 10_000
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
)
_NULL = "\\N"

_rows = msgspec.json.Decoder(list[ScoreRow])


def write_scores(session: Session, tenant_id: UUID, snapshot_id: UUID, pages: Iterable[bytes]) -> int:
    """Write the scores on ``pages`` (JSON arrays of Azure's rows) with a snapshot in the caller's transaction.

    Each is written once, however often its row stands there; returns how many there were.
    """
    stage = Stage(driver_connection(session), "advisor_score", _COLUMNS, tenant_id, snapshot_id)
    remaining, written = _scores_on(pages), 0
    while batch := list(islice(remaining, _BATCH)):
        stage.write("".join(map(_line, batch)).encode())
        written += len(batch)
    return written


def _scores_on(pages: Iterable[bytes]) -> Iterator[Score]:
    seen: set[str] = set()
    for page in pages:
        for row in _rows.decode(page):
            if (key := row.id.lower()) not in seen:
                seen.add(key)
                yield from scores_in(row)


def _line(score: Score) -> str:
    # Ids, words of ours and numbers: nothing of it needs escaping.
    values = (
        score.subscription_id,
        score.category,
        score.level,
        score.scored_at.isoformat(),
        f"{score.percent:f}",
        f"{score.as_given:f}",
        _NULL if score.consumption_units is None else f"{score.consumption_units:f}",
        _NULL if score.impacted_resources is None else str(score.impacted_resources),
        _NULL if score.potential_increase is None else f"{score.potential_increase:f}",
    )
    return "\t".join(values) + "\n"
