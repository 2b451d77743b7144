"""The audit log: events that nobody changes, and the chain that would show it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import BYTEA
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.tables.base import Base, Identified


class AuditEvent(Identified, Base):
    """Who did what, from where, with which result; names are snapshots, since whoever bore them may go."""

    __tablename__ = "audit_event"

    tenant_id: Mapped[UUID | None]
    """``None`` for callers nobody knows and for the installation itself."""
    occurred_at: Mapped[datetime]
    type: Mapped[str]
    """A value of :class:`shared.audit.types.AuditType`."""
    result: Mapped[str]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str | None]
    target_kind: Mapped[str | None]
    target_id: Mapped[UUID | None]
    target_name: Mapped[str | None]
    ip: Mapped[str | None]
    user_agent: Mapped[str | None]
    device: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(server_default="{}")


class AuditUnsealed(Base):
    """An event that has no place in its chain yet; written by a trigger."""

    __tablename__ = "audit_unsealed"

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    chain_id: Mapped[UUID]
    """The tenant, or the null id for events without one."""
    occurred_at: Mapped[datetime]


class AuditChain(Base):
    """The last link of a chain."""

    __tablename__ = "audit_chain"

    chain_id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int]
    hash: Mapped[bytes] = mapped_column(BYTEA)


class AuditSeal(Base):
    """One link: an event's own hash, and the hash of that and of the link before."""

    __tablename__ = "audit_seal"

    chain_id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[UUID] = mapped_column(unique=True)
    event_hash: Mapped[bytes] = mapped_column(BYTEA)
    hash: Mapped[bytes] = mapped_column(BYTEA)
    removed_at: Mapped[datetime | None]
    """When upkeep removed the event; its link stays."""
