"""Heartbeats of the recurring upkeep: who did it last, and when."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from shared.database.tables.base import Base


class Tick(Base):
    """The last run of one recurring act; belongs to the deployment, not to a tenant."""

    __tablename__ = "tick"

    name: Mapped[str] = mapped_column(primary_key=True)
    last_started_at: Mapped[datetime | None]
    last_finished_at: Mapped[datetime | None]
    last_driver: Mapped[str] = mapped_column(server_default="")
    last_result: Mapped[str] = mapped_column(server_default="")
