"""From events to deliveries: what follows from an event for the endpoints of its tenant, in the transaction it is given."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import any_, exists, func, insert, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.orm import Session

from shared.database.session import Database
from shared.database.tables import DomainEvent, Job, WebhookDelivery, WebhookEndpoint
from shared.database.tables.job import JobState
from shared.database.tables.webhook import DeliveryState
from shared.events.types import EventType
from shared.identifiers import new_id
from shared.jobs.kinds import DELIVER_WEBHOOK
from shared.jobs.requests import PUBLISHING_TAKES_S

# Not long after the last of a job's attempts; jobs end early only where database or vault were away.
_LEFT_BEHIND = timedelta(minutes=15)
_BATCH = 500


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
    add_jobs(session, ((event.tenant_id, row["id"], row["job_id"]) for row in rows if row["id"] in written), at=now)


def add_jobs(session: Session, deliveries: Iterable[tuple[UUID, UUID, UUID | None]], *, at: datetime) -> None:
    """Write the jobs that make the next attempts at ``at``; each is tenant, delivery and job.

    Nobody but the sweep sends their messages, so it need not leave anybody the time to.
    """
    run_after = at - timedelta(seconds=PUBLISHING_TAKES_S)
    rows: list[dict[str, Any]] = [
        {
            "id": job_id,
            "tenant_id": tenant_id,
            "kind": DELIVER_WEBHOOK.name,
            "queue": DELIVER_WEBHOOK.queue.value,
            "priority": int(DELIVER_WEBHOOK.priority),
            "arguments": {"delivery_id": str(delivery_id)},
            "max_attempts": DELIVER_WEBHOOK.max_attempts,
            "run_after": run_after,
        }
        for tenant_id, delivery_id, job_id in deliveries
        if job_id is not None
    ]
    if rows:
        session.execute(insert(Job), rows)


def revive(database: Database) -> int:
    """Give a new job to deliveries whose time has long come and whose job is no more, and return how many those were.

    ``database`` is the login across tenants. Jobs end without their delivery where workers die again and again, or where
    database or vault stay away for longer than a job is tried.
    """
    overdue = func.clock_timestamp() - _LEFT_BEHIND
    living = exists().where(Job.id == WebhookDelivery.job_id, Job.state.in_([JobState.QUEUED, JobState.RUNNING]))
    with database.across_tenants() as session:
        found = session.execute(
            select(WebhookDelivery.tenant_id, WebhookDelivery.id)
            .where(WebhookDelivery.state == DeliveryState.WAITING, WebhookDelivery.next_attempt_at < overdue, ~living)
            .order_by(WebhookDelivery.next_attempt_at)
            .limit(_BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        jobs = [(row.tenant_id, row.id, new_id()) for row in found]
        for _, delivery_id, job_id in jobs:
            session.execute(
                update(WebhookDelivery)
                .where(WebhookDelivery.id == delivery_id)
                .values(job_id=job_id)
                .execution_options(synchronize_session=False)
            )
        add_jobs(session, jobs, at=datetime.now(UTC))
    return len(jobs)


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
