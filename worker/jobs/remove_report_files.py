"""Remove blobs that no report owns: what lost workers left, and everything of a deleted report."""

from uuid import UUID

from sqlalchemy import select

from shared.database.tables import Job, Report, ReportFile, Upload
from shared.database.tables.job import JobState
from shared.jobs.run import JobRun
from shared.services import Services
from shared.storage.paths import job_of_path, report_folder


def remove_report_files(run: JobRun) -> None:
    """Remove the report's blobs that no ready file names; of a deleted report all, its uploads too."""
    remove_unowned(run.services, run.tenant_id, run.report_id)


def remove_unowned(services: Services, tenant_id: UUID, report_id: UUID) -> int:
    """Remove the report's blobs that neither a ready file nor a job under way owns, and return how many.

    Looks at the blobs first and at the rows second: a blob whose job ended in between is in the rows by then.
    """
    lying = list(services.blobs.paths_under(report_folder(tenant_id, report_id)))
    with services.database.tenant(tenant_id) as session:
        deleted = session.scalar(select(Report.id).where(Report.id == report_id, Report.deleted_at.is_(None))) is None
        owned = set(session.scalars(select(ReportFile.blob_path).where(ReportFile.report_id == report_id)))
        under_way = set(
            session.scalars(
                select(Job.id).where(Job.report_id == report_id, Job.state.in_((JobState.QUEUED, JobState.RUNNING)))
            )
        )
        uploads = session.scalars(select(Upload.blob_path).where(Upload.report_id == report_id)).all()
    unowned = [path for path in lying if job_of_path(path) not in under_way and (deleted or path not in owned)]
    if deleted:
        unowned.extend(uploads)
    for path in unowned:
        services.blobs.delete(path)
    return len(unowned)
