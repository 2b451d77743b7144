"""How it stands with credentials, in and out."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints, model_validator

from function_app.api.models.common import STORABLE, Given, SearchText
from function_app.api.models.jobs import Job
from function_app.api.paging import PageQuery
from shared.credential_health.states import HealthState

_Word = Annotated[str, StringConstraints(min_length=1, max_length=50), STORABLE]
_ABOUT_STATE = (
    "`healthy`: it works. `expiring`: it works and ends within 90 days. `invalid`: refused. `insufficient`: accepted, yet "
    "permissions are missing, or there are more than there should be. `expired`. `unreachable`: nobody could say, which "
    "counts neither for nor against it. `unchecked`."
)


class CredentialHealth(BaseModel):
    """How it stands with a credential."""

    id: UUID = Field(description="Of the connection or the stored credential.")
    name: str
    provider: str = Field(examples=["azure"])
    credential_type: str = Field(examples=["service_principal_secret"])
    client_id: UUID | None
    state: HealthState = Field(description=_ABOUT_STATE)
    code: str | None = Field(examples=["secret_expired"], description="Stable, machine-readable; `ok` where it works.")
    message: str | None = Field(examples=["The client secret has expired. (AADSTS7000222)"])
    next_step: str | None
    missing_permissions: list[str]
    excess_permissions: list[str] = Field(description="What it may do and should not, where the provider tells.")
    checked_at: datetime | None
    last_success_at: datetime | None
    consecutive_failures: int = Field(description="Outages in between do not count.")
    failing_since: datetime | None
    incident_open: bool = Field(description="Whether `credential.failed` was told and `credential.recovered` not yet.")
    last_told_at: datetime | None
    expires_at: datetime | None
    days_left: int | None
    alert_after: int | None = Field(description="Failures in a row until it is told; `null`: the installation's number.")
    next_check_at: datetime
    job_id: UUID | None = Field(description="The check that is under way.")
    version: int = Field(description="Of what you set (`alert_after`); also the ETag.")
    created_at: datetime


class CredentialHealthPage(BaseModel):
    """One page of credentials."""

    items: list[CredentialHealth]
    next_cursor: str | None


class CredentialHealthChange(Given):
    """What to change."""

    alert_after: int | None = Field(ge=1, le=100, description="`null`: the installation's number.")


class CredentialCheck(BaseModel):
    """One check."""

    id: UUID
    credential_id: UUID
    checked_at: datetime
    duration_ms: int
    state: HealthState
    code: str
    message: str
    next_step: str
    missing_permissions: list[str]
    excess_permissions: list[str]
    expires_at: datetime | None
    trigger: Literal["scheduled", "manual", "test"]
    job_id: UUID | None
    task_id: str | None = Field(description="Of the message that a worker took.")


class CredentialCheckPage(BaseModel):
    """One page of a credential's history."""

    items: list[CredentialCheck]
    next_cursor: str | None


class ChecksWanted(Given):
    """Which credentials to check now."""

    provider: _Word | None = Field(None, examples=["azure"], description="Left out with the type: all credentials.")
    credential_type: _Word | None = Field(None, examples=["service_principal_secret"])

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.provider is None) != (self.credential_type is None):
            raise ValueError("provider and credential_type go together; leave out both to check all credentials")
        return self


class ChecksAccepted(BaseModel):
    """The job to poll; its `result` holds `checks`, one answer a credential, and how many are `left`; of all: how many
    were `asked_for`."""

    job: Job


class CredentialHealthWanted(PageQuery):
    """Which credentials, in which order."""

    search: SearchText | None = Field(None, description="Part of the name.")
    provider: SearchText | None = None
    credential_type: SearchText | None = None
    client_id: UUID | None = None
    state: list[HealthState] = Field([], max_length=10, description="May be repeated.")
    incident_open: bool | None = None
    sort: Literal["name", "-name", "created_at", "-created_at", "expires_at"] = "name"


class HistoryWanted(PageQuery):
    """The history of a credential; the newest come first."""

    state: list[HealthState] = Field([], max_length=10, description="May be repeated.")
    sort: Literal["-checked_at"] = "-checked_at"
