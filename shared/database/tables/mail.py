"""Mail: who gets which, what was sent to them, every attempt at it, and addresses that nothing is sent to."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Integer, SmallInteger, Text, Uuid, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.tables.base import Base, Identified, reference
from shared.database.tables.delivery_attempt import DeliveryAttempt


class MailState(StrEnum):
    """Where a mail stands."""

    WAITING = "waiting"
    """For its next attempt."""
    ACCEPTED = "accepted"
    """By the relay, which passes it on."""
    DELIVERED = "delivered"
    """To the mailbox's own server, as the relay reported."""
    REFUSED = "refused"
    """For good, by the relay, as it was handed over."""
    BOUNCED = "bounced"
    """Came back, or went no further, after the relay had accepted it."""
    FAILED = "failed"
    """Given up after all attempts."""
    HELD = "held"
    """Its address is on hold; sent again on demand once that is released."""
    SKIPPED = "skipped"
    """There was nothing to tell."""


class HoldCode(StrEnum):
    """Why nothing is sent to an address."""

    BOUNCED = "bounced"
    REFUSED = "refused"
    SUPPRESSED = "suppressed"
    """By the relay, which sends nothing there."""
    UNSUBSCRIBED = "unsubscribed"


class Digest(StrEnum):
    """How often a recipient gets a digest."""

    NONE = "none"
    DAILY = "daily"
    WEEKLY = "weekly"


class MailRecipient(Identified, Base):
    """A person who gets mail of a tenant's."""

    __tablename__ = "mail_recipient"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    address: Mapped[str]
    name: Mapped[str] = mapped_column(server_default="")
    language: Mapped[str] = mapped_column(server_default="en")
    time_zone: Mapped[str] = mapped_column(server_default="UTC")
    kinds: Mapped[list[str]] = mapped_column(ARRAY(Text()), server_default="{}")
    client_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), server_default="{}")
    """None: all, and what is about no client."""
    attach_reports: Mapped[bool] = mapped_column(server_default="false")
    digest: Mapped[str] = mapped_column(server_default=Digest.NONE)
    digest_hour: Mapped[int] = mapped_column(SmallInteger, server_default="8")
    digest_weekday: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    """1 is Monday."""
    next_digest_at: Mapped[datetime | None]
    digest_since: Mapped[datetime | None]
    """Where the next digest begins."""
    enabled: Mapped[bool] = mapped_column(server_default="true")
    version: Mapped[int] = mapped_column(server_default="1")
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class MailDelivery(Identified, Base):
    """One mail to one address, in the words and by the clock of who reads it there."""

    __tablename__ = "mail_delivery"
    __table_args__ = (reference("recipient_id", "mail_recipient", on_delete="CASCADE"),)

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    recipient_id: Mapped[UUID | None]
    kind: Mapped[str]
    event_id: Mapped[UUID | None]
    event_type: Mapped[str | None]
    client_id: Mapped[UUID | None]
    """Whose branding it has."""
    address: Mapped[str]
    name: Mapped[str] = mapped_column(server_default="")
    language: Mapped[str]
    time_zone: Mapped[str]
    data: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    """What it tells; kept, so that a later attempt is the same mail."""
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
    accepted_at: Mapped[datetime | None]
    reported_at: Mapped[datetime | None]
    """When the relay said what became of it."""
    finished_at: Mapped[datetime | None]


class MailAttempt(DeliveryAttempt, Base):
    """One attempt to hand a mail to the relay, or the reason why there was none."""

    __tablename__ = "mail_attempt"
    __table_args__ = (reference("delivery_id", "mail_delivery", on_delete="CASCADE"),)


class MailHold(Identified, Base):
    """An address that nothing, or nothing of one kind, is sent to; outlives its recipient."""

    __tablename__ = "mail_hold"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    address: Mapped[str]
    """In lower case."""
    kind: Mapped[str | None]
    """None: nothing at all."""
    code: Mapped[str]
    reason: Mapped[str]
    delivery_id: Mapped[UUID | None]
    """The mail that told; named without a foreign key, as deliveries are removed in their own time."""


class MailWelcome(Identified, Base):
    """A user who was welcomed; kept for good, so that nobody is welcomed twice."""

    __tablename__ = "mail_welcome"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    user_id: Mapped[str]
    """As the identity provider names the user."""
    delivery_id: Mapped[UUID]


class MailSigningKey(Identified, Base):
    """Where the key lies that signs the links in a tenant's mails."""

    __tablename__ = "mail_signing_key"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    secret_version: Mapped[str]
