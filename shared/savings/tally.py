"""Sums while they are made: what counts and what does not, by kind and by subscription."""

from collections.abc import Iterable
from decimal import Decimal

from shared.savings.result import KindSavings, SavingsKind, SubscriptionSavings

Amount = Decimal
ZERO = Decimal(0)


class Tally:
    """Everything that has an amount, and the part of it that was set aside."""

    __slots__ = ("aside_amount", "aside_number", "naive_amount", "naive_number")

    def __init__(self) -> None:
        self.naive_amount = ZERO
        self.naive_number = 0
        self.aside_amount = ZERO
        self.aside_number = 0

    def add(self, amount: Decimal) -> None:
        """Add an offer."""
        self.naive_amount += amount
        self.naive_number += 1

    def set_aside(self, amount: Decimal) -> None:
        """Say of an offer added before that it does not count."""
        self.aside_amount += amount
        self.aside_number += 1

    @property
    def counted_amount(self) -> Decimal:
        """What counts."""
        return self.naive_amount - self.aside_amount

    @property
    def counted_number(self) -> int:
        """How many count."""
        return self.naive_number - self.aside_number


class Part(Tally):
    """The sums of one kind within one subscription, of which all others are made up."""

    __slots__ = ("kind", "subscription")

    def __init__(self, kind: SavingsKind, subscription: "Subscription") -> None:
        super().__init__()
        self.kind = kind
        self.subscription = subscription


class Subscription:
    """One subscription and the sums in it."""

    __slots__ = ("key", "name", "parts")

    def __init__(self, key: str) -> None:
        self.key = key
        self.name = ""
        self.parts: dict[SavingsKind, Part] = {}

    def named(self, name: str) -> None:
        """Take note of the subscription's name; of several the first in the alphabet, whatever their order."""
        if name and (not self.name or name < self.name):
            self.name = name

    def part(self, kind: SavingsKind) -> Part:
        """Return the sums of one kind."""
        if kind not in self.parts:
            self.parts[kind] = Part(kind, self)
        return self.parts[kind]

    def result(self) -> SubscriptionSavings:
        """Return the sums as a value."""
        tally = together(self.parts.values())
        return SubscriptionSavings(
            subscription_id=self.key,
            subscription_name=self.name,
            counted_amount=tally.counted_amount,
            counted_number=tally.counted_number,
            alternative_amount=tally.aside_amount,
            alternative_number=tally.aside_number,
        )


def together(parts: Iterable[Tally]) -> Tally:
    """Return the sums of several parts."""
    whole = Tally()
    for part in parts:
        whole.naive_amount += part.naive_amount
        whole.naive_number += part.naive_number
        whole.aside_amount += part.aside_amount
        whole.aside_number += part.aside_number
    return whole


def kind_result(kind: SavingsKind, parts: Iterable[Part]) -> KindSavings:
    """Return the sums of one kind as a value."""
    tally = together(part for part in parts if part.kind is kind)
    return KindSavings(
        kind=kind,
        counted_amount=tally.counted_amount,
        counted_number=tally.counted_number,
        alternative_amount=tally.aside_amount,
        alternative_number=tally.aside_number,
    )
