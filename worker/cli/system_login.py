"""Transactions of the login that works across tenants, for commands of the operator."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy.orm import Session

from shared import settings
from shared.database.engine import Login
from shared.database.session import Database
from shared.database.tables import Tenant
from shared.errors import NotFoundError


@contextmanager
def transaction() -> Iterator[Session]:
    """Open a transaction across tenants; commit at the end, roll back on error."""
    database = Database(settings.get(), Login.SYSTEM, pool_size=1)
    try:
        with database.across_tenants() as session:
            yield session
    finally:
        database.dispose()


def tenant_of(session: Session, tenant_id: UUID) -> Tenant:
    """Return the tenant; raises :class:`~shared.errors.NotFoundError`."""
    tenant = session.get(Tenant, tenant_id)
    if tenant is None or tenant.deleted_at is not None:
        raise NotFoundError(
            f"There is no tenant {tenant_id}.",
            next_step="List them with `python -m worker tenant list`, or make one with `tenant create`.",
        )
    return tenant
