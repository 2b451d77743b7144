"""Asking for a connection's statistics to be read anew."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.connections import connections
from shared.database.tables import Job
from shared.database.tables.job import JobState
from shared.jobs.kinds import SYNC_AZURE_STATISTICS
from shared.jobs.requests import add_job


def ask(session: Session, connection_id: UUID, *, trace_id: str | None) -> tuple[Job, bool]:
    """Return the job that reads a connection's statistics anew, and whether it is new and has to be published.

    One that waits for its turn will read all that is there by then, so that it serves whoever asks until then. Raises
    :class:`~shared.connections.connections.ConnectionNotFoundError`.
    """
    connection = connections.find(session, connection_id, lock=True)
    waiting = session.scalars(
        select(Job)
        .where(
            Job.kind == SYNC_AZURE_STATISTICS.name,
            Job.state == JobState.QUEUED,
            Job.arguments["connection_id"].astext == str(connection_id),
        )
        .limit(1)
    ).one_or_none()
    if waiting is not None:
        return waiting, False
    arguments = {"connection_id": str(connection_id)}
    return add_job(
        session, SYNC_AZURE_STATISTICS, tenant_id=connection.tenant_id, arguments=arguments, trace_id=trace_id
    ), True
