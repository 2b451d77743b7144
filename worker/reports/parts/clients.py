"""The chapter on many clients side by side, for those who look after them."""

from shared.advisor.vocabulary import Impact
from shared.reports.insights import ClientTotals
from worker.reports.blocks import Block, Cell, Column, ColumnKind, Figure, Paragraph, Part, PartKind, Table
from worker.reports.charts import BarRow, Bars
from worker.reports.parts.draft import Draft
from worker.reports.parts.summary import amounts_cell, count_cell
from worker.reports.wording import clean_text

_MAX_CHARTED = 10
_MAX_LISTED_IN_BRIEF = 12


def clients_part(draft: Draft) -> Part | None:
    """Return the chapter; ``None`` for a report on one client."""
    language, roll_up = draft.language, draft.insights.roll_up
    if roll_up is None or len(roll_up.clients) < 2:
        return None
    sums = roll_up.counted
    words = language.ngettext(
        "{number} client, each counted on its own: offers of different clients never overlap.",
        "{number} clients, each counted on its own: offers of different clients never overlap.",
        len(roll_up.clients),
    )
    if sums:
        more = language.gettext(
            "Together they can save {amounts} a year.",
            amounts=language.joined(language.whole_money(amount, currency) for currency, amount in sums.items()),
        )
        words = language.sentences((words, more))
    only = language.gettext("All other chapters are about {client} alone.", client=clean_text(draft.facts.client_name))
    words = language.sentences((words, only))
    blocks: list[Block] = [Paragraph(words, tone="lead")]
    if not draft.is_brief and (chart := _chart(draft, roll_up.clients)):
        blocks.append(Figure(chart.title, chart))
    blocks.append(_table(draft, roll_up.clients))
    return Part(kind=PartKind.CLIENTS, key=PartKind.CLIENTS.value, title=language.gettext("Clients"), blocks=tuple(blocks))


def _chart(draft: Draft, clients: tuple[ClientTotals, ...]) -> Bars | None:
    """Return the clients that save most, where all amounts are of one currency."""
    language = draft.language
    currencies = {line.currency for client in clients for line in client.savings.by_currency if line.counted_number}
    if len(currencies) != 1:
        return None
    [currency] = currencies
    amounts = [
        (client, line.counted_amount)
        for client in clients
        for line in client.savings.by_currency
        if line.currency == currency and line.counted_amount > 0
    ]
    amounts.sort(key=lambda entry: (-entry[1], entry[0].client_name))
    if len(amounts) < 2:
        return None
    rows = tuple(
        BarRow(clean_text(client.client_name), float(amount), language.whole_money(amount, currency))
        for client, amount in amounts[:_MAX_CHARTED]
    )
    return Bars(
        title=language.gettext("Achievable savings a year by client"),
        description="; ".join(f"{row.label}: {row.text}" for row in rows),
        rows=rows,
    )


def _table(draft: Draft, clients: tuple[ClientTotals, ...]) -> Table:
    language = draft.language
    shown = clients[:_MAX_LISTED_IN_BRIEF] if draft.is_brief else clients
    rows = tuple(
        (
            Cell(clean_text(client.client_name)),
            Cell(
                language.short_date(client.taken_at.date()) if client.taken_at else language.gettext("no data yet"),
                day=client.taken_at.date() if client.taken_at else None,
            ),
            count_cell(client.total, language),
            count_cell(client.by_impact.get(Impact.HIGH.value, 0), language),
            amounts_cell(
                {line.currency: line.counted_amount for line in client.savings.by_currency if line.counted_number}, language
            ),
        )
        for client in shown
    )
    note = ""
    if len(shown) < len(clients):
        note = language.gettext(
            "{shown} of {total} clients are listed.",
            shown=language.number(len(shown)),
            total=language.number(len(clients)),
        )
    columns = (
        Column(language.gettext("Client"), share=2.4),
        Column(language.gettext("Data of"), ColumnKind.DATE, 1.2),
        Column(language.gettext("Recommendations"), ColumnKind.COUNT, 1.3),
        Column(language.gettext("High impact"), ColumnKind.COUNT, 1.1),
        Column(language.gettext("Achievable savings a year"), ColumnKind.AMOUNT, 1.9),
    )
    return Table(language.gettext("Client by client"), columns, rows, note=note)
