"""Asking a job to stop: at once where nobody runs it, else by a word that its worker reads within seconds."""

from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from shared.database.tables import Job, Report
from shared.database.tables.job import JobState
from shared.jobs import report_stages


def request_cancel(session: Session, job_id: UUID) -> Job | None:
    """Cancel the job and return its row, ``None`` where the caller has no such job.

    A queued job, and the report it carries, is cancelled in this transaction; a running one is asked to stop, which its
    worker does within seconds; one that ended stays as it is.
    """
    job = session.scalars(
        select(Job).where(Job.id == job_id).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if job is not None:
        _cancel(session, job)
    return job


def cancel_report(session: Session, report_id: UUID) -> bool:
    """Cancel whatever job carries the report and return whether there was one left to cancel.

    Where no job carries it any more, yet it has not ended, the report is cancelled itself.
    """
    jobs = session.scalars(
        select(Job)
        .where(Job.report_id == report_id, Job.state.in_((JobState.QUEUED, JobState.RUNNING)))
        .order_by(Job.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    carrying = [job for job in jobs if report_stages.stage_of(job.kind)]
    for job in carrying:
        _cancel(session, job)
    if not carrying:
        report_stages.cancel(session, report_id)
    return bool(carrying)


def _cancel(session: Session, job: Job) -> None:
    carries = job.report_id if report_stages.stage_of(job.kind) else None
    if job.state == JobState.QUEUED:
        _set(session, job, state=JobState.CANCELLED, phase="Cancelled", finished_at=func.clock_timestamp())
        if carries:
            report_stages.cancel(session, carries)
    elif job.state == JobState.RUNNING and not job.cancel_requested:
        _set(session, job, cancel_requested=True)
        if carries:
            session.execute(
                update(Report)
                .where(Report.id == carries)
                .values(phase="Cancelling", updated_at=func.clock_timestamp())
                .execution_options(synchronize_session=False)
            )


def _set(session: Session, job: Job, **values: object) -> None:
    session.execute(update(Job).where(Job.id == job.id).values(**values).execution_options(synchronize_session=False))
    session.refresh(job)
