"""Azure as a connection meets it (Entra, a vault, Resource Manager), an installation that reaches it, and its API."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from shared.access import Scope, generate_key
from shared.database.session import Database
from shared.database.tables import ApiKey, AzureConnection
from shared.database.tables.azure_connection import ConnectionKind
from shared.identifiers import new_id
from shared.services import Services
from shared.settings import Settings
from tests.integration.api.serving import caller, serving
from tests.integration.connections.asking import SECRET
from tests.simulators.cloud import Cloud
from tests.simulators.tokens import DIRECTORY_ID

MakeConnection = Callable[..., AzureConnection]
MakeApi = Callable[..., httpx.Client]


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """A cloud of the test's own; this process's managed identity is one of it."""
    with Cloud(tmp_path / "authority.pem") as made:
        made.lend_identity(monkeypatch)
        yield made


@pytest.fixture
def services(settings: Settings, cloud: Cloud) -> Iterator[Services]:
    """The services of a process that reaches the cloud."""
    made = Services(cloud.settings(settings))
    yield made
    made.close()


@pytest.fixture
def make_connection(cloud: Cloud, tenant: UUID) -> MakeConnection:
    """Makes connections that are written nowhere."""

    def make(kind: ConnectionKind, **fields: Any) -> AzureConnection:
        given = {"directory_id": UUID(DIRECTORY_ID), "application_id": UUID(cloud.entra.client_id), **fields}
        return AzureConnection(id=new_id(), tenant_id=tenant, name="Production", kind=kind, **given)

    return make


@pytest.fixture
def make_api(services: Services, system_database: Database) -> Iterator[MakeApi]:
    """Makes callers of an API that reaches the cloud; without scopes named they may do everything."""
    with serving(services) as served:

        def make(tenant_id: UUID, *scopes: Scope) -> httpx.Client:
            key = generate_key()
            given = list(scopes or Scope)
            with system_database.across_tenants() as session:
                session.add(ApiKey(tenant_id=tenant_id, name="Test", prefix=key.prefix, key_hash=key.key_hash, scopes=given))
            return caller(served, key.secret)

        yield make


@pytest.fixture
def api(make_api: MakeApi, tenant: UUID) -> httpx.Client:
    """The API for a caller who may do everything in the test's tenant."""
    return make_api(tenant)


@pytest.fixture
def by_secret(cloud: Cloud) -> dict[str, Any]:
    """What is sent for a connection by secret, which Entra accepts."""
    cloud.entra.secret = SECRET
    return {
        "name": "Contoso production",
        "kind": "service_principal_secret",
        "directory_id": DIRECTORY_ID,
        "application_id": cloud.entra.client_id,
        "secret": SECRET,
    }
