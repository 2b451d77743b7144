"""The export before, with which the command line compares."""

from collections.abc import Sequence

from shared.advisor.exports import Export, ExportPart, ReadLimits, open_exports
from shared.comparison.in_memory import ExportSide, compare_exports
from shared.reports.insights import Insights
from shared.reports.options import ReportOptions
from worker.cli.export_rows import ExportRows
from worker.cli.progress import Progress


def insights_against(
    previous: Sequence[ExportPart],
    current: ExportRows,
    limits: ReadLimits,
    progress: Progress,
    *,
    category: str | None,
    options: ReportOptions,
) -> Insights:
    """Return what changed since the previous export; raises what reading it raises."""
    with progress.step("Reading the export before") as advance:
        before = ExportRows(
            open_exports(previous, limits=limits, category=category),
            advance,
            report_type=current.report_type,
            options=options,
        )
    with progress.step("Comparing"):
        return Insights(comparison=compare_exports(_side(before), _side(current)))


def _side(rows: ExportRows) -> ExportSide:
    export: Export = rows.export
    return ExportSide(rows.in_scope, rows.savings, export.kind.value, export.exported_at)
