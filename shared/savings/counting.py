"""Counting what a set of recommendations would save a year, where nothing is counted twice.

The rules, by currency; ``docs/savings.md`` gives their sources and an example worked out by hand:

1. What was dismissed, postponed or excluded in Azure never counts, nor do offers of another term or on another path than
   the policy's. An amount below zero saves nothing.
2. The same finding given more than once (one fingerprint) counts once, with its best amount.
3. Ways to resize or shut down one machine are alternatives: the best one counts.
4. Reservations of one subscription, reserved type, region and SKU differ by term and look-back only: the one of the
   policy's look-back (else of the next best) that saves most counts. A portal CSV names neither region nor SKU, so there its
   best row of one subscription and reserved type counts.
5. Savings plans of one subscription and family (compute, databases) are alternatives of one another, likewise.
6. Reservations and a savings plan of one subscription and family cover the same spend: the larger of the sum of the best
   reservations and the best plan counts. Reservations that no savings plan covers simply add.
7. Resizing and shutdown come first. A reservation for the very size and region that they would leave is for spend that they
   would end: the larger side counts. With other commitments they add, with a note, since Advisor calculated those on the
   usage before.
8. Offers of shared scope may be one purchase for many subscriptions, so they are taken as one subscription of their own,
   and, per family, as alternatives of all offers of single scope: the larger side counts.
9. Everything else, such as deleting what nobody uses, adds.

More offers never make the total fall, save where one of the policy's own look-back takes the place of a stand-in.
"""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Context, localcontext

from shared.advisor.commitments import Commitment, CommitmentKind, SpendFamily, commitment_of
from shared.advisor.recommendation import Recommendation
from shared.advisor.standing import Standing
from shared.advisor.vocabulary import Category
from shared.savings import offers
from shared.savings.converting import converted
from shared.savings.offers import Offer, Size
from shared.savings.paths import Spend, Way, best_scope
from shared.savings.policy import DisplayCurrency, PathChoice, SavingsPolicy, TermChoice
from shared.savings.result import OUTCOME_OF, CurrencySavings, NoteCode, Savings, SavingsKind, SavingsNote
from shared.savings.tally import ZERO, Amount, Part, Subscription, Tally, kind_result, together

_MACHINES = "virtualmachine"
_BEST_OPTION = {
    SavingsKind.RESERVATION: NoteCode.RESERVATION_BEST_OPTION,
    SavingsKind.SAVINGS_PLAN: NoteCode.SAVINGS_PLAN_BEST_OPTION,
    SavingsKind.RIGHTSIZING: NoteCode.RIGHTSIZING_BEST_OPTION,
    SavingsKind.OTHER: NoteCode.SAME_FINDING_TWICE,
}
_COMMITMENTS = frozenset({SavingsKind.RESERVATION, SavingsKind.SAVINGS_PLAN})
_DEFAULT_POLICY = SavingsPolicy()
# Decimal rounds to 28 digits unless told otherwise: a million amounts of 25 digits need some more to be added exactly.
_EXACT = Context(prec=60)


def count_savings(
    recommendations: Iterable[Recommendation],
    policy: SavingsPolicy = _DEFAULT_POLICY,
    display: DisplayCurrency | None = None,
) -> Savings:
    """Count the savings of ``recommendations`` once each, as the rules above say.

    Iterates once and holds only what may count, so a stream of any length may be given. The result does not depend on the
    order. With ``display`` the total is also given in that currency.
    """
    with localcontext(_EXACT):
        return _count(recommendations, policy, display)


def _count(recommendations: Iterable[Recommendation], policy: SavingsPolicy, display: DisplayCurrency | None) -> Savings:
    counts: dict[str, _CurrencyCount] = {}
    outcomes = bytearray()
    not_estimated = 0
    for ordinal, recommendation in enumerate(recommendations):
        outcomes.append(0)
        amount = recommendation.annual_savings
        if amount is not None:
            count = counts.get(recommendation.currency)
            if count is None:
                count = counts[recommendation.currency] = _CurrencyCount(policy, outcomes)
            count.add(ordinal, recommendation, amount)
        elif recommendation.category is Category.COST and recommendation.standing is Standing.ACTIVE:
            not_estimated += 1
    totals, notes = [], []
    for currency, count in sorted(counts.items()):
        count.settle()
        totals.append(count.total(currency))
        notes += count.notes(currency)
        if not currency:
            naive = totals[-1].naive_amount
            notes.append(SavingsNote(NoteCode.CURRENCY_UNKNOWN, "", totals[-1].naive_number, naive))
    if not_estimated:
        notes.append(SavingsNote(NoteCode.NOT_ESTIMATED, "", not_estimated))
    totals.sort(key=lambda total: (-total.counted_amount, total.currency))
    return Savings(
        by_currency=tuple(totals),
        not_estimated_number=not_estimated,
        notes=tuple(notes),
        policy=policy,
        converted=converted(totals, display) if display else None,
        outcomes=bytes(outcomes),
    )


class _CurrencyCount:
    """The count of one currency while it is made."""

    def __init__(self, policy: SavingsPolicy, outcomes: bytearray) -> None:
        self._policy = policy
        self._outcomes = outcomes
        self._noted: dict[NoteCode, Tally] = {}
        self._subscriptions: dict[str, Subscription] = {}
        # By kind, and by id and name of the subscription as given, of which a few make up all rows.
        self._parts: dict[tuple[SavingsKind, str, str], Part] = {}
        # Of the many findings that simply add, no more is kept than tells a second one of the same fingerprint.
        self._findings: dict[bytes, tuple[int, Amount]] = {}
        self._resizings: dict[tuple[Subscription, str], tuple[Offer, Size | None]] = {}
        self._single: defaultdict[SpendFamily, defaultdict[str, Spend]] = defaultdict(lambda: defaultdict(Spend))
        self._shared: dict[SpendFamily, Spend] = {}

    def add(self, ordinal: int, recommendation: Recommendation, amount: Amount) -> None:
        """Take one priced recommendation into account."""
        if amount < ZERO or recommendation.standing is not Standing.ACTIVE:
            reason = NoteCode.NOT_A_SAVING if amount < ZERO else NoteCode.PUT_ASIDE
            self._note(reason, amount)
            self._outcomes[ordinal] = OUTCOME_OF[reason]
            return
        commitment = commitment_of(recommendation)
        if commitment is not None:
            self._add_commitment(ordinal, recommendation, amount, commitment)
        elif offers.is_rightsizing(recommendation):
            self._add_resizing(self._offer(ordinal, recommendation, amount, SavingsKind.RIGHTSIZING), recommendation)
        else:
            self._add_finding(ordinal, recommendation, amount)

    def settle(self) -> None:
        """Choose between what excludes each other, once every offer is known."""
        resizings: defaultdict[str, defaultdict[Size | None, list[Offer]]] = defaultdict(lambda: defaultdict(list))
        for offer, size in self._resizings.values():
            resizings[offer.part.subscription.key][size].append(offer)
        for family in SpendFamily:
            beside = resizings if family is SpendFamily.COMPUTE else {}
            way = best_scope(self._single[family], self._shared.get(family), beside)
            for offer, reason in way.left_out:
                self._set_aside(offer, reason)
            self._note_counted(way)

    def total(self, currency: str) -> CurrencySavings:
        """Return the result."""
        parts = [part for subscription in self._subscriptions.values() for part in subscription.parts.values()]
        kinds = {part.kind for part in parts}
        whole, retail = together(parts), together(part for part in parts if part.kind is SavingsKind.RIGHTSIZING)
        not_a_saving, put_aside = (self._noted.get(code, Tally()) for code in (NoteCode.NOT_A_SAVING, NoteCode.PUT_ASIDE))
        by_subscription = sorted(
            (subscription.result() for subscription in self._subscriptions.values()),
            key=lambda line: (-line.counted_amount, line.subscription_id),
        )
        return CurrencySavings(
            currency=currency,
            counted_amount=whole.counted_amount,
            counted_number=whole.counted_number,
            alternative_amount=whole.aside_amount,
            alternative_number=whole.aside_number,
            retail_amount=retail.counted_amount,
            not_a_saving_number=not_a_saving.naive_number,
            put_aside_amount=put_aside.naive_amount,
            put_aside_number=put_aside.naive_number,
            by_kind=tuple(kind_result(kind, parts) for kind in SavingsKind if kind in kinds),
            by_subscription=tuple(by_subscription),
        )

    def notes(self, currency: str) -> list[SavingsNote]:
        """Return what is to be said of the result."""
        return [
            SavingsNote(code, currency, self._noted[code].naive_number, self._noted[code].naive_amount)
            for code in NoteCode
            if code in self._noted
        ]

    def _offer(self, ordinal: int, recommendation: Recommendation, amount: Amount, kind: SavingsKind) -> Offer:
        return Offer(ordinal, amount, self._added(recommendation, amount, kind), recommendation.fingerprint)

    def _added(self, recommendation: Recommendation, amount: Amount, kind: SavingsKind) -> Part:
        """Add an amount to the sums it belongs to, and return them."""
        given = kind, recommendation.subscription_id, recommendation.subscription_name
        part = self._parts.get(given)
        if part is None:
            part = self._parts[given] = self._part(*given)
        part.add(amount)
        return part

    def _part(self, kind: SavingsKind, subscription_id: str, name: str) -> Part:
        key = (subscription_id or name).lower()
        subscription = self._subscriptions.setdefault(key, Subscription(key))
        subscription.named(name)
        return subscription.part(kind)

    def _add_finding(self, ordinal: int, recommendation: Recommendation, amount: Amount) -> None:
        part = self._added(recommendation, amount, SavingsKind.OTHER)
        fingerprint = recommendation.fingerprint
        known = self._findings.setdefault(fingerprint, (ordinal, amount))
        if known[0] == ordinal:
            return
        twice = [known, (ordinal, amount)]
        better, other = twice if known[1] >= amount else reversed(twice)
        self._findings[fingerprint] = better
        self._set_aside(Offer(other[0], other[1], part, fingerprint), NoteCode.SAME_FINDING_TWICE)

    def _add_resizing(self, offer: Offer, recommendation: Recommendation) -> None:
        key = (offer.part.subscription, offers.machine_of(recommendation))
        known = self._resizings.get(key)
        size = offers.size_left_by(recommendation)
        if known is None or self._better(known[0], offer) is offer:
            self._resizings[key] = (offer, size or (known[1] if known else None))
        elif known[1] is None and size is not None:
            self._resizings[key] = (known[0], size)

    def _add_commitment(self, ordinal: int, recommendation: Recommendation, amount: Amount, commitment: Commitment) -> None:
        is_plan = commitment.kind is CommitmentKind.SAVINGS_PLAN
        kind = SavingsKind.SAVINGS_PLAN if is_plan else SavingsKind.RESERVATION
        offer = self._offer(ordinal, recommendation, amount, kind)
        offer.rank = offers.rank_of(recommendation, self._policy)
        if (excluded := self._excluded(recommendation, commitment)) is not None:
            self._set_aside(offer, excluded)
            return
        if not recommendation.scope:
            self._note(NoteCode.SCOPE_UNKNOWN, amount)
        if not recommendation.term:
            self._note(NoteCode.COMMITMENT_WITHOUT_TERM, amount)
        spend = self._spend(recommendation, commitment, offer.part.subscription)
        if is_plan:
            spend.plan = self._better(spend.plan, offer)
            return
        key = (commitment.product, recommendation.region.lower(), recommendation.sku.lower())
        spend.reservations[key] = self._better(spend.reservations.get(key), offer)
        if commitment.product == _MACHINES and recommendation.sku and recommendation.region:
            spend.sizes[key] = offers.size_key(recommendation.region, recommendation.sku)

    def _excluded(self, recommendation: Recommendation, commitment: Commitment) -> NoteCode | None:
        """Return why the policy leaves an offer out of all consideration; ``None`` where it does not."""
        policy = self._policy
        if policy.term is not TermChoice.BEST and recommendation.term and recommendation.term.upper() != policy.term:
            return NoteCode.OTHER_TERM
        is_plan = commitment.kind is CommitmentKind.SAVINGS_PLAN
        if is_plan and policy.path is PathChoice.RESERVATIONS:
            return NoteCode.OTHER_PATH
        # Only for compute is the way a choice: what a savings plan for databases does not offer, reservations still do.
        if not is_plan and commitment.family is SpendFamily.COMPUTE and policy.path is PathChoice.SAVINGS_PLANS:
            return NoteCode.OTHER_PATH
        return None

    def _spend(self, recommendation: Recommendation, commitment: Commitment, subscription: Subscription) -> Spend:
        if recommendation.scope.lower() != "shared":
            return self._single[commitment.family][subscription.key]
        return self._shared.setdefault(commitment.family, Spend())

    def _better(self, known: Offer | None, offer: Offer) -> Offer:
        """Return the one of two offers that counts, and set the other aside."""
        if known is None:
            return offer
        better, other = (offer, known) if offer.beats(known) else (known, offer)
        if other.rank <= better.rank:
            reason = _BEST_OPTION[other.part.kind]
        else:
            reason = NoteCode.OTHER_LOOKBACK if offers.has_other_lookback(other.rank) else NoteCode.OTHER_TERM
        self._set_aside(other, reason)
        return better

    def _set_aside(self, offer: Offer, reason: NoteCode) -> None:
        self._outcomes[offer.ordinal] = OUTCOME_OF[reason]
        offer.part.set_aside(offer.amount)
        self._note(reason, offer.amount)

    def _note_counted(self, way: Way) -> None:
        """Say of commitments that count how far they meet the policy, and whether the usage they are for may shrink."""
        resized = {offer.part.subscription for offer in way.counted if offer.part.kind is SavingsKind.RIGHTSIZING}
        for offer in way.counted:
            if offer.part.kind not in _COMMITMENTS:
                continue
            if offers.lookback_is_unknown(offer.rank):
                self._note(NoteCode.LOOKBACK_UNKNOWN, offer.amount)
            elif offers.has_other_lookback(offer.rank):
                self._note(NoteCode.LOOKBACK_FALLBACK, offer.amount)
            if offer.part.subscription in resized:
                self._note(NoteCode.COMMITMENT_BEFORE_RIGHTSIZING, offer.amount)

    def _note(self, code: NoteCode, amount: Amount) -> None:
        tally = self._noted.get(code)
        if tally is None:
            tally = self._noted[code] = Tally()
        tally.add(amount)
