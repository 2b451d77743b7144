"""The tick of schedules: takes what is due and makes runs and jobs of it, each exactly once, whoever ticks.

Due rows are taken in batches under ``for update skip locked``: several tickers share the work and never meet. Run, job and
the schedule's next time are written in one transaction: whoever dies in the middle has done nothing, and the next ticker
does it. Time is the database's; planned times that were run once are never run again, even where that clock steps back.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from shared import events
from shared.database.session import Database
from shared.database.tables import Schedule
from shared.database.tables.schedule import RunState, RunTrigger
from shared.errors import InvalidRequestError
from shared.events.payloads import ScheduleMissed, short
from shared.scheduling import misfires, runs
from shared.scheduling.misfires import Decision, Missed
from shared.scheduling.reading import rules_of, timing_of
from shared.scheduling.rules import MAX_WAITING, OverlapPolicy, Rules
from shared.scheduling.works import JobKindUnknownError

_log = logging.getLogger(__name__)

BATCH = 500
# A batch that decides for longer (after a long outage) commits what it has: the rest stays due.
_DECIDING_TAKES_S = 2.0

_ACTIVE = text(
    "select schedule_id, state, count(*) from schedule_run"
    " where schedule_id = any(cast(:ids as uuid[])) and state in ('waiting', 'started') group by schedule_id, state"
)
_MOVE_ON = text(
    "update schedule set next_planned_at = moved.planned, next_run_at = moved.due, last_planned_at = moved.last,"
    " last_claimed_at = :now"
    " from unnest(cast(:ids as uuid[]), cast(:planned as timestamptz[]), cast(:due as timestamptz[]),"
    " cast(:last as timestamptz[])) as moved (id, planned, due, last) where schedule.id = moved.id"
)


@dataclass(slots=True)
class Claimed:
    """What was made of due schedules, in numbers."""

    schedules: int = 0
    started: int = 0
    waiting: int = 0
    skipped: int = 0
    missed: int = 0

    def __str__(self) -> str:
        return f"{self.started} runs of {self.schedules} schedules" + "".join(
            f", {count} {name}"
            for name, count in (("waiting", self.waiting), ("skipped", self.skipped), ("missed", self.missed))
            if count
        )


@dataclass(slots=True)
class _Batch:
    """What one transaction is about to write."""

    now: datetime
    active: dict[UUID, dict[str, int]]
    runs: list[dict[str, Any]] = field(default_factory=list)
    jobs: list[dict[str, Any]] = field(default_factory=list)
    moved: list[tuple[UUID, datetime | None, datetime | None, datetime | None]] = field(default_factory=list)
    missed: list[tuple[Schedule, Missed]] = field(default_factory=list)


def claim_due(database: Database, *, now: datetime | None = None, batch: int = BATCH) -> Claimed:
    """Make runs of all schedules that are due, and return what was made; ``database`` is the login across tenants.

    ``now`` is the database's time where not given.
    """
    claimed = Claimed()
    while True:
        with database.across_tenants() as session:
            taken, done = _claim_batch(session, now, batch, claimed)
        if taken < batch and done == taken:
            return claimed


def _claim_batch(session: Session, now: datetime | None, size: int, claimed: Claimed) -> tuple[int, int]:
    moment = now or session.scalars(select(func.clock_timestamp())).one()
    due = session.scalars(
        select(Schedule)
        .where(Schedule.next_run_at <= moment)
        .order_by(Schedule.next_run_at)
        .limit(size)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    if not due:
        return 0, 0
    batch = _Batch(moment, _active_runs(session, [schedule.id for schedule in due]))
    until = time.monotonic() + _DECIDING_TAKES_S
    for schedule in due:
        _decide(batch, schedule)
        if time.monotonic() > until:
            break
    _write(session, batch, claimed)
    # The rows were changed behind the session's back, and are of no use any more.
    session.expunge_all()
    return len(due), len(batch.moved)


def _active_runs(session: Session, schedule_ids: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    """Return how many runs of each schedule wait and go on."""
    active: dict[UUID, dict[str, int]] = {}
    for schedule_id, state, count in session.execute(_ACTIVE, {"ids": list(schedule_ids)}):
        active.setdefault(schedule_id, {})[state] = count
    return active


def _decide(batch: _Batch, schedule: Schedule) -> None:
    assert schedule.next_planned_at is not None  # noqa: S101 - the condition of the claim
    try:
        rules, timing = rules_of(schedule), timing_of(schedule)
        decision = misfires.decide(schedule.id, timing, rules, schedule.next_planned_at, batch.now)
    except (InvalidRequestError, msgspec.ValidationError) as error:
        # A zone that the installation's data no longer has, a row of a later release: told, and not tried every minute.
        _cannot_go_on(batch, schedule, error)
        return
    if decision.missed is not None:
        batch.runs.append(_missed_row(batch, schedule, decision.missed))
        batch.missed.append((schedule, decision.missed))
    if decision.runs:
        _start(batch, schedule, rules, decision)
    following = decision.next_planned_at
    due_at = rules.due_at(schedule.id, following) if following else None
    last = decision.runs[-1] if decision.runs else schedule.last_planned_at
    batch.moved.append((schedule.id, following, due_at, last))


def _start(batch: _Batch, schedule: Schedule, rules: Rules, decision: Decision) -> None:
    active = batch.active.setdefault(schedule.id, {})
    busy = bool(active) and rules.overlap_policy is not OverlapPolicy.ALLOW
    try:
        start = runs.Start.of(schedule)
    except JobKindUnknownError as error:
        for planned_at in decision.runs:
            _skip(batch, _row(batch, schedule, rules, planned_at), error.code, error.message)
        return
    if busy and rules.overlap_policy is OverlapPolicy.SKIP:
        for planned_at in decision.runs:
            _skip(batch, _row(batch, schedule, rules, planned_at), "overlap", "The run before it had not ended.")
        return
    for planned_at in decision.runs:
        row = _row(batch, schedule, rules, planned_at, caught_up=planned_at != decision.runs[-1])
        if not busy:
            batch.jobs.append(runs.job_row(row, start, batch.now))
            batch.runs.append(row)
            active[RunState.STARTED] = active.get(RunState.STARTED, 0) + 1
            busy = rules.overlap_policy is not OverlapPolicy.ALLOW
        elif len(decision.runs) == 1 and active.get(RunState.WAITING, 0) >= MAX_WAITING:
            _skip(batch, row, "queue_full", f"{MAX_WAITING} runs were waiting already.")
        else:
            # Runs that are made up for queue up to their own cap, whatever waits already.
            batch.runs.append({**row, "state": RunState.WAITING.value})
            active[RunState.WAITING] = active.get(RunState.WAITING, 0) + 1


def _row(
    batch: _Batch, schedule: Schedule, rules: Rules, planned_at: datetime, *, caught_up: bool = False
) -> dict[str, Any]:
    due_at = rules.due_at(schedule.id, planned_at)
    return runs.run_row(
        schedule,
        trigger=RunTrigger.CATCH_UP if caught_up else RunTrigger.SCHEDULE,
        planned_at=planned_at,
        due_at=due_at,
        now=batch.now,
        expires_at=rules.expires_at(due_at),
    )


def _skip(batch: _Batch, row: dict[str, Any], code: str, reason: str) -> None:
    row.update(state=RunState.SKIPPED.value, reason_code=code, reason=reason, finished_at=batch.now)
    batch.runs.append(row)


def _missed_row(batch: _Batch, schedule: Schedule, missed: Missed) -> dict[str, Any]:
    row = runs.run_row(
        schedule,
        trigger=RunTrigger.SCHEDULE,
        planned_at=missed.first_planned_at,
        due_at=missed.first_planned_at,
        now=batch.now,
    )
    row.update(
        state=RunState.MISSED.value,
        last_planned_at=missed.last_planned_at,
        occurrences=missed.occurrences,
        reason_code=missed.reason_code,
        reason=missed.reason,
        finished_at=batch.now,
    )
    return row


def _cannot_go_on(batch: _Batch, schedule: Schedule, error: Exception) -> None:
    _log.error(
        "a schedule cannot go on",
        extra={"action": "schedule_broken", "schedule_id": str(schedule.id), "error": type(error).__name__},
    )
    assert schedule.next_planned_at is not None  # noqa: S101 - the condition of the claim
    reason = error.message if isinstance(error, InvalidRequestError) else "What is stored of it cannot be read."
    row = runs.run_row(
        schedule,
        trigger=RunTrigger.SCHEDULE,
        planned_at=schedule.next_planned_at,
        due_at=schedule.next_planned_at,
        now=batch.now,
    )
    _skip(batch, row, "schedule_broken", reason)
    batch.moved.append((schedule.id, None, None, schedule.last_planned_at))


def _write(session: Session, batch: _Batch, claimed: Claimed) -> None:
    runs.write(session, batch.runs, batch.jobs)
    ids, planned, due, last = (list(column) for column in zip(*batch.moved, strict=True))
    session.execute(_MOVE_ON, {"now": batch.now, "ids": ids, "planned": planned, "due": due, "last": last})
    if batch.missed:
        events.record_all(session, [_told(schedule, missed) for schedule, missed in batch.missed])
    states = [row["state"] for row in batch.runs]
    claimed.schedules += len(batch.moved)
    claimed.started += states.count(RunState.STARTED)
    claimed.waiting += states.count(RunState.WAITING)
    claimed.skipped += states.count(RunState.SKIPPED)
    claimed.missed += sum(missed.occurrences for _, missed in batch.missed)


def _told(schedule: Schedule, missed: Missed) -> events.Happened:
    payload = ScheduleMissed(
        schedule_id=schedule.id,
        name=short(schedule.name),
        link=f"/api/v1/schedules/{schedule.id}",
        first_planned_at=missed.first_planned_at,
        last_planned_at=missed.last_planned_at,
        occurrences=missed.occurrences,
        reason_code=missed.reason_code,
        reason=missed.reason,
        caught_up=missed.caught_up,
    )
    return events.Happened(schedule.tenant_id, payload, schedule.client_ids[0] if len(schedule.client_ids) == 1 else None)
