"""Stored credentials: made, changed, deleted; each act is in the audit log."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shared.credential_health import enrolment, keeping, providers, removal
from shared.credential_health.providers import ConfigurationInvalidError
from shared.database.limits import has_room
from shared.database.tables import Client, StoredCredential
from shared.errors import ConflictError, InvalidRequestError, NotFoundError
from shared.reporting.clients import ClientNotFoundError, VersionConflictError

MAX_CREDENTIALS = 5000
"""Of one tenant."""


class CredentialNotFoundError(NotFoundError):
    """There is no such credential for this caller."""

    code = "credential_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such credential.", next_step="List the credentials to find its id.")


class CredentialNameTakenError(ConflictError):
    """Another credential of the tenant already has the name."""

    code = "credential_name_taken"

    def __init__(self) -> None:
        super().__init__("Another credential already has this name.", next_step="Choose another name.")


class TooManyCredentialsError(ConflictError):
    """The tenant has as many credentials as it may."""

    code = "too_many_credentials"

    def __init__(self) -> None:
        super().__init__(f"There are {MAX_CREDENTIALS:,} credentials already.", next_step="Delete one that is not needed.")


class SecretNeededError(InvalidRequestError):
    """A secret would be sent elsewhere than where whoever gave it meant it to go."""

    code = "secret_needed"

    def __init__(self) -> None:
        super().__init__(
            "The secret was given for another place than the new configuration names.",
            next_step="Send the secret along with the configuration.",
        )


@dataclass(frozen=True, slots=True)
class NewCredential:
    """What a stored credential is to be, beside its secret."""

    name: str
    provider: str
    credential_type: str
    configuration: Mapping[str, Any] = field(default_factory=dict)
    client_id: UUID | None = None
    expires_at: datetime | None = None


def check(session: Session, wanted: NewCredential) -> None:
    """See whether ``wanted`` could be made, before its secret goes to its store.

    Raises :class:`TooManyCredentialsError`, :class:`CredentialNameTakenError` or
    :class:`~shared.reporting.clients.ClientNotFoundError`.
    """
    if not has_room(session, StoredCredential, MAX_CREDENTIALS):
        raise TooManyCredentialsError
    _check_client(session, wanted.client_id)
    same_name = select(StoredCredential.id).where(func.lower(StoredCredential.name) == func.lower(wanted.name))
    if session.scalar(same_name) is not None:
        raise CredentialNameTakenError


def create(
    session: Session, tenant_id: UUID, credential_id: UUID, wanted: NewCredential, *, secret_version: str
) -> StoredCredential:
    """Write a new credential, whose secret lies in its store already, and have it checked soon; raises as :func:`check`."""
    check(session, wanted)
    row = StoredCredential(
        id=credential_id,
        tenant_id=tenant_id,
        client_id=wanted.client_id,
        provider=wanted.provider,
        credential_type=wanted.credential_type,
        name=wanted.name,
        configuration=dict(wanted.configuration),
        expires_at=wanted.expires_at,
        secret_name=keeping.secret_name(tenant_id, credential_id),
        secret_version=secret_version,
    )
    session.add(row)
    _flush(session)
    enrolment.enrol(session, tenant_id, credential_id, wanted.provider, wanted.credential_type)
    session.refresh(row)
    return row


def change(
    session: Session,
    credential_id: UUID,
    fields: Mapping[str, Any],
    *,
    version: int | None,
    secret_version: str | None = None,
) -> StoredCredential:
    """Change the given fields, and the secret where ``secret_version``; what is tried anew is checked soon.

    ``version`` is the one the caller read, ``None`` to overwrite whatever is there. Raises
    :class:`CredentialNotFoundError`, :class:`CredentialNameTakenError`, :class:`SecretNeededError` or what
    :mod:`shared.reporting.clients` raises.
    """
    if fields.get("client_id") is not None:
        _check_client(session, fields["client_id"])
    row = find(session, credential_id, lock=True)
    if version is not None and row.version != version:
        raise VersionConflictError
    if secret_version is None and "configuration" in fields and _is_elsewhere(row, fields["configuration"]):
        raise SecretNeededError
    for name, value in fields.items():
        setattr(row, name, value)
    if secret_version is not None:
        row.secret_version = secret_version
        row.secret_set_at = func.clock_timestamp()
        keeping.look_after(session, row.tenant_id, row.id, delay=timedelta(0))
    if secret_version is not None or fields.keys() & {"configuration", "expires_at"}:
        enrolment.renew(session, row.id)
    row.version += 1
    row.updated_at = func.clock_timestamp()
    _flush(session)
    session.refresh(row)
    return row


def delete(session: Session, credential_id: UUID) -> StoredCredential:
    """Delete a credential with its history, have its secret purged, and return what it was.

    Raises :class:`CredentialNotFoundError`.
    """
    row = find(session, credential_id, lock=True)
    removal.remove(session, row)
    return row


def find(session: Session, credential_id: UUID, *, lock: bool = False) -> StoredCredential:
    """Return a credential, for change where ``lock``; raises :class:`CredentialNotFoundError`."""
    statement = select(StoredCredential).where(StoredCredential.id == credential_id)
    statement = statement.with_for_update() if lock else statement
    row = session.scalars(statement.execution_options(populate_existing=lock)).one_or_none()
    if row is None:
        raise CredentialNotFoundError
    return row


def _is_elsewhere(row: StoredCredential, configuration: Mapping[str, Any]) -> bool:
    _, wanted = providers.type_of(row.provider, row.credential_type)
    try:
        before, after = (
            providers.converted(given, wanted.configuration, "configuration").secret_goes_to()
            for given in (row.configuration, configuration)
        )
    except ConfigurationInvalidError:
        # Its provider took other fields then: nobody knows what they meant.
        return True
    return bool(before != after)


def _check_client(session: Session, client_id: UUID | None) -> None:
    if client_id is None:
        return
    # Shared lock: the client cannot be deleted between this look and the commit.
    living = select(Client.id).where(Client.id == client_id, Client.deleted_at.is_(None)).with_for_update(read=True)
    if session.scalar(living) is None:
        raise ClientNotFoundError


def _flush(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        if getattr(error.orig, "diag", None) and error.orig.diag.constraint_name == "stored_credential_name":  # type: ignore[union-attr]
            raise CredentialNameTakenError from error
        raise
