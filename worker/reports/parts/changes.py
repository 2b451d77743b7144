"""The chapter on what changed since the report before: what is new, what is done, what that means in money."""

from shared.advisor.vocabulary import Category
from shared.comparison.result import ChangeKind, Comparison, MatchedBy
from shared.language.language import Language
from shared.language.marking import marked
from worker.reports import terms
from worker.reports.blocks import Block, Figure, Kpi, KpiRow, Paragraph, Part, PartKind
from worker.reports.charts import ChangeBars, ChangeRow
from worker.reports.parts.changes_tables import HEADINGS, ages_table, bridges_table, changes_table
from worker.reports.parts.draft import Draft
from worker.reports.wording import clean_text


def changes_part(draft: Draft) -> Part | None:
    """Return the chapter; ``None`` where there is no earlier snapshot and no reason to be told."""
    language, comparison = draft.language, draft.insights.comparison
    title = language.gettext("What changed")
    if comparison is None:
        reason = draft.insights.no_comparison_reason
        if not reason or draft.is_brief:
            return None
        why = Paragraph(clean_text(language.gettext(reason)))
        return Part(kind=PartKind.CHANGES, key=PartKind.CHANGES.value, title=title, blocks=(why,))
    blocks: list[Block] = [KpiRow(_kpis(comparison, language)), Paragraph(_since(comparison, language), tone="lead")]
    if note := _scope_note(comparison, language):
        blocks.append(Paragraph(note, tone="note"))
    if not draft.is_brief and (chart := changes_chart(comparison, language)):
        blocks.append(Figure(language.gettext("Resolved and new, by category"), chart))
    blocks += [bridges_table(comparison.bridges, language)] if comparison.bridges else []
    if not draft.is_brief:
        blocks += [
            changes_table(comparison, kind, language, draft.texts) for kind in HEADINGS if comparison.changes.get(kind)
        ]
        if any(age.count for age in comparison.ages):
            blocks.append(ages_table(comparison, language))
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
    if not comparison.current.findings:
        return since
    matched = language.gettext(
        "Of {findings} findings now, {matched} ({percent}) were there then, and {unchanged} of them are unchanged.",
        findings=language.number(comparison.current.findings),
        matched=language.number(comparison.matched),
        percent=language.percent(comparison.matched, comparison.current.findings),
        unchanged=language.number(comparison.unchanged),
    )
    if comparison.matched_by is MatchedBy.CROSS_SOURCE:
        across = language.gettext(
            "One of the two came from the API and one from the portal, so findings are matched by category, text and "
            "resource; several offers for one resource are then one finding."
        )
        return language.sentences((since, matched, across))
    return language.sentences((since, matched))


def _scope_note(comparison: Comparison, language: Language) -> str:
    sentences = []
    if comparison.unread_rows:
        sentences.append(
            language.ngettext(
                "{number} row of this data could not be read; what it tells of may count as resolved.",
                "{number} rows of this data could not be read; what they tell of may count as resolved.",
                comparison.unread_rows,
            )
        )
    if comparison.not_read:
        sentences.append(
            language.ngettext(
                "{number} subscription of the earlier data was not read this time; its findings are left out here.",
                "{number} subscriptions of the earlier data were not read this time; their findings are left out here.",
                len(comparison.not_read),
            )
        )
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
