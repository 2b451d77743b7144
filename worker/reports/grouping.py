"""Put the listed recommendations in sections: by category, then by recommendation type, the most important first."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from shared.advisor.recommendation import Recommendation
from shared.advisor.vocabulary import Impact
from shared.savings import SavingsStatus
from worker.reports.document import CategoryCounts, Group, Resource, Section
from worker.reports.tallies import IMPACT_ORDER, GroupKey, add_amount, group_key
from worker.reports.wording import clean_text, portal_url, retirement_text, term_text


class _Totals(msgspec.Struct):
    total: int = 0
    impact: Impact = Impact.OTHER
    alternatives: int = 0
    not_estimated: int = 0
    savings: dict[str, Decimal] = {}


class GroupTotals:
    """Counts over all recommendations of the groups that are listed, whether each recommendation is listed or not."""

    def __init__(self, keys: Iterable[GroupKey]) -> None:
        self._totals = {key: _Totals() for key in keys}

    def add(self, recommendation: Recommendation, status: SavingsStatus) -> None:
        """Count one recommendation, unless none of its group is listed."""
        totals = self._totals.get(group_key(recommendation))
        if totals is None:
            return
        totals.total += 1
        totals.impact = min(totals.impact, recommendation.impact, key=IMPACT_ORDER.__getitem__)
        if status is SavingsStatus.COUNTED and recommendation.annual_savings is not None:
            add_amount(totals.savings, recommendation.currency, recommendation.annual_savings)
        elif status is SavingsStatus.ALTERNATIVE:
            totals.alternatives += 1
        elif status is SavingsStatus.NOT_ESTIMATED:
            totals.not_estimated += 1

    def of(self, key: GroupKey) -> _Totals:
        """Return the counts of one listed group."""
        return self._totals[key]


def sections_of(
    listed: Iterable[tuple[Recommendation, SavingsStatus]],
    totals: GroupTotals,
    categories: Sequence[CategoryCounts],
    main_currency: str,
) -> tuple[Section, ...]:
    """Return one section for each category that has recommendations, in the order of ``categories``."""
    members: dict[GroupKey, list[tuple[Recommendation, SavingsStatus]]] = {}
    for recommendation, status in listed:
        members.setdefault(group_key(recommendation), []).append((recommendation, status))
    sections = []
    for summary in categories:
        if not summary.total:
            continue
        groups = sorted(
            (_group(rows, totals.of(key)) for key, rows in members.items() if key[0] is summary.category),
            key=lambda group: importance(group, main_currency),
        )
        sections.append(Section(summary=summary, groups=tuple(groups), listed=sum(len(group.resources) for group in groups)))
    return tuple(sections)


def importance(group: Group, main_currency: str) -> tuple[int, Decimal, int, str]:
    """Sort key: higher impact first, then larger savings in the main currency, then more recommendations.

    Savings in other currencies do not count here, for amounts of different currencies cannot be compared.
    """
    return IMPACT_ORDER[group.impact], -group.savings.get(main_currency, Decimal(0)), -group.total, group.title


def _group(rows: Sequence[tuple[Recommendation, SavingsStatus]], totals: _Totals) -> Group:
    first = rows[0][0]
    title = clean_text(first.problem)
    solution = clean_text(first.solution)
    benefits = {clean_text(recommendation.potential_benefits) for recommendation, _ in rows}
    resources = sorted((_resource(recommendation, status) for recommendation, status in rows), key=_resource_order)
    return Group(
        title=title,
        solution="" if _same_text(title, solution) else solution,
        # "5,332 USD savings" differs from row to row: only what holds for the whole group is said for the group.
        benefits=benefits.pop() if len(benefits) == 1 and not rows[0][0].annual_savings else "",
        impact=totals.impact,
        total=totals.total,
        savings=dict(sorted(totals.savings.items())),
        alternatives=totals.alternatives,
        not_estimated=totals.not_estimated,
        resources=tuple(resources),
    )


def _resource_order(resource: Resource) -> tuple[int, bool, bool, Decimal, str, str, str]:
    return (
        IMPACT_ORDER[resource.impact],
        resource.savings is None,
        resource.is_alternative,
        -(resource.savings or Decimal(0)),
        resource.subscription.lower(),
        resource.resource_group.lower(),
        resource.name.lower(),
    )


def _resource(recommendation: Recommendation, status: SavingsStatus) -> Resource:
    subscription = clean_text(recommendation.subscription_name or recommendation.subscription_id)
    name = clean_text(recommendation.resource_name or recommendation.resource_id)
    resource_type = clean_text(recommendation.resource_type)
    details = _details(recommendation)
    if _is_about_subscription(recommendation):
        # The name of such a row is the subscription's GUID: what is offered, or else the subscription's name, says more.
        offered = [clean_text(part) for part in (recommendation.sku, recommendation.region) if part]
        name, resource_type = (" · ".join(offered), "") if offered else (subscription, "Subscription")
        details = details[len(offered) :]
    return Resource(
        name=name or subscription or "Not named",
        type=resource_type,
        resource_group=clean_text(recommendation.resource_group),
        subscription=subscription if subscription != name else "",
        portal_url=portal_url(recommendation.resource_id),
        impact=recommendation.impact,
        savings=recommendation.annual_savings,
        currency=clean_text(recommendation.currency),
        is_alternative=status is SavingsStatus.ALTERNATIVE,
        detail=" · ".join(details),
        updated=recommendation.updated_at.date() if recommendation.updated_at else None,
    )


def _is_about_subscription(recommendation: Recommendation) -> bool:
    name = recommendation.resource_name.lower()
    return bool(name) and name in {recommendation.subscription_id.lower(), recommendation.subscription_name.lower()}


def _details(recommendation: Recommendation) -> list[str]:
    """Return what tells an offer from its neighbours: SKU and region first, each where there is one."""
    parts = [
        clean_text(recommendation.sku),
        clean_text(recommendation.region),
        term_text(clean_text(recommendation.term)),
        f"{recommendation.lookback_days}-day look-back" if recommendation.lookback_days else "",
        f"{clean_text(recommendation.scope).lower()} scope" if recommendation.scope else "",
        retirement_text(clean_text(recommendation.retiring_feature), recommendation.retirement_date),
    ]
    return [part for part in parts if part]


def _same_text(one: str, other: str) -> bool:
    return one.casefold().rstrip(". ") == other.casefold().rstrip(". ")
