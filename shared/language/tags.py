"""The languages there are words in, and which of them a language tag means. Imports nothing heavy: the front asks here."""

import re
from types import MappingProxyType

from shared.errors import InvalidRequestError

LANGUAGES = MappingProxyType(
    {
        "en": "English",
        "es": "Español",
        "de": "Deutsch",
        "fr": "Français",
        "pt": "Português",
        "ja": "日本語",
        "it": "Italiano",
        "nl": "Nederlands",
    }
)
"""Every language that a report can be in, with its own name for itself."""

SOURCE_LANGUAGE = "en"
"""The language that the words are written in; it needs no catalogue."""

MAX_TAG_CHARS = 35
"""As long as RFC 5646 wants a tag to be supported (4.4.1)."""

_TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|\d{3}))?")


class UnknownLanguageError(InvalidRequestError):
    """A report is wanted in a language that there are no words in."""

    code = "language_unknown"

    def __init__(self, tag: str) -> None:
        super().__init__(
            f"There are no reports in the language {tag[:MAX_TAG_CHARS]!r}.",
            next_step="Choose one of "
            + ", ".join(f"{code} ({name})" for code, name in LANGUAGES.items())
            + "; a region may follow, as in de-AT or pt-BR.",
        )


def resolve(tag: str) -> str:
    """Return ``tag`` as it is written (``de``, ``de-AT``); raises :class:`UnknownLanguageError`.

    A region decides how numbers and dates are written; the words are those of the language alone, so ``de-AT`` falls back to
    ``de``. Case and ``_`` for ``-`` do not matter.
    """
    match = _TAG.fullmatch(tag.strip()) if len(tag) <= MAX_TAG_CHARS else None
    if match is None or (language := match[1].lower()) not in LANGUAGES:
        raise UnknownLanguageError(tag)
    return f"{language}-{match[3].upper()}" if match[3] else language


def words_of(tag: str) -> str:
    """Return the language whose words a resolved tag uses: ``de`` for ``de-AT``."""
    return tag.partition("-")[0]
