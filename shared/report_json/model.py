"""What the JSON file of a report holds.

Other people's programs read it: within one major version of :data:`SCHEMA_VERSION` fields are only added. Amounts are
decimal strings beside their currency, never floats; times are RFC 3339 in UTC; an absent text is ``""``.
"""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from shared.advisor.vocabulary import Category, Impact
from shared.comparison.marks import MarkStatus
from shared.comparison.result import ChangeKind, MatchedBy
from shared.reports import ReportType
from shared.savings import NoteCode, SavingsStatus
from shared.savings.policy import PathChoice, TermChoice
from shared.savings.result import SavingsKind

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
    type: ReportType
    language: Annotated[str, Meta(description="BCP 47 tag of the language of the sentences in it.", examples=["en"])]
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


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """How much of what was asked for could be read, and what had been set aside in Azure and is therefore not listed."""

    subscriptions_read: Count
    subscriptions_wanted: Count
    dismissed: Count
    postponed: Count
    excluded: Count


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The figures at the head of the report."""

    recommendations: Count
    by_impact: dict[Impact, int]
    by_category: tuple[CategorySummary, ...]
    rejected_rows: Count
    coverage: Annotated[Coverage | None, Meta(description="null for files, which do not say how much they cover.")]
    paragraphs: Annotated[tuple[str, ...], Meta(description="The executive summary as the report words it.")]


class KindTotal(msgspec.Struct, frozen=True, kw_only=True):
    """One kind's part of the savings of one currency."""

    kind: SavingsKind
    counted: Amount
    counted_recommendations: Count
    alternatives: Amount
    alternative_recommendations: Count


class SubscriptionTotal(msgspec.Struct, frozen=True, kw_only=True):
    """One subscription's part of the savings of one currency."""

    subscription_id: Annotated[str, Meta(description="In lower case; the name where the source gives no id.")]
    subscription_name: str
    counted: Amount
    counted_recommendations: Count
    alternatives: Amount
    alternative_recommendations: Count


class CurrencyTotal(msgspec.Struct, frozen=True, kw_only=True):
    """Savings a year in one currency; amounts of different currencies are never added."""

    currency: Currency
    counted: Annotated[Amount, Meta(description="What can be achieved: offers that exclude each other count once.")]
    counted_recommendations: Count
    alternatives: Annotated[Amount, Meta(description="What was left out because something else counts instead.")]
    alternative_recommendations: Count
    retail_priced: Annotated[Amount, Meta(description="The part of `counted` that Advisor prices at retail rates.")]
    not_savings: Annotated[int, Meta(ge=0, description="Recommendations with an amount below zero, counted nowhere.")]
    by_kind: tuple[KindTotal, ...]
    by_subscription: tuple[SubscriptionTotal, ...]


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """What one unit of a currency is worth in the one shown."""

    currency: Currency
    rate: Amount


class Converted(msgspec.Struct, frozen=True, kw_only=True):
    """The achievable total in one currency, by rates that were given with the order."""

    currency: Currency
    counted: Amount
    rates_of: date
    rates: tuple[Rate, ...]
    without_rate: Annotated[tuple[str, ...], Meta(description="Currencies that are not in it.")]


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """Why some offers do not count, or what else is to be known of the total."""

    code: NoteCode
    currency: Currency
    recommendations: Count
    amount: Amount


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """A paragraph on how the numbers were made."""

    heading: str
    text: str


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """Which of several offers for the same spend counts."""

    term: TermChoice
    lookback_days: Annotated[int | Literal["best"], Meta(description="7, 30, 60 or `best`.")]
    path: PathChoice


class SavingsResult(msgspec.Struct, frozen=True, kw_only=True):
    """What the recommendations would save a year, nothing counted twice."""

    policy: Policy
    by_currency: tuple[CurrencyTotal, ...]
    converted: Converted | None
    not_estimated: Annotated[int, Meta(ge=0, description="Cost recommendations without an amount.")]
    notes: tuple[Note, ...]
    method: tuple[Explanation, ...]


class JsonMark(msgspec.Struct, frozen=True, kw_only=True):
    """What people decided about a finding."""

    status: MarkStatus
    note: str
    owner: str
    due_on: date | None


class Bridge(msgspec.Struct, frozen=True, kw_only=True):
    """How the achievable total of one currency came from the earlier to this one: before - realised - lost + newly found +
    grown = after."""

    currency: Currency
    before: Amount
    realised: Amount
    lost: Amount
    newly_found: Amount
    grown: Amount
    after: Amount


class JsonChange(msgspec.Struct, frozen=True, kw_only=True):
    """One finding that is not as it was."""

    change: ChangeKind
    fingerprint: str
    category: Category
    impact: Impact
    impact_before: Impact | None
    recommendation: str
    recommendation_before: str
    resource_name: str
    resource_type: str
    resource_id: str
    subscription_id: str
    subscription_name: str
    annual_savings: Amount | None
    currency: Currency
    annual_savings_before: Amount | None
    currency_before: Currency
    changed: Annotated[tuple[str, ...], Meta(description="Any of `impact`, `savings`, `text`.")]
    first_seen_at: Moment | None


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What changed since the client's earlier data."""

    earlier_taken_at: Moment | None
    matched_by: MatchedBy
    match_rate: Annotated[Amount, Meta(description="Share of this report's findings that the earlier data has too, 0 to 1.")]
    counts: dict[ChangeKind, int]
    unchanged: Count
    savings: tuple[Bridge, ...]
    listed: Annotated[
        tuple[JsonChange, ...], Meta(description="The most important of each kind; all are in the API's lists.")
    ]


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One import of the client's data in the course of time."""

    taken_at: Moment
    recommendations: Count
    by_category: dict[str, int]
    by_impact: dict[str, int]
    counted_savings: dict[str, Amount]


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
    not_counted_because: Annotated[NoteCode | None, Meta(description="Null where the amount counts or there is none.")]
    term: Annotated[str, Meta(description="Commitment term, an ISO 8601 duration.", examples=["P3Y"])]
    lookback_days: int | None
    sku: str
    region: str
    scope: str
    updated_at: Moment | None
    retirement_date: date | None
    retiring_feature: str
    mark: JsonMark | None
    is_manual: Annotated[bool, Meta(description="Added to the report by hand, not found by Advisor.")]
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
    changes: Annotated[Changes | None, Meta(description="Null where there is no earlier data to compare with.")]
    trend: Annotated[tuple[Point, ...], Meta(description="The client's last imports, the oldest first.")]
    recommendations: tuple[JsonRecommendation, ...]
    rejected_rows: tuple[JsonRejectedRow, ...]
