"""A tenant: one customer of the deployment, whose rows nobody else can see."""

from datetime import datetime

from sqlalchemy.orm import Mapped

from shared.database.tables.base import Base, Identified


class Tenant(Identified, Base):
    """The owner of clients, keys and reports."""

    __tablename__ = "tenant"

    name: Mapped[str]
    deleted_at: Mapped[datetime | None]
