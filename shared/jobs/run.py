"""A running job, as the function that does its work sees it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from shared.database.tables import Job
from shared.database.tables.job import JobState
from shared.errors import AdvisorReportsError
from shared.jobs import outcomes, requests
from shared.jobs.claims import Claim, held, hold
from shared.jobs.kinds import JobKind
from shared.jobs.problems import JobCancelledError, LeaseLostError, Problem, TimeLimitError
from shared.services import Services

_LONGEST_NAP_S = 0.5


class JobRun:
    """One attempt at a job: what to work on, when to stop, how to say how far it is, and how to commit.

    Work ends through :meth:`finishing` or :meth:`failing`; an exception from the work function ends it any other way.
    """

    def __init__(self, services: Services, claim: Claim) -> None:
        self.services = services
        self.claim = claim
        self.ended_as: JobState | None = None
        self.progress = 0.0
        self.phase = ""
        self._deadline = time.monotonic() + claim.kind.soft_limit_s
        self._stop: AdvisorReportsError | None = None
        self._followers: list[Job] = []

    @property
    def finished(self) -> bool:
        """Whether the end of the job is committed already."""
        return self.ended_as is not None

    @property
    def tenant_id(self) -> UUID:
        """The tenant whose rows this job may see."""
        return self.claim.tenant_id

    @property
    def report_id(self) -> UUID:
        """The report this job serves; asking a job that serves none is a programming error."""
        if self.claim.report_id is None:
            raise LookupError(f"a job of kind {self.claim.kind.name} has no report")
        return self.claim.report_id

    def report_progress(self, percent: float, phase: str) -> None:
        """Say how far this job is, 0 to 100, and with what; cheap, since heartbeats carry it to the row."""
        self.progress = min(max(percent, 0.0), 100.0)
        self.phase = phase

    def check(self) -> None:
        """Return while the work should go on; call it often.

        Raises :class:`~shared.jobs.problems.JobCancelledError`, :class:`~shared.jobs.problems.LeaseLostError` or
        :class:`~shared.jobs.problems.TimeLimitError`.
        """
        if self._stop is not None:
            raise self._stop
        if time.monotonic() > self._deadline:
            raise TimeLimitError(self.claim.kind.soft_limit_s)

    def should_stop(self) -> bool:
        """Return whether :meth:`check` would raise; for those who poll."""
        return self._stop is not None or time.monotonic() > self._deadline

    def wait(self, seconds: float) -> None:
        """Sleep, and hear within half a second when the work should end; raises what :meth:`check` raises."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.check()
            time.sleep(min(left, _LONGEST_NAP_S))
        self.check()

    def ask_to_stop(self, reason: JobCancelledError | LeaseLostError) -> None:
        """Let :meth:`check` raise ``reason`` from now on; the first reason stays."""
        if self._stop is None:
            self._stop = reason

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open a transaction of the job's tenant whose writes are committed only if the claim holds at its end.

        Raises :class:`~shared.jobs.problems.LeaseLostError` or :class:`~shared.jobs.problems.JobCancelledError` at the end,
        rolled back.
        """
        with self.services.database.tenant(self.tenant_id) as session:
            yield session
            hold(session, self.claim)

    @contextmanager
    def finishing(self) -> Iterator[Session]:
        """Open the transaction that ends the job well: what is written in it and the end are committed together.

        Raises as :meth:`transaction` does. Jobs added with :meth:`add_follower` are published after the commit.
        """
        with self.services.database.tenant(self.tenant_id) as session:
            yield session
            outcomes.succeed(session, self.claim)
        self.ended_as = JobState.SUCCEEDED
        for job in self._followers:
            requests.publish_job(self.services.publisher, self.services.database, job)

    @contextmanager
    def failing(self, problem: Problem) -> Iterator[Session]:
        """Open the transaction that ends the job, and the report it carries, with a reason, together with what is written.

        For failures that have more to say than one error can; raises :class:`~shared.jobs.problems.LeaseLostError`.
        """
        with self.services.database.tenant(self.tenant_id) as session:
            self.hold(session)
            yield session
            outcomes.fail(session, self.claim, problem)
        self.ended_as = JobState.FAILED

    @contextmanager
    def putting_back(self, delay_s: float) -> Iterator[Session]:
        """Open the transaction that ends this run without its work done, and lets the job come back in ``delay_s`` seconds.

        That costs no attempt, and however long it goes on, the job stays one row. Raises as :meth:`transaction` does.
        """
        with self.services.database.tenant(self.tenant_id) as session:
            yield session
            state = outcomes.put_back(session, self.claim, delay_s)
        self.ended_as = state

    def answer(self, session: Session, result: dict[str, Any]) -> None:
        """Keep ``result`` with the job, in the transaction that ends it, for those who poll it; never a secret."""
        session.execute(
            update(Job).where(held(self.claim)).values(result=result).execution_options(synchronize_session=False)
        )

    def hold(self, session: Session) -> None:
        """Lock the job's row and make sure of the claim; to be called before the report's row is touched.

        Whoever needs both rows takes the job's first, so that nobody waits in a circle. Raises
        :class:`~shared.jobs.problems.LeaseLostError` or :class:`~shared.jobs.problems.JobCancelledError`.
        """
        hold(session, self.claim)

    def add_follower(self, session: Session, kind: JobKind, arguments: dict[str, Any] | None = None) -> UUID:
        """Add a job for the same report in the finishing transaction and return its id."""
        job = requests.add_job(
            session,
            kind,
            tenant_id=self.tenant_id,
            report_id=self.claim.report_id,
            arguments=arguments,
            trace_id=self.claim.trace_id,
        )
        self.publish_afterwards(job)
        return job.id

    def publish_afterwards(self, job: Job) -> None:
        """Send the message of a job that the finishing transaction writes, after the commit."""
        self._followers.append(job)
