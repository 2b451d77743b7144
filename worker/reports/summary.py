"""The words of a report's executive summary and appendix."""

from collections.abc import Sequence

from shared.advisor.vocabulary import Impact
from shared.savings import NoteCode, Savings, SavingsNote
from worker.reports.charts import BarRow, Bars
from worker.reports.document import CategoryCounts, CurrencySavings, Kpi, ReportFacts, Section, SourceFacts
from worker.reports.tallies import percent_of
from worker.reports.wording import amount_text, clean_text, count_of, headline_amount

TOP_SAVINGS_BARS = 6

_HOW_ROWS_ARE_COUNTED = (
    "Each row of the source is one recommendation for one resource. Rows are grouped by Advisor's recommendation type, or "
    "by their text where the source names no type. Categories and impacts are Advisor's own; a name that is none of them is "
    "kept as given and grouped as Other."
)
_HOW_SAVINGS_ARE_COUNTED = (
    "Amounts are Advisor's own estimates for a year, in the currency it gave them. Offers that exclude each other, such as "
    "one reservation in several terms, or reservations and a savings plan for the same compute, are alternatives: only the "
    "best of them is counted, the others are listed and marked. Amounts in different currencies are never added."
)

_NOTES = {
    NoteCode.RESERVATION_BEST_OPTION: (
        "{offers}{currency} left out: another term, look-back or size of the same reservation saves at least as much."
    ),
    NoteCode.SAVINGS_PLAN_BEST_OPTION: (
        "{offers}{currency} left out: another savings plan of the same subscription saves at least as much."
    ),
    NoteCode.RESERVATIONS_OVER_SAVINGS_PLAN: (
        "{offers}{currency} left out: the reservations for the same spend save at least as much as the savings plan."
    ),
    NoteCode.SAVINGS_PLAN_OVER_RESERVATIONS: (
        "{offers}{currency} left out: the savings plan for the same spend saves more than the reservations."
    ),
    NoteCode.SHARED_OR_SINGLE_SCOPE: (
        "{offers}{currency} left out: offers of shared scope and of single scope cover the same spend, and the other saves "
        "at least as much."
    ),
    NoteCode.SAME_FINDING_TWICE: "{offers}{currency} left out: the same finding is in the sources more than once.",
    NoteCode.COMMITMENT_WITHOUT_TERM: (
        "{offers}{currency} for a reservation or savings plan without a term: the source does not say how long one commits."
    ),
    NoteCode.RIGHTSIZING_BEST_OPTION: (
        "{offers}{currency} left out: another way to resize or shut down the same machine saves at least as much."
    ),
    NoteCode.RIGHTSIZING_OVER_RESERVATION: (
        "{offers}{currency} left out: resizing or shutting down the machines of that size saves at least as much as "
        "reserving it."
    ),
    NoteCode.RESERVATION_OVER_RIGHTSIZING: (
        "{offers}{currency} left out: the reservation for the present size saves more than leaving that size."
    ),
    NoteCode.OTHER_TERM: "{offers}{currency} left out: the report's policy wants another commitment term.",
    NoteCode.OTHER_LOOKBACK: (
        "{offers}{currency} left out: the same offer counts as calculated from the look-back of the report's policy."
    ),
    NoteCode.OTHER_PATH: "{offers}{currency} left out: the report's policy wants the other kind of commitment.",
    NoteCode.NOT_A_SAVING: "{offers}{currency} with an amount below zero, which costs money and is not counted.",
    NoteCode.LOOKBACK_FALLBACK: (
        "{offers}{currency} counted from another look-back, for the one of the report's policy was not offered."
    ),
    NoteCode.LOOKBACK_UNKNOWN: "{offers}{currency} counted whose look-back the source does not say.",
    NoteCode.SCOPE_UNKNOWN: (
        "{offers}{currency} for a reservation or savings plan whose scope the source does not say, taken as single."
    ),
    NoteCode.COMMITMENT_BEFORE_RIGHTSIZING: (
        "{offers}{currency} for commitments, counted as Advisor calculated them: on the usage before resizing and shutdown."
    ),
    NoteCode.CURRENCY_UNKNOWN: "{offers} with an amount whose currency the source does not name, summed apart.",
    NoteCode.NOT_ESTIMATED: "{offers} about cost without an estimate.",
}


def impact_totals(categories: Sequence[CategoryCounts]) -> dict[Impact, int]:
    """Return the recommendations of each impact over all categories, without impacts that have none."""
    totals = {impact: sum(category.counts.get(impact, 0) for category in categories) for impact in Impact}
    return {impact: count for impact, count in totals.items() if count}


def kpis_of(
    total: int,
    categories: Sequence[CategoryCounts],
    *,
    resources: str,
    subscriptions: str,
    savings: Sequence[CurrencySavings],
) -> tuple[Kpi, ...]:
    """Return the four headline figures."""
    high = impact_totals(categories).get(Impact.HIGH, 0)
    used = sum(1 for category in categories if category.total)
    return (
        Kpi(label="Recommendations", values=(f"{total:,}",), note=f"in {count_of(used, 'category', 'categories')}"),
        Kpi(label="High impact", values=(f"{high:,}",), note=f"{percent_of(high, total)} of all" if total else "none found"),
        Kpi(
            label="Affected resources",
            values=(resources,),
            note=f"in {subscriptions} {'subscription' if subscriptions == '1' else 'subscriptions'}",
        ),
        _savings_kpi(savings),
    )


def _savings_kpi(savings: Sequence[CurrencySavings]) -> Kpi:
    label = "Potential savings a year"
    if not savings:
        return Kpi(label=label, values=("Not estimated",), note="Advisor gave no amounts")
    if len(savings) > 2:
        return Kpi(label=label, values=(f"{len(savings)} currencies",), note="each summed on its own, see below")
    rows = sum(line.counted_rows for line in savings)
    return Kpi(
        label=label,
        values=tuple(headline_amount(line.counted, line.currency) for line in savings),
        note=count_of(rows, "recommendation"),
    )


def summary_paragraphs(
    facts: ReportFacts,
    total: int,
    categories: Sequence[CategoryCounts],
    *,
    subscriptions: str,
    savings: Sequence[CurrencySavings],
    not_estimated: int,
) -> tuple[str, ...]:
    """Return the executive summary's paragraphs: what was found, and what it may save."""
    client = clean_text(facts.client_name)
    if not total:
        nothing = (
            f"Azure Advisor has no recommendations for {client} in the data this report was made from. Either everything "
            "it checks is in order, or the export was filtered before it was downloaded: the appendix names the sources."
        )
        return (nothing,)
    where = f"{subscriptions} {'subscription' if subscriptions == '1' else 'subscriptions'}"
    impacts = [f"{count:,} of {impact.value.lower()} impact" for impact, count in impact_totals(categories).items()]
    largest = max(categories, key=lambda category: category.total)
    found = (
        f"Azure Advisor makes {count_of(total, 'recommendation')} for {client}, in {where}: {in_a_row(impacts)}. "
        f"{_share_sentence(largest, total)}"
    )
    return found.strip(), savings_sentence(savings, not_estimated)


def _share_sentence(largest: CategoryCounts, total: int) -> str:
    name = largest.category.title.lower()
    if largest.total == total:
        return f"All concern {name}." if total > 1 else f"It concerns {name}."
    return f"The largest share concerns {name}: {largest.total:,}, or {percent_of(largest.total, total)}."


def savings_sentence(savings: Sequence[CurrencySavings], not_estimated: int) -> str:
    """Return how the savings came about: counted, left out as alternatives, not estimated, currency by currency."""
    if not savings:
        return (
            "Advisor estimated no savings for these recommendations. A missing estimate is not a zero: "
            "some of them may well lower the bill."
        )
    sums = [f"{headline_amount(line.counted, line.currency)} (from {line.counted_rows:,})" for line in savings]
    parts = [
        f"The estimated savings that do not overlap come to {in_a_row(sums)} a year."
        if len(savings) == 1
        else f"The estimated savings that do not overlap come to {in_a_row(sums)} a year; currencies are not added."
    ]
    if alternatives := sum(line.alternative_rows for line in savings):
        parts.append(
            f"{count_of(alternatives, 'further offer')} {'is an alternative' if alternatives == 1 else 'are alternatives'} "
            "to one that is counted, and therefore left out of the sum."
        )
    if not_estimated:
        verb = "carries" if not_estimated == 1 else "carry"
        parts.append(
            f"{count_of(not_estimated, 'cost recommendation')} {verb} no estimate, which is not the same as saving nothing."
        )
    return " ".join(parts)


def savings_charts_of(sections: Sequence[Section]) -> tuple[Bars, ...]:
    """Return one chart per currency: the recommendation types with the largest counted savings."""
    currencies = sorted({currency for section in sections for currency in section.summary.savings})
    charts = []
    for currency in currencies:
        sums = sorted(
            (
                (group.savings[currency], group.title)
                for section in sections
                for group in section.groups
                if currency in group.savings
            ),
            key=lambda entry: (-entry[0], entry[1]),
        )
        rows = tuple(
            BarRow(
                label=title, value=float(amount), text=headline_amount(amount, currency).removesuffix(" (no currency named)")
            )
            for amount, title in sums[:TOP_SAVINGS_BARS]
            if amount > 0
        )
        if rows:
            charts.append(
                Bars(
                    title=f"Largest savings a year in {currency}"
                    if currency
                    else "Largest savings a year, currency not named",
                    description="; ".join(f"{row.label}: {row.text}" for row in rows),
                    rows=rows,
                )
            )
    return tuple(charts)


def method_of(
    savings: Sequence[CurrencySavings], count: Savings, sources: Sequence[SourceFacts] = ()
) -> tuple[tuple[str, str], ...]:
    """Return what was noticed about the sources and how the numbers were made, as headings and paragraphs."""
    counted = [
        f"{amount_text(line.counted, line.currency)} from {count_of(line.counted_rows, 'recommendation')}, "
        f"{count_of(line.alternative_rows, 'alternative')} left out."
        for line in savings
    ]
    notes = [_note_sentence(note) for note in count.notes]
    noticed = [clean_text(note) for source in sources for note in source.notes]
    return (
        *([("About the source", " ".join(noticed))] if noticed else []),
        ("Counting", _HOW_ROWS_ARE_COUNTED),
        ("Savings", _HOW_SAVINGS_ARE_COUNTED),
        ("What was counted", " ".join([*counted, *notes]) or "No recommendation of the sources has an amount."),
    )


def _note_sentence(note: SavingsNote) -> str:
    currency = f" in {note.currency}" if note.currency else ""
    return _NOTES[note.code].format(offers=count_of(note.count, "recommendation"), currency=currency)


def left_out_note(total: int, listed: int) -> str:
    """Return the sentence that says what the sections leave out, ``""`` where they hold everything."""
    if listed == total:
        return ""
    return (
        f"This document lists the {listed:,} most important of {total:,} recommendations: higher impact first, then "
        f"those with larger savings. The other {total - listed:,} are in the Excel and CSV files of this report; all counts "
        "and sums here include them."
    )


def rejected_note(listed: int, total: int) -> str:
    """Return the sentence above the list of rows that could not be read."""
    if not total:
        return "Every row of the sources was read."
    are = "is" if total == 1 else "are"
    sentence = f"{count_of(total, 'row')} could not be read and {are} in none of the numbers of this report."
    return sentence if listed == total else f"{sentence} The first {listed:,} follow; all are in the Excel file."


def in_a_row(parts: Sequence[str]) -> str:
    """Return parts as a list in a sentence: "a", "a and b", "a, b and c"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""
