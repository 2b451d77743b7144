"""The Key Vault is reached by the same credential as everything else."""

from collections.abc import Iterator

import pytest

from shared.services import Services
from shared.settings import Settings
from shared.vault import VaultUnavailableError
from tests.simulators.azure import Azure
from tests.simulators.vault import RESOURCE, KeyVault


@pytest.fixture
def vault(azure: Azure) -> Iterator[KeyVault]:
    simulated = KeyVault(azure.ca)
    simulated.start()
    yield simulated
    simulated.stop()


@pytest.fixture
def services(identity_settings: Settings, vault: KeyVault, azure: Azure) -> Iterator[Services]:
    made = Services(identity_settings.model_copy(update={"vault_url": vault.url, "vault_ca_file": azure.ca_file}))
    yield made
    made.close()


def test_the_vault_answers_who_has_a_token(services: Services, vault: KeyVault, azure: Azure) -> None:
    assert services.vault is not None
    for _ in range(3):
        services.vault.ping()
    assert (vault.let_in, vault.refused) == (3, 1), "the challenge comes once"
    assert azure.issuer.issued[RESOURCE] == 1
    assert any("vault.azure.net" in status.scope for status in services.credential.statuses())


def test_a_vault_that_is_away_is_told(services: Services, vault: KeyVault) -> None:
    vault.stop()
    assert services.vault is not None
    with pytest.raises(VaultUnavailableError, match="Key Vault did not answer") as caught:
        services.vault.ping()
    assert "VAULT_URL" in caught.value.next_step


def test_without_an_address_there_is_no_vault(identity_settings: Settings) -> None:
    assert Services(identity_settings).vault is None
