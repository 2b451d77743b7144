"""The Key Vault, reached by the process's identity."""

from typing import Any

from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError

from shared.errors import AdvisorReportsError
from shared.settings import Settings

_TIMES: dict[str, Any] = {"connection_timeout": 3, "read_timeout": 10, "retry_total": 2, "retry_backoff_factor": 0.2}


class VaultUnavailableError(AdvisorReportsError):
    """The Key Vault did not answer as it should."""

    code = "vault_unavailable"
    retryable = True


class Vault:
    """The vault at ``vault_url``; safe to share between threads."""

    def __init__(self, settings: Settings, credential: TokenCredential) -> None:
        # Half a second to import, and most processes never ask for it.
        from azure.keyvault.secrets import SecretClient  # noqa: PLC0415

        verify = {} if settings.vault_ca_file is None else {"connection_verify": str(settings.vault_ca_file)}
        self._client = SecretClient(
            settings.vault_url,
            credential,
            # The vault says itself what the token is to be for; only a simulated one may name a host that is not its own.
            verify_challenge_resource=not settings.app_environment.is_local,
            **_TIMES,
            **verify,
        )

    def ping(self) -> None:
        """Ask for the name of one secret; raises :class:`VaultUnavailableError`."""
        try:
            next(iter(self._client.list_properties_of_secrets(max_page_size=1)), None)
        except AzureError as error:
            raise VaultUnavailableError(
                "The Key Vault did not answer as it should.",
                next_step="Check VAULT_URL, its network rules, and that the identity has the role Key Vault Secrets User.",
            ) from error

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
