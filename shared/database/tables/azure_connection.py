"""Azure connections: how a tenant signs in to a directory of Azure, and what was found there."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, func
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.tables.base import Base, Identified, reference


class ConnectionKind(StrEnum):
    """How a connection signs in."""

    MANAGED_IDENTITY = "managed_identity"
    """As the installation itself, let in by Azure Lighthouse or a role."""
    WORKLOAD_IDENTITY = "workload_identity"
    """As an application of the directory that trusts this installation's identity; there is no secret."""
    CERTIFICATE = "service_principal_certificate"
    SECRET = "service_principal_secret"  # noqa: S105 - a kind, not a secret

    @property
    def has_secret(self) -> bool:
        """Whether something has to be kept in the vault for it."""
        return self in {ConnectionKind.CERTIFICATE, ConnectionKind.SECRET}

    @property
    def is_ours(self) -> bool:
        """Whether it proves itself by this installation's own identity, which all tenants share."""
        return not self.has_secret


class ConnectionStatus(StrEnum):
    """What is known of a connection."""

    UNTESTED = "untested"
    WORKING = "working"
    FAILING = "failing"


class AzureConnection(Identified, Base):
    """One way into Azure; what it signs in with lies elsewhere, here is only where."""

    __tablename__ = "azure_connection"
    __table_args__ = (reference("client_id", "client", on_delete="CASCADE"),)

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    client_id: Mapped[UUID | None]
    """The client whose estate it reads; ``None``: any of the tenant's."""
    name: Mapped[str]
    kind: Mapped[str]
    directory_id: Mapped[UUID | None]
    """The Entra tenant signed in to; of a managed identity the one whose subscriptions count, ``None``: all it sees."""
    application_id: Mapped[UUID | None]
    """The application's (client) id; ``None`` for a managed identity, which the settings name."""
    secret_name: Mapped[str | None]
    secret_version: Mapped[str | None]
    secret_expires_at: Mapped[datetime | None]
    secret_set_at: Mapped[datetime | None]
    certificate_thumbprint: Mapped[str | None]
    """SHA-1 in hexadecimal, as Entra shows it; no secret."""
    selection: Mapped[dict[str, Any]] = mapped_column(server_default='{"mode": "all"}')
    """Which subscriptions are read where an order does not say (:mod:`shared.connections.selection`)."""
    status: Mapped[str] = mapped_column(server_default=ConnectionStatus.UNTESTED)
    tested_at: Mapped[datetime | None]
    test_result: Mapped[dict[str, Any] | None]
    test_job_id: Mapped[UUID | None]
    subscriptions_seen_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default="1")
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    deleted_at: Mapped[datetime | None]


class AzureSubscription(Identified, Base):
    """A subscription that a connection sees."""

    __tablename__ = "azure_subscription"
    __table_args__ = (reference("connection_id", "azure_connection", on_delete="CASCADE"),)

    tenant_id: Mapped[UUID]
    connection_id: Mapped[UUID]
    subscription_id: Mapped[str]
    """Azure's id of it, in lower case."""
    name: Mapped[str]
    state: Mapped[str]
    """In Azure's words: ``Enabled``, ``Warned``, ``PastDue``, ``Disabled``."""
    directory_id: Mapped[str]
    """The directory it belongs to, which under Azure Lighthouse is not the one signed in to."""
    management_groups: Mapped[list[str]] = mapped_column(ARRAY(TEXT), server_default="{}")
    """Ids of the groups above it, from the root down; empty where they cannot be seen."""
    management_group_names: Mapped[list[str]] = mapped_column(ARRAY(TEXT), server_default="{}")
    """Their display names, in the same order."""
    tags: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    seen_at: Mapped[datetime]
