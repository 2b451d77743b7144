"""Clients: those for whom a tenant makes reports."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, func
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.tables.base import Base, Identified


class Client(Identified, Base):
    """A company or department whose Azure estate is reported on."""

    __tablename__ = "client"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    name: Mapped[str]
    reference: Mapped[str | None]
    """The tenant's own key for the client, unique among its living clients."""
    status: Mapped[str] = mapped_column(server_default="active")
    contact_email: Mapped[str | None]
    notes: Mapped[str] = mapped_column(server_default="")
    details: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    version: Mapped[int] = mapped_column(server_default="1")
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    deleted_at: Mapped[datetime | None]
