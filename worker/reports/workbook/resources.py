"""The sheet with one row for every affected resource."""

from decimal import Decimal
from sys import intern

import msgspec

from shared.advisor.recommendation import Recommendation
from shared.advisor.vocabulary import Impact
from shared.language.marking import marked
from shared.savings import SavingsStatus
from worker.reports.columns import Column, Kind
from worker.reports.judged import Judged
from worker.reports.tallies import add_amount
from worker.reports.wording import portal_url
from worker.reports.workbook.row_sheet import Book, RowSheet

MAX_RESOURCES = 150_000
"""They are counted in memory, some 0.5 kB each; those beyond are in the sheet of recommendations alone."""

RESOURCE_COLUMNS = (
    Column(marked("Resource"), width=34),
    Column(marked("Resource type"), width=36),
    Column(marked("Resource group"), width=24),
    Column(marked("Subscription"), width=28),
    Column(marked("Recommendations"), Kind.NUMBER, 18),
    Column(marked("High impact"), Kind.NUMBER, 13),
    Column(marked("Medium impact"), Kind.NUMBER, 15),
    Column(marked("Low impact"), Kind.NUMBER, 13),
    Column(marked("Counted savings a year"), Kind.AMOUNT, 22),
    Column(marked("Currency"), width=10),
    Column(marked("Resource id"), width=60),
)


class _Resource(msgspec.Struct, gc=False):
    name: str
    type: str
    group: str
    subscription: str
    id: str
    total: int = 0
    high: int = 0
    medium: int = 0
    low: int = 0
    savings: dict[str, Decimal] | None = None


class ResourceTally:
    """Counts the recommendations of each resource while they go by."""

    def __init__(self) -> None:
        self._resources: dict[int, _Resource] = {}
        self._is_over = False

    def add(self, row: Judged) -> None:
        """Count one recommendation; one about a subscription as a whole names no resource and is left out."""
        recommendation = row.recommendation
        if not recommendation.resource_name or _is_subscription(recommendation):
            return
        # 64 bits stand for the key: a collision among 150,000 has a chance of less than one in a billion.
        key = hash(_key(recommendation))
        resource = self._resources.get(key)
        if resource is None:
            if len(self._resources) >= MAX_RESOURCES:
                self._is_over = True
                return
            resource = self._resources[key] = _Resource(
                recommendation.resource_name,
                intern(recommendation.resource_type),
                intern(recommendation.resource_group),
                intern(recommendation.subscription_name or recommendation.subscription_id),
                recommendation.resource_id,
            )
        resource.total += 1
        resource.high += recommendation.impact is Impact.HIGH
        resource.medium += recommendation.impact is Impact.MEDIUM
        resource.low += recommendation.impact is Impact.LOW
        if row.status is SavingsStatus.COUNTED and recommendation.annual_savings is not None:
            resource.savings = resource.savings or {}
            add_amount(resource.savings, recommendation.currency, recommendation.annual_savings)

    def write(self, book: Book) -> None:
        """Write the sheet, resources with the most important recommendations first."""
        language = book.language
        rows = RowSheet(book, language.gettext("Resources"), RESOURCE_COLUMNS, key="Resources")
        ordered = sorted(
            self._resources.values(), key=lambda item: (-item.high, -item.medium, -item.low, item.name.casefold())
        )
        for resource in ordered:
            savings = resource.savings or {}
            # Amounts of different currencies stand in rows of their own: they are never added.
            for currency, amount in sorted(savings.items()) or (("", None),):
                rows.add(
                    (
                        resource.name,
                        resource.type,
                        resource.group,
                        resource.subscription,
                        resource.total,
                        resource.high,
                        resource.medium,
                        resource.low,
                        amount,
                        currency,
                        resource.id,
                    ),
                    currency=currency,
                    link_column=0,
                    link=portal_url(resource.id),
                )
        note = language.gettext(
            "The first {number} resources are listed; all are in the sheet of recommendations.",
            number=language.number(MAX_RESOURCES),
        )
        rows.finish(language.gettext("No recommendation names a resource."), note if self._is_over else "")


def _key(recommendation: Recommendation) -> tuple[str, ...]:
    if recommendation.resource_id:
        return (recommendation.resource_id.lower(),)
    return (
        (recommendation.subscription_id or recommendation.subscription_name).lower(),
        recommendation.resource_group.lower(),
        recommendation.resource_type.lower(),
        recommendation.resource_name.lower(),
    )


def _is_subscription(recommendation: Recommendation) -> bool:
    return recommendation.resource_name.lower() in {
        recommendation.subscription_id.lower(),
        recommendation.subscription_name.lower(),
    }
