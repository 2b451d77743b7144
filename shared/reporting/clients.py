"""Clients: those for whom a tenant makes reports."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shared.connections import removal
from shared.credential_health import removal as credential_removal
from shared.database.reading import Query
from shared.database.tables import AzureConnection, Client, Report, StoredCredential
from shared.errors import ConflictError, InvalidRequestError, NotFoundError
from shared.jobs.cancellation import cancel_report
from shared.jobs.kinds import REMOVE_REPORT_FILES
from shared.jobs.requests import add_jobs_of_reports
from shared.reporting.listing import Conditions, Order, Place, like_pattern, page_query

_SELECT = """
select id, name, reference, status, contact_email, notes, version, created_at, updated_at from client
"""


class ClientStatus(StrEnum):
    """Whether reports are made for a client; an inactive one keeps what it has."""

    ACTIVE = "active"
    INACTIVE = "inactive"


class ClientNotFoundError(NotFoundError):
    """There is no such client for this caller."""

    code = "client_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such client.", next_step="List the clients to find its id.")


class ReferenceTakenError(ConflictError):
    """Another client of the tenant already has the reference."""

    code = "reference_taken"

    def __init__(self) -> None:
        super().__init__(
            "Another client already has this reference.", next_step="Choose another reference, or change the other client."
        )


class ClientUnknownError(InvalidRequestError):
    """A filter names clients that do not exist."""

    code = "client_unknown"


class VersionConflictError(ConflictError):
    """What should be changed was changed by somebody else since it was read."""

    code = "version_conflict"

    def __init__(self) -> None:
        super().__init__(
            "Somebody changed this since you read it.", next_step="Read it again and apply your change to what you find."
        )


ORDERS = {
    "name": Order("name", "lower(name)", "lower(%(after_value)s)"),
    "-name": Order("name", "lower(name)", "lower(%(after_value)s)", descending=True),
    "created_at": Order("created_at", "id"),
    "-created_at": Order("created_at", "id", descending=True),
}


def listing(*, search: str | None, status: str | None, place: Place) -> Query:
    """Return the query of one page of clients; ``search`` looks into names and references."""
    conditions = Conditions()
    conditions.add("deleted_at is null")
    conditions.add_given("status = %(status)s", status=status)
    if search:
        conditions.add("(name ilike %(search)s or reference ilike %(search)s)", search=like_pattern(search))
    return page_query(_SELECT, conditions, place)


def reading(client_id: UUID) -> Query:
    """Return the query of one client."""
    return Query(_SELECT + " where id = %(id)s and deleted_at is null", {"id": client_id})


def check_known(session: Session, client_ids: Collection[UUID]) -> None:
    """Raise :class:`ClientUnknownError` unless every one of these clients is there."""
    known = session.scalars(select(Client.id).where(Client.id.in_(client_ids), Client.deleted_at.is_(None))).all()
    if unknown := set(client_ids) - set(known):
        raise ClientUnknownError(
            f"{len(unknown)} of the clients do not exist, such as {min(unknown)}.",
            next_step="List the clients to find their ids.",
        )


def create(session: Session, tenant_id: UUID, fields: Mapping[str, Any]) -> Client:
    """Write a new client; raises :class:`ReferenceTakenError`."""
    client = Client(tenant_id=tenant_id, **fields)
    session.add(client)
    _flush(session)
    session.refresh(client)
    return client


def find(session: Session, client_id: UUID) -> Client:
    """Return a client; raises :class:`ClientNotFoundError`."""
    client = session.scalars(select(Client).where(Client.id == client_id, Client.deleted_at.is_(None))).one_or_none()
    if client is None:
        raise ClientNotFoundError
    return client


def change(session: Session, client_id: UUID, fields: Mapping[str, Any], *, version: int | None) -> Client:
    """Change the given fields of a client and raise its version.

    ``version`` is the one the caller read, ``None`` to overwrite whatever is there. Raises :class:`ClientNotFoundError`,
    :class:`VersionConflictError` or :class:`ReferenceTakenError`.
    """
    client = _locked(session, client_id)
    if version is not None and client.version != version:
        raise VersionConflictError
    for name, value in fields.items():
        setattr(client, name, value)
    client.version += 1
    client.updated_at = func.clock_timestamp()
    _flush(session)
    session.refresh(client)
    return client


@dataclass(frozen=True, slots=True)
class Deleted:
    """A client that was deleted, and what went with it."""

    client: Client
    report_count: int
    connections: tuple[AzureConnection, ...]
    credentials: tuple[StoredCredential, ...]


def delete(session: Session, client_id: UUID) -> Deleted:
    """Hide a client with its reports, connections and credentials, and stop the work on them.

    Raises :class:`ClientNotFoundError`.
    """
    client = _locked(session, client_id)
    of_client = select(Report.id).where(Report.client_id == client_id, Report.deleted_at.is_(None)).order_by(Report.id)
    report_ids = session.scalars(of_client).all()
    # Jobs are locked before the reports they carry, as the workers do, so that nobody waits in a circle.
    for report_id in session.scalars(of_client.where(Report.finished_at.is_(None))).all():
        cancel_report(session, report_id)
    now = func.clock_timestamp()
    session.execute(
        update(Report)
        .where(Report.id.in_(report_ids))
        .values(deleted_at=now, updated_at=now)
        .execution_options(synchronize_session=False)
    )
    add_jobs_of_reports(session, REMOVE_REPORT_FILES, tenant_id=client.tenant_id, report_ids=report_ids)
    connections = removal.remove_all_of_client(session, client_id)
    credentials = credential_removal.remove_all_of_client(session, client_id)
    client.deleted_at = now
    client.version += 1
    return Deleted(client, len(report_ids), connections, credentials)


def _locked(session: Session, client_id: UUID) -> Client:
    found = session.scalars(
        select(Client).where(Client.id == client_id, Client.deleted_at.is_(None)).with_for_update(key_share=True)
    )
    if (client := found.one_or_none()) is None:
        raise ClientNotFoundError
    return client


def _flush(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        if getattr(error.orig, "diag", None) and error.orig.diag.constraint_name == "client_reference":  # type: ignore[union-attr]
            raise ReferenceTakenError from error
        raise
