"""An attempt at a delivery, whatever is delivered."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Integer, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.tables.base import Identified


class DeliveryAttempt(Identified):
    """One attempt at a delivery, or the reason why there was none."""

    tenant_id: Mapped[UUID]
    delivery_id: Mapped[UUID]
    number: Mapped[int] = mapped_column(Integer)
    started_at: Mapped[datetime]
    duration_ms: Mapped[int] = mapped_column(Integer)
    status: Mapped[int | None] = mapped_column(SmallInteger)
    """The receiver's code: of HTTP for webhooks, of SMTP for mail."""
    error_code: Mapped[str | None]
    error: Mapped[str | None]
    answer: Mapped[str] = mapped_column(server_default="")
    """The first characters of the answer, without secrets."""
