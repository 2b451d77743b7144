"""What tests of upkeep keep for a while, and how they look at what is left."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from shared.database import tables
from shared.database.tables import Report, Snapshot
from shared.identifiers import new_id
from shared.services import Services
from shared.upkeep.rules import set_rules

NOW = datetime.now(UTC)


def ago(**age: float) -> datetime:
    """Return the moment so long ago."""
    return NOW - timedelta(**age)


def add(services: Services, tenant: UUID, *rows: tables.Base) -> None:
    """Write rows, one after the other."""
    with services.database.tenant(tenant) as session:
        for row in rows:
            session.add(row)
            session.flush()


def left(services: Services, tenant: UUID, table: type[tables.Base]) -> int:
    """Return how many rows of a table the tenant has."""
    with services.database.tenant(tenant) as session:
        return session.scalars(select(func.count()).select_from(table)).one()


def a_client(tenant: UUID) -> tables.Client:
    """Return a client that is not written yet."""
    return tables.Client(id=new_id(), tenant_id=tenant, name="Contoso")


def a_snapshot(tenant: UUID, client: tables.Client, created_at: datetime) -> Snapshot:
    """Return a snapshot of that age, not written yet."""
    return Snapshot(
        id=new_id(),
        tenant_id=tenant,
        client_id=client.id,
        source="upload",
        source_format="portal_csv",
        taken_at=created_at,
        taken_at_is_exact=True,
        accepted_count=1,
        rejected_count=1,
        created_at=created_at,
    )


def a_report(tenant: UUID, client: tables.Client, finished_at: datetime, **columns: Any) -> Report:
    """Return a report that ended then, not written yet."""
    return Report(
        id=new_id(),
        tenant_id=tenant,
        client_id=client.id,
        title="T",
        report_type="detailed",
        source="upload",
        formats=["pdf"],
        state="completed",
        finished_at=finished_at,
        **columns,
    )


def set_own_rules(services: Services, tenant: UUID, **rules: Any) -> None:
    """Let the tenant keep to rules of its own."""
    with services.database.tenant(tenant) as session:
        set_rules(session, tenant, rules, version=None)
