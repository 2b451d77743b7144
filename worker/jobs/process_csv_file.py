"""Import an uploaded export: from Blob storage into one snapshot, all of it or nothing.

The name is the task's, kept from when exports were CSV only; JSON exports go the same way.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shared.advisor.exports import Export, ExportPart, ReadLimits, open_exports
from shared.database.tables import Report, Snapshot, Upload
from shared.errors import AdvisorReportsError
from shared.jobs.kinds import GENERATE_REPORT
from shared.jobs.run import JobRun
from shared.settings import Settings
from shared.snapshots.writer import SnapshotSource, Written, write_snapshot
from shared.storage.blobs import BlobChangedError
from shared.telemetry import metrics
from worker.working_folder import working_folder

# Of this job's own progress, in percent: where the download ends.
_DOWNLOADED = 10.0


class SourceMissingError(AdvisorReportsError):
    """A report to be made from uploads has none."""

    code = "source_missing"

    def __init__(self) -> None:
        super().__init__("The report has no export to read.", next_step="Upload the export again and order a new report.")


class UploadChangedError(AdvisorReportsError):
    """The file behind an upload link was replaced after a report had been ordered from it."""

    code = "upload_changed"

    def __init__(self, file_name: str) -> None:
        super().__init__(
            f"The file {file_name!r} was replaced after the report was ordered from it.",
            next_step="Ask for a new upload link, PUT the file once, and order a new report from it.",
        )


@dataclass(frozen=True)
class _Page:
    file_name: str
    blob_path: str
    etag: str | None


@dataclass(frozen=True)
class _Order:
    """What is to be imported, read before any work."""

    client_id: UUID
    category: str | None
    ordered_at: datetime
    pages: tuple[_Page, ...]
    imported: bool


def process_csv_file(run: JobRun) -> None:
    """Read the report's uploads and write their rows as one snapshot; the job that makes the files follows.

    Raises what the readers raise for a file that is no export, with nothing imported.
    """
    order = _order(run)
    if order.imported:
        # Retried after the files failed: what was read once is not read again.
        with run.finishing() as session:
            run.add_follower(session, GENERATE_REPORT)
        return
    if not order.pages:
        raise SourceMissingError
    with working_folder() as folder:
        files = _download(run, order.pages, folder)
        export = open_exports(
            [ExportPart(path, page.file_name) for path, page in zip(files, order.pages, strict=True)],
            limits=read_limits(run.services.settings),
            category=order.category,
        )
        _import(run, order, export, files)


def read_limits(settings: Settings) -> ReadLimits:
    """Return the limits of exports that the settings allow."""
    return ReadLimits(
        max_bytes=settings.max_upload_bytes,
        max_rows=settings.max_rows,
        max_cell_chars=settings.max_cell_chars,
        max_inflated_bytes=settings.max_inflated_bytes,
        max_inflate_ratio=settings.max_inflate_ratio,
    )


def _order(run: JobRun) -> _Order:
    with run.services.database.tenant(run.tenant_id) as session:
        report = session.scalars(select(Report).where(Report.id == run.report_id)).one()
        uploads = session.scalars(
            select(Upload).where(Upload.report_id == run.report_id).order_by(Upload.position, Upload.id)
        ).all()
        return _Order(
            client_id=report.client_id,
            category=report.details.get("category"),
            ordered_at=report.created_at,
            pages=tuple(_Page(upload.file_name, upload.blob_path, upload.etag) for upload in uploads),
            imported=report.snapshot_id is not None,
        )


def _download(run: JobRun, pages: tuple[_Page, ...], folder: Path) -> list[Path]:
    paths = []
    for number, page in enumerate(pages):
        run.check()
        run.report_progress(_DOWNLOADED * number / len(pages), "Fetching the export")
        path = folder / str(number)
        try:
            run.services.blobs.download(
                page.blob_path, path, max_bytes=run.services.settings.max_upload_bytes, etag=page.etag
            )
        except BlobChangedError as error:
            raise UploadChangedError(page.file_name) from error
        paths.append(path)
    return paths


def _import(run: JobRun, order: _Order, export: Export, files: list[Path]) -> None:
    source = SnapshotSource(
        client_id=order.client_id,
        source="upload",
        source_format=export.kind.value,
        file_name=order.pages[0].file_name,
        taken_at=export.exported_at or order.ordered_at,
        taken_at_is_exact=export.exported_at is not None,
    )
    checksums = [_sha256(path) for path in files]

    def on_batch(written: Written) -> None:
        run.check()
        rows = written.accepted + written.rejected
        run.report_progress(_DOWNLOADED + (100 - _DOWNLOADED) * export.progress, f"Reading the export: {rows:,} rows so far")

    with run.finishing() as session:
        written = write_snapshot(session, run.tenant_id, source, export.rows(), on_batch=on_batch)
        run.hold(session)
        _describe(session, written, _details(export, order.pages, files, checksums))
        counts = {"accepted": written.accepted, "rejected": written.rejected}
        session.execute(
            update(Report)
            .where(Report.id == run.report_id)
            .values(snapshot_id=written.snapshot_id, details=Report.details.op("||")(counts))
            .execution_options(synchronize_session=False)
        )
        run.add_follower(session, GENERATE_REPORT)
    metrics.rows_read(accepted=written.accepted, rejected=written.rejected)


def _describe(session: Session, written: Written, details: dict[str, Any]) -> None:
    session.execute(
        update(Snapshot)
        .where(Snapshot.id == written.snapshot_id)
        .values(details=details)
        .execution_options(synchronize_session=False)
    )


def _details(export: Export, pages: tuple[_Page, ...], files: list[Path], checksums: list[str]) -> dict[str, Any]:
    return {
        "columns": list(export.columns),
        "notes": [{"code": note.code, "message": note.message} for note in export.notes],
        "files": [
            {"name": page.file_name, "bytes": path.stat().st_size, "sha256": checksum}
            for page, path, checksum in zip(pages, files, checksums, strict=True)
        ],
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
