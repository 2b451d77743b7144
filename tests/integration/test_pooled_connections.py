"""Pooled connections that the server ended are replaced before anybody works with them."""

import psycopg
from sqlalchemy import text

from shared.database.engine import Login, create_engine
from shared.settings import Settings


def test_a_session_that_the_server_ended_costs_no_request(settings: Settings, superuser: psycopg.Connection) -> None:
    engine = create_engine(settings, Login.APP, pool_size=3)
    try:
        for _ in range(20):
            with engine.connect() as connection:
                backend = connection.scalar(text("select pg_backend_pid()"))
            superuser.execute("select pg_terminate_backend(%s, 5000)", [backend])
            with engine.connect() as connection:
                assert connection.scalar(text("select pg_backend_pid()")) != backend
    finally:
        engine.dispose()


def test_a_living_session_is_used_again(settings: Settings) -> None:
    engine = create_engine(settings, Login.APP, pool_size=1)
    try:
        backends = set()
        for _ in range(5):
            with engine.connect() as connection:
                backends.add(connection.scalar(text("select pg_backend_pid()")))
        assert len(backends) == 1
    finally:
        engine.dispose()
