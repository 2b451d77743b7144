"""Reports in and out."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, field_validator

from function_app.api.models.common import ONE_LINE, Failure, Given
from function_app.api.models.connections import SubscriptionSelection
from function_app.api.models.jobs import Job
from function_app.api.models.options import OptionsWanted
from shared.advisor.vocabulary import Category, Impact
from shared.azure.filters import MAX_VALUES
from shared.database.tables.report import FileState, ReportState
from shared.reports import ReportFormat, ReportType

MAX_PAGES = 50
"""An export of one client in this many pages holds far more recommendations than any tenant has."""

_Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300), ONE_LINE]


def _split(given: Any) -> Any:
    """Take ``pdf,xlsx`` as well as the fields ``pdf`` and ``xlsx``."""
    parts = [given] if isinstance(given, str) else given
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        return given
    return [word.strip().lower() for part in parts for word in part.split(",") if word.strip()]


class _Wanted(OptionsWanted):
    client_id: UUID = Field(description="For whom the report is.")
    formats: Annotated[list[ReportFormat], BeforeValidator(_split)] = Field(
        default=[ReportFormat.PDF],
        min_length=1,
        max_length=16,
        examples=[["pdf", "xlsx"]],
        description="Files to make. `pptx` is the executive summary as slides; `json` is described by "
        "`GET /api/v1/schemas/report-1.json`; `zip` holds every format.",
    )
    report_type: ReportType = Field(
        ReportType.DETAILED,
        description="What it tells: `executive` in two to four pages, `cost`, `security`, `operations` (reliability, "
        "performance and operational excellence), or `detailed`: every recommendation with its resources.",
    )
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


class TagWanted(Given):
    """A tag of resources."""

    name: str = Field(min_length=1, max_length=512)
    values: list[str] = Field(default=[], max_length=MAX_VALUES, description="Any of them; none: whatever its value.")


class FiltersWanted(Given):
    """Which recommendations are read; what several fields say must hold together."""

    categories: list[Category] = Field(default=[], max_length=MAX_VALUES)
    impacts: list[Impact] = Field(default=[], max_length=MAX_VALUES)
    subscription_ids: list[UUID] = Field(default=[], max_length=10_000)
    resource_groups: list[str] = Field(default=[], max_length=MAX_VALUES, description="Names, compared without case.")
    resource_types: list[str] = Field(
        default=[], max_length=MAX_VALUES, examples=[["Microsoft.Compute/virtualMachines"]], description="ARM types."
    )
    tag: TagWanted | None = Field(None, description="Only recommendations for resources that have this tag.")


class LiveWanted(Given):
    """What is read from Azure."""

    connection_id: UUID = Field(description="The Azure connection to sign in with.")
    selection: SubscriptionSelection | None = Field(
        None, description="Which subscriptions; left out: those that the connection is set to."
    )
    filters: FiltersWanted = FiltersWanted()
    keep_put_aside: bool = Field(
        default=False, description="Keep what is dismissed, postponed or excluded, marked, instead of leaving it out."
    )
    refresh_first: bool = Field(
        default=False, description="Let Advisor compute its recommendations anew before they are read; takes minutes."
    )


class ReportFromAzure(_Wanted):
    """A report ordered from what Azure says now."""

    live: LiveWanted


class ReportFromSnapshot(_Wanted):
    """A report ordered from what was read before; asks neither Azure nor for a file."""

    snapshot_id: UUID = Field(description="The snapshot of an earlier report of the same client.")


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


class RefusedSubscription(BaseModel):
    """A subscription that could not be read, and why."""

    subscription_id: str
    name: str
    code: str = Field(examples=["azure_permission_missing"], description="Stable, machine-readable.")
    reason: str


class Fetch(BaseModel):
    """How the recommendations were read from Azure."""

    connection_id: UUID
    filters: dict[str, Any]
    keep_put_aside: bool
    refresh_first: bool
    requested_at: datetime
    fetched_at: datetime
    recommendations_count: int
    fetch_duration_seconds: float
    azure_api_calls: int
    azure_pages: int
    azure_retries: int
    azure_throttled: int = Field(description="How often Azure asked for fewer requests.")
    azure_waited_seconds: float
    subscriptions_wanted: int
    subscriptions_read: int
    subscriptions_refused: list[RefusedSubscription] = Field(description="At most 1,000 of them.")
    left_out: dict[str, int] = Field(
        examples=[{"dismissed": 3, "postponed": 1}], description="What was put aside in Azure, by its standing."
    )
    duplicates: int = Field(description="Rows that Azure gave twice and that were taken once.")
    missing: int = Field(description="Recommendations that Azure counted and did not give.")


class ReportSource(BaseModel):
    """What the report was made from."""

    id: UUID = Field(description="Of the snapshot, from which further reports can be ordered.")
    source_format: str
    file_name: str
    taken_at: datetime
    taken_at_is_exact: bool
    accepted_count: int
    rejected_count: int
    notes: list[SourceNote]


class ReportDetail(Report):
    """A report with its files."""

    options: dict[str, Any] = Field(
        examples=[{"policy": {"term": "P1Y"}, "scope": {"categories": ["Cost"]}}],
        description="What the report was ordered to say, as in the order; what is left out is as by default.",
    )
    manual_count: int = Field(description="Recommendations added by hand.")
    files: list[ReportFile]
    fetch: Fetch | None = Field(description="`null` where the recommendations were not read from Azure, or not yet.")
    snapshot: ReportSource | None = Field(description="`null` until the recommendations were read.")
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
