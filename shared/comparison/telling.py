"""Telling those who follow a client that something changed."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared import events
from shared.comparison.keeping import kept_comparison
from shared.comparison.result import ChangeKind
from shared.database.tables import Report
from shared.events.payloads import ReportChanged


def tell_of_changes(session: Session, tenant_id: UUID, report_id: UUID) -> None:
    """Record what changed since the snapshot that a report is compared with, where anything did."""
    comparison, _ = kept_comparison(session, report_id)
    if comparison is None or not any(comparison.counts.values()):
        return
    counts = comparison.counts
    client_id = session.scalars(select(Report.client_id).where(Report.id == report_id)).one()
    payload = ReportChanged(
        report_id=report_id,
        client_id=client_id,
        link=f"/api/v1/reports/{report_id}",
        compared_with=comparison.earlier.taken_at,
        appeared=_sum(counts, ChangeKind.NEW, ChangeKind.RETURNED),
        resolved=_sum(counts, ChangeKind.RESOLVED),
        changed=_sum(counts, ChangeKind.CHANGED, ChangeKind.POSTPONED, ChangeKind.DISMISSED),
        unchanged=comparison.unchanged,
    )
    events.record(session, tenant_id, payload, client_id=client_id)


def _sum(counts: dict[ChangeKind, int], *kinds: ChangeKind) -> int:
    return sum(counts.get(kind, 0) for kind in kinds)
