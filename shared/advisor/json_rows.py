"""Items of the API as recommendations."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from shared.advisor.amounts import UnreadableAmountError, parse_invariant_amount
from shared.advisor.dates import parse_date, parse_datetime
from shared.advisor.fingerprint import api_fingerprint
from shared.advisor.json_items import AnyFinding, Item, RestItem, SdkItem, Text
from shared.advisor.limits import ReadLimits
from shared.advisor.normalising import Remembered
from shared.advisor.recommendation import Recommendation
from shared.advisor.rejection import RowProblemError
from shared.advisor.resource_ids import NOTHING, ResourceId, parse_resource_id, resource_id_of
from shared.advisor.vocabulary import category_of, impact_of

_TYPE = "microsoft.advisor/recommendations"
_NO_TEXT = Text()
_MAX_LOOKBACK_DAYS = 3660
# Extended properties that have a field of their own; the others are kept as extras.
_OFFERED = frozenset({
    "annualSavingsAmount", "savingsCurrency", "annualSavingsCurrency", "term", "lookbackPeriod", "sku", "region", "scope",
})  # fmt: skip
_MAPPED = _OFFERED | {"retirementDate", "retirementFeatureName"}


class _Offer(NamedTuple):
    """What can be saved, and by which commitment; most recommendations say nothing of it."""

    annual_savings: Decimal | None = None
    currency: str = ""
    term: str = ""
    lookback_days: int | None = None
    sku: str = ""
    region: str = ""
    scope: str = ""


_NO_OFFER = _Offer()


class JsonRows:
    """Turns items into recommendations; counts dates that it had to leave as text in ``unread_dates``."""

    def __init__(self, limits: ReadLimits) -> None:
        self.unread_dates = 0
        self._max_cell_chars = limits.max_cell_chars
        self._categories = Remembered(category_of)
        self._impacts = Remembered(impact_of)
        # Rows about one resource come together. To remember more would cost more than it saves, for most ids come but once.
        self._last_id, self._last_parts = "", NOTHING
        self._dates: Remembered[date | None] = Remembered(parse_date)
        self._lookbacks: Remembered[int | None] = Remembered(_days)

    def convert(self, item: Item) -> Recommendation:
        """Return the recommendation that ``item`` is. Raises :class:`RowProblemError`."""
        finding, text, problem = _taken_apart(item)
        metadata = finding.resource_metadata
        resource_id = (metadata and metadata.resource_id) or resource_id_of(item.id or "")
        if resource_id != self._last_id:
            self._last_id, self._last_parts = resource_id, parse_resource_id(resource_id) if resource_id else NOTHING
        parts = self._last_parts
        extended = finding.extended_properties or {}
        extras = _extras(finding, extended)
        resource_type = _resource_type(parts, finding, extras)
        resource_name = _resource_name(parts, finding, extras)
        offer = _NO_OFFER if _OFFERED.isdisjoint(extended) else self._offer(extended, extras)
        type_id = finding.recommendation_type_id or ""
        category, impact = finding.category or "", finding.impact or ""
        recommendation = Recommendation(
            category=self._categories[category],
            category_as_given=category.strip(),
            impact=self._impacts[impact],
            impact_as_given=impact.strip(),
            problem=problem,
            fingerprint=api_fingerprint(
                type_id=type_id or problem,
                resource_id=resource_id or resource_name,
                term=offer.term,
                lookback_days=offer.lookback_days,
                sku=offer.sku,
                region=offer.region,
                scope=offer.scope,
            ),
            solution=(text.solution or "").strip(),
            potential_benefits=(finding.potential_benefits or "").strip(),
            recommendation_id=item.name or "",
            recommendation_type_id=type_id,
            subscription_id=parts.subscription_id or _subscription(item, extended),
            subscription_name=(item.subscription_name or "") if isinstance(item, RestItem) else "",
            resource_group=parts.resource_group or _resource_group(item, parts),
            resource_name=resource_name,
            resource_type=resource_type,
            resource_id=resource_id,
            annual_savings=offer.annual_savings,
            currency=offer.currency,
            term=offer.term,
            lookback_days=offer.lookback_days,
            sku=offer.sku,
            region=offer.region,
            scope=offer.scope,
            updated_at=self._moment(finding.last_updated, extras),
            retirement_date=self._retirement(extended, extras),
            retiring_feature=_text(extended, "retirementFeatureName"),
            extras=extras,
        )
        self._check_lengths(recommendation)
        return recommendation

    def _offer(self, extended: dict[str, Any], extras: dict[str, str]) -> _Offer:
        annual_savings, currency = _money(extended)
        lookback = _text(extended, "lookbackPeriod")
        days = self._lookbacks[lookback] if lookback else None
        if days is None and lookback:
            extras["lookbackPeriod"] = lookback
        return _Offer(
            annual_savings,
            currency,
            term=_text(extended, "term"),
            lookback_days=days,
            sku=_text(extended, "sku"),
            region=_text(extended, "region"),
            scope=_text(extended, "scope"),
        )

    def _moment(self, text: str | None, extras: dict[str, str]) -> datetime | None:
        if not text:
            return None
        moment = parse_datetime(text)
        if moment is None:
            extras["lastUpdated"] = text
            self.unread_dates += 1
        return moment

    def _retirement(self, extended: dict[str, Any], extras: dict[str, str]) -> date | None:
        text = _text(extended, "retirementDate")
        if not text:
            return None
        day = self._dates[text]
        if day is None:
            extras["retirementDate"] = text
            self.unread_dates += 1
        return day

    def _check_lengths(self, recommendation: Recommendation) -> None:
        limit = self._max_cell_chars
        texts = (
            recommendation.problem,
            recommendation.solution,
            recommendation.potential_benefits,
            recommendation.resource_id,
            recommendation.sku,
        )
        # Where all of them together are not too long none is, which is soon seen and nearly always so.
        if len("".join(texts)) + len("".join(recommendation.extras.values())) <= limit:
            return
        named = zip(("problem", "solution", "potentialBenefits", "id", "sku"), texts, strict=True)
        for name, value in (*named, *recommendation.extras.items()):
            if len(value) > limit:
                raise RowProblemError(
                    name, value, "cell_too_long", f"The property has more than {limit:,} characters (max_cell_chars)."
                )


def _taken_apart(item: Item) -> tuple[AnyFinding, Text, str]:
    """Return what Advisor says, its texts, and the one that names the problem; raise where the item says nothing."""
    if item.type and item.type.lower() != _TYPE:
        reason = "The item is no recommendation but of another type."
        raise RowProblemError("type", item.type, "not_a_recommendation", reason)
    finding: AnyFinding = item.properties if isinstance(item, RestItem) else item
    text = finding.short_description or _NO_TEXT
    problem = (text.problem or text.solution or finding.description or "").strip()
    if not problem:
        reason = "The item has no text that says what is recommended."
        raise RowProblemError("shortDescription", "", "recommendation_missing", reason)
    return finding, text, problem


def _extras(finding: AnyFinding, extended: dict[str, Any]) -> dict[str, str]:
    """Return what has no field of its own, by Azure's names."""
    extras = {
        key: value if type(value) is str else _as_text(value)
        for key, value in extended.items()
        if value is not None and key not in _MAPPED
    }
    metadata = finding.resource_metadata
    if metadata is not None and metadata.source:
        extras["resourceMetadata.source"] = metadata.source
    if finding.risk:
        extras["risk"] = finding.risk
    if finding.suppression_ids:
        extras["suppressionIds"] = ", ".join(finding.suppression_ids)
    if finding.description:
        extras["description"] = finding.description
    if finding.label:
        extras["label"] = finding.label
    if finding.learn_more_link:
        extras["learnMoreLink"] = finding.learn_more_link
    if finding.notes:
        extras["notes"] = finding.notes
    if finding.source_system:
        extras["sourceSystem"] = finding.source_system
    if finding.tracked is not None:
        extras["tracked"] = "true" if finding.tracked else "false"
    if finding.tracked_properties:
        extras["trackedProperties"] = _as_text(finding.tracked_properties)
    return extras


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _text(extended: dict[str, Any], key: str) -> str:
    value = extended.get(key)
    return "" if value is None else (value if type(value) is str else _as_text(value)).strip()


def _money(extended: dict[str, Any]) -> tuple[Decimal | None, str]:
    """Return the annual amount and its currency; ``savingsAmount`` is monthly and floored, so it is no source."""
    text = _text(extended, "annualSavingsAmount")
    if not text:
        return None, ""
    try:
        amount = parse_invariant_amount(text)
    except UnreadableAmountError as error:
        raise RowProblemError("annualSavingsAmount", text, error.code, error.reason) from None
    if amount < 0:
        raise RowProblemError("annualSavingsAmount", text, "amount_negative", "The saving is below zero.")
    currency = _text(extended, "savingsCurrency")
    annual_currency = _text(extended, "annualSavingsCurrency")
    if currency and annual_currency and currency.upper() != annual_currency.upper():
        reason = f"The amount is in {annual_currency} by one property and in {currency} by another."
        raise RowProblemError("savingsCurrency", currency, "currency_conflict", reason)
    code = (currency or annual_currency).upper()
    if code and not (len(code) == 3 and code.isascii() and code.isalpha()):
        raise RowProblemError("savingsCurrency", code, "currency_unknown", "The currency is no code such as EUR.")
    return amount, code


def _days(text: str) -> int | None:
    """Return a look-back in days, written ``30``, ``P30D`` or ``Last30Days``."""
    digits = "".join(character for character in text if character in "0123456789")
    if digits and len(digits) <= 4 and digits in text and int(digits) <= _MAX_LOOKBACK_DAYS:
        return int(digits)
    return None


def _resource_type(parts: ResourceId, finding: AnyFinding, extras: dict[str, str]) -> str:
    """Return the type that the id names, in the spelling that has capitals where people read them."""
    named = (finding.impacted_field or "").strip()
    if not parts.resource_type:
        return named
    if named.lower() != parts.resource_type.lower():
        if named and parts.resource_type != "Microsoft.Resources/resourceGroups":
            extras["impactedField"] = named
        return parts.resource_type
    return named if parts.resource_type.islower() and not named.isupper() else parts.resource_type


def _resource_name(parts: ResourceId, finding: AnyFinding, extras: dict[str, str]) -> str:
    named = (finding.impacted_value or "").strip()
    if parts.name and named and named.lower() != parts.name.lower():
        extras["impactedValue"] = named
    return parts.name or named


def _subscription(item: Item, extended: dict[str, Any]) -> str:
    given = item.subscription_id if isinstance(item, RestItem) else None
    return given or _text(extended, "subId") or _text(extended, "subscriptionId")


def _resource_group(item: Item, parts: ResourceId) -> str:
    """Return the group that a row names beside its id, which a row of a subscription as a whole does not have."""
    return "" if parts.subscription_id or isinstance(item, SdkItem) else item.resource_group or ""
