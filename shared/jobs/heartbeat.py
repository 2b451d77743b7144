"""Heartbeats: a thread beside each running job that keeps its lease and listens for a request to cancel."""

import logging
import threading
import time
from types import TracebackType
from typing import Self

from sqlalchemy.exc import SQLAlchemyError

from shared.identity.token_cache import TokenUnavailableError
from shared.jobs import claims
from shared.jobs.problems import JobCancelledError, LeaseLostError
from shared.jobs.run import JobRun

_log = logging.getLogger(__name__)

# A request to cancel is read within this time.
_LONGEST_INTERVAL_S = 2.0
_BEATS_PER_LEASE = 5


class Heartbeat:
    """Beats while the ``with`` block runs; tells ``run`` when to stop."""

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
        while not self._ended.wait(self._interval_s):
            began = time.monotonic()
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
