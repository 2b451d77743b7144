"""Work that earlier tests ordered and never let run."""

from sqlalchemy import func, update

from shared.database.tables import Job
from shared.database.tables.job import JobState
from shared.services import Services


def drop_work_left_behind(services: Services) -> None:
    """Cancel every job that has not ended, whoever ordered it.

    Tests of one process share a database, and the clock of any worker revives what it finds: without this, a test's worker
    would first do what all tests before it only ordered.
    """
    with services.system_database.across_tenants() as session:
        session.execute(
            update(Job)
            .where(Job.state.in_([JobState.QUEUED, JobState.RUNNING]))
            .values(state=JobState.CANCELLED, finished_at=func.clock_timestamp(), lease_expires_at=None)
        )
