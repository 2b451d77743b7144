"""Databases of a test's own, on the same server."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Engine, make_url

from shared.database.engine import Login, create_engine
from shared.settings import Settings
from tests.servers import TEMPLATE


@pytest.fixture
def empty(superuser: psycopg.Connection, settings: Settings) -> Iterator[Engine]:
    """The owner's engine on a database that nothing was ever migrated in."""
    with _own_database(superuser, settings, template="template0") as engine:
        yield engine


@pytest.fixture
def copied(superuser: psycopg.Connection, settings: Settings) -> Iterator[Engine]:
    """The owner's engine on a migrated database of the test's own."""
    with _own_database(superuser, settings, template=TEMPLATE) as engine:
        yield engine


@contextmanager
def _own_database(superuser: psycopg.Connection, settings: Settings, *, template: str) -> Iterator[Engine]:
    name = f"advisor_own_{secrets.token_hex(4)}"
    superuser.execute(
        sql.SQL("create database {} owner {} template {}").format(
            sql.Identifier(name), sql.Identifier(settings.db_owner_user), sql.Identifier(template)
        )
    )
    url = make_url(settings.database_url).set(database=name).render_as_string()
    engine = create_engine(settings.model_copy(update={"database_url": url}), Login.OWNER, pool_size=4)
    try:
        yield engine
    finally:
        engine.dispose()
        superuser.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
