"""What the JSON file of a report holds.

Other people's programs read it: within one major version of :data:`SCHEMA_VERSION` fields are only added. Amounts are
decimal strings beside their currency, never floats; times are RFC 3339 in UTC; an absent text is ``""``.
"""

from datetime import date, datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from shared.advisor.vocabulary import Category, Impact
from shared.savings import SavingsStatus

SCHEMA_VERSION = "1.0"

Amount = Annotated[
    str, Meta(description="A decimal number, never rounded.", pattern=r"^-?\d+(\.\d+)?$", examples=["5332.10"])
]
Moment = Annotated[datetime, Meta(tz=True)]
Currency = Annotated[str, Meta(description="ISO 4217 code; empty where the source names none.", examples=["USD"])]
Count = Annotated[int, Meta(ge=0)]


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One export, or one collection, that the recommendations came from."""

    name: str
    kind: Annotated[str, Meta(description="What it is, in words.", examples=["Azure portal CSV"])]
    exported_at: Annotated[Moment | None, Meta(description="When Azure made it; null where it does not say.")]
    accepted: Count
    rejected: Count
    notes: tuple[str, ...]


class ReportHead(msgspec.Struct, frozen=True, kw_only=True):
    """What the report is."""

    title: str
    client: str
    type: str
    scope: str
    created_at: Moment
    sources: tuple[Source, ...]


class CategorySummary(msgspec.Struct, frozen=True, kw_only=True):
    """Recommendations of one category."""

    category: Category
    recommendations: Count
    by_impact: dict[Impact, int]
    counted_savings: Annotated[
        dict[str, Amount], Meta(description="Savings a year that do not overlap, by ISO 4217 code of the currency.")
    ]


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The figures at the head of the report."""

    recommendations: Count
    by_impact: dict[Impact, int]
    by_category: tuple[CategorySummary, ...]
    rejected_rows: Count
    paragraphs: Annotated[tuple[str, ...], Meta(description="The executive summary as the report words it.")]


class CurrencyTotal(msgspec.Struct, frozen=True, kw_only=True):
    """Savings a year in one currency; amounts of different currencies are never added."""

    currency: Currency
    counted: Annotated[Amount, Meta(description="What can be achieved: offers that exclude each other count once.")]
    counted_recommendations: Count
    alternative_recommendations: Annotated[int, Meta(ge=0, description="Offers with an amount that stand in no sum.")]


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """A paragraph on how the numbers were made."""

    heading: str
    text: str


class SavingsResult(msgspec.Struct, frozen=True, kw_only=True):
    """What the recommendations would save a year, nothing counted twice."""

    by_currency: tuple[CurrencyTotal, ...]
    not_estimated: Annotated[int, Meta(ge=0, description="Cost recommendations without an amount.")]
    method: tuple[Explanation, ...]


class JsonRecommendation(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One recommendation for one resource, with texts as the source gave them."""

    category: Category
    category_as_given: str
    impact: Impact
    impact_as_given: str
    recommendation: Annotated[str, Meta(description="The problem, in Advisor's words.")]
    solution: str
    potential_benefits: str
    fingerprint: Annotated[
        str, Meta(description="Names the same finding in every report of the client.", pattern="^[0-9a-f]{32}$")
    ]
    recommendation_id: str
    recommendation_type_id: str
    subscription_id: str
    subscription_name: str
    resource_group: str
    resource_name: str
    resource_type: str
    resource_id: str
    portal_url: str
    annual_savings: Annotated[Amount | None, Meta(description="Null where Advisor estimated nothing.")]
    currency: Currency
    savings_status: SavingsStatus
    term: Annotated[str, Meta(description="Commitment term, an ISO 8601 duration.", examples=["P3Y"])]
    lookback_days: int | None
    sku: str
    region: str
    scope: str
    updated_at: Moment | None
    retirement_date: date | None
    retiring_feature: str
    other_fields: Annotated[dict[str, str], Meta(description="Everything else that the source said, by its own names.")]


class JsonRejectedRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One row of the source that could not become a recommendation, and why."""

    file_name: str
    line: int
    column: str
    value: str
    reason_code: str
    reason: str


class JsonReport(msgspec.Struct, frozen=True, kw_only=True):
    """A report on Azure Advisor recommendations, as data."""

    schema_version: Annotated[
        str,
        Meta(
            description="Major and minor version of this schema: a higher minor version only adds fields.",
            pattern=r"^1\.\d+$",
        ),
    ]
    report: ReportHead
    summary: Summary
    savings: SavingsResult
    recommendations: tuple[JsonRecommendation, ...]
    rejected_rows: tuple[JsonRejectedRow, ...]
