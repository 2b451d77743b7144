"""Runs: their rows, and the jobs they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.orm import Session

from shared.database.tables import Job, Schedule, ScheduleRun
from shared.database.tables.schedule import RunState, RunTrigger
from shared.identifiers import new_id
from shared.jobs.kinds import JobKind
from shared.jobs.requests import PUBLISHING_TAKES_S
from shared.scheduling import works

ACTIVE = (RunState.WAITING, RunState.STARTED)
# One statement and two parameters for a whole batch: thousands of parameters take longer than the rows themselves.
_WRITE = text(
    "with made as ("
    " insert into schedule_run (id, tenant_id, schedule_id, work_kind, trigger, planned_at, due_at, last_planned_at,"
    " occurrences, state, reason_code, reason, late_s, job_id, awaited, expires_at, finished_at)"
    " select id, tenant_id, schedule_id, work_kind, trigger, planned_at, due_at, last_planned_at,"
    " occurrences, state, reason_code, reason, late_s, job_id, awaited, expires_at, finished_at"
    " from jsonb_populate_recordset(cast(null as schedule_run), cast(:runs as jsonb)) on conflict do nothing returning id"
    "), begun as ("
    " insert into job (id, tenant_id, kind, queue, priority, arguments, max_attempts, run_after, expires_at,"
    " schedule_run_id)"
    " select id, tenant_id, kind, queue, priority, arguments, max_attempts, run_after, expires_at, schedule_run_id"
    " from jsonb_populate_recordset(cast(null as job), cast(:jobs as jsonb)) where schedule_run_id in (select id from made)"
    ") select count(*) from made"
)
# Later than this is told of: the tick comes once a minute, and may take a while.
_LATE_S = 150


@dataclass(frozen=True, slots=True)
class Start:
    """The job that a run becomes."""

    kind: JobKind
    arguments: dict[str, Any]

    @staticmethod
    def of(schedule: Schedule) -> "Start":
        """Return the job of a schedule's work; raises :class:`~shared.scheduling.works.JobKindUnknownError`."""
        return _start_of(orjson.dumps(schedule.work))


@lru_cache(maxsize=1024)
def _start_of(work: bytes) -> Start:
    # Many schedules of a tenant differ in their times alone.
    return Start(*works.job_of(works.work_of(orjson.loads(work))))


def run_row(
    schedule: Schedule, *, trigger: RunTrigger, planned_at: datetime, due_at: datetime, now: datetime, **columns: Any
) -> dict[str, Any]:
    """Return the columns of a run that has just become due."""
    late_s = max(int((now - due_at).total_seconds()), 0)
    return {
        "id": new_id(),
        "tenant_id": schedule.tenant_id,
        "schedule_id": schedule.id,
        "work_kind": schedule.work_kind,
        "trigger": trigger.value,
        "planned_at": planned_at,
        "due_at": due_at,
        "last_planned_at": None,
        "occurrences": 1,
        "late_s": late_s,
        "reason_code": "late" if late_s > _LATE_S else None,
        "reason": f"Began {late_s} seconds after it was due." if late_s > _LATE_S else None,
        "job_id": None,
        "awaited": 0,
        "expires_at": None,
        "finished_at": None,
        **columns,
    }


def job_row(run: dict[str, Any], start: Start, now: datetime) -> dict[str, Any]:
    """Let ``run`` begin, and return the columns of its job."""
    run.update(state=RunState.STARTED.value, job_id=new_id(), awaited=1)
    return _job_of(run, start, now)


def _job_of(run: Mapping[str, Any], start: Start, now: datetime) -> dict[str, Any]:
    kind = start.kind
    return {
        "id": run["job_id"],
        "tenant_id": run["tenant_id"],
        "kind": kind.name,
        "queue": kind.queue.value,
        "priority": kind.priority.value,
        "arguments": start.arguments,
        "max_attempts": kind.max_attempts,
        # Long enough ago for the very next sweep to send its message.
        "run_after": now - timedelta(seconds=PUBLISHING_TAKES_S),
        "expires_at": run["expires_at"],
        "schedule_run_id": run["id"],
    }


def write(session: Session, runs: Sequence[dict[str, Any]], jobs: Sequence[dict[str, Any]]) -> int:
    """Write new runs, and the jobs of those that were not there yet; return how many runs are new."""
    if not runs:
        return 0
    given = {"runs": orjson.dumps(runs).decode(), "jobs": orjson.dumps(jobs).decode()}
    written: int = session.scalars(_WRITE, given).one()
    return written


def has_active(session: Session, schedule_id: UUID, *states: RunState) -> bool:
    """Return whether a run of the schedule is in one of ``states``; without any named: has not ended."""
    found = select(ScheduleRun.id).where(ScheduleRun.schedule_id == schedule_id, ScheduleRun.state.in_(states or ACTIVE))
    return session.scalars(found.limit(1)).first() is not None


def count_waiting(session: Session, schedule_id: UUID) -> int:
    """Return how many runs of a schedule wait for another."""
    waiting = select(func.count()).where(ScheduleRun.schedule_id == schedule_id, ScheduleRun.state == RunState.WAITING)
    return session.scalars(waiting).one()


def end_waiting(session: Session, schedule_id: UUID, *, code: str, reason: str) -> int:
    """Cancel the runs of a schedule that wait for another, and return how many."""
    ended = session.scalars(
        update(ScheduleRun)
        .where(ScheduleRun.schedule_id == schedule_id, ScheduleRun.state == RunState.WAITING)
        .values(state=RunState.CANCELLED, reason_code=code, reason=reason, finished_at=func.clock_timestamp())
        .returning(ScheduleRun.id)
        .execution_options(synchronize_session=False)
    )
    return len(ended.all())


def begin_next(session: Session, schedule: Schedule, now: datetime) -> ScheduleRun | None:
    """Start the schedule's first waiting run where none is going on, and return it; the schedule's row is locked.

    Runs that expired while they waited end on the way.
    """
    if has_active(session, schedule.id, RunState.STARTED):
        return None
    waiting = session.scalars(
        select(ScheduleRun)
        .where(ScheduleRun.schedule_id == schedule.id, ScheduleRun.state == RunState.WAITING)
        .order_by(ScheduleRun.planned_at, ScheduleRun.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    for run in waiting:
        if run.expires_at is not None and run.expires_at <= now:
            run.state, run.finished_at = RunState.EXPIRED, now
            run.reason_code, run.reason = "expired", "It expired while it waited for the run before it."
            continue
        start = Start.of(schedule)
        run.state, run.job_id, run.awaited = RunState.STARTED, new_id(), 1
        session.flush()
        session.execute(insert(Job), [_job_of(vars(run), start, now)])
        return run
    session.flush()
    return None
