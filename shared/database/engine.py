"""Engines: how a process reaches PostgreSQL as one of three logins."""

import select
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import psycopg
import sqlalchemy
from azure.core.credentials import TokenCredential
from sqlalchemy import URL, Engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from shared.settings import Settings

_CONNECT_TIMEOUT_S = 5
# Servers and proxies close idle connections at half an hour and more; ours are renewed before.
_POOL_RECYCLE_S = 1500
_PING_AFTER_IDLE_S = 30.0
# https://learn.microsoft.com/azure/postgresql/flexible-server/security-entra-configure
_TOKEN_SCOPE = "https://ossrdbms-aad.database.windows.net/.default"  # noqa: S105 - a scope, not a secret


class Login(StrEnum):
    """As whom a process signs in to the database."""

    APP = "app"
    """Reads and writes the rows of one tenant at a time."""
    SYSTEM = "system"
    """Works across tenants on the few tables that upkeep needs."""
    OWNER = "owner"
    """Owns the schema; migrations only."""


@dataclass(frozen=True)
class Target:
    """Where an engine connects, without anything secret; fit for logs."""

    host: str
    port: int
    database: str
    user: str


def target_of(settings: Settings, login: Login) -> Target:
    """Return where ``login`` connects."""
    address = urlsplit(settings.database_url)
    user = {
        Login.APP: address.username or "",
        Login.SYSTEM: settings.db_system_user,
        Login.OWNER: settings.db_owner_user,
    }[login]
    return Target(address.hostname or "", address.port or 5432, address.path.strip("/"), user)


def create_engine(
    settings: Settings, login: Login, *, credential: TokenCredential | None = None, pool_size: int | None = None
) -> Engine:
    """Return an engine for ``login``; no connection is made yet.

    A new connection signs in with the login's password where the profile allows one, else with a token of ``credential``.
    Either is put in as the connection is made, never into the URL, so it cannot reach a log or an error. PostgreSQL asks
    for the token only then: open connections outlive it.
    """
    target = target_of(settings, login)
    engine = sqlalchemy.create_engine(
        URL.create("postgresql+psycopg", username=target.user, host=target.host, port=target.port, database=target.database),
        connect_args={
            "sslmode": settings.db_sslmode,
            "connect_timeout": _CONNECT_TIMEOUT_S,
            "application_name": f"advisor-reports {login}",
            # JSON made by the server carries times with an offset: one and the same, whatever the server's own zone.
            "options": "-c timezone=UTC",
        },
        pool_size=pool_size or settings.db_pool_size,
        max_overflow=0,
        pool_timeout=_CONNECT_TIMEOUT_S,
        pool_recycle=_POOL_RECYCLE_S,
        hide_parameters=True,
    )
    password = {
        Login.APP: settings.db_password,
        Login.SYSTEM: settings.db_system_password,
        Login.OWNER: settings.db_owner_password,
    }[login]

    @event.listens_for(engine, "do_connect")
    def _sign_in(_dialect: Any, _record: Any, _arguments: list[Any], parameters: dict[str, Any]) -> None:
        if password is not None:
            parameters["password"] = password.get_secret_value()
        elif credential is not None:
            parameters["password"] = credential.get_token(_TOKEN_SCOPE).token

    _ping_when_in_doubt(engine)
    return engine


def _ping_when_in_doubt(engine: Engine) -> None:
    """Let a pooled connection prove that it is alive where that is in doubt, else be replaced.

    In doubt is one on whose socket something waits to be read (an ending server says goodbye, a broken line is at its end)
    and one that lay idle for long (a firewall may have dropped it silently). Looking at the socket costs microseconds,
    asking before every transaction would double a short read's cost.
    """

    @event.listens_for(engine, "checkin")
    def _note(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["idle_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _ping(connection: psycopg.Connection, record: ConnectionPoolEntry, _proxy: Any) -> None:
        idle_since = record.info.get("idle_since")
        if idle_since is None:
            return
        if time.monotonic() - idle_since < _PING_AFTER_IDLE_S and not _has_something_to_read(connection):
            return
        try:
            engine.dialect.do_ping(connection)  # type: ignore[arg-type]
        except psycopg.Error as error:
            raise DisconnectionError("the pooled connection died while idle") from error


def _has_something_to_read(connection: psycopg.Connection) -> bool:
    if connection.closed:
        return True
    socket = select.poll()
    socket.register(connection.fileno(), select.POLLIN)
    return bool(socket.poll(0))
