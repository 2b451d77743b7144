"""Which recommendation types save most."""

from collections.abc import Iterable

from shared.language.language import Language
from worker.reports.charts import BarRow, Bars
from worker.reports.document import Section
from worker.reports.wording import shortened

TOP_SAVINGS_BARS = 6


def largest_savings_charts(sections: tuple[Section, ...], currencies: Iterable[str], language: Language) -> tuple[Bars, ...]:
    """Return a chart of each of ``currencies`` with the types that save most; none where there is but one to show."""
    charts = []
    for currency in currencies:
        sums = sorted(
            (
                (group.savings[currency], group.title)
                for section in sections
                for group in section.groups
                if group.savings.get(currency, 0) > 0
            ),
            key=lambda entry: (-entry[0], entry[1]),
        )
        rows = tuple(
            BarRow(shortened(title, 200), float(amount), language.whole_money(amount, currency))
            for amount, title in sums[:TOP_SAVINGS_BARS]
        )
        if len(rows) > 1:
            title = (
                language.gettext("Largest savings a year in {currency}", currency=currency)
                if currency
                else language.gettext("Largest savings a year, currency not named")
            )
            charts.append(Bars(title=title, description="; ".join(f"{row.label}: {row.text}" for row in rows), rows=rows))
    return tuple(charts)
