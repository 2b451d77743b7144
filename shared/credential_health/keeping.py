"""What nobody may read of a stored credential, in the store of secrets."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.orm import Session

from shared.connections import removal
from shared.connections.secret_store import store_of
from shared.credential_health.providers import ConfigurationInvalidError, Secret
from shared.services import Services
from shared.telemetry import redaction

# A vault's secret holds 25 kB.
_MOST_BYTES = 24_000


def secret_name(tenant_id: UUID, credential_id: UUID) -> str:
    """Return the name under which a stored credential's secret lies."""
    return f"credential-{tenant_id}-{credential_id}"


def look_after(session: Session, tenant_id: UUID, credential_id: UUID, *, delay: timedelta) -> None:
    """Have a credential's secret looked at once ``delay`` is over: versions that no row names by then go."""
    removal.look_after(session, tenant_id, credential_id, delay=delay, name=secret_name(tenant_id, credential_id))


def put(services: Services, tenant_id: UUID, credential_id: UUID, secret: Secret, expires_at: datetime | None) -> str:
    """Keep ``secret`` as the newest version and return that version; call it outside transactions, after a first one
    called :func:`look_after`.

    Raises :class:`~shared.connections.secret_store.SecretStoreMissingError` or
    :class:`~shared.vault.VaultUnavailableError`.
    """
    register(secret)
    value = msgspec.json.encode(secret).decode()
    if len(value.encode()) > _MOST_BYTES:
        raise ConfigurationInvalidError("The secret is too long.", next_step="A vault keeps 24 kB in one secret.")
    name = secret_name(tenant_id, credential_id)
    return store_of(services).put(tenant_id, name, value, expires_at=expires_at, content_type="application/json")


def get(services: Services, tenant_id: UUID, name: str, version: str, wanted: type[Secret]) -> Secret:
    """Return what a version holds; raises as the store does."""
    secret: Secret = msgspec.json.decode(store_of(services).get(tenant_id, name, version), type=wanted)
    register(secret)
    return secret


def register(secret: Secret) -> None:
    """Keep the values of ``secret`` out of logs and texts."""
    for value in msgspec.to_builtins(secret).values():
        _register(value)


def _register(value: Any) -> None:
    if isinstance(value, str):
        redaction.register_passing(value)
    elif isinstance(value, dict):
        for below in value.values():
            _register(below)
    elif isinstance(value, list):
        for below in value:
            _register(below)
