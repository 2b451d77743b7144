"""Reads in one round trip: whose key it is, what it may do and the rows, by a single statement.

A short read spends most of its time on the way to the server and back. Here the key is looked up by the very statement that
reads, so there is no cache of keys to go stale: a revoked key reads nothing from the next request on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

import orjson
import psycopg
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from shared.database.async_reading import AsyncReader, connection_was_lost
from shared.telemetry import database_spans

# Reading from the key holder's row in the lateral part makes it run after the key was recognised: only then is the tenant of
# row-level security set. In any other order there would be no tenant, and row-level security would show nothing.
# A key has one holder. Without "limit 1" the planner counts on the thousand rows that it expects of any function, and a
# short read looks costly enough (jit_above_cost) to be compiled first.
_AS_KEY_HOLDER = """
with holder as materialized (
    select key_id, tenant_id, scopes, key_name from authenticate_api_key(%(__key_hash)s) limit 1
)
select holder.key_id, holder.tenant_id, holder.scopes, holder.key_name, answer.found
from holder cross join lateral (
    select coalesce(json_agg(item), '[]')::text as found from ({query}) as item where holder.key_id is not null
) as answer
"""
_ENDED = text("select key_id, tenant_id, key_name, reason from holder_of_ended_key(:key_hash)")
_AUTHENTICATE = text("select key_id, tenant_id, scopes, key_name from authenticate_api_key(:key_hash)")


@dataclass(frozen=True, slots=True)
class Query:
    """One ``select`` with named parameters (``%(name)s``); its columns are the fields of the answer."""

    statement: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """Whose key was presented, and what it may do."""

    key_id: UUID
    tenant_id: UUID
    scopes: frozenset[str]
    key_name: str


@dataclass(frozen=True, slots=True)
class EndedKey:
    """A key that was presented after its end, and why it ended: ``revoked`` or ``expired``."""

    key_id: UUID
    tenant_id: UUID
    key_name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the holder of a key found; the rows hold JSON's types, ids and times as text."""

    holder: KeyHolder
    rows: list[dict[str, Any]]


def read_as_key_holder(engine: Engine, key_hash: bytes, query: Query) -> Answer | None:
    """Return what ``query`` finds for the holder of the key, ``None`` where the key is not valid.

    Raises what psycopg raises. A connection that died while pooled is replaced once: a read may be asked twice.
    """
    statement, parameters = _as_key_holder(key_hash, query)
    try:
        row = _fetch(engine, statement, parameters)
    except psycopg.OperationalError as error:
        if not connection_was_lost(error):
            raise
        row = _fetch(engine, statement, parameters)
    return _answer(row)


async def read_soon_as_key_holder(reader: AsyncReader, key_hash: bytes, query: Query) -> Answer | None:
    """Do the same on the event loop that ``reader`` belongs to."""
    return _answer(await reader.fetch_one(*_as_key_holder(key_hash, query)))


def read_in(session: Session, query: Query) -> list[dict[str, Any]]:
    """Return what ``query`` finds in an open transaction, in JSON's types."""
    session.flush()
    statement = f"select coalesce(json_agg(item), '[]')::text from ({query.statement}) as item"  # noqa: S608 - own texts
    found: str = session.connection().exec_driver_sql(statement, dict(query.parameters)).scalar_one()
    rows: list[dict[str, Any]] = orjson.loads(found)
    return rows


def authenticate(session: Session, key_hash: bytes) -> KeyHolder | None:
    """Bind the transaction to the tenant of the key and return its holder, ``None`` where the key is not valid."""
    row = session.execute(_AUTHENTICATE, {"key_hash": key_hash}).one_or_none()
    return KeyHolder(row.key_id, row.tenant_id, frozenset(row.scopes), row.key_name) if row else None


def holder_of_ended_key(session: Session, key_hash: bytes) -> EndedKey | None:
    """Return the key, of whichever tenant, if it was valid once and is no longer; binds the transaction to no tenant."""
    row = session.execute(_ENDED, {"key_hash": key_hash}).one_or_none()
    return EndedKey(row.key_id, row.tenant_id, row.key_name, row.reason) if row else None


def _as_key_holder(key_hash: bytes, query: Query) -> tuple[str, dict[str, Any]]:
    return _AS_KEY_HOLDER.replace("{query}", query.statement), {**query.parameters, "__key_hash": key_hash}


def _answer(row: tuple[Any, ...] | None) -> Answer | None:
    if row is None:
        return None
    key_id, tenant_id, scopes, key_name, found = row
    return Answer(KeyHolder(key_id, tenant_id, frozenset(scopes), key_name), orjson.loads(found))


def _fetch(engine: Engine, statement: str, parameters: dict[str, Any]) -> tuple[Any, ...] | None:
    pooled = engine.raw_connection()
    try:
        connection = cast("psycopg.Connection[tuple[Any, ...]]", pooled.driver_connection)
        # One statement is its own transaction: no round trips for BEGIN and COMMIT.
        connection.autocommit = True
        try:
            with database_spans.statement_span(statement, connection.info.dbname):
                return connection.execute(statement, parameters).fetchone()
        finally:
            if not connection.closed:
                connection.autocommit = False
    except psycopg.OperationalError as error:
        pooled.invalidate(error)
        raise
    finally:
        pooled.close()
