"""The outbox: events are written with their cause, and claimed by whoever passes them on."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from shared.database.tables import DomainEvent
from shared.events.payloads import Payload
from shared.identifiers import new_id

_FIRST_WAIT_S = 5.0
_LONGEST_WAIT_S = 3600.0
_MAX_ERROR_CHARS = 500


@dataclass(frozen=True, slots=True)
class Happened:
    """An event to be recorded."""

    tenant_id: UUID
    payload: Payload
    client_id: UUID | None = None
    """The client it is about, for those who only follow some."""


def record(session: Session, tenant_id: UUID, payload: Payload, *, client_id: UUID | None = None) -> UUID:
    """Write an event in the caller's transaction and return its id: it happened if the transaction commits, else not."""
    return record_all(session, [Happened(tenant_id, payload, client_id)])[0]


def record_all(session: Session, happened: Iterable[Happened]) -> list[UUID]:
    """Do the same for many events at once."""
    now = datetime.now(UTC)
    rows = [
        {
            "id": new_id(),
            "tenant_id": one.tenant_id,
            "type": one.payload.type.value,
            "occurred_at": now,
            "client_id": one.client_id,
            "data": msgspec.to_builtins(one.payload),
            "dispatch_after": now,
        }
        for one in happened
    ]
    session.execute(insert(DomainEvent), rows)
    return [row["id"] for row in rows]


def claim(session: Session, *, limit: int = 100) -> list[DomainEvent]:
    """Return up to ``limit`` events that nobody has passed on, the oldest first, locked until the transaction ends.

    Others who claim at the same time get other events. What the caller writes for an event (deliveries, messages) goes into
    the same transaction as :func:`done`, so that each event is passed on exactly once, whoever dies when.
    """
    return list(
        session.scalars(
            select(DomainEvent)
            .where(DomainEvent.dispatched_at.is_(None), DomainEvent.dispatch_after <= func.clock_timestamp())
            .order_by(DomainEvent.dispatch_after, DomainEvent.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    )


def done(session: Session, event_ids: list[UUID]) -> None:
    """Note that claimed events were passed on."""
    session.execute(
        update(DomainEvent)
        .where(DomainEvent.id.in_(event_ids))
        .values(dispatched_at=func.clock_timestamp(), last_error=None)
        .execution_options(synchronize_session=False)
    )


def postpone(session: Session, event: DomainEvent, error: str) -> None:
    """Let a claimed event that could not be passed on wait, longer each time, and keep why."""
    wait_s = min(_FIRST_WAIT_S * 2.0 ** min(event.attempts, 20), _LONGEST_WAIT_S)
    session.execute(
        update(DomainEvent)
        .where(DomainEvent.id == event.id)
        .values(
            attempts=func.least(DomainEvent.attempts + 1, 30_000),
            dispatch_after=func.clock_timestamp() + timedelta(seconds=wait_s),
            last_error=error[:_MAX_ERROR_CHARS],
        )
        .execution_options(synchronize_session=False)
    )
