"""Ask for a check of every credential of one tenant, or of those that are due."""

from collections import Counter
from datetime import timedelta
from uuid import UUID

import msgspec

from shared.credential_health import asking, enrolment
from shared.jobs.kinds import OfAllCredentials
from shared.jobs.run import JobRun


def check_all_credentials_health(run: JobRun) -> None:
    """Fan out to one job a credential, a batch a transaction; a worker that takes over goes on with what is left."""
    wanted = msgspec.convert(run.claim.arguments, OfAllCredentials)
    settings = run.services.settings
    interval = timedelta(hours=settings.credential_health_check_interval_hours)
    with run.transaction() as session:
        enrolment.forget_gone(session)
        enrolled = enrolment.enrol_all(session, run.tenant_id, interval)
    asked: Counter[str] = Counter()
    after: UUID | None = UUID(int=0)
    while after is not None:
        run.check()
        with run.transaction() as session:
            after = asking.fan_out(session, settings, run.claim.job_id, after=after, due_only=wanted.due_only, asked=asked)
        run.report_progress(50, f"Asked for {asked.total():,} checks")
    with run.finishing() as session:
        run.answer(session, {"asked_for": asked.total(), "enrolled": enrolled})
