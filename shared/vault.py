"""The Key Vault, reached by the process's identity."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError

from shared.errors import AdvisorReportsError
from shared.settings import Settings

_TIMES: dict[str, Any] = {"connection_timeout": 3, "read_timeout": 10, "retry_total": 2, "retry_backoff_factor": 0.2}
# A vault takes some seconds to delete; what is not done by then is done at the next look.
_DELETING_TAKES_S = 10


class VaultUnavailableError(AdvisorReportsError):
    """The Key Vault did not answer as it should."""

    code = "vault_unavailable"
    retryable = True


class SecretMissingError(AdvisorReportsError):
    """A secret is not where it was put, or was put out of use."""

    code = "secret_missing"
    # It may just have been replaced by another version, whose name the next attempt reads.
    retryable = True

    def __init__(self) -> None:
        super().__init__(
            "A secret is not in its place any more.",
            next_step="Set the secret of the connection again; a webhook has to be made anew.",
        )


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
        with _told():
            next(iter(self._client.list_properties_of_secrets(max_page_size=1)), None)

    def put(self, tenant_id: UUID, name: str, value: str, *, expires_at: datetime | None, content_type: str) -> str:
        """Keep ``value`` as the newest version of ``name`` and return that version; the name says whose it is."""
        tags = {"tenant": str(tenant_id)}
        with _told():
            kept = self._client.set_secret(name, value, expires_on=expires_at, content_type=content_type, tags=tags)
        assert kept.properties.version  # noqa: S101 - the vault names every version it keeps
        return kept.properties.version

    def get(self, tenant_id: UUID, name: str, version: str) -> str:
        """Return the value of a version; raises :class:`SecretMissingError` where it is gone or out of use."""
        del tenant_id
        with _told():
            try:
                value = self._client.get_secret(name, version).value
            except ResourceNotFoundError as error:
                raise SecretMissingError from error
            except HttpResponseError as error:
                if error.status_code == 403 and "disabled" in str(error).lower():
                    raise SecretMissingError from error
                raise
        if value is None:
            raise SecretMissingError
        return value

    def expiry(self, tenant_id: UUID, name: str, version: str) -> datetime | None:
        """Return when a version ends by what the vault says of it: whoever looks after the vault may have set it there."""
        del tenant_id
        with _told():
            try:
                return self._client.get_secret(name, version).properties.expires_on
            except ResourceNotFoundError as error:
                raise SecretMissingError from error

    def newest(self, name: str) -> str:
        """Return the newest value of a secret that the operators keep; raises :class:`SecretMissingError`."""
        with _told():
            try:
                value = self._client.get_secret(name).value
            except ResourceNotFoundError as error:
                raise SecretMissingError from error
        if value is None:
            raise SecretMissingError
        return value

    def keep_only(self, tenant_id: UUID, name: str, version: str, *, young_s: float) -> bool:
        """Disable all versions but ``version``: a vault removes secrets only as a whole. Young newer ones are left alone."""
        del tenant_id
        with _told():
            try:
                versions = list(self._client.list_properties_of_secret_versions(name))
            except ResourceNotFoundError:
                return True  # Somebody removed it in the vault itself; the next sign-in will say so.
            kept_since = next((each.created_on for each in versions if each.version == version), None)
            youth = datetime.now(UTC) - timedelta(seconds=young_s)
            left_alone = 0
            for each in versions:
                if each.version == version or not each.enabled or each.created_on is None:
                    continue
                # The vault's times have whole seconds.
                if kept_since is not None and each.created_on >= max(kept_since, youth):
                    left_alone += 1
                    continue
                self._client.update_secret_properties(name, each.version, enabled=False)
        return not left_alone

    def purge(self, tenant_id: UUID, name: str) -> bool:
        """Delete and purge a secret and return whether nothing is left of it; where purging is forbidden, the vault's own
        retention ends it.
        """
        del tenant_id
        with _told():
            # Not there: deleted at an earlier look, or never kept.
            with suppress(ResourceNotFoundError):
                deletion = self._client.begin_delete_secret(name)
                deletion.wait(_DELETING_TAKES_S)
                if not deletion.done():
                    # Until then it is in neither place, which looks as if nothing was left of it.
                    return False
            try:
                self._client.purge_deleted_secret(name)
            except ResourceNotFoundError:
                return True
            except HttpResponseError as error:
                if error.status_code == 409:
                    return False  # Still being deleted.
                if error.status_code == 403 and "purge protection" in str(error).lower():
                    return True
                raise
        return True

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except AzureError as error:
        raise VaultUnavailableError(
            "The Key Vault did not answer as it should.",
            next_step="Check VAULT_URL, its network rules, and that the identity has the role Key Vault Secrets Officer.",
        ) from error
