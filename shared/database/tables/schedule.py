"""Schedules, their runs and their history."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Integer, Uuid, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.tables.base import Base, Identified, reference


class RunState(StrEnum):
    """Where a run of a schedule stands; all but the first two are final."""

    WAITING = "waiting"
    """For the run before it."""
    STARTED = "started"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
    """Its time came, and a rule kept it from starting."""
    MISSED = "missed"
    """Nobody looked when its time came."""
    EXPIRED = "expired"


class RunTrigger(StrEnum):
    """Why there is a run."""

    SCHEDULE = "schedule"
    CATCH_UP = "catch_up"
    """Made up for, after its time."""
    MANUAL = "manual"


class Schedule(Identified, Base):
    """What runs by itself, and when next."""

    __tablename__ = "schedule"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    enabled: Mapped[bool] = mapped_column(server_default="true")
    timing: Mapped[dict[str, Any]]
    """A :data:`shared.scheduling.timing.When`."""
    time_zone: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    work_kind: Mapped[str]
    work: Mapped[dict[str, Any]]
    """A :data:`shared.scheduling.works.Work`."""
    client_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), server_default="{}")
    """The clients that the work names, to find the schedules of a client."""
    connection_id: Mapped[UUID | None]
    rules: Mapped[dict[str, Any]]
    """:class:`shared.scheduling.rules.Rules`."""
    next_planned_at: Mapped[datetime | None]
    """By the timing alone."""
    next_run_at: Mapped[datetime | None]
    """When the tick takes it: the planned time and the jitter."""
    last_planned_at: Mapped[datetime | None]
    last_claimed_at: Mapped[datetime | None]
    """By the database's clock; in the future where that clock was set back."""
    version: Mapped[int] = mapped_column(server_default="1")
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    deleted_at: Mapped[datetime | None]


class ScheduleRun(Identified, Base):
    """One run of a schedule, or one stretch of runs that never were."""

    __tablename__ = "schedule_run"
    __table_args__ = (reference("schedule_id", "schedule", on_delete="CASCADE"),)

    tenant_id: Mapped[UUID]
    schedule_id: Mapped[UUID]
    work_kind: Mapped[str]
    trigger: Mapped[str]
    planned_at: Mapped[datetime]
    due_at: Mapped[datetime]
    last_planned_at: Mapped[datetime | None]
    """Of a stretch of missed runs: the last."""
    occurrences: Mapped[int] = mapped_column(Integer, server_default="1")
    state: Mapped[str]
    reason_code: Mapped[str | None]
    reason: Mapped[str | None]
    late_s: Mapped[int] = mapped_column(Integer, server_default="0")
    """From due to claimed."""
    job_id: Mapped[UUID | None]
    awaited: Mapped[int] = mapped_column(Integer, server_default="0")
    """Jobs and reports of it that have not ended."""
    ordered_count: Mapped[int] = mapped_column(Integer, server_default="0")
    failed_count: Mapped[int] = mapped_column(Integer, server_default="0")
    details: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    expires_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class ScheduleChange(Identified, Base):
    """Who changed what of a schedule."""

    __tablename__ = "schedule_change"
    __table_args__ = (reference("schedule_id", "schedule", on_delete="CASCADE"),)

    tenant_id: Mapped[UUID]
    schedule_id: Mapped[UUID]
    action: Mapped[str]
    actor_key_id: Mapped[UUID | None]
    actor_name: Mapped[str]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
