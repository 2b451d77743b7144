"""Runs that wait for the run before them: begun one by one, as soon as it has ended."""

from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased

from shared.database.session import Database
from shared.database.tables import Schedule, ScheduleRun
from shared.database.tables.schedule import RunState
from shared.scheduling import runs
from shared.scheduling.works import JobKindUnknownError

_BATCH = 100
_MOST_BATCHES = 100


def begin_waiting(database: Database, *, now: datetime | None = None) -> int:
    """Begin the next run of every schedule whose runs wait and of which none is going on, and return how many began."""
    begun = 0
    for _ in range(_MOST_BATCHES):
        with database.across_tenants() as session:
            schedules = _with_idle_queue(session)
            moment = now or session.scalars(select(func.clock_timestamp())).one()
            begun += sum(_begin(session, schedule, moment) for schedule in schedules)
        if not schedules:
            break
    return begun


def _with_idle_queue(session: Session) -> list[Schedule]:
    """Return schedules with a waiting run and none that goes on, locked: two tickers must not begin two runs of one."""
    going_on = aliased(ScheduleRun)
    idle = session.scalars(
        select(ScheduleRun.schedule_id)
        .where(
            ScheduleRun.state == RunState.WAITING,
            ~exists().where(going_on.schedule_id == ScheduleRun.schedule_id, going_on.state == RunState.STARTED),
        )
        .distinct()
        .limit(_BATCH)
    ).all()
    if not idle:
        return []
    return list(session.scalars(select(Schedule).where(Schedule.id.in_(idle)).with_for_update(skip_locked=True)))


def _begin(session: Session, schedule: Schedule, now: datetime) -> bool:
    try:
        return runs.begin_next(session, schedule, now) is not None
    except JobKindUnknownError as error:
        runs.end_waiting(session, schedule.id, code=error.code, reason=error.message)
        return False
