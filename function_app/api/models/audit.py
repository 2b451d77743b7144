"""The audit log as asked for and answered."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from function_app.api.models.common import SearchText
from function_app.api.paging import PageQuery
from shared.audit.types import AuditType, Result

MAX_EXPORTED = 10_000


class AuditEventsWanted(PageQuery):
    """Which entries, in which order."""

    type: list[AuditType] = Field([], max_length=30, description="May be repeated.")
    result: Result | None = None
    actor_id: UUID | None = Field(None, description="The API key.")
    target_id: UUID | None = Field(None, description="The report, schedule, connection or key.")
    ip: SearchText | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    sort: Literal["-occurred_at", "occurred_at"] = "-occurred_at"


class AuditExportWanted(AuditEventsWanted):
    """Which entries, as which file."""

    limit: int = Field(MAX_EXPORTED, ge=1, le=MAX_EXPORTED, description="Entries of a file, at most.")
    format: Literal["csv", "json"] = "csv"


class AuditEvent(BaseModel):
    """One entry: who did what."""

    id: UUID
    occurred_at: datetime
    type: str
    result: Result
    actor_kind: str = Field(examples=["key"], description="`key`, `service` or `unknown`.")
    actor_id: UUID | None
    actor_name: str | None = Field(description="As it was called then.")
    target_kind: str | None
    target_id: UUID | None
    target_name: str | None
    ip: str | None = Field(description="As the platform's front end saw it.")
    user_agent: str | None
    device: str | None = Field(examples=["Firefox 144 on Windows"])
    details: dict[str, Any]


class AuditEventPage(BaseModel):
    """One page of entries."""

    items: list[AuditEvent]
    next_cursor: str | None
