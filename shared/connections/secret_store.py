"""Where secrets of tenants lie: the Key Vault, or PostgreSQL, sealed, where a local installation has no vault."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from shared.connections.sealed_store import SealedStore
from shared.errors import ConflictError
from shared.services import Services


class SecretStoreMissingError(ConflictError):
    """This installation has no place for secrets."""

    code = "secret_store_missing"

    def __init__(self) -> None:
        super().__init__(
            "This installation has no place to keep secrets in.",
            next_step="Set VAULT_URL, or in a local profile SEALED_STORE_KEYS. Whatever keeps a secret needs one of them, "
            "webhooks too; connections of the kinds managed_identity and workload_identity keep none.",
        )


class SecretStore(Protocol):
    """What keeps secrets. All acts may be repeated; all raise an error of ours where the place does not answer."""

    def put(self, tenant_id: UUID, name: str, value: str, *, expires_at: datetime | None, content_type: str) -> str:
        """Keep ``value`` as the newest version of ``name`` and return that version."""

    def get(self, tenant_id: UUID, name: str, version: str) -> str:
        """Return the value; raises :class:`~shared.vault.SecretMissingError`."""

    def expiry(self, tenant_id: UUID, name: str, version: str) -> datetime | None:
        """Return when the secret ends by what is kept with it; ``None`` where nothing is."""

    def keep_only(self, tenant_id: UUID, name: str, version: str, *, young_s: float) -> bool:
        """Put all versions but ``version`` out of use and return whether that is all there is to do.

        Versions newer than that one and younger than ``young_s`` seconds are left alone: somebody is about to use them.
        """

    def purge(self, tenant_id: UUID, name: str) -> bool:
        """Remove the secret with all its versions for good and return whether nothing of it is left."""


def secret_name(tenant_id: UUID, connection_id: UUID) -> str:
    """Return the name under which a connection's secret lies; it says whose it is (letters, digits and dashes only)."""
    return f"connection-{tenant_id}-{connection_id}"


def store_of(services: Services) -> SecretStore:
    """Return where this installation keeps secrets; raises :class:`SecretStoreMissingError`."""
    if services.vault is not None:
        return services.vault
    keys = services.settings.sealed_store_keys
    if keys is None:
        raise SecretStoreMissingError
    return SealedStore(services.database, keys.get_secret_value())
