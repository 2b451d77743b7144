"""Claims: one worker's right to a job, for as long as it keeps saying so.

``attempt`` is the fence. A claim raises it by one, and whatever a worker writes is committed only while the row still says
``running`` with the worker's own attempt; so a worker that was thought dead and comes back cannot write over its successor.
Leases are counted by the database's clock alone.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Interval, and_, bindparam, func, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from shared.database.session import Database
from shared.database.tables import Job
from shared.database.tables.job import JobState
from shared.jobs import report_stages
from shared.jobs.kinds import KINDS, JobKind
from shared.jobs.problems import JobCancelledError, LeaseLostError


@dataclass(frozen=True)
class Claim:
    """A job that this worker runs, as it was when claimed."""

    tenant_id: UUID
    job_id: UUID
    report_id: UUID | None
    kind: JobKind
    arguments: dict[str, Any]
    attempt: int
    max_attempts: int
    trace_id: str | None
    trace_parent: str | None = None
    waited_s: float = 0.0
    """Between the moment it was due and the claim."""

    @property
    def is_last_attempt(self) -> bool:
        """Whether a failure of this attempt is final."""
        return self.attempt >= self.max_attempts

    @property
    def times_put_back(self) -> int:
        """How often it was put back before, which lengthens its attempts; for waits that grow."""
        return max(self.max_attempts - self.kind.max_attempts, 0)


def _claiming() -> ReturningUpdate[Any]:
    now = func.clock_timestamp()
    return (
        update(Job)
        .where(
            *(Job.id == bindparam("of_job"), Job.state == JobState.QUEUED, Job.run_after <= now),
            or_(Job.expires_at.is_(None), Job.expires_at > now),
        )
        .values(
            state=JobState.RUNNING,
            attempt=Job.attempt + 1,
            lease_expires_at=now + bindparam("for_time", type_=Interval()),
            worker=bindparam("by_worker"),
            started_at=func.coalesce(Job.started_at, now),
        )
        .returning(
            *(Job.report_id, Job.kind, Job.arguments, Job.attempt, Job.max_attempts, Job.trace_id, Job.trace_parent),
            func.extract("epoch", now - Job.run_after).label("waited_s"),
        )
        .execution_options(synchronize_session=False)
    )


# Put together once: that takes longer than the server takes to run it, and every job waits for it.
_CLAIM = _claiming()


def claim(database: Database, tenant_id: UUID, job_id: UUID, *, worker: str, lease_s: float) -> Claim | None:
    """Take a queued job that is due, move its report along, and return the claim.

    ``None`` where there is nothing to do: somebody has the job, it ended, it is not due yet, or its report ended.
    """
    now = func.clock_timestamp()
    with database.tenant(tenant_id) as session:
        row = session.execute(
            _CLAIM, {"of_job": job_id, "by_worker": worker, "for_time": timedelta(seconds=lease_s)}
        ).one_or_none()
        if row is None:
            return None
        taken = Claim(
            tenant_id=tenant_id,
            job_id=job_id,
            report_id=row.report_id,
            kind=KINDS[row.kind],
            arguments=row.arguments,
            attempt=row.attempt,
            max_attempts=row.max_attempts,
            trace_id=row.trace_id,
            trace_parent=row.trace_parent,
            waited_s=float(row.waited_s),
        )
        stage = report_stages.stage_of(row.kind)
        if taken.report_id and stage and not report_stages.begin(session, taken.report_id, stage):
            session.execute(
                update(Job)
                .where(held(taken))
                .values(state=JobState.CANCELLED, lease_expires_at=None, finished_at=now, phase="Cancelled")
                .execution_options(synchronize_session=False)
            )
            return None
    return taken


def held(taken: Claim) -> ColumnElement[bool]:
    """Return the condition that the claim still holds."""
    return and_(Job.id == taken.job_id, Job.state == JobState.RUNNING, Job.attempt == taken.attempt)


def hold(session: Session, taken: Claim, *, heed_cancel: bool = True) -> None:
    """Lock the job's row until the end of the transaction, so that what it writes is committed under the claim.

    Call it last: heartbeats and requests to cancel wait for the lock. Raises :class:`LeaseLostError`, or
    :class:`JobCancelledError` where somebody asked for it in time.
    """
    row = session.execute(select(Job.cancel_requested).where(held(taken)).with_for_update()).one_or_none()
    if row is None:
        raise LeaseLostError
    if heed_cancel and row.cancel_requested:
        raise JobCancelledError


def beat(database: Database, taken: Claim, *, lease_s: float, progress: float, phase: str) -> bool:
    """Extend the lease, write how far the work is, and return whether it should be cancelled.

    Raises :class:`LeaseLostError`.
    """
    # The next beat says it again: not worth a wait for the disk.
    with database.tenant(taken.tenant_id, durable=False) as session:
        row = session.execute(
            update(Job)
            .where(held(taken))
            .values(
                lease_expires_at=func.clock_timestamp() + timedelta(seconds=lease_s),
                progress=int(progress),
                phase=phase,
            )
            .returning(Job.cancel_requested)
            .execution_options(synchronize_session=False)
        ).one_or_none()
        if row is None:
            raise LeaseLostError
        stage = report_stages.stage_of(taken.kind.name)
        if taken.report_id and stage and not row.cancel_requested:
            report_stages.advance(session, taken.report_id, stage, progress, phase)
    return bool(row.cancel_requested)
