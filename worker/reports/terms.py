"""The field's terms in the language of a report: categories, impacts, kinds of savings, kinds of reports."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from shared.advisor.vocabulary import Category, Impact
from shared.language.language import Language
from shared.language.marking import marked, marked_plural
from shared.reports import ReportType
from shared.savings.result import SavingsKind

CATEGORY_TITLES = {
    Category.COST: marked("Cost"),
    Category.SECURITY: marked("Security"),
    Category.RELIABILITY: marked("Reliability"),
    Category.OPERATIONAL_EXCELLENCE: marked("Operational excellence"),
    Category.PERFORMANCE: marked("Performance"),
    Category.OTHER: marked("Other"),
}
IMPACT_TITLES = {
    Impact.HIGH: marked("High"),
    Impact.MEDIUM: marked("Medium"),
    Impact.LOW: marked("Low"),
    Impact.OTHER: marked("Other"),
}
IMPACT_LABELS = {
    Impact.HIGH: marked("High impact"),
    Impact.MEDIUM: marked("Medium impact"),
    Impact.LOW: marked("Low impact"),
    Impact.OTHER: marked("Other impact"),
}
KIND_TITLES = {
    SavingsKind.RIGHTSIZING: marked("Resize or shut down machines"),
    SavingsKind.RESERVATION: marked("Reservations"),
    SavingsKind.SAVINGS_PLAN: marked("Savings plans"),
    SavingsKind.OTHER: marked("Everything else, such as unused resources"),
}
TYPE_TITLES = {
    ReportType.EXECUTIVE: marked("Executive summary"),
    ReportType.COST: marked("Cost report"),
    ReportType.SECURITY: marked("Security report"),
    ReportType.OPERATIONS: marked("Operations report"),
    ReportType.DETAILED: marked("Detailed report"),
}
_RECOMMENDATIONS = marked_plural("{number} recommendation", "{number} recommendations")
_SUBSCRIPTIONS = marked_plural("{number} subscription", "{number} subscriptions")
_TYPES = marked_plural("{number} type", "{number} types")


def title(term: Category | Impact, language: Language) -> str:
    """Return the name of a category, or of an impact as it stands alone, such as "High impact"."""
    return language.gettext(CATEGORY_TITLES[term] if isinstance(term, Category) else IMPACT_LABELS[term])


def recommendations(number: int, language: Language) -> str:
    """Return such as "2,310 recommendations"."""
    return language.ngettext(*_RECOMMENDATIONS, number)


def subscriptions(number: int, language: Language) -> str:
    """Return such as "12 subscriptions"."""
    return language.ngettext(*_SUBSCRIPTIONS, number)


def types(number: int, language: Language) -> str:
    """Return such as "7 types", of recommendations."""
    return language.ngettext(*_TYPES, number)


def a_year(amounts: Mapping[str, Decimal], language: Language) -> str:
    """Return such as "USD 5,332 a year", currency by currency."""
    return language.gettext("{amount} a year", amount=language.moneys(dict(amounts)))


def amount_lines(amounts: Mapping[str, Decimal], language: Language) -> str:
    """Return the amounts of several currencies, one a line, for the cells of tables; "" for none."""
    return "\n".join(language.money(amount, currency) for currency, amount in sorted(amounts.items()))


def term(code: str, language: Language) -> str:
    """Return a commitment term in words ("3-year term"), the term itself where it is of another form."""
    match = re.fullmatch(r"P(\d{1,3})([YM])", code.upper())
    if match is None:
        return code
    number = int(match[1])
    if match[2] == "Y":
        return language.ngettext("{number}-year term", "{number}-year term", number)
    return language.ngettext("{number}-month term", "{number}-month term", number)


def retirement(feature: str, day: date | None, language: Language) -> str:
    """Return what retires and when, as far as either is known; "" for neither."""
    match feature, day:
        case "", None:
            return ""
        case "", _:
            return language.gettext("retires {date}", date=language.short_date(day))
        case _, None:
            return language.gettext("{feature} retires, date not given", feature=feature)
        case _:
            return language.gettext("{feature} retires {date}", feature=feature, date=language.short_date(day))
