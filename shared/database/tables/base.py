"""What all tables have in common."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKeyConstraint, Text, Uuid, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.identifiers import new_id


class Base(DeclarativeBase):
    """Maps Python's types to PostgreSQL's: aware times, unbounded text, JSONB, 8-byte integers."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        str: Text(),
        UUID: Uuid(),
        int: BigInteger(),
        dict[str, Any]: JSONB(),
    }


class Identified:
    """A row with an id of ours (UUIDv7) and the moment it was made."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


def reference(column: str, target: str, *, on_delete: str) -> ForeignKeyConstraint:
    """Return a foreign key that carries the tenant along, so that no row can point into another tenant.

    Foreign keys are checked without row-level security, hence the tenant must be part of the key itself.
    """
    return ForeignKeyConstraint(["tenant_id", column], [f"{target}.tenant_id", f"{target}.id"], ondelete=on_delete)
