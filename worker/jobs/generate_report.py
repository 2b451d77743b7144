"""Make the files of a report: from its snapshot into Blob storage, each file on its own fate."""

import logging
from collections.abc import Callable

import msgspec
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from shared.azure.metadata import ENGLISH, texts
from shared.comparison.telling import tell_of_changes
from shared.database.tables import ReportFile
from shared.database.tables.report import FileState
from shared.jobs import report_stages
from shared.jobs.kinds import GENERATE_AZURE_REPORT, REMOVE_REPORT_FILES
from shared.jobs.problems import Problem
from shared.jobs.requests import add_job, publish_job
from shared.jobs.run import JobRun
from shared.language.language import Language
from shared.reporting import shared_fetches
from shared.savings import count_savings
from shared.snapshots.reader import FETCH_ROWS, SnapshotRecommendations, SnapshotRejectedRows
from shared.storage.blobs import StorageUnavailableError
from shared.storage.paths import run_folder
from worker.jobs.file_making import Made, Material, make_files
from worker.jobs.remove_report_files import remove_unowned
from worker.jobs.report_insights import gather_insights
from worker.jobs.report_order import ReportOrder, read_order
from worker.reports.advisor_texts import InLanguage, changes_in_language, noting_untranslated, own_texts
from worker.reports.content import build_content
from worker.reports.report_types import OfType
from worker.working_folder import working_folder

_log = logging.getLogger(__name__)

# Of this job's own progress, in percent: where the content is computed, and where all files are made.
_COUNTED = 15.0
_MADE = 95.0
# The rows are read once for the savings, and twice for the content where it does not list them all.
_PASSES = 3
_COUNTING = "Counting recommendations and savings"
_COMPARING = "Comparing with the snapshot before"


def generate_report(run: JobRun) -> None:
    """Make every file of the report that is still pending; the report completes if any of its files is ready.

    A file that cannot be made keeps its reason and leaves the others alone; where none can, the report fails.
    """
    if run.claim.kind == GENERATE_AZURE_REPORT:
        _hand_on(run)
    order = read_order(run)
    try:
        _end(run, _make_all(run, order))
    except BaseException:
        if not run.finished:
            _remove_own_blobs(run)
        raise
    if run.claim.attempt > 1 or order.replaces_files:
        remove_unowned(run.services, run.tenant_id, run.report_id)


def _hand_on(run: JobRun) -> None:
    """Let the reports begin that wait for what was fetched for this one."""
    with run.services.database.tenant(run.tenant_id) as session:
        waiting = shared_fetches.hand_on(session, run.report_id)
    for job in waiting:
        publish_job(run.services.publisher, run.services.database, job)


def _make_all(run: JobRun, order: ReportOrder) -> list[Made]:
    run.report_progress(0, _COUNTING)
    material = _gather(run, order)
    with working_folder() as folder:
        made = make_files(run, order, material, folder, begin=_COUNTED, end=_MADE)
    run.report_progress(_MADE, "Filing what was made")
    return made


def _gather(run: JobRun, order: ReportOrder) -> Material:
    database, tenant_id = run.services.database, run.tenant_id
    batches = 0

    def on_batch() -> None:
        nonlocal batches
        run.check()
        batches += 1
        done = min(batches * FETCH_ROWS / (order.rows * _PASSES), 1.0) if order.rows else 1.0
        run.report_progress(_COUNTED * done, _COUNTING)

    options, report_type = order.options, order.facts.report_type

    language = Language.of(order.facts.language)
    known_texts = {} if language.is_source else texts(database, language.tag)
    english_texts = texts(database, ENGLISH) if known_texts else {}

    def rows(on_rows: Callable[[], None]) -> InLanguage:
        recommendations = SnapshotRecommendations(
            database, tenant_id, order.snapshot_id, on_rows=on_rows, scope=options.scope, manual=options.manual
        )
        return InLanguage(OfType(recommendations, report_type), known_texts)

    counted = rows(on_batch)
    rejected_rows = SnapshotRejectedRows(database, tenant_id, order.snapshot_id)
    savings = count_savings(counted, options.policy, options.display)
    run.report_progress(run.progress, _COMPARING)
    insights = gather_insights(run, order, savings)
    if insights.comparison is not None and known_texts:
        told = changes_in_language(insights.comparison, counted.translated, known_texts, english_texts)
        insights = msgspec.structs.replace(insights, comparison=told)
    facts = noting_untranslated(order.facts, counted.untranslated, language)
    content = build_content(
        counted,
        rejected_rows,
        facts,
        savings=savings,
        insights=insights,
        own_texts=own_texts(known_texts, english_texts),
    )
    recommendations = rows(run.check)
    return Material(content, recommendations, rejected_rows, savings, insights)


def _end(run: JobRun, made: list[Made]) -> None:
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
        tell_of_changes(session, run.tenant_id, run.report_id)


def _has_ready_files(run: JobRun) -> bool:
    with run.services.database.tenant(run.tenant_id) as session:
        ready = select(ReportFile.id).where(ReportFile.report_id == run.report_id, ReportFile.state == FileState.READY)
        return session.scalars(ready.limit(1)).first() is not None


def _write_files(run: JobRun, session: Session, made: list[Made]) -> None:
    for file in made:
        of_file = update(ReportFile).where(
            ReportFile.report_id == run.report_id, ReportFile.format == file.file_format.value
        )
        if file.rendered is None:
            # A file that is ready was to be replaced by a better one: it stays.
            of_file = of_file.where(ReportFile.state == FileState.PENDING)
        session.execute(
            of_file.values(finished_at=func.clock_timestamp(), **_outcome(file)).execution_options(synchronize_session=False)
        )


def _outcome(file: Made) -> dict[str, object]:
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
