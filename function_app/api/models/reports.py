"""Reports in and out."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, field_validator

from function_app.api.models.common import STORABLE, Failure, Given
from function_app.api.models.jobs import Job
from shared.advisor.vocabulary import Category
from shared.database.tables.report import FileState, ReportState
from shared.reports import ReportFormat, ReportType

MAX_PAGES = 50
"""An export of one client in this many pages holds far more recommendations than any tenant has."""

_Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300), STORABLE]


def _split(given: Any) -> Any:
    """Take ``pdf,xlsx`` as well as the fields ``pdf`` and ``xlsx``."""
    parts = [given] if isinstance(given, str) else given
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        return given
    return [word.strip().lower() for part in parts for word in part.split(",") if word.strip()]


class _Wanted(Given):
    client_id: UUID = Field(description="For whom the report is.")
    formats: Annotated[list[ReportFormat], BeforeValidator(_split)] = Field(
        default=[ReportFormat.PDF], min_length=1, max_length=16, examples=[["pdf", "xlsx"]]
    )
    report_type: ReportType = ReportType.DETAILED
    title: _Title | None = Field(None, examples=["Azure Advisor report"], description="Printed on the cover.")
    category: Category | None = Field(
        None, description="Of all rows, for exports that do not name it, such as a page of one category in the portal."
    )

    @field_validator("formats")
    @classmethod
    def _each_once(cls, value: list[ReportFormat]) -> list[ReportFormat]:
        return list(dict.fromkeys(value))


class ReportFromUploads(_Wanted):
    """A report ordered from files uploaded before."""

    upload_ids: list[UUID] = Field(
        min_length=1, max_length=MAX_PAGES, description="Uploads in order; several are pages of one export."
    )

    @field_validator("upload_ids")
    @classmethod
    def _no_page_twice(cls, value: list[UUID]) -> list[UUID]:
        if len(set(value)) != len(value):
            raise ValueError("must not name an upload twice")
        return value


class ReportFromFiles(_Wanted):
    """The text fields of a report ordered with its files."""


class Report(BaseModel):
    """A report as lists show it."""

    id: UUID
    client_id: UUID
    client_name: str
    title: str
    report_type: str
    source: str
    formats: list[str]
    status: ReportState
    progress: int = Field(ge=0, le=100, description="Percent, from the order to the files.")
    phase: str
    error: Failure | None
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class ReportFile(BaseModel):
    """One file of a report."""

    format: str
    status: FileState
    file_name: str
    content_type: str
    size_bytes: int | None
    sha256: str | None
    warnings: list[str]
    error: Failure | None
    created_at: datetime
    finished_at: datetime | None
    download: str | None = Field(description="Path of the download; `null` until the file is ready.")


class SourceNote(BaseModel):
    """What is worth knowing about an export as a whole, such as that a page of it is missing."""

    code: str = Field(examples=["pages_missing"], description="Stable, machine-readable.")
    message: str = Field(description="One plain sentence; also printed in the appendix of the report.")


class ReportSource(BaseModel):
    """What the report was made from."""

    source_format: str
    file_name: str
    taken_at: datetime
    taken_at_is_exact: bool
    accepted_count: int
    rejected_count: int
    notes: list[SourceNote]


class ReportDetail(Report):
    """A report with its files."""

    files: list[ReportFile]
    snapshot: ReportSource | None = Field(description="`null` until the export was read.")
    job_id: UUID | None = Field(description="The job that was last asked to work on it.")


class ReportAccepted(BaseModel):
    """A report that will be made, and the job to poll."""

    report: ReportDetail
    job: Job


class ReportPage(BaseModel):
    """One page of reports."""

    items: list[Report]
    next_cursor: str | None


class ReportFiles(BaseModel):
    """All files of a report."""

    items: list[ReportFile]
