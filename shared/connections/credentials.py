"""The credential by which a connection signs in: one object per process, connection and version of its secret."""

import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from azure.core.credentials import AccessToken, TokenCredential
from azure.core.exceptions import AzureError
from azure.identity import CertificateCredential, ClientAssertionCredential, ClientSecretCredential

from shared.azure.errors import AzureAuthenticationError, AzureCallError, AzureServiceError, sign_in_error
from shared.connections.secret_store import store_of
from shared.database.tables.azure_connection import ConnectionKind
from shared.identity import scopes
from shared.identity.credential import authority_options, create_credential
from shared.identity.token_cache import CachingCredential, TokenUnavailableError
from shared.services import Services
from shared.settings import Settings
from shared.telemetry import redaction
from shared.vault import SecretMissingError

# Each holds a token or two and a connection pool; a process that serves more than this many connections at once makes the
# one it used longest ago anew.
_MOST_KEPT = 200


class Connection(Protocol):
    """What has to be known of a connection to sign in; the row of the table is one."""

    @property
    def id(self) -> UUID: ...
    @property
    def tenant_id(self) -> UUID: ...
    @property
    def kind(self) -> str: ...
    @property
    def directory_id(self) -> UUID | None: ...
    @property
    def application_id(self) -> UUID | None: ...
    @property
    def secret_name(self) -> str | None: ...
    @property
    def secret_version(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class _Key:
    """What tells credentials apart. The tenant is part of it, although connections' ids are unique: a row's id alone must
    never open what belongs to another tenant.
    """

    settings: Settings
    tenant_id: UUID
    connection_id: UUID
    kind: str
    directory_id: UUID | None
    application_id: UUID | None
    secret_version: str | None


_lock = threading.Lock()
_kept: "OrderedDict[_Key, ConnectionCredential]" = OrderedDict()


class ConnectionCredential:
    """A credential whose failures are sentences: :class:`~shared.azure.errors.AzureCallError` and its three families."""

    def __init__(self, credential: CachingCredential, secret_version: str | None = None) -> None:
        self._credential = credential
        self._secret_version = secret_version

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """Return a valid token, as :class:`azure.core.credentials.TokenCredential` has it.

        Raises :class:`~shared.azure.errors.AzureAuthenticationError`, :class:`~shared.azure.errors.AzureServiceError` or
        :class:`~shared.azure.errors.AzureNetworkError`.
        """
        try:
            return self._credential.get_token(*scopes, **options)
        except (TokenUnavailableError, AzureError) as error:
            # Without its cause: what the SDK says may repeat what it sent.
            raise self._told(error) from None

    def another_token(self, scope: str, *, refused: str) -> AccessToken | None:
        """Return a token other than the one that Azure ``refused``; raises as :meth:`get_token`."""
        try:
            return self._credential.another_token(scope, refused=refused)
        except (TokenUnavailableError, AzureError) as error:
            raise self._told(error) from None

    def _told(self, error: Exception) -> AzureCallError:
        told = sign_in_error(error)
        if isinstance(told, AzureAuthenticationError):
            told.secret_version = self._secret_version
        return told


def credential_of(services: Services, connection: Connection, *, anew: bool = False) -> ConnectionCredential:
    """Return the credential of ``connection``, made on the first call in this very process; call it outside transactions.

    With ``anew`` it has no token yet, so that what it is used for signs in now. Asks the vault for the secret where the
    connection has one. Raises :class:`~shared.vault.SecretMissingError`, :class:`~shared.vault.VaultUnavailableError` or
    :class:`~shared.connections.secret_store.SecretStoreMissingError`.
    """
    key = _Key(
        services.settings,
        connection.tenant_id,
        connection.id,
        connection.kind,
        connection.directory_id,
        connection.application_id,
        connection.secret_version,
    )
    with _lock:
        if not anew and (found := _kept.get(key)) is not None:
            _kept.move_to_end(key)
            return found
    # Two threads may both come here; the second finds the first one's below. Nobody waits for the vault under the lock.
    made = ConnectionCredential(_made(services, connection, anew=anew), connection.secret_version)
    with _lock:
        if anew:
            _kept[key] = made
        kept = _kept.setdefault(key, made)
        _kept.move_to_end(key)
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
    return kept


def _made(services: Services, connection: Connection, *, anew: bool) -> CachingCredential:
    kind = ConnectionKind(connection.kind)
    if kind is ConnectionKind.MANAGED_IDENTITY:
        return CachingCredential(create_credential(services.settings)) if anew else services.credential
    application: tuple[str, str] = (str(connection.directory_id), str(connection.application_id))
    options = authority_options(services.settings)
    credential: TokenCredential
    if kind is ConnectionKind.WORKLOAD_IDENTITY:
        credential = ClientAssertionCredential(*application, _assertion(services), **options)
    elif kind is ConnectionKind.CERTIFICATE:
        certificate = _secret_of(services, connection).encode()
        credential = CertificateCredential(*application, certificate_data=certificate, **options)
    else:
        credential = ClientSecretCredential(*application, _secret_of(services, connection), **options)
    return CachingCredential(credential)


def _secret_of(services: Services, connection: Connection) -> str:
    if connection.secret_name is None or connection.secret_version is None:
        raise SecretMissingError
    value = store_of(services).get(connection.tenant_id, connection.secret_name, connection.secret_version)
    redaction.register_passing(value)
    return value


def _assertion(services: Services) -> Callable[[], str]:
    """Return what gives the proof of who this installation is: the token of a file, or of its managed identity."""
    settings = services.settings

    def assertion() -> str:
        if settings.azure_federated_token_file is not None:
            try:
                return settings.azure_federated_token_file.read_text().strip()
            except OSError as error:
                raise AzureServiceError(
                    "The file with the federated token of this installation cannot be read.",
                    next_step="Check AZURE_FEDERATED_TOKEN_FILE; the platform renews that file.",
                ) from error
        return services.credential.get_token(scopes.TOKEN_EXCHANGE).token

    return assertion


def _forget_all() -> None:
    global _lock  # noqa: PLW0603 - the parent's may be held by a thread that the child does not have
    _lock = threading.Lock()
    _kept.clear()


os.register_at_fork(after_in_child=_forget_all)
