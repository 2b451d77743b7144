"""Digests: asked for when they are due, and what they tell, counted from the events of their time."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import any_, func, insert, literal, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from shared.database.tables import Client, DomainEvent, MailDelivery, MailRecipient
from shared.database.tables.mail import Digest
from shared.deliveries import jobs
from shared.events.types import EventType
from shared.jobs.kinds import SEND_MAIL
from shared.mail.digest_times import next_digest_at
from shared.mail.kinds import MailKind
from shared.mail.subscriber import row_for, unsubscribed
from shared.scheduling.zones import zone_of
from shared.services import Services

_BATCH = 200
_MOST_BATCHES = 20
MOST_LINES = 10
"""Of each kind; what goes beyond is a number."""
_TOLD = (
    EventType.REPORT_COMPLETED,
    EventType.REPORT_FAILED,
    EventType.REPORT_CHANGED,
    EventType.CREDENTIAL_EXPIRING,
    EventType.SCHEDULE_MISSED,
    EventType.CONNECTION_FAILED,
)


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened, as data; the mail puts it into words."""

    at: datetime
    data: dict[str, Any]
    client: str = ""


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """All of one kind: how many, and the newest of them."""

    type: str
    count: int
    lines: list[Line]


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What a digest tells."""

    sections: list[Section]
    failing: list[Line]
    """Credentials that do not work as the digest is written, whenever that began."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not self.sections and not self.failing


def request_due(services: Services) -> str:
    """Write a digest for each recipient whose time has come, and when the next one is due; say how many those were."""
    asked = 0
    for _ in range(_MOST_BATCHES):
        with services.system_database.across_tenants() as session:
            found = _request_batch(session)
        asked += found
        if found < _BATCH:
            break
    return f"asked for {asked}"


def _request_batch(session: Session) -> int:
    now = session.scalars(select(func.clock_timestamp())).one()
    due = session.scalars(
        select(MailRecipient)
        .where(MailRecipient.next_digest_at <= now)
        .order_by(MailRecipient.next_digest_at)
        .limit(_BATCH)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()
    asked_to_stop = select(MailRecipient.id).where(
        MailRecipient.id.in_([recipient.id for recipient in due]), unsubscribed(MailKind.DIGEST)
    )
    ended = set(session.scalars(asked_to_stop))
    rows = []
    for recipient in due:
        since, recipient.digest_since = recipient.digest_since or recipient.created_at, now
        recipient.next_digest_at = next_digest_at(
            Digest(recipient.digest),
            hour=recipient.digest_hour,
            weekday=recipient.digest_weekday,
            zone=zone_of(recipient.time_zone),
            after=now,
        )
        if recipient.enabled and recipient.id not in ended:
            data = {"since": since.isoformat(), "until": now.isoformat(), "cadence": recipient.digest}
            rows.append({**row_for(recipient, MailKind.DIGEST, now), "data": data})
    session.flush()
    if rows:
        session.execute(insert(MailDelivery), rows)
        jobs.add_jobs(session, SEND_MAIL, ((row["tenant_id"], row["id"], row["job_id"]) for row in rows), at=now)
    return len(due)


def content_of(session: Session, recipient: MailRecipient, since: datetime, until: datetime) -> Content:
    """Return what happened from ``since`` to before ``until`` for a recipient, in the tenant's own transaction."""
    about = _about(recipient)
    during = (DomainEvent.occurred_at >= since, DomainEvent.occurred_at < until, *about)
    numbers = session.execute(
        select(DomainEvent.type, func.count().label("number"))
        .where(DomainEvent.type.in_([kind.value for kind in _TOLD]), *during)
        .group_by(DomainEvent.type)
    )
    counts: dict[str, int] = {row.type: row.number for row in numbers}
    sections = []
    for kind in _TOLD:
        if kind.value not in counts:
            continue
        events = session.scalars(
            select(DomainEvent)
            .where(DomainEvent.type == kind.value, *during)
            .order_by(DomainEvent.occurred_at.desc())
            .limit(MOST_LINES)
        ).all()
        sections.append((kind.value, counts[kind.value], list(events)))
    failing = _failing(session, about)
    names = _client_names(session, [event.client_id for _, _, events in sections for event in events])
    return Content(
        sections=[
            Section(type=kind, count=count, lines=[_line(event, names) for event in events])
            for kind, count, events in sections
        ],
        failing=[_line(event, names) for event in failing],
    )


def _about(recipient: MailRecipient) -> tuple[Any, ...]:
    if not recipient.client_ids:
        return ()
    dependents = DomainEvent.data["dependents"]["client_ids"]
    named = or_(*(dependents.contains([str(client)]) for client in recipient.client_ids))
    return (or_(DomainEvent.client_id == any_(literal(recipient.client_ids)), named),)


def _failing(session: Session, about: tuple[Any, ...]) -> list[DomainEvent]:
    """Return the newest event of each credential whose newest one says that it fails."""
    credential = DomainEvent.data["credential_id"].astext
    newest = (
        select(DomainEvent.id)
        .where(DomainEvent.type.in_([EventType.CREDENTIAL_FAILED.value, EventType.CREDENTIAL_RECOVERED.value]), *about)
        .ext(distinct_on(credential))
        .order_by(credential, DomainEvent.occurred_at.desc())
        .subquery()
    )
    return list(
        session.scalars(
            select(DomainEvent)
            .join(newest, newest.c.id == DomainEvent.id)
            .where(DomainEvent.type == EventType.CREDENTIAL_FAILED.value)
            .order_by(DomainEvent.occurred_at.desc())
            .limit(MOST_LINES)
        )
    )


def _client_names(session: Session, client_ids: list[UUID | None]) -> dict[UUID, str]:
    wanted = {client_id for client_id in client_ids if client_id is not None}
    found = session.execute(select(Client.id, Client.name).where(Client.id.in_(wanted)))
    return {row.id: row.name for row in found}


def _line(event: DomainEvent, names: dict[UUID, str]) -> Line:
    client = names.get(event.client_id, "") if event.client_id else ""
    # Only what the mail shows; a list of dependents can be long.
    kept = {name: value for name, value in event.data.items() if name not in {"dependents", "error", "next_step"}}
    return Line(at=event.occurred_at, data=kept, client=client)
