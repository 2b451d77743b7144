"""Options of the command line for what a report is about: policy, scope, the currency it shows, the export before."""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

import click

from shared.advisor.vocabulary import Category, Impact, category_of, impact_of
from shared.reports.options import ReportOptions, ReportScope
from shared.savings.policy import DisplayCurrency, ExchangeRate, PathChoice, SavingsPolicy, TermChoice

CHOICES = (
    *("term", "lookback", "path", "subscriptions", "resource_groups", "categories", "impacts"),
    *("currency", "rates", "rates_of"),
)
"""The names by which a command gets them."""

_Command = TypeVar("_Command", bound=Callable[..., Any])
_RATE = re.compile(r"([A-Z]{3})=(\d{1,9}(?:\.\d{1,10})?)", re.ASCII)


class _RateType(click.ParamType[Any]):
    name = "code=rate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> ExchangeRate:
        if isinstance(value, ExchangeRate):
            return value
        match = _RATE.fullmatch(str(value).strip())
        try:
            rate = Decimal(match[2]) if match else Decimal(0)
        except InvalidOperation:
            rate = Decimal(0)
        if match is None or not rate:
            self.fail(f"{value} is no rate; write what one unit is worth, such as USD=0.92.", param, ctx)
        return ExchangeRate(currency=match[1], rate=rate)


class _CurrencyType(click.ParamType[Any]):
    name = "code"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value).strip().upper()
        if not re.fullmatch(r"[A-Z]{3}", text, re.ASCII):
            self.fail(f"{value} is no currency; write its code, such as EUR.", param, ctx)
        return text


class _WordType(click.ParamType[Any]):
    """A word of Advisor's vocabulary, in any of its spellings; what is none is not taken for ``Other``."""

    name = "name"

    def __init__(self, words: type[Category] | type[Impact], read: Callable[[str], Category | Impact]) -> None:
        self._words = words
        self._read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Category | Impact:
        found = self._read(str(value))
        if found is self._words.OTHER and str(value).strip().lower() != "other":
            self.fail(f"{value} is none of {', '.join(self._words)}.", param, ctx)
        return found


_CATEGORY = _WordType(Category, category_of)
_IMPACT = _WordType(Impact, impact_of)


def choice_options(command: _Command) -> _Command:
    """Add the options; the command gets them as the arguments of :func:`options_from`."""
    options = (
        click.option(
            "--term",
            type=click.Choice([item.value for item in TermChoice]),
            default=TermChoice.BEST.value,
            show_default=True,
            help="Commitment that savings are counted by; offers of another term never count.",
        ),
        click.option(
            "--lookback",
            type=click.Choice(["7", "30", "60", "best"]),
            default="30",
            show_default=True,
            help="Days of usage that offers were calculated from; another one stands in where there is none.",
        ),
        click.option(
            "--path",
            type=click.Choice([item.value for item in PathChoice]),
            default=PathChoice.BEST.value,
            show_default=True,
            help="By what to commit where reservations and a savings plan cover the same spend.",
        ),
        click.option(
            "--subscription",
            "subscriptions",
            multiple=True,
            metavar="NAME",
            help="Only this subscription, by id or name; may be given again.",
        ),
        click.option(
            "--resource-group",
            "resource_groups",
            multiple=True,
            metavar="NAME",
            help="Only this resource group; may be given again.",
        ),
        click.option("--only", "categories", type=_CATEGORY, multiple=True, help="Only this category; may be given again."),
        click.option("--impact", "impacts", type=_IMPACT, multiple=True, help="Only this impact; may be given again."),
        click.option("--currency", type=_CurrencyType(), help="Show the total in this currency too, by the rates given."),
        click.option(
            "--rate",
            "rates",
            type=_RateType(),
            multiple=True,
            help="What one unit of a currency is worth in --currency, such as USD=0.92; may be given again.",
        ),
        click.option("--rates-of", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help="The day of the rates."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def options_from(
    *,
    term: str,
    lookback: str,
    path: str,
    subscriptions: tuple[str, ...],
    resource_groups: tuple[str, ...],
    categories: tuple[Category, ...],
    impacts: tuple[Impact, ...],
    currency: str | None,
    rates: tuple[ExchangeRate, ...],
    rates_of: datetime | None,
) -> ReportOptions:
    """Return what the options come to; raises :class:`click.UsageError` where they do not go together."""
    policy = SavingsPolicy(
        term=TermChoice(term),
        lookback_days="best" if lookback == "best" else {"7": 7, "30": 30, "60": 60}[lookback],  # type: ignore[arg-type]
        path=PathChoice(path),
    )
    scope = ReportScope(subscriptions=subscriptions, resource_groups=resource_groups, categories=categories, impacts=impacts)
    return ReportOptions(
        policy=policy, scope=scope, display=_display(currency, rates, rates_of.date() if rates_of else None)
    )


def _display(currency: str | None, rates: tuple[ExchangeRate, ...], as_of: date | None) -> DisplayCurrency | None:
    if currency is None and not rates and as_of is None:
        return None
    if currency is None or not rates or as_of is None:
        raise click.UsageError("--currency, --rate and --rates-of go together.")
    if len({rate.currency for rate in rates}) != len(rates):
        raise click.UsageError("--rate names a currency twice.")
    return DisplayCurrency(currency=currency, rates=rates, as_of=as_of)
