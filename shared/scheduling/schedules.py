"""Schedules as people work with them: made, changed, paused, resumed, copied, run now, deleted; each change is kept."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.audit.actor import Actor
from shared.audit.log import Target, log_auth_event
from shared.audit.types import AuditType
from shared.database.limits import has_room
from shared.database.tables import AzureConnection, Client, Schedule, ScheduleChange, ScheduleRun
from shared.database.tables.schedule import RunState, RunTrigger
from shared.errors import ConflictError, NotFoundError
from shared.identifiers import new_id
from shared.reporting.clients import VersionConflictError
from shared.scheduling import definition, runs
from shared.scheduling.definition import Definition, definition_of
from shared.scheduling.rules import MAX_WAITING, OverlapPolicy
from shared.scheduling.works import ReportWork, WorkInvalidError, connection_of

MAX_SCHEDULES = 10_000
"""Of one tenant."""


class ScheduleNotFoundError(NotFoundError):
    """There is no such schedule for this caller."""

    code = "schedule_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such schedule.", next_step="List the schedules to find its id.")


class TooManySchedulesError(ConflictError):
    """The tenant has as many schedules as it may."""

    code = "too_many_schedules"

    def __init__(self) -> None:
        super().__init__(
            f"There are {MAX_SCHEDULES:,} schedules already.", next_step="Delete some, or let one run serve several clients."
        )


class RunInProgressError(ConflictError):
    """A run was asked for while another goes on, and the schedule's runs must not overlap."""

    code = "run_in_progress"

    def __init__(self) -> None:
        super().__init__(
            "A run of this schedule is going on, and its runs must not overlap.",
            next_step="Wait until it has ended, or set overlap_policy to queue or allow.",
        )


class QueueFullError(ConflictError):
    """As many runs wait as may."""

    code = "queue_full"

    def __init__(self) -> None:
        super().__init__(f"{MAX_WAITING} runs wait already.", next_step="Wait until they have begun.")


def create(session: Session, tenant_id: UUID, wanted: Definition, actor: Actor, *, action: str = "created") -> Schedule:
    """Write a new schedule; raises what :func:`shared.scheduling.definition.checked` raises, and
    :class:`TooManySchedulesError`.
    """
    wanted = definition.checked(wanted)
    _refuse_unknown(session, wanted)
    if not has_room(session, Schedule, MAX_SCHEDULES, Schedule.deleted_at.is_(None)):
        raise TooManySchedulesError
    schedule = Schedule(id=new_id(), tenant_id=tenant_id, **definition.columns_of(wanted))
    _plan(session, schedule, wanted)
    session.add(schedule)
    session.flush()
    _keep(session, schedule, action, actor, before=None, after=wanted)
    return schedule


def change(session: Session, schedule_id: UUID, fields: Mapping[str, Any], actor: Actor, *, version: int | None) -> Schedule:
    """Change the given fields of a definition, and of its rules those in the mapping ``rules`` among them.

    Where its times change, the next run is planned anew from now on.
    ``version`` is the one the caller read, ``None`` to overwrite whatever is there. Raises :class:`ScheduleNotFoundError`,
    :class:`~shared.reporting.clients.VersionConflictError` and as :func:`create` does.
    """
    schedule = _locked(session, schedule_id, version)
    before = definition_of(schedule)
    wanted = dict(fields)
    rules = msgspec.structs.replace(before.rules, **wanted.pop("rules", {}))
    after = definition.checked(msgspec.structs.replace(before, **wanted, rules=rules))
    _refuse_unknown(session, after)
    _apply(session, schedule, after)
    _keep(session, schedule, "changed", actor, before=before, after=after)
    return schedule


def set_enabled(session: Session, schedule_id: UUID, actor: Actor, *, enabled: bool) -> Schedule:
    """Pause a schedule, or resume it: from now on, without making up for what lay in between.

    Raises :class:`ScheduleNotFoundError`, and on resuming what :func:`shared.scheduling.definition.checked` raises.
    """
    schedule = _locked(session, schedule_id, None)
    before = definition_of(schedule)
    if before.enabled != enabled:
        after = msgspec.structs.replace(before, enabled=enabled)
        _apply(session, schedule, definition.checked(after) if enabled else after)
        _keep(session, schedule, "resumed" if enabled else "paused", actor, before=before, after=after)
        if not enabled:
            runs.end_waiting(session, schedule.id, code="paused", reason="The schedule was paused.")
    return schedule


def duplicate(session: Session, schedule_id: UUID, actor: Actor, *, name: str | None) -> Schedule:
    """Write a paused copy of a schedule; raises as :func:`create` does."""
    original = find(session, schedule_id)
    copied = definition_of(original)
    wanted = msgspec.structs.replace(copied, name=name or f"Copy of {copied.name}"[:200], enabled=False)
    return create(session, original.tenant_id, wanted, actor, action="duplicated")


def delete(session: Session, schedule_id: UUID, actor: Actor) -> None:
    """Hide a schedule and let nothing of it run any more; a run that goes on ends by itself.

    Raises :class:`ScheduleNotFoundError`.
    """
    schedule = _locked(session, schedule_id, None)
    runs.end_waiting(session, schedule.id, code="schedule_deleted", reason="The schedule was deleted.")
    _keep(session, schedule, "deleted", actor, before=definition_of(schedule), after=None)
    schedule.next_planned_at = schedule.next_run_at = None
    schedule.deleted_at = func.clock_timestamp()
    schedule.version += 1


def run_now(session: Session, schedule_id: UUID, actor: Actor) -> ScheduleRun:
    """Begin a run at once, or let it wait for the one that goes on; the schedule's own times stay as they are.

    The next sweep sends its message. Raises :class:`ScheduleNotFoundError`, :class:`RunInProgressError`,
    :class:`QueueFullError` and :class:`~shared.scheduling.works.JobKindUnknownError`.
    """
    schedule = _locked(session, schedule_id, None)
    wanted = definition_of(schedule)
    start = runs.Start.of(schedule)
    now = _now(session)
    busy = wanted.rules.overlap_policy is not OverlapPolicy.ALLOW and runs.has_active(session, schedule.id)
    if busy and wanted.rules.overlap_policy is OverlapPolicy.SKIP:
        raise RunInProgressError
    if busy and runs.count_waiting(session, schedule.id) >= MAX_WAITING:
        raise QueueFullError
    expires_at = wanted.rules.expires_at(now)
    row = runs.run_row(schedule, trigger=RunTrigger.MANUAL, planned_at=now, due_at=now, now=now, expires_at=expires_at)
    if busy:
        row["state"] = RunState.WAITING.value
        runs.write(session, [row], [])
    else:
        runs.write(session, [row], [runs.job_row(row, start, now)])
    _keep(session, schedule, "run_now", actor, before=None, after=None)
    return session.get_one(ScheduleRun, row["id"])


def find(session: Session, schedule_id: UUID) -> Schedule:
    """Return a schedule; raises :class:`ScheduleNotFoundError`."""
    found = session.scalars(select(Schedule).where(Schedule.id == schedule_id, Schedule.deleted_at.is_(None)))
    if (schedule := found.one_or_none()) is None:
        raise ScheduleNotFoundError
    return schedule


def _locked(session: Session, schedule_id: UUID, version: int | None) -> Schedule:
    found = session.scalars(
        select(Schedule).where(Schedule.id == schedule_id, Schedule.deleted_at.is_(None)).with_for_update()
    )
    if (schedule := found.one_or_none()) is None:
        raise ScheduleNotFoundError
    if version is not None and schedule.version != version:
        raise VersionConflictError
    return schedule


def _apply(session: Session, schedule: Schedule, after: Definition) -> None:
    before = definition_of(schedule)
    for name, value in definition.columns_of(after).items():
        setattr(schedule, name, value)
    if (before.timing, before.enabled, before.rules.jitter_s) != (after.timing, after.enabled, after.rules.jitter_s):
        _plan(session, schedule, after)
    schedule.version += 1
    schedule.updated_at = func.clock_timestamp()
    session.flush()
    session.refresh(schedule)


def _plan(session: Session, schedule: Schedule, wanted: Definition) -> None:
    """Set the next run: the first after now, so that nothing which lies behind is made up for."""
    following = wanted.timing.after(_now(session)) if wanted.enabled else None
    schedule.next_planned_at = following
    schedule.next_run_at = wanted.rules.due_at(schedule.id, following) if following else None


def _now(session: Session) -> datetime:
    now: datetime = session.scalars(select(func.clock_timestamp())).one()
    return now


def _refuse_unknown(session: Session, wanted: Definition) -> None:
    client_ids = wanted.work.client_ids if isinstance(wanted.work, ReportWork) else ()
    known = session.scalars(select(Client.id).where(Client.id.in_(client_ids), Client.deleted_at.is_(None))).all()
    if unknown := set(client_ids) - set(known):
        raise WorkInvalidError(
            f"{len(unknown)} of the clients do not exist, such as {min(unknown)}.",
            next_step="List the clients to find their ids.",
        )
    if (connection_id := connection_of(wanted.work)) is not None:
        living = select(AzureConnection.id).where(AzureConnection.id == connection_id, AzureConnection.deleted_at.is_(None))
        if session.scalars(living).one_or_none() is None:
            raise WorkInvalidError("There is no such connection.", next_step="List the connections to find its id.")


def _keep(
    session: Session,
    schedule: Schedule,
    action: str,
    actor: Actor,
    *,
    before: Definition | None,
    after: Definition | None,
) -> None:
    session.add(
        ScheduleChange(
            tenant_id=schedule.tenant_id,
            schedule_id=schedule.id,
            action=action,
            actor_key_id=actor.key_id,
            actor_name=actor.name,
            before=None if before is None else msgspec.to_builtins(before),
            after=None if after is None else msgspec.to_builtins(after),
        )
    )
    session.flush()
    target = Target("schedule", schedule.id, schedule.name)
    log_auth_event(session, schedule.tenant_id, AuditType.SCHEDULE_CHANGED, actor, target=target, details={"action": action})
