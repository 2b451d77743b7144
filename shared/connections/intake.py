"""Secrets as customers send them: checked, put into their store, never shown again."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from shared.connections import certificates
from shared.connections.connections import KeptSecret
from shared.connections.secret_store import secret_name, store_of
from shared.errors import InvalidRequestError
from shared.services import Services
from shared.telemetry import redaction

MAX_SECRET_CHARS = 1000
"""Secrets of applications have some forty characters."""


class SecretInvalidError(InvalidRequestError):
    """What was sent cannot be a client secret."""

    code = "secret_invalid"

    def __init__(self, message: str, next_step: str) -> None:
        super().__init__(message, next_step=next_step)


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A secret on its way into the store."""

    value: str = field(repr=False)
    content_type: str
    expires_at: datetime | None = None
    thumbprint: str | None = None


def client_secret(value: str, expires_at: datetime | None, *, now: datetime) -> NewSecret:
    """Return a client secret to keep, without the blanks that copying brings; raises :class:`SecretInvalidError`."""
    value = value.strip()
    redaction.register_passing(value)
    if not value or not value.isprintable():
        raise SecretInvalidError(
            "The secret is blank or holds characters that no secret has.", "Copy the secret's value once more."
        )
    if _is_id(value):
        raise SecretInvalidError(
            "This is the id of a client secret, not its value.",
            "Send the column Value of Certificates & secrets; the portal shows it once, when the secret is made.",
        )
    if expires_at is not None and expires_at <= now:
        raise SecretInvalidError("The secret has expired already.", "Make a new secret in Entra ID and send that.")
    return NewSecret(value, "text/plain", expires_at)


def certificate(given: str, password: str | None, *, tenant_id: UUID, now: datetime) -> NewSecret:
    """Return a certificate with its key to keep.

    Raises :class:`~shared.connections.certificates.CertificateInvalidError`, and
    :class:`~shared.connections.key_turns.KeysBusyError` where its key cannot be opened soon.
    """
    if password:
        redaction.register_passing(password)
    found = certificates.read(given, password, holder=tenant_id, now=now)
    return NewSecret(found.pem, "application/x-pem-file", found.expires_at, found.thumbprint)


def keep(services: Services, tenant_id: UUID, connection_id: UUID, secret: NewSecret) -> KeptSecret:
    """Put ``secret`` into the store as a new version; call it outside transactions, after
    :func:`shared.connections.removal.look_after`.

    Raises :class:`~shared.connections.secret_store.SecretStoreMissingError` or
    :class:`~shared.vault.VaultUnavailableError`.
    """
    version = store_of(services).put(
        tenant_id,
        secret_name(tenant_id, connection_id),
        secret.value,
        expires_at=secret.expires_at,
        content_type=secret.content_type,
    )
    return KeptSecret(version, secret.expires_at, secret.thumbprint)


def _is_id(value: str) -> bool:
    try:
        return str(UUID(value)) == value.lower()
    except ValueError:
        return False
