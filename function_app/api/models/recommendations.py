"""Recommendations and rejected rows as answered."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, Field

from shared.advisor.standing import Standing
from shared.comparison.marks import MarkStatus


class Recommendation(BaseModel):
    """One recommendation of a report; an empty text is one that the source did not give."""

    id: UUID
    category: str
    category_as_given: str
    impact: str
    impact_as_given: str
    problem: str
    solution: str
    potential_benefits: str
    recommendation_id: str | None
    recommendation_type_id: str | None
    subscription_id: str
    subscription_name: str
    resource_group: str
    resource_name: str
    resource_type: str
    resource_id: str
    annual_savings: str | None = Field(
        pattern=r"^-?\d+(\.\d+)?$", examples=["5332.10"], description="A decimal number as text; `null`: not estimated."
    )
    currency: str | None
    term: str | None
    lookback_days: int | None
    sku: str | None
    region: str | None
    scope: str | None
    updated_at: datetime | None
    retirement_date: date | None
    retiring_feature: str | None
    standing: Standing = Field(description="`active`, or how somebody in Azure put it aside.")
    standing_until: datetime | None = Field(description="Until when it is postponed.")
    standing_reason: str | None = Field(description="Why it is not active, in one plain sentence.")
    fingerprint: str = Field(description="Names the same finding across exports.")
    first_seen_at: datetime | None = Field(
        description="When the first snapshot that held it was taken; `null` until a report was made of this one."
    )
    mark: MarkStatus | None = Field(description="What was decided about it; see the client's marks.")
    extras: dict[str, object]


class RecommendationPage(BaseModel):
    """One page of recommendations."""

    items: list[Recommendation]
    next_cursor: str | None


class RejectedRow(BaseModel):
    """A row of the export that could not be understood, and why."""

    id: UUID
    file_name: str = Field(description="Which file, where the export came in several; else empty.")
    line: int
    column: str
    value: str
    reason_code: str
    reason: str


class RejectedRowPage(BaseModel):
    """One page of rejected rows."""

    items: list[RejectedRow]
    next_cursor: str | None
