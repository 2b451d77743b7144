"""Answers kept so that a repeated create with the same Idempotency-Key does nothing twice."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, SmallInteger
from sqlalchemy.dialects.postgresql import BYTEA
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.tables.base import Base, Identified


class IdempotencyRecord(Identified, Base):
    """The first answer to a create request, by the caller's key."""

    __tablename__ = "idempotency_record"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    key: Mapped[str]
    request_hash: Mapped[bytes] = mapped_column(BYTEA)
    status_code: Mapped[int] = mapped_column(SmallInteger)
    headers: Mapped[dict[str, Any]]
    body: Mapped[dict[str, Any]]
    expires_at: Mapped[datetime]
