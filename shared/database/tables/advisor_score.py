"""Advisor's scores as one snapshot saw them."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Numeric
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.tables.base import Base, reference


class AdvisorScore(Base):
    """One score of one subscription: the latest, with its history."""

    __tablename__ = "advisor_score"
    __table_args__ = (reference("snapshot_id", "snapshot", on_delete="CASCADE"),)

    tenant_id: Mapped[UUID]
    snapshot_id: Mapped[UUID] = mapped_column(primary_key=True)
    subscription_id: Mapped[str] = mapped_column(primary_key=True)
    category: Mapped[str] = mapped_column(primary_key=True)
    """A value of :class:`shared.advisor.vocabulary.Category`, or ``Overall``."""
    level: Mapped[str] = mapped_column(primary_key=True)
    """``latest``."""
    scored_at: Mapped[datetime] = mapped_column(primary_key=True)
    percent: Mapped[Decimal] = mapped_column(Numeric())
    as_given: Mapped[Decimal] = mapped_column(Numeric())
    """The number that Azure said, which may be a share of one."""
    consumption_units: Mapped[Decimal | None] = mapped_column(Numeric())
    impacted_resources: Mapped[int | None]
    potential_increase: Mapped[Decimal | None] = mapped_column(Numeric())
    history: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    """Former scores: ``level`` (``day``, ``week``, ``month``), ``scored_at``, and as text ``percent`` and ``as_given``."""
