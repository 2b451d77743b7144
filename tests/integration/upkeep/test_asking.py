"""Upkeep is a job: asked for each night, by schedules and by hand."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from shared.database import tables
from shared.database.tables import Job, UpkeepRun
from shared.jobs import execution
from shared.jobs.kinds import CLEAN_MFA_DATA, RUN_UPKEEP
from shared.jobs.requests import add_job
from shared.services import Services
from shared.upkeep import daily
from tests.integration.upkeep.keeping import NOW, add, left
from tests.integration.upkeep.rows import rows_of
from worker.jobs.run_upkeep import clean_mfa_data
from worker.jobs.run_upkeep import run_upkeep as run_upkeep_job


def test_job_of_upkeep_answers_with_its_counts(services: Services, tenant: UUID) -> None:
    with services.database.tenant(tenant) as session:
        job = add_job(session, RUN_UPKEEP, tenant_id=tenant, arguments={"dry_run": True})
    execution.execute(services, run_upkeep_job, tenant_id=tenant, job_id=job.id, worker="test")
    with services.database.tenant(tenant) as session:
        done = session.get_one(Job, job.id)
        assert (done.state, done.result["dry_run"]) == ("succeeded", True)  # type: ignore[index]
        assert session.scalars(select(UpkeepRun.job_id)).one() == job.id


def test_job_of_sign_in_leftovers_removes_those_alone(services: Services, tenant: UUID) -> None:
    add(services, tenant, *rows_of(tenant, timedelta(days=500)))
    with services.database.tenant(tenant) as session:
        job = add_job(session, CLEAN_MFA_DATA, tenant_id=tenant, arguments={"dry_run": False})
    execution.execute(services, clean_mfa_data, tenant_id=tenant, job_id=job.id, worker="test")
    with services.database.tenant(tenant) as session:
        counts = session.get_one(Job, job.id).result["counts"]  # type: ignore[index]
    assert counts == {"unconfirmed_authenticators": 1, "used_backup_codes": 1}
    assert (left(services, tenant, tables.BackupCode), left(services, tenant, tables.DomainEvent)) == (1, 2)


def test_nightly_upkeep_is_asked_for_once_a_night_unless_a_tenant_has_its_own_schedule(
    services: Services, tenant: UUID, other_tenant: UUID
) -> None:
    add(
        services,
        other_tenant,
        tables.Schedule(
            tenant_id=other_tenant,
            name="Upkeep",
            timing={},
            time_zone="UTC",
            starts_at=NOW,
            work_kind="upkeep",
            work={"kind": "upkeep"},
            rules={},
            next_planned_at=NOW + timedelta(days=999),
            next_run_at=NOW + timedelta(days=999),
        ),
    )
    midnight = datetime(2030, 1, 2, tzinfo=UTC)
    at = [timedelta(hours=hours) for hours in (0, 2.9, 3.01, 3.02, 24, 27)]
    daily.request(services, now=midnight - timedelta(hours=1))
    asked_before, asked = left(services, tenant, Job), []
    for moment in at:
        daily.request(services, now=midnight + moment)
        asked.append(left(services, tenant, Job) - asked_before)
    assert asked == [0, 0, 1, 1, 1, 2]
    assert left(services, other_tenant, Job) == 0
