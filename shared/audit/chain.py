"""The chain: every entry is sealed with a hash of itself and of the seal before, tenant by tenant.

Sealing happens after the fact, in the tick: whoever writes an entry waits for nobody. An entry that is changed, removed or
slipped in later does not fit its chain any more; :func:`verify` finds it.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from uuid import UUID

import orjson
from sqlalchemy import delete, func, insert, select
from sqlalchemy.dialects.postgresql import insert as insert_or_not
from sqlalchemy.orm import Session

from shared.database.session import Database
from shared.database.tables import AuditChain, AuditEvent, AuditSeal, AuditUnsealed

NO_TENANT = UUID(int=0)
"""The chain of entries without a tenant."""
_START = bytes(32)
_BATCH = 500
_MOST_BATCHES = 100


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not fit."""

    chain_id: UUID
    sequence: int | None
    event_id: UUID | None
    what: str


@dataclass(frozen=True, slots=True)
class Verified:
    """One chain, looked through from its first link to its last."""

    chain_id: UUID
    links: int
    removed: int
    """Links whose entries served their time."""
    head: bytes
    """The last hash: whoever keeps it elsewhere notices a chain that was written anew as a whole."""
    findings: tuple[Finding, ...]


def seal(database: Database) -> int:
    """Give all new entries their places, in the order they were written, and return how many; the login across tenants."""
    sealed = 0
    for _ in range(_MOST_BATCHES):
        with database.across_tenants() as session:
            waiting = session.scalars(
                select(AuditUnsealed).order_by(AuditUnsealed.event_id).limit(_BATCH).with_for_update(skip_locked=True)
            ).all()
            by_chain: dict[UUID, list[UUID]] = {}
            for note in waiting:
                by_chain.setdefault(note.chain_id, []).append(note.event_id)
            for chain_id in sorted(by_chain):
                _extend(session, chain_id, by_chain[chain_id])
            if waiting:
                notes = [note.event_id for note in waiting]
                session.execute(delete(AuditUnsealed).where(AuditUnsealed.event_id.in_(notes)))
        sealed += len(waiting)
        if len(waiting) < _BATCH:
            break
    return sealed


def verify(database: Database, chain_id: UUID) -> Verified:
    """Look through one chain; reads a batch at a time."""
    findings: list[Finding] = []
    before, sequence, links, removed = _START, 0, 0, 0
    with database.across_tenants() as session:
        # One moment for all reads: entries are sealed while this looks.
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        for link, event in _links(session, chain_id):
            links += 1
            sequence += 1
            if link.sequence != sequence:
                findings.append(Finding(chain_id, sequence, None, f"links {sequence} to {link.sequence - 1} are missing"))
                sequence = link.sequence
            if link.hash != _link(before, link.sequence, link.event_id, link.event_hash):
                findings.append(Finding(chain_id, link.sequence, link.event_id, "the link does not follow the one before"))
            if event is None:
                removed += 1
                if link.removed_at is None:
                    findings.append(Finding(chain_id, link.sequence, link.event_id, "the entry was removed"))
            elif hash_of(event) != link.event_hash:
                findings.append(Finding(chain_id, link.sequence, link.event_id, "the entry was changed"))
            before = link.hash
        head = session.get(AuditChain, chain_id)
        if (head.sequence, head.hash) != (sequence, before) if head else links:
            findings.append(Finding(chain_id, sequence, None, "the chain does not end where it should"))
        findings.extend(
            Finding(chain_id, None, event_id, "the entry was never written down for sealing")
            for event_id in _strangers(session, chain_id)
        )
    return Verified(chain_id, links, removed, before, tuple(findings))


def chains(database: Database) -> list[UUID]:
    """Return all chains there are."""
    with database.across_tenants() as session:
        return list(session.scalars(select(AuditChain.chain_id).order_by(AuditChain.chain_id)))


def hash_of(event: AuditEvent) -> bytes:
    """Return the hash of everything that an entry says."""
    told = {
        "id": str(event.id),
        "tenant_id": str(event.tenant_id),
        "occurred_at": event.occurred_at.astimezone(UTC).isoformat(),
        **{name: getattr(event, name) for name in ("type", "result", "actor_kind", "actor_name", "target_kind")},
        **{name: getattr(event, name) for name in ("target_name", "ip", "user_agent", "device", "details")},
        "actor_id": str(event.actor_id),
        "target_id": str(event.target_id),
    }
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).digest()


def _extend(session: Session, chain_id: UUID, event_ids: Sequence[UUID]) -> None:
    session.execute(insert_or_not(AuditChain).values(chain_id=chain_id, sequence=0, hash=_START).on_conflict_do_nothing())
    head = session.scalars(select(AuditChain).where(AuditChain.chain_id == chain_id).with_for_update()).one()
    events = session.scalars(select(AuditEvent).where(AuditEvent.id.in_(event_ids)).order_by(AuditEvent.id)).all()
    links = []
    for event in events:
        event_hash = hash_of(event)
        head.sequence += 1
        head.hash = _link(head.hash, head.sequence, event.id, event_hash)
        links.append(
            {
                "chain_id": chain_id,
                "sequence": head.sequence,
                "event_id": event.id,
                "event_hash": event_hash,
                "hash": head.hash,
            }
        )
    if links:
        session.execute(insert(AuditSeal), links)
    session.flush()


def _link(before: bytes, sequence: int, event_id: UUID, event_hash: bytes) -> bytes:
    return hashlib.sha256(before + sequence.to_bytes(8, "big") + event_id.bytes + event_hash).digest()


def _links(session: Session, chain_id: UUID) -> Iterator[tuple[AuditSeal, AuditEvent | None]]:
    """Yield every link with its entry, ``None`` where there is none any more."""
    last = -1
    while True:
        rows = session.execute(
            select(AuditSeal, AuditEvent)
            .outerjoin(AuditEvent, AuditEvent.id == AuditSeal.event_id)
            .where(AuditSeal.chain_id == chain_id, AuditSeal.sequence > last)
            .order_by(AuditSeal.sequence)
            .limit(_BATCH)
        ).all()
        yield from ((link, event) for link, event in rows)
        if len(rows) < _BATCH:
            return
        last = rows[-1][0].sequence
        session.expunge_all()


def _strangers(session: Session, chain_id: UUID) -> Sequence[UUID]:
    of_chain = AuditEvent.tenant_id.is_(None) if chain_id == NO_TENANT else AuditEvent.tenant_id == chain_id
    return session.scalars(
        select(AuditEvent.id)
        .outerjoin(AuditSeal, AuditSeal.event_id == AuditEvent.id)
        .outerjoin(AuditUnsealed, AuditUnsealed.event_id == AuditEvent.id)
        .where(of_chain, AuditSeal.event_id.is_(None), AuditUnsealed.event_id.is_(None))
        .order_by(AuditEvent.id)
        .limit(_BATCH)
    ).all()


def waiting(database: Database) -> int:
    """Return how many entries have no place yet."""
    with database.across_tenants() as session:
        return session.scalars(select(func.count()).select_from(AuditUnsealed)).one()
