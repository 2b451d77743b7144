"""Sums while they are made: what counts and what does not, by kind and by subscription."""

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


class SubscriptionTally(Tally):
    """The sums of one subscription."""

    __slots__ = ("key", "name")

    def __init__(self, key: str) -> None:
        super().__init__()
        self.key = key
        self.name = ""

    def named(self, name: str) -> None:
        """Take note of the subscription's name; of several the first in the alphabet, whatever their order."""
        if name and (not self.name or name < self.name):
            self.name = name

    def result(self) -> SubscriptionSavings:
        """Return the sums as a value."""
        return SubscriptionSavings(
            subscription_id=self.key,
            subscription_name=self.name,
            counted_amount=self.counted_amount,
            counted_number=self.counted_number,
            alternative_amount=self.aside_amount,
            alternative_number=self.aside_number,
        )


def kind_result(kind: SavingsKind, tally: Tally) -> KindSavings:
    """Return the sums of one kind as a value."""
    return KindSavings(
        kind=kind,
        counted_amount=tally.counted_amount,
        counted_number=tally.counted_number,
        alternative_amount=tally.aside_amount,
        alternative_number=tally.aside_number,
    )
