"""The sentences about savings: what counts, what does not and why, by which policy."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from shared.language.language import Language
from shared.language.marking import marked, marked_plural
from shared.savings import NoteCode, SavingsNote
from shared.savings.policy import PathChoice, SavingsPolicy, TermChoice
from worker.reports import terms
from worker.reports.parts.draft import Draft

REASONS = {
    NoteCode.RESERVATION_BEST_OPTION: marked("Another offer for the same reservation saves at least as much."),
    NoteCode.SAVINGS_PLAN_BEST_OPTION: marked("Another savings plan for the same spend saves at least as much."),
    NoteCode.RIGHTSIZING_BEST_OPTION: marked("Another way to resize or shut down the same machine saves at least as much."),
    NoteCode.RESERVATIONS_OVER_SAVINGS_PLAN: marked("The reservations for the same spend save at least as much."),
    NoteCode.SAVINGS_PLAN_OVER_RESERVATIONS: marked("The savings plan for the same spend saves more."),
    NoteCode.SHARED_OR_SINGLE_SCOPE: marked(
        "Offers of the other scope, shared or single, cover the same spend and save at least as much."
    ),
    NoteCode.RIGHTSIZING_OVER_RESERVATION: marked(
        "The machine is to be resized or shut down, which leaves nothing to reserve."
    ),
    NoteCode.RESERVATION_OVER_RIGHTSIZING: marked(
        "The reservation for the machine's size saves more than leaving that size."
    ),
    NoteCode.SAME_FINDING_TWICE: marked("The same finding is in the sources more than once."),
    NoteCode.OTHER_TERM: marked("This report counts commitments of another term."),
    NoteCode.OTHER_LOOKBACK: marked("The same offer, calculated from the look-back period of this report, counts."),
    NoteCode.OTHER_PATH: marked("This report counts the other kind of commitment."),
    NoteCode.NOT_A_SAVING: marked("Its amount is below zero: following it costs money."),
}
"""Why an offer does not count, one sentence each."""

_REMARKS = {
    NoteCode.LOOKBACK_FALLBACK: marked_plural(
        "{number} offer counts from another look-back period, because the one of this report was not offered.",
        "{number} offers count from another look-back period, because the one of this report was not offered.",
    ),
    NoteCode.LOOKBACK_UNKNOWN: marked_plural(
        "{number} offer counts although its source does not say from which look-back period it was calculated.",
        "{number} offers count although their source does not say from which look-back period they were calculated.",
    ),
    NoteCode.COMMITMENT_WITHOUT_TERM: marked_plural(
        "{number} reservation or savings plan comes without a term: the source does not say how long one commits.",
        "{number} reservations or savings plans come without a term: the source does not say how long one commits.",
    ),
    NoteCode.SCOPE_UNKNOWN: marked_plural(
        "{number} reservation or savings plan comes without a scope and is taken as one of a single subscription.",
        "{number} reservations or savings plans come without a scope and are taken as ones of a single subscription.",
    ),
    NoteCode.COMMITMENT_BEFORE_RIGHTSIZING: marked_plural(
        "{number} counted commitment is calculated from usage before machines are resized or shut down: do that first, then "
        "ask for a new offer.",
        "{number} counted commitments are calculated from usage before machines are resized or shut down: do that first, "
        "then ask for new offers.",
    ),
    NoteCode.CURRENCY_UNKNOWN: marked_plural(
        "{number} recommendation has an amount whose currency the source does not name; it is summed apart.",
        "{number} recommendations have amounts whose currency the source does not name; they are summed apart.",
    ),
    NoteCode.NOT_ESTIMATED: marked_plural(
        "{number} recommendation about cost carries no estimate, which is not the same as saving nothing.",
        "{number} recommendations about cost carry no estimate, which is not the same as saving nothing.",
    ),
}

_TERMS = {
    TermChoice.BEST: marked("whichever term saves more"),
    TermChoice.ONE_YEAR: marked("commitments of one year"),
    TermChoice.THREE_YEARS: marked("commitments of three years"),
}
_PATHS = {
    PathChoice.BEST: marked("reservations or savings plans, whichever save more"),
    PathChoice.RESERVATIONS: marked("reservations only"),
    PathChoice.SAVINGS_PLANS: marked("savings plans only"),
}


def savings_sentences(draft: Draft) -> list[str]:
    """Return how the savings came about: counted, left out as alternatives, not estimated, currency by currency."""
    language, savings = draft.language, draft.savings
    lines = [line for line in savings.by_currency if line.counted_number]
    if not lines:
        if left_out := sum(line.alternative_number for line in savings.by_currency):
            return [
                language.ngettext(
                    "{number} offer has an amount, but it does not count by the policy of this report.",
                    "{number} offers have amounts, but none of them counts by the policy of this report.",
                    left_out,
                )
            ]
        return [
            language.gettext(
                "Advisor estimated no savings for these recommendations. A missing estimate is not a zero: some of them may "
                "well lower the bill."
            )
        ]
    sums = language.joined(language.whole_money(line.counted_amount, line.currency) for line in lines)
    sentences = [language.gettext("Savings that do not overlap come to {amounts} a year.", amounts=sums)]
    if len(lines) > 1:
        sentences.append(language.gettext("Amounts in different currencies are never added."))
    if alternatives := sum(line.alternative_number for line in savings.by_currency):
        sentences.append(
            language.ngettext(
                "{number} further offer is an alternative to one that is counted, and therefore left out of the sum.",
                "{number} further offers are alternatives to ones that are counted, and therefore left out of the sum.",
                alternatives,
            )
        )
    if savings.not_estimated_number:
        sentences.append(language.ngettext(*_REMARKS[NoteCode.NOT_ESTIMATED], savings.not_estimated_number))
    return sentences


def policy_words(policy: SavingsPolicy, language: Language) -> tuple[str, tuple[str, ...]]:
    """Return the words before the choices that a report makes between offers for the same spend, and the choices."""
    lookback = (
        language.gettext("whichever look-back period saves most")
        if policy.lookback_days == "best"
        else language.ngettext(
            "calculated from the last {number} day", "calculated from the last {number} days", policy.lookback_days
        )
    )
    choices = (language.gettext(_PATHS[policy.path]), language.gettext(_TERMS[policy.term]), lookback)
    return language.gettext("Of several offers for the same spend, this report counts:"), choices


def remarks(notes: Iterable[SavingsNote], language: Language) -> list[str]:
    """Return what the notes say about the totals, a sentence each; the reasons of single offers stand in a table.

    Notes are made currency by currency; a reader is told each thing once, of all offers that it is about.
    """
    counts = Counter[NoteCode]()
    for note in notes:
        if note.code in _REMARKS:
            counts[note.code] += note.count
    return [language.ngettext(*_REMARKS[code], count) for code, count in counts.items()]


def retail_sentence(amounts: dict[str, Decimal], language: Language) -> str:
    """Return how much of the sum is priced at retail, "" where nothing is."""
    if not amounts:
        return ""
    return language.gettext(
        "Of this, {amounts} is priced by Advisor at retail rates (pay-as-you-go), whatever discounts the contract has.",
        amounts=language.moneys(amounts),
    )


def converted_sentence(draft: Draft) -> str:
    """Return the sum in the currency that the report was ordered in, marked as converted; "" where it was not."""
    converted, language = draft.savings.converted, draft.language
    if converted is None:
        return ""
    missing = language.joined(currency or language.gettext("no currency named") for currency in converted.missing)
    if not converted.converted:
        return missing and language.gettext(
            "Nothing is converted into {currency}: no rate was given for {currencies}.",
            currency=converted.currency,
            currencies=missing,
        )
    rates = language.joined(
        language.gettext(
            "1 {from_currency} = {rate} {to_currency}",
            from_currency=currency,
            rate=_rate(rate, language),
            to_currency=converted.currency,
        )
        for currency, rate in converted.converted
        if currency != converted.currency
    )
    sentences = [
        language.gettext(
            "Converted: {amount} a year, at the rates given for {date}.",
            amount=language.money(converted.counted_amount, converted.currency),
            date=language.date(converted.as_of),
        )
    ]
    if rates:
        sentences.append(language.gettext("The rates: {rates}.", rates=rates))
    if missing:
        sentences.append(language.gettext("Without a rate, and therefore not in it: {currencies}.", currencies=missing))
    return language.sentences(sentences)


def _rate(rate: Decimal, language: Language) -> str:
    exponent = rate.normalize().as_tuple().exponent
    return language.number(rate, max(-exponent, 0) if isinstance(exponent, int) else 0)


def counted_words(draft: Draft) -> list[str]:
    """Return one sentence a currency with what was counted and what was left out, for the chapter on method."""
    language = draft.language
    return [
        language.gettext(
            "{amount} a year from {recommendations}; alternatives left out: {number}.",
            amount=language.money(line.counted_amount, line.currency),
            recommendations=terms.recommendations(line.counted_number, language),
            number=language.number(line.alternative_number),
        )
        for line in draft.savings.by_currency
    ]
