"""The total in one currency, by rates that somebody vouches for."""

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal

from shared.savings.policy import DisplayCurrency
from shared.savings.result import ConvertedSavings, CurrencySavings

_CENT = Decimal("0.01")


def converted(totals: Iterable[CurrencySavings], display: DisplayCurrency) -> ConvertedSavings:
    """Return the counted amounts in the currency of ``display``; those without a rate are named, not guessed."""
    amount = Decimal(0)
    used: list[tuple[str, Decimal]] = []
    missing: list[str] = []
    for line in sorted(totals, key=lambda total: total.currency):
        rate = display.rate_of(line.currency) if line.currency else None
        if rate is None:
            missing.append(line.currency)
        else:
            amount += (line.counted_amount * rate).quantize(_CENT, ROUND_HALF_EVEN)
            used.append((line.currency, rate))
    return ConvertedSavings(
        currency=display.currency,
        counted_amount=amount,
        as_of=display.as_of,
        converted=tuple(used),
        missing=tuple(missing),
    )
