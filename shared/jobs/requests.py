"""Asking for work: the job row is written with the domain row it serves, the message goes out after the commit."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from shared.database.session import Database
from shared.database.tables.job import Job
from shared.identifiers import new_id
from shared.jobs.kinds import JobKind
from shared.queue.publisher import Publisher
from shared.telemetry import tracing


def add_job(
    session: Session,
    kind: JobKind,
    *,
    tenant_id: UUID,
    report_id: UUID | None = None,
    arguments: dict[str, Any] | None = None,
    trace_id: str | None = None,
) -> Job:
    """Write a queued job of ``kind`` in the caller's transaction and return it; publish it after the commit.

    ``arguments`` holds ids and choices, never a secret: it can be read by the API and by operators.
    """
    job = Job(
        id=new_id(),
        tenant_id=tenant_id,
        report_id=report_id,
        kind=kind.name,
        queue=kind.queue,
        priority=kind.priority,
        arguments=arguments or {},
        max_attempts=kind.max_attempts,
        run_after=datetime.now(UTC),
        trace_id=trace_id,
        trace_parent=tracing.current_parent(),
    )
    session.add(job)
    session.flush()
    return job


def publish_job(publisher: Publisher, database: Database, job: Job) -> bool:
    """Tell the workers of a committed ``job`` and return whether the broker took the message.

    When it did not, nothing is lost: the sweep publishes rows that nobody was told of.
    """
    sent = publisher.publish(job.kind, queue=job.queue, priority=job.priority, tenant_id=job.tenant_id, job_id=job.id)
    if sent:
        # The worker that got the message waits for this row: not for the disk as well. If the note is lost, the sweep
        # sends a second message, which finds the job claimed.
        with database.tenant(job.tenant_id, durable=False) as session:
            session.execute(update(Job).where(Job.id == job.id).values(published_at=datetime.now(UTC)))
    return sent
