"""Health: public in names and states, detailed only for callers with a key."""

from uuid import UUID

import pytest
from httpx import Client

from shared.access import Scope, generate_key
from tests.integration.api.conftest import MakeKey
from tests.integration.api.serving import Served, caller

NAMES = ["database", "schema", "storage", "identity", "broker"]


@pytest.mark.parametrize("prefix", ["", "/api/v1"])
def test_anybody_may_ask_whether_it_lives_and_works(anonymous: Client, prefix: str) -> None:
    assert anonymous.get(f"{prefix}/health/live").json() == {"status": "alive"}
    ready = anonymous.get(f"{prefix}/health/ready")
    assert ready.status_code == 200
    assert ready.json() == {"status": "ready", "checks": [{"name": name, "state": "up"} for name in NAMES]}


def test_callers_with_any_key_see_details(served: Served, tenant: UUID, make_key: MakeKey) -> None:
    checks = caller(served, make_key(tenant, Scope.CLIENTS_READ)).get("/health/ready").json()["checks"]
    assert all(check["duration_ms"] >= 0 and check["detail"] is None for check in checks)


def test_unknown_key_sees_what_everybody_sees(served: Served) -> None:
    checks = caller(served, generate_key().secret).get("/health/ready").json()["checks"]
    assert all(set(check) == {"name", "state"} for check in checks)
