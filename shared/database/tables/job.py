"""Jobs: the unit of long-running work. The row is the truth; a message only says where to look."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.tables.base import Base, Identified, reference


class JobState(StrEnum):
    """Where a job stands; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job(Identified, Base):
    """One piece of work, its attempts, its progress and its end."""

    __tablename__ = "job"
    __table_args__ = (reference("report_id", "report", on_delete="CASCADE"),)

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    report_id: Mapped[UUID | None]
    kind: Mapped[str]
    """The task's name, such as ``process_csv_file``."""
    queue: Mapped[str]
    priority: Mapped[int] = mapped_column(SmallInteger)
    arguments: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    """Ids and choices only; never a secret."""
    state: Mapped[str] = mapped_column(server_default=JobState.QUEUED)
    attempt: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """How often a worker has claimed it; also the fence that keeps a worker that lost its lease from writing."""
    max_attempts: Mapped[int] = mapped_column(SmallInteger)
    run_after: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    """A job that no worker began by then ends instead."""
    schedule_run_id: Mapped[UUID | None]
    """The run of a schedule that it is; named without a foreign key, as jobs and runs are removed each in their own time."""
    published_at: Mapped[datetime | None]
    lease_expires_at: Mapped[datetime | None]
    worker: Mapped[str | None]
    cancel_requested: Mapped[bool] = mapped_column(server_default="false")
    progress: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    phase: Mapped[str] = mapped_column(server_default="")
    error_code: Mapped[str | None]
    error_text: Mapped[str | None]
    next_step: Mapped[str | None]
    result: Mapped[dict[str, Any] | None]
    """What a job found that has no row of its own to write it to; never a secret."""
    trace_id: Mapped[str | None]
    trace_parent: Mapped[str | None]
    """The ``traceparent`` (W3C Trace Context) under which the job was asked for; the worker's spans go under it."""
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
