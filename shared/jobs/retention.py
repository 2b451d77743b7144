"""Retention: rows that served their time are removed, a batch at a time."""

from datetime import timedelta

from sqlalchemy import delete, func, select

from shared.database.tables import IdempotencyRecord, Job
from shared.services import Services

_BATCH = 1000
_MOST_BATCHES = 100


def remove_old_jobs(services: Services) -> int:
    """Remove jobs that ended longer than ``job_retention_days`` ago and return how many."""
    kept = timedelta(days=services.settings.job_retention_days)
    removed = 0
    for _ in range(_MOST_BATCHES):
        with services.system_database.across_tenants() as session:
            old = (
                select(Job.id)
                .where(Job.finished_at < func.now() - kept)
                .order_by(Job.finished_at)
                .limit(_BATCH)
                .with_for_update(skip_locked=True)
            )
            gone = session.scalars(delete(Job).where(Job.id.in_(old)).returning(Job.id)).all()
        removed += len(gone)
        if len(gone) < _BATCH:
            break
    return removed


def remove_expired_answers(services: Services) -> int:
    """Remove answers kept for repeated requests whose time is over, and return how many."""
    with services.system_database.across_tenants() as session:
        gone = session.scalars(
            delete(IdempotencyRecord).where(IdempotencyRecord.expires_at < func.now()).returning(IdempotencyRecord.id)
        ).all()
    return len(gone)
