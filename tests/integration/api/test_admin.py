"""Administrators may ask the doctor; nobody else may."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from httpx import Client

from shared import settings as process_settings
from shared.access import Scope
from tests.integration.api.conftest import MakeKey
from tests.integration.api.serving import Served, caller
from tests.integration.jobs.waiting import PATIENCE_S


@pytest.fixture
def own_settings(product_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this process's own settings be found where Celery looks for its results."""
    for name, value in product_environment.items():
        monkeypatch.setenv(name, value)
    process_settings.get.cache_clear()
    assert process_settings.get()
    yield
    process_settings.get.cache_clear()


def test_an_administrator_gets_every_probe(served: Served, tenant: UUID, make_key: MakeKey, own_settings: None) -> None:
    answer = caller(served, make_key(tenant, Scope.ADMIN)).get("/api/v1/admin/doctor", timeout=PATIENCE_S)
    assert answer.status_code == 200
    found = answer.json()
    states = {probe["name"]: probe["state"] for probe in found["probes"]}
    assert states["database_app"] == states["database_system"] == states["schema"] == states["sign_in"] == "ok"
    assert states["http"] == "skipped"
    # No worker runs beside this test.
    assert states["queue_default"] == "failed"
    assert found["status"] == "failed"
    steps = {probe["name"]: probe["next_step"] for probe in found["probes"]}
    assert "python -m worker serve interactive" in steps["queue_default"], found


def test_others_do_not(served: Served, tenant: UUID, make_key: MakeKey, anonymous: Client) -> None:
    others = [scope for scope in Scope if scope is not Scope.ADMIN]
    assert caller(served, make_key(tenant, *others)).get("/api/v1/admin/doctor").status_code == 403
    assert anonymous.get("/api/v1/admin/doctor").status_code == 401
