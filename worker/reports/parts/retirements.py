"""The chapter on what Azure retires: when, and how much of it is in use."""

import msgspec

from worker.reports import terms
from worker.reports.blocks import Block, Cell, Column, ColumnKind, Figure, Paragraph, Part, PartKind, Table
from worker.reports.charts import Timeline, TimelineEvent
from worker.reports.document import Retirement
from worker.reports.parts.draft import Draft
from worker.reports.parts.summary import count_cell

_MAX_CHARTED = 12
_MAX_CHARTED_IN_BRIEF = 5
_MAX_LISTED = 60


def retirements_part(draft: Draft) -> Part | None:
    """Return the chapter; ``None`` where nothing that is in use retires."""
    language, retirements = draft.language, draft.retirements
    if not retirements:
        return None
    today = draft.facts.created_at.date()
    past = sum(1 for item in retirements if item.day is not None and item.day < today)
    if all(item.day is not None and item.day >= today for item in retirements):
        words = language.ngettext(
            "{number} feature that is in use will be retired.",
            "{number} features that are in use will be retired.",
            len(retirements),
        )
    else:
        words = language.ngettext(
            "{number} feature that is in use retires or has been retired.",
            "{number} features that are in use retire or have been retired.",
            len(retirements),
        )
    if past:
        more = language.ngettext(
            "The date of {number} of them has passed: it may stop working at any time.",
            "The dates of {number} of them have passed: they may stop working at any time.",
            past,
        )
        words = language.sentences((words, more))
    blocks: list[Block] = [Paragraph(words, tone="lead")]
    if any(item.day for item in retirements):
        most = _MAX_CHARTED_IN_BRIEF if draft.is_brief else _MAX_CHARTED
        chart = retirements_chart(draft, most)
        blocks.append(Figure("", chart, table=_table(draft, retirements)))
        if draft.is_brief and len(chart.events) < len(retirements):
            note = language.gettext(
                "{shown} of {total} features are shown.",
                shown=language.number(len(chart.events)),
                total=language.number(len(retirements)),
            )
            blocks.append(Paragraph(note, tone="note"))
    if not draft.is_brief and (len(retirements) > _MAX_CHARTED or not all(item.day for item in retirements)):
        blocks.append(_listed(draft, retirements))
    return Part(
        kind=PartKind.RETIREMENTS,
        key=PartKind.RETIREMENTS.value,
        title=language.gettext("Retirements"),
        blocks=tuple(blocks),
    )


def retirements_chart(draft: Draft, most: int) -> Timeline:
    """Return the next days on which something retires, those just past before them."""
    language, today = draft.language, draft.facts.created_at.date()
    dated = [item for item in draft.retirements if item.day is not None]
    coming = [item for item in dated if item.day is not None and item.day >= today]
    passed = [item for item in dated if item.day is not None and item.day < today]
    shown = sorted(
        (passed[-max(most - len(coming), most // 3) :] + coming)[:most],
        key=lambda item: item.day or today,
    )
    events = tuple(
        TimelineEvent(
            item.day,
            language.short_date(item.day),
            item.feature or language.gettext("Feature not named"),
            terms.recommendations(item.recommendations, language),
        )
        for item in shown
        if item.day is not None
    )
    return Timeline(
        title=language.gettext("What retires and when"),
        description="; ".join(f"{event.day_text}: {event.label} ({event.note})" for event in events),
        today=today,
        today_text=language.gettext("today"),
        events=events,
    )


def _listed(draft: Draft, retirements: tuple[Retirement, ...]) -> Table:
    language = draft.language
    whole = msgspec.structs.replace(
        _table(draft, retirements),
        heading=language.gettext("All retirements"),
        is_excerpt=any(item.day for item in retirements),
    )
    if len(retirements) <= _MAX_LISTED:
        return whole
    note = language.gettext(
        "The next {shown} of {total}.", shown=language.number(_MAX_LISTED), total=language.number(len(retirements))
    )
    return msgspec.structs.replace(whole, rows=whole.rows[:_MAX_LISTED], note=note)


def _table(draft: Draft, retirements: tuple[Retirement, ...]) -> Table:
    language = draft.language
    rows = tuple(
        (
            Cell(item.feature or language.gettext("Feature not named"), language=draft.texts.of(item.feature)),
            Cell(language.date(item.day) or language.gettext("not given"), day=item.day),
            count_cell(item.recommendations, language),
        )
        for item in retirements
    )
    columns = (
        Column(language.gettext("Feature"), share=3),
        Column(language.gettext("Date"), ColumnKind.DATE, 1.4),
        Column(language.gettext("Recommendations"), ColumnKind.COUNT, 1.2),
    )
    return Table("", columns, rows)
