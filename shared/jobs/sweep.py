"""The sweep: finds jobs that nobody was told of and jobs whose worker fell silent, and sets them going again.

Several sweeps may run at once: each row is taken by one of them (``for update skip locked``), in the order of ids.
"""

import logging
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from shared.database.session import Database
from shared.database.tables import Job
from shared.database.tables.job import JobState
from shared.jobs import report_stages, requests
from shared.jobs.kinds import REMOVE_REPORT_FILES
from shared.jobs.problems import EXPIRED, WORKER_LOST, Problem
from shared.jobs.requests import PUBLISHING_TAKES_S
from shared.services import Services
from shared.telemetry import metrics

_log = logging.getLogger(__name__)

# Small enough that a batch's locks are held for milliseconds, large enough that a thousand lost jobs take ten rounds.
_BATCH = 100
_MOST_BATCHES = 50
# A queue may be long without anything being lost: the waits between messages of one row double up to this.
_LONGEST_WAIT_S = 600.0


@dataclass(frozen=True)
class Swept:
    """What a sweep did, in numbers of jobs."""

    requeued: int = 0
    failed: int = 0
    cancelled: int = 0
    expired: int = 0
    """Nobody began them in the time they had."""
    published: int = 0
    unpublished: int = 0
    """Due for a message that the broker did not take."""

    def __str__(self) -> str:
        done = ", ".join(f"{name} {count}" for name, count in vars(self).items() if count)
        return done or "nothing to do"


def sweep(services: Services) -> Swept:
    """Revive or end jobs whose lease ran out, then publish every due job that lacks a message."""
    swept = Swept()
    for _ in range(_MOST_BATCHES):
        batch = _settle_lost(services.system_database)
        swept = replace(
            swept,
            requeued=swept.requeued + batch.requeued,
            failed=swept.failed + batch.failed,
            cancelled=swept.cancelled + batch.cancelled,
        )
        if batch.requeued + batch.failed + batch.cancelled < _BATCH:
            break
    expired = 0
    for _ in range(_MOST_BATCHES):
        ended = _end_expired(services.system_database)
        expired += ended
        if ended < _BATCH:
            break
    published = unpublished = 0
    for _ in range(_MOST_BATCHES):
        due = _take_unpublished(services.system_database, republish_after_s=services.settings.job_republish_after_s)
        sent = _publish(services, due)
        published, unpublished = published + sent, unpublished + len(due) - sent
        if len(due) < _BATCH or sent < len(due):
            break
    swept = replace(swept, expired=expired, published=published, unpublished=unpublished)
    metrics.swept(vars(swept))
    return swept


def _settle_lost(database: Database) -> Swept:
    """Take one batch of running jobs whose lease ran out: queued again, or ended where asked or tried often enough."""
    with database.across_tenants() as session:
        jobs = session.scalars(
            select(Job)
            .where(Job.state == JobState.RUNNING, Job.lease_expires_at < func.clock_timestamp())
            .order_by(Job.id)
            .limit(_BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        cancelled = [job for job in jobs if job.cancel_requested]
        failed = [job for job in jobs if not job.cancel_requested and job.attempt >= job.max_attempts]
        for job in cancelled:
            _end(session, job, state=JobState.CANCELLED, phase="Cancelled")
        for job in failed:
            _fail(session, job, WORKER_LOST)
        revived = [job for job in jobs if job not in cancelled and job not in failed]
        if revived:
            session.execute(
                update(Job)
                .where(Job.id.in_([job.id for job in revived]))
                .values(
                    state=JobState.QUEUED,
                    run_after=func.clock_timestamp() - timedelta(seconds=PUBLISHING_TAKES_S),
                    published_at=None,
                    lease_expires_at=None,
                    worker=None,
                    phase="Waiting for another worker",
                )
                .execution_options(synchronize_session=False)
            )
        for job in jobs:
            _log.warning(
                "a worker fell silent",
                extra={
                    "action": "job_lost",
                    "tenant_id": str(job.tenant_id),
                    "job_id": str(job.id),
                    "kind": job.kind,
                    "attempt": job.attempt,
                    "lost_worker": job.worker,
                },
            )
        return Swept(requeued=len(revived), failed=len(failed), cancelled=len(cancelled))


def _end_expired(database: Database) -> int:
    """End one batch of queued jobs whose time to begin is over, and return how many."""
    with database.across_tenants() as session:
        jobs = session.scalars(
            select(Job)
            .where(Job.state == JobState.QUEUED, Job.expires_at <= func.clock_timestamp())
            .order_by(Job.id)
            .limit(_BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        for job in jobs:
            _fail(session, job, EXPIRED)
        return len(jobs)


def _fail(session: Session, job: Job, problem: Problem) -> None:
    _end(
        session,
        job,
        problem,
        state=JobState.FAILED,
        phase="Failed",
        error_code=problem.code,
        error_text=problem.text,
        next_step=problem.next_step,
    )


def _end(session: Session, job: Job, problem: Problem | None = None, **values: object) -> None:
    session.execute(
        update(Job)
        .where(Job.id == job.id)
        .values(lease_expires_at=None, finished_at=func.clock_timestamp(), **values)
        .execution_options(synchronize_session=False)
    )
    if job.report_id is None or report_stages.stage_of(job.kind) is None:
        return
    if problem is None:
        report_stages.cancel(session, job.report_id)
    else:
        report_stages.fail(session, job.report_id, problem)
    # Whatever the lost worker had uploaded belongs to nobody now.
    requests.add_job(session, REMOVE_REPORT_FILES, tenant_id=job.tenant_id, report_id=job.report_id, by_sweep=True)


def _take_unpublished(database: Database, *, republish_after_s: float) -> list[Job]:
    """Take one batch of due jobs that lack a message, marked as published before they are."""
    now = func.clock_timestamp()
    waited = Job.published_at - Job.run_after
    longest, shortest = timedelta(seconds=_LONGEST_WAIT_S), timedelta(seconds=republish_after_s)
    with database.across_tenants() as session:
        jobs = session.scalars(
            select(Job)
            .where(
                Job.state == JobState.QUEUED,
                or_(
                    Job.published_at.is_(None) & (Job.run_after <= now - timedelta(seconds=PUBLISHING_TAKES_S)),
                    (Job.run_after <= now) & (Job.published_at < now - func.least(func.greatest(waited, shortest), longest)),
                ),
            )
            .order_by(Job.id)
            .limit(_BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        session.execute(
            update(Job)
            .where(Job.id.in_([job.id for job in jobs]))
            .values(published_at=now)
            .execution_options(synchronize_session=False)
        )
        return list(jobs)


def _publish(services: Services, jobs: list[Job]) -> int:
    """Publish ``jobs`` and return how many the broker took; the rest wait for the next sweep."""
    for sent, job in enumerate(jobs):
        if not services.publisher.publish(
            job.kind, queue=job.queue, priority=job.priority, tenant_id=job.tenant_id, job_id=job.id
        ):
            with services.system_database.across_tenants() as session:
                session.execute(
                    update(Job)
                    .where(Job.id.in_([waiting.id for waiting in jobs[sent:]]), Job.state == JobState.QUEUED)
                    .values(published_at=None)
                    .execution_options(synchronize_session=False)
                )
            return sent
    return len(jobs)
