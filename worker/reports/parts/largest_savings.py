"""Which recommendation types save most."""

from shared.language.language import Language
from worker.reports.charts import BarRow, Bars
from worker.reports.document import Section
from worker.reports.wording import shortened

TOP_SAVINGS_BARS = 6


def largest_savings_charts(sections: tuple[Section, ...], language: Language) -> tuple[Bars, ...]:
    """Return one chart per currency: the types with the largest counted savings; none where there is but one to show."""
    charts = []
    for currency in sorted({currency for section in sections for currency in section.summary.savings}):
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
