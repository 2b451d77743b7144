"""How reports of a tenant, or of one of its clients, look."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, func
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.tables.base import Base, Identified, reference


class BrandingRow(Identified, Base):
    """The wishes of a tenant (``client_id`` is null) or of a client; a field that is null is decided elsewhere."""

    __tablename__ = "branding"
    __table_args__ = (reference("client_id", "client", on_delete="CASCADE"),)

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    client_id: Mapped[UUID | None]
    primary_colour: Mapped[str | None]
    accent_colour: Mapped[str | None]
    font: Mapped[str | None]
    title: Mapped[str | None]
    cover_text: Mapped[str | None]
    footer: Mapped[str | None]
    contact: Mapped[str | None]
    language: Mapped[str | None]
    logo: Mapped[dict[str, Any] | None]
    """Of the file in Blob storage: path, media type, width, height, bytes, SHA-256."""
    version: Mapped[int] = mapped_column(server_default="1")
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
