"""How a claimed job ends; each act is one transaction's last word and holds only while the claim does."""

from datetime import timedelta
from typing import Any

from sqlalchemy import func, update
from sqlalchemy.orm import Session

from shared.database.tables import Job
from shared.database.tables.job import JobState
from shared.jobs import report_stages
from shared.jobs.claims import Claim, held, hold
from shared.jobs.problems import NEVER_ITS_TURN, Problem

MOST_CLAIMS = 30_000
"""Of one job: its attempts, of which none is ever counted down, have to fit into the column."""


def succeed(session: Session, taken: Claim) -> None:
    """End the job well, together with everything this transaction wrote.

    Raises :class:`~shared.jobs.problems.LeaseLostError` or :class:`~shared.jobs.problems.JobCancelledError`; the caller lets
    them roll the transaction back.
    """
    hold(session, taken)
    _set(session, taken, state=JobState.SUCCEEDED, progress=100, phase="Done", **_ended())


def fail(session: Session, taken: Claim, problem: Problem) -> None:
    """End the job, and the report it carries, with a reason; raises :class:`~shared.jobs.problems.LeaseLostError`."""
    hold(session, taken, heed_cancel=False)
    _set(
        session,
        taken,
        state=JobState.FAILED,
        phase="Failed",
        error_code=problem.code,
        error_text=problem.text,
        next_step=problem.next_step,
        **_ended(),
    )
    if taken.report_id and report_stages.stage_of(taken.kind.name):
        report_stages.fail(session, taken.report_id, problem)


def cancel(session: Session, taken: Claim) -> None:
    """End the job, and the report it carries, as was asked; raises :class:`~shared.jobs.problems.LeaseLostError`."""
    hold(session, taken, heed_cancel=False)
    _set(session, taken, state=JobState.CANCELLED, phase="Cancelled", **_ended())
    if taken.report_id and report_stages.stage_of(taken.kind.name):
        report_stages.cancel(session, taken.report_id)


def put_back(session: Session, taken: Claim, delay_s: float) -> JobState:
    """Put the job back as if nobody had taken it: due in ``delay_s`` seconds, with as many attempts left as before.

    One that was put back for weeks fails instead. Returns the state it is left in; raises as :func:`retry_later` does.
    """
    if taken.attempt >= MOST_CLAIMS:
        fail(session, taken, NEVER_ITS_TURN)
        return JobState.FAILED
    retry_later(session, taken, delay_s)
    # The attempt stays counted, because it is the fence; so there is one more of them.
    session.execute(
        update(Job)
        .where(Job.id == taken.job_id)
        .values(max_attempts=Job.max_attempts + 1, phase="Waiting for its turn")
        .execution_options(synchronize_session=False)
    )
    return JobState.QUEUED


def retry_later(session: Session, taken: Claim, delay_s: float) -> None:
    """Put the job back into the queue, due in ``delay_s`` seconds; the sweep sends its message then.

    Raises :class:`~shared.jobs.problems.LeaseLostError` or :class:`~shared.jobs.problems.JobCancelledError`.
    """
    hold(session, taken)
    _set(
        session,
        taken,
        state=JobState.QUEUED,
        run_after=func.clock_timestamp() + timedelta(seconds=delay_s),
        published_at=None,
        lease_expires_at=None,
        worker=None,
        phase="Waiting to try again",
    )
    stage = report_stages.stage_of(taken.kind.name)
    if taken.report_id and stage:
        report_stages.advance(session, taken.report_id, stage, 0, "Waiting to try again")


def _ended() -> dict[str, Any]:
    return {"lease_expires_at": None, "finished_at": func.clock_timestamp()}


def _set(session: Session, taken: Claim, **values: Any) -> None:
    session.execute(update(Job).where(held(taken)).values(**values).execution_options(synchronize_session=False))
