"""Put the listed recommendations in sections: by category, then by recommendation type, the most important first."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

import msgspec

from shared.advisor.commitments import commitment_of
from shared.advisor.recommendation import Recommendation
from shared.advisor.vocabulary import Category, Impact
from shared.comparison.marks import Mark
from shared.language.language import Language
from shared.reports.manual import is_manual
from shared.savings import NoteCode, SavingsStatus
from worker.reports import terms
from worker.reports.document import CategoryCounts, Group, Resource, Section
from worker.reports.tallies import IMPACT_ORDER, GroupKey, add_amount, group_key
from worker.reports.text_languages import TextLanguages
from worker.reports.wording import clean_text, microsoft_url, portal_url

_COST_IMPLICATIONS = frozenset({"none", "low", "medium", "high"})


class Listed(NamedTuple):
    """A recommendation that is listed, with what became of its amount."""

    recommendation: Recommendation
    status: SavingsStatus
    reason: NoteCode | None


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
    listed: Iterable[Listed],
    totals: GroupTotals,
    categories: Sequence[CategoryCounts],
    main_currency: str,
    *,
    language: Language,
    marks: Mapping[bytes, Mark],
    texts: TextLanguages,
) -> tuple[Section, ...]:
    """Return one section for each category that has recommendations, in the order of ``categories``."""
    members: dict[GroupKey, list[Listed]] = {}
    for entry in listed:
        members.setdefault(group_key(entry.recommendation), []).append(entry)
    write_resource = _ResourceWriter(language, marks)
    sections = []
    for summary in categories:
        if not summary.total:
            continue
        groups = sorted(
            (
                _group(rows, totals.of(key), write_resource, texts)
                for key, rows in members.items()
                if key[0] is summary.category
            ),
            key=lambda group: importance(group, main_currency),
        )
        sections.append(Section(summary=summary, groups=tuple(groups), listed=sum(len(group.resources) for group in groups)))
    return tuple(sections)


def importance(group: Group, main_currency: str) -> tuple[int, Decimal, int, str]:
    """Sort key: higher impact first, then larger savings in the main currency, then more recommendations.

    Savings in other currencies do not count here, for amounts of different currencies cannot be compared.
    """
    return IMPACT_ORDER[group.impact], -group.savings.get(main_currency, Decimal(0)), -group.total, group.title


def _group(rows: Sequence[Listed], totals: _Totals, write_resource: "_ResourceWriter", texts: TextLanguages) -> Group:
    first = rows[0].recommendation
    title = clean_text(first.problem)
    solution = clean_text(first.solution)
    solution = "" if _same_text(title, solution) else solution
    all_benefits = {clean_text(entry.recommendation.potential_benefits) for entry in rows}
    # "5,332 USD savings" differs from row to row: only what holds for the whole group is said for the group.
    benefits = all_benefits.pop() if len(all_benefits) == 1 and not first.annual_savings else ""
    resources = sorted((write_resource(entry) for entry in rows), key=_resource_order)
    return Group(
        title=title,
        solution=solution,
        benefits=benefits,
        impact=totals.impact,
        total=totals.total,
        savings=dict(sorted(totals.savings.items())),
        alternatives=totals.alternatives,
        not_estimated=totals.not_estimated,
        is_commitment=first.category is Category.COST and commitment_of(first) is not None,
        cost_implication=_cost_implication(first),
        learn_more_url=microsoft_url(first.extras.get("learnMoreLink", "")),
        title_language=texts.of(title),
        solution_language=texts.of(solution),
        benefits_language=texts.of(benefits),
        resources=tuple(resources),
    )


def _cost_implication(recommendation: Recommendation) -> str:
    """Return Advisor's word, under whichever of the names that the API and the portal have for it."""
    for name, value in recommendation.extras.items():
        if "costimplication" in "".join(name.split()).casefold():
            word = value.strip().casefold()
            return word if word in _COST_IMPLICATIONS else ""
    return ""


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


class _ResourceWriter:
    """Writes resources in one language; what thousands of them share is looked up once."""

    def __init__(self, language: Language, marks: Mapping[bytes, Mark]) -> None:
        self._language = language
        self._marks = marks
        self._subscription = language.gettext("Subscription")
        self._not_named = language.gettext("Not named")

    def __call__(self, entry: Listed) -> Resource:
        """Return one resource."""
        recommendation = entry.recommendation
        subscription = clean_text(recommendation.subscription_name or recommendation.subscription_id)
        name = clean_text(recommendation.resource_name or recommendation.resource_id)
        resource_type = clean_text(recommendation.resource_type)
        details = self._details(recommendation)
        if _is_about_subscription(recommendation):
            # Such a row's name is the subscription's GUID: what is offered, or else the subscription's name, says more.
            offered = [clean_text(part) for part in (recommendation.sku, recommendation.region) if part]
            name, resource_type = (" · ".join(offered), "") if offered else (subscription, self._subscription)
            details = details[len(offered) :]
        return Resource(
            name=name or subscription or self._not_named,
            type=resource_type,
            resource_group=clean_text(recommendation.resource_group),
            subscription=subscription if subscription != name else "",
            portal_url=portal_url(recommendation.resource_id),
            impact=recommendation.impact,
            savings=recommendation.annual_savings,
            currency=clean_text(recommendation.currency),
            is_alternative=entry.status is SavingsStatus.ALTERNATIVE,
            detail=" · ".join(details),
            updated=recommendation.updated_at.date() if recommendation.updated_at else None,
            mark=_clean_mark(self._marks.get(recommendation.fingerprint)) if self._marks else None,
            is_manual=is_manual(recommendation),
            reason=entry.reason,
        )

    def _details(self, recommendation: Recommendation) -> list[str]:
        """Return what tells an offer from its neighbours: SKU and region first, each where there is one."""
        language = self._language
        parts = [
            clean_text(recommendation.sku),
            clean_text(recommendation.region),
            terms.term(clean_text(recommendation.term), language) if recommendation.term else "",
            language.ngettext("{number}-day look-back", "{number}-day look-back", recommendation.lookback_days)
            if recommendation.lookback_days
            else "",
            self._scope(recommendation.scope),
            terms.retirement(clean_text(recommendation.retiring_feature), recommendation.retirement_date, language),
        ]
        return [part for part in parts if part]

    def _scope(self, scope: str) -> str:
        match scope.casefold():
            case "":
                return ""
            case "single":
                return self._language.gettext("single scope")
            case "shared":
                return self._language.gettext("shared scope")
            case _:
                return self._language.gettext("{scope} scope", scope=clean_text(scope))


def _clean_mark(mark: Mark | None) -> Mark | None:
    if mark is None:
        return None
    return msgspec.structs.replace(mark, note=clean_text(mark.note), owner=clean_text(mark.owner))


def _is_about_subscription(recommendation: Recommendation) -> bool:
    name = recommendation.resource_name.lower()
    return bool(name) and name in {recommendation.subscription_id.lower(), recommendation.subscription_name.lower()}


def _same_text(one: str, other: str) -> bool:
    return one.casefold().rstrip(". ") == other.casefold().rstrip(". ")
