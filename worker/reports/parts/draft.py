"""Everything that is known when the chapters of a report are written."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from shared.advisor.recommendation import RejectedRow
from shared.advisor.vocabulary import Impact
from shared.language.language import Language
from shared.reports.insights import Insights
from shared.savings import Savings
from worker.reports.blocks import GroupPlace
from worker.reports.document import CategoryCounts, Group, ReportFacts, Retirement, Section, SubscriptionLine
from worker.reports.tallies import impact_totals
from worker.reports.text_languages import TextLanguages


@dataclass(frozen=True, kw_only=True)
class Draft:
    """The counted and grouped recommendations of a report, before they are put in words."""

    facts: ReportFacts
    language: Language
    is_brief: bool
    total: int
    listed: int
    categories: tuple[CategoryCounts, ...]
    """Those that the report's type is about."""
    savings: Savings
    insights: Insights
    texts: TextLanguages
    sections: tuple[Section, ...]
    top_groups: tuple[GroupPlace, ...]
    resources: str
    """Their number in words, for it may be "more than 250,000"."""
    subscriptions: Sequence[SubscriptionLine]
    subscription_total: str
    subscription_number: int
    retirements: tuple[Retirement, ...]
    rejected: tuple[RejectedRow, ...]
    rejected_total: int

    @property
    def impact_totals(self) -> dict[Impact, int]:
        """Recommendations of each impact over all categories, without impacts that have none."""
        return impact_totals(self.categories)

    @property
    def savings_totals(self) -> dict[str, Decimal]:
        """Achievable savings a year by currency, the largest first."""
        return {line.currency: line.counted_amount for line in self.savings.by_currency if line.counted_number}

    def group_at(self, place: GroupPlace) -> Group:
        """Return the group that stands at ``place``."""
        return self.sections[place.section].groups[place.group]
