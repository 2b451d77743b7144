"""The first tenant and its API key, made once when the database is new."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from shared import access
from shared.database.engine import Login
from shared.database.session import Database
from shared.database.tables import ApiKey, Tenant
from shared.settings import Settings


@dataclass(frozen=True)
class FirstKey:
    """What was made; ``secret`` exists nowhere else."""

    tenant_id: UUID
    secret: str


def make_if_new(settings: Settings, *, tenant_name: str = "Local") -> FirstKey | None:
    """Make a tenant and a key with all rights if the database has no tenant yet, else return ``None``."""
    database = Database(settings, Login.SYSTEM, pool_size=1)
    try:
        with database.across_tenants() as session:
            if session.scalar(select(Tenant.id).limit(1)) is not None:
                return None
            tenant = Tenant(name=tenant_name)
            session.add(tenant)
            session.flush()
            key = access.generate_key(given=settings.development_api_key)
            session.add(
                ApiKey(
                    tenant_id=tenant.id,
                    name="first key of the local stack",
                    prefix=key.prefix,
                    key_hash=key.key_hash,
                    scopes=[scope.value for scope in access.Scope],
                )
            )
            session.flush()
            return FirstKey(tenant.id, key.secret)
    finally:
        database.dispose()
