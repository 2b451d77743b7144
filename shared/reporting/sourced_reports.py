"""Reports that need no file: read from Azure, or made again from what was read before."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.azure.live_orders import LiveOrder
from shared.connections import connections
from shared.database.tables import Job, Report, Snapshot
from shared.errors import ConflictError, NotFoundError
from shared.jobs.kinds import FETCH_AZURE_RECOMMENDATIONS, GENERATE_REPORT
from shared.jobs.requests import add_job
from shared.reporting import reports
from shared.reporting.reports import Order


class ConnectionOfOtherClientError(ConflictError):
    """A connection that belongs to one client was named for a report of another."""

    code = "connection_of_other_client"

    def __init__(self) -> None:
        super().__init__(
            "The Azure connection belongs to another client.",
            next_step="Use a connection of this client, or one that belongs to no client.",
        )


class SnapshotNotFoundError(NotFoundError):
    """The client has no such snapshot."""

    code = "snapshot_not_found"

    def __init__(self) -> None:
        super().__init__(
            "The client has no such snapshot.",
            next_step="Take the id from `snapshot.id` of a report of this client that was read to its end.",
        )


def order_live(
    session: Session, tenant_id: UUID, wanted: Order, live: LiveOrder, *, trace_id: str | None
) -> tuple[Report, Job]:
    """Write a report to be read from Azure and the job that reads it; publish the job after the commit.

    Raises what :func:`~shared.reporting.reports.orderable_client` raises,
    :class:`~shared.connections.connections.ConnectionNotFoundError` and :class:`ConnectionOfOtherClientError`.
    """
    client = reports.orderable_client(session, wanted.client_id)
    connection = connections.find(session, live.connection_id)
    if connection.client_id not in (None, client.id):
        raise ConnectionOfOtherClientError
    report = reports.write(session, tenant_id, wanted, client, source="live", details={"live": live.stored()})
    return report, add_job(session, FETCH_AZURE_RECOMMENDATIONS, tenant_id=tenant_id, report_id=report.id, trace_id=trace_id)


def order_from_snapshot(
    session: Session, tenant_id: UUID, wanted: Order, snapshot_id: UUID, *, trace_id: str | None
) -> tuple[Report, Job]:
    """Write a report to be made from a snapshot of its client and the job that makes it; publish the job after the commit.

    Raises what :func:`~shared.reporting.reports.orderable_client` raises, and :class:`SnapshotNotFoundError`.
    """
    client = reports.orderable_client(session, wanted.client_id)
    # Shared lock: it cannot be removed between this look and the commit.
    of_client = select(Snapshot).where(Snapshot.id == snapshot_id, Snapshot.client_id == client.id)
    snapshot = session.scalars(of_client.with_for_update(read=True)).one_or_none()
    if snapshot is None:
        raise SnapshotNotFoundError
    fetch = {"fetch": snapshot.details["fetch"]} if "fetch" in snapshot.details else {}
    report = reports.write(session, tenant_id, wanted, client, source="snapshot", snapshot_id=snapshot.id, details=fetch)
    return report, add_job(session, GENERATE_REPORT, tenant_id=tenant_id, report_id=report.id, trace_id=trace_id)
