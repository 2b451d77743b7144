"""Creates that may be repeated: the same key and the same request give the first answer again and do nothing twice."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from shared.database.tables import IdempotencyRecord
from shared.errors import ConflictError

# Long enough for any retry by people or queues, short enough that the table stays small.
_KEPT = timedelta(hours=24)
# Two requests with one key wait for each other, so that the second finds the first one's answer.
_LOCK = text("select pg_advisory_xact_lock(hashtextextended(:name, 0))")


class KeyReusedError(ConflictError):
    """An Idempotency-Key came again with another request."""

    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key was already used for another request.",
            next_step="Make a new key for every new request, and repeat a key only with the very same request.",
        )


@dataclass(frozen=True, slots=True)
class Request:
    """A request that names itself: ``key`` by the caller's choice, ``digest`` by what it asks for."""

    key: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a create answered; ``replayed`` where it was answered before."""

    status_code: int
    headers: dict[str, str]
    body: dict[str, Any]
    replayed: bool = False


def digest_of(*parts: bytes | str) -> bytes:
    """Return 32 bytes that stand for ``parts`` and their borders."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.digest()


def earlier(session: Session, request: Request) -> Outcome | None:
    """Return the first answer to ``request``, ``None`` where it is new; raises :class:`KeyReusedError`."""
    record = session.scalars(
        select(IdempotencyRecord).where(
            IdempotencyRecord.key == request.key, IdempotencyRecord.expires_at > func.clock_timestamp()
        )
    ).one_or_none()
    if record is None:
        return None
    if record.request_hash != request.digest:
        raise KeyReusedError
    return Outcome(record.status_code, dict(record.headers), dict(record.body), replayed=True)


def once(session: Session, tenant_id: UUID, request: Request | None, create: Callable[[], Outcome]) -> Outcome:
    """Return the first answer to ``request``, or that of ``create``, which is kept in the same transaction.

    Without a ``request`` the caller named no key, and ``create`` runs each time. Raises :class:`KeyReusedError`.
    """
    if request is None:
        return create()
    session.execute(_LOCK, {"name": f"{tenant_id}/{request.key}"})
    if (first := earlier(session, request)) is not None:
        return first
    session.execute(
        delete(IdempotencyRecord).where(
            IdempotencyRecord.key == request.key, IdempotencyRecord.expires_at <= func.clock_timestamp()
        )
    )
    outcome = create()
    session.add(
        IdempotencyRecord(
            tenant_id=tenant_id,
            key=request.key,
            request_hash=request.digest,
            status_code=outcome.status_code,
            headers=outcome.headers,
            body=outcome.body,
            expires_at=func.clock_timestamp() + _KEPT,
        )
    )
    session.flush()
    return outcome
