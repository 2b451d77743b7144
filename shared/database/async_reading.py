"""Reads that wait on the event loop instead of in a thread: for the few lists that callers ask for again and again.

A thread costs a short read more than the database does: two hops and a fight for the interpreter's lock. These connections
belong to the event loop that made them. Each serves one statement at a time, which is its own transaction.
"""

import asyncio
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

import psycopg

from shared.database import sign_in
from shared.database.engine import (
    CONNECT_TIMEOUT_S,
    PING_AFTER_IDLE_S,
    RECYCLE_S,
    Login,
    connect_arguments,
    has_something_to_read,
    password_of,
    target_of,
)
from shared.settings import Settings
from shared.telemetry import database_spans

Connection = psycopg.AsyncConnection[tuple[Any, ...]]

# The server answers a short read within a fraction of a millisecond: more sessions would only wait for its cores.
_CONNECTIONS = 4


class PoolExhaustedError(psycopg.OperationalError):
    """No connection for reads came free in time."""


class AsyncReader:
    """A few connections of one event loop, as the application's login.

    Whoever finds all of them busy waits ``patience_s`` seconds for one.
    """

    def __init__(self, settings: Settings, *, patience_s: float = CONNECT_TIMEOUT_S) -> None:
        self._settings = settings
        self._patience_s = patience_s
        target = target_of(settings, Login.APP)
        self._parameters = {
            **connect_arguments(settings, "reader"),
            "host": target.host,
            "port": target.port,
            "dbname": target.database,
            **({"user": target.user} if target.user else {}),
        }
        self._database = target.database
        self._idle: deque[tuple[Connection, float, float]] = deque()
        self._is_closed = False
        self._turn = asyncio.Semaphore(min(_CONNECTIONS, settings.db_pool_size))

    async def fetch_one(self, statement: str, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Return the first row that ``statement`` finds.

        Raises what psycopg raises. A connection that died while idle is replaced once: a read may be asked twice.
        """
        try:
            return await self._fetch_one(statement, parameters)
        except psycopg.OperationalError as error:
            if isinstance(error, PoolExhaustedError) or not connection_was_lost(error):
                raise
            return await self._fetch_one(statement, parameters)

    def close(self) -> None:
        """Close what is idle now, and what is busy once it is not; nothing is said to the server."""
        self._is_closed = True
        while self._idle:
            connection, _, _ = self._idle.pop()
            connection.pgconn.finish()

    async def _fetch_one(self, statement: str, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
        await self._wait_for_turn()
        # Acquired and given back by hand: a context manager would cost a short read some percent of its time.
        connection = None
        try:
            connection, made_at = self._usable() or (await self._connect(), time.monotonic())
            with database_spans.statement_span(statement, self._database):
                cursor = await connection.execute(statement, parameters)
                return await cursor.fetchone()
        finally:
            if connection is not None:
                self._keep(connection, made_at)
            self._turn.release()

    async def _wait_for_turn(self) -> None:
        try:
            async with asyncio.timeout(self._patience_s):
                await self._turn.acquire()
        except TimeoutError as error:
            raise PoolExhaustedError("no connection came free in time") from error

    def _keep(self, connection: Connection, made_at: float) -> None:
        if connection.pgconn.transaction_status == psycopg.pq.TransactionStatus.IDLE and not self._is_closed:
            self._idle.append((connection, made_at, time.monotonic()))
        else:
            # A caller who went away leaves an answer on the wire that nobody reads, a lost server leaves nothing.
            connection.pgconn.finish()

    def _usable(self) -> tuple[Connection, float] | None:
        """Return the connection used last that is surely alive, and when it was made; close those in doubt."""
        now = time.monotonic()
        while self._idle:
            connection, made_at, idle_since = self._idle.pop()
            if now - made_at < RECYCLE_S and now - idle_since < PING_AFTER_IDLE_S and not has_something_to_read(connection):
                return connection, made_at
            connection.pgconn.finish()
        return None

    async def _connect(self) -> Connection:
        return await sign_in.connect(self._settings, self._parameters, password_of(self._settings, Login.APP))


def connection_was_lost(error: psycopg.OperationalError) -> bool:
    """Return whether the server, or the way to it, went away: libpq gives no code where nothing was said any more."""
    return error.sqlstate is None or error.sqlstate.startswith(("08", "57P"))
