"""The peer of the bulk write: the same rows by Django's ``bulk_create(batch_size=1000)``."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any
from uuid import UUID

import django
from django.conf import settings
from django.db import connection, models, transaction
from sqlalchemy import Text

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


@cache
def _model(table: str) -> Any:
    texts = [column.name for column in RecommendationRow.__table__.columns if isinstance(column.type, Text)]
    fields: dict[str, Any] = {name: models.TextField() for name in texts}
    fields |= {
        "__module__": __name__,
        "Meta": type("Meta", (), {"db_table": table, "managed": False, "app_label": "bench"}),
        "id": models.UUIDField(primary_key=True),
        "tenant_id": models.UUIDField(),
        "snapshot_id": models.UUIDField(),
        "fingerprint": models.BinaryField(),
        "annual_savings": models.DecimalField(max_digits=20, decimal_places=4, null=True),
        "lookback_days": models.SmallIntegerField(null=True),
        "updated_at": models.DateTimeField(null=True),
        "retirement_date": models.DateField(null=True),
        "extras": models.JSONField(),
    }
    return type("Row", (models.Model,), fields)
