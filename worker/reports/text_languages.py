"""In which language a source's text is, so that a report can mark what is not in its own (WCAG 2.2, 3.1.2)."""

from collections.abc import Iterable

from shared.language.language import Language
from shared.language.tags import SOURCE_LANGUAGE
from worker.reports.wording import clean_text


class TextLanguages:
    """Advisor answers in English: so is what stands in a report in another language and is not known to be in that one."""

    def __init__(self, language: Language, own: Iterable[str] = ()) -> None:
        """Take the texts that are in the report's own language; they are read only where it matters."""
        self._is_source = language.is_source
        self._own = frozenset() if language.is_source else frozenset(map(clean_text, own))

    def of(self, text: str) -> str:
        """Return the tag of the language that a clean text is in; "" for the report's own, or where nothing is known.

        A text with other letters than English has was not written by Advisor.
        """
        if self._is_source or not text or text in self._own or any(map(_is_not_english, text)):
            return ""
        return SOURCE_LANGUAGE


def _is_not_english(character: str) -> bool:
    return character > "\x7f" and character.isalpha()
