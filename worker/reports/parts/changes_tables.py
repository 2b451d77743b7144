"""The tables of the chapter on what changed."""

from collections.abc import Sequence
from decimal import Decimal

from shared.advisor.vocabulary import Category
from shared.comparison.result import Change, ChangeKind, Comparison, SavingsBridge
from shared.language.language import Language
from shared.language.marking import marked
from shared.language.numbers import currency_digits
from worker.reports import terms
from worker.reports.blocks import Cell, Column, ColumnKind, Table
from worker.reports.parts.summary import count_cell
from worker.reports.text_languages import TextLanguages
from worker.reports.wording import clean_text, shortened

MAX_LISTED = 10
"""Recommendation types, of each kind of change."""

HEADINGS = {
    ChangeKind.NEW: marked("New"),
    ChangeKind.RETURNED: marked("Returned"),
    ChangeKind.RESOLVED: marked("Resolved"),
    ChangeKind.CHANGED: marked("Changed"),
    ChangeKind.POSTPONED: marked("Postponed since"),
    ChangeKind.DISMISSED: marked("Dismissed since"),
}
_AGES = {
    "30": marked("up to 30 days"),
    "90": marked("31 to 90 days"),
    "180": marked("91 to 180 days"),
    "365": marked("181 to 365 days"),
    "older": marked("more than a year"),
}


def bridges_table(bridges: Sequence[SavingsBridge], language: Language) -> Table:
    """Return how the achievable sums came from those of then, currency by currency."""
    columns = (
        Column(language.gettext("Savings a year"), share=0.9),
        Column(language.gettext("Then"), ColumnKind.AMOUNT),
        Column(language.gettext("Realised"), ColumnKind.AMOUNT),
        Column(language.gettext("Lost"), ColumnKind.AMOUNT),
        Column(language.gettext("Newly found"), ColumnKind.AMOUNT),
        Column(language.gettext("Grown"), ColumnKind.AMOUNT),
        Column(language.gettext("Now"), ColumnKind.AMOUNT),
    )
    rows = tuple(
        (
            Cell(bridge.currency or language.gettext("not named")),
            *(Cell(text, number=amount, currency=bridge.currency) for amount, text in _steps(bridge, language)),
        )
        for bridge in bridges
    )
    return Table(
        language.gettext("What that means in money"),
        columns,
        rows,
        note=language.gettext(
            "Realised: counted then and no longer found, because it was acted on or is no longer offered. Lost: still "
            "found, but counted for less now."
        ),
    )


def _steps(bridge: SavingsBridge, language: Language) -> list[tuple[Decimal, str]]:
    """Return the amounts with their words: those of one line are all rounded alike, so that they add up as printed."""
    amounts = [bridge.before, -bridge.realised, -bridge.lost, bridge.newly_found, bridge.grown, bridge.after]
    places = currency_digits(bridge.currency) if any(amount % 1 for amount in amounts) else 0
    return [(amount, language.number(amount, places) if amount else "") for amount in amounts]


def changes_table(comparison: Comparison, kind: ChangeKind, language: Language, texts: TextLanguages) -> Table:
    """Return the changes of one kind by recommendation type, so that many alike take one row."""
    changes, total = comparison.changes[kind], comparison.counts.get(kind, 0)
    types: dict[tuple[Category, str], list[Change]] = {}
    for change in changes:
        types.setdefault((change.category, clean_text(change.problem)), []).append(change)
    columns = [
        Column(language.gettext("Recommendation"), share=4.4),
        Column(language.gettext("Impact"), ColumnKind.IMPACT, 1.2),
        Column(language.gettext("Number"), ColumnKind.COUNT, 0.9),
    ]
    has_savings = any(change.annual_savings is not None for change in changes)
    if has_savings:
        columns.append(Column(language.gettext("Savings a year"), ColumnKind.AMOUNT, 1.6))
    shown = list(types.items())[:MAX_LISTED]
    rows = tuple(
        (
            Cell(shortened(problem, 160), note=_what_changed(category, alike, language), language=texts.of(problem)),
            Cell(language.gettext(terms.IMPACT_TITLES[alike[0].impact]), impact=alike[0].impact),
            count_cell(len(alike), language),
            *([_sum_cell(alike, language)] if has_savings else []),
        )
        for (category, problem), alike in shown
    )
    notes = []
    if len(changes) < total:
        notes.append(
            language.gettext(
                "The {shown} most important of {total} are counted here.",
                shown=language.number(len(changes)),
                total=language.number(total),
            )
        )
    if len(shown) < len(types):
        notes.append(
            language.gettext(
                "{shown} of {total} types are listed.",
                shown=language.number(len(shown)),
                total=language.number(len(types)),
            )
        )
    if has_savings and kind is not ChangeKind.CHANGED:
        notes.append(language.gettext("Amounts are of single offers; those that exclude each other are not added."))
    heading = f"{language.gettext(HEADINGS[kind])} ({language.number(total)})"
    return Table(heading, tuple(columns), rows, note=language.sentences(notes))


def _sum_cell(alike: Sequence[Change], language: Language) -> Cell:
    """Return the amount of one finding; of several, from the smallest to the largest, for they may overlap."""
    amounts = sorted((change.currency, change.annual_savings) for change in alike if change.annual_savings is not None)
    if not amounts:
        return Cell("")
    if len(amounts) == 1:
        [(currency, amount)] = amounts
        return Cell(language.money(amount, currency), number=amount, currency=currency)
    lines = []
    for currency in dict.fromkeys(currency for currency, _ in amounts):
        own = [amount for other, amount in amounts if other == currency]
        text = language.whole_money(own[-1], currency)
        lines.append(text if len(own) == 1 else language.gettext("up to {amount}", amount=text))
    return Cell("\n".join(lines))


def _what_changed(category: Category, alike: Sequence[Change], language: Language) -> str:
    parts = [language.gettext(terms.CATEGORY_TITLES[category])]
    changed = {what for change in alike for what in change.changed}
    befores = {change.impact_before for change in alike if change.impact_before is not None and "impact" in change.changed}
    if len(befores) == 1:
        [before] = befores
        parts.append(language.gettext("impact was {impact}", impact=language.gettext(terms.IMPACT_TITLES[before])))
    elif befores:
        parts.append(language.gettext("other impact"))
    if "savings" in changed:
        only = alike[0]
        parts.append(
            language.gettext("was {amount}", amount=language.money(only.annual_savings_before, only.currency_before))
            if len(alike) == 1 and only.annual_savings_before is not None
            else language.gettext("other savings")
        )
    if "text" in changed:
        parts.append(language.gettext("new wording"))
    return " · ".join(parts)


def ages_table(comparison: Comparison, language: Language) -> Table:
    """Return how long what is open has been known."""
    total = sum(age.count for age in comparison.ages)
    rows = tuple(
        (
            Cell(language.gettext(_AGES[age.label]) if age.label in _AGES else age.label),
            count_cell(age.count, language),
            Cell(language.percent(age.count, total), number=Decimal(age.count)),
        )
        for age in comparison.ages
    )
    columns = (
        Column(language.gettext("Open for"), share=3),
        Column(language.gettext("Findings"), ColumnKind.COUNT),
        Column(language.gettext("Share"), ColumnKind.COUNT),
    )
    return Table(language.gettext("Age of what is open"), columns, rows)
