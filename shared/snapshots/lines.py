"""Rows as lines of COPY in batches, ready to be filed: what may be made anywhere, by another thread or process.

Imports nothing of databases, so that a process that only makes lines starts at once.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from shared.advisor.recommendation import Recommendation, RejectedRow
from shared.snapshots import copy_text

# Some 7 MB of lines: large enough that round trips and emptying the stage do not show, small enough that two of them are
# nothing, and that a request to stop is heard within half a second. Twice as many were no faster.
BATCH_ROWS = 10_000

Row = Recommendation | RejectedRow


class Table(StrEnum):
    """The tables that hold the rows of a snapshot."""

    RECOMMENDATION = "recommendation"
    REJECTED_ROW = "rejected_row"
    SCORE = "advisor_score"


@dataclass(frozen=True)
class Lines:
    """Some rows of one table, in the order of its columns (:data:`COLUMNS`)."""

    table: Table
    count: int
    text: bytes


COLUMNS = {
    Table.RECOMMENDATION: copy_text.RECOMMENDATION_COLUMNS,
    Table.REJECTED_ROW: copy_text.REJECTED_COLUMNS,
    Table.SCORE: copy_text.SCORE_COLUMNS,
}


def lines_of(rows: Iterable[Row]) -> Iterator[Lines]:
    """Yield the lines of ``rows``, each with a new id, after every 10,000 rows and at the end."""
    remaining = iter(rows)
    while True:
        accepted: list[str] = []
        rejected: list[str] = []
        for row in islice(remaining, BATCH_ROWS):
            if isinstance(row, RejectedRow):
                rejected.append(copy_text.rejected_line(row))
            else:
                accepted.append(copy_text.recommendation_line(row))
        if not (accepted or rejected):
            return
        if accepted:
            yield Lines(Table.RECOMMENDATION, len(accepted), encoded(accepted))
        if rejected:
            yield Lines(Table.REJECTED_ROW, len(rejected), encoded(rejected))


def encoded(lines: list[str]) -> bytes:
    """Return ``lines`` as COPY takes them."""
    # A lone half of a surrogate pair, which JSON can smuggle in, has no place in UTF-8.
    return "".join(lines).encode("utf-8", "replace")
