"""What a process says as it starts, and what it makes sure of before it accepts work."""

import logging
import os
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import text

from shared.database import schema
from shared.database.session import Database
from shared.doctor.probe import Probe, Result, State, run
from shared.services import Services
from shared.versions import versions

_log = logging.getLogger(__name__)

_DATABASE_LIMIT_S = 10.0
_OTHER_LIMIT_S = 10.0


def facts_of(services: Services, *, queues: Sequence[str] = ()) -> dict[str, Any]:
    """Return where this process stands by its settings, fit for logs; asks nobody."""
    settings, target = services.settings, services.database.target
    broker = urlsplit(settings.broker_url.get_secret_value())
    return {
        "profile": str(settings.app_environment),
        "process_id": os.getpid(),
        "database_engine": services.database.engine.dialect.name,
        "database_host": target.host,
        "database_name": target.database,
        "database_role": target.user,
        "database_sslmode": settings.db_sslmode,
        "code_revision": schema.expected_revision(),
        "broker_host": broker.hostname,
        "broker_tls": broker.scheme == "rediss",
        "queues": ",".join(queues),
        "storage_host": urlsplit(settings.storage_account_url).hostname,
        "identity": str(settings.azure_credential),
        "versions": versions(),
    }


def seen_of(database: Database) -> dict[str, Any]:
    """Return what a connection to ``database`` is like: the server's version, the role it gave, TLS."""
    with database.engine.connect() as connection:
        row = connection.execute(
            text("select current_user as role, current_database() as name, current_setting('server_version') as version")
        ).one()
        driver = connection.connection.dbapi_connection
        tls = bool(driver is not None and driver.pgconn.ssl_in_use)
    return {"database_version": row.version, "database_name": row.name, "database_role": row.role, "database_tls": tls}


def verify_database(services: Services, *, schema_wait_s: float = 0.0) -> dict[str, Any]:
    """Make sure that row-level security binds the login and that this release runs on the schema; return what was seen.

    Waits ``schema_wait_s`` seconds for a migration that is still to come. Raises
    :class:`~shared.database.session.UnsafeRoleError`, :class:`~shared.database.schema.SchemaMismatchError`, and what
    SQLAlchemy raises where the database is away.
    """
    services.database.verify_role()
    seen = seen_of(services.database)
    return {**seen, "schema_revision": schema.wait_until_fit(services.database.engine, limit_s=schema_wait_s)}


def ask_dependencies(services: Services) -> list[Result]:
    """Ask database, broker and storage at once, each with its own time limit; never raises for what it finds."""
    return run(
        [
            Probe(
                "database",
                "database",
                lambda: _answered(services.database.verify_role),
                _DATABASE_LIMIT_S,
                "Check DATABASE_URL (or DB_HOST, DB_NAME), the server's firewall, and that the login exists.",
            ),
            Probe(
                "broker",
                "broker",
                lambda: _answered(services.publisher.ping),
                _OTHER_LIMIT_S,
                "Check BROKER_URL and BROKER_USER, and that the broker runs and lets this network in.",
            ),
            Probe(
                "storage",
                "Blob storage",
                lambda: _answered(services.blobs.ping),
                _OTHER_LIMIT_S,
                "Check STORAGE_ACCOUNT_URL and STORAGE_CONTAINER, and the account's firewall.",
            ),
        ]
    )


def _answered(ask: Callable[[], object]) -> str:
    ask()
    return "answered"


def log_results(results: Sequence[Result]) -> None:
    """Log one line for each dependency: an error with its next step, or how long it took to answer."""
    for result in results:
        extra = {"action": "dependency_asked", "dependency": result.name, "duration_ms": result.duration_ms}
        if result.state is State.FAILED:
            _log.error("%s does not answer as it should: %s %s", result.leg, result.message, result.next_step, extra=extra)
        else:
            _log.info("%s answers", result.leg, extra=extra)
