"""The HTTP application goes on for many tokens' lives, through fail-overs and outages of the identity service."""

from collections.abc import Iterator
from itertools import count
from typing import Any
from uuid import UUID

import httpx
import pytest

from shared.access import Scope, generate_key
from shared.database.session import Database
from shared.database.tables import ApiKey
from tests.integration.identity.conftest import LIFETIME_S
from tests.integration.identity.load import Load
from tests.integration.identity.serving import HttpApp
from tests.integration.jobs.waiting import until
from tests.simulators import enforcement
from tests.simulators.azure import Azure

_POSTGRESQL = f"{enforcement.POSTGRESQL}/.default"


@pytest.fixture
def key(system_database: Database, tenant: UUID) -> str:
    made = generate_key()
    with system_database.across_tenants() as session:
        session.add(ApiKey(tenant_id=tenant, name="Test", prefix=made.prefix, key_hash=made.key_hash, scopes=list(Scope)))
    return made.secret


@pytest.fixture
def app(azure_environment: dict[str, str]) -> Iterator[HttpApp]:
    with HttpApp(azure_environment) as running:
        yield running


@pytest.fixture
def caller(app: HttpApp, key: str) -> Iterator[httpx.Client]:
    with app.caller(key) as client:
        yield client


def _readiness(caller: httpx.Client) -> dict[str, Any]:
    body: dict[str, Any] = caller.get("/health/ready").json()
    return body


def _token(caller: httpx.Client) -> dict[str, Any]:
    return next(token for token in _readiness(caller)["tokens"] if token["scope"] == _POSTGRESQL)


def test_no_request_fails_but_those_in_flight_at_a_kill(azure: Azure, app: HttpApp, caller: httpx.Client) -> None:
    azure.issuer.lifetime_s = LIFETIME_S
    numbers = count()

    def work() -> None:
        caller.get("/api/v1/clients").raise_for_status()
        caller.post("/api/v1/clients", json={"name": f"Client {next(numbers)}"}).raise_for_status()

    with Load(work, threads=3) as load:
        for _ in range(4):
            load.go_on(15)
            load.kill(azure.roll_over)
        issued = azure.issuer.issued[enforcement.POSTGRESQL]
        load.kill_until(
            azure.database.end_sessions, lambda: azure.issuer.issued[enforcement.POSTGRESQL] >= issued + 2, "two tokens more"
        )
        load.go_on(15)
    assert load.unexcused() == []
    assert len(load.failures) <= load.threads * len(load.kills)
    assert _readiness(caller)["status"] == "ready"
    assert "Traceback" not in app.log()


def test_an_outage_longer_than_the_margin_and_shorter_than_the_token_costs_nothing(
    azure: Azure, caller: httpx.Client
) -> None:
    azure.issuer.lifetime_s = 30
    states = []

    def work() -> None:
        caller.get("/api/v1/clients").raise_for_status()

    def renewal_failed() -> bool:
        states.append(_token(caller))
        return bool(states[-1]["refresh_failures"] > 0)

    with Load(work, threads=2) as load:
        load.go_on(5)
        azure.issuer.away = True
        load.kill(azure.database.end_sessions)
        # New connections ask for the token; the first within the margin finds the service away.
        load.kill_until(azure.database.end_sessions, renewal_failed, "a renewal that fails")
        assert states[-1]["new_connections_succeed"]
        assert states[-1]["expires_in_s"] > 0
        load.kill(azure.database.end_sessions)
        load.go_on(5)
        azure.issuer.away = False
        load.kill_until(azure.database.end_sessions, lambda: _token(caller)["refreshes"] > 1, "the token to be renewed")
        load.go_on(5)
    assert load.unexcused() == []


def test_a_token_that_ran_out_in_an_outage_is_told_and_the_end_of_the_outage_heals(
    azure: Azure, app: HttpApp, caller: httpx.Client
) -> None:
    azure.issuer.lifetime_s = 3
    until(lambda: caller.get("/api/v1/clients").status_code == 200, "a token that does not end on its way")
    azure.issuer.away = True
    until(
        lambda: azure.database.end_sessions() is None or caller.get("/api/v1/clients").status_code == 503, "the token's end"
    )
    refused = caller.get("/api/v1/clients")
    assert refused.json()["code"] == "token_unavailable"
    assert refused.headers["Retry-After"]
    assert "gave no token for https://ossrdbms-aad" in app.log()
    azure.issuer.away = False
    until(lambda: caller.get("/api/v1/clients").status_code == 200, "the next request to be served")
    # Tokens of three seconds are between two lives time and again.
    until(lambda: _readiness(caller)["status"] == "ready", "readiness")
