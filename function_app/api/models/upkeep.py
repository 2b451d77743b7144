"""Retention and upkeep in and out."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from function_app.api.models.common import Given
from function_app.api.models.jobs import Job
from function_app.api.paging import PageQuery
from shared.audit.types import AuditType
from shared.upkeep.rules import MAX_DAYS

_Days = Annotated[int, Field(ge=1, le=MAX_DAYS)]


class OwnRules(Given):
    """What the tenant decides otherwise than the installation: fields left out follow it, `null` keeps for ever."""

    reports_days: _Days | None = None
    files_days: _Days | None = Field(None, description="Of files alone; retrying the report makes them again.")
    snapshots_days: _Days | None = Field(None, description="Of those that no report needs, except a client's newest.")
    rejected_rows_days: _Days | None = None
    jobs_days: _Days | None = None
    schedule_runs_days: _Days | None = None
    events_days: _Days | None = Field(None, description="Of those that no delivery is about any more.")
    deliveries_days: _Days | None = Field(None, description="Of deliveries that ended, with their attempts.")
    mails_days: _Days | None = None
    audit_days: _Days | None = None
    audit_days_by_type: dict[AuditType, _Days] = Field({}, description="By the type of entries, in place of `audit_days`.")
    credential_checks_days: _Days | None = None
    upkeep_runs_days: _Days | None = None
    unconfirmed_totp_hours: Annotated[int, Field(ge=1, le=24 * MAX_DAYS)] = 24
    used_backup_codes_days: _Days = 90


class RetentionShown(BaseModel):
    """For how long what is kept."""

    effective: dict[str, Any] = Field(description="What holds; `null`: for ever.")
    own: dict[str, Any] = Field(description="What of it the tenant decided.")
    version: int = Field(description="Also the ETag; 0 before the first change.")


class UpkeepWanted(Given):
    """A run of upkeep."""

    dry_run: bool = Field(default=False, description="Count what would be removed, and remove nothing.")


class UpkeepAccepted(BaseModel):
    """The job to poll; its `result` has the counts."""

    job: Job


class UpkeepRunsWanted(PageQuery):
    """The runs of upkeep; the newest come first."""


class UpkeepRun(BaseModel):
    """What one run removed, or would have."""

    id: UUID
    job_id: UUID | None
    dry_run: bool
    rules: dict[str, Any]
    counts: dict[str, int]
    problems: dict[str, str] = Field(description="Of removals that failed: the kind of error.")
    duration_s: float
    created_at: datetime


class UpkeepRunPage(BaseModel):
    """One page of runs."""

    items: list[UpkeepRun]
    next_cursor: str | None
