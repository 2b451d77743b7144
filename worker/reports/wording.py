"""How values are written in reports: amounts, counts, dates, and texts that may hold anything."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from urllib.parse import quote

# Control characters, lone surrogates and the two non-characters: no file format of ours can carry them.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# Embeddings, overrides and isolates: left open in a name, they would turn round what is printed after it.
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]")
_SPACES = re.compile(r"[ \t\r\n\u2028\u2029]+")

# A source's text must not lead a reader of the report anywhere else.
_MICROSOFT_URL = re.compile(
    r"https://(?:(?:[a-z0-9-]+\.)*microsoft\.com|(?:[a-z0-9-]+\.)*azure\.com|aka\.ms)(?:/[\w\-./?%&=+#:,~]*)?",
    re.ASCII | re.IGNORECASE,
)

PORTAL_RESOURCE_URL = "https://portal.azure.com/#resource"


def clean_text(text: str) -> str:
    """Return ``text`` on one line, with what cannot be printed shown as U+FFFD and without marks that turn its direction."""
    return _UNPRINTABLE.sub("\ufffd", _DIRECTIONS.sub("", _SPACES.sub(" ", text))).strip()


def isolated(text: str) -> str:
    """Return ``text`` marked as a unit whose direction is its own, where it has letters that run from right to left.

    Without the marks (Unicode Standard Annex 9: FSI and PDI) a name with digits or brackets would change places with what
    stands beside it.
    """
    return f"\u2068{text}\u2069" if _RIGHT_TO_LEFT.search(text) else text


def encodable_text(text: str) -> str:
    """Return ``text`` with its line breaks kept, and what cannot be encoded shown as U+FFFD."""
    return _UNPRINTABLE.sub("\ufffd", text)


def shortened(text: str, max_chars: int) -> str:
    """Return ``text``, cut to ``max_chars`` with an ellipsis where it is longer."""
    return text if len(text) <= max_chars else text[: max_chars - 1].rstrip() + "…"


def count_of(number: int, singular: str, plural: str = "") -> str:
    """Return a count with its noun, such as "1 resource" or "2,310 resources"."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def amount_text(amount: Decimal, currency: str) -> str:
    """Return an amount with its currency first, in whole units where it has no fraction: "USD 5,332", "EUR 12.50"."""
    exact = amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)
    number = f"{exact:,.0f}" if exact == exact.to_integral_value() else f"{exact:,.2f}"
    return f"{currency} {number}" if currency else f"{number} (no currency named)"


def headline_amount(amount: Decimal, currency: str) -> str:
    """Return an amount rounded to whole units, for headlines and charts."""
    rounded = amount.quantize(Decimal(1), rounding=ROUND_HALF_EVEN) if abs(amount) >= 10 else amount
    return amount_text(rounded, currency)


def amounts_text(amounts: Mapping[str, Decimal]) -> str:
    """Return amounts of several currencies side by side, never added: "EUR 900 and USD 5,332"; "" for none."""
    return " and ".join(amount_text(amount, currency) for currency, amount in sorted(amounts.items()))


def amount_lines(amounts: Mapping[str, Decimal]) -> list[str]:
    """Return the amounts of several currencies, one a line, for the cells of tables."""
    return [amount_text(amount, currency).replace(" ", "\u00a0") for currency, amount in sorted(amounts.items())]


def date_text(value: date | datetime | None) -> str:
    """Return a date such as "2 February 2025", "" for none."""
    return f"{value.day} {value:%B %Y}" if value is not None else ""


def short_date(value: date | datetime | None) -> str:
    """Return a date such as "2025-02-01", "" for none."""
    return f"{value:%Y-%m-%d}" if value is not None else ""


def moment_text(value: datetime | None) -> str:
    """Return a moment in UTC such as "2 February 2025, 14:38 UTC", "" for none."""
    return f"{date_text(value)}, {value:%H:%M} UTC" if value is not None else ""


def term_text(term: str) -> str:
    """Return a commitment term in words ("3-year term"), the term itself where it is of another form."""
    match = re.fullmatch(r"P(\d+)([YM])", term.upper())
    if match is None:
        return term
    return f"{match[1]}-{'year' if match[2] == 'Y' else 'month'} term"


def retirement_text(feature: str, day: date | None) -> str:
    """Return what retires and when, as far as either is known: "Kubernetes 1.27 retires 2028-09-08"; "" for neither."""
    match feature, day:
        case "", None:
            return ""
        case "", _:
            return f"retires {short_date(day)}"
        case _, None:
            return f"{feature} retires, date not given"
        case _:
            return f"{feature} retires {short_date(day)}"


def microsoft_url(address: str) -> str:
    """Return an address of Microsoft's documentation that may be linked to, "" for any other."""
    return address if len(address) <= 500 and _MICROSOFT_URL.fullmatch(address) else ""


def portal_url(resource_id: str) -> str:
    """Return the Azure portal's address of a resource, "" where ``resource_id`` is no ARM id."""
    if not resource_id.lower().startswith("/subscriptions/"):
        return ""
    return PORTAL_RESOURCE_URL + quote(encodable_text(resource_id), safe="/-._~()")
