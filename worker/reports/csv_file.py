"""Render a report as CSV: every recommendation, nothing a spreadsheet program would run."""

import csv
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from shared.csv_cells import harmless
from shared.language.language import Language
from worker.reports.columns import RECOMMENDATION_COLUMNS, RowWriter, Value, text_of
from worker.reports.judged import Judged
from worker.reports.progress import EveryFewRows


def render_csv(rows: Iterable[Judged], destination: Path, *, on_rows: EveryFewRows | None = None) -> None:
    """Write every row to ``destination`` as UTF-8 with BOM and CRLF line ends (RFC 4180), one at a time.

    Headings and words are English whatever the report's language, since programs read them. Amounts have a decimal point,
    times are ISO 8601 in UTC. A text that could be run as a formula gets a leading apostrophe.
    """
    on_rows = on_rows or EveryFewRows()
    with destination.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([column.title for column in RECOMMENDATION_COLUMNS])
        row_writer = RowWriter(Language.of())
        for row in rows:
            writer.writerow([_cell(value) for value in row_writer.values(row)])
            on_rows.row_done()


def _cell(value: Value) -> str:
    match value:
        case None:
            return ""
        case str():
            return harmless(text_of(value))
        case datetime():
            return value.strftime("%Y-%m-%dT%H:%M:%SZ")
        case Decimal():
            return f"{value:f}"
        case _:
            return str(value)
