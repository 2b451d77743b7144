"""What reports found out: what changed since the snapshot before, and what a snapshot amounts to."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Numeric, func
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB, TEXT
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.tables.base import Base, reference


class SnapshotTotals(Base):
    """One snapshot's totals on one basis."""

    __tablename__ = "snapshot_totals"
    __table_args__ = (reference("snapshot_id", "snapshot", on_delete="CASCADE"),)

    tenant_id: Mapped[UUID]
    snapshot_id: Mapped[UUID] = mapped_column(primary_key=True)
    basis: Mapped[bytes] = mapped_column(BYTEA, primary_key=True)
    """Names scope and policy: only totals of one basis make a trend."""
    totals: Mapped[dict[str, Any]]


class ReportComparison(Base):
    """One report's comparison without the single changes, or why there is none."""

    __tablename__ = "report_comparison"
    __table_args__ = (reference("report_id", "report", on_delete="CASCADE"),)

    tenant_id: Mapped[UUID]
    report_id: Mapped[UUID] = mapped_column(primary_key=True)
    comparison: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    reason: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ReportChange(Base):
    """One finding that is not as it was; ids sort the most important of a kind first."""

    __tablename__ = "report_change"
    __table_args__ = (reference("report_id", "report", on_delete="CASCADE"),)

    tenant_id: Mapped[UUID]
    report_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    fingerprint: Mapped[bytes] = mapped_column(BYTEA)
    category: Mapped[str]
    impact: Mapped[str]
    problem: Mapped[str]
    resource_name: Mapped[str]
    resource_type: Mapped[str]
    resource_id: Mapped[str]
    subscription_id: Mapped[str]
    subscription_name: Mapped[str]
    annual_savings: Mapped[Decimal | None] = mapped_column(Numeric())
    currency: Mapped[str]
    impact_before: Mapped[str | None]
    annual_savings_before: Mapped[Decimal | None] = mapped_column(Numeric())
    currency_before: Mapped[str] = mapped_column(server_default="")
    problem_before: Mapped[str] = mapped_column(server_default="")
    changed: Mapped[list[str]] = mapped_column(ARRAY(TEXT), server_default="{}")
    first_seen_at: Mapped[datetime | None]
