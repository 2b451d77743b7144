"""Azure as a connection meets it (Entra, a vault, Resource Manager), an installation that reaches it, and its API."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import trustme

from shared.access import Scope, generate_key
from shared.database.session import Database
from shared.database.tables import ApiKey, AzureConnection
from shared.database.tables.azure_connection import ConnectionKind
from shared.identifiers import new_id
from shared.services import Services
from shared.settings import Settings
from tests.generators.azure_estate import AzureEstate, make_estate
from tests.integration.api.serving import caller, serving
from tests.simulators.azure_management import AzureManagement
from tests.simulators.entra import Entra
from tests.simulators.managed_identity import ManagedIdentityEndpoint
from tests.simulators.tokens import DIRECTORY_ID, TokenIssuer
from tests.simulators.vault import KeyVault

MakeConnection = Callable[..., AzureConnection]
MakeApi = Callable[..., httpx.Client]


@dataclass
class Cloud:
    """The part of Azure that a connection meets."""

    ca_file: Path
    ca: trustme.CA = field(default_factory=trustme.CA)
    issuer: TokenIssuer = field(default_factory=TokenIssuer)
    estate: AzureEstate = field(default_factory=lambda: make_estate(5, 40))

    def __post_init__(self) -> None:
        """Name the parts; nothing is started yet."""
        self.identity = ManagedIdentityEndpoint(self.issuer)
        self.entra = Entra(self.ca, self.issuer)
        self.vault = KeyVault(self.ca)
        self.management = AzureManagement(self.estate, self.issuer, self.ca)

    def start(self) -> None:
        """Listen."""
        self.ca.cert_pem.write_to_path(str(self.ca_file))
        for part in (self.identity, self.entra, self.vault, self.management):
            part.start()

    def stop(self) -> None:
        """Stop listening."""
        for part in (self.identity, self.entra, self.vault, self.management):
            part.stop()

    def settings(self, settings: Settings) -> Settings:
        """Return ``settings`` of a process that reaches this cloud."""
        return settings.model_copy(
            update={
                "azure_authority_host": self.entra.authority,
                "azure_authority_ca_file": self.ca_file,
                "azure_management_url": self.management.url,
                "azure_management_ca_file": self.ca_file,
                "vault_url": self.vault.url,
                "vault_ca_file": self.ca_file,
            }
        )


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """A cloud of the test's own; this process's managed identity is one of it."""
    made = Cloud(tmp_path / "authority.pem")
    made.start()
    for name, value in made.identity.environment.items():
        monkeypatch.setenv(name, value)
    yield made
    made.stop()


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
