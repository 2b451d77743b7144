"""A new server is made ready by any of its administrators, as often as they like, with logins that see what they should."""

import os
import subprocess
import sys
from uuid import uuid4

import psycopg
import pytest
from click.testing import CliRunner
from psycopg import sql
from pydantic import SecretStr

from infra.local import ports
from shared.database import schema
from shared.database.engine import Login
from shared.database.session import Database
from shared.settings import Environment, Settings
from tests.integration.infra.conftest import AzureServer
from worker.cli.prepare_database import prepare_database

FRONT, WORKER = ("id-front-x1", str(uuid4())), ("id-worker-x1", str(uuid4()))
IDENTITIES = [f"--identity={name}={object_id}" for name, object_id in (FRONT, WORKER)]
DATABASE = "advisor"


def prepare(server: AzureServer, administrator: tuple[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "worker", "prepare-database", *arguments],
        env={**os.environ, **server.environment(administrator, DATABASE)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def prepared(server: AzureServer) -> AzureServer:
    done = prepare(server, server.person, *IDENTITIES)
    assert done.returncode == 0, done.stderr
    return server


def test_a_second_run_by_the_same_administrator_has_nothing_to_do(prepared: AzureServer) -> None:
    # What other tests of this server changed meanwhile is set right by the first.
    assert prepare(prepared, prepared.person, *IDENTITIES).returncode == 0
    done = prepare(prepared, prepared.person, *IDENTITIES)
    assert (done.returncode, done.stdout) == (0, f"the schema is at revision {schema.expected_revision()} already\n")


@pytest.mark.usefixtures("measured_processes")
def test_the_migration_job_goes_on_where_a_person_began(prepared: AzureServer) -> None:
    done = prepare(prepared, prepared.job, *IDENTITIES, f"--identity=id-another-x1={uuid4()}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("id-another-x1") == 4


@pytest.mark.parametrize("identity", [FRONT[0], WORKER[0]])
def test_logins_of_an_identity_are_bound_by_row_level_security(prepared: AzureServer, identity: str) -> None:
    password = "x" * 20
    with prepared.superuser("postgres") as connection:
        for login in (identity, f"{identity}-upkeep"):
            connection.execute(sql.SQL("alter role {} password {}").format(sql.Identifier(login), sql.Literal(password)))
    settings = Settings(
        app_environment=Environment.TESTING,
        db_host=ports.HOST,
        db_port=prepared.postgres.port,
        db_name=DATABASE,
        azure_service_principal_user=identity,
        db_password=SecretStr(password),
        db_system_user=f"{identity}-upkeep",
        db_system_password=SecretStr(password),
        db_sslmode="disable",
        broker_url=SecretStr("redis://127.0.0.1:9/0"),
        storage_account_url="https://127.0.0.1:9/account",
    )
    database, system = Database(settings, Login.APP, pool_size=1), Database(settings, Login.SYSTEM, pool_size=1)
    assert database.verify_role()["user"] == identity
    assert schema.wait_until_fit(database.engine, limit_s=0) == schema.expected_revision()
    with database.engine.begin() as connection, pytest.raises(Exception, match="permission denied"):
        connection.exec_driver_sql("create table mine ()")
    with database.engine.begin() as connection:
        connection.exec_driver_sql("create temporary table stage (line text)")
    with system.across_tenants() as session:
        session.connection().exec_driver_sql("select count(*) from job")
    for made in (database, system):
        made.dispose()


def test_everything_belongs_to_the_owner_and_strangers_stay_outside(prepared: AzureServer) -> None:
    with prepared.superuser(DATABASE) as connection:
        owners = connection.execute("select distinct tableowner from pg_tables where schemaname = 'public'").fetchall()
        assert owners == [("advisor_owner",)]
        connection.execute("create role stranger login password 'stranger'")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(
            host=ports.HOST, port=prepared.postgres.port, dbname=DATABASE, user="stranger", password="stranger"
        ).close()


@pytest.mark.usefixtures("measured_processes")
def test_an_identity_made_anew_takes_the_place_of_the_old_one(prepared: AzureServer) -> None:
    object_id = uuid4()
    done = prepare(prepared, prepared.person, f"--identity={WORKER[0]}={object_id}")
    assert done.returncode == 0, done.stderr
    assert f"removed the login {WORKER[0]} of an identity that is no more" in done.stdout
    with prepared.superuser("postgres") as connection:
        labels = connection.execute(
            "select label from pg_shseclabel l join pg_roles r on r.oid = l.objoid where r.rolname like %s",
            [f"{WORKER[0]}%"],
        ).fetchall()
    assert [str(object_id) in label for (label,) in labels] == [True, True]


def test_the_administrator_is_an_operator(prepared: AzureServer) -> None:
    login, password = prepared.person
    environment = prepared.environment(prepared.person, DATABASE) | {"DB_SYSTEM_USER": login, "DB_SYSTEM_PASSWORD": password}
    done = subprocess.run(
        [sys.executable, "-m", "worker", "tenant", "create", "Contoso"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_login_without_the_rights_is_told_in_a_sentence(server: AzureServer) -> None:
    with server.superuser("postgres") as connection:
        connection.execute("create role nobody_special login password 'nobody'")
    done = prepare(server, ("nobody_special", "nobody"))
    assert done.returncode == 1
    assert "rights to create roles" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "identity",
    ["front", "front=x", "a b=" + FRONT[1], "=" + FRONT[1], "x" * 56 + "=" + FRONT[1]],
    ids=["no object id", "no GUID", "blank", "no name", "too long"],
)
def test_a_wrong_identity_is_refused_before_anything_is_asked(identity: str) -> None:
    done = CliRunner().invoke(prepare_database, ["--identity", identity])
    assert done.exit_code == 2
    assert "Invalid value for '--identity'" in done.output
