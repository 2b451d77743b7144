"""The first chapter: what was found, what it saves, where to begin; to be read in one minute."""

from collections.abc import Sequence
from decimal import Decimal

from shared.advisor.vocabulary import Impact
from shared.language.language import Language
from worker.reports import terms
from worker.reports.blocks import (
    Block,
    Cell,
    Column,
    ColumnKind,
    Figure,
    GroupPlace,
    KpiRow,
    Paragraph,
    Part,
    PartKind,
    Table,
)
from worker.reports.charts import Donut, LegendEntry, Slice, StackedBars, StackedRow
from worker.reports.document import CategoryCounts, Group
from worker.reports.parts.draft import Draft
from worker.reports.parts.headlines import is_about_money, kpis_of, subscriptions_of
from worker.reports.parts.savings_words import savings_sentences
from worker.reports.tallies import add_amount
from worker.reports.wording import isolated

_MAX_GROUPS = 6


def summary_part(draft: Draft) -> Part:
    """Return the executive summary; there is always one."""
    language = draft.language
    blocks: list[Block] = [KpiRow(kpis_of(draft))]
    blocks += [Paragraph(words, tone="lead") for words in summary_paragraphs(draft)]
    if note := left_out_note(draft):
        blocks.append(Paragraph(note, tone="note"))
    if coverage := coverage_note(draft):
        blocks.append(Paragraph(coverage, tone="note"))
    if draft.total:
        several = len(draft.categories) > 1
        chart = category_chart(draft) if several else impact_chart(draft)
        heading = language.gettext("By category") if several else language.gettext("By impact")
        blocks.append(Figure(heading, chart, 1.0 if several else 0.66))
        if len(draft.top_groups) > 1:
            places = draft.top_groups[:_MAX_GROUPS]
            blocks.append(groups_table(draft, places, language.gettext("Where to begin")))
        if several and not draft.is_brief:
            # A ring of one colour says nothing that the table does not say.
            if len(draft.impact_totals) > 1:
                blocks.append(Figure(language.gettext("By impact"), impact_chart(draft), 0.66))
            blocks.append(counts_table(draft))
    return Part(
        kind=PartKind.SUMMARY,
        key=PartKind.SUMMARY.value,
        title=language.gettext("Executive summary"),
        blocks=tuple(blocks),
    )


def summary_paragraphs(draft: Draft) -> tuple[str, ...]:
    """Return the paragraphs of the executive summary: what was found, and what it may save."""
    language, client = draft.language, isolated(draft.facts.client_name)
    if not draft.total and (held := sum(source.accepted for source in draft.facts.sources)):
        elsewhere = language.ngettext(
            "The sources hold {number} recommendation, but none that is open and within the scope and type of this report.",
            "The sources hold {number} recommendations, but none that is open and within the scope and type of this report.",
            held,
        )
        return (elsewhere,)
    if not draft.total:
        nothing = language.gettext(
            "Azure Advisor has no recommendations for {client} in the data this report was made from. Either everything it "
            "checks is in order, or the data was filtered before it came here: the appendix names the sources.",
            client=client,
        )
        return (nothing,)
    impacts = language.joined(
        language.gettext(
            "{impact}: {number}", impact=language.gettext(terms.IMPACT_LABELS[impact]), number=language.number(count)
        )
        for impact, count in draft.impact_totals.items()
    )
    found = language.gettext(
        "Azure Advisor makes {recommendations} for {client} in {subscriptions} ({impacts}).",
        recommendations=terms.recommendations(draft.total, language),
        client=client,
        subscriptions=subscriptions_of(draft),
        impacts=impacts,
    )
    found = language.sentences((found, _share_sentence(draft)))
    return (found, language.sentences(savings_sentences(draft))) if is_about_money(draft) else (found,)


def _share_sentence(draft: Draft) -> str:
    language = draft.language
    largest = max(draft.categories, key=lambda category: category.total)
    if largest.total == draft.total:
        return ""
    return language.gettext(
        "The largest share is in the category {category}: {number}, or {percent}.",
        category=language.gettext(terms.CATEGORY_TITLES[largest.category]),
        number=language.number(largest.total),
        percent=language.percent(largest.total, draft.total),
    )


def left_out_note(draft: Draft) -> str:
    """Return the sentence that says what the document leaves out, ``""`` where it holds everything."""
    language = draft.language
    if draft.is_brief or draft.listed == draft.total:
        return ""
    return language.gettext(
        "This document lists the {listed} most important of {total} recommendations: higher impact first, then those with "
        "larger savings. The other {left_out} are in the Excel and CSV files of this report; all counts and sums here "
        "include them.",
        listed=language.number(draft.listed),
        total=language.number(draft.total),
        left_out=language.number(draft.total - draft.listed),
    )


def coverage_note(draft: Draft) -> str:
    """Return what could not be read and what had been set aside, ``""`` where there is nothing to say."""
    coverage, language = draft.facts.coverage, draft.language
    if coverage is None:
        return ""
    sentences = []
    if coverage.is_partial:
        sentences.append(
            language.gettext(
                "Data came from {read} of {wanted} subscriptions; the others could not be read and are in none of the "
                "numbers.",
                read=language.number(coverage.subscriptions_read),
                wanted=language.number(coverage.subscriptions_wanted),
            )
        )
    if aside := coverage.dismissed + coverage.postponed + coverage.excluded:
        sentences.append(
            language.ngettext(
                "{number} further recommendation has been set aside in Azure and is not counted: {dismissed} dismissed, "
                "{postponed} postponed, {excluded} excluded by configuration.",
                "{number} further recommendations have been set aside in Azure and are not counted: {dismissed} dismissed, "
                "{postponed} postponed, {excluded} excluded by configuration.",
                aside,
                dismissed=language.number(coverage.dismissed),
                postponed=language.number(coverage.postponed),
                excluded=language.number(coverage.excluded),
            )
        )
    return language.sentences(sentences)


def impact_chart(draft: Draft) -> Donut:
    """Return the share of each impact."""
    language, totals = draft.language, draft.impact_totals
    slices = tuple(
        Slice(
            impact,
            language.gettext(terms.IMPACT_LABELS[impact]),
            count,
            language.number(count),
            language.percent(count, draft.total),
        )
        for impact, count in totals.items()
    )
    return Donut(
        title=language.gettext("Recommendations by impact"),
        description="; ".join(f"{part.label}: {part.text} ({part.share})" for part in slices) or language.gettext("None"),
        slices=slices,
        total=language.number(draft.total),
        total_note=language.gettext("in all"),
    )


def category_chart(draft: Draft) -> StackedBars:
    """Return the recommendations of each category, divided by impact."""
    language = draft.language
    present = [impact for impact in Impact if impact in draft.impact_totals]
    legend = tuple(LegendEntry(impact, language.gettext(terms.IMPACT_LABELS[impact])) for impact in present)
    rows = tuple(
        StackedRow(language.gettext(terms.CATEGORY_TITLES[line.category]), line.counts, language.number(line.total))
        for line in draft.categories
    )
    return StackedBars(
        title=language.gettext("Recommendations by category and impact"),
        description="; ".join(
            f"{row.label}: {row.text}{_impacts_in(line, language)}" for row, line in zip(rows, draft.categories, strict=True)
        ),
        legend=legend,
        rows=rows,
    )


def _impacts_in(line: CategoryCounts, language: Language) -> str:
    parts = [
        f"{language.gettext(terms.IMPACT_TITLES[impact])} {language.number(count)}"
        for impact, count in line.counts.items()
        if count
    ]
    return f" ({', '.join(parts)})" if parts else ""


def counts_table(draft: Draft) -> Table:
    """Return the counts by category and impact, with the savings of each category."""
    language, totals = draft.language, draft.impact_totals
    impacts = [impact for impact in Impact if impact is not Impact.OTHER or impact in totals]
    has_savings = bool(draft.savings_totals)
    columns = [Column(language.gettext("Category"), share=2.4)]
    columns += [Column(language.gettext(terms.IMPACT_TITLES[impact]), ColumnKind.COUNT) for impact in impacts]
    columns.append(Column(language.gettext("Total"), ColumnKind.COUNT))
    if has_savings:
        columns.append(Column(language.gettext("Counted savings a year"), ColumnKind.AMOUNT, 2.2))
    rows = [
        _counts_row(
            language.gettext(terms.CATEGORY_TITLES[line.category]),
            line.counts,
            impacts,
            line.savings if has_savings else None,
            language,
        )
        for line in draft.categories
    ]
    sums: dict[str, Decimal] = {}
    for line in draft.categories:
        for currency, amount in line.savings.items():
            add_amount(sums, currency, amount)
    rows.append(_counts_row(language.gettext("All categories"), totals, impacts, sums if has_savings else None, language))
    return Table(
        heading=language.gettext("By category and impact"), columns=tuple(columns), rows=tuple(rows), has_total=True
    )


def _counts_row(
    title: str,
    counts: dict[Impact, int],
    impacts: Sequence[Impact],
    savings: dict[str, Decimal] | None,
    language: Language,
) -> tuple[Cell, ...]:
    cells = [Cell(title)]
    cells += [count_cell(counts.get(impact, 0), language) for impact in impacts]
    cells.append(count_cell(sum(counts.values()), language))
    if savings is not None:
        cells.append(amounts_cell(savings, language))
    return tuple(cells)


def count_cell(number: int, language: Language) -> Cell:
    """Return a cell with a number; nothing is shown as nothing."""
    return Cell(language.number(number) if number else "", number=Decimal(number))


def amounts_cell(amounts: dict[str, Decimal], language: Language) -> Cell:
    """Return a cell with amounts, one line a currency; a single one carries its number for formats that calculate."""
    text = terms.amount_lines(amounts, language)
    if len(amounts) == 1:
        [(currency, amount)] = amounts.items()
        return Cell(text, number=amount, currency=currency)
    return Cell(text)


def groups_table(draft: Draft, places: Sequence[GroupPlace], heading: str) -> Table:
    """Return a table of recommendation types that leads to each."""
    language = draft.language
    columns = [
        Column(language.gettext("Recommendation"), share=4.4),
        Column(language.gettext("Impact"), ColumnKind.IMPACT, 1.2),
        Column(language.gettext("Number"), ColumnKind.COUNT, 0.9),
    ]
    has_savings = any(draft.group_at(place).savings for place in places)
    if has_savings:
        columns.append(Column(language.gettext("Savings a year"), ColumnKind.AMOUNT, 1.6))
    if not draft.is_brief:
        columns.append(Column(language.gettext("Page"), ColumnKind.PAGE, 0.6))
    rows = []
    for place in places:
        group = draft.group_at(place)
        category = draft.sections[place.section].summary.category
        cells = [
            Cell(
                group.title,
                note=language.gettext(terms.CATEGORY_TITLES[category]),
                place=None if draft.is_brief else place,
                language=group.title_language,
            ),
            impact_cell(group, language),
            count_cell(group.total, language),
        ]
        if has_savings:
            cells.append(amounts_cell(group.savings, language))
        if not draft.is_brief:
            cells.append(Cell("", place=place))
        rows.append(tuple(cells))
    return Table(heading=heading, columns=tuple(columns), rows=tuple(rows))


def impact_cell(group: Group, language: Language) -> Cell:
    """Return the chip of a group's impact."""
    return Cell(language.gettext(terms.IMPACT_TITLES[group.impact]), impact=group.impact)
