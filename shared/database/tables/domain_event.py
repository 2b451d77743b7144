"""Domain events: what happened, kept until it was passed on."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.tables.base import Base, Identified


class DomainEvent(Identified, Base):
    """Something that happened, written in the transaction that caused it; its id names it wherever it is told."""

    __tablename__ = "domain_event"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    type: Mapped[str]
    """A value of :class:`shared.events.types.EventType`."""
    occurred_at: Mapped[datetime]
    client_id: Mapped[UUID | None]
    """The client it is about, for those who only follow some."""
    data: Mapped[dict[str, Any]]
    """The payload of its type, see :mod:`shared.events.payloads`; never a secret."""
    dispatch_after: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """How often passing it on failed."""
    last_error: Mapped[str | None]
    dispatched_at: Mapped[datetime | None]
