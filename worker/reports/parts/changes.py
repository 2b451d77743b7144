"""The chapter on what changed since the report before: what is new, what is done, what that means in money."""

from collections.abc import Sequence
from decimal import Decimal

from shared.advisor.vocabulary import Category
from shared.comparison.result import Change, ChangeKind, Comparison, MatchedBy, SavingsBridge
from shared.language.language import Language
from shared.language.marking import marked
from worker.reports import terms
from worker.reports.blocks import Block, Cell, Column, ColumnKind, Figure, Kpi, KpiRow, Paragraph, Part, PartKind, Table
from worker.reports.charts import ChangeBars, ChangeRow
from worker.reports.parts.draft import Draft
from worker.reports.parts.summary import count_cell
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


def changes_part(draft: Draft) -> Part | None:
    """Return the chapter; ``None`` where there is no earlier snapshot and no reason to be told."""
    language, comparison = draft.language, draft.insights.comparison
    title = language.gettext("What changed")
    if comparison is None:
        reason = clean_text(draft.insights.no_comparison_reason)
        if not reason or draft.is_brief:
            return None
        return Part(kind=PartKind.CHANGES, key=PartKind.CHANGES.value, title=title, blocks=(Paragraph(reason),))
    blocks: list[Block] = [KpiRow(_kpis(comparison, language)), Paragraph(_since(comparison, language), tone="lead")]
    if note := _scope_note(comparison, language):
        blocks.append(Paragraph(note, tone="note"))
    if not draft.is_brief and (chart := changes_chart(comparison, language)):
        blocks.append(Figure(language.gettext("Resolved and new, by category"), chart))
    blocks += [_bridges_table(comparison.bridges, language)] if comparison.bridges else []
    if not draft.is_brief:
        blocks += [_changes_table(comparison, kind, language) for kind in HEADINGS if comparison.changes.get(kind)]
        if any(age.count for age in comparison.ages):
            blocks.append(_ages_table(comparison, language))
    return Part(kind=PartKind.CHANGES, key=PartKind.CHANGES.value, title=title, blocks=tuple(blocks))


def _kpis(comparison: Comparison, language: Language) -> tuple[Kpi, ...]:
    counts = comparison.counts
    appeared = counts.get(ChangeKind.NEW, 0)
    returned = counts.get(ChangeKind.RETURNED, 0)
    set_aside = counts.get(ChangeKind.POSTPONED, 0) + counts.get(ChangeKind.DISMISSED, 0)
    return (
        Kpi(
            label=language.gettext("Resolved"),
            values=(language.number(counts.get(ChangeKind.RESOLVED, 0)),),
            note=language.gettext("no longer found"),
        ),
        Kpi(
            label=language.gettext("New"),
            values=(language.number(appeared),),
            note=language.ngettext("and {number} returned", "and {number} returned", returned),
        ),
        Kpi(
            label=language.gettext("Changed"),
            values=(language.number(counts.get(ChangeKind.CHANGED, 0)),),
            note=language.gettext("in impact, savings or text"),
        ),
        Kpi(
            label=language.gettext("Set aside"),
            values=(language.number(set_aside),),
            note=language.gettext("postponed or dismissed since"),
        ),
    )


def _since(comparison: Comparison, language: Language) -> str:
    earlier = comparison.earlier
    since = (
        language.gettext("Compared with the data of {date}.", date=language.date(earlier.taken_at.date()))
        if earlier.taken_at
        else language.gettext("Compared with the data of the report before.")
    )
    matched = language.gettext(
        "Of {findings} findings now, {matched} ({percent}) were there then, and {unchanged} of them are unchanged.",
        findings=language.number(comparison.current.findings),
        matched=language.number(comparison.matched),
        percent=language.percent(comparison.matched, comparison.current.findings),
        unchanged=language.number(comparison.unchanged),
    )
    if comparison.matched_by is MatchedBy.CROSS_SOURCE:
        matched += " " + language.gettext(
            "One of the two came from the API and one from the portal, so findings are matched by category, text and "
            "resource."
        )
    return f"{since} {matched}"


def _scope_note(comparison: Comparison, language: Language) -> str:
    if comparison.same_scope:
        return ""
    sentences = []
    if comparison.only_then:
        sentences.append(
            language.ngettext(
                "{number} subscription was in the earlier data only; what was found in it counts as resolved.",
                "{number} subscriptions were in the earlier data only; what was found in them counts as resolved.",
                len(comparison.only_then),
            )
        )
    if comparison.only_now:
        sentences.append(
            language.ngettext(
                "{number} subscription is in this data only; what was found in it counts as new.",
                "{number} subscriptions are in this data only; what was found in them counts as new.",
                len(comparison.only_now),
            )
        )
    for categories, sentence in (
        (comparison.only_categories_then, marked("Only the earlier data has findings in: {categories}.")),
        (comparison.only_categories_now, marked("Only this data has findings in: {categories}.")),
    ):
        if categories:
            titles = language.joined(language.gettext(terms.CATEGORY_TITLES[category]) for category in categories)
            sentences.append(language.gettext(sentence, categories=titles))
    return language.sentences(sentences)


def changes_chart(comparison: Comparison, language: Language) -> ChangeBars | None:
    """Return what was resolved and what is new in each category; ``None`` where neither can be told in full."""
    gone, came = _by_category(comparison, ChangeKind.RESOLVED), _by_category(comparison, ChangeKind.NEW)
    if gone is None or came is None or not (gone or came):
        return None
    rows = tuple(
        ChangeRow(
            language.gettext(terms.CATEGORY_TITLES[category]),
            gone.get(category, 0),
            language.number(gone.get(category, 0)),
            came.get(category, 0),
            language.number(came.get(category, 0)),
        )
        for category in Category
        if category in gone or category in came
    )
    resolved, new = language.gettext("Resolved"), language.gettext("New")
    return ChangeBars(
        title=language.gettext("Resolved and new, by category"),
        description="; ".join(f"{row.label}: {resolved} {row.gone_text}, {new} {row.came_text}" for row in rows),
        gone_label=resolved,
        came_label=new,
        rows=rows,
    )


def _by_category(comparison: Comparison, kind: ChangeKind) -> dict[Category, int] | None:
    """Return the changes of a kind by category, ``None`` where only the most important of them are known one by one."""
    changes = comparison.changes.get(kind, ())
    if len(changes) < comparison.counts.get(kind, 0):
        return None
    counts: dict[Category, int] = {}
    for change in changes:
        counts[change.category] = counts.get(change.category, 0) + 1
    return counts


def _bridges_table(bridges: Sequence[SavingsBridge], language: Language) -> Table:
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
            *(
                Cell(language.number(amount, 0) if amount else "", number=amount, currency=bridge.currency)
                for amount in (
                    bridge.before,
                    -bridge.realised,
                    -bridge.lost,
                    bridge.newly_found,
                    bridge.grown,
                    bridge.after,
                )
            ),
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


def _changes_table(comparison: Comparison, kind: ChangeKind, language: Language) -> Table:
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
            Cell(shortened(problem, 160), note=_what_changed(category, alike, language)),
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


def _ages_table(comparison: Comparison, language: Language) -> Table:
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
