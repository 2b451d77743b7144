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

from shared.advisor.commitments import Commitment, CommitmentKind, SpendFamily, commitment_of
from shared.advisor.recommendation import Recommendation
from shared.advisor.vocabulary import Category
from shared.savings.result import OUTCOME_OF, CurrencySavings, NoteCode, Savings, SavingsNote

_ZERO = Decimal(0)


def count_savings(recommendations: Iterable[Recommendation]) -> Savings:
    """Count the savings of ``recommendations`` once each, as the policy above says.

    Holds only what has an amount, so a stream of any length may be given. Order decides only between equal offers: the
    first one counts.
    """
    counts: defaultdict[str, _CurrencyCount] = defaultdict(_CurrencyCount)
    number = not_estimated = 0
    for ordinal, recommendation in enumerate(recommendations):
        number += 1
        if recommendation.annual_savings is not None:
            counts[recommendation.currency].add(ordinal, recommendation, recommendation.annual_savings)
        elif recommendation.category is Category.COST:
            not_estimated += 1
    totals, notes = [], []
    outcomes = bytearray(number)
    for currency, count in sorted(counts.items()):
        count.settle()
        totals.append(count.total(currency))
        for ordinal, reason in count.alternatives.items():
            outcomes[ordinal] = OUTCOME_OF[reason]
        notes += [SavingsNote(code, currency, number) for code, number in count.notes.items() if number]
        if not currency:
            notes.append(SavingsNote(NoteCode.CURRENCY_UNKNOWN, "", totals[-1].naive_number))
    if not_estimated:
        notes.append(SavingsNote(NoteCode.NOT_ESTIMATED, "", not_estimated))
    totals.sort(key=lambda total: (-total.counted_amount, total.currency))
    return Savings(
        by_currency=tuple(totals), not_estimated_number=not_estimated, notes=tuple(notes), outcomes=bytes(outcomes)
    )


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
        self.alternatives: dict[int, NoteCode] = {}
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
        self.alternatives[offer.ordinal] = note
        self._alternative_amount += offer.amount
        self.notes[note] += 1
