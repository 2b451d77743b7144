"""The jobs that make the attempts of deliveries: written with the delivery, and again where they were lost."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, insert, select, update
from sqlalchemy.orm import Session

from shared.database.session import Database
from shared.database.tables import Job, MailDelivery, WebhookDelivery
from shared.database.tables.job import JobState
from shared.deliveries import backoff
from shared.identifiers import new_id
from shared.jobs.kinds import JobKind
from shared.jobs.problems import WORKER_LOST
from shared.jobs.requests import PUBLISHING_TAKES_S

WAITING = "waiting"
"""The state, of any kind of delivery, in which a job has to come."""

# Not long after the last of a job's attempts; jobs end early only where database or vault were away.
_LEFT_BEHIND = timedelta(minutes=15)
_BATCH = 500
_GIVEN_UP = {
    "state": "failed",
    "next_attempt_at": None,
    "error_code": WORKER_LOST.code,
    "error": "The workers that took it stopped without a word, as often as it may be tried.",
}


def add_jobs(session: Session, kind: JobKind, deliveries: Iterable[tuple[UUID, UUID, UUID | None]], *, at: datetime) -> None:
    """Write the jobs that make the next attempts at ``at``; each is tenant, delivery and job.

    Nobody but the sweep sends their messages, so it need not leave anybody the time to.
    """
    run_after = at - timedelta(seconds=PUBLISHING_TAKES_S)
    rows: list[dict[str, Any]] = [
        {
            "id": job_id,
            "tenant_id": tenant_id,
            "kind": kind.name,
            "queue": kind.queue.value,
            "priority": int(kind.priority),
            "arguments": {"delivery_id": str(delivery_id)},
            "max_attempts": kind.max_attempts,
            "run_after": run_after,
        }
        for tenant_id, delivery_id, job_id in deliveries
        if job_id is not None
    ]
    if rows:
        session.execute(insert(Job), rows)


def revive(database: Database, table: type[WebhookDelivery | MailDelivery], kind: JobKind) -> int:
    """Give a new job to deliveries whose time has long come and whose job is no more, and return how many those were.

    ``database`` is the login across tenants. Jobs end without their delivery where workers die again and again, or where
    the database stays away for longer than a job is tried. Each time takes one step of the long schedule, so that a
    delivery of which workers die comes to an end as well: it has failed then.
    """
    overdue = func.clock_timestamp() - _LEFT_BEHIND
    living = exists().where(Job.id == table.job_id, Job.state.in_([JobState.QUEUED, JobState.RUNNING]))
    with database.across_tenants() as session:
        found = session.execute(
            select(table.tenant_id, table.id, table.step)
            .where(table.state == WAITING, table.next_attempt_at < overdue, ~living)
            .order_by(table.next_attempt_at)
            .limit(_BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        now = datetime.now(UTC)
        for row in found:
            wait_s = backoff.long_wait_s(row.step)
            if wait_s is None:
                _set(session, table, row.id, **_GIVEN_UP, finished_at=now)
                continue
            # The time that it lay about counts.
            job_id, due_at = new_id(), now + max(timedelta(seconds=wait_s) - _LEFT_BEHIND, timedelta(0))
            _set(session, table, row.id, job_id=job_id, step=row.step + 1, next_attempt_at=due_at)
            add_jobs(session, kind, [(row.tenant_id, row.id, job_id)], at=due_at)
    return len(found)


def _set(session: Session, table: type[WebhookDelivery | MailDelivery], delivery_id: UUID, **values: Any) -> None:
    session.execute(
        update(table).where(table.id == delivery_id).values(**values).execution_options(synchronize_session=False)
    )
