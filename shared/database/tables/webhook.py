"""Webhooks: endpoints, deliveries to them, attempts at those."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Integer, SmallInteger, Text, Uuid, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.tables.base import Base, Identified, reference
from shared.database.tables.delivery_attempt import DeliveryAttempt


class EndpointKind(StrEnum):
    """Who listens at an endpoint."""

    STANDARD = "standard"
    """A receiver of signed messages by the Standard Webhooks specification."""
    TEAMS = "teams"
    """A workflow of Microsoft Teams that posts a card."""
    SLACK = "slack"
    """An incoming webhook of Slack."""


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    """For its next attempt."""
    DELIVERED = "delivered"
    FAILED = "failed"
    """Given up after all attempts."""
    HELD = "held"
    """Its endpoint is disabled; replayed on demand."""


class WebhookEndpoint(Identified, Base):
    """An address that a tenant wants events sent to."""

    __tablename__ = "webhook_endpoint"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    kind: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    shown_url: Mapped[str]
    """The address without what may be a secret in it."""
    header_names: Mapped[list[str]] = mapped_column(ARRAY(Text()), server_default="{}")
    event_types: Mapped[list[str]] = mapped_column(ARRAY(Text()), server_default="{}")
    """None: all."""
    client_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), server_default="{}")
    """None: all, and what is about no client."""
    legacy_headers: Mapped[bool] = mapped_column(server_default="false")
    timeout_s: Mapped[int | None] = mapped_column(SmallInteger)
    attempts: Mapped[int | None] = mapped_column(SmallInteger)
    enabled: Mapped[bool] = mapped_column(server_default="true")
    disabled_code: Mapped[str | None]
    disabled_reason: Mapped[str | None]
    disabled_at: Mapped[datetime | None]
    secret_name: Mapped[str]
    secret_version: Mapped[str]
    """Of the :class:`shared.webhooks.confidential.Confidential` in the store of secrets."""
    overlap_until: Mapped[datetime | None]
    """Until when the secret before the newest one signs as well."""
    consecutive_failures: Mapped[int] = mapped_column(Integer, server_default="0")
    failing_since: Mapped[datetime | None]
    open_until: Mapped[datetime | None]
    """Nothing is sent before: the endpoint failed several times in a row."""
    last_success_at: Mapped[datetime | None]
    last_failure_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default="1")
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class WebhookDelivery(Identified, Base):
    """One event on its way to one endpoint."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        reference("endpoint_id", "webhook_endpoint", on_delete="CASCADE"),
        reference("event_id", "domain_event", on_delete="CASCADE"),
    )

    tenant_id: Mapped[UUID]
    endpoint_id: Mapped[UUID]
    event_id: Mapped[UUID]
    """Also the ``webhook-id`` of the message: the same at every attempt and replay."""
    event_type: Mapped[str]
    state: Mapped[str]
    step: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """On the long schedule."""
    attempt_count: Mapped[int] = mapped_column(Integer, server_default="0")
    next_attempt_at: Mapped[datetime | None]
    job_id: Mapped[UUID | None]
    """The job that makes the next attempt; named without a foreign key, as jobs are removed in their own time."""
    last_status: Mapped[int | None] = mapped_column(SmallInteger)
    error_code: Mapped[str | None]
    error: Mapped[str | None]
    replayed_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class WebhookAttempt(DeliveryAttempt, Base):
    """One request to an endpoint, or the reason why there was none."""

    __tablename__ = "webhook_attempt"
    __table_args__ = (reference("delivery_id", "webhook_delivery", on_delete="CASCADE"),)
