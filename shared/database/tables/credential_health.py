"""Credentials that are stored for providers, how it stands with every credential, and each check."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Integer, SmallInteger, Text, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.tables.base import Base, Identified, reference


class StoredCredential(Identified, Base):
    """A credential of a provider other than Azure; its secret lies elsewhere, here is only where."""

    __tablename__ = "stored_credential"
    __table_args__ = (reference("client_id", "client", on_delete="CASCADE"),)

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    client_id: Mapped[UUID | None]
    """The client it serves; ``None``: any of the tenant's."""
    provider: Mapped[str]
    credential_type: Mapped[str]
    name: Mapped[str]
    configuration: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    """What its provider has to know beside the secret."""
    expires_at: Mapped[datetime | None]
    """As somebody said; providers may know better."""
    secret_name: Mapped[str]
    secret_version: Mapped[str]
    secret_set_at: Mapped[datetime] = mapped_column(server_default=func.now())
    version: Mapped[int] = mapped_column(server_default="1")
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class CredentialHealth(Identified, Base):
    """How it stands with one credential; the id is the credential's own, of a connection or of a stored credential."""

    __tablename__ = "credential_health"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    provider: Mapped[str]
    credential_type: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="unchecked")
    code: Mapped[str | None]
    message: Mapped[str | None]
    next_step: Mapped[str | None]
    missing_permissions: Mapped[list[str]] = mapped_column(ARRAY(Text()), server_default="{}")
    excess_permissions: Mapped[list[str]] = mapped_column(ARRAY(Text()), server_default="{}")
    checked_at: Mapped[datetime | None]
    last_success_at: Mapped[datetime | None]
    consecutive_failures: Mapped[int] = mapped_column(Integer, server_default="0")
    consecutive_successes: Mapped[int] = mapped_column(Integer, server_default="0")
    consecutive_outages: Mapped[int] = mapped_column(Integer, server_default="0")
    failing_since: Mapped[datetime | None]
    counted_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    """When the incident that goes on was last told."""
    expires_at: Mapped[datetime | None]
    expiry_told_for: Mapped[datetime | None]
    expiry_told_days: Mapped[int | None] = mapped_column(SmallInteger)
    alert_after: Mapped[int | None] = mapped_column(SmallInteger)
    """Consecutive failures until somebody is told; ``None``: as the installation has it."""
    next_check_at: Mapped[datetime] = mapped_column(server_default=func.now())
    job_id: Mapped[UUID | None]
    """The job that is to check it; named without a foreign key, as jobs are removed in their own time."""
    version: Mapped[int] = mapped_column(server_default="1")
    """Of what people set."""


class CredentialCheck(Identified, Base):
    """One check of a credential."""

    __tablename__ = "credential_check"
    __table_args__ = (reference("credential_id", "credential_health", on_delete="CASCADE"),)

    tenant_id: Mapped[UUID]
    credential_id: Mapped[UUID]
    checked_at: Mapped[datetime]
    duration_ms: Mapped[int] = mapped_column(Integer)
    state: Mapped[str]
    code: Mapped[str]
    message: Mapped[str]
    next_step: Mapped[str] = mapped_column(server_default="")
    missing_permissions: Mapped[list[str]] = mapped_column(ARRAY(Text()), server_default="{}")
    excess_permissions: Mapped[list[str]] = mapped_column(ARRAY(Text()), server_default="{}")
    expires_at: Mapped[datetime | None]
    trigger: Mapped[str]
    """``scheduled``, ``manual`` or ``test``."""
    job_id: Mapped[UUID | None]
    task_id: Mapped[str | None]
    """Of the message that a worker took."""
