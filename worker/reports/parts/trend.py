"""The chapter on the course of time: the last twelve snapshots side by side."""

from shared.advisor.vocabulary import Impact
from shared.comparison.result import Trend
from shared.language.language import Language
from worker.reports import terms
from worker.reports.blocks import Block, Cell, Column, ColumnKind, Figure, Paragraph, Part, PartKind, Table
from worker.reports.charts import Lines, Series
from worker.reports.parts.draft import Draft
from worker.reports.parts.summary import amounts_cell, count_cell


def trend_part(draft: Draft) -> Part | None:
    """Return the chapter; ``None`` where there is but one snapshot."""
    language, trend = draft.language, draft.insights.trend
    if trend is None or len(trend.points) < 2:
        return None
    blocks: list[Block] = []
    if partial := [language.date(point.taken_at.date()) for point in trend.points if point.unread_subscriptions]:
        text = language.gettext(
            "Subscriptions that could not be read then are missing from the data of: {dates}.",
            dates=language.joined(partial),
        )
        blocks.append(Paragraph(text, tone="note"))
    blocks.append(Figure(language.gettext("Open recommendations"), findings_chart(trend, language)))
    if chart := savings_chart(trend, language):
        blocks.append(Figure(chart.title, chart))
    blocks.append(_table(trend, language))
    return Part(kind=PartKind.TREND, key=PartKind.TREND.value, title=language.gettext("Over time"), blocks=tuple(blocks))


def findings_chart(trend: Trend, language: Language) -> Lines:
    """Return all recommendations and those of high impact over time."""
    high = [point.by_impact.get(Impact.HIGH.value, 0) for point in trend.points]
    series = (
        Series(
            language.gettext("All"),
            tuple(float(point.total) for point in trend.points),
            language.number(trend.points[-1].total),
        ),
        Series(language.gettext(terms.IMPACT_LABELS[Impact.HIGH]), tuple(map(float, high)), language.number(high[-1])),
    )
    return Lines(
        title=language.gettext("Open recommendations over time"),
        description=language.gettext(
            "From {first}, of which {first_high} of high impact, on {first_date} to {last}, of which {last_high} of high "
            "impact, on {last_date}. The table below has every value.",
            first=terms.recommendations(trend.points[0].total, language),
            first_high=language.number(high[0]),
            first_date=language.date(trend.points[0].taken_at.date()),
            last=terms.recommendations(trend.points[-1].total, language),
            last_high=language.number(high[-1]),
            last_date=language.date(trend.points[-1].taken_at.date()),
        ),
        labels=tuple(language.short_date(point.taken_at.date()) for point in trend.points),
        series=series,
        top_text=language.number(max(point.total for point in trend.points)),
    )


def savings_chart(trend: Trend, language: Language) -> Lines | None:
    """Return the achievable savings in the currency that most of the snapshots have; ``None`` where none has any."""
    currencies = [currency for point in trend.points for currency in point.savings]
    if not currencies:
        return None
    currency = max(sorted(set(currencies)), key=currencies.count)
    amounts = [point.savings.get(currency) for point in trend.points]
    known = [(point, amount) for point, amount in zip(trend.points, amounts, strict=True) if amount is not None]
    heading = language.gettext("Achievable savings a year in {currency}", currency=currency or "–")
    return Lines(
        title=heading,
        description=language.gettext(
            "From {first} on {first_date} to {last} on {last_date}. The table below has every value.",
            first=language.whole_money(known[0][1], currency),
            first_date=language.date(known[0][0].taken_at.date()),
            last=language.whole_money(known[-1][1], currency),
            last_date=language.date(known[-1][0].taken_at.date()),
        ),
        labels=tuple(language.short_date(point.taken_at.date()) for point in trend.points),
        series=(
            Series(
                language.gettext("Achievable"),
                tuple(None if amount is None else float(amount) for amount in amounts),
                language.whole_money(known[-1][1], currency),
            ),
        ),
        top_text=language.number(max(amount for _, amount in known)),
    )


def _table(trend: Trend, language: Language) -> Table:
    has_savings = any(point.savings for point in trend.points)
    columns = [
        Column(language.gettext("Data of"), ColumnKind.TEXT, 1.4),
        Column(language.gettext("Recommendations"), ColumnKind.COUNT),
        Column(language.gettext("High impact"), ColumnKind.COUNT),
    ]
    if has_savings:
        columns.append(Column(language.gettext("Achievable savings a year"), ColumnKind.AMOUNT, 1.8))
    rows = tuple(
        (
            Cell(language.date(point.taken_at.date()), day=point.taken_at.date()),
            count_cell(point.total, language),
            count_cell(point.by_impact.get(Impact.HIGH.value, 0), language),
            *([amounts_cell(point.savings, language)] if has_savings else []),
        )
        for point in reversed(trend.points)
    )
    return Table(language.gettext("Snapshot by snapshot"), tuple(columns), rows)
