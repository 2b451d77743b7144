"""One accepted recommendation, and one row that could not be accepted."""

from datetime import date, datetime
from decimal import Decimal

import msgspec

from shared.advisor.standing import Standing
from shared.advisor.vocabulary import Category, Impact


class Recommendation(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One finding of Azure Advisor, whatever file or service it came from.

    Texts are as given (trimmed); an absent text is ``""``. Ids keep the case they were given in; whoever needs a key uses
    their lower case. ``annual_savings`` is an amount of ``currency`` a year, ``None`` where Advisor estimated nothing.
    """

    category: Category
    category_as_given: str
    impact: Impact
    impact_as_given: str
    problem: str
    fingerprint: bytes
    """16 bytes that name the same finding across exports, see :mod:`shared.advisor.fingerprint`."""
    solution: str = ""
    potential_benefits: str = ""
    recommendation_id: str = ""
    """Advisor's own GUID of the finding (``name`` in the API); exports from the portal carry none."""
    recommendation_type_id: str = ""
    subscription_id: str = ""
    subscription_name: str = ""
    resource_group: str = ""
    resource_name: str = ""
    resource_type: str = ""
    resource_id: str = ""
    """ARM id of the impacted resource; exports from the portal carry none."""
    annual_savings: Decimal | None = None
    currency: str = ""
    """ISO 4217 code; ``""`` where there is no amount or the source named no currency."""
    term: str = ""
    """Commitment term, ``P1Y`` or ``P3Y``."""
    lookback_days: int | None = None
    sku: str = ""
    region: str = ""
    scope: str = ""
    """Commitment scope, ``Single`` or ``Shared``."""
    updated_at: datetime | None = None
    """When Advisor last updated the finding, aware, UTC."""
    retirement_date: date | None = None
    retiring_feature: str = ""
    standing: Standing = Standing.ACTIVE
    """Whether the portal shows it, or somebody in Azure put it aside."""
    standing_until: datetime | None = None
    """Until when it is postponed, aware, UTC; ``None`` where it is not, or for good."""
    standing_reason: str = ""
    """One plain sentence that says why it is not active."""
    extras: dict[str, str] = {}
    """Everything else that the source said, by the source's own names (extended properties, unknown columns)."""


class RejectedRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One row of an export that could not become a recommendation, and why."""

    line: int
    """Line of the file on which the row starts (CSV), or ordinal of the item (JSON), counted from 1."""
    column: str
    """The column or property at fault, ``""`` where the row as a whole is."""
    value: str
    """What stood there, shortened to at most :data:`MAX_REJECTED_VALUE_CHARS` characters."""
    reason_code: str
    """Stable, machine-readable, such as ``amount_ambiguous``."""
    reason: str
    """One plain sentence."""
    file_name: str = ""
    """Which file of an export of several files; ``""`` where there is but one."""


MAX_REJECTED_VALUE_CHARS = 200
