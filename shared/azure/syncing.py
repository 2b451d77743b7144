"""Jobs that read a connection's statistics: asked for, joined where one is under way, and how the last one ended."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from shared.connections import connections
from shared.database.tables import Job
from shared.database.tables.job import JobState
from shared.errors import ConflictError
from shared.jobs.kinds import SYNC_AZURE_STATISTICS
from shared.jobs.requests import add_job

MOST_AT_A_GLANCE = 1000
"""Subscriptions; some twenty questions to Resource Graph, which answers fifteen in five seconds: a reader may wait."""

# Who polls what cannot be read does not set Azure's quota going round the clock.
_RESTS = timedelta(minutes=5)

# What these say to do is meant for a report, or that there is nothing to do; here one thing has to be said.
_PASSES = frozenset(
    {
        "azure_service_failed",
        "azure_throttled",
        "azure_answer_incomplete",
        "azure_rows_unreadable",
        "database_unavailable",
        "disk_full",
        "internal",
        "worker_lost",
    }
)
_MENDED_BY = {
    "azure_unreachable": "Check that this network lets HTTPS through to it, also by name.",
    "time_limit": "Let the connection read fewer subscriptions (its selection).",
}


class StatisticsFailedError(ConflictError):
    """A job could not read the statistics, just now."""

    code = "statistics_failed"

    def __init__(self, job: Job) -> None:
        sync = f"POST /api/v1/connections/{job.arguments['connection_id']}/sync"
        first = "" if job.error_code in _PASSES else _MENDED_BY.get(job.error_code or "", job.next_step or "")
        if first:
            next_step = f"{first} Then sync: {sync}."
        else:
            next_step = f"Ask again in five minutes, which reads them anew; to have them sooner, sync: {sync}."
        super().__init__(
            f"The statistics could not be read from Azure: {job.error_text or 'the job failed'}", next_step=next_step
        )


def ask(session: Session, connection_id: UUID, *, trace_id: str | None, anew: bool = True) -> tuple[Job, bool]:
    """Return the job that reads a connection's statistics, and whether it is new and has to be published.

    One that waits for its turn will read all that is there by then, so that it serves whoever asks until then; one that is
    at it serves those alone who do not want it ``anew``. Raises
    :class:`~shared.connections.connections.ConnectionNotFoundError`.
    """
    connection = connections.find(session, connection_id, lock=True)
    found = under_way(session, connection_id)
    if found is not None and (found.state == JobState.QUEUED or not anew):
        return found, False
    arguments = {"connection_id": str(connection_id)}
    return add_job(
        session, SYNC_AZURE_STATISTICS, tenant_id=connection.tenant_id, arguments=arguments, trace_id=trace_id
    ), True


def under_way(session: Session, connection_id: UUID) -> Job | None:
    """Return the job that reads the statistics of a connection, or is about to; of several the one that waits."""
    goes_on = or_(Job.state == JobState.QUEUED, Job.state == JobState.RUNNING)
    jobs = session.scalars(_of(connection_id).where(goes_on)).all()
    return min(jobs, key=lambda job: (job.state != JobState.QUEUED, job.id), default=None)


def check_rest(session: Session, connection_id: UUID) -> None:
    """Raise :class:`StatisticsFailedError` where the newest job failed within the last five minutes.

    What it failed of says nothing about a connection that was changed after the job began.
    """
    lately = Job.finished_at > func.clock_timestamp() - _RESTS
    ended = session.scalars(_of(connection_id).where(lately).order_by(Job.finished_at.desc()).limit(1)).one_or_none()
    if ended is None or ended.state != JobState.FAILED or ended.started_at is None:
        return
    if ended.started_at > connections.find(session, connection_id).updated_at:
        raise StatisticsFailedError(ended)


def _of(connection_id: UUID) -> Select[Job]:
    return select(Job).where(
        Job.kind == SYNC_AZURE_STATISTICS.name, Job.arguments["connection_id"].astext == str(connection_id)
    )
