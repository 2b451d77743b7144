"""Recommendations speak the report's language where Microsoft has the words."""

import msgspec

from shared.advisor.recommendation import RejectedRow
from shared.azure.type_texts import TypeText
from shared.comparison.result import ChangeKind
from shared.language.language import Language
from shared.savings import count_savings
from tests.generators.insights import insights_for
from tests.unit.reports.samples import facts, recommendation
from worker.reports.advisor_texts import InLanguage, changes_in_language, noting_untranslated, own_texts
from worker.reports.source_words import note_words, reason_words
from worker.reports.text_languages import TextLanguages

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
        assert rows.translated == {"Enable backups": "Sicherungen aktivieren"}


def test_what_microsoft_left_in_english_is_told_from_what_it_translated() -> None:
    english = {TYPE.lower(): TypeText(display_name="Enable backups", description="Schützt vor Verlust.")}
    assert list(own_texts(TEXTS, english)) == ["Sicherungen aktivieren", "Schutz"]
    assert list(own_texts(TEXTS, {})) == ["Sicherungen aktivieren", "Schützt vor Verlust.", "Schutz"]


def test_texts_that_are_not_in_the_reports_language_are_english_unless_their_letters_say_otherwise() -> None:
    german = TextLanguages(Language.of("de-AT"), ["Sicherungen  aktivieren"])
    assert german.of("Rotate keys – it’s time") == "en"
    assert [german.of(text) for text in ("Sicherungen aktivieren", "", "启用虚拟机备份", "Démarrer")] == [""] * 4
    assert not TextLanguages(Language.of("en-GB")).of("Rotate keys")


def test_what_changed_is_told_in_the_words_of_the_findings() -> None:
    rows = [recommendation(problem=problem, fingerprint=bytes([n]) * 16) for n, problem in enumerate("abcdefgh" * 9)]
    comparison = insights_for(rows, count_savings(rows), facts().created_at).comparison
    assert comparison is not None
    of_types = {TYPE.lower(): TypeText(display_name="Bee")}, {TYPE.lower(): TypeText(display_name="b")}
    told = changes_in_language(comparison, {"a": "Ay"}, *of_types)
    new = zip(comparison.changes[ChangeKind.NEW], told.changes[ChangeKind.NEW], strict=True)
    assert {before.problem: after.problem for before, after in new}.items() >= {"a": "Ay", "b": "Bee", "c": "c"}.items()


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
