"""Asking for work: the job row is written with the domain row it serves, the message goes out after the commit."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from shared.database.session import Database
from shared.database.tables.job import Job, JobState
from shared.identifiers import new_id
from shared.jobs.kinds import JobKind
from shared.queue.publisher import Publisher
from shared.telemetry import tracing

PUBLISHING_TAKES_S = 2.0
"""A request publishes right after its commit; before this time a row without a message is simply young."""


def add_job(
    session: Session,
    kind: JobKind,
    *,
    tenant_id: UUID,
    report_id: UUID | None = None,
    arguments: dict[str, Any] | None = None,
    trace_id: str | None = None,
    by_sweep: bool = False,
    schedule_run_id: UUID | None = None,
    expires_at: datetime | None = None,
) -> Job:
    """Write a queued job of ``kind`` in the caller's transaction and return it; publish it after the commit.

    With ``by_sweep`` the caller need not: the next sweep does. ``arguments`` holds ids and choices, never a secret: it can
    be read by the API and by operators.
    """
    job = _queued(
        kind,
        tenant_id=tenant_id,
        report_id=report_id,
        arguments=arguments,
        trace_id=trace_id,
        by_sweep=by_sweep,
        schedule_run_id=schedule_run_id,
        expires_at=expires_at,
    )
    session.add(job)
    session.flush()
    return job


def add_jobs_of_reports(session: Session, kind: JobKind, *, tenant_id: UUID, report_ids: Iterable[UUID]) -> None:
    """Write a queued job of ``kind`` for each report, thousands in a few statements; the next sweeps publish them."""
    session.add_all([_queued(kind, tenant_id=tenant_id, report_id=one, by_sweep=True) for one in report_ids])
    session.flush()


def _queued(
    kind: JobKind,
    *,
    tenant_id: UUID,
    report_id: UUID | None,
    by_sweep: bool,
    arguments: dict[str, Any] | None = None,
    trace_id: str | None = None,
    schedule_run_id: UUID | None = None,
    expires_at: datetime | None = None,
) -> Job:
    now = datetime.now(UTC)
    return Job(
        id=new_id(),
        tenant_id=tenant_id,
        report_id=report_id,
        kind=kind.name,
        queue=kind.queue,
        priority=kind.priority,
        arguments=arguments or {},
        max_attempts=kind.max_attempts,
        run_after=now,
        # Noted before it is true: to note it after the sending would be one more transaction, on the very row that the
        # worker is about to claim. Should the caller die in between, the sweep takes the message for lost and sends another.
        published_at=None if by_sweep else now,
        schedule_run_id=schedule_run_id,
        expires_at=expires_at,
        trace_id=trace_id,
        trace_parent=tracing.current_parent(),
    )


def publish_job(publisher: Publisher, database: Database, job: Job) -> bool:
    """Tell the workers of a committed ``job`` and return whether the broker took the message.

    When it did not, nothing is lost: the row says so, and the next sweep sends the message.
    """
    sent = publisher.publish(job.kind, queue=job.queue, priority=job.priority, tenant_id=job.tenant_id, job_id=job.id)
    if not sent:
        with database.tenant(job.tenant_id) as session:
            session.execute(update(Job).where(Job.id == job.id, Job.state == JobState.QUEUED).values(published_at=None))
    return sent
