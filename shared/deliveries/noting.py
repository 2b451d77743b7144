"""Every attempt at a delivery is a row; the delivery itself shows the last one."""

from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from shared.database.tables import MailAttempt, MailDelivery, WebhookAttempt, WebhookDelivery


class Noted(Protocol):
    """What came of an attempt."""

    @property
    def started_at(self) -> datetime: ...
    @property
    def duration_s(self) -> float: ...
    @property
    def status(self) -> int | None: ...
    @property
    def error_code(self) -> str | None: ...
    @property
    def error(self) -> str | None: ...
    @property
    def answer(self) -> str: ...


def note(
    session: Session,
    delivery: WebhookDelivery | MailDelivery,
    outcome: Noted,
    attempts: type[WebhookAttempt | MailAttempt],
) -> None:
    """Write one attempt at a locked delivery into the table ``attempts``."""
    delivery.attempt_count += 1
    delivery.last_status, delivery.error_code, delivery.error = outcome.status, outcome.error_code, outcome.error
    session.add(
        attempts(
            tenant_id=delivery.tenant_id,
            delivery_id=delivery.id,
            number=delivery.attempt_count,
            started_at=outcome.started_at,
            duration_ms=round(outcome.duration_s * 1000),
            status=outcome.status,
            error_code=outcome.error_code,
            error=outcome.error,
            answer=outcome.answer,
        )
    )
    session.flush()
