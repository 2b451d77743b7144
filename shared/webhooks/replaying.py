"""Deliveries on demand: one again, all that failed or were held, or a test; the same id, a fresh timestamp."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from shared import events
from shared.database.tables import Job, WebhookDelivery, WebhookEndpoint
from shared.database.tables.webhook import DeliveryState
from shared.deliveries import jobs as delivery_jobs
from shared.errors import ConflictError, NotFoundError
from shared.events import outbox
from shared.events.payloads import WebhookTest
from shared.identifiers import new_id
from shared.jobs import requests
from shared.jobs.kinds import DELIVER_WEBHOOK
from shared.webhooks import endpoints

MOST_AT_ONCE = 1000


class DeliveryNotFoundError(NotFoundError):
    """There is no such delivery for this caller."""

    code = "delivery_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such delivery.", next_step="List the deliveries of the webhook to find its id.")


class EndpointDisabledError(ConflictError):
    """Nothing is sent to an endpoint that is disabled."""

    code = "webhook_disabled"

    def __init__(self) -> None:
        super().__init__("The webhook is disabled.", next_step="Enable it first: PATCH it with enabled true.")


class DeliveryWaitingError(ConflictError):
    """A delivery that has not ended cannot be replayed."""

    code = "delivery_waiting"

    def __init__(self) -> None:
        super().__init__(
            "The delivery has not ended; it is tried again by itself.", next_step="See next_attempt_at of the delivery."
        )


@dataclass(frozen=True, slots=True)
class Range:
    """Which deliveries: their states, and when their events were passed on, from ``since`` to before ``until``."""

    states: Collection[DeliveryState]
    since: datetime | None = None
    until: datetime | None = None


def test(session: Session, tenant_id: UUID, endpoint_id: UUID, *, trace_id: str | None) -> tuple[UUID, Job]:
    """Write a test event, its delivery and the job that makes it; publish the job after the commit.

    Also for endpoints that are disabled: who repairs one wants to see it work first. Raises
    :class:`~shared.webhooks.endpoints.EndpointNotFoundError`.
    """
    endpoint = endpoints.find(session, endpoint_id)
    event_id = events.record(session, tenant_id, WebhookTest(endpoint_id=endpoint.id))
    outbox.done(session, [event_id])
    delivery = WebhookDelivery(
        id=new_id(),
        tenant_id=tenant_id,
        endpoint_id=endpoint.id,
        event_id=event_id,
        event_type=WebhookTest.type.value,
        state=DeliveryState.WAITING.value,
        next_attempt_at=datetime.now(UTC),
    )
    return delivery.id, _with_job(session, delivery, trace_id)


def replay_one(session: Session, endpoint_id: UUID, delivery_id: UUID, *, trace_id: str | None) -> Job:
    """Let a delivery that ended begin anew, also one that arrived; publish the job after the commit.

    Raises :class:`~shared.webhooks.endpoints.EndpointNotFoundError`, :class:`DeliveryNotFoundError`,
    :class:`EndpointDisabledError` or :class:`DeliveryWaitingError`.
    """
    _enabled(session, endpoint_id)
    delivery = session.scalars(
        select(WebhookDelivery)
        .where(WebhookDelivery.id == delivery_id, WebhookDelivery.endpoint_id == endpoint_id)
        .with_for_update(key_share=True)
    ).one_or_none()
    if delivery is None:
        raise DeliveryNotFoundError
    if delivery.state == DeliveryState.WAITING:
        raise DeliveryWaitingError
    for name, value in _anew(datetime.now(UTC)).items():
        setattr(delivery, name, value)
    return _with_job(session, delivery, trace_id)


def replay_range(session: Session, endpoint_id: UUID, wanted: Range) -> tuple[int, int]:
    """Let deliveries begin anew, the oldest first, 1,000 at most, and return how many did and how many are left.

    The next sweep sends the messages. Raises :class:`~shared.webhooks.endpoints.EndpointNotFoundError` or
    :class:`EndpointDisabledError`.
    """
    endpoint = _enabled(session, endpoint_id)
    states = [state.value for state in wanted.states if state is not DeliveryState.WAITING]
    conditions = [
        WebhookDelivery.endpoint_id == endpoint_id,
        WebhookDelivery.state.in_(states),
        # Tests that failed have served their purpose.
        WebhookDelivery.event_type != WebhookTest.type.value,
    ]
    if wanted.since is not None:
        conditions.append(WebhookDelivery.created_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(WebhookDelivery.created_at < wanted.until)
    ids = session.scalars(
        select(WebhookDelivery.id)
        .where(*conditions)
        .order_by(WebhookDelivery.id)
        .limit(MOST_AT_ONCE)
        .with_for_update(key_share=True)
    ).all()
    now = datetime.now(UTC)
    jobs = [(endpoint.tenant_id, delivery_id, new_id()) for delivery_id in ids]
    if jobs:
        session.execute(
            update(WebhookDelivery),
            [{"id": delivery_id, "job_id": job_id, **_anew(now)} for _, delivery_id, job_id in jobs],
        )
    delivery_jobs.add_jobs(session, DELIVER_WEBHOOK, jobs, at=now)
    # Those that arrived are not among what is left: they would come round for ever.
    undone = [*conditions, WebhookDelivery.state.in_([DeliveryState.FAILED, DeliveryState.HELD])]
    left = session.scalars(select(func.count()).select_from(WebhookDelivery).where(*undone)).one()
    return len(jobs), left


def _enabled(session: Session, endpoint_id: UUID) -> WebhookEndpoint:
    endpoint = endpoints.find(session, endpoint_id, lock=True)
    if not endpoint.enabled:
        raise EndpointDisabledError
    return endpoint


def _anew(now: datetime) -> dict[str, Any]:
    return {
        "state": DeliveryState.WAITING.value,
        "step": 0,
        "next_attempt_at": now,
        "replayed_at": now,
        "finished_at": None,
    }


def _with_job(session: Session, delivery: WebhookDelivery, trace_id: str | None) -> Job:
    arguments = {"delivery_id": str(delivery.id)}
    job = requests.add_job(session, DELIVER_WEBHOOK, tenant_id=delivery.tenant_id, arguments=arguments, trace_id=trace_id)
    delivery.job_id = job.id
    session.add(delivery)
    session.flush()
    return job
