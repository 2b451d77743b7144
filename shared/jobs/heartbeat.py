"""Heartbeats: a thread beside each running job that keeps its lease and listens for a request to cancel."""

import logging
import threading
import time
from types import TracebackType
from typing import Self

from sqlalchemy.exc import SQLAlchemyError

from shared.identity.token_cache import TokenUnavailableError
from shared.jobs import claims, outcomes
from shared.jobs.problems import JobCancelledError, LeaseLostError, Problem, TimeLimitError
from shared.jobs.run import JobRun

_log = logging.getLogger(__name__)

# A request to cancel is read within this time.
_LONGEST_INTERVAL_S = 2.0
_BEATS_PER_LEASE = 5


class Heartbeat:
    """Beats while the ``with`` block runs; tells ``run`` when to stop.

    A run that does not hear, because it waits for something that never comes, is ended here at its hard limit: only
    processes can be ended from outside, and some jobs run in threads.
    """

    def __init__(self, run: JobRun, *, lease_s: float) -> None:
        self._run = run
        self._lease_s = lease_s
        self._interval_s = min(lease_s / _BEATS_PER_LEASE, _LONGEST_INTERVAL_S)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat_on, name=f"heartbeat of {run.claim.job_id}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()

    def _beat_on(self) -> None:
        held_until = time.monotonic() + self._lease_s
        hard_limit_s = self._run.claim.kind.hard_limit_s
        ends_at = time.monotonic() + hard_limit_s
        while not self._ended.wait(self._interval_s):
            began = time.monotonic()
            if began > ends_at:
                self._end(hard_limit_s)
                return
            try:
                cancelled = claims.beat(
                    self._run.services.database,
                    self._run.claim,
                    lease_s=self._lease_s,
                    progress=self._run.progress,
                    phase=self._run.phase,
                )
            except LeaseLostError as error:
                # The finishing transaction ends the claim too, and nothing is lost then.
                if not self._ended.is_set():
                    self._run.ask_to_stop(error)
                return
            except (SQLAlchemyError, TokenUnavailableError) as error:
                _log.warning(
                    "a heartbeat did not reach the database",
                    extra={
                        "action": "heartbeat_failed",
                        "job_id": str(self._run.claim.job_id),
                        "error": type(error).__name__,
                    },
                )
                if time.monotonic() > held_until:
                    self._run.ask_to_stop(LeaseLostError())
                    return
                continue
            held_until = began + self._lease_s
            if cancelled:
                self._run.ask_to_stop(JobCancelledError())

    def _end(self, hard_limit_s: int) -> None:
        """End the job on its row; where that cannot be written, its lease runs out and the sweep decides."""
        run = self._run
        facts = {"job_id": str(run.claim.job_id), "kind": run.claim.kind.name}
        try:
            with run.services.database.tenant(run.tenant_id) as session:
                outcomes.fail(session, run.claim, Problem.of(TimeLimitError(hard_limit_s)))
        except (LeaseLostError, JobCancelledError, SQLAlchemyError, TokenUnavailableError) as error:
            facts["error"] = type(error).__name__
        _log.error("a job that did not stop was ended at its hard limit", extra={"action": "job_hard_limit", **facts})
        run.ask_to_stop(LeaseLostError())
