"""Tenants to try things with."""

from uuid import UUID

from shared.database.session import Database
from shared.database.tables import Tenant


def add_tenant(system_database: Database, name: str = "Contoso") -> UUID:
    """Add a tenant and return its id."""
    with system_database.across_tenants() as session:
        session.add(tenant := Tenant(name=name))
        session.flush()
        return tenant.id
