"""From events to mails: what follows from an event for the recipients of its tenant, in the transaction it is given."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, any_, func, literal, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.database.tables import DomainEvent, MailDelivery, MailHold, MailRecipient
from shared.database.tables.mail import MailState
from shared.deliveries import jobs
from shared.events.types import EventType
from shared.identifiers import new_id
from shared.jobs.kinds import SEND_MAIL
from shared.mail.kinds import OF_EVENTS, MailKind


def subscribe(session: Session, event: DomainEvent) -> None:
    """Write a mail for each recipient who wants ``event``, with its job."""
    kind = _kind_of(event)
    if kind is None:
        return
    now = datetime.now(UTC)
    rows = [
        {
            **row_for(recipient, kind, now),
            "event_id": event.id,
            "event_type": event.type,
            "client_id": event.client_id,
            "data": {
                "event": event.data,
                "occurred_at": event.occurred_at.isoformat(),
                "attach": recipient.attach_reports,
            },
        }
        for recipient in session.scalars(_wanting(event, kind))
    ]
    if not rows:
        return
    written = set(session.scalars(insert(MailDelivery).on_conflict_do_nothing().returning(MailDelivery.id), rows))
    mine = ((event.tenant_id, row["id"], row["job_id"]) for row in rows if row["id"] in written)
    jobs.add_jobs(session, SEND_MAIL, mine, at=now)


def row_for(recipient: MailRecipient, kind: MailKind, at: datetime) -> dict[str, Any]:
    """Return the columns of a new mail of this kind, waiting for its first attempt ``at`` that time."""
    return {
        "id": new_id(),
        "tenant_id": recipient.tenant_id,
        "recipient_id": recipient.id,
        "kind": kind.value,
        "address": recipient.address,
        "name": recipient.name,
        "language": recipient.language,
        "time_zone": recipient.time_zone,
        "state": MailState.WAITING.value,
        "next_attempt_at": at,
        "job_id": new_id(),
    }


def _kind_of(event: DomainEvent) -> MailKind | None:
    try:
        return OF_EVENTS.get(EventType(event.type))
    except ValueError:
        # Of a later release.
        return None


def _wanting(event: DomainEvent, kind: MailKind) -> Any:
    """Return the query of the recipients who want ``event``; those who filter by client get what is about one of them."""
    recipient = MailRecipient
    clients = {event.client_id} if event.client_id else set()
    # A credential is about the clients that depend on it; where not all of them are named, better one mail too many.
    dependents = event.data.get("dependents", {})
    named = [str(client) for client in clients] + list(dependents.get("client_ids", []))
    is_about_any = literal(bool(dependents.get("has_more_clients")))
    return select(recipient).where(
        recipient.tenant_id == event.tenant_id,
        recipient.enabled,
        literal(kind.value) == any_(recipient.kinds),
        or_(is_about_any, func.cardinality(recipient.client_ids) == 0, recipient.client_ids.overlap(named)),
        ~unsubscribed(kind),
    )


def unsubscribed(kind: MailKind) -> ColumnElement[bool]:
    """Return the condition that a recipient ended this kind of mail."""
    return (
        select(MailHold.kind)
        .where(
            MailHold.tenant_id == MailRecipient.tenant_id,
            MailHold.address == func.lower(MailRecipient.address),
            MailHold.kind == kind.value,
        )
        .exists()
    )
