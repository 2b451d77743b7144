"""Reports that wait for what is read for another one, when that one comes to nothing."""

from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from shared.database.tables import Job, Report
from shared.database.tables.job import JobState
from shared.jobs.kinds import FETCH_AZURE_RECOMMENDATIONS

FETCHED_WITH = "fetched_with"
"""Under this name a report's details keep the report that it waits for."""


def let_one_go_on(session: Session, tenant_id: UUID, schedule_run_id: UUID, report_id: UUID) -> None:
    """Let one of the reports that wait for ``report_id`` read Azure at once by itself, and the others wait for that one.

    They are of its run of a schedule. The next sweep sends the message, so that this can be part of any transaction in which
    a report ends.
    """
    waiting = session.execute(
        select(Job.id, Report.id.label("report_id"))
        .join(Report, Report.id == Job.report_id)
        .where(
            # Named also where row-level security does: the sweep sees all tenants, and the index begins with it.
            Report.tenant_id == tenant_id,
            Report.schedule_run_id == schedule_run_id,
            Report.details[FETCHED_WITH].astext == str(report_id),
            Report.snapshot_id.is_(None),
            Job.kind == FETCH_AZURE_RECOMMENDATIONS.name,
            Job.state == JobState.QUEUED,
        )
        # One that somebody holds is about to begin or to end by itself.
        .with_for_update(of=Job, skip_locked=True)
        .order_by(Job.id)
    ).all()
    if not waiting:
        return
    first, *others = waiting
    now = func.clock_timestamp()
    session.execute(
        update(Job)
        .where(Job.id == first.id)
        .values(run_after=now, published_at=None)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Report)
        .where(Report.id == first.report_id)
        .values(details=Report.details.op("-")(FETCHED_WITH), phase="Waiting for a worker", updated_at=now)
        .execution_options(synchronize_session=False)
    )
    if others:
        waits_for = func.jsonb_build_object(FETCHED_WITH, str(first.report_id))
        session.execute(
            update(Report)
            .where(Report.id.in_([other.report_id for other in others]))
            .values(details=Report.details.op("||")(waits_for))
            .execution_options(synchronize_session=False)
        )
