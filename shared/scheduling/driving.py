"""What a tick does for schedules: what is due begins, what waited begins, and gaps between ticks are told."""

import logging
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared import events
from shared.database.session import Database
from shared.database.tables import Schedule, ScheduleRun, Tick
from shared.database.tables.schedule import RunState
from shared.errors import InvalidRequestError
from shared.events.payloads import TickerStale
from shared.scheduling.claiming import claim_due
from shared.scheduling.reading import rules_of, timing_of
from shared.scheduling.waiting import begin_waiting
from shared.scheduling.works import WORK_KINDS
from shared.services import Services
from shared.telemetry import metrics

_log = logging.getLogger(__name__)

# Ticks come each minute; where one was left out, the next may still be in time.
STALE_AFTER = timedelta(minutes=5)
_CLOCK = "schedules seen"
_STEPPED_BACK = timedelta(minutes=1)


def drive(services: Services, *, now: datetime | None = None) -> str:
    """Begin what is due and return in a few words what was done; ``now`` is the database's time where not given."""
    database = services.system_database
    with database.across_tenants() as session:
        _mind_the_clock(session, now)
    claimed = claim_due(database, now=now)
    begun = begin_waiting(database, now=now)
    _note(database)
    return f"{claimed}; {begun} that had waited began" if begun else str(claimed)


def _mind_the_clock(session: Session, given: datetime | None) -> None:
    """Compare the time with that of the tick before; tell of a gap, and plan anew where the clock stepped back."""
    now = given or session.scalars(select(func.clock_timestamp())).one()
    before = session.scalar(select(Tick.last_started_at).where(Tick.name == _CLOCK).with_for_update())
    seen = {"last_started_at": now, "last_driver": "schedules"}
    session.execute(insert(Tick).values(name=_CLOCK, **seen).on_conflict_do_update(index_elements=[Tick.name], set_=seen))
    if before is None:
        return
    if before > now + _STEPPED_BACK:
        planned = _plan_anew(session, now)
        _log.warning(
            "the database's clock stepped back", extra={"action": "clock_stepped_back", "schedules_planned_anew": planned}
        )
    elif now - before > STALE_AFTER:
        _tell_of_the_gap(session, before, now)


def _plan_anew(session: Session, now: datetime) -> int:
    """Plan what was claimed by a clock ahead of time from now on; what it began is not begun again."""
    ahead = session.scalars(
        select(Schedule)
        .where(Schedule.next_run_at.is_not(None), Schedule.last_claimed_at > now + _STEPPED_BACK)
        .with_for_update(skip_locked=True)
    ).all()
    for schedule in ahead:
        schedule.last_claimed_at = now
        try:
            following, rules = timing_of(schedule).after(now), rules_of(schedule)
        except (InvalidRequestError, msgspec.ValidationError):
            # The claim says so, when its time comes.
            continue
        schedule.next_planned_at = following
        schedule.next_run_at = rules.due_at(schedule.id, following) if following else None
    session.flush()
    return len(ahead)


def _tell_of_the_gap(session: Session, before: datetime, now: datetime) -> None:
    tenants = session.scalars(select(Schedule.tenant_id).where(Schedule.next_run_at <= now - STALE_AFTER).distinct()).all()
    silent_for_s = int((now - before).total_seconds())
    _log.error(
        "nothing looked for due schedules for a while",
        extra={"action": "ticker_stale", "silent_for_s": silent_for_s, "tenants_concerned": len(tenants)},
    )
    told = TickerStale(last_tick_at=before, silent_for_s=silent_for_s)
    if tenants:
        events.record_all(session, [events.Happened(tenant_id, told) for tenant_id in tenants])


def _note(database: Database) -> None:
    """Take down for alerts when each kind of work last succeeded."""
    if not metrics.is_enabled():
        return
    with database.across_tenants() as session:
        for kind in WORK_KINDS:
            succeeded_at = session.scalar(
                select(ScheduleRun.finished_at)
                .where(ScheduleRun.work_kind == kind, ScheduleRun.state == RunState.SUCCEEDED)
                .order_by(ScheduleRun.finished_at.desc())
                .limit(1)
            )
            if succeeded_at is not None:
                metrics.schedule_succeeded(kind, succeeded_at.timestamp())
