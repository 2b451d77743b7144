"""Snapshots: one collection of recommendations at one time, and what of it was rejected."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.tables.base import Base, Identified, reference


class Snapshot(Identified, Base):
    """The recommendations of a client as one source showed them at ``taken_at``."""

    __tablename__ = "snapshot"
    __table_args__ = (reference("client_id", "client", on_delete="CASCADE"),)

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    client_id: Mapped[UUID]
    source: Mapped[str]
    """``upload`` or ``live``."""
    source_format: Mapped[str]
    """The export kind, such as ``portal_csv``."""
    file_name: Mapped[str] = mapped_column(server_default="")
    taken_at: Mapped[datetime]
    """When Azure showed it: the export time of the file where known, else when it arrived."""
    taken_at_is_exact: Mapped[bool]
    accepted_count: Mapped[int]
    rejected_count: Mapped[int]
    findings_noted: Mapped[bool] = mapped_column(server_default="false")
    """Whether its findings are known to the client's history."""
    details: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    """Header seen, notes of the reader, bytes and checksum of the source."""
    # Thousands of ids, which only a comparison asks for.
    subscriptions: Mapped[list[str] | None] = mapped_column(ARRAY(Text), deferred=True)
    """Ids in lower case of those that were read from Azure; ``None`` where the source does not say, as exports do not."""


class RejectedRowRecord(Identified, Base):
    """A row of the source that could not become a recommendation, and why."""

    __tablename__ = "rejected_row"
    __table_args__ = (reference("snapshot_id", "snapshot", on_delete="CASCADE"),)

    tenant_id: Mapped[UUID]
    snapshot_id: Mapped[UUID]
    line: Mapped[int]
    file_name: Mapped[str] = mapped_column(server_default="")
    """Which file of an export of several files; empty where there is but one."""
    column_name: Mapped[str]
    value: Mapped[str]
    reason_code: Mapped[str]
    reason: Mapped[str]
