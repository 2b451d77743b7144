"""The peer of the bulk write: the same rows by Django's ``bulk_create(batch_size=1000)``."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from typing import Any
from uuid import UUID

import django
from django.conf import settings
from django.db import connection, models, transaction
from sqlalchemy import JSON, ColumnElement, Date, DateTime, LargeBinary, Numeric, SmallInteger, Text, Uuid

from shared.advisor.recommendation import Recommendation
from shared.database.tables.recommendation import RecommendationRow
from shared.identifiers import new_id


def configure(*, host: str, port: int, database: str, user: str, password: str) -> None:
    """Point Django at a database; once a process."""
    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "HOST": host,
                "PORT": port,
                "NAME": database,
                "USER": user,
                "PASSWORD": password,
            }
        },
        USE_TZ=True,
    )
    django.setup()


def values_of(row: Recommendation, tenant_id: UUID, snapshot_id: UUID) -> dict[str, Any]:
    """Return what the model of one row is made of."""
    given = {name: getattr(row, name) for name in row.__struct_fields__ if name in RecommendationRow.__table__.columns}
    given |= {"category": row.category.value, "impact": row.impact.value}
    return {"id": new_id(), "tenant_id": tenant_id, "snapshot_id": snapshot_id, **given}


def bulk_create(table: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write ``rows`` to ``table``, a copy of the recommendation table, in one transaction."""
    model = _model(table)
    with transaction.atomic():
        model.objects.bulk_create((model(**row) for row in rows), batch_size=1000)
    connection.close()


_FIELDS: Mapping[type, Callable[..., Any]] = {
    Text: models.TextField,
    Uuid: models.UUIDField,
    LargeBinary: models.BinaryField,
    Numeric: partial(models.DecimalField, max_digits=20, decimal_places=4),
    SmallInteger: models.SmallIntegerField,
    DateTime: models.DateTimeField,
    Date: models.DateField,
    JSON: models.JSONField,
}
"""Of Django, for each type of column."""


@cache
def _model(table: str) -> Any:
    columns = RecommendationRow.__table__.columns
    fields: dict[str, Any] = {column.name: _field(column) for column in columns}
    fields |= {
        "__module__": __name__,
        "Meta": type("Meta", (), {"db_table": table, "managed": False, "app_label": "bench"}),
        "id": models.UUIDField(primary_key=True),
    }
    return type("Row", (models.Model,), fields)


def _field(column: ColumnElement[Any]) -> Any:
    make = next(make for kind, make in _FIELDS.items() if isinstance(column.type, kind))
    return make(null=bool(getattr(column, "nullable", False)))
