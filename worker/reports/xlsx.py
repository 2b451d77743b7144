"""Render a report as an Excel workbook: every recommendation in typed cells, none of which can become a formula."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from shared.advisor.recommendation import RejectedRow
from shared.language.language import Language
from shared.savings import Savings
from worker.reports.columns import RowWriter
from worker.reports.document import ReportContent
from worker.reports.judged import Judged
from worker.reports.progress import EveryFewRows
from worker.reports.workbook.cells import Formats
from worker.reports.workbook.guide import write_guide
from worker.reports.workbook.lists import OfferSheet, RecommendationSheet, write_changes, write_rejected
from worker.reports.workbook.ordering import Ordering, importance, worth
from worker.reports.workbook.resources import ResourceTally
from worker.reports.workbook.row_sheet import MAX_SHEET_ROWS, Book
from worker.reports.workbook.summary import SummarySheet

MAX_TABLE_ROWS = 20_000
"""Up to so many rows a sheet is a native Excel table, which keeps the workbook in memory (about 60 MB); beyond it rows are
written straight to disk and the sheet has filters only: xlsxwriter cannot do both."""


def render_xlsx(
    content: ReportContent,
    rows: Iterable[Judged],
    rejected_rows: Iterable[RejectedRow],
    destination: Path,
    *,
    savings: Savings,
    no_comparison_reason: str = "",
    on_rows: EveryFewRows | None = None,
    max_sheet_rows: int = MAX_SHEET_ROWS,
) -> None:
    """Write the workbook to ``destination``: summary, recommendations, resources, savings, changes, rejected rows, guide.

    Lists begin with what matters most. Memory grows with the number of resources, not with that of ``rows``, which are
    iterated once: many are sorted on disk, beside ``destination``.
    """
    # Whatever stops it, nothing of its own stays beside the file.
    with TemporaryDirectory(prefix=".workbook-", dir=destination.parent) as made:
        folder = Path(made)
        try:
            with _workbook(content, destination, folder) as (workbook, is_large):
                language = Language.of(content.facts.language)
                book = Book(workbook, Formats(workbook, content.facts.branding.palette), language, is_large, max_sheet_rows)
                SummarySheet(book, content, savings).write()
                _write_rows(book, rows, folder, on_rows or EveryFewRows())
                write_changes(book, content.comparison, no_comparison_reason)
                write_rejected(book, rejected_rows)
                write_guide(book, content)
        except FileCreateError as error:
            # A full disk, mostly, in the clothes of the library.
            raise (error.args[0] if isinstance(error.args[0], OSError) else OSError(str(error))) from error


@contextmanager
def _workbook(content: ReportContent, destination: Path, folder: Path) -> Iterator[tuple[xlsxwriter.Workbook, bool]]:
    """Open a workbook that is written at the end, and say whether it is too large for native tables."""
    facts = content.facts
    is_large = max(content.total, content.rejected_total) > MAX_TABLE_ROWS
    options = {
        "constant_memory": is_large,
        "tmpdir": str(folder),
        "use_zip64": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "remove_timezone": True,
    }
    with xlsxwriter.Workbook(str(destination), options) as workbook:
        workbook.set_properties(
            {
                "title": facts.title,
                "subject": f"{facts.client_name} · Azure Advisor",
                "author": "Azure Advisor Reports",
                "created": facts.created_at.replace(tzinfo=None),
            }
        )
        yield workbook, is_large


def _write_rows(book: Book, rows: Iterable[Judged], folder: Path, on_rows: EveryFewRows) -> None:
    """Write the sheets of recommendations, savings and resources, each with the most important first."""
    writer, resources = RowWriter(book.language), ResourceTally()
    with Ordering(importance, folder) as by_importance, Ordering(worth, folder) as by_worth:
        reading = on_rows.unreported()
        for row in rows:
            reading.row_done()
            by_importance.add(row)
            if row.recommendation.annual_savings is not None:
                by_worth.add(row)
            resources.add(row)
        recommendations, offers = RecommendationSheet(book, writer), OfferSheet(book, writer)
        for row in by_importance:
            recommendations.add(row)
            on_rows.row_done()
        recommendations.finish()
        for row in by_worth:
            offers.add(row)
        offers.finish()
    resources.write(book)
