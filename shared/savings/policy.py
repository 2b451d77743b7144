"""How a report chooses between offers that exclude each other, and in which currency it shows the result."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

import msgspec

Lookback = Literal[7, 30, 60, "best"]
"""Days of usage that an offer was calculated from, ``best`` for whichever saves most."""


class TermChoice(StrEnum):
    """For how long the client is willing to commit."""

    BEST = "best"
    """Whichever term saves more, offer by offer."""
    ONE_YEAR = "P1Y"
    THREE_YEARS = "P3Y"


class PathChoice(StrEnum):
    """By what the client commits, where reservations and a savings plan cover the same spend."""

    BEST = "best"
    """Whichever saves more, subscription by subscription."""
    RESERVATIONS = "reservations"
    SAVINGS_PLANS = "savings_plans"


class SavingsPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which of several offers for the same spend counts.

    ``term`` and ``path`` are a client's decision: offers of another term, or on the other path, never count. The look-back
    is evidence: where an offer was not calculated from so many days, it is taken from the next best period, with a note.
    """

    term: TermChoice = TermChoice.BEST
    lookback_days: Lookback = 30
    path: PathChoice = PathChoice.BEST


CurrencyCode = Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]
"""ISO 4217, such as ``EUR``."""


class ExchangeRate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one unit of ``currency`` is worth in the currency shown."""

    currency: CurrencyCode
    rate: Decimal


class DisplayCurrency(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The currency to show sums in, beside their own, with the rates that whoever orders the report vouches for."""

    currency: CurrencyCode
    rates: tuple[ExchangeRate, ...]
    as_of: date
    """The day of the rates, printed with every converted amount."""

    def rate_of(self, currency: str) -> Decimal | None:
        """Return the rate of ``currency``, ``None`` where none was given."""
        if currency == self.currency:
            return Decimal(1)
        return next((given.rate for given in self.rates if given.currency == currency), None)
