"""Signing in to PostgreSQL: what each new connection presents, put in as it is made.

A password or token is never part of an address, so it cannot reach a log or an error. PostgreSQL asks for it only as the
connection is made: open connections outlive their token.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import psycopg
from azure_postgresql_auth.core import get_entra_conninfo
from azure_postgresql_auth.errors import AzurePgEntraError
from pydantic import SecretStr
from sqlalchemy import Engine, event
from sqlalchemy.engine import Dialect

from shared.errors import AdvisorReportsError
from shared.identity import process, scopes
from shared.identity.token_cache import CachingCredential
from shared.settings import Settings


class DatabaseUserUnknownError(AdvisorReportsError):
    """The settings name no database login, and the identity's token gives no name either."""

    code = "database_user_unknown"


def enable(engine: Engine, settings: Settings, password: SecretStr | None) -> None:
    """Let every new connection of ``engine`` sign in with ``password``, else with a token of the process's credential."""

    @event.listens_for(engine, "do_connect")
    def _connect(dialect: Dialect, _record: Any, arguments: list[Any], parameters: dict[str, Any]) -> Any:
        if password is not None:
            parameters["password"] = password.get_secret_value()
            return dialect.connect(*arguments, **parameters)
        # Asked for here and not kept: the connection may be the first that a forked child makes.
        credential = process.credential(settings)
        if not parameters.get("user"):
            parameters["user"] = _name_of_identity(credential)
        return _connect_by_token(dialect, arguments, parameters, credential)


def _connect_by_token(
    dialect: Dialect, arguments: list[Any], parameters: dict[str, Any], credential: CachingCredential
) -> Any:
    token = credential.get_token(scopes.POSTGRESQL).token
    try:
        return dialect.connect(*arguments, **{**parameters, "password": token})
    except psycopg.OperationalError as error:
        if not _may_be_a_refusal(error):
            raise
        another = credential.another_token(scopes.POSTGRESQL, refused=token)
        if another is None:
            raise
    return dialect.connect(*arguments, **{**parameters, "password": another.token})


async def connect(
    settings: Settings, parameters: Mapping[str, Any], password: SecretStr | None
) -> psycopg.AsyncConnection[tuple[Any, ...]]:
    """Return a connection of the running event loop, signed in as the engines' are; every statement its own transaction."""
    if password is not None:
        return await _connect(parameters, password.get_secret_value())
    credential = process.credential(settings)
    if not parameters.get("user"):
        parameters = {**parameters, "user": await asyncio.to_thread(_name_of_identity, credential)}
    token = (await asyncio.to_thread(credential.get_token, scopes.POSTGRESQL)).token
    try:
        return await _connect(parameters, token)
    except psycopg.OperationalError as error:
        if not _may_be_a_refusal(error):
            raise
        another = await asyncio.to_thread(credential.another_token, scopes.POSTGRESQL, refused=token)
        if another is None:
            raise
    return await _connect(parameters, another.token)


async def _connect(parameters: Mapping[str, Any], password: str) -> psycopg.AsyncConnection[tuple[Any, ...]]:
    return await psycopg.AsyncConnection.connect(**{**parameters, "password": password, "autocommit": True})


def _may_be_a_refusal(error: psycopg.OperationalError) -> bool:
    """Return whether a password was asked for before the failure; the server says what failed in its own language."""
    return error.pgconn is not None and error.pgconn.used_password


def _name_of_identity(credential: CachingCredential) -> str:
    try:
        return get_entra_conninfo(credential)["user"]
    except AzurePgEntraError as error:
        raise DatabaseUserUnknownError(
            "The database login is not named, and the token of this process's identity gives no name.",
            next_step="Set AZURE_SERVICE_PRINCIPAL_USER to the PostgreSQL login of the identity.",
        ) from error
