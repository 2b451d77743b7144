"""Findings of a client: when each was seen, and what people decided about it."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Date
from sqlalchemy.dialects.postgresql import BYTEA
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.tables.base import Base, Identified, reference


class Finding(Base):
    """One finding as long as the client is there, also when no snapshot holds it any more."""

    __tablename__ = "finding"
    __table_args__ = (reference("client_id", "client", on_delete="CASCADE"),)

    tenant_id: Mapped[UUID]
    client_id: Mapped[UUID] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(BYTEA, primary_key=True)
    cross_key: Mapped[bytes] = mapped_column(BYTEA)
    """What names it whatever source it came from, less exactly than the fingerprint."""
    from_portal: Mapped[bool]
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]


class FindingMark(Identified, Base):
    """One decision about a finding; the newest is the one that holds."""

    __tablename__ = "finding_mark"
    __table_args__ = (reference("client_id", "client", on_delete="CASCADE"),)

    tenant_id: Mapped[UUID]
    client_id: Mapped[UUID]
    fingerprint: Mapped[bytes] = mapped_column(BYTEA)
    status: Mapped[str]
    """A value of :class:`shared.comparison.marks.MarkStatus`, or ``cleared``."""
    note: Mapped[str] = mapped_column(server_default="")
    owner: Mapped[str] = mapped_column(server_default="")
    due_on: Mapped[date | None] = mapped_column(Date)
    marked_by: Mapped[str]
