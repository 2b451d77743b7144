"""Transactions: the only way to the rows, each for one tenant or, for upkeep, across tenants."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from shared.database.engine import Login, Target, create_engine, target_of
from shared.errors import AdvisorReportsError
from shared.settings import Settings

_SET_TENANT = text("select set_config('app.tenant_id', :tenant_id, true)")
_SET_TENANT_NOT_DURABLE = text(
    "select set_config('app.tenant_id', :tenant_id, true), set_config('synchronous_commit', 'off', true)"
)
_ROLE_FACTS = text(
    "select r.rolsuper or r.rolbypassrls as unbound, "
    "exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace "
    "where n.nspname = 'public' and c.relname = 'recommendation' and pg_has_role(r.oid, c.relowner, 'member')) as owner "
    "from pg_roles r where r.rolname = current_user"
)


class UnsafeRoleError(AdvisorReportsError):
    """The database login could see every tenant's rows."""

    code = "database_role_unsafe"


class Database:
    """One login's way to PostgreSQL; made once a process, after any fork."""

    def __init__(self, settings: Settings, login: Login, *, pool_size: int | None = None) -> None:
        self.engine: Engine = create_engine(settings, login, pool_size=pool_size)
        self.target: Target = target_of(settings, login)

    @contextmanager
    def tenant(self, tenant_id: UUID, *, durable: bool = True) -> Iterator[Session]:
        """Open a transaction that sees and writes the rows of ``tenant_id`` only; commit at the end, roll back on error.

        One that is not ``durable`` commits without waiting for the server's disk and may be lost if the server crashes
        within the next second; for notes that cost nothing but time when they are missing.
        """
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            session.execute(_SET_TENANT if durable else _SET_TENANT_NOT_DURABLE, {"tenant_id": str(tenant_id)})
            yield session

    @contextmanager
    def across_tenants(self) -> Iterator[Session]:
        """Open a transaction of the system login, which is bound to no tenant; commit at the end, roll back on error."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    def ping(self) -> None:
        """Ask the server for a sign of life; raises what SQLAlchemy raises."""
        with self.engine.connect() as connection:
            connection.execute(text("select 1"))

    def verify_role(self) -> dict[str, Any]:
        """Check that the login is bound by row-level security and return what was seen, fit for logs.

        Raises :class:`UnsafeRoleError` for a superuser, a role that bypasses row-level security or a member of the owner.
        """
        with self.engine.connect() as connection:
            facts = connection.execute(_ROLE_FACTS).mappings().one()
        if facts["unbound"] or facts["owner"]:
            raise UnsafeRoleError(
                f"The database login {self.target.user} is not bound by row-level security.",
                next_step="Let DATABASE_URL name a login that is a member of advisor_app only.",
            )
        return {"host": self.target.host, "database": self.target.database, "user": self.target.user}

    def dispose(self) -> None:
        """Close all pooled connections."""
        self.engine.dispose()
