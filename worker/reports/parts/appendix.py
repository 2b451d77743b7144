"""The last chapter: what the report was made from, how the numbers were made, what could not be read."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from shared.language.language import Language
from shared.language.marking import marked
from worker.reports.blocks import Block, Cell, Column, ColumnKind, Paragraph, Part, PartKind, Table
from worker.reports.document import SourceFacts
from worker.reports.parts.draft import Draft
from worker.reports.parts.headlines import is_about_money
from worker.reports.parts.savings_words import converted_sentence, counted_words, policy_words, remarks
from worker.reports.parts.summary import count_cell
from worker.reports.source_words import reason_words
from worker.reports.wording import clean_text, shortened

_HOW_ROWS_ARE_COUNTED = marked(
    "Each row of the source is one recommendation for one resource. Rows are grouped by Advisor's recommendation type, or "
    "by their text where the source names no type. Categories and impacts are Advisor's own; a name that is none of them is "
    "kept as given and grouped as Other."
)
_HOW_SAVINGS_ARE_COUNTED = marked(
    "Amounts are Advisor's own estimates for a year, in the currency it gave them. Offers that exclude each other, such as "
    "one reservation in several terms, or reservations and a savings plan for the same compute, are alternatives: only one "
    "of them is counted, the others are listed and marked. Amounts in different currencies are never added."
)
_SOURCE_KINDS = {
    "Azure portal CSV": marked("Azure portal CSV"),
    "Azure CLI JSON": marked("Azure CLI JSON"),
    "Advisor REST JSON": marked("Advisor REST JSON"),
    "Resource Graph JSON": marked("Resource Graph JSON"),
    "Python SDK JSON": marked("Python SDK JSON"),
}


def appendix_part(draft: Draft) -> Part:
    """Return the chapter; there is always something to say."""
    language = draft.language
    blocks: list[Block] = [
        Paragraph(scope_sentence(draft), heading=language.gettext("Scope and sources")),
        _sources_table(draft.facts.sources, language),
    ]
    if draft.subscriptions:
        blocks.append(_subscriptions_table(draft))
    heading = language.gettext("How the numbers were made")
    for paragraph in method_of(draft):
        blocks.append(msgspec.structs.replace(paragraph, heading=heading))
        heading = ""
    blocks.append(Paragraph(rejected_note(draft), heading=language.gettext("Rows that could not be read")))
    if draft.rejected:
        blocks.append(_rejected_table(draft))
    return Part(
        kind=PartKind.APPENDIX, key=PartKind.APPENDIX.value, title=language.gettext("Appendix"), blocks=tuple(blocks)
    )


def scope_sentence(draft: Draft) -> str:
    """Return what the report is about and when it was made."""
    language, facts = draft.language, draft.facts
    return language.gettext(
        "{scope}. The report was made on {moment}.",
        scope=facts.scope or language.gettext("All recommendations of the source"),
        moment=language.moment(facts.created_at),
    )


def source_kind(kind: str, language: Language) -> str:
    """Return the kind of a source in the report's language, as given where it is none of ours."""
    return language.gettext(_SOURCE_KINDS[kind]) if kind in _SOURCE_KINDS else kind


def method_of(draft: Draft) -> tuple[Paragraph, ...]:
    """Return what was noticed about the sources and how the numbers were made, a labelled paragraph each."""
    language, savings = draft.language, draft.savings
    noticed = [clean_text(note) for source in draft.facts.sources for note in source.notes]
    return (
        *([_told(language.gettext("About the source"), noticed)] if noticed else []),
        Paragraph(language.gettext(_HOW_ROWS_ARE_COUNTED), label=language.gettext("Counting")),
        *(_about_savings(draft) if savings.by_currency or is_about_money(draft) else ()),
    )


def _about_savings(draft: Draft) -> tuple[Paragraph, ...]:
    language, savings = draft.language, draft.savings
    counted = [*counted_words(draft), converted_sentence(draft), *remarks(savings.notes, language)]
    words, choices = policy_words(savings.policy, language)
    return (
        Paragraph(
            language.sentences((language.gettext(_HOW_SAVINGS_ARE_COUNTED), words)),
            label=language.gettext("Savings"),
            points=choices,
        ),
        _told(
            language.gettext("What was counted"),
            list(filter(None, counted)) or [language.gettext("No recommendation of the sources has an amount.")],
        ),
    )


def _told(label: str, sentences: Sequence[str]) -> Paragraph:
    """Return one sentence as a text, several as a list."""
    if len(sentences) == 1:
        return Paragraph(sentences[0], label=label)
    return Paragraph("", label=label, points=tuple(sentences))


def rejected_note(draft: Draft) -> str:
    """Return the sentence above the list of rows that could not be read."""
    language, total, listed = draft.language, draft.rejected_total, len(draft.rejected)
    if not total:
        return language.gettext("Every row of the sources was read.")
    sentence = language.ngettext(
        "{number} row could not be read and is in none of the numbers of this report.",
        "{number} rows could not be read and are in none of the numbers of this report.",
        total,
    )
    if listed == total:
        return sentence
    first = language.gettext("The first {number} follow; all are in the Excel file.", number=language.number(listed))
    return language.sentences((sentence, first))


def _sources_table(sources: Sequence[SourceFacts], language: Language) -> Table:
    rows = tuple(
        (
            Cell(shortened(source.file_name, 600)),
            Cell(source_kind(source.kind, language)),
            Cell(language.moment(source.exported_at) or language.gettext("not stated")),
            Cell(language.number(source.accepted), number=Decimal(source.accepted)),
            Cell(language.number(source.rejected), number=Decimal(source.rejected)),
        )
        for source in sources
    )
    columns = (
        Column(language.gettext("Source"), share=2.6),
        Column(language.gettext("Kind"), share=1.4),
        Column(language.gettext("Data of"), share=2),
        Column(language.gettext("Accepted"), ColumnKind.COUNT, 0.9),
        Column(language.gettext("Rejected"), ColumnKind.COUNT, 0.9),
    )
    return Table("", columns, rows)


def _subscriptions_table(draft: Draft) -> Table:
    language = draft.language
    # Exports from the API know the ids alone.
    has_names = any(line.name for line in draft.subscriptions)
    rows = tuple(
        (
            *([Cell(shortened(line.name, 600))] if has_names else []),
            Cell(line.subscription_id),
            count_cell(line.recommendations, language),
            count_cell(line.high_impact, language),
        )
        for line in draft.subscriptions
    )
    note = ""
    if len(draft.subscriptions) < draft.subscription_number or draft.subscription_total != language.number(
        draft.subscription_number
    ):
        note = language.gettext(
            "The {shown} with the most recommendations of {total}.",
            shown=language.number(len(draft.subscriptions)),
            total=draft.subscription_total,
        )
    columns = (
        *([Column(language.gettext("Subscription"), share=1.9)] if has_names else []),
        Column(language.gettext("Id") if has_names else language.gettext("Subscription"), share=2.5),
        Column(language.gettext("Recommendations"), ColumnKind.COUNT, 1.2),
        Column(language.gettext("High impact"), ColumnKind.COUNT, 1),
    )
    return Table(language.gettext("Subscriptions"), columns, rows, note=note)


def _rejected_table(draft: Draft) -> Table:
    language = draft.language
    rows = tuple(
        (
            Cell(language.number(row.line), number=Decimal(row.line)),
            Cell(row.column),
            Cell(shortened(row.value, 90)),
            Cell(reason_words(row, language)),
        )
        for row in draft.rejected
    )
    columns = (
        Column(language.gettext("Line"), ColumnKind.COUNT, 0.6),
        Column(language.gettext("Column"), share=1.4),
        Column(language.gettext("Value"), share=1.8),
        Column(language.gettext("Reason"), share=2.4),
    )
    return Table("", columns, rows)
