"""Amounts of money as people and programs write them, read without guessing.

``5,332`` is five thousand to some and five to others. What a text alone does not say, the other amounts of the same file
may; what neither says is not read at all.
"""

import re
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

MAX_INTEGER_DIGITS = 15
MAX_FRACTION_DIGITS = 10


class NumberStyle(StrEnum):
    """What is known of how a file writes its numbers."""

    DECIMAL_POINT = "decimal_point"
    """``1,234.5``."""
    DECIMAL_COMMA = "decimal_comma"
    """``1.234,5``."""
    THOUSANDS_COMMA = "thousands_comma"
    """``1,234``, and nothing is known of points: the portal's own files, which hold whole amounts only."""
    UNKNOWN = "unknown"


class UnreadableAmountError(ValueError):
    """A text is no amount, or more than one; ``code`` is the stable reason."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Amount(NamedTuple):
    """A number and the currency written with it: an ISO code, a sign as given where it is of several, or ``""``."""

    value: Decimal
    currency: str


_BLANKS = dict.fromkeys(map(ord, "\u00a0\u202f\u2009\u2007\u2008"), " ")
_TYPOGRAPHY = {**_BLANKS, **dict.fromkeys(map(ord, "’‘ʼ′´`"), "'"), ord("\u2212"): "-", ord("\u200e"): "", ord("\u200f"): ""}
_SHAPE = re.compile(r"(?P<before>[^0-9]*)(?P<digits>[0-9](?:[0-9.,' ]*[0-9])?)(?P<after>[^0-9]*)", re.ASCII)
_CODE = re.compile(r"[A-Za-z]{3}", re.ASCII)
# Signs of one currency only; the others ($, ¥, kr) are kept as given and go with any of the codes listed for them.
_SIGNS = {
    "€": "EUR", "£": "GBP", "₹": "INR", "₩": "KRW", "₽": "RUB", "R$": "BRL", "NT$": "TWD", "US$": "USD", "C$": "CAD",
    "CA$": "CAD", "A$": "AUD", "AU$": "AUD", "NZ$": "NZD", "zł": "PLN", "₺": "TRY", "Kč": "CZK", "CN¥": "CNY", "JP¥": "JPY",
}  # fmt: skip
SHARED_SIGNS = {
    "$": frozenset({"USD", "CAD", "AUD", "NZD", "HKD", "SGD", "MXN", "TWD", "ARS", "CLP", "COP"}),
    "¥": frozenset({"JPY", "CNY"}),
    "kr": frozenset({"SEK", "NOK", "DKK", "ISK"}),
}
# What a text alone can prove, most frequent first; groups are the whole and the fraction digits.
_PROVING = tuple(
    (re.compile(pattern, re.ASCII), style)
    for pattern, style in (
        (r"(\d+)()", NumberStyle.UNKNOWN),
        (r"(\d{1,3}(?:(?: \d{3})+|(?:'\d{3})+))(?:[.,](\d+))?", NumberStyle.UNKNOWN),
        # Groups of two are how India counts from a lakh on.
        (r"(\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})+,\d{3})\.(\d+)", NumberStyle.DECIMAL_POINT),
        (r"(\d{1,3}(?:\.\d{3})+),(\d+)", NumberStyle.DECIMAL_COMMA),
        (r"(\d{1,3}(?:,\d{3}){2,}|\d{1,2}(?:,\d{2})+,\d{3})()", NumberStyle.DECIMAL_POINT),
        (r"(\d{1,3}(?:\.\d{3}){2,})()", NumberStyle.DECIMAL_COMMA),
    )
)
_ONE_SEPARATOR = re.compile(r"(\d+)([.,])(\d+)", re.ASCII)
_INVARIANT = re.compile(r"(-?)(\d+)(?:\.(\d+))?", re.ASCII)


def parse_amount(text: str, style: NumberStyle = NumberStyle.UNKNOWN) -> Amount:
    """Read an amount such as ``5.332,10``, ``1'234``, ``€ 5 332`` or ``(1,234.50) USD`` (parentheses: below zero).

    ``style`` decides where the text alone does not (``5,332``). Raises :class:`UnreadableAmountError` with the code
    ``amount_unreadable``, ``amount_ambiguous`` or ``amount_too_long``.
    """
    body, negative, currency = _taken_apart(text)
    whole, fraction, _ = _split(body)
    if whole is None:
        whole, fraction = _decided(body, style, text)
    return Amount(_decimal(whole, fraction, negative=negative), currency)


def parse_invariant_amount(text: str) -> Decimal:
    """Read an amount as APIs write it, digits and at most one point. Raises :class:`UnreadableAmountError`."""
    match = _INVARIANT.fullmatch(text.strip())
    if match is None:
        raise UnreadableAmountError("amount_unreadable", "The amount is not a number such as 817 or 817.25.")
    return _decimal(match[2], match[3] or "", negative=bool(match[1]))


def currency_of(text: str) -> str | None:
    """Return the currency that a code or sign stands for: an ISO code, a shared sign as given; ``None`` for neither."""
    if _CODE.fullmatch(text):
        return text.upper()
    if text in SHARED_SIGNS:
        return text
    return _SIGNS.get(text)


class StyleEvidence:
    """Gathers from the amounts of one file how it writes numbers."""

    def __init__(self) -> None:
        self._seen: set[NumberStyle] = set()

    def add(self, text: str) -> None:
        """Take one amount into account; what is no amount says nothing."""
        try:
            self._seen.add(_split(_taken_apart(text)[0])[2])
        except UnreadableAmountError:
            return

    def style(self, default: NumberStyle) -> NumberStyle:
        """Return the one style that was seen, ``default`` if none was, ``UNKNOWN`` if the file contradicts itself."""
        seen = self._seen - {NumberStyle.UNKNOWN}
        if len(seen) == 1:
            return next(iter(seen))
        return NumberStyle.UNKNOWN if seen else default


def _taken_apart(text: str) -> tuple[str, bool, str]:
    """Return the digits with their separators, whether the amount is below zero, and its currency."""
    plain = text.translate(_TYPOGRAPHY).strip()
    negative = plain.startswith("(") and plain.endswith(")")
    if negative:
        plain = plain[1:-1].strip()
    match = _SHAPE.fullmatch(plain)
    if match is None:
        raise UnreadableAmountError("amount_unreadable", "The text is not one amount of money.")
    before, after = match["before"].strip(), match["after"].strip()
    minuses = before.count("-") + after.count("-")
    if minuses:
        if minuses > 1 or negative:
            raise UnreadableAmountError("amount_unreadable", "The amount has more than one minus.")
        negative = True
        before, after = before.replace("-", "").strip(), after.replace("-", "").strip()
    if before and after:
        raise UnreadableAmountError("amount_unreadable", "The amount has text on both sides.")
    currency = currency_of(before or after) if before or after else ""
    if currency is None:
        raise UnreadableAmountError("amount_unreadable", "The text beside the amount is no currency.")
    return match["digits"], negative, currency


def _split(body: str) -> tuple[str | None, str, NumberStyle]:
    """Return whole digits, fraction digits and the style that ``body`` proves; ``None`` where it may be read in two ways."""
    for pattern, style in _PROVING:
        if match := pattern.fullmatch(body):
            return match[1], match[2] or "", style
    match = _ONE_SEPARATOR.fullmatch(body)
    if match is None:
        raise UnreadableAmountError("amount_unreadable", "The digits of the amount are not grouped as any number is.")
    whole, separator, fraction = match.groups()
    if len(fraction) == 3 and len(whole) <= 3 and whole[0] != "0":
        return None, "", NumberStyle.UNKNOWN
    return whole, fraction, NumberStyle.DECIMAL_POINT if separator == "." else NumberStyle.DECIMAL_COMMA


def _decided(body: str, style: NumberStyle, text: str) -> tuple[str, str]:
    """Return whole and fraction digits of a text such as ``5,332`` as the style of its file has it."""
    separator = "," if "," in body else "."
    whole, fraction = body.split(separator)
    if style is NumberStyle.UNKNOWN or (style is NumberStyle.THOUSANDS_COMMA and separator == "."):
        raise UnreadableAmountError(
            "amount_ambiguous",
            f"The amount can be read as {whole}{fraction} or as {whole} and a fraction, and the file does not tell which.",
        )
    is_fraction = separator == ("," if style is NumberStyle.DECIMAL_COMMA else ".")
    return (whole, fraction) if is_fraction else (whole + fraction, "")


def _decimal(whole: str, fraction: str, *, negative: bool) -> Decimal:
    digits = re.sub(r"[^0-9]", "", whole)
    if len(digits) > MAX_INTEGER_DIGITS or len(fraction) > MAX_FRACTION_DIGITS:
        raise UnreadableAmountError(
            "amount_too_long",
            f"The amount has more than {MAX_INTEGER_DIGITS} digits, or more than {MAX_FRACTION_DIGITS} behind the point.",
        )
    return Decimal(f"{'-' if negative else ''}{digits}{'.' if fraction else ''}{fraction}")
