"""Microsoft's own texts in the language of a report, in the place of the source's.

Advisor answers in English; Microsoft keeps the texts of its recommendation types in further languages. They are found by the
type's id, which exports from the portal do not have.
"""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from shared.advisor.recommendation import Recommendation
from shared.azure.type_texts import TypeText
from shared.comparison.result import Comparison
from shared.language.language import Language
from worker.reports.document import ReportFacts


class InLanguage:
    """Recommendations in the words of ``texts`` (by type id in lower case), read anew from their source each time."""

    def __init__(self, recommendations: Iterable[Recommendation], texts: Mapping[str, TypeText]) -> None:
        self._recommendations = recommendations
        self._texts = texts
        self.untranslated = 0
        """How many kept the source's words, in the last reading."""
        self.translated: dict[str, str] = {}
        """What was recommended in the source's words, and in those of the texts."""

    def __iter__(self) -> Iterator[Recommendation]:
        self.untranslated = 0
        for recommendation in self._recommendations:
            text = self._texts.get(recommendation.recommendation_type_id.lower())
            if text is None or not text.display_name:
                self.untranslated += 1
                yield recommendation
            else:
                self.translated[recommendation.problem] = text.display_name
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


def own_texts(texts: Mapping[str, TypeText], english: Mapping[str, TypeText]) -> Iterator[str]:
    """Yield what of ``texts`` is in their language: what Microsoft has not translated is as it is in ``english``."""
    nothing = TypeText()
    for type_id, text in texts.items():
        given = english.get(type_id, nothing)
        for own, source in (
            (text.display_name, given.display_name),
            (text.description, given.description),
            (text.potential_benefits, given.potential_benefits),
        ):
            if own and own != source:
                yield own


def changes_in_language(
    comparison: Comparison,
    translated: Mapping[str, str],
    texts: Mapping[str, TypeText],
    english: Mapping[str, TypeText],
) -> Comparison:
    """Return the comparison with its changes in the words of ``texts``.

    A change is known by its text alone: ``translated`` has those of what is still found, ``english`` those of all types.
    """
    words = {
        given.display_name: texts[type_id].display_name
        for type_id, given in english.items()
        if type_id in texts and texts[type_id].display_name
    } | dict(translated)
    changes = {
        kind: tuple(
            msgspec.structs.replace(
                change,
                problem=words.get(change.problem, change.problem),
                problem_before=words.get(change.problem_before, change.problem_before),
            )
            for change in listed
        )
        for kind, listed in comparison.changes.items()
    }
    return msgspec.structs.replace(comparison, changes=changes)


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
