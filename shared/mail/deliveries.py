"""Mails under way: begun, settled, sent again on demand; always under the claim of the mail's own job."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.database.tables import Job, MailAttempt, MailDelivery, MailRecipient
from shared.database.tables.mail import HoldCode, MailState
from shared.deliveries import backoff, jobs, noting
from shared.identifiers import new_id
from shared.jobs import requests
from shared.jobs.kinds import SEND_MAIL, SEND_WELCOME_EMAIL, JobKind
from shared.mail import holds
from shared.mail.errors import MailNotEndedError, MailNotFoundError
from shared.mail.kinds import MailKind
from shared.mail.smtp import Outcome

_SENT_AGAIN = frozenset({MailState.REFUSED, MailState.BOUNCED, MailState.FAILED, MailState.HELD})


@dataclass(frozen=True, slots=True)
class Ready:
    """A mail whose time has come, with all that it is made of."""

    tenant_id: UUID
    delivery_id: UUID
    recipient_id: UUID | None
    kind: MailKind
    event_type: str | None
    client_id: UUID | None
    address: str
    name: str
    language: str
    time_zone: str
    data: dict[str, Any]
    created_at: datetime
    step: int

    @property
    def will_be_tried_again(self) -> bool:
        """Whether another attempt follows one that fails."""
        return self.step < len(backoff.LONG_WAITS_S)


def begin(session: Session, delivery_id: UUID, job_id: UUID) -> Ready | None:
    """Return the mail if its job may send it now; ``None`` where it ended, has another job, or must be held."""
    delivery = _locked(session, delivery_id, job_id)
    if delivery is None:
        return None
    if (against := _reason_against(session, delivery)) is not None:
        _end(delivery, MailState.HELD)
        delivery.error_code, delivery.error = against
        return None
    return Ready(
        tenant_id=delivery.tenant_id,
        delivery_id=delivery.id,
        recipient_id=delivery.recipient_id,
        kind=MailKind(delivery.kind),
        event_type=delivery.event_type,
        client_id=delivery.client_id,
        address=delivery.address,
        name=delivery.name,
        language=delivery.language,
        time_zone=delivery.time_zone,
        data=delivery.data,
        created_at=delivery.created_at,
        step=delivery.step,
    )


def settle(session: Session, ready: Ready, outcome: Outcome, job_id: UUID) -> None:
    """Write an attempt and what follows from it for the mail and its address."""
    delivery = _locked(session, ready.delivery_id, job_id)
    if delivery is None:
        # Deleted, or reported by the relay, meanwhile.
        return
    noting.note(session, delivery, outcome, MailAttempt)
    now = datetime.now(UTC)
    if outcome.accepted:
        delivery.accepted_at = now
        _end(delivery, MailState.ACCEPTED)
    elif outcome.is_final:
        _end(delivery, MailState.REFUSED)
        if outcome.is_about_address:
            reason = f"{outcome.error} {outcome.answer}".strip()
            holds.hold(session, delivery.tenant_id, delivery.address, HoldCode.REFUSED, reason, delivery_id=delivery.id)
    elif (wait_s := backoff.long_wait_s(delivery.step)) is None:
        _end(delivery, MailState.FAILED)
    else:
        delivery.step += 1
        _put_off(session, delivery, now + timedelta(seconds=wait_s))
    session.flush()


def skip(session: Session, ready: Ready, code: str, reason: str, job_id: UUID) -> None:
    """End a mail that has nothing to tell (any more)."""
    delivery = _locked(session, ready.delivery_id, job_id)
    if delivery is not None:
        _end(delivery, MailState.SKIPPED)
        delivery.error_code, delivery.error = code, reason
        session.flush()


def put_off(session: Session, ready: Ready, wait_s: float, job_id: UUID) -> None:
    """Let a mail wait without an attempt, where it stands on the long schedule; its job comes back then."""
    delivery = _locked(session, ready.delivery_id, job_id)
    if delivery is not None:
        delivery.next_attempt_at = datetime.now(UTC) + timedelta(seconds=wait_s)
        session.flush()


def keep_data(session: Session, ready: Ready, data: dict[str, Any]) -> None:
    """Keep what a mail tells, so that a later attempt is the same mail."""
    delivery = session.get(MailDelivery, ready.delivery_id)
    if delivery is not None:
        delivery.data = data
        session.flush()


def send_again(session: Session, delivery_id: UUID, *, trace_id: str | None) -> Job:
    """Let a mail that did not arrive begin anew, as the same mail; publish the job after the commit.

    Raises :class:`~shared.mail.errors.MailNotFoundError` or :class:`~shared.mail.errors.MailNotEndedError`.
    """
    delivery = session.scalars(
        select(MailDelivery).where(MailDelivery.id == delivery_id).with_for_update(key_share=True)
    ).one_or_none()
    if delivery is None:
        raise MailNotFoundError
    if delivery.state not in _SENT_AGAIN:
        raise MailNotEndedError(delivery.state)
    delivery.step, delivery.finished_at, delivery.reported_at = 0, None, None
    return with_job(session, delivery, trace_id=trace_id)


def with_job(session: Session, delivery: MailDelivery, *, trace_id: str | None) -> Job:
    """Write a mail that waits, with a job that sends it now; publish the job after the commit."""
    delivery.state, delivery.next_attempt_at = MailState.WAITING.value, datetime.now(UTC)
    arguments = {"delivery_id": str(delivery.id)}
    job = requests.add_job(
        session, job_kind_of(delivery.kind), tenant_id=delivery.tenant_id, arguments=arguments, trace_id=trace_id
    )
    delivery.job_id = job.id
    session.add(delivery)
    session.flush()
    return job


def job_kind_of(kind: str) -> JobKind:
    """Return the kind of the jobs that send mails of this kind."""
    return SEND_WELCOME_EMAIL if kind == MailKind.WELCOME else SEND_MAIL


def _reason_against(session: Session, delivery: MailDelivery) -> tuple[str, str] | None:
    on_hold = holds.reason_against(session, delivery.address, MailKind(delivery.kind))
    if on_hold is not None:
        return f"address_{on_hold.code}", f"The address is on hold: {on_hold.reason}"
    if delivery.recipient_id is None:
        return None
    recipient = session.get(MailRecipient, delivery.recipient_id)
    if recipient is not None and not recipient.enabled and delivery.kind != MailKind.TEST:
        return "recipient_disabled", "The recipient is disabled."
    return None


def _locked(session: Session, delivery_id: UUID, job_id: UUID) -> MailDelivery | None:
    return session.scalars(
        select(MailDelivery)
        .where(MailDelivery.id == delivery_id, MailDelivery.state == MailState.WAITING, MailDelivery.job_id == job_id)
        .with_for_update(key_share=True)
    ).one_or_none()


def _put_off(session: Session, delivery: MailDelivery, until: datetime) -> None:
    delivery.next_attempt_at, delivery.job_id = until, new_id()
    session.flush()
    jobs.add_jobs(session, job_kind_of(delivery.kind), [(delivery.tenant_id, delivery.id, delivery.job_id)], at=until)


def _end(delivery: MailDelivery, state: MailState) -> None:
    delivery.state = state.value
    delivery.next_attempt_at = None
    delivery.finished_at = datetime.now(UTC)
