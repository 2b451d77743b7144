"""How long a tenant keeps what, and what upkeep did."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Double, ForeignKey, func
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.tables.base import Base, Identified


class Retention(Base):
    """A tenant's own rules, where they differ from the installation's."""

    __tablename__ = "retention"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"), primary_key=True)
    rules: Mapped[dict[str, Any]]
    """The fields of :class:`shared.upkeep.rules.RetentionRules` that are set."""
    version: Mapped[int] = mapped_column(server_default="1")
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class UpkeepRun(Identified, Base):
    """One run of upkeep for one tenant: what it removed, or would have."""

    __tablename__ = "upkeep_run"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    job_id: Mapped[UUID | None]
    dry_run: Mapped[bool]
    rules: Mapped[dict[str, Any]]
    counts: Mapped[dict[str, Any]]
    problems: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    """Of removals that failed: the kind of error, by the name of the removal."""
    duration_s: Mapped[float] = mapped_column(Double())
