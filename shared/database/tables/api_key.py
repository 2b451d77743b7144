"""Keys by which other systems call the API."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, TEXT
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.tables.base import Base, Identified


class ApiKey(Identified, Base):
    """A high-entropy key of which only the hash is kept."""

    __tablename__ = "api_key"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    name: Mapped[str]
    prefix: Mapped[str]
    """The first characters of the key, shown so that people can tell keys apart."""
    key_hash: Mapped[bytes] = mapped_column(BYTEA)
    """SHA-256 of the key; a key of 256 random bits needs no slow hash."""
    scopes: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
