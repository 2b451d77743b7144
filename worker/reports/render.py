"""Make one report file of any format: the one entry that jobs and the command line use."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from shared.advisor.recommendation import Recommendation, RejectedRow
from shared.reports import ReportFormat
from shared.reports.insights import Insights
from shared.savings import Savings, count_savings
from worker.reports.document import ReportContent
from worker.reports.judged import judged
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
    on_rows = EveryFewRows(should_stop, on_progress)
    insights = insights or Insights()
    warnings: tuple[str, ...] = ()
    with written_whole(destination) as partial:
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

                savings = savings or count_savings(recommendations)
                render_xlsx(
                    content,
                    judged(recommendations, savings, insights.marks),
                    rejected_rows,
                    partial,
                    savings=savings,
                    no_comparison_reason=insights.no_comparison_reason,
                    on_rows=on_rows,
                )
            case ReportFormat.CSV:
                from worker.reports.csv_file import render_csv  # noqa: PLC0415

                savings = savings or count_savings(recommendations)
                render_csv(judged(recommendations, savings, insights.marks), partial, on_rows=on_rows)
            case ReportFormat.JSON:
                from worker.reports.json_file import render_json  # noqa: PLC0415

                savings = savings or count_savings(recommendations)
                rows = judged(recommendations, savings, insights.marks)
                render_json(content, rows, rejected_rows, partial, savings=savings, on_rows=on_rows)
            case ReportFormat.PPTX:
                from worker.reports.presentation import render_pptx  # noqa: PLC0415

                render_pptx(content, partial, should_stop=should_stop)
            case ReportFormat.ZIP:
                raise ValueError("a ZIP is packed from files, not rendered")
        return described(partial, destination, file_format, warnings)
