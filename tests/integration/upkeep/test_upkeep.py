"""Upkeep removes what served its time, by each tenant's own rules, and nothing else."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from shared.audit import chain
from shared.audit.actor import SERVICE
from shared.audit.log import log_auth_event
from shared.audit.types import AuditType
from shared.database import tables
from shared.database.tables import AuditEvent, Job, Report, ReportFile, Snapshot, UpkeepRun
from shared.identifiers import new_id
from shared.jobs import execution
from shared.jobs.kinds import CLEAN_MFA_DATA, RUN_UPKEEP
from shared.jobs.requests import add_job
from shared.services import Services
from shared.settings import Settings
from shared.storage.paths import report_folder, upload_path
from shared.upkeep import daily
from shared.upkeep.rules import set_rules
from shared.upkeep.running import Upkeep, run_upkeep
from worker.jobs.run_upkeep import clean_mfa_data
from worker.jobs.run_upkeep import run_upkeep as run_upkeep_job

_NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def services(settings: Settings) -> Iterator[Services]:
    """What a worker works with."""
    services = Services(settings)
    services.blobs.create_container()
    yield services
    services.close()


def _ago(**age: float) -> datetime:
    return _NOW - timedelta(**age)


def _add(services: Services, tenant: UUID, *rows: tables.Base) -> None:
    with services.database.tenant(tenant) as session:
        for row in rows:
            session.add(row)
            session.flush()


def _left(services: Services, tenant: UUID, table: type[tables.Base]) -> int:
    with services.database.tenant(tenant) as session:
        return session.scalars(select(func.count()).select_from(table)).one()


def _client(tenant: UUID) -> tables.Client:
    return tables.Client(id=new_id(), tenant_id=tenant, name="Contoso")


def _snapshot(tenant: UUID, client: tables.Client, created_at: datetime) -> Snapshot:
    return Snapshot(
        id=new_id(),
        tenant_id=tenant,
        client_id=client.id,
        source="upload",
        source_format="portal_csv",
        taken_at=created_at,
        taken_at_is_exact=True,
        accepted_count=1,
        rejected_count=1,
        created_at=created_at,
    )


def _report(tenant: UUID, client: tables.Client, finished_at: datetime, **columns: Any) -> Report:
    return Report(
        id=new_id(),
        tenant_id=tenant,
        client_id=client.id,
        title="T",
        report_type="detailed",
        source="upload",
        formats=["pdf"],
        state="completed",
        finished_at=finished_at,
        **columns,
    )


def _set(services: Services, tenant: UUID, **rules: Any) -> None:
    with services.database.tenant(tenant) as session:
        set_rules(session, tenant, rules, version=None)


def _rows(tenant: UUID, age: timedelta) -> list[tables.Base]:
    at, soon = _NOW - age, _NOW + timedelta(days=1)
    user = {"tenant_id": tenant, "user_id": new_id()}
    job = {"tenant_id": tenant, "kind": "k", "queue": "default", "priority": 3, "max_attempts": 1, "run_after": at}
    client, schedule_id = _client(tenant), new_id()
    event_id, endpoint_id, delivery_id = new_id(), new_id(), new_id()
    snapshot = _snapshot(tenant, client, _NOW)
    return [
        tables.Job(**job, state="succeeded", finished_at=at),
        tables.Job(**job),
        tables.AuthenticatorDevice(**user, name="Phone", sealed_secret=b"", created_at=at),
        tables.AuthenticatorDevice(**user, name="Phone", sealed_secret=b"", created_at=at, confirmed_at=at),
        tables.BackupCode(**user, code_hash=bytes(32), created_at=at, used_at=at),
        tables.BackupCode(**user, code_hash=bytes(32), created_at=at),
        tables.DomainEvent(tenant_id=tenant, type="webhook.test", occurred_at=at, data={}, dispatch_after=soon),
        tables.DomainEvent(id=event_id, tenant_id=tenant, type="webhook.test", occurred_at=at, data={}, dispatch_after=soon),
        tables.WebhookEndpoint(
            id=endpoint_id, tenant_id=tenant, kind="slack", shown_url="u", secret_name="n", secret_version="v"
        ),
        tables.WebhookDelivery(
            id=delivery_id,
            tenant_id=tenant,
            endpoint_id=endpoint_id,
            event_id=event_id,
            event_type="webhook.test",
            state="failed",
            finished_at=at,
        ),
        tables.WebhookAttempt(tenant_id=tenant, delivery_id=delivery_id, number=1, started_at=at, duration_ms=1),
        tables.IdempotencyRecord(
            tenant_id=tenant, key=str(at), request_hash=b"", status_code=202, headers={}, body={}, expires_at=at
        ),
        tables.Upload(tenant_id=tenant, file_name="f", blob_path="p", state="used", expires_at=at, created_at=at),
        tables.UpkeepRun(tenant_id=tenant, dry_run=True, rules={}, counts={}, duration_s=0, created_at=at),
        client,
        snapshot,
        tables.RejectedRowRecord(
            tenant_id=tenant,
            snapshot_id=snapshot.id,
            line=1,
            column_name="",
            value="",
            reason_code="",
            reason="",
            created_at=at,
        ),
        tables.Schedule(
            id=schedule_id,
            tenant_id=tenant,
            name="S",
            timing={},
            time_zone="UTC",
            starts_at=at,
            work_kind="job",
            work={},
            rules={},
        ),
        tables.ScheduleRun(
            tenant_id=tenant,
            schedule_id=schedule_id,
            work_kind="job",
            trigger="schedule",
            planned_at=at,
            due_at=at,
            state="succeeded",
            finished_at=at,
        ),
    ]


_REMOVED = {
    "jobs": 1,
    "unconfirmed_authenticators": 1,
    "used_backup_codes": 1,
    "webhook_attempts": 1,
    "webhook_deliveries": 1,
    "events": 2,
    "kept_answers": 1,
    "used_uploads": 1,
    "upkeep_runs": 1,
    "rejected_rows": 1,
    "schedule_runs": 1,
}


def test_old_rows_go_young_ones_and_those_of_others_stay(services: Services, tenant: UUID, other_tenant: UUID) -> None:
    _add(services, tenant, *_rows(tenant, timedelta(days=500)), *_rows(tenant, timedelta(hours=1)))
    _add(services, other_tenant, *_rows(other_tenant, timedelta(days=500)))
    done = run_upkeep(services, tenant)
    # Answers expire at the hour that they name, however young they are.
    assert {name: count for name, count in done.counts.items() if count} == {**_REMOVED, "kept_answers": 2}
    assert done.problems == {}
    assert _left(services, tenant, tables.Job) == 3
    assert _left(services, tenant, tables.AuthenticatorDevice) == 3
    assert _left(services, tenant, tables.BackupCode) == 3
    assert _left(services, other_tenant, tables.BackupCode) == 2
    again = run_upkeep(services, tenant)
    assert sum(again.counts.values()) == 0


def test_dry_run_counts_and_removes_nothing(services: Services, tenant: UUID) -> None:
    _add(services, tenant, *_rows(tenant, timedelta(days=500)))
    done = run_upkeep(services, tenant, dry_run=True)
    # The event that a delivery is about goes after it, so it does not count yet.
    assert {name: count for name, count in done.counts.items() if count} == {**_REMOVED, "events": 1}
    assert _left(services, tenant, tables.BackupCode) == 2
    with services.database.tenant(tenant) as session:
        run = session.scalars(select(UpkeepRun).order_by(UpkeepRun.id.desc()).limit(1)).one()
        entry = session.scalars(select(AuditEvent)).one()
    assert (run.dry_run, run.counts) == (True, done.counts)
    assert (entry.type, entry.details["dry_run"], entry.details["counts"]) == ("upkeep.done", True, done.counts)


def test_tenant_may_keep_longer_or_shorter(services: Services, tenant: UUID) -> None:
    _add(services, tenant, *_rows(tenant, timedelta(days=500)), *_rows(tenant, timedelta(days=2)))
    _set(
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
    assert _left(services, tenant, tables.DomainEvent) == 2  # a delivery keeps its event, for replays
    assert (counts["jobs"], counts["events"], counts["used_backup_codes"], counts["schedule_runs"]) == (0, 2, 2, 0)


def test_old_reports_go_as_people_delete_them_and_their_rows_follow(services: Services, tenant: UUID) -> None:
    client = _client(tenant)
    old, young = _report(tenant, client, _ago(days=31)), _report(tenant, client, _ago(days=29))
    gone = _report(tenant, client, _ago(days=99), deleted_at=_ago(days=31))
    _add(services, tenant, client, old, young, gone)
    _set(services, tenant, reports_days=30)
    counts = run_upkeep(services, tenant).counts
    assert (counts["reports"], counts["deleted_reports"]) == (1, 1)
    with services.database.tenant(tenant) as session:
        assert {(row.id, row.deleted_at is None) for row in session.scalars(select(Report))} == {
            (old.id, False),
            (young.id, True),
        }
        assert session.scalars(select(Job.report_id).where(Job.kind == "remove_report_files")).all() == [old.id]


def test_old_files_go_and_their_report_can_make_them_again(services: Services, tenant: UUID) -> None:
    client = _client(tenant)
    report = _report(tenant, client, _ago(days=31))
    file = ReportFile(
        tenant_id=tenant,
        report_id=report.id,
        format="pdf",
        state="ready",
        file_name="r.pdf",
        content_type="application/pdf",
        size_bytes=1,
        sha256=bytes(32),
        blob_path="p",
        finished_at=_ago(days=31),
    )
    _add(services, tenant, client, report, file)
    _set(services, tenant, files_days=30)
    assert run_upkeep(services, tenant).counts["files"] == 1
    with services.database.tenant(tenant) as session:
        left = session.scalars(select(ReportFile)).one()
        assert (left.state, left.error_code, left.blob_path) == ("failed", "file_retired", None)
        assert session.scalars(select(Report)).one().deleted_at is None


def test_snapshots_go_unless_a_report_needs_them_or_they_are_the_newest(services: Services, tenant: UUID) -> None:
    client = _client(tenant)
    old, needed, newest = (_snapshot(tenant, client, _ago(days=days)) for days in (60, 50, 40))
    report = _report(tenant, client, _NOW, snapshot_id=needed.id)
    _add(services, tenant, client, old, needed, newest, report)
    _set(services, tenant, snapshots_days=30)
    assert run_upkeep(services, tenant, dry_run=True).counts["snapshots"] == 1
    assert run_upkeep(services, tenant).counts["snapshots"] == 1
    with services.database.tenant(tenant) as session:
        assert set(session.scalars(select(Snapshot.id))) == {needed.id, newest.id}


def test_audit_entries_go_by_their_type_and_their_chain_still_holds(services: Services, tenant: UUID) -> None:
    with services.database.tenant(tenant) as session:
        for kind in (AuditType.KEY_CREATED, AuditType.REPORT_DOWNLOADED, AuditType.REPORT_DOWNLOADED):
            log_auth_event(session, tenant, kind, SERVICE, occurred_at=_ago(days=40))
    _set(services, tenant, audit_days_by_type={"report.downloaded": 30})
    assert run_upkeep(services, tenant).counts["audit_entries"] == 0  # they have no place in the chain yet
    chain.seal(services.system_database)
    assert run_upkeep(services, tenant).counts["audit_entries"] == 2
    chain.seal(services.system_database)
    verified = chain.verify(services.system_database, tenant)
    assert (verified.removed, verified.findings) == (2, ())


def test_blobs_without_a_row_go_once_they_are_old(services: Services, tenant: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    client = _client(tenant)
    report = _report(tenant, client, _NOW)
    _add(services, tenant, client, report)
    owned = f"{report_folder(tenant, report.id)}job/1/report.pdf"
    orphans = [f"{report_folder(tenant, new_id())}job/1/report.pdf", upload_path(tenant, new_id())]
    for path in (owned, *orphans, f"{tenant}/branding/tenant/logo.png"):
        services.blobs.upload(path, io.BytesIO(b"x"), content_type="application/pdf")
    assert run_upkeep(services, tenant).counts["orphaned_blobs"] == 0
    tomorrow = _NOW + timedelta(days=2)
    monkeypatch.setattr(Upkeep, "before", lambda _, age_s: tomorrow - timedelta(seconds=age_s))
    assert run_upkeep(services, tenant, dry_run=True).counts["orphaned_blobs"] == 2
    assert run_upkeep(services, tenant).counts["orphaned_blobs"] == 2
    assert set(services.blobs.paths_under(f"{tenant}/")) == {owned, f"{tenant}/branding/tenant/logo.png"}


def test_job_of_upkeep_answers_with_its_counts(services: Services, tenant: UUID) -> None:
    with services.database.tenant(tenant) as session:
        job = add_job(session, RUN_UPKEEP, tenant_id=tenant, arguments={"dry_run": True})
    execution.execute(services, run_upkeep_job, tenant_id=tenant, job_id=job.id, worker="test")
    with services.database.tenant(tenant) as session:
        done = session.get_one(Job, job.id)
        assert (done.state, done.result["dry_run"]) == ("succeeded", True)  # type: ignore[index]
        assert session.scalars(select(UpkeepRun.job_id)).one() == job.id


def test_job_of_sign_in_leftovers_removes_those_alone(services: Services, tenant: UUID) -> None:
    _add(services, tenant, *_rows(tenant, timedelta(days=500)))
    with services.database.tenant(tenant) as session:
        job = add_job(session, CLEAN_MFA_DATA, tenant_id=tenant, arguments={"dry_run": False})
    execution.execute(services, clean_mfa_data, tenant_id=tenant, job_id=job.id, worker="test")
    with services.database.tenant(tenant) as session:
        counts = session.get_one(Job, job.id).result["counts"]  # type: ignore[index]
    assert counts == {"unconfirmed_authenticators": 1, "used_backup_codes": 1}
    assert (_left(services, tenant, tables.BackupCode), _left(services, tenant, tables.DomainEvent)) == (1, 2)


def test_nightly_upkeep_is_asked_for_once_a_night_unless_a_tenant_has_its_own_schedule(
    services: Services, tenant: UUID, other_tenant: UUID
) -> None:
    _add(
        services,
        other_tenant,
        tables.Schedule(
            tenant_id=other_tenant,
            name="Upkeep",
            timing={},
            time_zone="UTC",
            starts_at=_NOW,
            work_kind="upkeep",
            work={"kind": "upkeep"},
            rules={},
            next_planned_at=_NOW + timedelta(days=999),
            next_run_at=_NOW + timedelta(days=999),
        ),
    )
    midnight = datetime(2030, 1, 2, tzinfo=UTC)
    at = [timedelta(hours=hours) for hours in (0, 2.9, 3.01, 3.02, 24, 27)]
    daily.request(services, now=midnight - timedelta(hours=1))
    asked_before, asked = _left(services, tenant, Job), []
    for moment in at:
        daily.request(services, now=midnight + moment)
        asked.append(_left(services, tenant, Job) - asked_before)
    assert asked == [0, 0, 1, 1, 1, 2]
    assert _left(services, other_tenant, Job) == 0
