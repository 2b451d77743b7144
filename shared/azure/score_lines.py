"""Scores as lines of a snapshot, each with its history."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice

import msgspec

from shared.azure.scores import LATEST, Former, Score, ScoreRow, score_in
from shared.snapshots.lines import Lines, Table, encoded

_BATCH = 5_000
_NULL = "\\N"

_rows = msgspec.json.Decoder(list[ScoreRow])


def score_lines(pages: Iterable[bytes]) -> Iterator[Lines]:
    """Yield the scores on ``pages`` (JSON arrays of Azure's rows), each once, however often its row stands there."""
    remaining = _lines(pages)
    while batch := list(islice(remaining, _BATCH)):
        yield Lines(Table.SCORE, len(batch), encoded(batch))


def _lines(pages: Iterable[bytes]) -> Iterator[str]:
    seen: set[str] = set()
    for page in pages:
        for row in _rows.decode(page):
            if (key := row.id.lower()) not in seen:
                seen.add(key)
                if (score := score_in(row)) is not None:
                    yield _line(score)


def _line(score: Score) -> str:
    # Ids, words of ours and numbers: nothing of it needs escaping.
    values = (
        score.subscription_id,
        score.category,
        LATEST,
        score.scored_at.isoformat(),
        f"{score.percent:f}",
        f"{score.as_given:f}",
        _NULL if score.consumption_units is None else f"{score.consumption_units:f}",
        _NULL if score.impacted_resources is None else str(score.impacted_resources),
        _NULL if score.potential_increase is None else f"{score.potential_increase:f}",
        f"[{','.join(map(_entry, score.history))}]",
    )
    return "\t".join(values) + "\n"


@lru_cache(maxsize=32_768)
def _entry(former: Former) -> str:
    """Return a score of the history as JSON; words of ours and numbers again."""
    return (
        f'{{"level":"{former.level}","scored_at":"{former.scored_at.isoformat()}",'
        f'"percent":"{former.percent:f}","as_given":"{former.as_given:f}"}}'
    )
