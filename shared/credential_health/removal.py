"""Stored credentials that go, with their history; their secrets are purged as soon as their store lets us."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.credential_health import enrolment, keeping
from shared.database.tables import StoredCredential


def remove(session: Session, row: StoredCredential) -> None:
    """Delete a locked credential."""
    keeping.look_after(session, row.tenant_id, row.id, delay=timedelta(0))
    enrolment.forget(session, row.id)
    session.delete(row)
    session.flush()


def remove_all_of_client(session: Session, client_id: UUID) -> tuple[StoredCredential, ...]:
    """Delete the credentials of a client that goes and return what they were."""
    of_client = select(StoredCredential).where(StoredCredential.client_id == client_id)
    found = tuple(session.scalars(of_client.order_by(StoredCredential.id).with_for_update()).all())
    for row in found:
        remove(session, row)
    return found
