"""Workers say where they stand, ask what they need, and end with a code that tells why."""

import secrets
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from shared import exit_codes
from shared.database import schema
from tests.integration.jobs.conftest import StartWorker
from tests.integration.jobs.waiting import PATIENCE_S, until

# Imports a test runner in every process of the worker, then says where that process stands; harmless as a module of tasks.
_NOSY_MODULE = """
import pytest, os, unittest
from celery import signals
from worker import processes

@signals.worker_process_init.connect(weak=False)
def tell(**_):
    os.environ["DATABASE_URL"] = "sqlite://"
    os.environ["MAX_ROWS"] = "1"
    services = processes.services()
    with services.database.engine.connect() as connection:
        server = connection.exec_driver_sql("select version()").scalar()
    print(f"child sees {services.settings.max_rows} rows and {server}", flush=True)
"""


@pytest.fixture
def outdated(environment: dict[str, str], superuser: psycopg.Connection) -> Iterator[str]:
    """The address of a database that is one revision behind."""
    name = f"advisor_outdated_{secrets.token_hex(4)}"
    superuser.execute(sql.SQL("create database {} template advisor_template").format(sql.Identifier(name)))
    elsewhere = superuser.info.get_parameters() | {"dbname": name, "password": superuser.info.password}
    with psycopg.connect(**elsewhere, autocommit=True) as connection:  # type: ignore[arg-type]
        connection.execute("update alembic_version set version_num = %s", [schema.known_revisions()[-2]])
    yield make_url(environment["DATABASE_URL"]).set(database=name).render_as_string()
    superuser.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def test_main_process_and_children_say_where_they_stand(environment: dict[str, str], start_worker: StartWorker) -> None:
    worker = start_worker(queues=("priority", "default"), concurrency=1).wait_ready()
    until(lambda: b"worker_process_verified" in worker.log(), "a child to speak")
    log = worker.log().decode()
    target = make_url(environment["DATABASE_URL"])
    for fact in (
        "profile=testing",
        f"database_host={target.host} database_name={target.database} database_role={target.username}",
        "database_engine=postgresql",
        "database_tls=False",
        f"schema_revision={schema.expected_revision()}",
        "broker_host=127.0.0.1",
        "queues=default,priority",
        "identity=managed_identity",
        "'release': '",
    ):
        assert log.count(fact) >= 2, fact
    for secret in (environment["DB_PASSWORD"], environment["IDENTITY_HEADER"]):
        assert secret not in log


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"DATABASE_URL": "postgresql://advisor_service@127.0.0.1:1/advisor"}, "database does not answer"),
        ({"BROKER_URL": "redis://127.0.0.1:1/0"}, "Check BROKER_URL"),
        ({"STORAGE_ACCOUNT_URL": "https://127.0.0.1:1/account"}, "Blob storage does not answer"),
    ],
    ids=["database", "broker", "storage"],
)
def test_worker_ends_where_a_dependency_is_away(start_worker: StartWorker, broken: dict[str, str], said: str) -> None:
    worker = start_worker(environment=broken)
    assert worker.process.wait(PATIENCE_S) == exit_codes.UNAVAILABLE, worker.log().decode()
    assert said in worker.log().decode()


def test_worker_ends_where_its_container_is_missing(start_worker: StartWorker) -> None:
    worker = start_worker(environment={"STORAGE_CONTAINER": "not-there"})
    assert worker.process.wait(PATIENCE_S) == exit_codes.CONFIGURATION, worker.log().decode()
    assert "STORAGE_CONTAINER" in worker.log().decode()


@pytest.mark.usefixtures("measured_processes")
def test_worker_ends_where_nobody_migrates(start_worker: StartWorker, outdated: str) -> None:
    worker = start_worker(environment={"DATABASE_URL": outdated, "SCHEMA_WAIT_S": "1"})
    assert worker.process.wait(PATIENCE_S) == exit_codes.SCHEMA_OUTDATED, worker.log().decode()
    log = worker.log().decode()
    assert "waiting for a migration" in log
    assert "python -m worker migrate" in log


def test_worker_waits_for_a_migration_and_then_works(
    start_worker: StartWorker, outdated: str, superuser: psycopg.Connection
) -> None:
    worker = start_worker(environment={"DATABASE_URL": outdated, "SCHEMA_WAIT_S": "60"})
    until(lambda: b"waiting for a migration" in worker.log(), "the worker to wait")
    elsewhere = superuser.info.get_parameters() | {
        "dbname": str(make_url(outdated).database),
        "password": superuser.info.password,
    }
    with psycopg.connect(**elsewhere, autocommit=True) as connection:  # type: ignore[arg-type]
        connection.execute("update alembic_version set version_num = %s", [schema.expected_revision()])
    worker.wait_ready()


def test_a_test_runner_in_a_worker_changes_nothing_and_children_keep_their_parents_settings(
    environment: dict[str, str], start_worker: StartWorker, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("nosy")
    (folder / "nosy.py").write_text(_NOSY_MODULE)
    loaded = {"PYTHONPATH": str(folder), "MAX_ROWS": "4321", "PYTEST_CURRENT_TEST": "x"}
    worker = start_worker(environment=loaded, concurrency=2, include=("nosy",)).wait_ready()
    until(lambda: worker.log().count(b"child sees") >= 2, "both children to speak")
    told = [line for line in worker.log().decode().splitlines() if "child sees" in line]
    assert all("child sees 4321 rows and PostgreSQL" in line for line in told)
