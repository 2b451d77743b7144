"""Reports and files that served their time: hidden first, their blobs removed by the job that does so for all reports."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from shared.database.tables import Report, ReportFile
from shared.database.tables.report import FileState
from shared.jobs.kinds import REMOVE_REPORT_FILES
from shared.jobs.requests import add_job

if TYPE_CHECKING:
    from shared.upkeep.running import Upkeep

_BATCH = 200
_DAY_S = 86_400
_GONE = {
    "error_code": "file_retired",
    "error_text": "The file was removed after the time that files are kept.",
    "next_step": "Retry the report: it makes the file again.",
}


def hide_old(upkeep: "Upkeep") -> int:
    """Delete reports that ended longer ago than reports are kept, as people delete them."""
    days = upkeep.rules.reports_days
    if days is None:
        return 0
    old = _old_reports(upkeep.tenant_id, upkeep.before(days * _DAY_S))
    return _in_batches(upkeep, old, _hide)


def release_old_files(upkeep: "Upkeep") -> int:
    """Remove files older than files are kept from reports that stay; retrying such a report makes them again."""
    days = upkeep.rules.files_days
    if days is None:
        return 0
    before = upkeep.before(days * _DAY_S)
    old = (
        select(ReportFile.id)
        .where(
            ReportFile.tenant_id == upkeep.tenant_id, ReportFile.state == FileState.READY, ReportFile.finished_at < before
        )
        .order_by(ReportFile.finished_at)
    )
    return _in_batches(upkeep, old, _release)


def _old_reports(tenant_id: UUID, before: datetime) -> Select[UUID]:
    return (
        select(Report.id)
        .where(Report.tenant_id == tenant_id, Report.deleted_at.is_(None), Report.finished_at < before)
        .order_by(Report.finished_at)
    )


def _in_batches(upkeep: "Upkeep", old: Select[UUID], act: Callable[[Session, UUID, list[UUID]], None]) -> int:
    database, tenant_id = upkeep.services.database, upkeep.tenant_id
    if upkeep.dry_run:
        with database.tenant(tenant_id) as session:
            return session.scalars(select(func.count()).select_from(old.subquery())).one()
    done = 0
    while True:
        upkeep.check()
        with database.tenant(tenant_id) as session:
            found = list(session.scalars(old.limit(_BATCH).with_for_update(skip_locked=True)))
            if found:
                act(session, tenant_id, found)
        done += len(found)
        if len(found) < _BATCH:
            return done


def _hide(session: Session, tenant_id: UUID, report_ids: list[UUID]) -> None:
    session.execute(
        update(Report)
        .where(Report.id.in_(report_ids))
        .values(deleted_at=func.clock_timestamp(), version=Report.version + 1)
        .execution_options(synchronize_session=False)
    )
    for report_id in report_ids:
        add_job(session, REMOVE_REPORT_FILES, tenant_id=tenant_id, report_id=report_id, by_sweep=True)


def _release(session: Session, tenant_id: UUID, file_ids: list[UUID]) -> None:
    of_reports = session.scalars(
        update(ReportFile)
        .where(ReportFile.id.in_(file_ids))
        .values(state=FileState.FAILED, blob_path=None, **_GONE)
        .returning(ReportFile.report_id)
        .execution_options(synchronize_session=False)
    ).all()
    for report_id in sorted(set(of_reports)):
        add_job(session, REMOVE_REPORT_FILES, tenant_id=tenant_id, report_id=report_id, by_sweep=True)
