"""The part of a snapshot that a report is about, as a condition on its rows and on recommendations in memory."""

from typing import Any

from shared.advisor.recommendation import Recommendation
from shared.reports.options import ReportScope


def condition_of(scope: ReportScope) -> tuple[str, dict[str, Any]]:
    """Return the condition on rows of ``recommendation``, in SQL with named parameters, and the parameters."""
    fragments: list[str] = []
    parameters: dict[str, Any] = {}
    if scope.subscriptions:
        fragments.append(
            "(lower(subscription_id) = any(%(scope_subscriptions)s)"
            " or lower(subscription_name) = any(%(scope_subscriptions)s))"
        )
        parameters["scope_subscriptions"] = [given.lower() for given in scope.subscriptions]
    if scope.resource_groups:
        fragments.append("lower(resource_group) = any(%(scope_resource_groups)s)")
        parameters["scope_resource_groups"] = [given.lower() for given in scope.resource_groups]
    if scope.categories:
        fragments.append("category = any(%(scope_categories)s)")
        parameters["scope_categories"] = [category.value for category in scope.categories]
    if scope.impacts:
        fragments.append("impact = any(%(scope_impacts)s)")
        parameters["scope_impacts"] = [impact.value for impact in scope.impacts]
    return " and ".join(fragments) or "true", parameters


class ScopeFilter:
    """Tells which recommendations a scope holds; the same ones as :func:`condition_of` finds."""

    def __init__(self, scope: ReportScope) -> None:
        self._subscriptions = frozenset(given.lower() for given in scope.subscriptions)
        self._resource_groups = frozenset(given.lower() for given in scope.resource_groups)
        self._categories = frozenset(scope.categories)
        self._impacts = frozenset(scope.impacts)

    def holds(self, recommendation: Recommendation) -> bool:
        """Return whether the recommendation is in the scope."""
        named = {recommendation.subscription_id.lower(), recommendation.subscription_name.lower()}
        return (
            (not self._subscriptions or not self._subscriptions.isdisjoint(named))
            and (not self._resource_groups or recommendation.resource_group.lower() in self._resource_groups)
            and (not self._categories or recommendation.category in self._categories)
            and (not self._impacts or recommendation.impact in self._impacts)
        )
