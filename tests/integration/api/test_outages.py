"""What callers see while database, storage or broker are away."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
import pytest
from httpx import Client
from pydantic import SecretStr
from sqlalchemy import select

from infra.local import ports
from shared.access import generate_key
from shared.database.tables import Job
from shared.services import Services
from shared.settings import Settings
from tests.integration.api.conftest import EXPORT, MakeKey
from tests.integration.api.serving import caller, serving

# "Within seconds", on a slow machine with other things to do; without limits of their own, libraries wait for minutes.
_LONG_S = 60.0


@contextmanager
def api_with(settings: Settings, key: str | None, **changed: object) -> Iterator[Client]:
    """Serve the API with some settings changed."""
    services = Services(settings.model_copy(update=changed))
    with serving(services) as served:
        yield caller(served, key)
    services.close()


@pytest.fixture
def nowhere() -> str:
    """An address where nobody listens."""
    return f"{ports.HOST}:{ports.choose()}"


def test_orders_are_taken_without_the_broker(
    settings: Settings, nowhere: str, client_id: str, services: Services, tenant: UUID, *, make_key: MakeKey
) -> None:
    with api_with(settings, make_key(tenant), broker_url=SecretStr(f"redis://{nowhere}/0")) as api:
        answer = api.post("/api/v1/reports", data={"client_id": client_id}, files={"file": ("a.csv", EXPORT)})
        health = api.get("/health/ready")
    assert answer.status_code == 202
    assert (health.status_code, health.json()["status"]) == (200, "degraded"), health.text
    with services.database.tenant(tenant) as session:
        job = session.scalars(select(Job)).one()
    assert (job.state, job.published_at) == ("queued", None)


def test_orders_are_taken_while_the_broker_is_silent(
    settings: Settings, client_id: str, tenant: UUID, make_key: MakeKey
) -> None:
    # The kernel takes the connection; nobody ever reads from it.
    with socket.create_server((ports.HOST, 0)) as silent:
        url = SecretStr(f"redis://{ports.HOST}:{silent.getsockname()[1]}/0")
        with api_with(settings, make_key(tenant), broker_url=url) as api:
            began = time.monotonic()
            answer = api.post("/api/v1/reports", data={"client_id": client_id}, files={"file": ("a.csv", EXPORT)})
            waited_s = time.monotonic() - began
    assert answer.status_code == 202
    assert waited_s < _LONG_S


def test_silent_storage_is_503_within_seconds(
    settings: Settings, client_id: str, tenant: UUID, services: Services, make_key: MakeKey
) -> None:
    with socket.create_server((ports.HOST, 0)) as silent:
        url = f"https://{ports.HOST}:{silent.getsockname()[1]}/account"
        with api_with(settings, make_key(tenant), storage_account_url=url) as api:
            began = time.monotonic()
            answer = api.post("/api/v1/reports", data={"client_id": client_id}, files={"file": ("a.csv", EXPORT)})
            waited_s = time.monotonic() - began
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
    assert waited_s < _LONG_S
    with services.database.tenant(tenant) as session:
        assert session.scalars(select(Job)).all() == []


def test_storage_away_is_503_and_nothing_is_ordered(
    settings: Settings, nowhere: str, client_id: str, tenant: UUID, services: Services, *, make_key: MakeKey
) -> None:
    with api_with(settings, make_key(tenant), storage_account_url=f"https://{nowhere}/account") as api:
        answer = api.post("/api/v1/reports", data={"client_id": client_id}, files={"file": ("a.csv", EXPORT)})
        assert api.get("/api/v1/reports").json()["items"] == []
        health = api.get("/health/ready")
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert (health.status_code, health.json()["status"]) == (503, "unavailable")
    with services.database.tenant(tenant) as session:
        assert session.scalars(select(Job)).all() == []


def test_database_away_is_503_with_retry_after(settings: Settings, nowhere: str) -> None:
    away = f"postgresql://nobody@{nowhere}/nothing"
    with api_with(settings, generate_key().secret, database_url=away) as api:
        answers = [api.get("/api/v1/reports"), api.post("/api/v1/clients", json={"name": "x"})]
        health = api.get("/health/ready")
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
        assert int(answer.headers["Retry-After"]) > 0
        assert nowhere not in answer.text
    assert health.status_code == 503
    assert {"name": "database", "state": "down"} in health.json()["checks"]


def test_login_that_would_see_every_tenant_serves_nobody(settings: Settings, tenant: UUID, make_key: MakeKey) -> None:
    owner = settings.database_url.replace("//", f"//{settings.db_owner_user}@", 1).replace(
        f"@{settings.database_url.split('//')[1].split('@')[0]}@", "@"
    )
    with api_with(settings, make_key(tenant), database_url=owner, db_password=settings.db_owner_password) as api:
        answer = api.get("/api/v1/reports")
    assert (answer.status_code, answer.json()["code"]) == (503, "database_role_unsafe")


def test_reads_survive_a_restarted_database(api: Client, superuser: psycopg.Connection) -> None:
    assert api.get("/api/v1/reports").status_code == 200
    superuser.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid()"
    )
    assert api.get("/api/v1/reports").status_code == 200
