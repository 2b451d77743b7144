"""Make one report file of any format: the one entry that jobs and the command line use."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from shared.advisor.recommendation import Recommendation, RejectedRow
from shared.reports import ReportFormat
from shared.reports.insights import Insights
from shared.savings import Savings, count_savings
from worker.reports.document import ReportContent
from worker.reports.judged import Judged, judged
from worker.reports.progress import EveryFewRows
from worker.reports.rendered_file import RenderedFile, described, written_whole


def render(
    content: ReportContent,
    recommendations: Iterable[Recommendation],
    rejected_rows: Iterable[RejectedRow],
    file_format: ReportFormat,
    destination: Path,
    *,
    savings: Savings | None = None,
    insights: Insights | None = None,
    timeout_s: float = 120.0,
    should_stop: Callable[[], bool] | None = None,
    on_progress: Callable[[int], None] | None = None,
    fonts_dirs: Sequence[Path] | None = None,
) -> RenderedFile:
    """Write one file of ``content`` to ``destination``, replacing what is there only once the new file is complete.

    PDF and HTML need only ``content``; Excel, CSV and JSON iterate ``recommendations`` (the ones that ``content`` was built
    of, in the same order) and ``rejected_rows`` once. ``savings`` is the count over them, where the caller has it, and
    ``insights`` what the report knows beyond them. ``on_progress`` gets the rows written so far. A ZIP is made of other
    files: :func:`worker.reports.bundle.bundle`. Raises errors of :mod:`worker.reports.errors`.
    """
    rendering = _Rendering(
        content=content,
        recommendations=recommendations,
        rejected_rows=rejected_rows,
        known_savings=savings,
        insights=insights or Insights(),
        timeout_s=timeout_s,
        should_stop=should_stop,
        on_rows=EveryFewRows(should_stop, on_progress),
        fonts_dirs=fonts_dirs,
    )
    with written_whole(destination) as partial:
        warnings = _WRITERS[file_format](rendering, partial)
        return described(partial, destination, file_format, warnings)


@dataclass(frozen=True)
class _Rendering:
    """What the formats are made of; each takes what it needs."""

    content: ReportContent
    recommendations: Iterable[Recommendation]
    rejected_rows: Iterable[RejectedRow]
    known_savings: Savings | None
    insights: Insights
    timeout_s: float
    should_stop: Callable[[], bool] | None
    on_rows: EveryFewRows
    fonts_dirs: Sequence[Path] | None

    @cached_property
    def savings(self) -> Savings:
        return self.known_savings or count_savings(self.recommendations)

    def rows(self) -> Iterable[Judged]:
        return judged(self.recommendations, self.savings, self.insights.marks)


# Renderers are imported where they are used: the command line must not load Excel's writer to make a PDF.


def _write_pdf(of: _Rendering, partial: Path) -> tuple[str, ...]:
    from worker.reports.pdf import render_pdf  # noqa: PLC0415

    return render_pdf(of.content, partial, timeout_s=of.timeout_s, should_stop=of.should_stop, fonts_dirs=of.fonts_dirs)


def _write_html(of: _Rendering, partial: Path) -> tuple[str, ...]:
    from worker.reports.html import render_html  # noqa: PLC0415

    render_html(of.content, partial)
    return ()


def _write_xlsx(of: _Rendering, partial: Path) -> tuple[str, ...]:
    from worker.reports.xlsx import render_xlsx  # noqa: PLC0415

    render_xlsx(
        of.content,
        of.rows(),
        of.rejected_rows,
        partial,
        savings=of.savings,
        no_comparison_reason=of.insights.no_comparison_reason,
        on_rows=of.on_rows,
    )
    return ()


def _write_csv(of: _Rendering, partial: Path) -> tuple[str, ...]:
    from worker.reports.csv_file import render_csv  # noqa: PLC0415

    render_csv(of.rows(), partial, on_rows=of.on_rows)
    return ()


def _write_json(of: _Rendering, partial: Path) -> tuple[str, ...]:
    from worker.reports.json_file import render_json  # noqa: PLC0415

    render_json(of.content, of.rows(), of.rejected_rows, partial, savings=of.savings, on_rows=of.on_rows)
    return ()


def _write_pptx(of: _Rendering, partial: Path) -> tuple[str, ...]:
    from worker.reports.presentation import render_pptx  # noqa: PLC0415

    render_pptx(of.content, partial, should_stop=of.should_stop)
    return ()


def _refuse_zip(of: _Rendering, partial: Path) -> tuple[str, ...]:
    raise ValueError("a ZIP is packed from files, not rendered")


_WRITERS: dict[ReportFormat, Callable[[_Rendering, Path], tuple[str, ...]]] = {
    ReportFormat.PDF: _write_pdf,
    ReportFormat.HTML: _write_html,
    ReportFormat.XLSX: _write_xlsx,
    ReportFormat.CSV: _write_csv,
    ReportFormat.JSON: _write_json,
    ReportFormat.PPTX: _write_pptx,
    ReportFormat.ZIP: _refuse_zip,
}
