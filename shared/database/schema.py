"""The schema's revision: what the code needs, what the database has, and how to bring it up."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from shared.errors import AdvisorReportsError

_MIGRATIONS = Path(__file__).parent / "migrations"
# Any constant will do, as long as two migrations running at once take the same.
_MIGRATION_LOCK = 7_310_582_114


class SchemaMismatchError(AdvisorReportsError):
    """The database's schema is not the one this release was written for."""

    code = "schema_mismatch"


def upgrade(engine: Engine) -> str:
    """Bring the schema up to this release and return the revision reached; safe to run twice and at the same time."""
    with engine.connect() as connection:
        connection.execute(text("select pg_advisory_lock(:key)"), {"key": _MIGRATION_LOCK})
        connection.commit()
        try:
            # Alembic makes this table lazily, yet the first revision already speaks of it.
            MigrationContext.configure(connection)._ensure_version_table()
            connection.commit()
            configuration = _configuration()
            configuration.attributes["connection"] = connection
            command.upgrade(configuration, "head")
            connection.commit()
        finally:
            connection.rollback()
            connection.execute(text("select pg_advisory_unlock(:key)"), {"key": _MIGRATION_LOCK})
            connection.commit()
    return expected_revision()


def expected_revision() -> str:
    """Return the newest revision that this release knows."""
    head = ScriptDirectory.from_config(_configuration()).get_current_head()
    if head is None:
        raise RuntimeError("the release carries no migrations")
    return head


def current_revision(engine: Engine) -> str | None:
    """Return the revision the database is at, ``None`` where nothing was ever migrated."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def verify(engine: Engine) -> str:
    """Return the revision if it is the one this release needs, else raise :class:`SchemaMismatchError`."""
    seen, needed = current_revision(engine), expected_revision()
    if seen != needed:
        raise SchemaMismatchError(
            f"The database is at schema revision {seen or 'none'}, this release needs {needed}.",
            next_step="Run `python -m worker migrate` with the owner login, then start again.",
        )
    return needed


def _configuration() -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(_MIGRATIONS))
    return configuration
