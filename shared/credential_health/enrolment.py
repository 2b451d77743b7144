"""Which credentials are checked: each has a row that says how it stands, from its making to its end."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Row, delete, func, literal, select, union_all, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.credential_health import timing
from shared.credential_health.states import FAILURES, HealthState
from shared.database.tables import AzureConnection, CredentialHealth, StoredCredential

AZURE = "azure"
"""The provider of connections."""
_BATCH = 1000


def enrol(session: Session, tenant_id: UUID, credential_id: UUID, provider: str, credential_type: str) -> None:
    """Have a new credential checked from now on, at once for the first time."""
    row = {"id": credential_id, "tenant_id": tenant_id, "provider": provider, "credential_type": credential_type}
    session.execute(insert(CredentialHealth).values(**row, next_check_at=func.clock_timestamp()).on_conflict_do_nothing())


def renew(session: Session, credential_id: UUID) -> None:
    """Have a credential that was changed checked at once: what was found of the one before says nothing about it.

    An incident goes on until the new one was seen to work.
    """
    session.execute(
        update(CredentialHealth)
        .where(CredentialHealth.id == credential_id)
        .values(
            state=HealthState.UNCHECKED.value,
            code=None,
            message=None,
            next_step=None,
            missing_permissions=[],
            excess_permissions=[],
            counted_at=None,
            expires_at=None,
            next_check_at=func.clock_timestamp(),
            job_id=None,
        )
        .execution_options(synchronize_session=False)
    )


def forget(session: Session, credential_id: UUID) -> None:
    """Check a credential that goes no more, and forget its history."""
    session.execute(delete(CredentialHealth).where(CredentialHealth.id == credential_id))


def doubt(session: Session, credential_id: UUID) -> None:
    """Have a credential that was well checked at once, because somebody who used it was refused."""
    session.execute(
        update(CredentialHealth)
        .where(CredentialHealth.id == credential_id, CredentialHealth.state.not_in([state.value for state in FAILURES]))
        .values(next_check_at=func.least(CredentialHealth.next_check_at, func.clock_timestamp()))
        .execution_options(synchronize_session=False)
    )


def forget_gone(session: Session) -> None:
    """Forget credentials that were removed past this product."""
    connection = select(AzureConnection.id).where(
        AzureConnection.id == CredentialHealth.id, AzureConnection.deleted_at.is_(None)
    )
    credential = select(StoredCredential.id).where(StoredCredential.id == CredentialHealth.id)
    session.execute(
        delete(CredentialHealth)
        .where(~connection.exists(), ~credential.exists())
        .execution_options(synchronize_session=False)
    )


def enrol_all(session: Session, tenant_id: UUID, interval: timedelta) -> int:
    """Enrol credentials of the tenant that nobody enrolled, spread over the interval, and return how many.

    They are those from before there were checks, and those that were written past this product.
    """
    now = datetime.now(UTC)
    enrolled = 0
    while rows := _not_enrolled(session):
        session.execute(
            insert(CredentialHealth).on_conflict_do_nothing(),
            [
                {
                    "id": row.id,
                    "tenant_id": tenant_id,
                    "provider": row.provider,
                    "credential_type": row.credential_type,
                    "next_check_at": timing.regular(row.id, now, interval),
                }
                for row in rows
            ],
        )
        enrolled += len(rows)
        if len(rows) < _BATCH:
            break
    return enrolled


def _not_enrolled(session: Session) -> list[Row[UUID, str, str]]:
    health = select(CredentialHealth.id)
    connections = select(
        AzureConnection.id, literal(AZURE).label("provider"), AzureConnection.kind.label("credential_type")
    ).where(AzureConnection.deleted_at.is_(None), ~health.where(CredentialHealth.id == AzureConnection.id).exists())
    stored = select(StoredCredential.id, StoredCredential.provider, StoredCredential.credential_type).where(
        ~health.where(CredentialHealth.id == StoredCredential.id).exists()
    )
    return list(session.execute(union_all(connections, stored).limit(_BATCH)).all())
