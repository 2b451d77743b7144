"""The four headline figures."""

from shared.advisor.vocabulary import Category, Impact
from shared.comparison.result import ChangeKind
from worker.reports import terms
from worker.reports.blocks import Kpi
from worker.reports.parts.draft import Draft


def kpis_of(draft: Draft) -> tuple[Kpi, ...]:
    """Return the four headline figures."""
    language = draft.language
    high = draft.impact_totals.get(Impact.HIGH, 0)
    used = sum(1 for category in draft.categories if category.total)
    return (
        Kpi(
            label=language.gettext("Recommendations"),
            values=(language.number(draft.total),),
            note=language.ngettext("in {number} category", "in {number} categories", used),
        ),
        Kpi(
            label=language.gettext("High impact"),
            values=(language.number(high),),
            note=language.gettext("{percent} of all", percent=language.percent(high, draft.total))
            if draft.total
            else language.gettext("none found"),
        ),
        Kpi(
            label=language.gettext("Affected resources"),
            values=(draft.resources,),
            note=language.gettext("in {subscriptions}", subscriptions=subscriptions_of(draft)),
        ),
        _savings_kpi(draft) if is_about_money(draft) else _second_kpi(draft),
    )


def is_about_money(draft: Draft) -> bool:
    """Whether amounts belong in the summary: in a report on security, say, none are missed."""
    return Category.COST in draft.facts.report_type.categories or bool(draft.savings_totals)


def _second_kpi(draft: Draft) -> Kpi:
    """Return what was done since the report before, or else what comes after high impact."""
    language, comparison = draft.language, draft.insights.comparison
    if comparison is not None:
        resolved = comparison.counts.get(ChangeKind.RESOLVED, 0)
        return Kpi(
            label=language.gettext("Resolved"), values=(language.number(resolved),), note=language.gettext("no longer found")
        )
    medium = draft.impact_totals.get(Impact.MEDIUM, 0)
    return Kpi(
        label=language.gettext(terms.IMPACT_LABELS[Impact.MEDIUM]),
        values=(language.number(medium),),
        note=language.gettext("{percent} of all", percent=language.percent(medium, draft.total))
        if draft.total
        else language.gettext("none found"),
    )


def _savings_kpi(draft: Draft) -> Kpi:
    language = draft.language
    label = language.gettext("Potential savings a year")
    lines = [line for line in draft.savings.by_currency if line.counted_number]
    if not draft.total:
        return Kpi(label=label, values=("–",), note=language.gettext("none found"))
    if not lines and any(line.alternative_number for line in draft.savings.by_currency):
        return Kpi(
            label=label,
            values=(language.gettext("None counted"),),
            note=language.gettext("by this report's policy"),
        )
    if not lines:
        return Kpi(
            label=label, values=(language.gettext("Not estimated"),), note=language.gettext("Advisor gave no amounts")
        )
    converted = draft.savings.converted
    if converted is not None and not converted.missing:
        return Kpi(
            label=label,
            values=(language.whole_money(converted.counted_amount, converted.currency),),
            note=language.gettext("converted at the rates of {date}", date=language.short_date(converted.as_of)),
        )
    if len(lines) > 2:
        return Kpi(
            label=label,
            values=(language.ngettext("{number} currency", "{number} currencies", len(lines)),),
            note=language.gettext("each summed on its own, see below"),
        )
    return Kpi(
        label=label,
        values=tuple(language.whole_money(line.counted_amount, line.currency) for line in lines),
        note=language.ngettext(
            "from {number} recommendation", "from {number} recommendations", sum(line.counted_number for line in lines)
        ),
    )


def subscriptions_of(draft: Draft) -> str:
    """Return how many subscriptions the recommendations are in."""
    if draft.subscription_total == draft.language.number(draft.subscription_number):
        return terms.subscriptions(draft.subscription_number, draft.language)
    return draft.language.gettext("{number} subscriptions", number=draft.subscription_total)
