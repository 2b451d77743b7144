"""Uploads: exports that arrived in Blob storage and wait to be made into reports."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.tables.base import Base, Identified, reference


class Upload(Identified, Base):
    """One file sent by a caller, by multipart request or by a short-lived link."""

    __tablename__ = "upload"
    __table_args__ = (reference("report_id", "report", on_delete="SET NULL (report_id)"),)

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    file_name: Mapped[str]
    blob_path: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="waiting")
    """``waiting`` (link given, nothing seen yet), ``received`` or ``used``."""
    size_bytes: Mapped[int | None]
    etag: Mapped[str | None]
    """Which version of the file was seen last before the order; ``None`` where it came with the order: no link writes it."""
    report_id: Mapped[UUID | None]
    """The report made from it; several uploads of one report are pages of one export."""
    position: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """Its place among the pages, from 0."""
    expires_at: Mapped[datetime]
