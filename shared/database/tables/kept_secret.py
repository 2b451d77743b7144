"""Secrets of connections and webhooks: those that PostgreSQL keeps sealed, and those that still have to be tidied up."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, SmallInteger
from sqlalchemy.dialects.postgresql import BYTEA
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.tables.base import Base, Identified


class SealedSecret(Identified, Base):
    """One version of a secret where there is no vault; opens only in its own place."""

    __tablename__ = "sealed_secret"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    name: Mapped[str]
    version: Mapped[str]
    sealed: Mapped[bytes] = mapped_column(BYTEA)


class SecretUpkeep(Identified, Base):
    """A secret's name that has to be looked at: what nothing uses must go, however often that takes."""

    __tablename__ = "secret_upkeep"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    owner_id: Mapped[UUID] = mapped_column("connection_id")
    """The row that names the secret while it is in use: a connection, or an endpoint of webhooks. Releases before there were
    webhooks read the column by its old name."""
    name: Mapped[str]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    last_error: Mapped[str | None]
