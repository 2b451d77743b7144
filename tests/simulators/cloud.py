"""Azure as a connection meets it: an identity endpoint, Entra, a Key Vault and Resource Manager under one authority."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pytest
import trustme

from shared.settings import Settings
from tests.generators.azure_estate import AzureEstate, make_estate
from tests.simulators.azure_management import AzureManagement
from tests.simulators.entra import Entra
from tests.simulators.managed_identity import ManagedIdentityEndpoint
from tests.simulators.tokens import TokenIssuer
from tests.simulators.vault import KeyVault


@dataclass
class Cloud:
    """The parts together; use it in a ``with`` block. ``ca_file`` is written at the start."""

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

    def __enter__(self) -> Self:
        self.ca.cert_pem.write_to_path(str(self.ca_file))
        for part in (self.identity, self.entra, self.vault, self.management):
            part.start()
        return self

    def __exit__(self, *_: object) -> None:
        for part in (self.identity, self.entra, self.vault, self.management):
            part.stop()

    def lend_identity(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Make this process's managed identity one of the cloud."""
        for name, value in self.identity.environment.items():
            monkeypatch.setenv(name, value)

    @property
    def sign_in(self) -> dict[str, str]:
        """The variables by which a process finds Entra and Resource Manager."""
        return {
            "AZURE_AUTHORITY_HOST": self.entra.authority,
            "AZURE_AUTHORITY_CA_FILE": str(self.ca_file),
            "AZURE_MANAGEMENT_URL": self.management.url,
            "AZURE_MANAGEMENT_CA_FILE": str(self.ca_file),
        }

    def settings(self, settings: Settings) -> Settings:
        """Return ``settings`` of a process that finds all of it."""
        given = {**self.sign_in, "VAULT_URL": self.vault.url, "VAULT_CA_FILE": str(self.ca_file)}
        fields = {name.lower(): Path(value) if name.endswith("_FILE") else value for name, value in given.items()}
        return settings.model_copy(update=fields)
