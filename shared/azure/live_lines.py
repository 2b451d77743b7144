"""The lines of a live fetch: made where they are asked for, or ahead of it by another process while pages still come."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from shared.azure.live_rows import Counts, LiveRows, Terms
from shared.azure.parts import Part
from shared.azure.score_lines import score_lines
from shared.azure.spool import Batch
from shared.snapshots.ahead import prepared_ahead
from shared.snapshots.lines import Lines, Row, lines_of


class LiveLines(Protocol):
    """Takes what was read, part by part, and gives its lines once nothing more comes."""

    def take(self, part: Part) -> None:
        """Take a part whose pages are all there; they are gone from the disk once their lines are made."""
        ...

    def lines(self) -> Iterator[Lines]:
        """Yield the lines of all parts taken; no more are taken from now on."""
        ...

    def counts(self) -> Counts:
        """Return what was counted on the way; complete once all lines were yielded."""
        ...


class OwnLiveLines:
    """Makes lines in this process, while those before are filed: for fetches that end within a few calls."""

    def __init__(self, terms: Terms) -> None:
        self._rows = LiveRows(terms)
        self._parts: list[Part] = []

    def take(self, part: Part) -> None:
        """Keep the part for later."""
        self._parts.append(part)

    def lines(self) -> Iterator[Lines]:
        """Yield the lines of all parts."""
        return prepared_ahead(made(self._rows, self._parts))

    def counts(self) -> Counts:
        """Return what was counted so far."""
        return self._rows.counts


def made(live: LiveRows, parts: Iterable[Part]) -> Iterator[Lines]:
    """Yield the lines of ``parts``: of their recommendations as they come, of their scores at the end."""
    scores: list[Batch] = []

    def rows() -> Iterator[Row]:
        for part in parts:
            yield from live.of(part)
            part.batch.remove()
            if part.scores is not None:
                scores.append(part.scores)

    yield from lines_of(rows())
    yield from score_lines(page for batch in scores for page in batch)
    for batch in scores:
        batch.remove()
