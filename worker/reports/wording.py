"""Texts that may hold anything, made fit for print; counts for the terminal; addresses that may be linked to."""

import re
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


def microsoft_url(address: str) -> str:
    """Return an address of Microsoft's documentation that may be linked to, "" for any other."""
    return address if len(address) <= 500 and _MICROSOFT_URL.fullmatch(address) else ""


def portal_url(resource_id: str) -> str:
    """Return the Azure portal's address of a resource, "" where ``resource_id`` is no ARM id."""
    if not resource_id.lower().startswith("/subscriptions/"):
        return ""
    return PORTAL_RESOURCE_URL + quote(encodable_text(resource_id), safe="/-._~()")
