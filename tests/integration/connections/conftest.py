"""Entra, a vault and an installation that reaches both; connections of every kind."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import trustme

from shared.database.tables import AzureConnection
from shared.database.tables.azure_connection import ConnectionKind
from shared.identifiers import new_id
from shared.services import Services
from shared.settings import Settings
from tests.simulators.entra import Entra
from tests.simulators.managed_identity import ManagedIdentityEndpoint
from tests.simulators.tokens import DIRECTORY_ID, TokenIssuer
from tests.simulators.vault import KeyVault

MakeConnection = Callable[..., AzureConnection]


@dataclass
class Cloud:
    """The part of Azure that a connection meets on its way in."""

    ca_file: Path
    ca: trustme.CA = field(default_factory=trustme.CA)
    issuer: TokenIssuer = field(default_factory=TokenIssuer)

    def __post_init__(self) -> None:
        """Name the parts; nothing is started yet."""
        self.identity = ManagedIdentityEndpoint(self.issuer)
        self.entra = Entra(self.ca, self.issuer)
        self.vault = KeyVault(self.ca)

    def start(self) -> None:
        """Listen."""
        self.ca.cert_pem.write_to_path(str(self.ca_file))
        self.identity.start()
        self.entra.start()
        self.vault.start()

    def stop(self) -> None:
        """Stop listening."""
        self.identity.stop()
        self.entra.stop()
        self.vault.stop()

    def settings(self, settings: Settings) -> Settings:
        """Return ``settings`` of a process that reaches this cloud."""
        return settings.model_copy(
            update={
                "azure_authority_host": self.entra.authority,
                "azure_authority_ca_file": self.ca_file,
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
    """Makes connections that are written nowhere; a secret given is put into the vault."""

    def make(kind: ConnectionKind, **fields: Any) -> AzureConnection:
        given = {"directory_id": UUID(DIRECTORY_ID), "application_id": UUID(cloud.entra.client_id), **fields}
        return AzureConnection(id=new_id(), tenant_id=tenant, name="Production", kind=kind, **given)

    return make
