"""The chapter on money: what is offered, what overlaps, what can be achieved, by whom and how."""

from decimal import Decimal

import msgspec

from shared.language.language import Language
from shared.savings import NoteCode
from shared.savings.result import CurrencySavings
from worker.reports import terms
from worker.reports.blocks import Block, Cell, Column, ColumnKind, Figure, Paragraph, Part, PartKind, Table
from worker.reports.charts import BarRow, Bars, Waterfall, WaterfallStep
from worker.reports.parts.draft import Draft
from worker.reports.parts.largest_savings import largest_savings_charts
from worker.reports.parts.savings_words import (
    REASONS,
    converted_sentence,
    policy_words,
    remarks,
    retail_sentence,
    savings_sentences,
)
from worker.reports.parts.summary import count_cell
from worker.reports.wording import clean_text

MAX_CHARTED_CURRENCIES = 3
MAX_CHARTED_ROWS = 8
_MAX_LISTED_SUBSCRIPTIONS = 50
# So that what changed has room below it, and four pages are enough in every language.
_BRIEF_WIDTH = 0.86


def savings_part(draft: Draft) -> Part | None:
    """Return the chapter; ``None`` where no recommendation has an amount."""
    language = draft.language
    amounts = (line for line in draft.savings.by_currency if line.counted_number or line.alternative_number)
    lines = sorted(amounts, key=lambda line: (line.counted_amount, line.alternative_amount), reverse=True)
    if not lines:
        return None
    retail = retail_sentence({line.currency: line.retail_amount for line in lines if line.retail_amount > 0}, language)
    sums, *points = savings_sentences(draft)
    words, choices = policy_words(draft.savings.policy, language)
    blocks: list[Block]
    if draft.is_brief:
        # What is left out was told in the summary, on the page before; lists would take a fifth page.
        blocks = [Paragraph(language.sentences((sums, retail)), tone="lead"), Paragraph(f"{words} {' · '.join(choices)}")]
    else:
        blocks = [
            Paragraph(sums, tone="lead", points=tuple(filter(None, (retail, *points)))),
            Paragraph(words, points=choices),
        ]
    if converted := converted_sentence(draft):
        blocks.append(Paragraph(converted, tone="note"))
    charted = lines[: 1 if draft.is_brief else MAX_CHARTED_CURRENCIES]
    blocks += [
        Figure(
            _titled(language.gettext("From all offers to what can be achieved"), line, lines, language),
            path_chart(line, language),
            _BRIEF_WIDTH if draft.is_brief else 1.0,
        )
        for line in charted
        if line.alternative_number
    ]
    if not (draft.is_brief and draft.insights.roll_up is not None):
        for line in charted:
            blocks += _of_kinds(line, lines, language)
    if not draft.is_brief:
        largest = largest_savings_charts(draft.sections, [line.currency for line in charted], language)
        blocks += [Figure(chart.title, chart) for chart in largest]
        for line in charted:
            if chart := subscriptions_chart(line, language):
                heading = _titled(language.gettext("By subscription"), line, lines, language)
                blocks.append(Figure(heading, chart, table=_every_subscription(line, lines, language)))
        blocks += [table for line in charted if (table := _subscriptions_table(line, lines, language))]
        if alternatives := _alternatives_table(draft):
            blocks.append(alternatives)
        told = [note for note in draft.savings.notes if note.code is not NoteCode.NOT_ESTIMATED]
        if points := remarks(told, language):
            blocks.append(Paragraph("", heading=language.gettext("To be borne in mind"), points=tuple(points)))
    return Part(kind=PartKind.SAVINGS, key=PartKind.SAVINGS.value, title=language.gettext("Savings"), blocks=tuple(blocks))


def _titled(heading: str, line: CurrencySavings, lines: list[CurrencySavings], language: Language) -> str:
    return heading if len(lines) == 1 else f"{heading} ({line.currency or language.gettext('no currency named')})"


def path_chart(line: CurrencySavings, language: Language) -> Waterfall:
    """Return how the naive sum of one currency becomes what can be achieved."""
    steps = [
        WaterfallStep(
            language.gettext("All offers, overlaps counted twice"),
            float(line.naive_amount),
            language.whole_money(line.naive_amount, line.currency),
            "start",
        ),
        WaterfallStep(
            language.gettext("Alternatives for the same spend"),
            float(line.alternative_amount),
            "−\u2060" + language.whole_money(line.alternative_amount, line.currency),
            "less",
        ),
        WaterfallStep(
            language.gettext("Achievable a year"),
            float(line.counted_amount),
            language.whole_money(line.counted_amount, line.currency),
            "result",
        ),
    ]
    if 0 < line.retail_amount < line.counted_amount:
        steps.append(
            WaterfallStep(
                language.gettext("of it priced at retail"),
                float(line.retail_amount),
                language.whole_money(line.retail_amount, line.currency),
                "part",
            )
        )
    return Waterfall(
        title=language.gettext("From all offers to what can be achieved"),
        description="; ".join(f"{step.label}: {step.text}" for step in steps),
        steps=tuple(steps),
    )


def _of_kinds(line: CurrencySavings, lines: list[CurrencySavings], language: Language) -> list[Block]:
    if not line.by_kind:
        return []
    rows = [
        (
            Cell(language.gettext(terms.KIND_TITLES[kind.kind])),
            _amount(kind.counted_amount, line.currency, language),
            count_cell(kind.counted_number, language),
            _amount(kind.alternative_amount, line.currency, language),
            count_cell(kind.alternative_number, language),
        )
        for kind in line.by_kind
    ]
    rows.append(
        (
            Cell(language.gettext("All")),
            _amount(line.counted_amount, line.currency, language),
            count_cell(line.counted_number, language),
            _amount(line.alternative_amount, line.currency, language),
            count_cell(line.alternative_number, language),
        )
    )
    columns = (
        Column(language.gettext("How"), share=2.4),
        Column(language.gettext("Counted a year"), ColumnKind.AMOUNT, 1.6),
        Column(language.gettext("Number"), ColumnKind.COUNT, 0.8),
        Column(language.gettext("Alternatives, not counted"), ColumnKind.AMOUNT, 1.6),
        Column(language.gettext("Number"), ColumnKind.COUNT, 0.8),
    )
    return [Table(_titled(language.gettext("By what is done"), line, lines, language), columns, tuple(rows), has_total=True)]


def subscriptions_chart(line: CurrencySavings, language: Language) -> Bars | None:
    """Return the subscriptions that save most in one currency; ``None`` where there is but one."""
    saving = [entry for entry in line.by_subscription if entry.counted_amount > 0]
    if len(saving) < 2:
        return None
    rows = tuple(
        BarRow(
            clean_text(entry.subscription_name or entry.subscription_id) or language.gettext("No subscription named"),
            float(entry.counted_amount),
            language.whole_money(entry.counted_amount, line.currency),
        )
        for entry in saving[:MAX_CHARTED_ROWS]
    )
    return Bars(
        title=language.gettext("Achievable savings a year by subscription"),
        description="; ".join(f"{row.label}: {row.text}" for row in rows),
        rows=rows,
    )


def _subscriptions_table(line: CurrencySavings, lines: list[CurrencySavings], language: Language) -> Table | None:
    if len(line.by_subscription) <= MAX_CHARTED_ROWS:
        return None
    whole = _every_subscription(line, lines, language)
    heading = _titled(language.gettext("Savings by subscription"), line, lines, language)
    if len(whole.rows) <= _MAX_LISTED_SUBSCRIPTIONS:
        return msgspec.structs.replace(whole, heading=heading, is_excerpt=True)
    note = language.gettext(
        "The {shown} with the largest savings of {total}; the Excel file has all.",
        shown=language.number(_MAX_LISTED_SUBSCRIPTIONS),
        total=language.number(len(whole.rows)),
    )
    rows = whole.rows[:_MAX_LISTED_SUBSCRIPTIONS]
    return msgspec.structs.replace(whole, heading=heading, rows=rows, note=note, is_excerpt=True)


def _every_subscription(line: CurrencySavings, lines: list[CurrencySavings], language: Language) -> Table:
    rows = tuple(
        (
            Cell(clean_text(entry.subscription_name or entry.subscription_id) or "–"),
            _amount(entry.counted_amount, line.currency, language),
            count_cell(entry.counted_number, language),
            _amount(entry.alternative_amount, line.currency, language),
        )
        for entry in line.by_subscription
    )
    columns = (
        Column(language.gettext("Subscription"), share=2.6),
        Column(language.gettext("Counted a year"), ColumnKind.AMOUNT, 1.6),
        Column(language.gettext("Number"), ColumnKind.COUNT, 0.8),
        Column(language.gettext("Alternatives, not counted"), ColumnKind.AMOUNT, 1.6),
    )
    return Table(_titled(language.gettext("By subscription"), line, lines, language), columns, rows)


def _alternatives_table(draft: Draft) -> Table | None:
    language = draft.language
    rows = tuple(
        (
            Cell(language.gettext(REASONS[note.code])),
            count_cell(note.count, language),
            Cell(language.money(note.amount, note.currency), number=note.amount, currency=note.currency),
        )
        for note in draft.savings.notes
        if note.code in REASONS and note.code is not NoteCode.NOT_A_SAVING
    )
    if not rows:
        return None
    columns = (
        Column(language.gettext("Why an offer is not counted"), share=4.0),
        Column(language.gettext("Offers"), ColumnKind.COUNT, 0.8),
        Column(language.gettext("Amount a year"), ColumnKind.AMOUNT, 1.6),
    )
    return Table(language.gettext("Alternatives left out"), columns, rows)


def _amount(amount: Decimal, currency: str, language: Language) -> Cell:
    return Cell(language.money(amount, currency) if amount else "", number=amount, currency=currency)
