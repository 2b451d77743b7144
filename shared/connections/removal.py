"""Connections that go: hidden at once, their secrets purged as soon as the vault lets us, however often that takes."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.connections.secret_store import secret_name
from shared.credential_health import enrolment
from shared.database.tables import AzureConnection, AzureSubscription, SecretUpkeep
from shared.identifiers import new_id

STAGED_FOR = timedelta(minutes=10)
"""So long a secret may lie in the vault before the row that names it is committed; a request takes seconds."""


def look_after(session: Session, tenant_id: UUID, owner_id: UUID, *, delay: timedelta, name: str | None = None) -> None:
    """Have the secret of a connection looked at once ``delay`` is over: what no row names by then goes.

    ``owner_id`` is the row that names it; whoever is no connection gives the secret's ``name`` too.
    Called before a secret is put into the vault, so that a process that dies in between leaves nothing behind, and again
    when a version or the whole connection goes.
    """
    due_at = func.clock_timestamp() + delay
    row = {"tenant_id": tenant_id, "owner_id": owner_id, "name": name or secret_name(tenant_id, owner_id)}
    session.execute(
        insert(SecretUpkeep)
        .values(id=new_id(), due_at=due_at, **row)
        .on_conflict_do_update(
            index_elements=[SecretUpkeep.tenant_id, SecretUpkeep.name],
            # Whoever wants it sooner has it looked at sooner; versions that are being made are told by their age.
            set_={"due_at": func.least(SecretUpkeep.due_at, due_at), "attempts": 0},
        )
    )


def remove(session: Session, connection: AzureConnection) -> None:
    """Hide a locked connection, forget its subscriptions and have its secret purged."""
    now = func.clock_timestamp()
    connection.deleted_at = connection.updated_at = now
    connection.version += 1
    session.execute(delete(AzureSubscription).where(AzureSubscription.connection_id == connection.id))
    enrolment.forget(session, connection.id)
    if connection.secret_name is not None:
        look_after(session, connection.tenant_id, connection.id, delay=timedelta(0))
        connection.secret_name = connection.secret_version = None


def remove_all_of_client(session: Session, client_id: UUID) -> tuple[AzureConnection, ...]:
    """Remove the connections of a client that goes, and return them."""
    connections = session.scalars(
        select(AzureConnection)
        .where(AzureConnection.client_id == client_id, AzureConnection.deleted_at.is_(None))
        .order_by(AzureConnection.id)
        .with_for_update(key_share=True)
    ).all()
    for connection in connections:
        remove(session, connection)
    return tuple(connections)


def forget_subscriptions(session: Session, connection_ids: Iterable[UUID]) -> None:
    """Forget what connections saw, because they look elsewhere from now on."""
    ids = list(connection_ids)
    session.execute(delete(AzureSubscription).where(AzureSubscription.connection_id.in_(ids)))
    session.execute(
        update(AzureConnection)
        .where(AzureConnection.id.in_(ids))
        .values(subscriptions_seen_at=None)
        .execution_options(synchronize_session=False)
    )
