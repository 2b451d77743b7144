"""Snapshots of one client, written as imports write them, and compared as reports compare them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.advisor.recommendation import Recommendation, RejectedRow
from shared.advisor.standing import Standing
from shared.comparison import comparing, history
from shared.comparison.reach import UNLIMITED, reach_of
from shared.comparison.result import Comparison
from shared.comparison.sides import Side
from shared.database.session import Database
from shared.database.tables import Client, Report, Snapshot
from shared.identifiers import new_id
from shared.reports.manual import ManualRecommendation
from shared.reports.options import ReportScope
from shared.savings import Savings, count_savings
from shared.snapshots.reader import SnapshotRecommendations
from shared.snapshots.writer import SnapshotSource, write_snapshot

FIRST = datetime(2026, 1, 1, tzinfo=UTC)


class Estate:
    """One client and its snapshots, each taken a month after the one before."""

    def __init__(self, database: Database, tenant_id: UUID) -> None:
        self.database, self.tenant_id = database, tenant_id
        self.client_id = new_id()
        self._taken = FIRST
        with database.tenant(tenant_id) as session:
            session.add(Client(id=self.client_id, tenant_id=tenant_id, name="Contoso"))

    def snapshot(
        self,
        rows: Sequence[Recommendation | RejectedRow],
        source_format: str = "rest_json",
        *,
        fetch: dict[str, Any] | None = None,
        read: Sequence[str] | None = None,
    ) -> Snapshot:
        """Write a snapshot; of one from Azure ``fetch`` is what is told of it, and ``read`` the subscriptions it is of."""
        source = SnapshotSource(
            client_id=self.client_id, source="upload", source_format=source_format, file_name="f", taken_at=self._taken,
            taken_at_is_exact=True,
        )  # fmt: skip
        self._taken += timedelta(days=31)
        with self.database.tenant(self.tenant_id) as session:
            written = write_snapshot(session, self.tenant_id, source, rows, on_batch=lambda _: None)
            history.note_findings(session, written.snapshot_id)
        with self.database.tenant(self.tenant_id) as session:
            snapshot = session.get_one(Snapshot, written.snapshot_id)
            if fetch is not None:
                snapshot.details = {"fetch": fetch}
            snapshot.subscriptions = None if read is None else list(read)
            return snapshot

    def report(self, snapshot: Snapshot, *, run_id: UUID | None = None) -> UUID:
        """Write a report of a snapshot, ordered by a run of a schedule where that is named."""
        report = Report(
            id=new_id(), tenant_id=self.tenant_id, client_id=self.client_id, snapshot_id=snapshot.id, title="T",
            report_type="detailed", source="upload", formats=["csv"], schedule_run_id=run_id,
        )  # fmt: skip
        with self.database.tenant(self.tenant_id) as session:
            session.add(report)
        return report.id

    def compare(
        self,
        earlier: Snapshot,
        current: Snapshot,
        *,
        scope: ReportScope | None = None,
        manual: tuple[Sequence[ManualRecommendation], Sequence[ManualRecommendation]] = ((), ()),
        report_id: UUID | None = None,
    ) -> Comparison:
        """Compare two snapshots for a new report, or for ``report_id``."""
        scope = scope or ReportScope()
        sides = [
            Side(one, scope, hand, self._savings(one, scope, hand), within=within)
            for one, hand, within in zip((earlier, current), manual, (reach_of(current), UNLIMITED), strict=True)
        ]
        report_id = report_id or self.report(current)
        with self.database.tenant(self.tenant_id) as session:
            return comparing.compare(session, self.tenant_id, report_id, earlier=sides[0], current=sides[1])

    def _savings(self, snapshot: Snapshot, scope: ReportScope, manual: Sequence[ManualRecommendation]) -> Savings:
        rows = SnapshotRecommendations(
            self.database, self.tenant_id, snapshot.id, on_rows=lambda: None, scope=scope, manual=manual
        )
        return count_savings(row for row in rows if row.standing is Standing.ACTIVE)


@pytest.fixture
def estate(database: Database, tenant: UUID) -> Estate:
    """A client without snapshots."""
    return Estate(database, tenant)
