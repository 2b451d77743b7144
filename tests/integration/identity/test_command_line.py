"""Migrations and commands sign in by token; without one they end with a sentence, and the next call recovers."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from infra.local.postgres import OWNER
from shared.database import schema
from tests.integration.identity.conftest import LIFETIME_S
from tests.integration.jobs.waiting import until
from tests.simulators import enforcement
from tests.simulators.azure import Azure

_REPOSITORY = Path(__file__).parents[3]


def _run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "worker", *arguments]
    return subprocess.run(command, env=environment, cwd=_REPOSITORY, capture_output=True, text=True, check=False)


@pytest.fixture
def empty_database(azure: Azure, azure_environment: dict[str, str]) -> Iterator[dict[str, str]]:
    """The environment of commands for a database in which nothing was ever migrated."""
    name = f"{azure.app}_empty"
    with azure.server.connect() as connection:
        connection.execute(
            sql.SQL("create database {} owner {} template template0").format(*map(sql.Identifier, (name, OWNER)))
        )
    yield azure_environment | azure.environment(name)
    with azure.server.connect() as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def test_a_database_is_migrated_by_token_and_once_more_after_the_token_rolled_over(
    azure: Azure, empty_database: dict[str, str]
) -> None:
    azure.issuer.lifetime_s = LIFETIME_S
    first = _run(empty_database, "migrate")
    assert first.returncode == 0, first.stderr
    assert schema.expected_revision() in first.stdout
    issued = azure.issuer.issued[enforcement.POSTGRESQL]
    azure.roll_over()
    second = _run(empty_database, "migrate")
    assert second.returncode == 0, second.stderr
    assert "already" in second.stdout
    assert azure.issuer.issued[enforcement.POSTGRESQL] > issued
    with (
        azure.server.connect() as server,
        psycopg.connect(server.info.dsn, dbname=f"{azure.app}_empty", password=azure.server.password) as connection,
    ):
        owners = connection.execute("select distinct tableowner from pg_tables where schemaname = 'public'").fetchall()
    assert owners == [(OWNER,)], "whoever migrates, the tables are the owner's"


def test_a_command_works_by_token_after_each_roll_over(azure: Azure, azure_environment: dict[str, str]) -> None:
    azure.issuer.lifetime_s = LIFETIME_S
    for name in ("Contoso", "Fabrikam"):
        made = _run(azure_environment, "tenant", "create", name)
        assert made.returncode == 0, made.stderr
        azure.roll_over()
    assert "password" not in made.stderr.lower()


def test_a_command_without_a_token_says_what_to_do(azure: Azure, azure_environment: dict[str, str]) -> None:
    azure.issuer.away = True
    refused = _run(azure_environment, "migrate")
    assert refused.returncode not in {0, 2}
    assert "gave no token for https://ossrdbms-aad" in refused.stderr
    assert "Check that the identity exists" in refused.stderr
    assert "Traceback" not in refused.stderr
    azure.issuer.away = False
    assert _run(azure_environment, "migrate").returncode == 0


def test_a_login_that_is_refused_is_told_without_the_token(azure: Azure, azure_environment: dict[str, str]) -> None:
    refused = _run(azure_environment | {"DB_OWNER_USER": "nobody"}, "migrate")
    assert refused.returncode != 0
    assert 'password authentication failed for user "nobody"' in refused.stderr
    token = azure.issuer.current(enforcement.POSTGRESQL)
    assert token is not None
    assert token.text not in refused.stderr + refused.stdout
    assert "Traceback" not in refused.stderr


def test_an_open_session_outlives_its_token(azure: Azure, azure_environment: dict[str, str]) -> None:
    azure.issuer.lifetime_s = 2

    def session() -> tuple[psycopg.Connection, str] | None:
        # A token this short may end on its way.
        token = azure.issuer.token(enforcement.POSTGRESQL).text
        opened = _session(azure, azure_environment, token)
        return (opened, token) if opened else None

    connection, token = until(session, "a session")

    def is_refused() -> bool:
        if again := _session(azure, azure_environment, token):
            again.close()
        return again is None

    with connection:
        until(is_refused, "the token to expire")
        assert connection.execute("select 1").fetchone() == (1,)


def _session(azure: Azure, environment: dict[str, str], token: str) -> psycopg.Connection | None:
    """Return a session that was opened with ``token``, ``None`` where it is refused."""
    try:
        return psycopg.connect(
            environment["DATABASE_URL"], password=token, sslmode="verify-full", sslrootcert=str(azure.ca_file)
        )
    except psycopg.OperationalError:
        return None
