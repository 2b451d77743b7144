"""What a set of recommendations would save a year, where nothing is counted twice.

First edition of the policy, by currency:

1. The same finding given more than once (one fingerprint) counts once, with its best amount.
2. Reservations of one subscription, reserved type, region and SKU differ by term and look-back only: the best one counts.
   A portal CSV names neither region nor SKU, so there its best row of one subscription and reserved type counts.
3. Savings plans of one subscription and family (compute, databases) are alternatives of one another: the best one counts.
4. Reservations and a savings plan of one subscription and family cover the same spend: the larger of the sum of the best
   reservations and the best plan counts. Reservations that no savings plan covers simply add.
5. Offers of shared scope may be one purchase for many subscriptions, so they are taken as one subscription of their own,
   and, per family, as alternatives of all offers of single scope: the larger side counts.
6. Everything else (rightsizing, shutdown, unused resources) adds.

The naive sum, which nobody should print as a total, is kept for the note on how the number was made.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from shared.advisor.commitments import Commitment, CommitmentKind, SpendFamily, commitment_of
from shared.advisor.recommendation import Recommendation
from shared.advisor.vocabulary import Category

_ZERO = Decimal(0)


class SavingsStatus(StrEnum):
    """What became of one recommendation in the count."""

    COUNTED = "counted"
    ALTERNATIVE = "alternative"
    """Priced, but another offer for the same spend, or the same finding, counts instead."""
    NOT_ESTIMATED = "not_estimated"
    """A Cost recommendation without an amount."""
    NONE = "none"
    """Not about money."""


class NoteCode(StrEnum):
    """Why the total is not simply the sum; stable, for machines and for choosing a sentence."""

    RESERVATION_BEST_OPTION = "reservation_best_option"
    SAVINGS_PLAN_BEST_OPTION = "savings_plan_best_option"
    RESERVATIONS_OVER_SAVINGS_PLAN = "reservations_over_savings_plan"
    SAVINGS_PLAN_OVER_RESERVATIONS = "savings_plan_over_reservations"
    SHARED_OR_SINGLE_SCOPE = "shared_or_single_scope"
    SAME_FINDING_TWICE = "same_finding_twice"
    COMMITMENT_WITHOUT_TERM = "commitment_without_term"
    CURRENCY_UNKNOWN = "currency_unknown"
    NOT_ESTIMATED = "not_estimated"


@dataclass(frozen=True)
class SavingsNote:
    """A remark on how the numbers were made; ``count`` is of the recommendations it is about."""

    code: NoteCode
    currency: str
    count: int


@dataclass(frozen=True)
class CurrencySavings:
    """Savings of one currency, amounts a year; counted and alternative amounts make up the naive one."""

    currency: str
    """ISO 4217 code; ``""`` for amounts whose currency the source did not name."""
    counted_amount: Decimal
    counted_number: int
    alternative_amount: Decimal
    alternative_number: int

    @property
    def naive_amount(self) -> Decimal:
        """The sum of everything that has an amount, which counts overlapping offers twice."""
        return self.counted_amount + self.alternative_amount

    @property
    def naive_number(self) -> int:
        """How many recommendations have an amount."""
        return self.counted_number + self.alternative_number


@dataclass(frozen=True)
class Savings:
    """The count, by currency (largest counted amount first), and what was left out of it."""

    by_currency: tuple[CurrencySavings, ...]
    not_estimated_number: int
    notes: tuple[SavingsNote, ...]
    _alternatives: frozenset[int] = field(repr=False)

    def is_alternative(self, ordinal: int) -> bool:
        """Whether the recommendation at this place of the iteration, from 0, has an amount that does not count."""
        return ordinal in self._alternatives

    def status_of(self, ordinal: int, recommendation: Recommendation) -> SavingsStatus:
        """Return what became of ``recommendation``, which stood at ``ordinal`` (from 0) of the iteration."""
        if recommendation.annual_savings is not None:
            return SavingsStatus.ALTERNATIVE if ordinal in self._alternatives else SavingsStatus.COUNTED
        return SavingsStatus.NOT_ESTIMATED if recommendation.category is Category.COST else SavingsStatus.NONE


def count_savings(recommendations: Iterable[Recommendation]) -> Savings:
    """Count the savings of ``recommendations`` once each, as the policy above says.

    Holds only what has an amount, so a stream of any length may be given. Order decides only between equal offers: the
    first one counts.
    """
    counts: defaultdict[str, _CurrencyCount] = defaultdict(_CurrencyCount)
    not_estimated = 0
    for ordinal, recommendation in enumerate(recommendations):
        if recommendation.annual_savings is not None:
            counts[recommendation.currency].add(ordinal, recommendation, recommendation.annual_savings)
        elif recommendation.category is Category.COST:
            not_estimated += 1
    totals, notes, alternatives = [], [], set[int]()
    for currency, count in sorted(counts.items()):
        count.settle()
        totals.append(count.total(currency))
        alternatives |= count.alternatives
        notes += [SavingsNote(code, currency, number) for code, number in count.notes.items() if number]
        if not currency:
            notes.append(SavingsNote(NoteCode.CURRENCY_UNKNOWN, "", totals[-1].naive_number))
    if not_estimated:
        notes.append(SavingsNote(NoteCode.NOT_ESTIMATED, "", not_estimated))
    totals.sort(key=lambda total: (-total.counted_amount, total.currency))
    return Savings(tuple(totals), not_estimated, tuple(notes), frozenset(alternatives))


@dataclass(slots=True)
class _Offer:
    """One amount that may count, with the place of its recommendation in the iteration."""

    ordinal: int
    amount: Decimal


@dataclass
class _Spend:
    """The offers for one family of spend of one subscription (or of shared scope)."""

    reservations: dict[tuple[str, str, str], _Offer] = field(default_factory=dict)
    plan: _Offer | None = None

    def reserved(self) -> Decimal:
        return sum((offer.amount for offer in self.reservations.values()), _ZERO)

    def planned(self) -> Decimal:
        return self.plan.amount if self.plan else _ZERO

    def offers(self) -> list[_Offer]:
        return [*self.reservations.values(), *([self.plan] if self.plan else [])]


class _CurrencyCount:
    """The count of one currency while it is made."""

    def __init__(self) -> None:
        self.alternatives: set[int] = set()
        self.notes: defaultdict[NoteCode, int] = defaultdict(int)
        self._naive_amount = _ZERO
        self._naive_number = 0
        self._alternative_amount = _ZERO
        self._findings: dict[bytes, _Offer] = {}
        self._single: defaultdict[tuple[str, SpendFamily], _Spend] = defaultdict(_Spend)
        self._shared: defaultdict[SpendFamily, _Spend] = defaultdict(_Spend)

    def add(self, ordinal: int, recommendation: Recommendation, amount: Decimal) -> None:
        """Take one priced recommendation into account."""
        self._naive_amount += amount
        self._naive_number += 1
        offer = _Offer(ordinal, amount)
        commitment = commitment_of(recommendation)
        if commitment is None:
            best = self._better(self._findings.get(recommendation.fingerprint), offer, NoteCode.SAME_FINDING_TWICE)
            self._findings[recommendation.fingerprint] = best
            return
        if not recommendation.term:
            self.notes[NoteCode.COMMITMENT_WITHOUT_TERM] += 1
        self._add_commitment(recommendation, commitment, offer)

    def settle(self) -> None:
        """Choose between paths, once every offer is known."""
        chosen: defaultdict[SpendFamily, list[_Spend]] = defaultdict(list)
        for (_, family), spend in self._single.items():
            self._choose_path(spend)
            chosen[family].append(spend)
        for family, shared in self._shared.items():
            self._choose_path(shared)
            singles = chosen[family]
            if not singles:
                continue
            single_amount = sum((spend.reserved() + spend.planned() for spend in singles), _ZERO)
            shared_wins = shared.reserved() + shared.planned() > single_amount
            for spend in singles if shared_wins else [shared]:
                for offer in spend.offers():
                    self._set_aside(offer, NoteCode.SHARED_OR_SINGLE_SCOPE)

    def total(self, currency: str) -> CurrencySavings:
        """Return the result."""
        return CurrencySavings(
            currency=currency,
            counted_amount=self._naive_amount - self._alternative_amount,
            counted_number=self._naive_number - len(self.alternatives),
            alternative_amount=self._alternative_amount,
            alternative_number=len(self.alternatives),
        )

    def _add_commitment(self, recommendation: Recommendation, commitment: Commitment, offer: _Offer) -> None:
        if recommendation.scope.lower() == "shared":
            spend = self._shared[commitment.family]
        else:
            subscription = recommendation.subscription_id or recommendation.subscription_name
            spend = self._single[subscription.lower(), commitment.family]
        if commitment.kind is CommitmentKind.SAVINGS_PLAN:
            spend.plan = self._better(spend.plan, offer, NoteCode.SAVINGS_PLAN_BEST_OPTION)
        else:
            key = (commitment.product, recommendation.region.lower(), recommendation.sku.lower())
            spend.reservations[key] = self._better(spend.reservations.get(key), offer, NoteCode.RESERVATION_BEST_OPTION)

    def _better(self, known: _Offer | None, offer: _Offer, note: NoteCode) -> _Offer:
        """Return the larger of two offers of which one counts, the earlier of equals, and set the other aside."""
        if known is None:
            return offer
        better, other = (offer, known) if offer.amount > known.amount else (known, offer)
        self._set_aside(other, note)
        return better

    def _choose_path(self, spend: _Spend) -> None:
        """Leave in ``spend`` either its reservations or its plan, whichever saves more; reservations where equal."""
        if spend.plan is None or not spend.reservations:
            return
        if spend.planned() > spend.reserved():
            for offer in spend.reservations.values():
                self._set_aside(offer, NoteCode.SAVINGS_PLAN_OVER_RESERVATIONS)
            spend.reservations.clear()
        else:
            self._set_aside(spend.plan, NoteCode.RESERVATIONS_OVER_SAVINGS_PLAN)
            spend.plan = None

    def _set_aside(self, offer: _Offer, note: NoteCode) -> None:
        self.alternatives.add(offer.ordinal)
        self._alternative_amount += offer.amount
        self.notes[note] += 1
