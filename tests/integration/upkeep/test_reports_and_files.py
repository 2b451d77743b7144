"""Reports, their files, snapshots, entries of the audit log and blobs go by ways of their own."""

import io
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from shared.audit import chain
from shared.audit.actor import SERVICE
from shared.audit.log import log_auth_event
from shared.audit.types import AuditType
from shared.database.tables import Job, Report, ReportFile, Snapshot
from shared.identifiers import new_id
from shared.services import Services
from shared.storage.paths import report_folder, upload_path
from shared.upkeep.running import Upkeep, run_upkeep
from tests.integration.upkeep.keeping import NOW, a_client, a_report, a_snapshot, add, ago, set_own_rules


def test_old_reports_go_as_people_delete_them_and_their_rows_follow(services: Services, tenant: UUID) -> None:
    client = a_client(tenant)
    old, young = a_report(tenant, client, ago(days=31)), a_report(tenant, client, ago(days=29))
    gone = a_report(tenant, client, ago(days=99), deleted_at=ago(days=31))
    add(services, tenant, client, old, young, gone)
    set_own_rules(services, tenant, reports_days=30)
    counts = run_upkeep(services, tenant).counts
    assert (counts["reports"], counts["deleted_reports"]) == (1, 1)
    with services.database.tenant(tenant) as session:
        assert {(row.id, row.deleted_at is None) for row in session.scalars(select(Report))} == {
            (old.id, False),
            (young.id, True),
        }
        assert session.scalars(select(Job.report_id).where(Job.kind == "remove_report_files")).all() == [old.id]


def test_old_files_go_and_their_report_can_make_them_again(services: Services, tenant: UUID) -> None:
    client = a_client(tenant)
    report = a_report(tenant, client, ago(days=31))
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
        finished_at=ago(days=31),
    )
    add(services, tenant, client, report, file)
    set_own_rules(services, tenant, files_days=30)
    assert run_upkeep(services, tenant).counts["files"] == 1
    with services.database.tenant(tenant) as session:
        left = session.scalars(select(ReportFile)).one()
        assert (left.state, left.error_code, left.blob_path) == ("failed", "file_retired", None)
        assert session.scalars(select(Report)).one().deleted_at is None


def test_snapshots_go_unless_a_report_needs_them_or_they_are_the_newest(services: Services, tenant: UUID) -> None:
    client = a_client(tenant)
    old, needed, newest = (a_snapshot(tenant, client, ago(days=days)) for days in (60, 50, 40))
    report = a_report(tenant, client, NOW, snapshot_id=needed.id)
    add(services, tenant, client, old, needed, newest, report)
    set_own_rules(services, tenant, snapshots_days=30)
    assert run_upkeep(services, tenant, dry_run=True).counts["snapshots"] == 1
    assert run_upkeep(services, tenant).counts["snapshots"] == 1
    with services.database.tenant(tenant) as session:
        assert set(session.scalars(select(Snapshot.id))) == {needed.id, newest.id}


def test_audit_entries_go_by_their_type_and_their_chain_still_holds(services: Services, tenant: UUID) -> None:
    with services.database.tenant(tenant) as session:
        for kind in (AuditType.KEY_CREATED, AuditType.REPORT_DOWNLOADED, AuditType.REPORT_DOWNLOADED):
            log_auth_event(session, tenant, kind, SERVICE, occurred_at=ago(days=40))
    set_own_rules(services, tenant, audit_days_by_type={"report.downloaded": 30})
    assert run_upkeep(services, tenant).counts["audit_entries"] == 0  # they have no place in the chain yet
    chain.seal(services.system_database)
    assert run_upkeep(services, tenant).counts["audit_entries"] == 2
    chain.seal(services.system_database)
    verified = chain.verify(services.system_database, tenant)
    assert (verified.removed, verified.findings) == (2, ())


def test_blobs_without_a_row_go_once_they_are_old(services: Services, tenant: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    client = a_client(tenant)
    report = a_report(tenant, client, NOW)
    add(services, tenant, client, report)
    owned = f"{report_folder(tenant, report.id)}job/1/report.pdf"
    orphans = [f"{report_folder(tenant, new_id())}job/1/report.pdf", upload_path(tenant, new_id())]
    for path in (owned, *orphans, f"{tenant}/branding/tenant/logo.png"):
        services.blobs.upload(path, io.BytesIO(b"x"), content_type="application/pdf")
    assert run_upkeep(services, tenant).counts["orphaned_blobs"] == 0
    tomorrow = NOW + timedelta(days=2)
    monkeypatch.setattr(Upkeep, "before", lambda _, age_s: tomorrow - timedelta(seconds=age_s))
    assert run_upkeep(services, tenant, dry_run=True).counts["orphaned_blobs"] == 2
    assert run_upkeep(services, tenant).counts["orphaned_blobs"] == 2
    assert set(services.blobs.paths_under(f"{tenant}/")) == {owned, f"{tenant}/branding/tenant/logo.png"}
