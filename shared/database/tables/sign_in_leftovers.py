"""Second factors of people who sign in: authenticator devices, and codes for the day a device is lost."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.dialects.postgresql import BYTEA
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.tables.base import Base, Identified


class AuthenticatorDevice(Identified, Base):
    """A device that shows one-time codes; counts only once its first code was entered."""

    __tablename__ = "authenticator_device"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    user_id: Mapped[UUID]
    name: Mapped[str]
    sealed_secret: Mapped[bytes] = mapped_column(BYTEA)
    confirmed_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class BackupCode(Identified, Base):
    """A code that opens once; only its hash is kept."""

    __tablename__ = "backup_code"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    user_id: Mapped[UUID]
    code_hash: Mapped[bytes] = mapped_column(BYTEA)
    used_at: Mapped[datetime | None]
