"""Writing a snapshot: COPY into a temporary stage and from there, under row-level security, into the tables.

``COPY FROM`` cannot write to a table with row-level security, so every batch goes by way of a stage that lives as long as
the transaction. Batches keep memory flat, let the caller stop between them, and let the next batch be made ready while the
server files the last one.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from shared.advisor.recommendation import Recommendation, RejectedRow
from shared.database.tables import Snapshot
from shared.identifiers import new_id
from shared.snapshots import copy_text
from shared.snapshots.ahead import prepared_ahead
from shared.snapshots.staging import Stage, driver_connection

# Some 7 MB of lines: large enough that round trips and emptying the stage do not show, small enough that two of them are
# nothing, and that a request to stop is heard within half a second. Twice as many were no faster.
BATCH_ROWS = 10_000

Row = Recommendation | RejectedRow


@dataclass(frozen=True, kw_only=True)
class SnapshotSource:
    """Where a snapshot comes from."""

    client_id: UUID
    source: str
    """``upload`` or ``live``."""
    source_format: str
    file_name: str
    taken_at: datetime
    taken_at_is_exact: bool


@dataclass
class Written:
    """A snapshot just written and what it holds."""

    snapshot_id: UUID
    accepted: int = 0
    rejected: int = 0


@dataclass(frozen=True)
class _Batch:
    """Rows ready to be sent, and how many they are."""

    accepted: bytes
    accepted_count: int
    rejected: bytes
    rejected_count: int


def write_snapshot(
    session: Session,
    tenant_id: UUID,
    source: SnapshotSource,
    rows: Iterable[Row],
    *,
    on_batch: Callable[[Written], None],
) -> Written:
    """Write all of ``rows`` as a new snapshot in the caller's transaction and return what was written.

    ``on_batch`` is told after every 10,000 rows and may raise to stop. What ``rows`` raises passes through; either way the
    caller's transaction is to be rolled back, and nothing stays.
    """
    written = Written(new_id())
    session.add(
        Snapshot(
            id=written.snapshot_id,
            tenant_id=tenant_id,
            accepted_count=0,
            rejected_count=0,
            **vars(source),
        )
    )
    session.flush()
    connection = driver_connection(session)
    stages = (
        Stage(connection, "recommendation", copy_text.RECOMMENDATION_COLUMNS, tenant_id, written.snapshot_id),
        Stage(connection, "rejected_row", copy_text.REJECTED_COLUMNS, tenant_id, written.snapshot_id),
    )
    for batch in prepared_ahead(_batches(rows)):
        stages[0].write(batch.accepted)
        stages[1].write(batch.rejected)
        written.accepted += batch.accepted_count
        written.rejected += batch.rejected_count
        on_batch(written)
    session.execute(
        update(Snapshot)
        .where(Snapshot.id == written.snapshot_id)
        .values(accepted_count=written.accepted, rejected_count=written.rejected)
    )
    return written


def _batches(rows: Iterable[Row]) -> Iterator[_Batch]:
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
        yield _Batch(_encoded(accepted), len(accepted), _encoded(rejected), len(rejected))


def _encoded(lines: list[str]) -> bytes:
    # A lone half of a surrogate pair, which JSON can smuggle in, has no place in UTF-8.
    return "".join(lines).encode("utf-8", "replace")
