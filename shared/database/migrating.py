"""Runs the migrations with Alembic."""

import json
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

_MIGRATIONS = Path(__file__).parent / "migrations"
# Any constant will do, as long as two migrations running at once take the same.
_MIGRATION_LOCK = 7_310_582_114


def upgrade(engine: Engine) -> None:
    """Bring the schema up to the newest revision; safe to run twice and at the same time."""
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
            _note_compatibility(connection, ScriptDirectory.from_config(configuration))
            connection.commit()
        finally:
            connection.rollback()
            connection.execute(text("select pg_advisory_unlock(:key)"), {"key": _MIGRATION_LOCK})
            connection.commit()


def _note_compatibility(connection: Connection, scripts: ScriptDirectory) -> None:
    """Write down, for older releases to read, the oldest one that runs on the newest revision."""
    history = list(scripts.walk_revisions())  # newest first
    named = (getattr(script.module, "compatible_from", None) for script in history)
    compatible_from = next((revision for revision in named if revision is not None), history[-1].revision)
    note = json.dumps({"revision": history[0].revision, "compatible_from": compatible_from})
    # A comment cannot be given as a parameter; both parts are numbers of ours.
    connection.execute(text(f"comment on table alembic_version is '{note}'".replace(":", r"\:")))


def _configuration() -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(_MIGRATIONS))
    return configuration
