"""Jobs as answered."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from function_app.api.models.common import Failure
from shared.database.tables.job import JobState


class Job(BaseModel):
    """A piece of long-running work; poll it until its state is `succeeded`, `failed` or `cancelled`."""

    id: UUID
    kind: str = Field(examples=["process_csv_file"])
    report_id: UUID | None
    state: JobState
    progress: int = Field(ge=0, le=100, description="Percent.")
    phase: str = Field(examples=["Reading the export"])
    attempt: int = Field(description="How often a worker has begun it.")
    max_attempts: int
    cancel_requested: bool
    error: Failure | None
    result: dict[str, Any] | None = Field(
        description="What it found, where its kind has something to tell: of `test_azure_connection` a ConnectionTest, "
        "of `sync_azure_statistics` what the statistics are, of checks of credentials how it stands with each."
    )
    trace_id: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class JobPage(BaseModel):
    """One page of jobs."""

    items: list[Job]
    next_cursor: str | None
