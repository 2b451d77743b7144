"""Reports of one client and one run of a schedule that differ in their type: Azure is read once for all of them."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.database.tables import Job, Report
from shared.database.tables.job import JobState
from shared.jobs.kinds import FETCH_AZURE_RECOMMENDATIONS, GENERATE_AZURE_REPORT
from shared.jobs.left_waiting import FETCHED_WITH
from shared.jobs.requests import add_job
from shared.reporting import reports
from shared.reporting.reports import Order

PATIENCE = timedelta(hours=1)
"""So long a report waits for what is fetched for another; then it fetches by itself, whatever became of that one.

Longer than a fetch may take with all its tries: where that one ends without a snapshot, the first of those that wait goes on
at once (:mod:`shared.jobs.left_waiting`).
"""

_HANDED_ON = ("accepted", "rejected", "fetch")


def order_beside(session: Session, wanted: Order, first: Report, *, trace_id: str | None) -> Report:
    """Write a report of what is to be fetched for ``first``, a live one, and the job that makes it once that is there.

    Raises what :func:`~shared.reporting.reports.orderable_client` raises.
    """
    client = reports.orderable_client(session, wanted.client_id)
    details = {"live": first.details["live"], FETCHED_WITH: str(first.id)}
    report = reports.write(session, first.tenant_id, wanted, client, source="live", details=details)
    report.schedule_run_id = first.schedule_run_id
    report.phase = "Waiting for what is read for another report"
    job = add_job(
        session,
        FETCH_AZURE_RECOMMENDATIONS,
        tenant_id=first.tenant_id,
        report_id=report.id,
        trace_id=trace_id,
        by_sweep=True,
    )
    job.run_after = func.clock_timestamp() + PATIENCE
    session.flush()
    return report


def hand_on(session: Session, report_id: UUID) -> list[Job]:
    """Give what was fetched for a report to those that wait for it, and return their jobs, to be published."""
    report = session.get_one(Report, report_id)
    if report.schedule_run_id is None or report.snapshot_id is None:
        return []
    waiting = session.execute(
        select(Job, Report)
        .join(Report, Report.id == Job.report_id)
        .where(
            Report.schedule_run_id == report.schedule_run_id,
            Report.client_id == report.client_id,
            Report.snapshot_id.is_(None),
            Report.details[FETCHED_WITH].astext == str(report_id),
            Job.kind == FETCH_AZURE_RECOMMENDATIONS.name,
            Job.state == JobState.QUEUED,
        )
        # Who needs both rows takes the job's first; one that was claimed meanwhile fetches by itself.
        .with_for_update(of=Job, skip_locked=True)
        .order_by(Job.id)
    ).all()
    now = session.scalars(select(func.clock_timestamp())).one()
    for job, other in waiting:
        job.kind, job.queue = GENERATE_AZURE_REPORT.name, GENERATE_AZURE_REPORT.queue
        job.priority, job.max_attempts = GENERATE_AZURE_REPORT.priority, GENERATE_AZURE_REPORT.max_attempts
        job.run_after = job.published_at = now
        other.snapshot_id = report.snapshot_id
        other.details = {**other.details, **{name: report.details[name] for name in _HANDED_ON if name in report.details}}
    session.flush()
    return [job for job, _ in waiting]
