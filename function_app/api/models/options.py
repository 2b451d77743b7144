"""What an order says about its report: policy, scope, comparison, further clients, recommendations added by hand."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
import orjson
from pydantic import BeforeValidator, Field, StringConstraints, field_validator, model_validator

from function_app.api.models.branding import LanguageTag
from function_app.api.models.common import ONE_LINE, STORABLE, Given
from shared.advisor.vocabulary import Category, Impact
from shared.reports.manual import ManualRecommendation
from shared.reports.options import (
    MAX_MANUAL_RECOMMENDATIONS,
    MAX_RESOURCE_GROUPS,
    MAX_ROLLED_UP_CLIENTS,
    MAX_SUBSCRIPTIONS,
    ComparisonMode,
    ReportOptions,
)
from shared.savings.policy import PathChoice, TermChoice

_MAX_CURRENCIES = 50


def _parsed(given: Any) -> Any:
    """Take JSON as text too: the fields of a form are text."""
    if not isinstance(given, str):
        return given
    try:
        # Unlike Python's own, it has a limit to how deep things nest.
        return orjson.loads(given)
    except ValueError as error:
        raise ValueError("must be JSON") from error


FROM_FORM = BeforeValidator(_parsed)
_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300), ONE_LINE]
_Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300), ONE_LINE]
_LongText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4_000), STORABLE]
_Currency = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]


class PolicyWanted(Given):
    """How the report chooses between offers that exclude each other; printed in it."""

    term: TermChoice = Field(
        TermChoice.BEST, description="For how long the client commits; offers of another term never count."
    )
    lookback_days: Literal[7, 30, 60, "best"] = Field(
        30, description="Days of usage that offers are calculated from; where there is no such offer, another one stands in."
    )
    path: PathChoice = Field(PathChoice.BEST, description="By what the client commits where both cover the same spend.")


class RateWanted(Given):
    """What one unit of a currency is worth in the currency shown."""

    currency: _Currency
    rate: Decimal = Field(gt=0, lt=10**9, max_digits=19, decimal_places=10)


class DisplayWanted(Given):
    """A currency to show the total in, beside the amounts' own; marked as converted."""

    currency: _Currency = Field(examples=["EUR"])
    rates: list[RateWanted] = Field(min_length=1, max_length=_MAX_CURRENCIES)
    as_of: date = Field(description="The day of the rates.")

    @field_validator("rates")
    @classmethod
    def _each_once(cls, value: list[RateWanted]) -> list[RateWanted]:
        if len({rate.currency for rate in value}) != len(value):
            raise ValueError("must not name a currency twice")
        return value


class ScopeWanted(Given):
    """Which recommendations the report is about; what several fields say must hold together, an empty one holds always."""

    subscriptions: list[_Name] = Field([], max_length=MAX_SUBSCRIPTIONS, description="Ids or names, compared without case.")
    resource_groups: list[_Name] = Field([], max_length=MAX_RESOURCE_GROUPS, description="Names, compared without case.")
    categories: list[Category] = Field([], max_length=10)
    impacts: list[Impact] = Field([], max_length=10)


class ComparisonWanted(Given):
    """With what the report is compared."""

    mode: ComparisonMode = Field(
        ComparisonMode.PREVIOUS,
        description="`previous`: the client's newest comparable snapshot before; `chosen`: `report_id`'s.",
    )
    report_id: UUID | None = None

    @model_validator(mode="after")
    def _says_which(self) -> "ComparisonWanted":
        if (self.mode is ComparisonMode.CHOSEN) != (self.report_id is not None):
            raise ValueError("report_id goes with the mode chosen")
        return self


class ManualWanted(Given):
    """A recommendation added by hand; it is counted as Advisor's own are, and marked as manual."""

    category: Category
    impact: Impact
    problem: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000), STORABLE]
    solution: _LongText = ""
    potential_benefits: _LongText = ""
    subscription_id: _Text = ""
    subscription_name: _Text = ""
    resource_group: _Text = ""
    resource_name: _Text = ""
    resource_type: _Text = ""
    annual_savings: Decimal | None = Field(None, ge=0, max_digits=25, decimal_places=10, allow_inf_nan=False)
    currency: Annotated[str, StringConstraints(pattern="^([A-Z]{3})?$")] = Field("", description="Of annual_savings.")

    @model_validator(mode="after")
    def _is_whole(self) -> "ManualWanted":
        try:
            msgspec.convert(self.model_dump(mode="json"), ManualRecommendation)
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from error
        return self


class OptionsWanted(Given):
    """What the report shall say, beside its formats; in a form each of these fields but the language is JSON."""

    policy: Annotated[PolicyWanted, FROM_FORM] = PolicyWanted()
    display: Annotated[DisplayWanted | None, FROM_FORM] = None
    scope: Annotated[ScopeWanted, FROM_FORM] = ScopeWanted()
    comparison: Annotated[ComparisonWanted, FROM_FORM] = ComparisonWanted()
    roll_up: Annotated[list[UUID], FROM_FORM] = Field(
        [],
        max_length=MAX_ROLLED_UP_CLIENTS,
        description="Further clients, of whose newest snapshots the report gives the totals.",
    )
    language: LanguageTag | None = Field(None, description="Of the report; default: that of the client's branding.")
    manual_recommendations: Annotated[list[ManualWanted], FROM_FORM] = Field([], max_length=MAX_MANUAL_RECOMMENDATIONS)

    def options(self) -> ReportOptions:
        """Return them as they are kept with the report."""
        given = self.model_dump(mode="json", include=set(OptionsWanted.model_fields))
        given["manual"] = given.pop("manual_recommendations")
        given["language"] = given["language"] or ""
        return msgspec.convert(given, ReportOptions)
