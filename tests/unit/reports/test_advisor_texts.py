"""Recommendations speak the report's language where Microsoft has the words."""

import msgspec

from shared.advisor.recommendation import RejectedRow
from shared.azure.metadata import TypeText
from shared.language.language import Language
from tests.unit.reports.samples import facts, recommendation
from worker.reports.advisor_texts import InLanguage, noting_untranslated
from worker.reports.source_words import note_words, reason_words

TYPE = "11111111-2222-4333-8444-AAAAAAAAAAAA"
TEXTS = {
    TYPE.lower(): TypeText(
        display_name="Sicherungen aktivieren", description="Schützt vor Verlust.", potential_benefits="Schutz"
    )
}


def test_texts_are_found_by_type_id_and_the_rest_is_counted() -> None:
    known = msgspec.structs.replace(
        recommendation(problem="Enable backups", solution="Turn it on"), recommendation_type_id=TYPE
    )
    repeating = msgspec.structs.replace(known, solution="Enable backups")
    unknown = recommendation(problem="Rotate keys")
    rows = InLanguage([known, repeating, unknown], TEXTS)
    for _ in range(2):
        one, two, three = rows
        assert (one.problem, one.solution, one.potential_benefits) == (
            "Sicherungen aktivieren",
            "Schützt vor Verlust.",
            "Schutz",
        )
        assert (two.problem, two.solution) == ("Sicherungen aktivieren", "")
        assert three == unknown
        assert rows.untranslated == 1


def test_the_report_says_how_many_kept_the_sources_words() -> None:
    german, english = Language.of("de"), Language.of("en-GB")
    assert noting_untranslated(facts(), 0, german) == facts()
    assert noting_untranslated(facts(), 7, english) == facts()
    (note,) = noting_untranslated(facts(), 7, german).sources[-1].notes
    assert note.startswith("7 ")


def test_what_the_reader_noticed_is_said_in_the_reports_language() -> None:
    row = RejectedRow(
        line=3, column="Savings", value="x", reason_code="amount_unreadable", reason="The amount is no number."
    )
    assert reason_words(row, Language.of("en")) == "The amount is no number."
    assert reason_words(row, Language.of("de")) == "Der Betrag ist keine Zahl."
    assert note_words("of_a_later_release", "As given.", Language.of("de")) == "As given."
