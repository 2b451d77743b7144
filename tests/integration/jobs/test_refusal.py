"""Workers that must not run do not start, and say why."""

import secrets
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from infra.local.postgres import OWNER
from shared import exit_codes
from shared.settings import Settings
from tests.integration.jobs.conftest import StartWorker
from tests.integration.jobs.waiting import PATIENCE_S
from tests.integration.jobs.workers import Worker


@pytest.fixture
def old_database(superuser: psycopg.Connection, settings: Settings) -> Iterator[str]:
    """A database whose schema is of another release."""
    name = f"advisor_old_{secrets.token_hex(4)}"
    superuser.execute(sql.SQL("create database {} template advisor_template").format(sql.Identifier(name)))
    elsewhere = superuser.info.get_parameters() | {"dbname": name, "password": superuser.info.password}
    with psycopg.connect(**elsewhere, autocommit=True) as connection:  # type: ignore[arg-type]
        connection.execute("update alembic_version set version_num = '0000'")
    yield name
    superuser.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_worker_refuses_the_owner_of_the_tables(environment: dict[str, str], start_worker: StartWorker, pool: str) -> None:
    login = {"DATABASE_URL": _as_user(environment, OWNER), "DB_PASSWORD": environment["DB_OWNER_PASSWORD"]}
    _assert_refused(start_worker(environment=login, pool=pool), "is not bound by row-level security")


def test_worker_refuses_a_superuser(
    environment: dict[str, str], superuser: psycopg.Connection, start_worker: StartWorker
) -> None:
    login = {"DATABASE_URL": _as_user(environment, "postgres"), "DB_PASSWORD": superuser.info.password}
    _assert_refused(start_worker(environment=login), "is not bound by row-level security")


def test_worker_refuses_the_schema_of_another_release(
    environment: dict[str, str], old_database: str, start_worker: StartWorker
) -> None:
    url = make_url(environment["DATABASE_URL"]).set(database=old_database).render_as_string()
    _assert_refused(start_worker(environment={"DATABASE_URL": url}), "python -m worker migrate")


def test_worker_says_where_it_looked_but_no_secret(environment: dict[str, str], start_worker: StartWorker) -> None:
    worker = start_worker(environment={"DB_PASSWORD": "a-wrong-secret"})
    _assert_refused(worker, "The database did not answer")
    log = worker.log().decode()
    target = make_url(environment["DATABASE_URL"])
    assert f"database_host={target.host} database_name={target.database} database_role={target.username}" in log
    assert "database_engine=postgresql" in log
    assert "profile=testing" in log
    assert "a-wrong-secret" not in log


def test_worker_names_the_settings_it_lacks(start_worker: StartWorker) -> None:
    worker = start_worker(environment={"DATABASE_URL": "", "APP_ENVIRONMENT": "nowhere"})
    _assert_refused(worker, "APP_ENVIRONMENT must be one of")
    assert "Traceback" not in worker.log().decode()


def _as_user(environment: dict[str, str], user: str) -> str:
    return make_url(environment["DATABASE_URL"]).set(username=user).render_as_string()


def _assert_refused(worker: Worker, reason: str) -> None:
    assert worker.process.wait(PATIENCE_S) == exit_codes.CONFIGURATION, worker.log().decode()
    assert reason in worker.log().decode()
