"""Deliveries under way: begun, noted after each attempt, and settled; always under the claim of the delivery's own job.

Rows are locked in one order: the endpoint's, then the delivery's.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shared.database.tables import DomainEvent, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from shared.database.tables.webhook import DeliveryState, EndpointKind
from shared.deliveries import backoff, jobs, noting
from shared.events.types import EventType
from shared.identifiers import new_id
from shared.jobs.kinds import DELIVER_WEBHOOK
from shared.settings import Settings
from shared.webhooks import breaker, endpoints
from shared.webhooks.attempts import Outcome, Ready

# A vault or a key that is missing on this side is looked for again, as often as it takes; each time is an attempt on record.
_OWN_FAULT_FIRST_S = 300.0
_OWN_FAULT_LONGEST_S = 3600.0
_MOST_DOUBLINGS = 10


@dataclass(frozen=True, slots=True)
class _Rows:
    endpoint: WebhookEndpoint
    delivery: WebhookDelivery


def begin(session: Session, settings: Settings, delivery_id: UUID, job_id: UUID) -> Ready | datetime | None:
    """Return the delivery if its job may make attempts now, or when to come back where the endpoint's breaker puts it off.

    ``None`` where there is nothing to do: the delivery ended, belongs to another job, or is held by its endpoint.
    """
    rows = _locked(session, delivery_id, job_id)
    if rows is None:
        return None
    endpoint, delivery = rows.endpoint, rows.delivery
    if not _is_test(delivery):
        if not endpoint.enabled:
            _end(delivery, DeliveryState.HELD)
            return None
        if (later := breaker.admit(endpoint, datetime.now(UTC))) is not None:
            delivery.next_attempt_at = later
            return later
    event = session.get_one(DomainEvent, delivery.event_id)
    return Ready(
        tenant_id=delivery.tenant_id,
        delivery_id=delivery.id,
        endpoint_id=endpoint.id,
        kind=EndpointKind(endpoint.kind),
        secret_version=endpoint.secret_version,
        legacy_headers=endpoint.legacy_headers,
        timeout_s=endpoint.timeout_s or settings.webhook_timeout_seconds,
        attempts=endpoint.attempts or settings.webhook_retry_attempts,
        step=delivery.step,
        event_id=event.id,
        event_type=event.type,
        occurred_at=event.occurred_at,
        data=event.data,
    )


def note(session: Session, ready: Ready, outcome: Outcome) -> None:
    """Write one attempt; the delivery shows the last one."""
    delivery = session.scalars(
        select(WebhookDelivery).where(WebhookDelivery.id == ready.delivery_id).with_for_update(key_share=True)
    ).one_or_none()
    if delivery is None:
        # Its endpoint was deleted meanwhile.
        return
    noting.note(session, delivery, outcome, WebhookAttempt)


def own_fault_wait_s(times_before: int) -> float:
    """Return how long a delivery waits for what is missing on this side: longer each time, up to an hour."""
    return min(_OWN_FAULT_FIRST_S * 2.0 ** min(times_before, _MOST_DOUBLINGS), _OWN_FAULT_LONGEST_S)


def settle(
    session: Session, settings: Settings, ready: Ready, outcome: Outcome, job_id: UUID, *, own_fault_wait_s: float
) -> None:
    """Write the last attempt of a round and what follows from it for the delivery and for its endpoint.

    What is at fault on this side leaves the delivery with its job, which has to come back after ``own_fault_wait_s``.
    """
    rows = _locked(session, ready.delivery_id, job_id)
    note(session, ready, outcome)
    if rows is None:
        # Held, deleted or replayed meanwhile; what was sent is on record.
        if outcome.delivered:
            _release(session, ready.delivery_id)
        return
    endpoint, delivery = rows.endpoint, rows.delivery
    now = datetime.now(UTC)
    if outcome.delivered:
        breaker.succeeded(endpoint, now)
        _end(delivery, DeliveryState.DELIVERED)
    elif _is_test(delivery):
        # Whoever tests waits for the answer, and looks into what is wrong.
        _end(delivery, DeliveryState.FAILED)
    elif outcome.is_ours:
        delivery.next_attempt_at = now + timedelta(seconds=own_fault_wait_s)
    elif outcome.is_gone:
        _end(delivery, DeliveryState.FAILED)
        session.flush()
        endpoints.disable(session, endpoint, "gone", outcome.error or "")
    else:
        _failed(session, settings, rows, outcome, now)
    session.flush()


def _failed(session: Session, settings: Settings, rows: _Rows, outcome: Outcome, now: datetime) -> None:
    hours = settings.webhook_disable_after_hours
    is_hopeless = breaker.failed(rows.endpoint, now, disable_after=timedelta(hours=hours))
    wait_s = backoff.long_wait_s(rows.delivery.step, retry_after_s=outcome.retry_after_s)
    if wait_s is None:
        _end(rows.delivery, DeliveryState.FAILED)
    else:
        rows.delivery.step += 1
        _put_off(session, rows.delivery, now + timedelta(seconds=wait_s))
    if is_hopeless:
        session.flush()
        reason = f"It failed for {hours} hours without a break; at last: {outcome.error}"
        endpoints.disable(session, rows.endpoint, "failing", reason)


def _release(session: Session, delivery_id: UUID) -> None:
    """Let a delivery that arrived while its endpoint was being disabled not wait for a replay."""
    session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.id == delivery_id, WebhookDelivery.state == DeliveryState.HELD)
        .values(state=DeliveryState.DELIVERED)
        .execution_options(synchronize_session=False)
    )


def _locked(session: Session, delivery_id: UUID, job_id: UUID) -> _Rows | None:
    endpoint_id = session.scalars(select(WebhookDelivery.endpoint_id).where(WebhookDelivery.id == delivery_id)).one_or_none()
    if endpoint_id is None:
        return None
    endpoint = session.scalars(
        select(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id).with_for_update(key_share=True)
    ).one_or_none()
    delivery = session.scalars(
        select(WebhookDelivery)
        .where(
            WebhookDelivery.id == delivery_id,
            WebhookDelivery.state == DeliveryState.WAITING,
            WebhookDelivery.job_id == job_id,
        )
        .with_for_update(key_share=True)
    ).one_or_none()
    return None if endpoint is None or delivery is None else _Rows(endpoint, delivery)


def _put_off(session: Session, delivery: WebhookDelivery, until: datetime) -> None:
    delivery.next_attempt_at = until
    delivery.job_id = new_id()
    session.flush()
    jobs.add_jobs(session, DELIVER_WEBHOOK, [(delivery.tenant_id, delivery.id, delivery.job_id)], at=until)


def _end(delivery: WebhookDelivery, state: DeliveryState) -> None:
    delivery.state = state.value
    delivery.next_attempt_at = None
    delivery.finished_at = datetime.now(UTC)


def _is_test(delivery: WebhookDelivery) -> bool:
    return delivery.event_type == EventType.WEBHOOK_TEST.value
