"""Engines: how a process reaches PostgreSQL as one of three logins."""

import select
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import certifi
import psycopg
import sqlalchemy
from pydantic import SecretStr
from sqlalchemy import URL, Engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from shared.database import sign_in
from shared.settings import Settings

CONNECT_TIMEOUT_S = 5
# Servers and proxies close idle connections at half an hour and more; ours are renewed before.
RECYCLE_S = 1500
PING_AFTER_IDLE_S = 30.0


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
    """Return where ``login`` connects; ``user`` is empty where only the identity's token can tell."""
    address = urlsplit(settings.database_url or f"postgresql://{settings.db_host}:{settings.db_port}/{settings.db_name}")
    user = {
        Login.APP: settings.azure_service_principal_user or address.username or "",
        Login.SYSTEM: settings.db_system_user,
        Login.OWNER: settings.db_owner_user,
    }[login]
    return Target(address.hostname or "", address.port or 5432, address.path.strip("/"), user)


def url_of(target: Target, scheme: str = "postgresql+psycopg") -> URL:
    """Return the address of ``target`` as SQLAlchemy wants it; never a password in it."""
    return URL.create(scheme, username=target.user or None, host=target.host, port=target.port, database=target.database)


def connect_arguments(settings: Settings, purpose: str) -> dict[str, Any]:
    """Return how libpq connects, whatever the login; ``purpose`` is what the server's session list shows."""
    arguments: dict[str, Any] = {
        "sslmode": settings.db_sslmode,
        "connect_timeout": CONNECT_TIMEOUT_S,
        "application_name": f"advisor-reports {purpose}",
        # JSON made by the server carries times with an offset: one and the same, whatever the server's own zone.
        "options": "-c timezone=UTC",
    }
    if settings.db_sslmode.startswith("verify-"):
        # libpq's own default is a file in the home directory, and the libpq of psycopg's wheels cannot know where this
        # system keeps its authorities; the public ones (Azure's among them) come with certifi.
        arguments["sslrootcert"] = str(settings.db_ca_file or certifi.where())
    return arguments


def create_engine(settings: Settings, login: Login, *, pool_size: int | None = None) -> Engine:
    """Return an engine for ``login``; no connection is made yet.

    A new connection signs in with the login's password where the profile allows one, else with a token of the process's
    credential; see :mod:`shared.database.sign_in`.
    """
    target = target_of(settings, login)
    engine = sqlalchemy.create_engine(
        url_of(target),
        connect_args=connect_arguments(settings, login),
        pool_size=pool_size or settings.db_pool_size,
        max_overflow=0,
        pool_timeout=CONNECT_TIMEOUT_S,
        pool_recycle=RECYCLE_S,
        hide_parameters=True,
    )
    sign_in.enable(engine, settings, password_of(settings, login))
    _ping_when_in_doubt(engine)
    return engine


def password_of(settings: Settings, login: Login) -> SecretStr | None:
    """Return the password of ``login`` where the profile allows one."""
    return {
        Login.APP: settings.db_password,
        Login.SYSTEM: settings.db_system_password,
        Login.OWNER: settings.db_owner_password,
    }[login]


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
        if time.monotonic() - idle_since < PING_AFTER_IDLE_S and not has_something_to_read(connection):
            return
        try:
            engine.dialect.do_ping(connection)  # type: ignore[arg-type]
        except psycopg.Error as error:
            raise DisconnectionError("the pooled connection died while idle") from error


def has_something_to_read(connection: psycopg.BaseConnection[Any]) -> bool:
    """Return whether something waits on an idle connection: a goodbye, or the end of the line."""
    if connection.closed:
        return True
    socket = select.poll()
    socket.register(connection.fileno(), select.POLLIN)
    return bool(socket.poll(0))
