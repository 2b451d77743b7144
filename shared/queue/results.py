"""Results of tasks that somebody waits for, kept by Celery in PostgreSQL.

Jobs have rows of their own; results are for the few questions to a worker that want an answer at once. Celery opens a
connection for each of its operations outside of prefork children, so everything else ignores its result.
"""

from typing import Any

from sqlalchemy import Engine, text

from shared import settings
from shared.database import sign_in
from shared.database.engine import Login, connect_arguments, target_of, url_of
from shared.database.session import Database
from shared.settings import Settings

SCHEMA = "celery_results"
"""Private to the roles that write and read results: Celery unpickles rows that it cannot decode otherwise."""

_RECYCLE_S = 1500
_REMOVE_EXPIRED = tuple(
    text(f"delete from {SCHEMA}.{table} where date_done < now() at time zone 'utc' - :kept * interval '1 second'")  # noqa: S608
    for table in ("celery_taskmeta", "celery_tasksetmeta")
)


def options(of: Settings) -> dict[str, Any]:
    """Return the options by which Celery finds its results; the same for those who write and those who wait."""
    address = url_of(target_of(of, Login.APP), of.celery_results_db_backend)
    return {
        "result_backend": address.render_as_string(),
        "result_serializer": "json",
        "result_accept_content": ["json"],
        "result_expires": of.celery_results_lifetime_s,
        # Kept only where a task says so.
        "task_ignore_result": True,
        "database_engine_callback": f"{__name__}.let_sign_in",
        "database_engine_options": {
            "connect_args": connect_arguments(of, "results"),
            "hide_parameters": True,
            # Of prefork children: each does one thing at a time.
            "pool_size": 1,
            "pool_pre_ping": True,
            "pool_recycle": _RECYCLE_S,
        },
        # Migrations make the tables; the application's role may not.
        "database_table_schemas": {"task": SCHEMA, "group": SCHEMA},
        "database_create_tables_at_setup": False,
    }


def let_sign_in(engine: Engine) -> None:
    """Let an engine that Celery made sign in as the application does; Celery calls this by name."""
    mine = settings.get()
    sign_in.enable(engine, mine, mine.db_password)


def remove_expired(database: Database, *, lifetime_s: int) -> int:
    """Remove results that are older, as the login that works across tenants, and return how many."""
    with database.across_tenants() as session:
        connection = session.connection()
        return sum(connection.execute(statement, {"kept": lifetime_s}).rowcount for statement in _REMOVE_EXPIRED)
