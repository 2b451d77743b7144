"""Microsoft's texts about recommendation types, by language; of the deployment, not of a tenant."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from shared.database.tables.base import Base


class AdvisorMetadataLanguage(Base):
    """One language that was asked for, and when its texts were last read."""

    __tablename__ = "advisor_metadata_language"

    language: Mapped[str] = mapped_column(primary_key=True)
    """As Azure spells it, in lower case: ``en``, ``pt-br``."""
    refreshed_at: Mapped[datetime]


class AdvisorMetadata(Base):
    """The texts of one recommendation type in one language."""

    __tablename__ = "advisor_metadata"

    language: Mapped[str] = mapped_column(
        ForeignKey("advisor_metadata_language.language", ondelete="CASCADE"), primary_key=True
    )
    recommendation_type_id: Mapped[str] = mapped_column(primary_key=True)
    """In lower case."""
    details: Mapped[dict[str, Any]]
