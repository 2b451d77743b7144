"""Doing a job: claim it, keep it while the work runs, and write on its row how it ended, whatever happens."""

import logging
import time
from collections.abc import Callable
from uuid import UUID

from billiard.exceptions import SoftTimeLimitExceeded
from sqlalchemy.exc import SQLAlchemyError

from shared.database.tables.job import JobState
from shared.errors import AdvisorReportsError
from shared.identity.token_cache import TokenUnavailableError
from shared.jobs import claims, outcomes
from shared.jobs.claims import Claim
from shared.jobs.heartbeat import Heartbeat
from shared.jobs.observing import observed
from shared.jobs.problems import JobCancelledError, LeaseLostError, Problem, TimeLimitError, is_retryable
from shared.jobs.run import JobRun
from shared.services import Services
from shared.telemetry import tracing

_log = logging.getLogger(__name__)

Work = Callable[[JobRun], None]
"""Does one kind of job; ends it through :meth:`JobRun.finishing` or :meth:`JobRun.failing`, or raises."""


def execute(services: Services, work: Work, *, tenant_id: UUID, job_id: UUID, worker: str) -> JobState | None:
    """Claim the job, do ``work`` and return the state it was left in; ``None`` where there was nothing to do or the lease
    was lost, in which case nothing was written.

    Failures of the work end on the row, never here. Only a worker that is told to end (``SystemExit``,
    ``KeyboardInterrupt``) passes that on, after it gave the job back.
    """
    lease_s = services.settings.job_lease_s
    claim = claims.claim(services.database, tenant_id, job_id, worker=worker, lease_s=lease_s)
    if claim is None:
        _log.info("nothing to do for a message", extra={"action": "job_not_claimed", "job_id": str(job_id)})
        return None
    with observed(services, claim) as attempt:
        state = _run(services, work, claim)
        attempt.outcome = state or attempt.outcome
    return state


def _run(services: Services, work: Work, claim: Claim) -> JobState | None:
    _tell(logging.INFO, "a job begins", "job_started", claim)
    began = time.monotonic()
    run = JobRun(services, claim)
    try:
        with Heartbeat(run, lease_s=services.settings.job_lease_s):
            work(run)
            if not run.finished:
                with run.finishing():
                    pass
    except Exception as error:  # noqa: BLE001  (every failure reaches the row that a user can read)
        if run.finished:
            # What came after the commit (cleaning up, publishing) is tried again by the sweep or by the next run.
            _tell(logging.WARNING, "a job ended, its aftermath did not", "job_aftermath", claim, error=error)
            return run.ended_as
        return _settle(run, error)
    except (SystemExit, KeyboardInterrupt):
        _give_back(run)
        raise
    _tell(logging.INFO, f"a job {run.ended_as}", f"job_{run.ended_as}", claim, duration_s=round(time.monotonic() - began, 3))
    return run.ended_as


def _settle(run: JobRun, error: Exception) -> JobState | None:
    """Write how the job ended; where that cannot be written either, the lease runs out and the sweep decides."""
    claim = run.claim
    reason = _reason_of(run, error)
    tracing.fail_current(reason)
    try:
        with run.services.database.tenant(claim.tenant_id) as session:
            if isinstance(reason, JobCancelledError):
                outcomes.cancel(session, claim)
                state = JobState.CANCELLED
            elif is_retryable(reason) and not claim.is_last_attempt:
                outcomes.retry_later(session, claim, _delay_s(claim))
                state = JobState.QUEUED
            else:
                outcomes.fail(session, claim, Problem.of(reason))
                state = JobState.FAILED
    except LeaseLostError:
        _tell(logging.WARNING, "a job belongs to another worker by now", "lease_lost", claim)
        return None
    except JobCancelledError as cancelled:
        return _settle(run, cancelled)
    except (SQLAlchemyError, TokenUnavailableError) as failure:
        _tell(logging.ERROR, "the end of a job could not be written", "job_end_unwritten", claim, error=failure)
        return None
    level = logging.INFO if state is JobState.CANCELLED else logging.WARNING
    shown = None if _is_foreseen(reason) else reason
    _tell(level, f"a job ended as {state}", f"job_{state}", claim, error=shown, code=Problem.of(reason).code)
    return state


def _is_foreseen(reason: Exception) -> bool:
    """Return whether the row says all there is to say: a file that is no export has nobody look at the code."""
    return isinstance(reason, AdvisorReportsError) and not is_retryable(reason)


def _reason_of(run: JobRun, error: Exception) -> Exception:
    """Return why the work really stopped: a request to stop shows itself as all kinds of errors further down."""
    if isinstance(error, SoftTimeLimitExceeded):
        return TimeLimitError(run.claim.kind.soft_limit_s)
    try:
        run.check()
    except (JobCancelledError, LeaseLostError, TimeLimitError) as reason:
        return reason
    return error


def _give_back(run: JobRun) -> None:
    try:
        with run.services.database.tenant(run.claim.tenant_id) as session:
            outcomes.retry_later(session, run.claim, 0)
    except (LeaseLostError, JobCancelledError, SQLAlchemyError, TokenUnavailableError) as error:
        _tell(
            logging.WARNING,
            "a job could not be given back; its lease will run out",
            "job_not_returned",
            run.claim,
            error=error,
        )
        return
    _tell(logging.INFO, "a job was given back by a worker that ends", "job_returned", run.claim)


def _delay_s(claim: Claim) -> float:
    delays = claim.kind.retry_delays_s
    return delays[min(claim.attempt, len(delays)) - 1] if delays else 0.0


def _tell(
    level: int,
    text: str,
    action: str,
    claim: Claim,
    *,
    error: BaseException | None = None,
    code: str = "",
    duration_s: float | None = None,
) -> None:
    facts: dict[str, object] = {
        "action": action,
        "tenant_id": str(claim.tenant_id),
        "job_id": str(claim.job_id),
        "kind": claim.kind.name,
        "attempt": claim.attempt,
    }
    if code:
        facts["code"] = code
    if duration_s is not None:
        facts["duration_s"] = duration_s
    _log.log(level, text, extra=facts, exc_info=error)
