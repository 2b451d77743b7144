"""Make the files of a report: from its snapshot into Blob storage, each file on its own fate."""

import logging
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from shared.database.tables import Client, Report, ReportFile, Snapshot
from shared.database.tables.report import FileState
from shared.errors import AdvisorReportsError
from shared.jobs import report_stages
from shared.jobs.kinds import REMOVE_REPORT_FILES
from shared.jobs.problems import Problem, is_retryable
from shared.jobs.requests import add_job
from shared.jobs.run import JobRun
from shared.reports import ReportFormat, ReportType
from shared.savings import Savings, count_savings
from shared.snapshots.reader import FETCH_ROWS, SnapshotRecommendations, SnapshotRejectedRows
from shared.storage.blobs import StorageUnavailableError
from shared.storage.paths import report_file_path, run_folder
from shared.storage.patience import PATIENT
from shared.telemetry import metrics, tracing
from worker.jobs.file_share import FileShare
from worker.jobs.remove_report_files import remove_unowned
from worker.reports.content import build_content
from worker.reports.document import ReportContent, ReportFacts, SourceFacts
from worker.reports.render import RenderedFile, render
from worker.reports.sources import source_of
from worker.working_folder import working_folder

_log = logging.getLogger(__name__)

# Of this job's own progress, in percent: where the content is computed, and where all files are made.
_COUNTED = 15.0
_MADE = 95.0
# The rows are read once for the savings, and twice for the content where it does not list them all.
_PASSES = 3
_COUNTING = "Counting recommendations and savings"
# Quick ones first, so that a limit that is hit leaves as much as it can.
_ORDER = (ReportFormat.CSV, ReportFormat.HTML, ReportFormat.XLSX, ReportFormat.PDF)


class SnapshotMissingError(AdvisorReportsError):
    """A report has no recommendations to be made from."""

    code = "snapshot_missing"

    def __init__(self) -> None:
        super().__init__("The report has no imported recommendations.", next_step="Order a new report from the export.")


@dataclass(frozen=True)
class _Order:
    """What is to be made, read before any work."""

    snapshot_id: UUID
    facts: ReportFacts
    rows: int
    formats: tuple[ReportFormat, ...]


@dataclass(frozen=True)
class _Material:
    """What every file is made of."""

    content: ReportContent
    recommendations: SnapshotRecommendations
    rejected_rows: SnapshotRejectedRows
    savings: Savings


@dataclass(frozen=True)
class _Made:
    """One file's fate: rendered and uploaded to ``blob_path``, or a problem."""

    file_format: ReportFormat
    rendered: RenderedFile | None = None
    blob_path: str = ""
    problem: Problem | None = None


def generate_report(run: JobRun) -> None:
    """Make every file of the report that is still pending; the report completes if any of its files is ready.

    A file that cannot be made keeps its reason and leaves the others alone; where none can, the report fails.
    """
    order = _order(run)
    try:
        _end(run, _make_all(run, order))
    except BaseException:
        if not run.finished:
            _remove_own_blobs(run)
        raise
    if run.claim.attempt > 1:
        remove_unowned(run.services, run.tenant_id, run.report_id)


def _order(run: JobRun) -> _Order:
    with run.services.database.tenant(run.tenant_id) as session:
        report = session.scalars(select(Report).where(Report.id == run.report_id)).one()
        if report.snapshot_id is None:
            raise SnapshotMissingError
        snapshot = session.scalars(select(Snapshot).where(Snapshot.id == report.snapshot_id)).one()
        client = session.scalars(select(Client).where(Client.id == report.client_id)).one()
        pending = set(
            session.scalars(
                select(ReportFile.format).where(ReportFile.report_id == run.report_id, ReportFile.state == FileState.PENDING)
            )
        )
    return _Order(
        snapshot_id=snapshot.id,
        facts=ReportFacts(
            client_name=client.name,
            title=report.title,
            created_at=report.created_at,
            sources=(_source_of(snapshot),),
            report_type=ReportType(report.report_type),
        ),
        rows=snapshot.accepted_count,
        formats=tuple(file_format for file_format in _ORDER if file_format in pending),
    )


def _source_of(snapshot: Snapshot) -> SourceFacts:
    names = [file["name"] for file in snapshot.details.get("files", ())] or [snapshot.file_name]
    return source_of(
        names,
        snapshot.source_format,
        exported_at=snapshot.taken_at if snapshot.taken_at_is_exact else None,
        accepted=snapshot.accepted_count,
        rejected=snapshot.rejected_count,
        notes=[note["message"] for note in snapshot.details.get("notes", ())],
    )


def _make_all(run: JobRun, order: _Order) -> list[_Made]:
    run.report_progress(0, _COUNTING)
    material = _gather(run, order)
    made = []
    with working_folder() as folder:
        width = (_MADE - _COUNTED) / max(len(order.formats), 1)
        for number, file_format in enumerate(order.formats):
            run.check()
            begin = _COUNTED + width * number
            share = FileShare(run, file_format, begin, begin + width, order.rows)
            share.begun()
            made.append(_make(share, material, folder))
    run.report_progress(_MADE, "Filing what was made")
    return made


def _gather(run: JobRun, order: _Order) -> _Material:
    database, tenant_id = run.services.database, run.tenant_id
    batches = 0

    def on_batch() -> None:
        nonlocal batches
        run.check()
        batches += 1
        done = min(batches * FETCH_ROWS / (order.rows * _PASSES), 1.0) if order.rows else 1.0
        run.report_progress(_COUNTED * done, _COUNTING)

    counted = SnapshotRecommendations(database, tenant_id, order.snapshot_id, on_rows=on_batch)
    rejected_rows = SnapshotRejectedRows(database, tenant_id, order.snapshot_id)
    savings = count_savings(counted)
    content = build_content(counted, rejected_rows, order.facts, savings=savings)
    recommendations = SnapshotRecommendations(database, tenant_id, order.snapshot_id, on_rows=run.check)
    return _Material(content, recommendations, rejected_rows, savings)


def _make(share: FileShare, material: _Material, folder: Path) -> _Made:
    run, file_format = share.run, share.file_format
    try:
        rendered = _render(share, material, folder)
        return _Made(file_format, rendered, _upload(run, rendered))
    except Exception as error:
        # A request to stop shows itself as all kinds of errors.
        run.check()
        if is_retryable(error) and not run.claim.is_last_attempt:
            raise
        _log.warning(
            "a report file could not be made",
            extra={"action": "report_file_failed", "job_id": str(run.claim.job_id), "format": file_format.value},
            exc_info=error,
        )
        return _Made(file_format, problem=Problem.of(error))


def _render(share: FileShare, material: _Material, folder: Path) -> RenderedFile:
    run, file_format = share.run, share.file_format
    settings = run.services.settings
    began, succeeded = time.monotonic(), False
    try:
        with tracing.span(f"render {file_format}", attributes={"report.format": file_format.value}):
            rendered = render(
                material.content,
                material.recommendations,
                material.rejected_rows,
                file_format,
                folder / f"report.{file_format}",
                savings=material.savings,
                timeout_s=settings.pdf_timeout_s,
                should_stop=run.should_stop,
                on_progress=share.rows_written,
                fonts_dirs=[settings.fonts_dir] if settings.fonts_dir else None,
            )
        succeeded = True
        return rendered
    finally:
        metrics.file_rendered(file_format.value, succeeded=succeeded, duration_s=time.monotonic() - began)


def _upload(run: JobRun, rendered: RenderedFile) -> str:
    path = report_file_path(
        run.tenant_id,
        run.report_id,
        job_id=run.claim.job_id,
        attempt=run.claim.attempt,
        file_format=rendered.format.value,
    )
    with rendered.path.open("rb") as file:
        run.services.blobs.upload(
            path, file, content_type=rendered.content_type, size_bytes=rendered.bytes, patience=PATIENT
        )
    return path


def _end(run: JobRun, made: list[_Made]) -> None:
    """Write the fate of every file and the end of the report in one transaction."""
    problems = [file.problem for file in made if file.problem is not None]
    all_failed = bool(problems) and len(problems) == len(made)
    if all_failed and not _has_ready_files(run):
        with run.failing(problems[0]) as session:
            _write_files(run, session, made)
        return
    with run.finishing() as session:
        run.hold(session)
        _write_files(run, session, made)
        report_stages.complete(session, run.report_id)


def _has_ready_files(run: JobRun) -> bool:
    with run.services.database.tenant(run.tenant_id) as session:
        ready = select(ReportFile.id).where(ReportFile.report_id == run.report_id, ReportFile.state == FileState.READY)
        return session.scalars(ready.limit(1)).first() is not None


def _write_files(run: JobRun, session: Session, made: list[_Made]) -> None:
    for file in made:
        session.execute(
            update(ReportFile)
            .where(ReportFile.report_id == run.report_id, ReportFile.format == file.file_format.value)
            .values(finished_at=func.clock_timestamp(), **_outcome(file))
            .execution_options(synchronize_session=False)
        )


def _outcome(file: _Made) -> dict[str, object]:
    if file.rendered is None or file.problem is not None:
        problem = file.problem or Problem("internal", "The file was not made.", "Retry the report.")
        return {
            "state": FileState.FAILED,
            "error_code": problem.code,
            "error_text": problem.text,
            "next_step": problem.next_step,
        }
    return {
        "state": FileState.READY,
        "size_bytes": file.rendered.bytes,
        "sha256": bytes.fromhex(file.rendered.sha256),
        "content_type": file.rendered.content_type,
        "blob_path": file.blob_path,
        "warnings": list(file.rendered.warnings),
        "error_code": None,
        "error_text": None,
        "next_step": None,
    }


def _remove_own_blobs(run: JobRun) -> None:
    """Remove what this attempt uploaded, since nobody will ever own it."""
    folder = run_folder(run.tenant_id, run.report_id, job_id=run.claim.job_id, attempt=run.claim.attempt)
    try:
        for path in list(run.services.blobs.paths_under(folder)):
            run.services.blobs.delete(path)
    except StorageUnavailableError as error:
        _log.warning(
            "blobs of an ended job could not be removed; a job of their own will",
            extra={"action": "blobs_left", "job_id": str(run.claim.job_id)},
            exc_info=error,
        )
        with run.services.database.tenant(run.tenant_id) as session:
            add_job(session, REMOVE_REPORT_FILES, tenant_id=run.tenant_id, report_id=run.report_id, by_sweep=True)
