"""Engines: how a process reaches PostgreSQL as one of three logins."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy
from sqlalchemy import URL, Engine, event

from shared.settings import Settings

_CONNECT_TIMEOUT_S = 5
# Servers and proxies close idle connections at half an hour and more; ours are renewed before.
_POOL_RECYCLE_S = 1500


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


def create_engine(settings: Settings, login: Login, *, pool_size: int | None = None) -> Engine:
    """Return an engine for ``login``; no connection is made yet.

    The secret is put into each new connection as it is made, never into the URL, so it cannot reach a log or an error.
    """
    target = target_of(settings, login)
    engine = sqlalchemy.create_engine(
        URL.create("postgresql+psycopg", username=target.user, host=target.host, port=target.port, database=target.database),
        connect_args={
            "sslmode": settings.db_sslmode,
            "connect_timeout": _CONNECT_TIMEOUT_S,
            "application_name": f"advisor-reports {login}",
        },
        pool_size=pool_size or settings.db_pool_size,
        max_overflow=0,
        pool_timeout=_CONNECT_TIMEOUT_S,
        pool_pre_ping=True,
        pool_recycle=_POOL_RECYCLE_S,
        hide_parameters=True,
    )
    password = {
        Login.APP: settings.db_password,
        Login.SYSTEM: settings.db_system_password,
        Login.OWNER: settings.db_owner_password,
    }[login]
    if password is not None:
        secret = password

        @event.listens_for(engine, "do_connect")
        def _add_secret(_dialect: Any, _record: Any, _arguments: list[Any], parameters: dict[str, Any]) -> None:
            parameters["password"] = secret.get_secret_value()

    return engine
