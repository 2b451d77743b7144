"""Answers to repeated requests: they are of use for a day, so they go every hour rather than with the nightly upkeep."""

from sqlalchemy import delete, func, select

from shared.database.tables import IdempotencyRecord
from shared.services import Services

_BATCH = 1000
_MOST_BATCHES = 100


def remove_expired_answers(services: Services) -> int:
    """Remove answers kept for repeated requests whose time is over, and return how many."""
    removed = 0
    for _ in range(_MOST_BATCHES):
        with services.system_database.across_tenants() as session:
            old = (
                select(IdempotencyRecord.id)
                .where(IdempotencyRecord.expires_at < func.now())
                .order_by(IdempotencyRecord.expires_at)
                .limit(_BATCH)
            )
            gone = session.scalars(
                delete(IdempotencyRecord).where(IdempotencyRecord.id.in_(old)).returning(IdempotencyRecord.id)
            ).all()
        removed += len(gone)
        if len(gone) < _BATCH:
            break
    return removed
