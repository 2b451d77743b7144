"""Writing a snapshot: COPY into a temporary stage and from there, under row-level security, into the tables.

``COPY FROM`` cannot write to a table with row-level security, so every batch goes by way of a stage that lives as long as
the transaction. Batches keep memory flat, let the caller stop between them, and let the next batch be made ready while the
server files the last one.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from shared.database.tables import Snapshot
from shared.identifiers import new_id
from shared.snapshots.ahead import prepared_ahead
from shared.snapshots.lines import COLUMNS, Lines, Row, Table, lines_of
from shared.snapshots.staging import Stage, driver_connection


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

    def count(self, lines: Lines) -> None:
        """Add what was written."""
        if lines.table is Table.RECOMMENDATION:
            self.accepted += lines.count
        elif lines.table is Table.REJECTED_ROW:
            self.rejected += lines.count


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
    return write_lines(session, tenant_id, source, prepared_ahead(lines_of(rows)), on_batch=on_batch)


def write_lines(
    session: Session,
    tenant_id: UUID,
    source: SnapshotSource,
    batches: Iterable[Lines],
    *,
    on_batch: Callable[[Written], None],
) -> Written:
    """Write a new snapshot of ready lines, otherwise as :func:`write_snapshot` does."""
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
    stages = {table: Stage(connection, table, columns, tenant_id, written.snapshot_id) for table, columns in COLUMNS.items()}
    for batch in batches:
        stages[batch.table].write(batch.text)
        written.count(batch)
        on_batch(written)
    session.execute(
        update(Snapshot)
        .where(Snapshot.id == written.snapshot_id)
        .values(accepted_count=written.accepted, rejected_count=written.rejected)
    )
    return written
