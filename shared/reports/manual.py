"""Recommendations that people add to a report by hand, beside Advisor's own."""

from decimal import Decimal
from typing import Annotated

import msgspec

from shared.advisor.amounts import MAX_FRACTION_DIGITS
from shared.advisor.fingerprint import csv_fingerprint
from shared.advisor.recommendation import Recommendation
from shared.advisor.vocabulary import Category, Impact

ORIGIN_KEY = "origin"
MANUAL_ORIGIN = "manual"
"""What ``extras`` say of a recommendation that was added by hand."""

_ShortText = Annotated[str, msgspec.Meta(max_length=300)]
_LongText = Annotated[str, msgspec.Meta(max_length=4_000)]
_Problem = Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]


class ManualRecommendation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One recommendation as given with an order; an amount needs its currency."""

    category: Category
    impact: Impact
    problem: _Problem
    solution: _LongText = ""
    potential_benefits: _LongText = ""
    subscription_id: _ShortText = ""
    subscription_name: _ShortText = ""
    resource_group: _ShortText = ""
    resource_name: _ShortText = ""
    resource_type: _ShortText = ""
    annual_savings: Decimal | None = None
    currency: Annotated[str, msgspec.Meta(pattern="^([A-Z]{3})?$")] = ""

    def __post_init__(self) -> None:
        """Refuse what imports refuse too: an amount below zero, without its currency, or of too many digits."""
        if (self.annual_savings is None) == bool(self.currency):
            raise ValueError("annual_savings and currency go together")
        if self.annual_savings is not None:
            if not self.annual_savings.is_finite() or not 0 <= self.annual_savings < 10**15:
                raise ValueError("annual_savings must be a number from 0 on, of at most 15 digits")
            if -int(self.annual_savings.as_tuple().exponent) > MAX_FRACTION_DIGITS:
                raise ValueError(f"annual_savings must have at most {MAX_FRACTION_DIGITS} decimal places")

    def as_recommendation(self) -> Recommendation:
        """Return it as one of the report's recommendations, told from Advisor's by its origin."""
        return Recommendation(
            category=self.category,
            category_as_given=self.category.value,
            impact=self.impact,
            impact_as_given=self.impact.value,
            problem=self.problem,
            solution=self.solution,
            potential_benefits=self.potential_benefits,
            subscription_id=self.subscription_id,
            subscription_name=self.subscription_name,
            resource_group=self.resource_group,
            resource_name=self.resource_name,
            resource_type=self.resource_type,
            annual_savings=self.annual_savings,
            currency=self.currency,
            extras={ORIGIN_KEY: MANUAL_ORIGIN},
            fingerprint=csv_fingerprint(
                category=f"{MANUAL_ORIGIN}\0{self.category.value}",
                text=" ".join(self.problem.split()),
                subscription_id=self.subscription_id or self.subscription_name,
                resource_group=self.resource_group,
                resource_name=self.resource_name,
                resource_type=self.resource_type,
            ),
        )


def is_manual(recommendation: Recommendation) -> bool:
    """Whether the recommendation was added by hand."""
    return recommendation.extras.get(ORIGIN_KEY) == MANUAL_ORIGIN
