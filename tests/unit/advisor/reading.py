"""Ways to read what a test wrote."""

from pathlib import Path
from typing import NamedTuple

from shared.advisor.exports import Export, ReadLimits, open_export
from shared.advisor.recommendation import Recommendation, RejectedRow
from tests.generators.portal_csv import GENERATIONS

HEADER = ",".join(GENERATIONS[14])


class Read(NamedTuple):
    """An export and its rows."""

    export: Export
    accepted: list[Recommendation]
    rejected: list[RejectedRow]

    @property
    def notes(self) -> list[str]:
        return [note.code for note in self.export.notes]

    @property
    def reasons(self) -> list[tuple[int, str, str]]:
        return [(row.line, row.column, row.reason_code) for row in self.rejected]


def read(
    tmp_path: Path,
    content: str | bytes,
    *,
    limits: ReadLimits | None = None,
    category: str | None = None,
    name: str = "export",
) -> Read:
    """Write ``content`` to a file and read it as an export."""
    path = tmp_path / "content"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return rows_of(open_export(path, file_name=name, limits=limits, category=category))


def rows_of(export: Export) -> Read:
    """Read all rows of ``export``."""
    rows = list(export.rows())
    return Read(
        export,
        [row for row in rows if isinstance(row, Recommendation)],
        [row for row in rows if isinstance(row, RejectedRow)],
    )


def csv_of(*rows: str, header: str = HEADER) -> str:
    """Return a portal CSV of these lines."""
    return "\r\n".join([header, *rows, ""])


def row(text: str = "Resize", *, amount: str = "", currency: str = "", updated: str = "", retires: str = "") -> str:
    """Return one line of a 14-column export."""
    return f"Cost,High,{text},sub-1,Sub One,rg-1,vm-1,Virtual machine,{updated},,{amount},{currency},{retires},"
