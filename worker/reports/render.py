"""Make one report file of any format: the one entry that jobs and the command line use."""

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import msgspec

from shared.advisor.recommendation import Recommendation, RejectedRow
from shared.reports import ReportFormat
from shared.savings import Savings, count_savings
from worker.reports.content import with_status
from worker.reports.document import ReportContent
from worker.reports.progress import EveryFewRows


class RenderedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A report file that is complete on disk."""

    format: ReportFormat
    path: Path
    bytes: int
    sha256: str
    """Of the file's content, in hexadecimal."""
    content_type: str
    warnings: tuple[str, ...] = ()
    """What its reader should know, such as that a PDF is not accessible; usually nothing."""


def render(
    content: ReportContent,
    recommendations: Iterable[Recommendation],
    rejected_rows: Iterable[RejectedRow],
    file_format: ReportFormat,
    destination: Path,
    *,
    savings: Savings | None = None,
    timeout_s: float = 120.0,
    should_stop: Callable[[], bool] | None = None,
    on_progress: Callable[[int], None] | None = None,
    fonts_dirs: Sequence[Path] | None = None,
) -> RenderedFile:
    """Write one file of ``content`` to ``destination``, replacing what is there only once the new file is complete.

    PDF and HTML need only ``content``; Excel and CSV iterate ``recommendations`` (the ones that ``content`` was built of,
    in the same order) and ``rejected_rows`` once. ``savings`` is the count over them, where the caller has it.
    ``on_progress`` gets the rows written so far. Raises errors of :mod:`worker.reports.errors`.
    """
    partial = destination.with_name(f".{destination.name}.{uuid4().hex}.partial")
    on_rows = EveryFewRows(should_stop, on_progress)
    warnings: tuple[str, ...] = ()
    try:
        # Renderers are imported where they are used: the command line must not load Excel's writer to make a PDF.
        match file_format:
            case ReportFormat.PDF:
                from worker.reports.pdf import render_pdf  # noqa: PLC0415

                warnings = render_pdf(content, partial, timeout_s=timeout_s, should_stop=should_stop, fonts_dirs=fonts_dirs)
            case ReportFormat.HTML:
                from worker.reports.html import render_html  # noqa: PLC0415

                render_html(content, partial)
            case ReportFormat.XLSX:
                from worker.reports.xlsx import render_xlsx  # noqa: PLC0415

                rows = with_status(recommendations, savings or count_savings(recommendations))
                render_xlsx(content, rows, rejected_rows, partial, on_rows=on_rows)
            case ReportFormat.CSV:
                from worker.reports.csv_file import render_csv  # noqa: PLC0415

                rows = with_status(recommendations, savings or count_savings(recommendations))
                render_csv(rows, partial, on_rows=on_rows)
        rendered = _described(partial, destination, file_format, warnings)
        partial.replace(destination)
    finally:
        with suppress(FileNotFoundError):
            partial.unlink()
    return rendered


def _described(partial: Path, destination: Path, file_format: ReportFormat, warnings: tuple[str, ...]) -> RenderedFile:
    with partial.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = os.fstat(file.fileno()).st_size
    return RenderedFile(
        format=file_format,
        path=destination,
        bytes=size,
        sha256=digest,
        content_type=file_format.content_type,
        warnings=warnings,
    )
