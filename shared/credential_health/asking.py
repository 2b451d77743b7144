"""Asking for checks: of what is due, of all, or of one by hand; nothing is asked for twice."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, insert, select, union
from sqlalchemy.orm import Session

from shared.credential_health import timing
from shared.credential_health.providers import at_once_of
from shared.credential_health.recording import standing_of
from shared.credential_health.stored import CredentialNotFoundError
from shared.credential_health.subjects import Subject, subject_of
from shared.database.tables import AzureConnection, CredentialHealth, Job, StoredCredential, Tenant
from shared.database.tables.job import JobState
from shared.errors import ConflictError
from shared.identifiers import new_id
from shared.jobs.kinds import CHECK_ALL_CREDENTIALS_HEALTH, CHECK_CREDENTIAL_HEALTH, JobKind
from shared.jobs.requests import PUBLISHING_TAKES_S, add_job
from shared.queue.names import Priority
from shared.reporting.clients import VersionConflictError
from shared.services import Services
from shared.settings import Settings

# What comes due this soon is asked for along with what is due now: fewer jobs, and still spread over the interval.
LOOK_AHEAD = timedelta(minutes=5)
_BATCH = 500
_CHECK_TAKES_S = 1.0
_LIVING = (JobState.QUEUED, JobState.RUNNING)


class CredentialRestingError(ConflictError):
    """A credential that was just refused is left alone for a while."""

    code = "credential_resting"

    def __init__(self, until: datetime) -> None:
        super().__init__(
            "The credential was refused a moment ago and is left alone, so that its account is not locked.",
            next_step=f"Change the credential, which lets it be checked at once, or ask again after {until:%H:%M:%S} UTC.",
        )


def ask(session: Session, credential_id: UUID, *, trace_id: str | None) -> tuple[Job, bool]:
    """Return the job that checks a credential, and whether it is new and has to be published after the commit.

    Raises :class:`~shared.credential_health.stored.CredentialNotFoundError` or :class:`CredentialRestingError`.
    """
    row = locked(session, credential_id)
    if row is None or subject_of(session, row) is None:
        raise CredentialNotFoundError
    under_way = _job_of(session, row)
    if under_way is not None:
        return under_way, False
    rests_until = standing_of(row).rests_until()
    if rests_until is not None and rests_until > datetime.now(UTC):
        raise CredentialRestingError(rests_until)
    arguments = {"credential_id": str(credential_id), "by_hand": True}
    job = add_job(session, CHECK_CREDENTIAL_HEALTH, tenant_id=row.tenant_id, arguments=arguments, trace_id=trace_id)
    # Somebody waits for the answer.
    job.priority = Priority.HIGH
    row.job_id = job.id
    session.flush()
    return job, True


def locked(session: Session, credential_id: UUID) -> CredentialHealth | None:
    """Return the row of a credential, locked until the end of the transaction."""
    return session.scalars(
        select(CredentialHealth)
        .where(CredentialHealth.id == credential_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


@dataclass(frozen=True, slots=True)
class Taken:
    """A credential that a job was asked to check."""

    row: CredentialHealth
    subject: Subject
    reason_against: str = ""
    """Why the job shall not check it, in one sentence; empty where it shall."""


def take(session: Session, credential_id: UUID, job_id: UUID) -> Taken | None:
    """Let ``job_id`` check a credential, unless there is a reason against; ``None`` where the credential is gone."""
    row = locked(session, credential_id)
    subject = None if row is None else subject_of(session, row)
    if row is None or subject is None:
        return None
    if row.job_id != job_id and _job_of(session, row) is not None:
        return Taken(row, subject, "It is being checked already.")
    asked_at = session.scalars(select(Job.created_at).where(Job.id == job_id)).one()
    if row.checked_at is not None and row.checked_at >= asked_at:
        return Taken(row, subject, "It was checked since this was asked for.")
    rests_until = standing_of(row).rests_until()
    if rests_until is not None and rests_until > datetime.now(UTC):
        return Taken(row, subject, f"It was refused a moment ago and is left alone until {rests_until:%H:%M:%S} UTC.")
    row.job_id = job_id
    session.flush()
    return Taken(row, subject)


def let_go(session: Session, credential_id: UUID, job_id: UUID) -> CredentialHealth | None:
    """Let others check a credential that ``job_id`` could not, and return its row."""
    row = locked(session, credential_id)
    if row is not None and row.job_id == job_id:
        row.job_id = None
        session.flush()
    return row


def set_alert_after(session: Session, credential_id: UUID, alert_after: int | None, *, version: int | None) -> None:
    """Set after how many failures in a row a credential is told of.

    ``version`` is the one the caller read, ``None`` to overwrite whatever is there. Raises
    :class:`~shared.credential_health.stored.CredentialNotFoundError` or
    :class:`~shared.reporting.clients.VersionConflictError`.
    """
    row = locked(session, credential_id)
    if row is None or subject_of(session, row) is None:
        raise CredentialNotFoundError
    if version is not None and row.version != version:
        raise VersionConflictError
    row.alert_after = alert_after
    row.version += 1
    session.flush()


def matching(session: Session, provider: str, credential_type: str) -> list[UUID]:
    """Return the ids of the tenant's credentials of one type; first those that nobody looked at for longest.

    Whoever asks again because some were left comes to those.
    """
    of_type = select(CredentialHealth.id).where(
        CredentialHealth.provider == provider, CredentialHealth.credential_type == credential_type
    )
    return list(session.scalars(of_type.order_by(CredentialHealth.checked_at.asc().nulls_first(), CredentialHealth.id)))


def fan_out(
    session: Session, settings: Settings, job_id: UUID, *, after: UUID, due_only: bool, asked: Counter[str]
) -> UUID | None:
    """Write a job for each credential behind the id ``after`` that is to be checked, a batch of them.

    Returns the id to go on after, ``None`` at the end, and counts the jobs in ``asked``, by provider. What is being checked,
    was checked since ``job_id`` was asked for, rests, or is just being asked for is left out. The sweep sends the messages.
    """
    now = datetime.now(UTC)
    asked_at = session.scalars(select(Job.created_at).where(Job.id == job_id)).one()
    interval = timedelta(hours=settings.credential_health_check_interval_hours)
    wanted = select(CredentialHealth).where(CredentialHealth.id > after)
    if due_only:
        wanted = wanted.where(CredentialHealth.next_check_at <= now + LOOK_AHEAD)
    rows = session.scalars(
        wanted.order_by(CredentialHealth.id)
        .limit(_BATCH)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    busy = _living(session, [row.job_id for row in rows if row.job_id is not None])
    free = [row for row in rows if row.job_id not in busy and _may_be_asked(row, now, asked_at)]
    jobs = list(_jobs(free, now, asked))
    for row, job in zip(free, jobs, strict=True):
        row.job_id = job["id"]
    for row in rows:
        # Should the job come to nothing, the next interval tries again; until then nobody has to ask.
        if row.job_id is not None:
            row.next_check_at = timing.after_good(row.id, now, interval)
    session.flush()
    if jobs:
        session.execute(insert(Job), jobs)
    return rows[-1].id if len(rows) == _BATCH else None


def request_due(services: Services, *, now: datetime | None = None) -> str:
    """Ask for the checks of every tenant for which some are due, and return in a few words what was done.

    ``now`` is the database's time where not given.
    """
    with services.system_database.across_tenants() as session:
        moment = now or session.scalars(select(func.clock_timestamp())).one()
        asked = exists().where(
            Job.tenant_id == Tenant.id, Job.kind == CHECK_ALL_CREDENTIALS_HEALTH.name, Job.state.in_(_LIVING)
        )
        due = _tenants_due(moment).subquery()
        tenants = session.scalars(
            select(Tenant.id).where(Tenant.id.in_(select(due.c.tenant_id)), Tenant.deleted_at.is_(None), ~asked)
        ).all()
        if tenants:
            session.execute(insert(Job), [_all_of(tenant_id, moment) for tenant_id in tenants])
    return f"asked for {len(tenants)} tenants"


def _tenants_due(moment: datetime) -> Any:
    health = select(CredentialHealth.id)
    return union(
        select(CredentialHealth.tenant_id).where(CredentialHealth.next_check_at <= moment),
        select(AzureConnection.tenant_id).where(
            AzureConnection.deleted_at.is_(None), ~health.where(CredentialHealth.id == AzureConnection.id).exists()
        ),
        select(StoredCredential.tenant_id).where(~health.where(CredentialHealth.id == StoredCredential.id).exists()),
    )


def _all_of(tenant_id: UUID, now: datetime) -> dict[str, Any]:
    return _job_row(CHECK_ALL_CREDENTIALS_HEALTH, tenant_id, {"due_only": True}, now)


def _jobs(rows: list[CredentialHealth], now: datetime, asked: Counter[str]) -> Iterator[dict[str, Any]]:
    """Yield a job for each of ``rows``, of each provider no more at a time than it takes."""
    for row in rows:
        later = timedelta(seconds=asked[row.provider] // at_once_of(row.provider) * _CHECK_TAKES_S)
        asked[row.provider] += 1
        yield _job_row(CHECK_CREDENTIAL_HEALTH, row.tenant_id, {"credential_id": str(row.id)}, now + later)


def _job_row(kind: JobKind, tenant_id: UUID, arguments: dict[str, Any], at: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "tenant_id": tenant_id,
        "kind": kind.name,
        "queue": kind.queue.value,
        "priority": int(kind.priority),
        "arguments": arguments,
        "max_attempts": kind.max_attempts,
        "run_after": at - timedelta(seconds=PUBLISHING_TAKES_S),
    }


def _may_be_asked(row: CredentialHealth, now: datetime, asked_at: datetime) -> bool:
    if row.checked_at is not None and row.checked_at >= asked_at:
        return False
    rests_until = standing_of(row).rests_until()
    return rests_until is None or rests_until <= now


def _job_of(session: Session, row: CredentialHealth) -> Job | None:
    if row.job_id is None:
        return None
    return session.scalars(select(Job).where(Job.id == row.job_id, Job.state.in_(_LIVING))).one_or_none()


def _living(session: Session, job_ids: list[UUID]) -> set[UUID | None]:
    if not job_ids:
        return set()
    return set(session.scalars(select(Job.id).where(Job.id.in_(job_ids), Job.state.in_(_LIVING))))
