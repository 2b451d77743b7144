"""The columns of the Excel and CSV files: their names, and a recommendation's values for them."""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import NamedTuple

from shared.advisor.recommendation import Recommendation
from shared.savings import SavingsStatus
from worker.reports.wording import encodable_text

Value = str | Decimal | int | datetime | date | None


class Kind(Enum):
    """What a column holds, which decides how a cell is written."""

    TEXT = "text"
    AMOUNT = "amount"
    NUMBER = "number"
    MOMENT = "moment"
    DATE = "date"


class Column(NamedTuple):
    """One column: its heading, what it holds, and its width in Excel in characters."""

    title: str
    kind: Kind = Kind.TEXT
    width: int = 18


RECOMMENDATION_COLUMNS = (
    Column("Category", width=21),
    Column("Impact", width=10),
    Column("Recommendation", width=60),
    Column("Solution", width=40),
    Column("Resource", width=34),
    Column("Resource type", width=24),
    Column("Resource group", width=24),
    Column("Subscription", width=28),
    Column("Subscription id", width=38),
    Column("Savings a year", Kind.AMOUNT, 16),
    Column("Currency", width=10),
    Column("Savings status", width=26),
    Column("Term", width=8),
    Column("Look-back days", Kind.NUMBER, 15),
    Column("SKU", width=18),
    Column("Region", width=14),
    Column("Scope", width=10),
    Column("Updated (UTC)", Kind.MOMENT, 18),
    Column("Retirement date", Kind.DATE, 16),
    Column("Retiring feature", width=24),
    Column("Potential benefits", width=30),
    Column("Resource id", width=40),
    Column("Recommendation id", width=38),
    Column("Recommendation type id", width=38),
    Column("Category as given", width=18),
    Column("Impact as given", width=15),
    Column("Other fields", width=40),
)
RESOURCE_COLUMN = 4

REJECTED_COLUMNS = (
    Column("File", width=40),
    Column("Line", Kind.NUMBER, 10),
    Column("Column", width=30),
    Column("Value", width=50),
    Column("Reason", width=70),
    Column("Reason code", width=26),
)

STATUS_WORDS = {
    SavingsStatus.COUNTED: "Counted",
    SavingsStatus.ALTERNATIVE: "Alternative, not counted",
    SavingsStatus.NOT_A_SAVING: "Costs money, not counted",
    SavingsStatus.PUT_ASIDE: "Put aside in Azure, not counted",
    SavingsStatus.NOT_ESTIMATED: "Not estimated",
    SavingsStatus.NONE: "",
}


def recommendation_values(recommendation: Recommendation, status: SavingsStatus) -> tuple[Value, ...]:
    """Return the values of :data:`RECOMMENDATION_COLUMNS`; ``None`` and ``""`` are empty cells."""
    return (
        recommendation.category.title,
        recommendation.impact.value,
        recommendation.problem,
        recommendation.solution if recommendation.solution != recommendation.problem else "",
        recommendation.resource_name,
        recommendation.resource_type,
        recommendation.resource_group,
        recommendation.subscription_name,
        recommendation.subscription_id,
        recommendation.annual_savings,
        recommendation.currency,
        STATUS_WORDS[status],
        recommendation.term,
        recommendation.lookback_days,
        recommendation.sku,
        recommendation.region,
        recommendation.scope,
        recommendation.updated_at,
        recommendation.retirement_date,
        recommendation.retiring_feature,
        recommendation.potential_benefits,
        recommendation.resource_id,
        recommendation.recommendation_id,
        recommendation.recommendation_type_id,
        recommendation.category_as_given,
        recommendation.impact_as_given,
        other_fields(recommendation.extras),
    )


def other_fields(extras: dict[str, str]) -> str:
    """Return everything else that the source said, one "name: value" a line."""
    return "\n".join(f"{name}: {value}" for name, value in extras.items() if value)


def text_of(value: str) -> str:
    """Return a text that every file format can carry."""
    return value if value.isascii() and value.isprintable() else encodable_text(value)
