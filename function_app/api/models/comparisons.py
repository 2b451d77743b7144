"""What changed since an earlier snapshot, the course of time, and marks, in and out."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints, model_validator

from function_app.api.models.common import ONE_LINE, STORABLE, Given
from function_app.api.paging import PageQuery
from shared.comparison.marks import MarkStatus
from shared.comparison.result import ChangeKind, MatchedBy

_AMOUNT = Field(pattern=r"^-?\d+(\.\d+)?$", examples=["5332.10"], description="A decimal number as text.")
_Amount = Annotated[str, _AMOUNT]


class ChangesWanted(PageQuery):
    """Which changes of a report."""

    kind: list[ChangeKind] = Field([], max_length=10, description="May be repeated; none: all.")


class MarksWanted(PageQuery):
    """Which marks of a client."""

    status: MarkStatus | None = None


class TrendWanted(Given):
    """On which scope and policy the course is drawn."""

    report_id: UUID | None = Field(
        None, description="The report whose scope and policy count; default: the client's newest."
    )


class Side(BaseModel):
    """One side of a comparison."""

    snapshot_id: UUID | None
    taken_at: datetime | None
    taken_at_is_exact: bool
    source_format: str
    findings: int = Field(description="Open findings in the report's scope.")


class Bridge(BaseModel):
    """How the achievable total of one currency came about: before - realised - lost + newly_found + grown = after."""

    currency: str
    before: _Amount
    realised: _Amount
    lost: _Amount
    newly_found: _Amount
    grown: _Amount
    after: _Amount


class AgeGroup(BaseModel):
    """Open findings by age."""

    label: Literal["30", "90", "180", "365", "older"] = Field(description="Up to so many days since first seen.")
    count: int


class ComparisonSummary(BaseModel):
    """A report's snapshot against an earlier one, in sums."""

    earlier: Side
    current: Side
    matched_by: MatchedBy
    matched: int
    match_rate: _Amount
    same_scope: bool = Field(description="Whether both hold the same subscriptions and categories, as far as findings tell.")
    counts: dict[ChangeKind, int]
    unchanged: int
    bridges: list[Bridge]
    ages: list[AgeGroup]
    only_then: list[str]
    only_now: list[str]
    only_categories_then: list[str]
    only_categories_now: list[str]
    not_read: list[str] = Field(
        default=[],
        description="Subscriptions of the earlier snapshot that were not read for this one; their findings are left out.",
    )
    unread_rows: int = Field(
        default=0,
        description="Rows of this snapshot's source that could not be read: what they tell of may count as resolved.",
    )


class Change(BaseModel):
    """One finding that is not as it was."""

    id: UUID
    kind: ChangeKind
    fingerprint: str
    category: str
    impact: str
    problem: str
    resource_name: str
    resource_type: str
    resource_id: str
    subscription_id: str
    subscription_name: str
    annual_savings: _Amount | None
    currency: str | None
    impact_before: str | None
    annual_savings_before: _Amount | None
    currency_before: str | None
    problem_before: str | None
    changed: list[Literal["impact", "savings", "text"]]
    first_seen_at: datetime | None


class ComparisonPage(BaseModel):
    """What changed: the sums, and one page of the single changes, the most important first."""

    comparison: ComparisonSummary | None = Field(description="`null` where there is nothing to compare with.")
    reason: str = Field(description="Why there is none, in one plain sentence; else empty.")
    items: list[Change]
    next_cursor: str | None


class TrendPoint(BaseModel):
    """What one snapshot amounts to."""

    snapshot_id: UUID
    taken_at: datetime
    total: int
    by_category: dict[str, int]
    by_impact: dict[str, int]
    savings: dict[str, _Amount] = Field(description="Achievable total a year by currency.")
    unread_subscriptions: int = Field(0, description="How many could not be read then, so that their findings are missing.")


class Trend(BaseModel):
    """A client's last twelve snapshots, the oldest first."""

    points: list[TrendPoint]


class NewMark(Given):
    """A decision about a finding."""

    status: MarkStatus
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=4_000), STORABLE] = ""
    owner: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), ONE_LINE] = Field(
        "", description="Who does it; of what is planned or done."
    )
    due_on: date | None = Field(None, description="Of what is planned.")

    @model_validator(mode="after")
    def _fits_its_status(self) -> "NewMark":
        if self.status is MarkStatus.REJECTED and not self.note:
            raise ValueError("a rejection needs a note that says why")
        if self.owner and self.status not in {MarkStatus.PLANNED, MarkStatus.DONE}:
            raise ValueError("owner goes with planned or done")
        if self.due_on and self.status is not MarkStatus.PLANNED:
            raise ValueError("due_on goes with planned")
        return self


class Mark(BaseModel):
    """A mark as it is or was."""

    id: UUID
    fingerprint: str
    status: Literal["accepted", "planned", "done", "rejected", "cleared"]
    note: str
    owner: str
    due_on: date | None
    marked_by: str = Field(description="The name of the API key that set it.")
    created_at: datetime


class MarkPage(BaseModel):
    """One page of the marks that findings bear now."""

    items: list[Mark]
    next_cursor: str | None


class MarkHistory(BaseModel):
    """The marks of one finding, the newest first, at most 200."""

    items: list[Mark]
