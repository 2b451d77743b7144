"""From events to deliveries: what follows from an event for the endpoints of its tenant, in the transaction it is given."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import any_, func, literal, or_, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.orm import Session

from shared.database.tables import DomainEvent, WebhookDelivery, WebhookEndpoint
from shared.database.tables.webhook import DeliveryState
from shared.deliveries import jobs
from shared.events.types import EventType
from shared.identifiers import new_id
from shared.jobs.kinds import DELIVER_WEBHOOK


def subscribe(session: Session, event: DomainEvent) -> None:
    """Write a delivery for each endpoint that wants ``event``, with its job; held where the endpoint is disabled.

    A test is for one endpoint and is delivered by whoever asks for it, so it is nobody else's.
    """
    if event.type == EventType.WEBHOOK_TEST.value:
        return
    now = datetime.now(UTC)
    rows = [
        {
            "id": new_id(),
            "tenant_id": event.tenant_id,
            "endpoint_id": endpoint_id,
            "event_id": event.id,
            "event_type": event.type,
            "state": (DeliveryState.WAITING if enabled else DeliveryState.HELD).value,
            "next_attempt_at": now if enabled else None,
            "finished_at": None if enabled else now,
            "job_id": new_id() if enabled else None,
        }
        for endpoint_id, enabled in session.execute(_wanting(event))
    ]
    if not rows:
        return
    written = set(
        session.scalars(postgresql_insert(WebhookDelivery).on_conflict_do_nothing().returning(WebhookDelivery.id), rows)
    )
    jobs.add_jobs(
        session,
        DELIVER_WEBHOOK,
        ((event.tenant_id, row["id"], row["job_id"]) for row in rows if row["id"] in written),
        at=now,
    )


def _wanting(event: DomainEvent) -> Any:
    """Return the query of the endpoints that want ``event``; of none that was disabled of that itself."""
    endpoint = WebhookEndpoint
    statement = select(endpoint.id, endpoint.enabled).where(
        endpoint.tenant_id == event.tenant_id,
        or_(func.cardinality(endpoint.event_types) == 0, literal(event.type) == any_(endpoint.event_types)),
    )
    of_all = func.cardinality(endpoint.client_ids) == 0
    statement = statement.where(
        of_all if event.client_id is None else or_(of_all, literal(event.client_id) == any_(endpoint.client_ids))
    )
    if event.type == EventType.WEBHOOK_ENDPOINT_DISABLED.value:
        statement = statement.where(endpoint.id != UUID(event.data["endpoint_id"]))
    return statement
