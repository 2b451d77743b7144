"""Reports and their files."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, SmallInteger, func
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, TEXT
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.tables.base import Base, Identified, reference


class ReportState(StrEnum):
    """Where a report stands; the last three are final."""

    PENDING = "pending"
    PROCESSING = "processing"
    GENERATING = "generating"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class FileState(StrEnum):
    """Where one file of a report stands."""

    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"


class Report(Identified, Base):
    """A report asked for: from which source, of which kind, how far it is and how it ended."""

    __tablename__ = "report"
    __table_args__ = (
        reference("client_id", "client", on_delete="CASCADE"),
        reference("snapshot_id", "snapshot", on_delete="RESTRICT"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    client_id: Mapped[UUID]
    snapshot_id: Mapped[UUID | None]
    title: Mapped[str]
    report_type: Mapped[str]
    source: Mapped[str]
    """``upload``, ``live`` or ``snapshot``."""
    formats: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    state: Mapped[str] = mapped_column(server_default=ReportState.PENDING)
    progress: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """Percent, 0 to 100, of the whole way from request to files."""
    phase: Mapped[str] = mapped_column(server_default="")
    error_code: Mapped[str | None]
    error_text: Mapped[str | None]
    next_step: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    """What the import was ordered with, and what the work found out: counts, durations, the source's name."""
    options: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    """What the report shall say: a :class:`shared.reports.options.ReportOptions`."""
    version: Mapped[int] = mapped_column(server_default="1")
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    schedule_run_id: Mapped[UUID | None]
    """The run of a schedule that ordered it."""


class ReportFile(Identified, Base):
    """One file of a report; served only when ``ready``."""

    __tablename__ = "report_file"
    __table_args__ = (reference("report_id", "report", on_delete="CASCADE"),)

    tenant_id: Mapped[UUID]
    report_id: Mapped[UUID]
    format: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=FileState.PENDING)
    file_name: Mapped[str]
    content_type: Mapped[str]
    size_bytes: Mapped[int | None]
    sha256: Mapped[bytes | None] = mapped_column(BYTEA)
    blob_path: Mapped[str | None]
    warnings: Mapped[list[str]] = mapped_column(ARRAY(TEXT), server_default="{}")
    error_code: Mapped[str | None]
    error_text: Mapped[str | None]
    next_step: Mapped[str | None]
    finished_at: Mapped[datetime | None]
