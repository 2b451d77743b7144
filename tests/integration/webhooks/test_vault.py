"""Signing secrets in a Key Vault: made, used, rotated, put out of use, purged; a vault that is away loses nothing."""

from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import select
from standardwebhooks.webhooks import Webhook

from shared.access import Scope, generate_key
from shared.connections import upkeep
from shared.database.tables import ApiKey, SealedSecret, WebhookEndpoint
from shared.services import Services
from shared.webhooks import confidential
from tests.integration.api.serving import caller, serving
from tests.integration.webhooks.conftest import Ground
from tests.simulators.cloud import Cloud
from tests.simulators.receiver import Receiver
from tests.simulators.vault import Version


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """A cloud of the test's own; this process's managed identity is one of it."""
    with Cloud(tmp_path / "authority.pem") as made:
        made.lend_identity(monkeypatch)
        yield made


@pytest.fixture
def in_vault(services: Services, cloud: Cloud, receiver: Receiver, tenant: UUID, nothing_before: None) -> Iterator[Ground]:
    """The test's tenant in an installation that keeps secrets in the vault."""
    del nothing_before
    key = generate_key()
    with services.system_database.across_tenants() as session:
        session.add(ApiKey(tenant_id=tenant, name="Test", prefix=key.prefix, key_hash=key.key_hash, scopes=list(Scope)))
    with_vault = Services(cloud.settings(services.settings))
    with serving(with_vault) as served:
        yield Ground(with_vault, caller(served, key.secret), receiver, tenant)
    with_vault.close()


def _forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confidential, "_kept", confidential._Kept())


def _versions(cloud: Cloud) -> list[Version]:
    (versions,) = cloud.vault.secrets.values()
    return versions


def _tidy(ground: Ground, superuser: psycopg.Connection) -> None:
    superuser.execute("update secret_upkeep set due_at = now() where tenant_id = %s", [ground.tenant_id])
    upkeep.tidy(ground.services)


def test_signing_secrets_live_and_end_in_the_vault(
    in_vault: Ground, cloud: Cloud, superuser: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = in_vault.endpoint(headers={"X-Team": "Cloud"})
    path = f"/api/v1/webhooks/{endpoint['id']}"
    (name,) = cloud.vault.secrets
    assert name == f"webhook-{in_vault.tenant_id}-{endpoint['id']}"
    with in_vault.services.database.tenant(in_vault.tenant_id) as session:
        assert session.scalars(select(SealedSecret)).all() == []
    assert endpoint["secret"] in _versions(cloud)[0].value
    _forget(monkeypatch)
    in_vault.deliver()
    (first,) = in_vault.receiver.received
    assert Webhook(endpoint["secret"]).verify(first.body, first.headers)["type"] == "report.completed"
    assert first.headers["x-team"] == "Cloud"

    # Of versions of one second the vault does not tell which came later.
    _versions(cloud)[0].created -= 60
    rotated = in_vault.api.post(f"{path}/rotate-secret", json={"overlap_hours": 1}, headers={"If-Match": "*"}).json()
    # The version before goes out of use; that of the row signs on, with both secrets.
    _tidy(in_vault, superuser)
    assert [version.enabled for version in _versions(cloud)] == [False, True]
    _forget(monkeypatch)
    in_vault.deliver()
    second = in_vault.receiver.received[-1]
    for secret in (endpoint["secret"], rotated["secret"]):
        assert Webhook(secret).verify(second.body, second.headers)["type"] == "report.completed"
    assert [row.state for row in in_vault.deliveries()] == ["delivered", "delivered"]

    changed = in_vault.api.patch(path, json={"headers": {"X-Team": "Money"}}, headers={"If-Match": "*"})
    assert changed.status_code == 200, changed.text
    in_vault.deliver()
    third = in_vault.receiver.received[-1]
    assert third.headers["x-team"] == "Money"
    assert Webhook(rotated["secret"]).verify(third.body, third.headers)["type"] == "report.completed"

    assert in_vault.api.delete(path).status_code == 204
    cloud.vault.deleting_takes = 1
    for _ in range(3):
        _tidy(in_vault, superuser)
    assert (cloud.vault.values(), cloud.vault.purged) == ([], [name])


def test_a_vault_that_is_away_delays_and_loses_nothing(
    in_vault: Ground, cloud: Cloud, superuser: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = in_vault.endpoint()
    path = f"/api/v1/webhooks/{endpoint['id']}"
    _forget(monkeypatch)
    cloud.vault.fault = HTTPStatus.SERVICE_UNAVAILABLE
    in_vault.deliver()
    (row,) = in_vault.deliveries()
    assert (row.state, row.error_code, row.step) == ("waiting", "vault_unavailable", 0)
    assert in_vault.row(endpoint).consecutive_failures == 0
    asked = [
        in_vault.api.post("/api/v1/webhooks", json={"url": f"{in_vault.receiver.url}/other"}),
        in_vault.api.post(f"{path}/rotate-secret", json={}, headers={"If-Match": "*"}),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in asked] == [(503, "vault_unavailable")] * 2
    with in_vault.services.database.tenant(in_vault.tenant_id) as session:
        assert len(session.scalars(select(WebhookEndpoint)).all()) == 1

    cloud.vault.fault = None
    in_vault.work()
    (received,) = in_vault.receiver.received
    assert Webhook(endpoint["secret"]).verify(received.body, received.headers)
    # The webhook that could not be made left a note to look after its secret, of which there is nothing.
    _tidy(in_vault, superuser)
    assert len(cloud.vault.values()) == 1
