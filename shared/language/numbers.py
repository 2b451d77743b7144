"""Numbers and amounts by CLDR, fast enough for the cells of long tables.

Babel formats a number in some twenty microseconds, which for the thousands of cells of a report adds up to most of the time
it takes. So the pieces (separators, places of the sign and the currency) are taken from Babel once, and put together here; a
test holds both to the same results.
"""

from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache

import msgspec
from babel.core import Locale, get_global
from babel.numbers import NumberPattern, get_currency_precision

NO_BREAK_SPACE = "\u00a0"
_CURRENCY_SIGN = "¤"


class _Affixes(msgspec.Struct, frozen=True):
    """What stands before and after a number, for numbers of one sign."""

    before: str
    after: str


class NumberFormat:
    """How one locale writes numbers, percentages and amounts."""

    def __init__(self, locale: Locale) -> None:
        self._symbols = locale.number_symbols[locale.default_numbering_system]
        self._separators = str.maketrans({",": self._symbols["group"], ".": self._symbols["decimal"]})
        self._number = self._affixes(locale.decimal_formats[None])
        self._percent = self._affixes(locale.percent_formats[None])
        self._currency = tuple(_spaced(affixes) for affixes in self._affixes(locale.currency_formats["standard"]))

    def number(self, value: int | Decimal, digits: int = 0) -> str:
        """Return ``value`` with exactly ``digits`` fraction digits, rounded half to even."""
        return self._put(self._number, value, digits)

    def percent(self, share: Decimal, digits: int = 0) -> str:
        """Return a share (1 is all) as a percentage."""
        return self._put(self._percent, share * 100, digits)

    def amount(self, value: Decimal, currency: str, digits: int) -> str:
        """Return ``value`` with its currency's code where the locale has its currency sign: "USD 5", "5 USD"."""
        code = currency.replace(" ", NO_BREAK_SPACE)
        return self._put(self._currency, value, digits).replace(_CURRENCY_SIGN, code)

    def _put(self, affixes: tuple[_Affixes, ...], value: int | Decimal, digits: int) -> str:
        exact = value if isinstance(value, int) else _rounded(value, digits)
        around = affixes[exact < 0]
        return around.before + f"{abs(exact):,.{digits}f}".translate(self._separators) + around.after

    def _affixes(self, pattern: NumberPattern) -> tuple[_Affixes, ...]:
        return tuple(
            _Affixes(self._signs(before), self._signs(after))
            for before, after in zip(pattern.prefix, pattern.suffix, strict=True)
        )

    def _signs(self, affix: str) -> str:
        return affix.replace("-", self._symbols["minusSign"]).replace("%", self._symbols["percentSign"])


def _spaced(affixes: _Affixes) -> _Affixes:
    """Put a space between a currency's letters and the digits or sign beside them (CLDR: ``currencySpacing``)."""
    before, after = affixes.before, affixes.after
    if _CURRENCY_SIGN in before and NO_BREAK_SPACE not in before:
        before = before.replace(_CURRENCY_SIGN, _CURRENCY_SIGN + NO_BREAK_SPACE)
    if _CURRENCY_SIGN in after and NO_BREAK_SPACE not in after:
        after = after.replace(_CURRENCY_SIGN, NO_BREAK_SPACE + _CURRENCY_SIGN)
    return _Affixes(before, after)


def _rounded(value: Decimal, digits: int) -> Decimal:
    # Adding nothing makes -0 a plain 0.
    return value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_EVEN) + 0


@cache
def currency_digits(currency: str) -> int:
    """Return how many fraction digits CLDR gives a currency: 2 for USD and unknown ones, 0 for JPY, 3 for KWD."""
    return get_currency_precision(currency) if currency.upper() in get_global("currency_fractions") else 2
