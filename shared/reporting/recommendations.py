"""Recommendations of a report: found by what they are about, page by page."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from shared.database.reading import Query
from shared.reporting.listing import Conditions, Order, Place, like_pattern, page_query

_SELECT = """
select id, category, category_as_given, impact, impact_as_given, problem, solution, potential_benefits,
    nullif(recommendation_id, '') as recommendation_id, nullif(recommendation_type_id, '') as recommendation_type_id,
    subscription_id, subscription_name, resource_group, resource_name, resource_type, resource_id,
    annual_savings::text as annual_savings, nullif(currency, '') as currency, nullif(term, '') as term, lookback_days,
    nullif(sku, '') as sku, nullif(region, '') as region, nullif(scope, '') as scope, updated_at, retirement_date,
    nullif(retiring_feature, '') as retiring_feature, standing, standing_until,
    nullif(standing_reason, '') as standing_reason, encode(fingerprint, 'hex') as fingerprint, extras,
    (select f.first_seen_at from finding f join snapshot s on s.client_id = f.client_id
        where s.id = recommendation.snapshot_id and f.fingerprint = recommendation.fingerprint) as first_seen_at,
    (select nullif(m.status, 'cleared') from finding_mark m join snapshot s on s.client_id = m.client_id
        where s.id = recommendation.snapshot_id and m.fingerprint = recommendation.fingerprint
        order by m.id desc limit 1) as mark
from recommendation
"""

# The table's amount, not the answer's, which is text and would be ordered as such.
_SAVINGS = Order(
    "annual_savings",
    "recommendation.annual_savings",
    "%(after_value)s::numeric",
    descending=True,
    nullable=True,
    parse=Decimal,
)
ORDERS = {
    "source": Order("id", "id"),
    "-annual_savings": _SAVINGS,
    "resource": Order("resource_name", "lower(left(resource_name, 200))", "lower(left(%(after_value)s, 200))"),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which recommendations are wanted; ``None`` and empty wants all. Ids and names are compared without case."""

    categories: tuple[str, ...] = ()
    impacts: tuple[str, ...] = ()
    subscription: str | None = None
    """The id or the name of a subscription."""
    resource_group: str | None = None
    min_savings: Decimal | None = None
    """Least annual savings, in the recommendation's own currency; those not estimated are left out."""
    text: str | None = None
    """Part of the problem, the solution, the benefits or the resource's name."""


def listing(snapshot_id: UUID, wanted: Filter, *, place: Place) -> Query:
    """Return the query of one page of the recommendations of a snapshot.

    The snapshot is given by value, because the planner knows how large each large one is, and reads a million rows by the
    index of their order where it would sort twenty.
    """
    conditions = Conditions()
    conditions.add("snapshot_id = %(snapshot_id)s", snapshot_id=snapshot_id)
    conditions.add_given("category = any(%(categories)s)", categories=list(wanted.categories))
    conditions.add_given("impact = any(%(impacts)s)", impacts=list(wanted.impacts))
    conditions.add_given(
        "(lower(subscription_id) = lower(%(subscription)s) or lower(subscription_name) = lower(%(subscription)s))",
        subscription=wanted.subscription,
    )
    conditions.add_given("lower(resource_group) = lower(%(resource_group)s)", resource_group=wanted.resource_group)
    conditions.add_given("annual_savings >= %(min_savings)s", min_savings=wanted.min_savings)
    if wanted.text:
        columns = ("problem", "solution", "potential_benefits", "resource_name")
        conditions.add(
            "(" + " or ".join(f"{column} ilike %(text)s" for column in columns) + ")", text=like_pattern(wanted.text)
        )
    return page_query(_SELECT, conditions, place)
