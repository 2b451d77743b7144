"""Render a report as an Excel workbook: every recommendation in typed cells, none of which can become a formula."""

from collections.abc import Iterable
from pathlib import Path

import xlsxwriter

from shared.advisor.recommendation import Recommendation, RejectedRow
from shared.savings import SavingsStatus
from worker.reports.columns import (
    RECOMMENDATION_COLUMNS,
    REJECTED_COLUMNS,
    RESOURCE_COLUMN,
    recommendation_values,
)
from worker.reports.document import ReportContent
from worker.reports.progress import EveryFewRows
from worker.reports.wording import portal_url
from worker.reports.xlsx_sheets import Formats, RowSheet, write_guide, write_summary

MAX_TABLE_ROWS = 20_000
"""Up to so many rows a sheet is a native Excel table, which keeps the workbook in memory (about 60 MB); beyond it rows are
written straight to disk and the sheet has filters only: xlsxwriter cannot do both."""

MAX_SHEET_ROWS = 1_048_575
"""Excel's limit of 1,048,576 rows, less the header. More continue on a further sheet."""


def render_xlsx(
    content: ReportContent,
    rows: Iterable[tuple[Recommendation, SavingsStatus]],
    rejected_rows: Iterable[RejectedRow],
    destination: Path,
    *,
    on_rows: EveryFewRows | None = None,
    max_sheet_rows: int = MAX_SHEET_ROWS,
) -> None:
    """Write the workbook to ``destination``: summary, all recommendations, all rejected rows, how to read it."""
    is_large = max(content.total, content.rejected_total) > MAX_TABLE_ROWS
    options = {
        "constant_memory": is_large,
        "tmpdir": str(destination.parent),
        "use_zip64": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "remove_timezone": True,
    }
    with xlsxwriter.Workbook(str(destination), options) as workbook:
        workbook.set_properties(
            {
                "title": content.facts.title,
                "subject": f"Azure Advisor recommendations for {content.facts.client_name}",
                "author": "Azure Advisor Reports",
                "created": content.facts.created_at.replace(tzinfo=None),
            }
        )
        formats = Formats(workbook)
        write_summary(workbook.add_worksheet("Summary"), content, formats)
        recommendations = RowSheet(
            workbook, "Recommendations", RECOMMENDATION_COLUMNS, formats, is_table=not is_large, max_rows=max_sheet_rows
        )
        for recommendation, status in rows:
            recommendations.add(
                recommendation_values(recommendation, status),
                link_column=RESOURCE_COLUMN,
                link=portal_url(recommendation.resource_id),
            )
            if on_rows is not None:
                on_rows.row_done()
        recommendations.finish("No recommendations.")
        rejected = RowSheet(
            workbook, "Rejected rows", REJECTED_COLUMNS, formats, is_table=not is_large, max_rows=max_sheet_rows
        )
        for row in rejected_rows:
            rejected.add((row.file_name, row.line, row.column, row.value, row.reason, row.reason_code))
        rejected.finish("Every row of the sources was read.")
        write_guide(workbook.add_worksheet("How to read"), content, formats)
