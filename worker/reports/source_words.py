"""What a reader of exports noticed, in the language of a report.

Readers write whole English sentences with the values that they saw. Another language gets a sentence of its own for the code
that comes with them: a little less exact, and understood by whoever reads the report.
"""

from shared.advisor.recommendation import RejectedRow
from shared.language.language import Language
from shared.language.marking import marked

_NOTES = {
    "category_missing": marked("The file has no Category column; its recommendations are grouped as Other."),
    "category_assumed": marked("The file has no Category column; the category that was named for it was taken."),
    "impact_missing": marked("The file has no Business Impact column."),
    "savings_missing": marked("The file has no savings column, so nothing of it is estimated."),
    "savings_period_assumed": marked("The amounts of the savings column were taken as per year."),
    "encoding_cp1252": marked("The file is not UTF-8; it was read as Windows-1252."),
    "dates_unread": marked("Some dates could not be read and are kept as text."),
    "pages_missing": marked("Pages of the export are missing; it is not complete."),
    "duplicates_left_out": marked("Recommendations that the export repeats were taken once."),
    "result_truncated": marked("Resource Graph left rows out of its answer; the export is not complete."),
}
_REASONS = {
    "quotes_unbalanced": marked("A quotation mark is missing."),
    "nul_character": marked("It holds a NUL character, which no text has."),
    "too_few_cells": marked("The row has fewer cells than the header has columns."),
    "too_many_cells": marked("The row has more cells than the header has columns."),
    "cell_too_long": marked("The text is longer than may be."),
    "recommendation_missing": marked("There is no text that says what is recommended."),
    "not_a_recommendation": marked("The item is no recommendation but of another type."),
    "item_unexpected": marked("The item is not as expected."),
    "item_malformed": marked("The item is broken JSON."),
    "duplicate_id": marked("The same recommendation stands in the export before."),
    "amount_unreadable": marked("The amount is not a number."),
    "amount_ambiguous": marked("The amount can be read in two ways."),
    "amount_too_long": marked("The amount has too many digits."),
    "amount_negative": marked("The saving is below zero."),
    "currency_unknown": marked("The currency is not known."),
    "currency_conflict": marked("The amount and the currency column name different currencies."),
}


def note_words(code: str, message: str, language: Language) -> str:
    """Return a note about a source; ``message`` is its reader's own sentence."""
    return _words(_NOTES.get(code), message, language)


def reason_words(row: RejectedRow, language: Language) -> str:
    """Return why a row could not be read."""
    return _words(_REASONS.get(row.reason_code), row.reason, language)


def _words(known: str | None, given: str, language: Language) -> str:
    if known is None or language.is_source:
        return given
    return language.gettext(known)
