"""Digests: asked for when they are due, and what they tell, counted from the events of their time."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import any_, func, insert, literal, or_, select
from sqlalchemy.orm import Session

from shared.credential_health.dependents import dependents_of
from shared.credential_health.subjects import subject_of
from shared.database.tables import Client, CredentialHealth, DomainEvent, MailDelivery, MailRecipient
from shared.database.tables.mail import Digest
from shared.deliveries import jobs
from shared.events.payloads import Dependents
from shared.events.types import EventType
from shared.jobs.kinds import SEND_MAIL
from shared.mail.digest_times import next_digest_at
from shared.mail.kinds import MailKind
from shared.mail.subscriber import row_for, unsubscribed
from shared.scheduling.zones import zone_or_utc
from shared.services import Services

_BATCH = 200
_MOST_BATCHES = 20
_MOST_FAILING = 200
# What a digest shows of an event: all of it has to fit into the row of one mail.
_SHOWN = frozenset({"title", "name", "appeared", "resolved", "changed", "expires_at"})
_MOST_CHARS = 200
# Of scripts whose letters take several bytes: fewer letters, as the row of a mail has a bound in bytes.
_MOST_BYTES = 300
# Whoever records an event commits it a moment later: what began before the time was over is there by then.
_SETTLED = timedelta(minutes=1)
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
    failing_count: int = 0

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
            zone=zone_or_utc(recipient.time_zone),
            after=now,
        )
        if recipient.enabled and recipient.id not in ended:
            data = {"since": since.isoformat(), "until": now.isoformat(), "cadence": recipient.digest}
            rows.append({**row_for(recipient, MailKind.DIGEST, now + _SETTLED), "data": data})
    session.flush()
    if rows:
        session.execute(insert(MailDelivery), rows)
        mine = ((row["tenant_id"], row["id"], row["job_id"]) for row in rows)
        jobs.add_jobs(session, SEND_MAIL, mine, at=now + _SETTLED)
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
    failing_count, failing = _failing(session, recipient)
    names = _client_names(session, [event.client_id for _, _, events in sections for event in events])
    return Content(
        sections=[
            Section(type=kind, count=count, lines=[_line(event, names) for event in events])
            for kind, count, events in sections
        ],
        failing=failing,
        failing_count=failing_count,
    )


def _about(recipient: MailRecipient) -> tuple[Any, ...]:
    if not recipient.client_ids:
        return ()
    dependents = DomainEvent.data["dependents"]
    named = or_(*(dependents["client_ids"].contains([str(client)]) for client in recipient.client_ids))
    is_about_any = dependents["has_more_clients"].astext == "true"
    return (or_(DomainEvent.client_id == any_(literal(recipient.client_ids)), named, is_about_any),)


def _is_about(dependents: Dependents, client_ids: list[UUID]) -> bool:
    return dependents.has_more_clients or not set(client_ids).isdisjoint(dependents.client_ids)


def _failing(session: Session, recipient: MailRecipient) -> tuple[int, list[Line]]:
    """Return how many credentials fail of which somebody was told, and the first of them."""
    found = session.scalars(
        select(CredentialHealth)
        .where(CredentialHealth.told_at.is_not(None))
        .order_by(CredentialHealth.failing_since)
        .limit(_MOST_FAILING)
    )
    lines = []
    for health in found:
        subject = subject_of(session, health)
        if subject is None:
            # Deleted since; the check that finds that out is still to come.
            continue
        if recipient.client_ids and not _is_about(dependents_of(session, subject), recipient.client_ids):
            continue
        since = health.failing_since or health.told_at
        assert since is not None  # noqa: S101 - by the query
        lines.append(Line(at=since, data={"name": _cut(subject.name), "failing_since": since.isoformat()}))
    return len(lines), lines[:MOST_LINES]


def _client_names(session: Session, client_ids: list[UUID | None]) -> dict[UUID, str]:
    wanted = {client_id for client_id in client_ids if client_id is not None}
    found = session.execute(select(Client.id, Client.name).where(Client.id.in_(wanted)))
    return {row.id: row.name for row in found}


def _line(event: DomainEvent, names: dict[UUID, str]) -> Line:
    client = names.get(event.client_id, "") if event.client_id else ""
    kept = {name: _cut(value) for name, value in event.data.items() if name in _SHOWN}
    return Line(at=event.occurred_at, data=kept, client=_cut(client))


def _cut(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return value[:_MOST_CHARS].encode()[:_MOST_BYTES].decode(errors="ignore")
