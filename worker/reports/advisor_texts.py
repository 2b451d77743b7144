"""Microsoft's own texts in the language of a report, in the place of the source's.

Advisor answers in English; Microsoft keeps the texts of its recommendation types in further languages. They are found by the
type's id, which exports from the portal do not have.
"""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from shared.advisor.recommendation import Recommendation
from shared.azure.metadata import TypeText
from shared.language.language import Language
from worker.reports.document import ReportFacts


class InLanguage:
    """Recommendations in the words of ``texts`` (by type id in lower case), read anew from their source each time."""

    def __init__(self, recommendations: Iterable[Recommendation], texts: Mapping[str, TypeText]) -> None:
        self._recommendations = recommendations
        self._texts = texts
        self.untranslated = 0
        """How many kept the source's words, in the last reading."""

    def __iter__(self) -> Iterator[Recommendation]:
        self.untranslated = 0
        for recommendation in self._recommendations:
            text = self._texts.get(recommendation.recommendation_type_id.lower())
            if text is None or not text.display_name:
                self.untranslated += 1
                yield recommendation
            else:
                yield _in_words_of(text, recommendation)


def _in_words_of(text: TypeText, recommendation: Recommendation) -> Recommendation:
    repeats_itself = recommendation.solution in {"", recommendation.problem}
    return msgspec.structs.replace(
        recommendation,
        problem=text.display_name,
        # Microsoft has no solutions in other languages, but descriptions; a sentence in English would stand out.
        solution="" if repeats_itself else text.description,
        potential_benefits=text.potential_benefits or recommendation.potential_benefits,
    )


def noting_untranslated(facts: ReportFacts, number: int, language: Language) -> ReportFacts:
    """Return the facts with a remark on how many recommendations are in the source's words, if any."""
    if language.is_source or not number or not facts.sources:
        return facts
    note = language.ngettext(
        "{number} recommendation is in the source's own words: Microsoft's text in this language is not known for it.",
        "{number} recommendations are in the source's own words: Microsoft's texts in this language are not known for them.",
        number,
    )
    *others, last = facts.sources
    return msgspec.structs.replace(facts, sources=(*others, msgspec.structs.replace(last, notes=(*last.notes, note))))
