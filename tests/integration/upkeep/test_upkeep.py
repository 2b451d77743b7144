"""Upkeep removes what served its time, by each tenant's own rules, and nothing else."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from shared.database import tables
from shared.database.tables import AuditEvent, UpkeepRun
from shared.services import Services
from shared.upkeep.removals import MFA_REMOVALS, REMOVALS
from shared.upkeep.running import run_upkeep
from tests.integration.upkeep.keeping import add, left, set_own_rules
from tests.integration.upkeep.rows import rows_of

_REMOVED = {
    "jobs": 1,
    "unconfirmed_authenticators": 1,
    "used_backup_codes": 1,
    "webhook_attempts": 1,
    "webhook_deliveries": 1,
    "events": 2,
    "mail_attempts": 1,
    "mails": 1,
    "credential_checks": 1,
    "kept_answers": 1,
    "used_uploads": 1,
    "upkeep_runs": 1,
    "rejected_rows": 1,
    "schedule_runs": 1,
}


def test_old_rows_go_young_ones_and_those_of_others_stay(services: Services, tenant: UUID, other_tenant: UUID) -> None:
    add(services, tenant, *rows_of(tenant, timedelta(days=500)), *rows_of(tenant, timedelta(hours=1)))
    add(services, other_tenant, *rows_of(other_tenant, timedelta(days=500)))
    done = run_upkeep(services, tenant)
    # Answers expire at the hour that they name, however young they are.
    assert {name: count for name, count in done.counts.items() if count} == {**_REMOVED, "kept_answers": 2}
    assert done.problems == {}
    assert left(services, tenant, tables.Job) == 3
    assert left(services, tenant, tables.AuthenticatorDevice) == 3
    assert left(services, tenant, tables.BackupCode) == 3
    assert left(services, other_tenant, tables.BackupCode) == 2
    again = run_upkeep(services, tenant)
    assert sum(again.counts.values()) == 0


def test_every_kind_of_row_that_goes_by_its_age_is_among_those_tried() -> None:
    # Schedules that were deleted go with all that is theirs, which other tests look at.
    assert {removal.name for removal in (*REMOVALS, *MFA_REMOVALS)} - {"deleted_schedules"} == _REMOVED.keys()


def test_dry_run_counts_and_removes_nothing(services: Services, tenant: UUID) -> None:
    add(services, tenant, *rows_of(tenant, timedelta(days=500)))
    done = run_upkeep(services, tenant, dry_run=True)
    # The event that a delivery is about goes after it, so it does not count yet.
    assert {name: count for name, count in done.counts.items() if count} == {**_REMOVED, "events": 1}
    assert left(services, tenant, tables.BackupCode) == 2
    with services.database.tenant(tenant) as session:
        run = session.scalars(select(UpkeepRun).order_by(UpkeepRun.id.desc()).limit(1)).one()
        entry = session.scalars(select(AuditEvent)).one()
    assert (run.dry_run, run.counts) == (True, done.counts)
    assert (entry.type, entry.details["dry_run"], entry.details["counts"]) == ("upkeep.done", True, done.counts)


def test_tenant_may_keep_longer_or_shorter(services: Services, tenant: UUID) -> None:
    add(services, tenant, *rows_of(tenant, timedelta(days=500)), *rows_of(tenant, timedelta(days=2)))
    set_own_rules(
        services,
        tenant,
        jobs_days=1000,
        events_days=1,
        used_backup_codes_days=1,
        schedule_runs_days=None,
        deliveries_days=600,
    )
    counts = run_upkeep(services, tenant).counts
    assert (counts["webhook_deliveries"], counts["webhook_attempts"]) == (0, 0)
    assert left(services, tenant, tables.DomainEvent) == 2  # a delivery keeps its event, for replays
    assert (counts["jobs"], counts["events"], counts["used_backup_codes"], counts["schedule_runs"]) == (0, 2, 2, 0)
