"""Azure connections: made, changed, marked and read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shared.azure.errors import AzureAuthenticationError
from shared.connections import removal
from shared.connections.failing import tell_of_failure
from shared.connections.secret_store import secret_name
from shared.connections.verdict import Verdict
from shared.credential_health import enrolment
from shared.database.reading import Query
from shared.database.tables import AzureConnection, Client
from shared.database.tables.azure_connection import ConnectionKind, ConnectionStatus
from shared.errors import ConflictError, NotFoundError
from shared.reporting.clients import ClientNotFoundError, VersionConflictError
from shared.reporting.listing import Conditions, Order, Place, like_pattern, page_query

_SELECT = """
select id, name, client_id, kind, directory_id, application_id, certificate_thumbprint,
    secret_name is not null as has_secret, secret_set_at, secret_expires_at, selection, status, tested_at,
    test_result as last_test, test_job_id, subscriptions_seen_at,
    (select count(*) from azure_subscription s where s.connection_id = azure_connection.id) as subscriptions_visible,
    version, created_at, updated_at
from azure_connection
"""
ORDERS = {
    "name": Order("name", "lower(name)", "lower(%(after_value)s)"),
    "-name": Order("name", "lower(name)", "lower(%(after_value)s)", descending=True),
    "created_at": Order("created_at", "id"),
    "-created_at": Order("created_at", "id", descending=True),
}
# What somebody changes here signs in anew: what was found out before counts no more.
_SIGN_IN = {"directory_id", "application_id"}


class ConnectionNotFoundError(NotFoundError):
    """There is no such connection for this caller."""

    code = "connection_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such connection.", next_step="List the connections to find its id.")


class ConnectionNameTakenError(ConflictError):
    """Another connection of the tenant already has the name."""

    code = "connection_name_taken"

    def __init__(self) -> None:
        super().__init__(
            "Another connection already has this name.", next_step="Choose another name, or change the other connection."
        )


@dataclass(frozen=True, slots=True)
class KeptSecret:
    """A secret that lies in its store: what the row says of it."""

    version: str
    expires_at: datetime | None = None
    thumbprint: str | None = None


@dataclass(frozen=True, slots=True)
class NewConnection:
    """What a connection is to be."""

    name: str
    kind: ConnectionKind
    directory_id: UUID | None = None
    application_id: UUID | None = None
    client_id: UUID | None = None
    selection: Mapping[str, Any] = field(default_factory=lambda: {"mode": "all"})


def listing(
    *,
    search: str | None,
    client_id: UUID | None,
    kind: str | None,
    status: str | None,
    place: Place,
) -> Query:
    """Return the query of one page of connections; ``search`` looks into names."""
    conditions = Conditions()
    conditions.add("deleted_at is null")
    conditions.add_given("client_id = %(client_id)s", client_id=client_id)
    conditions.add_given("kind = %(kind)s", kind=kind)
    conditions.add_given("status = %(status)s", status=status)
    if search:
        conditions.add("name ilike %(search)s", search=like_pattern(search))
    return page_query(_SELECT, conditions, place)


def reading(connection_id: UUID) -> Query:
    """Return the query of one connection, without what it signs in with."""
    return Query(_SELECT + " where id = %(id)s and deleted_at is null", {"id": connection_id})


def find(session: Session, connection_id: UUID, *, lock: bool = False) -> AzureConnection:
    """Return a connection, for change where ``lock``; raises :class:`ConnectionNotFoundError`."""
    statement = select(AzureConnection).where(AzureConnection.id == connection_id, AzureConnection.deleted_at.is_(None))
    statement = statement.with_for_update(key_share=True) if lock else statement
    connection = session.scalars(statement.execution_options(populate_existing=lock)).one_or_none()
    if connection is None:
        raise ConnectionNotFoundError
    return connection


def check(session: Session, wanted: NewConnection) -> None:
    """See whether ``wanted`` could be made, before its secret goes to the vault.

    Raises :class:`~shared.reporting.clients.ClientNotFoundError` or :class:`ConnectionNameTakenError`.
    """
    if wanted.client_id is not None:
        _client(session, wanted.client_id)
    same_name = select(AzureConnection.id).where(
        func.lower(AzureConnection.name) == func.lower(wanted.name), AzureConnection.deleted_at.is_(None)
    )
    if session.scalar(same_name) is not None:
        raise ConnectionNameTakenError


def create(
    session: Session, tenant_id: UUID, connection_id: UUID, wanted: NewConnection, kept: KeptSecret | None = None
) -> AzureConnection:
    """Write a new connection, whose secret lies in its store already.

    Raises :class:`~shared.reporting.clients.ClientNotFoundError` or :class:`ConnectionNameTakenError`.
    """
    if wanted.client_id is not None:
        _client(session, wanted.client_id)
    connection = AzureConnection(
        id=connection_id,
        tenant_id=tenant_id,
        client_id=wanted.client_id,
        name=wanted.name,
        kind=wanted.kind,
        directory_id=wanted.directory_id,
        application_id=wanted.application_id,
        selection=dict(wanted.selection),
    )
    if kept is not None:
        _take_secret(connection, kept)
    session.add(connection)
    _flush(session)
    enrolment.enrol(session, tenant_id, connection_id, enrolment.AZURE, wanted.kind)
    session.refresh(connection)
    return connection


def change(
    session: Session,
    connection_id: UUID,
    fields: Mapping[str, Any],
    *,
    version: int | None,
    kept: KeptSecret | None = None,
) -> AzureConnection:
    """Change the given fields of a connection, and what it signs in with where ``kept``, and raise its version.

    ``version`` is the one the caller read, ``None`` to overwrite whatever is there. The secret's earlier versions are put
    out of use soon after. Raises :class:`ConnectionNotFoundError`, :class:`~shared.reporting.clients.VersionConflictError`,
    :class:`~shared.reporting.clients.ClientNotFoundError` or :class:`ConnectionNameTakenError`.
    """
    # The client before the connection, as its deletion does, so that nobody waits in a circle.
    if fields.get("client_id") is not None:
        _client(session, fields["client_id"])
    connection = find(session, connection_id, lock=True)
    if version is not None and connection.version != version:
        raise VersionConflictError
    signs_in_anew = kept is not None or any(
        name in fields and fields[name] != getattr(connection, name) for name in _SIGN_IN
    )
    for name, value in fields.items():
        setattr(connection, name, value)
    if kept is not None:
        _take_secret(connection, kept)
        removal.look_after(session, connection.tenant_id, connection.id, delay=timedelta(0))
    if signs_in_anew:
        connection.status = ConnectionStatus.UNTESTED
        connection.tested_at = connection.test_result = None
        enrolment.renew(session, connection.id)
    if any(name in fields for name in _SIGN_IN) and signs_in_anew:
        removal.forget_subscriptions(session, [connection.id])
    connection.version += 1
    connection.updated_at = func.clock_timestamp()
    _flush(session)
    session.refresh(connection)
    return connection


def delete(session: Session, connection_id: UUID) -> None:
    """Hide a connection and have its secret purged; raises :class:`ConnectionNotFoundError`."""
    removal.remove(session, find(session, connection_id, lock=True))


def mark_failing(session: Session, connection_id: UUID, error: AzureAuthenticationError) -> None:
    """Note on a connection that it could not sign in, and why.

    Does nothing where it is gone, or has another secret by now than the one that was refused.
    """
    try:
        connection = find(session, connection_id, lock=True)
    except ConnectionNotFoundError:
        return
    if error.secret_version not in {None, connection.secret_version}:
        return
    verdict = Verdict.of(error)
    if connection.status == ConnectionStatus.WORKING:
        tell_of_failure(session, connection, verdict)
    connection.status = ConnectionStatus.FAILING
    enrolment.doubt(session, connection.id)
    connection.tested_at = func.clock_timestamp()
    connection.test_result = verdict.stored()


def _take_secret(connection: AzureConnection, kept: KeptSecret) -> None:
    connection.secret_name = secret_name(connection.tenant_id, connection.id)
    connection.secret_version = kept.version
    connection.secret_expires_at = kept.expires_at
    connection.certificate_thumbprint = kept.thumbprint
    connection.secret_set_at = func.clock_timestamp()


def _client(session: Session, client_id: UUID) -> None:
    # Shared lock: the client cannot be deleted between this look and the commit.
    living = select(Client.id).where(Client.id == client_id, Client.deleted_at.is_(None)).with_for_update(read=True)
    if session.scalar(living) is None:
        raise ClientNotFoundError


def _flush(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        if getattr(error.orig, "diag", None) and error.orig.diag.constraint_name == "azure_connection_name":  # type: ignore[union-attr]
            raise ConnectionNameTakenError from error
        raise
