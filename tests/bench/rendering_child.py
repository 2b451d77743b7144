"""``python -m tests.bench.rendering_child EXPORT FORMAT FILE``: make one report file, and say what it took."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from shared.advisor.exports import open_export
from shared.reports import ReportFormat, ReportType
from tests.bench.measure import children_peak_rss_mb, peak_rss_mb, timed
from worker.cli.export_rows import ExportRows
from worker.reports.content import build_content
from worker.reports.document import ReportFacts
from worker.reports.render import render


def main(export_path: str, file_format: str, destination: str) -> None:
    """Read the export, then measure the content and the file; the file's renderer is imported within its time."""
    path = Path(export_path)
    rows = ExportRows(open_export(path, file_name=path.name))
    facts = ReportFacts(
        client_name="Contoso",
        title="Azure Advisor review",
        created_at=datetime.now(UTC),
        sources=(),
        report_type=ReportType.DETAILED,
    )
    with timed() as counting:
        content = build_content(rows.recommendations, (), facts)
    with timed() as rendering:
        made = render(content, rows.recommendations, (), ReportFormat(file_format), Path(destination), savings=rows.savings)
    if made.warnings:
        raise AssertionError(made.warnings)
    print(
        json.dumps(
            {
                "content_s": counting.seconds,
                "render_s": rendering.seconds,
                "bytes": made.bytes,
                "peak_rss_mb": peak_rss_mb(),
                "child_peak_rss_mb": children_peak_rss_mb(),
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
