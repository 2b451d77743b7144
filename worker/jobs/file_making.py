"""Make the files of a report and send each to Blob storage; a file that cannot be made leaves the others alone.

The PDF is made by a child process on other cores, so it is begun first and the rest is made meanwhile. The rest is Python
and would only take turns with itself: one file after another, quick ones first, so that a limit that is hit leaves as much
as it can.
"""

import contextvars
import logging
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePath

from shared.jobs.problems import Problem, is_retryable
from shared.jobs.run import JobRun
from shared.reports import BUNDLED_FORMATS, ReportFormat
from shared.reports.insights import Insights
from shared.savings import Savings
from shared.snapshots.reader import SnapshotRejectedRows
from shared.storage.paths import report_file_path
from shared.storage.patience import PATIENT
from shared.telemetry import metrics, tracing
from worker.jobs.files_progress import FilesProgress
from worker.jobs.report_order import ReportOrder
from worker.reports.advisor_texts import InLanguage
from worker.reports.bundle import Missing, bundle
from worker.reports.document import ReportContent
from worker.reports.render import render
from worker.reports.rendered_file import RenderedFile

_log = logging.getLogger(__name__)

_BESIDE = ReportFormat.PDF
_ORDER = (ReportFormat.CSV, ReportFormat.JSON, ReportFormat.HTML, ReportFormat.PPTX, ReportFormat.XLSX)


@dataclass(frozen=True)
class Material:
    """What every file is made of."""

    content: ReportContent
    recommendations: InLanguage
    rejected_rows: SnapshotRejectedRows
    savings: Savings
    insights: Insights


@dataclass(frozen=True)
class Made:
    """One file's fate: rendered, and uploaded to ``blob_path`` where it was ordered, or a problem."""

    file_format: ReportFormat
    rendered: RenderedFile | None = None
    blob_path: str = ""
    problem: Problem | None = None


def make_files(run: JobRun, order: ReportOrder, material: Material, folder: Path, *, begin: float, end: float) -> list[Made]:
    """Make every file of ``order`` in ``folder`` and upload it; return each one's fate.

    ``begin`` and ``end`` are where the job's progress stands before and after, in percent.
    """
    return _Workshop(run, order, material, folder, begin=begin, end=end).make_all()


class _Workshop:
    def __init__(
        self, run: JobRun, order: ReportOrder, material: Material, folder: Path, *, begin: float, end: float
    ) -> None:
        self._run = run
        self._order = order
        self._material = material
        self._folder = folder
        self._has_zip = ReportFormat.ZIP in order.formats
        needed = [item for item in BUNDLED_FORMATS if self._has_zip or item in order.formats]
        self._here = sorted((item for item in needed if item is not _BESIDE), key=_place)
        self._is_beside = _BESIDE in needed
        everything = [*needed, ReportFormat.ZIP] if self._has_zip else needed
        self._progress = FilesProgress(run, everything, begin, end, total_rows=order.rows)
        self._is_stopping = threading.Event()

    def make_all(self) -> list[Made]:
        made = self._make_bundled()
        if self._has_zip:
            made.append(self._make(ReportFormat.ZIP, lambda: self._pack(made)))
        return [file for file in made if file.file_format in self._order.formats]

    def _make_bundled(self) -> list[Made]:
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="beside") as pool:
            try:
                beside = pool.submit(contextvars.copy_context().run, self._render, _BESIDE) if self._is_beside else None
                made = [self._render(file_format) for file_format in self._here]
                if beside is not None:
                    self._progress.begun(_BESIDE)
                    made.append(beside.result())
            except BaseException:
                # The pool waits for its thread: what is made there must not go on for nobody.
                self._is_stopping.set()
                raise
        return made

    def _render(self, file_format: ReportFormat) -> Made:
        settings, material = self._run.services.settings, self._material
        return self._make(
            file_format,
            lambda: render(
                material.content,
                material.recommendations,
                material.rejected_rows,
                file_format,
                self._path(file_format),
                savings=material.savings,
                insights=material.insights,
                timeout_s=settings.pdf_timeout_s,
                should_stop=self._should_stop,
                on_progress=lambda rows: self._progress.rows_written(file_format, rows),
                fonts_dirs=[settings.fonts_dir] if settings.fonts_dir else None,
            ),
        )

    def _pack(self, made: Iterable[Made]) -> RenderedFile:
        return bundle(
            self._material.content.facts,
            [file.rendered for file in made if file.rendered is not None],
            self._path(ReportFormat.ZIP),
            stem=PurePath(self._order.zip_name).stem,
            missing=[Missing(file.file_format, file.problem.text) for file in made if file.problem is not None],
            should_stop=self._should_stop,
        )

    def _make(self, file_format: ReportFormat, work: Callable[[], RenderedFile]) -> Made:
        run = self._run
        run.check()
        self._progress.begun(file_format)
        try:
            rendered = _measured(file_format, work)
            path = _upload(run, rendered) if file_format in self._order.formats else ""
            return Made(file_format, rendered, path)
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
            return Made(file_format, problem=Problem.of(error))
        finally:
            self._progress.ended(file_format)

    def _should_stop(self) -> bool:
        return self._is_stopping.is_set() or self._run.should_stop()

    def _path(self, file_format: ReportFormat) -> Path:
        return self._folder / f"report.{file_format}"


def _place(file_format: ReportFormat) -> int:
    return _ORDER.index(file_format) if file_format in _ORDER else len(_ORDER)


def _measured(file_format: ReportFormat, work: Callable[[], RenderedFile]) -> RenderedFile:
    began, succeeded = time.monotonic(), False
    try:
        with tracing.span(f"render {file_format}", attributes={"report.format": file_format.value}):
            rendered = work()
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
