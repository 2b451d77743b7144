"""Recommendations as stored: the columns that are searched and sorted, and everything else as given."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Numeric, SmallInteger
from sqlalchemy.dialects.postgresql import BYTEA
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.tables.base import Base, reference
from shared.identifiers import new_id


class RecommendationRow(Base):
    """One :class:`shared.advisor.recommendation.Recommendation` of a snapshot; its id sorts in the order of the source."""

    __tablename__ = "recommendation"
    __table_args__ = (reference("snapshot_id", "snapshot", on_delete="CASCADE"),)

    tenant_id: Mapped[UUID]
    # Every question is asked of one snapshot, so it leads the key: rows of a snapshot lie together.
    snapshot_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    fingerprint: Mapped[bytes] = mapped_column(BYTEA)
    category: Mapped[str]
    category_as_given: Mapped[str]
    impact: Mapped[str]
    impact_as_given: Mapped[str]
    problem: Mapped[str]
    solution: Mapped[str]
    potential_benefits: Mapped[str]
    recommendation_id: Mapped[str]
    recommendation_type_id: Mapped[str]
    subscription_id: Mapped[str]
    subscription_name: Mapped[str]
    resource_group: Mapped[str]
    resource_name: Mapped[str]
    resource_type: Mapped[str]
    resource_id: Mapped[str]
    annual_savings: Mapped[Decimal | None] = mapped_column(Numeric())
    currency: Mapped[str]
    term: Mapped[str]
    lookback_days: Mapped[int | None] = mapped_column(SmallInteger)
    sku: Mapped[str]
    region: Mapped[str]
    scope: Mapped[str]
    updated_at: Mapped[datetime | None]
    retirement_date: Mapped[date | None] = mapped_column(Date)
    retiring_feature: Mapped[str]
    standing: Mapped[str] = mapped_column(server_default="active")
    """A value of :class:`shared.advisor.standing.Standing`."""
    standing_until: Mapped[datetime | None]
    standing_reason: Mapped[str] = mapped_column(server_default="")
    extras: Mapped[dict[str, Any]]
