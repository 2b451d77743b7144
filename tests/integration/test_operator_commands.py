"""The operator's commands against a real database."""

import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from shared import exit_codes
from shared.access import hash_key
from shared.database.reading import authenticate
from shared.database.session import Database


@pytest.mark.usefixtures("measured_processes")
def test_migrate_says_where_the_schema_is(environment: dict[str, str]) -> None:
    assert "already" in _worker(environment, "migrate")


@pytest.mark.usefixtures("measured_processes")
def test_tenant_and_key_open_the_api_until_the_key_is_revoked(environment: dict[str, str], database: Database) -> None:
    tenant = _worker(environment, "tenant", "create", "Contoso").strip()
    assert f"{tenant}  " in _worker(environment, "tenant", "list")
    secret = _worker(
        environment, "key", "create", "--tenant", tenant, "--name", "nightly", "--scope", "reports:read"
    ).strip()
    assert _holder(database, secret) == (tenant, {"reports:read"})
    listed = _worker(environment, "key", "list", "--tenant", tenant)
    assert "nightly" in listed
    assert secret not in listed
    key_id = listed.split()[0]
    _worker(environment, "key", "revoke", key_id)
    assert _holder(database, secret) is None
    assert "revoked" in _worker(environment, "key", "list", "--tenant", tenant)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("key", "list", "--tenant", str(uuid4())), "There is no tenant"),
        (("key", "revoke", str(uuid4())), "There is no key"),
        (("tenant", "create", " "), "1 to 200 characters"),
        (("key", "create", "--tenant", "x", "--name", "n"), "not a valid UUID"),
    ],
)
def test_wrong_call_is_answered_in_a_sentence(environment: dict[str, str], arguments: tuple[str, ...], said: str) -> None:
    done = _run(environment, *arguments)
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_database_that_is_away_is_told_in_a_sentence(environment: dict[str, str]) -> None:
    done = _run({**environment, "DATABASE_URL": "postgresql://someone@127.0.0.1:1/nowhere"}, "migrate")
    assert done.returncode == exit_codes.UNAVAILABLE
    assert "The database did not answer" in done.stderr
    assert "Traceback" not in done.stderr


def test_commands_start_without_loading_queue_storage_or_identity(environment: dict[str, str]) -> None:
    program = "import sys, worker.cli.key, worker.cli.migrate, worker.cli.tenant; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True)
    assert not {"celery", "redis", "azure.storage.blob", "azure.identity", "opentelemetry"} & set(done.stdout.split())


def _holder(database: Database, secret: str) -> tuple[str, set[str]] | None:
    with Session(database.engine) as session:
        holder = authenticate(session, hash_key(secret))
    return (str(holder.tenant_id), set(holder.scopes)) if holder else None


def _worker(environment: dict[str, str], *arguments: str) -> str:
    done = _run(environment, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "worker", *arguments],
        env=environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
