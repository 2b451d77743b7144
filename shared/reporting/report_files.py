"""The files of a report: what they are called, and their rows before they are made."""

import unicodedata
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from shared.database.tables import ReportFile
from shared.errors import ConflictError, NotFoundError
from shared.reports import ReportFormat

# File systems take 255 bytes; a name of this many characters stays below that in most scripts, and readable in all.
_MAX_NAME_CHARS = 120
# What Windows, macOS or a browser would refuse or replace in a file name.
_FORBIDDEN = frozenset('<>:"/\\|?*')


class FileNotReadyError(ConflictError):
    """A file of a report cannot be downloaded (yet)."""

    code = "file_not_ready"

    def __init__(self, file_format: str, status: str) -> None:
        failed = status == "failed"
        super().__init__(
            f"The {file_format} file {'could not be made' if failed else 'is not made yet'}.",
            next_step="Retry the report." if failed else "Poll the report until its status is completed.",
        )


class FileNotFoundInReportError(NotFoundError):
    """A report has no file of the format asked for."""

    code = "file_not_found"

    def __init__(self, file_format: str) -> None:
        super().__init__(
            f"The report has no {file_format} file.", next_step="The report's formats say which files it was ordered with."
        )


def file_name(client_name: str, title: str, day: date, file_format: ReportFormat) -> str:
    """Return the name a download is saved under, such as ``Contoso - Azure Advisor report 2026-11-22.pdf``."""
    # A plain hyphen: programs that take the ASCII form of a name would turn a dash into an underscore.
    stem = _safe(f"{client_name} - {title}" if client_name.casefold() not in title.casefold() else title)
    return f"{stem} {day.isoformat()}.{file_format}"


def planned(
    tenant_id: UUID, report_id: UUID, formats: Sequence[ReportFormat], *, client_name: str, title: str, day: date
) -> list[ReportFile]:
    """Return the rows of the files that are still to be made."""
    return [
        ReportFile(
            tenant_id=tenant_id,
            report_id=report_id,
            format=file_format,
            file_name=file_name(client_name, title, day, file_format),
            content_type=file_format.content_type,
        )
        for file_format in formats
    ]


def _safe(text: str) -> str:
    kept = "".join(
        " " if char in _FORBIDDEN or unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} else char for char in text
    )
    return " ".join(kept.split())[:_MAX_NAME_CHARS].strip(" .") or "Azure Advisor report"
