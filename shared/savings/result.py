"""The count of savings as a value: totals by currency, and what became of every single offer."""

from datetime import date
from decimal import Decimal
from enum import StrEnum

import msgspec

from shared.advisor.recommendation import Recommendation
from shared.advisor.vocabulary import Category
from shared.savings.policy import SavingsPolicy


class SavingsStatus(StrEnum):
    """What became of one recommendation in the count."""

    COUNTED = "counted"
    ALTERNATIVE = "alternative"
    """Priced, but another offer for the same spend, or the same finding, counts instead."""
    NOT_A_SAVING = "not_a_saving"
    """Its amount is below zero: following it costs money, so it is neither counted nor subtracted."""
    PUT_ASIDE = "put_aside"
    """Dismissed, postponed or excluded in Azure, so that the portal does not show it either."""
    NOT_ESTIMATED = "not_estimated"
    """A Cost recommendation without an amount."""
    NONE = "none"
    """Not about money."""


class SavingsKind(StrEnum):
    """What one does to save."""

    RIGHTSIZING = "rightsizing"
    """Resize or shut down a machine."""
    RESERVATION = "reservation"
    SAVINGS_PLAN = "savings_plan"
    OTHER = "other"
    """Everything else, such as deleting what nobody uses."""


class NoteCode(StrEnum):
    """Why an offer does not count, or what else is to be known of the total; stable, for machines and for sentences."""

    RESERVATION_BEST_OPTION = "reservation_best_option"
    """Another offer for the same reservation counts."""
    SAVINGS_PLAN_BEST_OPTION = "savings_plan_best_option"
    """Another savings plan for the same spend counts."""
    RIGHTSIZING_BEST_OPTION = "rightsizing_best_option"
    """Another way to resize or shut down the same machine counts."""
    RESERVATIONS_OVER_SAVINGS_PLAN = "reservations_over_savings_plan"
    SAVINGS_PLAN_OVER_RESERVATIONS = "savings_plan_over_reservations"
    SHARED_OR_SINGLE_SCOPE = "shared_or_single_scope"
    """Offers of shared and of single scope cover the same spend, and the other side saves more."""
    RIGHTSIZING_OVER_RESERVATION = "rightsizing_over_reservation"
    """The reservation is for a size that resizing or shutdown would leave, which saves at least as much."""
    RESERVATION_OVER_RIGHTSIZING = "reservation_over_rightsizing"
    """The reservation for that size saves more than leaving it."""
    SAME_FINDING_TWICE = "same_finding_twice"
    OTHER_TERM = "other_term"
    """The report's policy wants another term, and the source of this offer names another or none."""
    OTHER_LOOKBACK = "other_lookback"
    """The same offer calculated from the look-back of the report's policy counts."""
    OTHER_PATH = "other_path"
    """The report's policy wants the other kind of commitment."""
    NOT_A_SAVING = "not_a_saving"
    """An amount below zero."""
    PUT_ASIDE = "put_aside"
    """Dismissed, postponed or excluded in Azure."""

    LOOKBACK_FALLBACK = "lookback_fallback"
    """Counted from another look-back, since the one of the policy was not offered."""
    LOOKBACK_UNKNOWN = "lookback_unknown"
    """Counted, though the source does not say from which look-back."""
    COMMITMENT_WITHOUT_TERM = "commitment_without_term"
    """Commitments whose source names no term, so that a term of the policy could not be applied."""
    SCOPE_UNKNOWN = "scope_unknown"
    """Commitments whose source does not say whether they are of shared or of single scope; taken as single."""
    COMMITMENT_BEFORE_RIGHTSIZING = "commitment_before_rightsizing"
    """Counted commitments of subscriptions where resizing or shutdown counts too: made on the usage before it."""
    CURRENCY_UNKNOWN = "currency_unknown"
    NOT_ESTIMATED = "not_estimated"


class SavingsNote(msgspec.Struct, frozen=True):
    """A remark on how the numbers were made; ``count`` is of the recommendations it is about."""

    code: NoteCode
    currency: str
    count: int
    amount: Decimal = Decimal(0)
    """The sum of their amounts a year, in ``currency``."""


class KindSavings(msgspec.Struct, frozen=True, kw_only=True):
    """One kind's part of the savings of one currency."""

    kind: SavingsKind
    counted_amount: Decimal
    counted_number: int
    alternative_amount: Decimal
    alternative_number: int


class SubscriptionSavings(msgspec.Struct, frozen=True, kw_only=True):
    """One subscription's part of the savings of one currency."""

    subscription_id: str
    """In lower case; the name where the source gives no id."""
    subscription_name: str
    counted_amount: Decimal
    counted_number: int
    alternative_amount: Decimal
    alternative_number: int


class CurrencySavings(msgspec.Struct, frozen=True, kw_only=True):
    """Savings of one currency, amounts a year; counted and alternative amounts make up the naive one."""

    currency: str
    """ISO 4217 code; ``""`` for amounts whose currency the source did not name."""
    counted_amount: Decimal
    """What can be achieved: the headline."""
    counted_number: int
    alternative_amount: Decimal
    alternative_number: int
    retail_amount: Decimal = Decimal(0)
    """The part of the counted amount that Advisor prices at retail (pay-as-you-go) rates, whatever the contract says."""
    not_a_saving_number: int = 0
    put_aside_amount: Decimal = Decimal(0)
    """Of what was dismissed, postponed or excluded in Azure; in none of the other sums."""
    put_aside_number: int = 0
    by_kind: tuple[KindSavings, ...] = ()
    """Kinds that have an offer, in the order of :class:`SavingsKind`."""
    by_subscription: tuple[SubscriptionSavings, ...] = ()
    """Largest counted amount first."""

    @property
    def naive_amount(self) -> Decimal:
        """The sum of everything that saves, which counts overlapping offers twice."""
        return self.counted_amount + self.alternative_amount

    @property
    def naive_number(self) -> int:
        """How many recommendations have an amount that saves."""
        return self.counted_number + self.alternative_number


class ConvertedSavings(msgspec.Struct, frozen=True, kw_only=True):
    """The achievable total in one currency, by rates that were given with the order; always to be marked as converted."""

    currency: str
    counted_amount: Decimal
    """To the cent, each currency converted and rounded (half to even) before they are added."""
    as_of: date
    converted: tuple[tuple[str, Decimal], ...]
    """The currencies it was made from, each with its rate."""
    missing: tuple[str, ...]
    """Currencies without a rate, which are not in it; ``""`` for amounts without a currency."""


class Savings(msgspec.Struct, frozen=True, kw_only=True):
    """The count, by currency (largest counted amount first), and what was left out of it."""

    by_currency: tuple[CurrencySavings, ...]
    not_estimated_number: int
    notes: tuple[SavingsNote, ...]
    policy: SavingsPolicy = SavingsPolicy()
    converted: ConvertedSavings | None = None
    outcomes: bytes = b""
    """One byte for every recommendation, by its place: 0 where nothing is to be said, else 1 + its place in NoteCode."""

    def reason_of(self, ordinal: int) -> NoteCode | None:
        """Return why the amount at this place of the iteration, from 0, does not count; ``None`` where it does."""
        code = self.outcomes[ordinal] if ordinal < len(self.outcomes) else 0
        return _NOTE_CODES[code - 1] if code else None

    def is_alternative(self, ordinal: int) -> bool:
        """Whether the recommendation at this place of the iteration, from 0, saves something that does not count."""
        return self.reason_of(ordinal) not in {None, *_OUT_OF_THE_SUMS}

    def status_of(self, ordinal: int, recommendation: Recommendation) -> SavingsStatus:
        """Return what became of ``recommendation``, which stood at ``ordinal`` (from 0) of the iteration."""
        if recommendation.annual_savings is None:
            return SavingsStatus.NOT_ESTIMATED if recommendation.category is Category.COST else SavingsStatus.NONE
        reason = self.reason_of(ordinal)
        if reason is None:
            return SavingsStatus.COUNTED
        return _OUT_OF_THE_SUMS.get(reason, SavingsStatus.ALTERNATIVE)


_OUT_OF_THE_SUMS = {NoteCode.NOT_A_SAVING: SavingsStatus.NOT_A_SAVING, NoteCode.PUT_ASIDE: SavingsStatus.PUT_ASIDE}
_NOTE_CODES = tuple(NoteCode)
OUTCOME_OF = {code: place + 1 for place, code in enumerate(NoteCode)}
"""The byte of :attr:`Savings.outcomes` that says each reason."""
