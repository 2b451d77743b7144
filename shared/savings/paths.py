"""Which way to commit saves most where offers exclude each other: reservations or a savings plan, shared or single scope."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from shared.savings.offers import Offer, Size
from shared.savings.result import NoteCode
from shared.savings.tally import ZERO

Resizings = Mapping[Size | None, list[Offer]]
"""What resizing and shutdown would save, by the size left; under ``None`` where the source does not tell."""

_NO_RESIZINGS: Resizings = {}

ReservedKey = tuple[str, str, str]
"""Reserved type, region and SKU: one reservation, however many terms and look-backs it is offered for."""


@dataclass(slots=True)
class Spend:
    """The offers of commitment for one family of spend of one subscription, or of shared scope."""

    reservations: dict[ReservedKey, Offer] = field(default_factory=dict)
    sizes: dict[ReservedKey, Size] = field(default_factory=dict)
    """The machines that a reservation is for."""
    plan: Offer | None = None

    def commitments(self) -> list[Offer]:
        """Return all offers."""
        return [*self.reservations.values(), *([self.plan] if self.plan else [])]


@dataclass(slots=True)
class Way:
    """One way through the offers that exclude each other: what it saves, and what it leaves out and why."""

    amount: Decimal = ZERO
    counted: list[Offer] = field(default_factory=list)
    left_out: list[tuple[Offer, NoteCode]] = field(default_factory=list)

    def count(self, offers: Iterable[Offer]) -> None:
        """Take offers that count."""
        for offer in offers:
            self.amount += offer.amount
            self.counted.append(offer)

    def leave_out(self, offers: Iterable[Offer], reason: NoteCode) -> None:
        """Take offers that do not count."""
        self.left_out += [(offer, reason) for offer in offers]

    def follow(self, other: "Way") -> None:
        """Take another way as part of this one."""
        self.amount += other.amount
        self.counted += other.counted
        self.left_out += other.left_out


def best_way(spend: Spend, resizings: Resizings = _NO_RESIZINGS) -> Way:
    """Return the better of reservations and the savings plan; reservations where both save the same.

    Either way resizing and shutdown come first. A plan is for a subscription as a whole, so they add to it. A reservation
    for the very size that they would leave is for spend that they would end: the larger of the two counts.
    """
    reserved = _reserved(spend, resizings)
    if spend.plan is None:
        return reserved
    planned = Way()
    planned.count([spend.plan])
    planned.count(offer for offers in resizings.values() for offer in offers)
    if planned.amount > reserved.amount:
        planned.leave_out(spend.reservations.values(), NoteCode.SAVINGS_PLAN_OVER_RESERVATIONS)
        return planned
    reserved.leave_out([spend.plan], NoteCode.RESERVATIONS_OVER_SAVINGS_PLAN)
    return reserved


def best_scope(singles: Mapping[str, Spend], shared: Spend | None, resizings: Mapping[str, Resizings]) -> Way:
    """Return the better of what single and shared scope offer for one family; single where both save the same.

    A purchase of shared scope may be for the spend of any subscription, so it is an alternative of all of them.
    """
    single = Way()
    for subscription in {**singles, **resizings}:
        single.follow(best_way(singles.get(subscription) or Spend(), resizings.get(subscription, _NO_RESIZINGS)))
    if shared is None:
        return single
    together: defaultdict[Size | None, list[Offer]] = defaultdict(list)
    for by_size in resizings.values():
        for size, offers in by_size.items():
            together[size] += offers
    of_shared = best_way(shared, together)
    if of_shared.amount > single.amount:
        for spend in singles.values():
            of_shared.leave_out(spend.commitments(), NoteCode.SHARED_OR_SINGLE_SCOPE)
        return of_shared
    single.leave_out(shared.commitments(), NoteCode.SHARED_OR_SINGLE_SCOPE)
    return single


def _reserved(spend: Spend, resizings: Resizings) -> Way:
    way = Way()
    by_size: defaultdict[Size | None, list[Offer]] = defaultdict(list)
    for key, offer in spend.reservations.items():
        by_size[spend.sizes.get(key)].append(offer)
    for size in {**by_size, **resizings}:
        reserved, resized = by_size.get(size, []), resizings.get(size, [])
        if size is None or not (reserved and resized):
            way.count(reserved)
            way.count(resized)
        elif sum((offer.amount for offer in reserved), ZERO) > sum((offer.amount for offer in resized), ZERO):
            way.count(reserved)
            way.leave_out(resized, NoteCode.RESERVATION_OVER_RIGHTSIZING)
        else:
            way.count(resized)
            way.leave_out(reserved, NoteCode.RIGHTSIZING_OVER_RESERVATION)
    return way
