"""Statistics of an Azure connection as answered."""

from datetime import datetime

from pydantic import BaseModel, Field

_DECIMAL = r"^-?\d+(\.\d+)?$"


class CategoryCount(BaseModel):
    """How many recommendations one category and impact have."""

    category: str
    impact: str
    recommendations: int


class Statistics(BaseModel):
    """What Azure Advisor says of a connection's subscriptions at a glance."""

    as_of: datetime = Field(description="When it was read from Azure.")
    cached: bool = Field(description="Whether it was at hand, at most an hour old, so that Azure was not asked.")
    subscriptions_wanted: int
    subscriptions_read: int = Field(description="Those that Resource Graph shows to this connection.")
    recommendations: int = Field(description="Without those that are dismissed, postponed or excluded.")
    counts: list[CategoryCount]
    annual_savings: dict[str, str] = Field(
        examples=[{"USD": "5332.10"}],
        description="As Advisor adds them up, by currency; offers that exclude one another are told apart in reports only.",
    )
    scores: dict[str, str] = Field(
        examples=[{"Cost": "71.50", "Overall": "68.20"}],
        description="Advisor's scores in percent, by category and `Overall`, weighted by consumption.",
    )
