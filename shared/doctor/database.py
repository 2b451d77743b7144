"""Legs to PostgreSQL, each by connections made for the purpose: what a pool still holds proves nothing."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from shared.database import schema
from shared.database.engine import Login
from shared.database.session import Database
from shared.doctor import clock
from shared.errors import AdvisorReportsError
from shared.settings import Settings

_TICK = "doctor"


class WrittenDiffersError(AdvisorReportsError):
    """What was written is not what was read back."""

    code = "written_differs"


def write_and_read_as_app(settings: Settings) -> str:
    """Write and read back as the application's login, and check that row-level security binds it.

    Into a table of the session's own: its rights end at the rows of a tenant, and the doctor belongs to none.
    """
    token = secrets.token_hex(8)
    with _fresh(settings, Login.APP) as database:
        database.verify_role()
        with database.engine.begin() as connection:
            connection.execute(text("create temporary table doctor_probe (token text) on commit drop"))
            connection.execute(text("insert into doctor_probe values (:token)"), {"token": token})
            read = connection.scalar(text("select token from doctor_probe"))
            seen = _seen(connection)
    return _checked(token, read, seen)


def write_and_read_as_system(settings: Settings) -> str:
    """Commit a row as the login that works across tenants, and read it back by another fresh connection."""
    token = secrets.token_hex(8)
    statement = text(
        "insert into tick (name, last_finished_at, last_driver, last_result)"
        " values (:name, clock_timestamp(), 'doctor', :token)"
        " on conflict (name) do update set last_finished_at = excluded.last_finished_at, last_result = excluded.last_result"
        " returning last_finished_at"
    )
    with _fresh(settings, Login.SYSTEM) as database, database.engine.begin() as connection:
        written_at = connection.scalar(statement, {"name": _TICK, "token": token})
    with _fresh(settings, Login.SYSTEM) as database, database.engine.begin() as connection:
        row = connection.execute(
            text("select last_result, last_finished_at from tick where name = :name"), {"name": _TICK}
        ).one_or_none()
        seen = _seen(connection)
    if row is not None and written_at is not None and row.last_finished_at > written_at:
        return seen  # of two doctors at once, the other wrote last
    return _checked(token, row.last_result if row else None, seen)


def schema_revision(settings: Settings) -> str:
    """Check that this release runs on the database's schema."""
    with _fresh(settings, Login.APP) as database:
        revision = schema.verify(database.engine)
    needed = schema.expected_revision()
    return f"revision {revision}" if revision == needed else f"revision {revision}, newer than this release's {needed}"


def compare_clocks(settings: Settings) -> str:
    """Compare our clock with the database's."""
    with _fresh(settings, Login.APP) as database, database.engine.connect() as connection:
        now = text("select extract(epoch from clock_timestamp())")
        return clock.judge(clock.read(lambda: float(connection.scalar(now) or 0)), "the database")


@contextmanager
def _fresh(settings: Settings, login: Login) -> Iterator[Database]:
    database = Database(settings, login, pool_size=1)
    try:
        yield database
    finally:
        database.dispose()


def _seen(connection: Connection) -> str:
    facts = connection.execute(
        text("select current_user as role, current_database() as name, current_setting('server_version') as version")
    ).one()
    driver = connection.connection.dbapi_connection
    tls = "with TLS" if driver is not None and driver.pgconn.ssl_in_use else "without TLS"
    return f"PostgreSQL {facts.version}, {facts.name} as {facts.role}, {tls}"


def _checked(written: str, read: str | None, seen: str) -> str:
    if read != written:
        raise WrittenDiffersError("The database gave back something else than was written.")
    return seen
